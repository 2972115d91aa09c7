//! What became of leavers' accounts: what their records tell, and what is seen now.

use std::collections::{BTreeMap, BTreeSet};

use evidence::leaver::{Draft, Mark, Told, Traced, trace};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use model::{Event, Kind, Ownership, RemoteId, SubjectId, TargetName, Timestamp};
use ports::store::{self, MAX_PAGE};

use super::report::{EndState, Ending};
use super::sights::{Sight, shut_since};
use crate::{App, AppError};

/// Kinds of records that tell of accounts.
const KINDS: [&str; 4] = [
    "plan.drafted/1",
    "step.changed/1",
    "object.observed/1",
    "object.unlinked/1",
];
/// People whose records are read at once.
const CHUNK: usize = 250;
/// Chunks that are asked for at once: of a file of SQLite each is read and decoded on a thread of its own.
const AHEAD: usize = 2;

/// An account that is linked to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// Whether Tenure may take it away.
    pub(crate) ours: bool,
    /// Whether it was last seen usable.
    pub(crate) usable: bool,
}

/// What became of somebody's accounts since an instant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ended {
    /// By app.
    pub(crate) endings: Vec<Ending>,
    /// What decided it.
    pub(crate) draft: Option<Draft>,
    /// The apps in which an account may be used that is theirs and not Tenure's to take away.
    pub(crate) foreign: Vec<TargetName>,
    /// The apps of whose account nobody looked far enough back to say when it was shut.
    pub(crate) cut: BTreeSet<TargetName>,
}

impl Ended {
    /// The apps in which an account may be used.
    pub(crate) fn exposed(&self) -> Vec<TargetName> {
        let exposed = self.endings.iter();
        let exposed = exposed.filter(|ending| ending.state == EndState::Exposed);
        exposed.map(|ending| ending.app.clone()).collect()
    }

    /// When the last account was shut, or `start` where all were before; and whether that is only an
    /// upper bound. `None` while one may be used.
    pub(crate) fn done(&self, start: Timestamp) -> Option<(Timestamp, bool)> {
        if !self.exposed().is_empty() {
            return None;
        }
        let known = self.endings.iter();
        let known = known.filter_map(|e| Some((e.ended()?.at, e.is_at_most())));
        // Of two at one instant the one that is exact counts.
        let last = known.max_by_key(|(at, at_most)| (*at, !at_most));
        Some(last.map_or((start, false), |(at, most)| (at.max(start), most)))
    }
}

type Accounts = BTreeMap<SubjectId, BTreeMap<TargetName, Held>>;
pub(super) type Records = BTreeMap<SubjectId, Vec<store::Told>>;

impl App {
    /// What became of the accounts of these people, each since an instant; in the apps `lingering` also
    /// since when an account is shut that was before.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn ended(
        &self,
        left: &[(SubjectId, Timestamp)],
        lingering: &BTreeSet<TargetName>,
    ) -> Result<BTreeMap<SubjectId, Ended>, AppError> {
        let Some(first) = left.iter().map(|(_, start)| *start).min() else {
            return Ok(BTreeMap::new());
        };
        let subjects: Vec<SubjectId> = left.iter().map(|(subject, _)| *subject).collect();
        let since = self.first_since(first).await?;
        // One is read while the other is decoded.
        let (accounts, records) =
            tokio::try_join!(self.held(&subjects), self.told_in(&subjects, &KINDS, since))?;
        let (no_records, no_accounts) = (Vec::new(), BTreeMap::new());
        let mut all = BTreeMap::new();
        for (subject, start) in left {
            let records = records.get(subject).unwrap_or(&no_records);
            let held = accounts.get(subject).unwrap_or(&no_accounts);
            let mut traced = trace(&as_told(records), *start);
            if !traced.unknown.is_empty() {
                // A step of a plan that was drafted before the time that was read.
                let whole = self.told_in(&[*subject], &KINDS, 0).await?;
                let whole = whole.get(subject).unwrap_or(&no_records);
                traced = trace(&as_told(whole), *start);
            }
            let mut ended = ended(&traced, held);
            ended.foreign = foreign(held);
            let others = by_others(records, &ended, &traced, *start);
            let mut looked: BTreeSet<TargetName> = others.keys().cloned().collect();
            let already = ended.endings.iter();
            let already = already.filter(|ending| ending.state == EndState::Already);
            let already = already.map(|ending| &ending.app);
            looked.extend(already.filter(|app| lingering.contains(*app)).cloned());
            if !looked.is_empty() {
                let mut sights = self.sights(*subject, &looked).await?;
                for (app, last) in others.iter().filter(|(app, _)| sights.cut.contains(*app)) {
                    // As it was seen last, it is known now: it cannot be used.
                    let seen = sights.seen.entry(app.clone()).or_default();
                    if seen.is_empty() {
                        seen.push(*last);
                    }
                }
                overlay(&mut ended, &sights.seen, *start);
                ended.cut = sights.cut;
            }
            all.insert(*subject, ended);
        }
        Ok(all)
    }

    /// The accounts that are linked to these people, by app.
    pub(crate) async fn held(&self, people: &[SubjectId]) -> Result<Accounts, AppError> {
        let mut remotes: BTreeMap<TargetName, BTreeMap<RemoteId, (SubjectId, bool)>> =
            BTreeMap::new();
        let mut accounts = Accounts::new();
        for link in self.store.links_about(people).await? {
            let at = &link.address;
            if at.kind == Kind::Account
                && let Some(subject) = at.key.subject()
            {
                let ours = link.ownership != Ownership::Foreign;
                let held = Held {
                    ours,
                    usable: false,
                };
                let here = accounts.entry(subject).or_default();
                here.insert(at.target.clone(), held);
                let there = remotes.entry(at.target.clone()).or_default();
                there.insert(link.remote, (subject, ours));
            }
        }
        for (target, there) in remotes {
            let wanted: Vec<RemoteId> = there.keys().cloned().collect();
            for remote in self.store.usable_of(&target, &wanted).await? {
                if let Some((subject, ours)) = there.get(&remote) {
                    let (ours, usable) = (*ours, true);
                    let here = accounts.entry(*subject).or_default();
                    here.insert(target.clone(), Held { ours, usable });
                }
            }
        }
        Ok(accounts)
    }

    /// For each of these people the apps in which an account of theirs that is ours was last seen usable.
    pub(crate) async fn exposed(
        &self,
        people: &[SubjectId],
    ) -> Result<BTreeMap<SubjectId, Vec<TargetName>>, AppError> {
        let mut exposed: BTreeMap<SubjectId, Vec<TargetName>> = BTreeMap::new();
        for (subject, accounts) in self.held(people).await? {
            let usable = accounts
                .into_iter()
                .filter(|(_, held)| held.ours && held.usable);
            let usable: Vec<TargetName> = usable.map(|(app, _)| app).collect();
            if !usable.is_empty() {
                exposed.insert(subject, usable);
            }
        }
        Ok(exposed)
    }

    /// The records of these kinds about these people after `after`, of each in order.
    pub(super) async fn told_in(
        &self,
        people: &[SubjectId],
        kinds: &[&str],
        after: u64,
    ) -> Result<Records, AppError> {
        let mut records = Records::new();
        let mut chunks = people.chunks(CHUNK);
        let mut asked = FuturesOrdered::new();
        loop {
            while asked.len() < AHEAD
                && let Some(chunk) = chunks.next()
            {
                let told = self.store.told_about(chunk, kinds, after, MAX_PAGE);
                asked.push_back(async move { (chunk, told.await) });
            }
            let Some((chunk, found)) = asked.next().await else {
                return Ok(records);
            };
            let found = found?;
            if found.len() < MAX_PAGE as usize {
                for (subject, told) in found {
                    records.entry(subject).or_default().push(told);
                }
                continue;
            }
            // Too many for one page: one by one.
            for subject in chunk {
                let all = self.all_told(*subject, kinds, after).await?;
                records.insert(*subject, all);
            }
        }
    }

    /// The records of these kinds about one person after `after`, in order. Opens nothing.
    pub(crate) async fn all_told(
        &self,
        subject: SubjectId,
        kinds: &[&str],
        after: u64,
    ) -> Result<Vec<store::Told>, AppError> {
        let mut all: Vec<store::Told> = Vec::new();
        loop {
            let after = all.last().map_or(after, |told| told.seq);
            let page = self
                .store
                .told_about(&[subject], kinds, after, MAX_PAGE)
                .await?;
            let full = page.len() == MAX_PAGE as usize;
            all.extend(page.into_iter().map(|(_, told)| told));
            if !full {
                return Ok(all);
            }
        }
    }
}

pub(super) fn as_told(records: &[store::Told]) -> Vec<Told<'_>> {
    let told = |record: &'_ store::Told| (record.seq, record.at);
    let with = records.iter().map(|record| (told(record), &record.event));
    with.map(|((seq, at), event)| Told { seq, at, event })
        .collect()
}

/// What Tenure's own steps did, and what is usable now.
fn ended(traced: &Traced, held: &BTreeMap<TargetName, Held>) -> Ended {
    let ours = held.iter().filter(|(_, held)| held.ours);
    let apps: BTreeSet<&TargetName> = ours.map(|(app, _)| app).chain(traced.shut.keys()).collect();
    let ending = |app: &TargetName| {
        let shut = traced.shut.get(app).copied().unwrap_or_default();
        let usable = held.get(app).is_some_and(|held| held.ours && held.usable);
        let ended = shut.ended().filter(|_| !usable);
        let state = match (usable, ended, shut.deleted) {
            (true, _, _) => EndState::Exposed,
            (false, Some(_), true) => EndState::Deleted,
            (false, Some(_), false) => EndState::Disabled,
            (false, None, _) => EndState::Already,
        };
        Ending {
            app: app.clone(),
            state,
            sent: shut.sent,
            confirmed: shut.confirmed.filter(|_| !usable),
            verified: shut.verified.filter(|_| !usable),
            shut: ended.map(|mark| mark.at),
        }
    };
    Ended {
        endings: apps.into_iter().map(ending).collect(),
        draft: traced.draft,
        foreign: Vec::new(),
        cut: BTreeSet::new(),
    }
}

fn foreign(held: &BTreeMap<TargetName, Held>) -> Vec<TargetName> {
    let foreign = held.iter().filter(|(_, held)| !held.ours && held.usable);
    foreign.map(|(app, _)| app.clone()).collect()
}

/// The apps in which something was seen of an account that Tenure's own steps do not explain, and when
/// last: it was looked at after the last of them was done, and is not usable. `records` are those since
/// `start`, and some before it, in order.
fn by_others(
    records: &[store::Told],
    ended: &Ended,
    traced: &Traced,
    start: Timestamp,
) -> BTreeMap<TargetName, (Mark, Sight)> {
    let exposed: BTreeSet<TargetName> = ended.exposed().into_iter().collect();
    let mut found = BTreeMap::new();
    for record in records.iter().filter(|record| record.at >= start) {
        let (app, sight) = match &record.event {
            Event::ObjectObserved(seen) if seen.kind == Kind::Account => {
                (&seen.target, Sight::Shut)
            }
            Event::ObjectUnlinked(e) if e.address.kind == Kind::Account => {
                (&e.address.target, Sight::Gone)
            }
            _ => continue,
        };
        let last = traced.shut.get(app).and_then(|shut| shut.last);
        if !exposed.contains(app) && last.is_none_or(|last| record.at > last.at) {
            let (at, seq) = (record.at, record.seq);
            found.insert(app.clone(), (Mark { at, seq }, sight));
        }
    }
    found
}

/// Puts what was seen over what Tenure's own steps did.
fn overlay(ended: &mut Ended, sights: &BTreeMap<TargetName, Vec<(Mark, Sight)>>, start: Timestamp) {
    for (app, seen) in sights {
        let Some((since, last)) = shut_since(seen) else {
            continue;
        };
        let known = ended.endings.iter().position(|ending| ending.app == *app);
        let at = known.unwrap_or(ended.endings.len());
        if known.is_none() {
            ended.endings.push(Ending {
                app: app.clone(),
                state: EndState::Already,
                sent: None,
                confirmed: None,
                verified: None,
                shut: None,
            });
        }
        let Some(ending) = ended.endings.get_mut(at) else {
            continue;
        };
        ending.shut = ending.shut.or(Some(since.at));
        let later = ending.ended().is_none_or(|own: Mark| since.at > own.at);
        if since.at >= start && later {
            ending.state = match last {
                Sight::Gone => EndState::SeenGone,
                Sight::Shut | Sight::Usable => EndState::SeenShut,
            };
            // What was said of it before was not so any more in between.
            ending.confirmed = None;
            ending.verified = Some(since);
            ending.shut = Some(since.at);
        }
    }
    ended.endings.sort_by(|a, b| a.app.cmp(&b.app));
}

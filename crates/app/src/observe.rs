//! Reading a target: listings become shadows, and what is gone is confirmed by reading it.

mod compared;

use std::collections::BTreeSet;
use std::sync::Arc;

use model::canonical;
use model::event::{MembersObserved, ObservationFinished};
use model::{
    Actor, Completeness, Event, Kind, Record, RemoteId, RunId, SubjectId, TargetName, Timestamp,
};
use ports::Target;
use ports::store::{Append, AppendError, Stream};
use ports::target::Cursor;

use self::compared::{Compared, Found};
use crate::names::are_given_once;
use crate::{App, AppError, ErrorKind};

/// Pages of one listing at the most: a cursor that never ends must not hold us for ever.
const MOST_PAGES: usize = 100_000;
/// Events per append.
const CHUNK: usize = 500;
/// How often a listing is compared again because others wrote down what they saw or heard meanwhile.
const TRIES: u32 = 8;

/// What is listed.
#[derive(Clone, Copy)]
struct Listed<'a> {
    name: &'a TargetName,
    kind: Kind,
    /// User names are given once there.
    once: bool,
    /// When the listing was made, where that is not now.
    taken: Option<Timestamp>,
    /// Nobody waits for it: whatever has moved is to be planned for by itself.
    by_itself: bool,
}

/// A listing as far as it came.
struct Listing {
    records: Vec<Record>,
    completeness: Completeness,
    detail: String,
}

/// By how many seconds a clock that shows whole seconds is ahead of ours.
fn ahead(clock: Timestamp, now: Timestamp) -> i64 {
    (clock.as_micros() - now.as_micros()).div_euclid(1_000_000)
}

impl App {
    /// Lists the accounts and groups of a target and records what differs from what was last
    /// seen. A listing that breaks off still counts for what it read; nothing is concluded from
    /// what it did not.
    ///
    /// # Errors
    /// `Missing` for an unknown app, or when the store does not answer. A target that cannot be
    /// listed is not an error: the run's completeness says so.
    pub async fn observe(
        &self,
        actor: &Actor,
        name: &TargetName,
    ) -> Result<Vec<ObservationFinished>, AppError> {
        self.observe_as(actor, name, false).await
    }

    /// As [`App::observe`]; what has moved is noted on the stream [`moved`], so that any node plans
    /// for it, also if this one does not come to it.
    pub(crate) async fn observe_by_itself(&self, name: &TargetName) -> Result<(), AppError> {
        let runs = self.observe_as(&Actor::system(), name, true).await;
        runs.map(|_| ())
    }

    async fn observe_as(
        &self,
        actor: &Actor,
        name: &TargetName,
        by_itself: bool,
    ) -> Result<Vec<ObservationFinished>, AppError> {
        let loaded = self.loaded().await?;
        if loaded
            .tenant
            .apps
            .get(name)
            .is_some_and(|app| app.handoff().is_some())
        {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-HANDOFF-0008",
                format!("only its own people can list the accounts of `{name}`"),
                format!(
                    "ask them for a list, then `tenure handoff extract {name} FILE --taken-at WHEN`"
                ),
            ));
        }
        let target = self.connection(&loaded, name).await?;
        let mut runs = Vec::new();
        for kind in [Kind::Account, Kind::Group] {
            if target.capabilities().kinds.contains(&kind) {
                let once = are_given_once(&loaded.book, name);
                let listed = Listed {
                    name,
                    kind,
                    once,
                    taken: None,
                    by_itself,
                };
                runs.push(self.observe_kind(actor, &listed, &target).await?);
            }
        }
        Ok(runs)
    }

    /// The same for the accounts of an app that only its people can list: `target` is their list, and
    /// `taken` when the app made it. Whatever was learnt of an account since then stays.
    pub(crate) async fn observe_listed(
        &self,
        actor: &Actor,
        name: &TargetName,
        target: &Arc<dyn Target>,
        taken: Timestamp,
    ) -> Result<ObservationFinished, AppError> {
        let loaded = self.loaded().await?;
        let listed = Listed {
            name,
            kind: Kind::Account,
            once: are_given_once(&loaded.book, name),
            taken: Some(taken),
            // Whoever took it in may end before they have planned.
            by_itself: true,
        };
        self.observe_kind(actor, &listed, target).await
    }

    /// Lists, and writes down what differs from what is known. Whoever writes down another listing of the
    /// same meanwhile, or somebody's word about an account of this one, is not overwritten: it is compared
    /// again, with what is known then. What a younger listing has told is not told again.
    async fn observe_kind(
        &self,
        actor: &Actor,
        listed: &Listed<'_>,
        target: &Arc<dyn Target>,
    ) -> Result<ObservationFinished, AppError> {
        let Listed { name, kind, .. } = *listed;
        let started = listed.taken.unwrap_or_else(|| self.clock.now());
        let listing = list(&**target, kind).await;
        let heard = target.heard();
        let clock_ahead_s = heard.clock.map(|clock| ahead(clock, self.clock.now()));
        let mut run = ObservationFinished {
            run: RunId::from_bits(0),
            target: name.clone(),
            kind,
            started,
            read: listing.records.len() as u64,
            changed: 0,
            vanished: 0,
            completeness: listing.completeness,
            detail: listing.detail.clone(),
            certificate_ends: heard.certificate_ends,
            clock_ahead_s,
        };
        for tried in 1.. {
            let head = self.store.head_of(&listings(name, kind)).await?;
            if let Some(younger) = self.younger(listed, started).await? {
                return Ok(younger);
            }
            let compared = self.compare(listed, target, &listing, started).await?;
            match self
                .write_run(actor, listed, &mut run, compared, head)
                .await
            {
                Ok(()) => break,
                Err(AppendError::Conflict { .. }) if tried < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(run)
    }

    /// The last listing that was written down, if it is younger than this one.
    async fn younger(
        &self,
        listed: &Listed<'_>,
        started: Timestamp,
    ) -> Result<Option<ObservationFinished>, AppError> {
        let last = self
            .store
            .last_observation(listed.name, listed.kind)
            .await?;
        let last = last.map(|row| row.run);
        if listed.taken.is_some() {
            // Whoever sent it is told that it does not count.
            self.in_order(listed.name, started, last.as_ref())?;
        }
        Ok(last.filter(|last| last.started > started))
    }

    /// Writes down what a listing found, and then that it ended. Adds to `run` what was written.
    async fn write_run(
        &self,
        actor: &Actor,
        listed: &Listed<'_>,
        run: &mut ObservationFinished,
        compared: Compared,
        mut head: Option<u64>,
    ) -> Result<(), AppendError> {
        let moves = listed.by_itself && compared.moves(run);
        let stream = listings(listed.name, listed.kind);
        let append = |events, head| {
            let append = Append::of(actor.clone(), events).on(stream.clone(), head);
            match moves {
                true => append.bumping(moved(listed.name)),
                false => append,
            }
        };
        let mut chunk = append(Vec::new(), head);
        let mut written: Vec<Found> = Vec::new();
        for mut found in compared.found {
            if chunk.events.len() >= CHUNK {
                head = Some(self.store.append(chunk).await?.last);
                compared::count(run, written.drain(..));
                chunk = append(Vec::new(), head);
            }
            chunk.events.append(&mut found.events);
            chunk.expect.extend(found.unless_said.take());
            written.push(found);
        }
        let mut ended = run.clone();
        compared::count(&mut ended, written.into_iter());
        ended.run = RunId::new(run.started, ports::clock::draw(&*self.entropy));
        ended.completeness = compared.completeness;
        ended.detail = compared.detail;
        chunk.events.push(Event::ObservationFinished(ended.clone()));
        self.store.append(chunk).await?;
        *run = ended;
        Ok(())
    }
}

/// The stream that tells that something has moved in an app, as a listing of its own accord found.
pub(crate) fn moved(name: &TargetName) -> Stream {
    Stream::new("moved", name)
}

/// The stream of the listings of one kind of object in an app: of two that are written down at once, the
/// second is compared again.
pub(crate) fn listings(name: &TargetName, kind: Kind) -> Stream {
    Stream::new("listed", format!("{name}/{}", kind.as_str()))
}

/// Stands in for the person of an account while nobody knows whose it is, so that what is seen
/// of it has a key of its own: when the account turns out to be someone's, erasing them erases
/// that too (see [`App::erase`]).
pub(crate) fn stand_in(target: &TargetName, remote: &RemoteId) -> Result<SubjectId, AppError> {
    let digest = canonical::digest(&("unclaimed account", target, remote))?;
    Ok(SubjectId::from_bits(digest.to_bits()))
}

/// The difference between two lists of members.
pub(crate) fn members_events(
    target: &TargetName,
    group: &RemoteId,
    known: &[RemoteId],
    now: &[RemoteId],
) -> Option<Event> {
    let known: BTreeSet<&RemoteId> = known.iter().collect();
    let now: BTreeSet<&RemoteId> = now.iter().collect();
    let added: Vec<RemoteId> = now.difference(&known).map(|r| (*r).clone()).collect();
    let removed: Vec<RemoteId> = known.difference(&now).map(|r| (*r).clone()).collect();
    if added.is_empty() && removed.is_empty() {
        return None;
    }
    Some(Event::MembersObserved(MembersObserved {
        target: target.clone(),
        group: group.clone(),
        added,
        removed,
    }))
}

async fn list(target: &dyn Target, kind: Kind) -> Listing {
    let mut records = Vec::new();
    let mut cursor: Option<Cursor> = None;
    for _ in 0..MOST_PAGES {
        match target.list(kind, cursor.as_ref()).await {
            Ok(page) => {
                records.extend(page.records);
                if page.next.is_none() {
                    return Listing {
                        records,
                        completeness: page.completeness,
                        detail: page.detail,
                    };
                }
                cursor = page.next;
            }
            Err(error) => {
                let detail = error.to_string();
                return Listing {
                    records,
                    completeness: Completeness::Partial,
                    detail,
                };
            }
        }
    }
    let detail = format!("more than {MOST_PAGES} pages");
    Listing {
        records,
        completeness: Completeness::Partial,
        detail,
    }
}

//! Reading a target: listings become shadows, and what is gone is confirmed by reading it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::mutants::{self, Mutant};
use model::canonical;
use model::event::{
    MembersObserved, ObjectObserved, ObjectUnlinked, ObjectVanished, ObservationFinished,
};
use model::{
    Actor, Completeness, Event, Kind, Personal, Record, RemoteId, RunId, Shadow, SubjectId,
    TargetName, Timestamp,
};
use ports::Target;
use ports::store::{Append, Stream};
use ports::target::Cursor;

use crate::names::are_given_once;
use crate::{App, AppError, ErrorKind};

/// Pages of one listing at the most: a cursor that never ends must not hold us for ever.
const MOST_PAGES: usize = 100_000;
/// Events per append.
const CHUNK: usize = 500;

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

impl Listing {
    /// Leaves out what was learnt of objects after the listing was made, on both sides, and gives the
    /// rest of what is known.
    fn without_what_is_older(
        &mut self,
        known: Vec<Shadow>,
        taken: Option<Timestamp>,
    ) -> BTreeMap<RemoteId, Record> {
        let later = |shadow: &Shadow| taken.is_some_and(|taken| shadow.seen_at > taken);
        let (newer, known): (Vec<Shadow>, Vec<Shadow>) = known.into_iter().partition(later);
        let newer: BTreeSet<RemoteId> = newer.into_iter().map(|s| s.record.remote).collect();
        self.records
            .retain(|record| !newer.contains(&record.remote));
        let known = known.into_iter();
        known.map(|s| (s.record.remote.clone(), s.record)).collect()
    }
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

    async fn observe_kind(
        &self,
        actor: &Actor,
        listed: &Listed<'_>,
        target: &Arc<dyn Target>,
    ) -> Result<ObservationFinished, AppError> {
        let Listed { name, kind, .. } = *listed;
        let started = listed.taken.unwrap_or_else(|| self.clock.now());
        let mut listing = list(&**target, kind).await;
        let heard = target.heard();
        let clock_ahead_s = heard.clock.map(|clock| ahead(clock, self.clock.now()));
        let known = self.known_shadows(name, kind).await?;
        let read = listing.records.len() as u64;
        let known = listing.without_what_is_older(known, listed.taken);
        let mut events = Vec::new();
        let mut changed = 0;
        for record in &listing.records {
            let found = self
                .record_events(listed, record, known.get(&record.remote), started)
                .await?;
            changed += u64::from(!found.is_empty());
            events.extend(found);
        }
        let mut vanished = 0;
        let mut completeness = listing.completeness;
        let mut detail = listing.detail;
        if mutants::on(Mutant::IgnoredCompleteness) {
            completeness = Completeness::Full;
            let seen: BTreeSet<&RemoteId> = listing.records.iter().map(|r| &r.remote).collect();
            for before in known.values().filter(|r| !seen.contains(&r.remote)) {
                events.extend(self.vanished(listed, before).await?);
            }
        } else if completeness == Completeness::Full {
            let seen: BTreeSet<&RemoteId> = listing.records.iter().map(|r| &r.remote).collect();
            for before in known.values().filter(|r| !seen.contains(&r.remote)) {
                match target.read(kind, &before.remote).await {
                    Ok(None) => {
                        vanished += 1;
                        events.extend(self.vanished(listed, before).await?);
                    }
                    Ok(Some(record)) => {
                        // It exists, so the listing was not complete after all.
                        completeness = Completeness::Partial;
                        detail = "an object that exists is missing from the listing".to_owned();
                        let found = self
                            .record_events(listed, &record, Some(before), started)
                            .await?;
                        events.extend(found);
                    }
                    Err(error) => {
                        completeness = Completeness::Partial;
                        detail = format!("an object could not be confirmed as gone: {error}");
                    }
                }
            }
        }
        let run = ObservationFinished {
            run: RunId::new(started, ports::clock::draw(&*self.entropy)),
            target: name.clone(),
            kind,
            started,
            read,
            changed,
            vanished,
            completeness,
            detail,
            certificate_ends: heard.certificate_ends,
            clock_ahead_s,
        };
        self.write_run(actor, listed, &run, events).await?;
        Ok(run)
    }

    /// Writes down what a listing found, and then that it ended.
    async fn write_run(
        &self,
        actor: &Actor,
        listed: &Listed<'_>,
        run: &ObservationFinished,
        mut events: Vec<Event>,
    ) -> Result<(), AppError> {
        let moves = listed.by_itself && run.changed + run.vanished > 0;
        events.push(Event::ObservationFinished(run.clone()));
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(CHUNK));
            let mut append = Append::of(actor.clone(), events);
            if moves {
                append = append.bumping(moved(listed.name));
            }
            self.store.append(append).await?;
            events = rest;
        }
        Ok(())
    }

    async fn known_shadows(&self, name: &TargetName, kind: Kind) -> Result<Vec<Shadow>, AppError> {
        let mut known = Vec::new();
        let mut after: Option<RemoteId> = None;
        loop {
            let page = self
                .store
                .shadows_page(name, kind, after.as_ref(), 5_000)
                .await?;
            let full = page.len() == 5_000;
            after = page.last().map(|s| s.record.remote.clone());
            known.extend(page);
            if !full {
                return Ok(known);
            }
        }
    }

    /// What is new about an object, compared with its last observation.
    async fn record_events(
        &self,
        listed: &Listed<'_>,
        record: &Record,
        before: Option<&Record>,
        seen_at: Timestamp,
    ) -> Result<Vec<Event>, AppError> {
        let name = listed.name;
        let mut events = Vec::new();
        let bare = Record {
            members: None,
            ..record.clone()
        };
        if before.is_none_or(|b| {
            Record {
                members: None,
                ..b.clone()
            } != bare
        }) {
            let link = match record.kind {
                Kind::Account => {
                    self.store
                        .link_to(name, Kind::Account, &record.remote)
                        .await?
                }
                Kind::Group | Kind::Grant => None,
            };
            let owner = link.and_then(|l| l.address.key.subject());
            if listed.once {
                events.extend(self.lost_name(name, before, Some(record), owner));
            }
            let subject = match record.kind {
                Kind::Account => Some(owner.map_or_else(|| stand_in(name, &record.remote), Ok)?),
                Kind::Group | Kind::Grant => None,
            };
            events.push(Event::ObjectObserved(ObjectObserved {
                target: name.clone(),
                kind: record.kind,
                remote: record.remote.clone(),
                subject,
                seen_at,
                personal: Personal::Known(bare),
            }));
        }
        if let (Kind::Group, Some(members)) = (record.kind, &record.members) {
            let known = self.store.members(name, &record.remote).await?;
            events.extend(members_events(name, &record.remote, &known, members));
        }
        Ok(events)
    }

    async fn vanished(&self, listed: &Listed<'_>, before: &Record) -> Result<Vec<Event>, AppError> {
        let remote = &before.remote;
        let Listed {
            name, kind, once, ..
        } = *listed;
        let link = self.store.link_to(name, kind, remote).await?;
        let owner = link.as_ref().and_then(|l| l.address.key.subject());
        let mut events = Vec::new();
        if once {
            events.extend(self.lost_name(name, Some(before), None, owner));
        }
        events.push(Event::ObjectVanished(ObjectVanished {
            target: name.clone(),
            kind,
            remote: remote.clone(),
        }));
        let Some(link) = link else {
            return Ok(events);
        };
        let because = "the target no longer has the object".to_owned();
        if let Some(subject) = owner {
            for grant in self.store.links_of(subject).await? {
                if grant.address.target == *name && grant.address.kind == Kind::Grant {
                    let because = because.clone();
                    let address = grant.address;
                    events.push(Event::ObjectUnlinked(ObjectUnlinked { address, because }));
                }
            }
        }
        let address = link.address;
        events.push(Event::ObjectUnlinked(ObjectUnlinked { address, because }));
        Ok(events)
    }
}

/// The stream that tells that something has moved in an app, as a listing of its own accord found.
pub(crate) fn moved(name: &TargetName) -> Stream {
    Stream::new("moved", name)
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

//! What differs between a listing and what is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::mutants::{self, Mutant};
use model::event::{ObjectObserved, ObjectUnlinked, ObjectVanished, ObservationFinished};
use model::{Completeness, Event, Kind, Personal, Record, RemoteId, Shadow, TargetName, Timestamp};
use ports::Target;
use ports::store::Expect;

use super::{Listed, Listing, members_events, stand_in};
use crate::{App, AppError};

/// What a listing comes to, beside what is known.
pub(super) struct Compared {
    pub(super) found: Vec<Found>,
    pub(super) completeness: Completeness,
    pub(super) detail: String,
}

/// What is new about one object.
pub(super) struct Found {
    pub(super) events: Vec<Event>,
    /// Nobody has said anything about it since it was looked up.
    pub(super) unless_said: Option<Expect>,
    counts: Counts,
}

/// As what it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Changed,
    Vanished,
    /// The listing did not have it, so it tells nothing of how much has changed.
    Nothing,
}

impl Compared {
    /// Whether anything has changed, what was written of the same listing before included.
    pub(super) fn moves(&self, run: &ObservationFinished) -> bool {
        let counts = |found: &Found| found.counts != Counts::Nothing;
        run.changed + run.vanished > 0 || self.found.iter().any(counts)
    }
}

/// Counts what was written.
pub(super) fn count(run: &mut ObservationFinished, written: impl Iterator<Item = Found>) {
    for found in written {
        match found.counts {
            Counts::Changed => run.changed += 1,
            Counts::Vanished => run.vanished += 1,
            Counts::Nothing => {}
        }
    }
}

impl App {
    /// Compares a listing with what is known. What is gone from a complete one is looked for.
    pub(super) async fn compare(
        &self,
        listed: &Listed<'_>,
        target: &Arc<dyn Target>,
        listing: &Listing,
        started: Timestamp,
    ) -> Result<Compared, AppError> {
        // What was learnt of objects after the listing was made is left out on both sides.
        let known = self.known_shadows(listed.name, listed.kind).await?;
        let (newer, known): (Vec<Shadow>, Vec<Shadow>) = known
            .into_iter()
            .partition(|shadow| is_newer(listed, shadow));
        let newer: BTreeSet<RemoteId> = newer.into_iter().map(|s| s.record.remote).collect();
        let known = known
            .into_iter()
            .map(|s| (s.record.remote.clone(), s.record));
        let known: BTreeMap<RemoteId, Record> = known.collect();
        let mut compared = Compared {
            found: Vec::new(),
            completeness: listing.completeness,
            detail: listing.detail.clone(),
        };
        let records = listing
            .records
            .iter()
            .filter(|r| !newer.contains(&r.remote));
        let mut seen = BTreeSet::new();
        for record in records {
            seen.insert(&record.remote);
            let before = known.get(&record.remote);
            let found = self.differs(listed, record, before, started, Counts::Changed);
            compared.found.extend(found.await?);
        }
        if mutants::on(Mutant::IgnoredCompleteness) {
            compared.completeness = Completeness::Full;
        }
        if compared.completeness == Completeness::Full {
            let missing = known.values().filter(|r| !seen.contains(&r.remote));
            self.look_for(listed, target, missing, started, &mut compared)
                .await?;
        }
        Ok(compared)
    }

    /// Reads what is not in a complete listing by its id: only what is not there either is gone.
    async fn look_for(
        &self,
        listed: &Listed<'_>,
        target: &Arc<dyn Target>,
        missing: impl Iterator<Item = &Record>,
        started: Timestamp,
        compared: &mut Compared,
    ) -> Result<(), AppError> {
        for before in missing {
            if mutants::on(Mutant::IgnoredCompleteness) {
                let gone = self.no_more(listed, before, Counts::Nothing).await?;
                compared.found.extend(gone);
                continue;
            }
            match target.read(listed.kind, &before.remote).await {
                Ok(None) => {
                    let gone = self.no_more(listed, before, Counts::Vanished).await?;
                    compared.found.extend(gone);
                }
                Ok(Some(record)) => {
                    // It exists, so the listing was not complete after all.
                    compared.completeness = Completeness::Partial;
                    compared.detail =
                        "an object that exists is missing from the listing".to_owned();
                    let found =
                        self.differs(listed, &record, Some(before), started, Counts::Nothing);
                    compared.found.extend(found.await?);
                }
                Err(error) => {
                    compared.completeness = Completeness::Partial;
                    compared.detail = format!("an object could not be confirmed as gone: {error}");
                }
            }
        }
        Ok(())
    }

    /// What is new about an object that was listed.
    async fn differs(
        &self,
        listed: &Listed<'_>,
        record: &Record,
        before: Option<&Record>,
        started: Timestamp,
        counts: Counts,
    ) -> Result<Option<Found>, AppError> {
        let mut events = self.record_events(listed, record, before, started).await?;
        let mut unless_said = None;
        if !events.is_empty() && listed.taken.is_some() {
            // Somebody may say something of it just now: their word is the younger one.
            let (unless, known) = self.known_now(listed, &record.remote).await?;
            if known
                .as_ref()
                .is_some_and(|shadow| is_newer(listed, shadow))
            {
                return Ok(None);
            }
            let before = known.as_ref().map(|shadow| &shadow.record);
            events = self.record_events(listed, record, before, started).await?;
            unless_said = Some(unless);
        }
        Ok((!events.is_empty()).then_some(Found {
            events,
            unless_said,
            counts,
        }))
    }

    /// What follows from an object being gone.
    async fn no_more(
        &self,
        listed: &Listed<'_>,
        before: &Record,
        counts: Counts,
    ) -> Result<Option<Found>, AppError> {
        let mut unless_said = None;
        if listed.taken.is_some() {
            let (unless, known) = self.known_now(listed, &before.remote).await?;
            if known.is_none_or(|shadow| is_newer(listed, &shadow)) {
                return Ok(None);
            }
            unless_said = Some(unless);
        }
        let events = self.vanished(listed, before).await?;
        Ok(Some(Found {
            events,
            unless_said,
            counts,
        }))
    }

    /// What is known of an account, and that nobody says anything else of it until that is used.
    async fn known_now(
        &self,
        listed: &Listed<'_>,
        remote: &RemoteId,
    ) -> Result<(Expect, Option<Shadow>), AppError> {
        let said = self.said_of(listed.name, remote);
        let head = self.store.head_of(&said).await?;
        let known = self.store.shadow(listed.name, listed.kind, remote).await?;
        Ok((Expect::Head(said, head), known))
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

/// Whether something was learnt of an object after the listing was made.
fn is_newer(listed: &Listed<'_>, shadow: &Shadow) -> bool {
    listed.taken.is_some_and(|taken| shadow.seen_at > taken)
}

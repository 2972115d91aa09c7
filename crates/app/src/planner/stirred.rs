//! Whom the log touched since the last planning of everyone.
//!
//! Conservative: an event that is not known here to be harmless, and more events than are worth
//! reading, mean everyone.

use std::collections::BTreeSet;

use lifecycle::mutants::{self, Mutant};
use model::event::{MembersObserved, ObjectVanished};
use model::{Event, Kind, RemoteId, SubjectId, TargetName};
use ports::store::{MAX_PAGE, Stir};

use super::memory::{Listed, Memory};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// More events than this are not read: looking at everyone is not much dearer then.
const MOST_EVENTS: u64 = 200_000;
/// More events than this are not opened.
const MOST_OPENED: usize = 1_000;

/// What an event of a kind may mean for plans.
enum Reach {
    /// It is about its subject, or about nobody.
    Subject,
    /// It is about its subject; without one it may be about anyone.
    SubjectOrAnyone,
    /// It names objects of a target; whose they are has to be asked.
    Objects,
    /// A listing ended: what may be concluded from it may be something else now.
    Listing,
    /// Something became of a plan. Whoever has one under way is not settled, however it ends;
    /// those whose plan waits are looked at again.
    Plans,
    /// Nobody's plan depends on it. Documents are here too: their revision is compared.
    Nobody,
    /// Anyone's may.
    Anyone,
}

/// What events of this kind (`facts.accepted/2`) may mean.
fn reach(kind: &str) -> Reach {
    match kind {
        "facts.accepted/1"
        | "facts.accepted/2"
        | "facts.withdrawn/1"
        | "facts.withdrawn/2"
        | "subject.terminated/1"
        | "termination.ended/1"
        | "worker.matched/1"
        | "subject.advanced/1"
        | "pins.set/1"
        | "pins.lifted/1"
        | "match.rejected/1"
        | "task.opened/1"
        | "task.done/1"
        | "task.dropped/1"
        // Plans of groups are made anew each time.
        | "plan.drafted/1"
        | "step.changed/1"
        | "line.answered/1"
        // Whoever wants a name and has none is not settled.
        | "name.lost/1"
        // An account that is linked to nobody can matter only to people who want one and have
        // none: nothing is settled about them.
        | "object.observed/1" => Reach::Subject,
        "account.decided/1" | "access.decided/1" | "object.linked/1" | "object.unlinked/1" => {
            Reach::SubjectOrAnyone
        }
        "members.observed/1" | "object.vanished/1" => Reach::Objects,
        "observation.finished/1" => Reach::Listing,
        "plan.changed/1" => Reach::Plans,
        "tenant.started/1"
        | "documents.accepted/1"
        | "delivery.received/1"
        | "wave.proposed/1"
        | "wave.judged/1"
        | "wave.released/1"
        | "source.heard/1"
        | "notice.changed/1"
        | "drill.changed/1"
        | "finding.opened/1"
        | "finding.closed/1"
        | "token.issued/1"
        | "token.revoked/1"
        | "call.made/1"
        | "login.changed/1"
        | "credential.changed/1"
        | "pass.issued/1"
        | "reset.changed/1"
        | "session.changed/1"
        | "logout.told/1"
        | "sign-in.failed/1"
        | "sign-in.decided/1"
        | "authorization.changed/1"
        | "client.granted/1"
        | "metadata.followed/1"
        | "registration.changed/1"
        | "key.changed/1"
        | "writing.stopped/1"
        | "writing.resumed/1" => Reach::Nobody,
        _ => Reach::Anyone,
    }
}

/// What the log tells.
#[derive(Default)]
struct Touched {
    people: BTreeSet<SubjectId>,
    /// Something became of plans.
    plans: bool,
}

impl App {
    /// The people at whom a planning of everyone has to look; `None`: at everyone.
    pub(super) async fn stirred(
        &self,
        memory: &Memory,
        loaded: &Loaded,
        listed: &Listed,
    ) -> Result<Option<Vec<SubjectId>>, AppError> {
        let now = self.clock.now();
        if memory.revision != loaded.row.revision {
            return Ok(None);
        }
        let Some(told) = self.touched(memory, listed).await? else {
            return Ok(None);
        };
        let mut touched = told.people;
        let due = self.store.people_due(now, MAX_PAGE).await?;
        let pinned = self.pinned_people().await?;
        let Some(pinned) = pinned.filter(|_| due.len() < MAX_PAGE as usize) else {
            return Ok(None);
        };
        touched.extend(due);
        // Whose day has come may be called or managed otherwise since.
        touched.extend(memory.lapsed(now));
        let people: Vec<SubjectId> = touched.iter().copied().collect();
        for chunk in people.chunks(super::chunks::PAGE as usize) {
            if mutants::on(Mutant::PassedOverBelow) {
                break;
            }
            for person in self.store.people(chunk).await? {
                touched.extend(memory.reports_of(&person));
            }
        }
        touched.extend(pinned);
        touched.extend(memory.restless(now, told.plans));
        Ok(Some(touched.into_iter().collect()))
    }

    /// Whom the log touched; `None`: it may be anyone.
    async fn touched(&self, memory: &Memory, listed: &Listed) -> Result<Option<Touched>, AppError> {
        let (end, _) = self.store.head().await?;
        if end.saturating_sub(memory.head) > MOST_EVENTS {
            return Ok(None);
        }
        let mut touched = Touched::default();
        let mut objects = Vec::new();
        let mut after = memory.head;
        loop {
            let page = self.store.stirs(after, MAX_PAGE).await?;
            for Stir { seq, kind, subject } in &page {
                match (reach(kind), subject) {
                    (Reach::Subject | Reach::SubjectOrAnyone, Some(subject)) => {
                        if mutants::on(Mutant::PassedOverNews) {
                            continue;
                        }
                        touched.people.insert(*subject);
                    }
                    (Reach::Subject | Reach::Nobody, _) => {}
                    (Reach::Plans, _) => touched.plans = true,
                    (Reach::Objects, _) => objects.push(*seq),
                    (Reach::Listing, _) if *listed == memory.listed => {}
                    (Reach::Listing | Reach::SubjectOrAnyone | Reach::Anyone, _) => {
                        return Ok(None);
                    }
                }
            }
            match page.last() {
                Some(last) if page.len() == MAX_PAGE as usize => after = last.seq,
                _ => break,
            }
        }
        if objects.len() > MOST_OPENED {
            return Ok(None);
        }
        for seq in objects {
            touched.people.extend(self.owners(seq).await?);
        }
        Ok(Some(touched))
    }

    /// Whose the accounts are that an event names.
    async fn owners(&self, seq: u64) -> Result<Vec<SubjectId>, AppError> {
        let mut owners = Vec::new();
        let found = self.store.records(seq.saturating_sub(1), 1).await?;
        for record in found {
            let (target, remotes): (TargetName, Vec<RemoteId>) = match record.event {
                Event::MembersObserved(MembersObserved {
                    target,
                    added,
                    removed,
                    ..
                }) => (target, added.into_iter().chain(removed).collect()),
                Event::ObjectVanished(ObjectVanished { target, remote, .. }) => {
                    (target, vec![remote])
                }
                _ => continue,
            };
            for remote in remotes {
                let link = self.store.link_to(&target, Kind::Account, &remote).await?;
                owners.extend(link.and_then(|l| l.address.key.subject()));
            }
        }
        Ok(owners)
    }

    /// Which listings of the declared apps are complete.
    pub(super) async fn full_listings(&self, loaded: &Loaded) -> Result<Listed, AppError> {
        let mut listed = Listed::new();
        for target in loaded.book.apps.keys() {
            for kind in [Kind::Account, Kind::Group] {
                let run = self.store.last_observation(target, kind).await?;
                let full = run.is_some_and(|r| r.run.completeness == model::Completeness::Full);
                listed.insert((target.clone(), kind), full);
            }
        }
        Ok(listed)
    }
}

//! Reading back what a step changed. What is found here is the only success there is.

mod seen;
pub(super) mod verdict;

use std::time::Duration;

use lifecycle::advance::ReadBack;
use model::event::MembersObserved;
use model::{
    Act, Address, Attributes, Event, Kind, Outcome, Ownership, PlanId, Record, RemoteId, Step,
};
use ports::TargetError;
use ports::target::Match;

use self::seen::{linked, observed, unlinked, vanished};
use self::verdict::{compare, different, equal_if, gone, unreadable, wait};
use super::Worker;
use super::carry::Run;
use super::lane::Lane;
use crate::AppError;

/// How soon to read again what could not be read.
const AGAIN: Duration = Duration::from_secs(2);

pub(super) type Found = (ReadBack, Vec<Event>);

/// A lane as one plan uses it: on the plan's own place in its budget.
struct Through<'a> {
    lane: &'a Lane,
    plan: PlanId,
}

impl std::ops::Deref for Through<'_> {
    type Target = Lane;

    fn deref(&self) -> &Lane {
        self.lane
    }
}

impl Worker {
    /// Reads a step back; the events tell what was seen and what now belongs together.
    pub(super) async fn look(&self, run: &Run, no: u16) -> Result<Found, AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let Some(lane) = self.lane(&step.address.target) else {
            return Ok((unreadable(AGAIN, "the app has no connection"), Vec::new()));
        };
        let lane = Through {
            lane: &lane,
            plan: run.progress.id,
        };
        let settle = lane.target.capabilities().settle;
        if !settle.is_zero() {
            tokio::time::sleep(settle).await;
        }
        let (found, seen) = self.look_through(&lane, run, no).await?;
        if !lane.once {
            return Ok((found, seen));
        }
        let owner = step.address.key.subject();
        let mut events = self.app.lost_names(&seen, owner).await?;
        events.extend(seen);
        Ok((found, events))
    }

    async fn look_through(
        &self,
        lane: &Through<'_>,
        run: &Run,
        no: u16,
    ) -> Result<Found, AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let outcome = run.progress.steps[usize::from(no)].outcome.as_ref();
        let known = |o: &Outcome| {
            matches!(
                o,
                Outcome::Done { .. } | Outcome::AlreadyDone { .. } | Outcome::Stale { .. }
            )
        };
        if lane.hands.is_some() && !outcome.is_some_and(known) {
            return self.look_at_line(lane, run, no).await;
        }
        match (&step.act, step.address.kind) {
            (Act::Grant | Act::Revoke, _) | (Act::Adopt { .. }, Kind::Grant) => {
                self.look_at_member(lane, step).await
            }
            (Act::Create { attributes, active }, kind) => {
                let wanted = (attributes, *active);
                self.look_for_new(lane, step, kind, wanted, outcome).await
            }
            (Act::Adopt { remote }, kind) => {
                let found = self.read(lane, kind, remote).await;
                Ok(match found {
                    Ok(Some(record)) => {
                        let linked = linked(&step.address, remote, Ownership::Adopted);
                        let seen_at = self.seen_at(lane, step, remote).await?;
                        (
                            ReadBack::Equal,
                            vec![observed(step, record, seen_at), linked],
                        )
                    }
                    Ok(None) => (gone("the object"), Vec::new()),
                    Err(error) => (wait(&error), Vec::new()),
                })
            }
            (act, kind) => self.look_at_change(lane, step, act, kind).await,
        }
    }

    /// When what was read is so: now, but for an app that only its people can list.
    async fn seen_at(
        &self,
        lane: &Lane,
        step: &Step,
        remote: &RemoteId,
    ) -> Result<model::Timestamp, AppError> {
        let now = self.app.clock.now();
        if lane.hands.is_none() {
            return Ok(now);
        }
        let target = &step.address.target;
        let shadow = self.app.store.shadow(target, Kind::Account, remote).await?;
        Ok(shadow.map_or(now, |shadow| shadow.seen_at))
    }

    async fn look_at_change(
        &self,
        lane: &Through<'_>,
        step: &Step,
        act: &Act,
        kind: Kind,
    ) -> Result<Found, AppError> {
        let Some(link) = self.app.store.link(&step.address).await? else {
            return Ok((gone("the link to the object"), Vec::new()));
        };
        let record = match self.read(lane, kind, &link.remote).await {
            Ok(record) => record,
            Err(error) => return Ok((wait(&error), Vec::new())),
        };
        let Some(record) = record else {
            let mut events = vanished(&step.address, kind, &link.remote);
            if *act == Act::Delete {
                events.extend(self.gone_with(step).await?);
            }
            // What is gone can no longer be used: a leaver's account that someone deleted must
            // not keep them in all the others.
            let found = match act {
                Act::Delete | Act::Disable => ReadBack::Equal,
                _ => gone("the object"),
            };
            return Ok((found, events));
        };
        let found = match act {
            Act::Enable | Act::Disable => {
                equal_if(record.active == (*act == Act::Enable), "active")
            }
            Act::Update { set, unset } => match self.resolved(&step.address, set).await? {
                Ok(set) => compare(lane, &record, &set, unset),
                Err(detail) => different(&detail),
            },
            _ => different("it still exists"),
        };
        Ok((found, vec![observed(step, record, self.app.clock.now())]))
    }

    /// The memberships that went with an account that was deleted.
    async fn gone_with(&self, step: &Step) -> Result<Vec<Event>, AppError> {
        let Some(subject) = step.address.key.subject() else {
            return Ok(Vec::new());
        };
        let links = self.app.store.links_of(subject).await?;
        let here = links.into_iter().map(|link| link.address);
        let here = here.filter(|at| at.kind == Kind::Grant && at.target == step.address.target);
        Ok(here.map(|at| unlinked(&at)).collect())
    }

    /// A created object is found by the id that the answer gave, or else by our key in it.
    async fn look_for_new(
        &self,
        lane: &Through<'_>,
        step: &Step,
        kind: Kind,
        (attributes, active): (&Attributes, bool),
        outcome: Option<&Outcome>,
    ) -> Result<Found, AppError> {
        let told = match outcome {
            Some(Outcome::Done { remote, .. } | Outcome::AlreadyDone { remote }) => remote.clone(),
            _ => None,
        };
        let record = match &told {
            Some(remote) => self.read(lane, kind, remote).await,
            None => self.find(lane, step, kind, attributes).await,
        };
        Ok(match record {
            Ok(Some(record)) => {
                let found = if record.active == active {
                    compare(lane, &record, attributes, &[])
                } else {
                    different("active")
                };
                let linked = linked(&step.address, &record.remote, Ownership::Managed);
                // It carries our key, so it is ours even if it is not yet as wanted.
                (
                    found,
                    vec![observed(step, record, self.app.clock.now()), linked],
                )
            }
            Ok(None) => (different("it is not there"), Vec::new()),
            Err(error) => (wait(&error), Vec::new()),
        })
    }

    /// Only an object that carries our own key counts: one that merely has the name may be
    /// somebody else's.
    async fn find(
        &self,
        lane: &Through<'_>,
        step: &Step,
        kind: Kind,
        attributes: &Attributes,
    ) -> Result<Option<Record>, TargetError> {
        let external = self.app.external_key(&step.address);
        let by_key = Match::External(external.clone());
        let mut found = self.ask(lane, kind, &by_key).await?;
        if found.is_empty()
            && kind == Kind::Group
            && let Some(name) = attributes
                .get("displayName")
                .and_then(model::Value::as_text)
        {
            // Many providers keep no key of ours for groups; a group that has appeared under
            // the declared name after our intent is ours, unless it carries another's key.
            let by_name = Match::Name(name.to_owned());
            found = self.ask(lane, kind, &by_name).await?;
            found.retain(|record| record.external.as_ref().is_none_or(|key| *key == external));
        }
        match found.len() {
            0 | 1 => Ok(found.pop()),
            n => Err(TargetError::Malformed(format!(
                "{n} objects carry the same key of ours"
            ))),
        }
    }

    async fn ask(
        &self,
        lane: &Through<'_>,
        kind: Kind,
        by: &Match,
    ) -> Result<Vec<Record>, TargetError> {
        let _permit = lane.enter(Some(lane.plan), self.app.clock.now()).await;
        lane.may_read(self.app.clock.now())?;
        let found = lane.target.find(kind, by).await;
        lane.learn_read(found.as_ref().err(), self.app.clock.now());
        found
    }

    async fn look_at_member(&self, lane: &Through<'_>, step: &Step) -> Result<Found, AppError> {
        let at = &step.address;
        let wanted = step.act != Act::Revoke;
        let name = at.key.granted_group().unwrap_or_default();
        let group = self
            .app
            .store
            .link(&Address::group(&at.target, name))
            .await?;
        let account = match at.key.subject() {
            Some(subject) => {
                self.app
                    .store
                    .link(&Address::account(&at.target, subject))
                    .await?
            }
            None => None,
        };
        let (Some(group), Some(account)) = (group, account) else {
            // Without both, nothing was sent: a node that ended between the intent and the look
            // for the group leaves this behind. Whether the group is still to come is asked
            // before it is begun again.
            let found = if wanted {
                different("the group or the account is not linked")
            } else {
                ReadBack::Equal
            };
            let unlink = (!wanted).then(|| unlinked(at)).into_iter().collect();
            return Ok((found, unlink));
        };
        let members = lane
            .members
            .read(lane, &*self.app.clock, &group.remote)
            .await;
        let members = match members {
            Ok(Some(Some(members))) => members,
            Ok(Some(None)) => {
                let detail = "the target does not show the members of its groups";
                return Ok((unreadable(Duration::from_secs(60), detail), Vec::new()));
            }
            Ok(None) if wanted => return Ok((gone("the group"), Vec::new())),
            Ok(None) => return Ok((ReadBack::Equal, vec![unlinked(at)])),
            Err(error) => return Ok((wait(&error), Vec::new())),
        };
        let is_member = members.contains(&account.remote);
        if is_member != wanted {
            return Ok((different("membership"), Vec::new()));
        }
        let mut seen = MembersObserved {
            target: at.target.clone(),
            group: group.remote.clone(),
            added: Vec::new(),
            removed: Vec::new(),
        };
        let list = if wanted {
            &mut seen.added
        } else {
            &mut seen.removed
        };
        list.push(account.remote);
        let ownership = match step.act {
            Act::Adopt { .. } => Ownership::Adopted,
            _ => Ownership::Managed,
        };
        let link = if wanted {
            linked(at, &group.remote, ownership)
        } else {
            unlinked(at)
        };
        Ok((ReadBack::Equal, vec![Event::MembersObserved(seen), link]))
    }

    async fn read(
        &self,
        lane: &Through<'_>,
        kind: Kind,
        remote: &RemoteId,
    ) -> Result<Option<Record>, TargetError> {
        let _permit = lane.enter(Some(lane.plan), self.app.clock.now()).await;
        lane.may_read(self.app.clock.now())?;
        let found = lane.target.read(kind, remote).await;
        lane.learn_read(found.as_ref().err(), self.app.clock.now());
        found
    }
}

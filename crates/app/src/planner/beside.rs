//! What documents say of single people: whom they name, who answers for it, when it runs out.

use std::collections::BTreeSet;

use lifecycle::assign::Worker;
use lifecycle::beside::Duty;
use lifecycle::identity::Identity;
use model::finding::Finding;
use model::plan::About;
use model::{
    Address, Completeness, Kind, Plan, SubjectId, TargetName, Timestamp, WaveId, WorkerRef,
};
use ports::store::Person;

use super::Pass;
use crate::AppError;
use crate::due::is_late;

/// A document is about a worker whom nobody knows.
pub(super) const UNKNOWN: &str = "TNR-GRANT-0001";
/// Nobody answers for what a document gives.
pub(super) const UNANSWERED: &str = "TNR-OWNER-0001";
/// A service account is to be looked at: it has expired.
pub(super) const EXPIRED: &str = "TNR-SERVICE-0001";
/// A document about a service account says nothing about any account.
pub(super) const WITHOUT_EFFECT: &str = "TNR-SERVICE-0002";
/// A list by hand names a worker whom nobody knows.
pub(super) const UNKNOWN_MEMBER: &str = "TNR-GROUP-0001";
/// Somebody is above themselves.
pub(super) const CIRCLE: &str = "TNR-MANAGER-0001";
pub(super) const UNKNOWN_MANAGER: &str = "TNR-MANAGER-0002";

impl Pass {
    /// Says what this person answers for and no longer can, and whether they are due earlier.
    pub(super) fn beside(&mut self, person: &Person, worker: Worker<'_>, now: Timestamp) {
        let loaded = std::sync::Arc::clone(&self.loaded);
        let beside = &loaded.book.beside;
        for duty in beside.unanswered(worker, now) {
            let why = "its owner is not at work";
            self.findings
                .push(unanswered(&duty.of, why, Some(person.subject)));
        }
        let expired = beside
            .duties_of(worker.names)
            .filter(|d| d.asks && d.until <= now);
        let expired = expired.map(|duty| expired_of(duty, Some(person.subject)));
        self.findings.extend(expired);
        if is_late(person, &self.spans, beside, now) {
            self.late.push(person.subject);
        }
    }

    /// Workers whom documents name and whom their source has not told of. Not an error: people
    /// come later than what is prepared for them.
    pub(super) async fn named_but_unknown(&mut self) -> Result<(), AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        let now = self.app.clock.now();
        let beside = &loaded.book.beside;
        for (name, grants) in &beside.grants {
            if self.is_known(name).await? {
                continue;
            }
            let open = grants.iter().filter(|grant| now < grant.until);
            let found = open.map(|grant| unknown(&format!("grant/{}", grant.name), &name.source));
            self.findings.extend(found);
        }
        for (name, holds) in &beside.holds {
            if self.is_known(name).await? {
                continue;
            }
            let open = holds.iter().filter(|hold| now < hold.until);
            let found = open.map(|hold| unknown(&format!("hold/{}", hold.name), &name.source));
            self.findings.extend(found);
        }
        for (name, groups) in &beside.listed {
            if self.is_known(name).await? {
                continue;
            }
            let found = groups.iter();
            let found = found.map(|(group, number)| unknown_member(group, *number, &name.source));
            self.findings.extend(found);
        }
        for (name, duties) in &beside.duties {
            if self.is_known(name).await? {
                continue;
            }
            let why = format!("`{}` has not told of its owner", name.source);
            let open = duties.iter().filter(|duty| now < duty.until);
            let found = open.map(|duty| unanswered(&duty.of, &why, None));
            self.findings.extend(found);
            let expired = duties.iter().filter(|duty| duty.asks && duty.until <= now);
            let found = expired.map(|duty| expired_of(duty, None));
            self.findings.extend(found);
        }
        Ok(())
    }

    /// Documents about service accounts that are not there, or that are somebody's.
    pub(super) async fn service_accounts(&mut self) -> Result<(), AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        for account in loaded.tenant.service_accounts.iter() {
            let (app, kind) = (&account.app, Kind::Account);
            let store = &self.app.store;
            let found = store.shadows_named(app, kind, &account.account).await?;
            let why = if let Some(shadow) = found.first() {
                let link = store.link_to(app, kind, &shadow.record.remote).await?;
                link.map(|_| "that account is linked to a person already")
            } else {
                let run = store.last_observation(app, kind).await?;
                let listed = run.is_some_and(|r| r.run.completeness == Completeness::Full);
                listed.then_some("the app has no account of this name")
            };
            self.findings
                .extend(why.map(|why| without_effect(&account.name, app, why)));
        }
        Ok(())
    }

    async fn is_known(&self, name: &WorkerRef) -> Result<bool, AppError> {
        let found = self.app.store.person_by_key(&name.source, &name.key);
        Ok(found.await?.is_some())
    }

    /// Whether a plan does nothing but withdraw what has run out since their last wave.
    pub(super) async fn ran_out(
        &self,
        identity: &Identity,
        plan: &Plan,
        last: WaveId,
    ) -> Result<bool, AppError> {
        let now = self.app.clock.now();
        let About::Subject(subject) = plan.about else {
            return Ok(false);
        };
        let names = &identity.names;
        if self.loaded.book.beside.grants_of(names).next().is_none() {
            return Ok(false);
        }
        let Some(wave) = self.app.store.wave(last).await? else {
            return Ok(false);
        };
        let grants = self.loaded.book.beside.grants_of(names);
        let over = grants.filter(|grant| wave.at < grant.until && grant.until <= now);
        let addresses: BTreeSet<Address> = over.flat_map(|g| g.addresses(subject)).collect();
        let mut steps = plan.steps.iter();
        Ok(steps.all(|step| step.act.removes() && addresses.contains(&step.address)))
    }
}

fn unknown(of: &str, source: &str) -> Finding {
    Finding {
        code: UNKNOWN.to_owned(),
        fingerprint: format!("{UNKNOWN}/{}", of.strip_prefix("grant/").unwrap_or(of)),
        subject: None,
        address: None,
        problem: format!("`{of}` is for a worker whom `{source}` has not told of"),
        fix: "mend the key or remove the document; it counts as soon as they come".to_owned(),
    }
}

fn unknown_member(group: &str, number: usize, source: &str) -> Finding {
    Finding {
        code: UNKNOWN_MEMBER.to_owned(),
        fingerprint: format!("{UNKNOWN_MEMBER}/{group}/{number}"),
        subject: None,
        address: None,
        problem: format!(
            "member {number} of `group/{group}` is a worker whom `{source}` has not told of"
        ),
        fix: "mend the key or take it off the list; it counts as soon as they come".to_owned(),
    }
}

/// Who manages this person is managed by them.
pub(super) fn circle(subject: SubjectId) -> Finding {
    Finding {
        code: CIRCLE.to_owned(),
        fingerprint: CIRCLE.to_owned(),
        subject: Some(subject),
        address: None,
        problem: "the managers above this person lead back to them".to_owned(),
        fix: "mend who manages whom in HR; until then the managers up to there count".to_owned(),
    }
}

/// HR names a manager of this person of whom their source has not told.
pub(super) fn unknown_manager(subject: SubjectId, source: &str) -> Finding {
    Finding {
        code: UNKNOWN_MANAGER.to_owned(),
        fingerprint: UNKNOWN_MANAGER.to_owned(),
        subject: Some(subject),
        address: None,
        problem: format!("the manager of this person is nobody whom `{source}` has told of"),
        fix: "mend who manages them in HR; apps are told of no manager until they come".to_owned(),
    }
}

fn expired_of(duty: &Duty, owner: Option<SubjectId>) -> Finding {
    let of = &duty.of;
    Finding {
        code: EXPIRED.to_owned(),
        fingerprint: format!("{EXPIRED}/{of}"),
        subject: owner,
        address: None,
        problem: format!("`{of}` has expired: somebody has to say whether it is still needed"),
        fix: "write a later end in the document, or disable the account in the app and remove it; \
              nothing is disabled by itself"
            .to_owned(),
    }
}

fn without_effect(name: &str, app: &TargetName, why: &str) -> Finding {
    Finding {
        code: WITHOUT_EFFECT.to_owned(),
        fingerprint: format!("{WITHOUT_EFFECT}/{name}"),
        subject: None,
        address: None,
        problem: format!("`service/{name}` says nothing about an account of `{app}`: {why}"),
        fix: "mend the name of the account in the document, or remove the document".to_owned(),
    }
}

fn unanswered(of: &str, why: &str, owner: Option<SubjectId>) -> Finding {
    Finding {
        code: UNANSWERED.to_owned(),
        fingerprint: format!("{UNANSWERED}/{of}"),
        subject: owner,
        address: None,
        problem: format!("nobody answers for `{of}`: {why}"),
        fix: "name another owner in the document; until then what it says stays in force"
            .to_owned(),
    }
}

//! What documents say of single people: whom they name, who answers for it, when it runs out.

use std::collections::BTreeSet;

use lifecycle::Mode;
use lifecycle::assign::Worker;
use lifecycle::beside::Duty;
use lifecycle::draft::UNLISTED;
use lifecycle::identity::Identity;
use model::event::FindingClosed;
use model::finding::Finding;
use model::plan::About;
use model::{
    Address, Completeness, Event, Kind, Plan, SubjectId, TargetName, Timestamp, WaveId, WorkerRef,
};
use ports::store::Person;

use super::Pass;
use super::memory::Notes;
use super::subject::{DISAGREEING, UNDECIDED};
use crate::AppError;
use crate::digest::is_failure;
use crate::due::is_late;
use crate::seats::{TOO_MANY, is_about_a_seat};
use crate::tasks::OVERDUE;

/// A document is about a worker whom nobody knows.
const UNKNOWN: &str = "TNR-GRANT-0001";
/// Nobody answers for what a document gives.
const UNANSWERED: &str = "TNR-OWNER-0001";
/// A service account is to be looked at: it has expired.
const EXPIRED: &str = "TNR-SERVICE-0001";
/// A document about a service account says nothing about any account.
const WITHOUT_EFFECT: &str = "TNR-SERVICE-0002";
/// A list by hand names a worker whom nobody knows.
const UNKNOWN_MEMBER: &str = "TNR-GROUP-0001";
/// Somebody is above themselves.
const CIRCLE: &str = "TNR-MANAGER-0001";
const UNKNOWN_MANAGER: &str = "TNR-MANAGER-0002";
/// What a planning closes when it does not find it again.
const OURS: [&str; 12] = [
    TOO_MANY,
    OVERDUE,
    UNLISTED,
    UNKNOWN,
    UNANSWERED,
    EXPIRED,
    WITHOUT_EFFECT,
    UNKNOWN_MEMBER,
    CIRCLE,
    UNKNOWN_MANAGER,
    UNDECIDED,
    DISAGREEING,
];
/// Open findings that are looked through for those whose condition is gone.
const MOST_OPEN: u32 = 10_000;

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

    /// Closes what this planning has not found again: of nobody in particular, or of somebody at
    /// whom it has looked. `all`: it is one of everyone; any other closes only that somebody waits
    /// for a seat, because the next one in the line is found by that.
    pub(super) async fn mend(&mut self, notes: &Notes, all: bool) -> Result<(), AppError> {
        if !all && !self.loaded.book.has_seats() {
            return Ok(());
        }
        let found: BTreeSet<(&str, Option<SubjectId>)> = self
            .findings
            .iter()
            .map(|f| (f.fingerprint.as_str(), f.subject))
            .collect();
        let mut mended = Vec::new();
        for row in self.app.store.open_findings(MOST_OPEN).await? {
            let finding = &row.opened.finding;
            let waits = is_about_a_seat(finding);
            let ours = waits || (all && OURS.contains(&finding.code.as_str()));
            let looked = finding.subject.is_none_or(|s| notes.has_looked_at(s));
            let again = || found.contains(&(finding.fingerprint.as_str(), finding.subject));
            // A step that failed has been done since, or is wanted no more.
            let settled = finding.subject.is_some_and(|s| notes.is_settled(s));
            let over = all && is_failure(finding) && settled && self.is_managed(finding);
            let reason = match (ours && looked && !again(), over) {
                (true, _) => "a later planning has not found it again",
                (_, true) => "a later planning found everything as it should be",
                _ => continue,
            };
            mended.push(Event::FindingClosed(FindingClosed {
                id: row.opened.id,
                reason: reason.to_owned(),
            }));
        }
        self.mended = mended;
        Ok(())
    }

    /// Whether a planning says anything about where a finding was made: of an app that is only
    /// observed, or that no document names, it does not.
    fn is_managed(&self, finding: &Finding) -> bool {
        let apps = &self.loaded.book.apps;
        let app = finding.address.as_ref().and_then(|at| apps.get(&at.target));
        app.is_some_and(|app| app.mode != Mode::Observe)
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

//! Findings whose condition is gone, closed by the planning that does not find it again.

use std::collections::BTreeSet;

use lifecycle::Mode;
use lifecycle::draft::UNLISTED;
use model::event::FindingClosed;
use model::finding::Finding;
use model::plan::{About, PlanStatus};
use model::{Event, SubjectId};

use super::Pass;
use super::beside::{
    CIRCLE, EXPIRED, UNANSWERED, UNKNOWN, UNKNOWN_MANAGER, UNKNOWN_MEMBER, WITHOUT_EFFECT,
};
use super::contested::{CONTESTED_ACCOUNT, CONTESTED_NAME, TAKEN_NAME};
use super::memory::Notes;
use super::naming::NO_NAME;
use super::settle::REFUSED_GROUP;
use super::subject::{DISAGREEING, UNDECIDED};
use crate::AppError;
use crate::digest::is_failure;
use crate::seats::{TOO_MANY, is_about_a_seat};
use crate::tasks::OVERDUE;

/// What a planning closes when it does not find it again.
const OURS: [&str; 13] = [
    TOO_MANY,
    REFUSED_GROUP,
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
/// What was in the way of a plan, at an address. What is being carried out there is left out of a
/// planning, so that it tells nothing of it.
const IN_THE_WAY: [&str; 10] = [
    "TNR-PLAN-0001",
    "TNR-PLAN-0002",
    "TNR-PLAN-0003",
    "TNR-PLAN-0004",
    "TNR-PLAN-0005",
    TAKEN_NAME,
    CONTESTED_NAME,
    NO_NAME,
    "TNR-ADOPT-0001",
    CONTESTED_ACCOUNT,
];
/// Open findings that are looked through for those whose condition is gone.
const MOST_OPEN: u32 = 10_000;

impl Pass {
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
            let ours = is_about_a_seat(finding) || (all && OURS.contains(&finding.code.as_str()));
            let looked = finding.subject.is_none_or(|s| notes.has_looked_at(s));
            let again = || found.contains(&(finding.fingerprint.as_str(), finding.subject));
            // A step that failed has been done since, or is wanted no more.
            let settled = finding.subject.is_some_and(|s| notes.is_settled(s));
            let over = all && is_failure(finding) && settled && self.is_managed(finding);
            let obstacle =
                all && IN_THE_WAY.contains(&finding.code.as_str()) && self.is_managed(finding);
            let gone = (ours || obstacle) && looked && !again();
            let reason = if gone && (ours || !self.is_under_way_of(finding).await?) {
                "a later planning has not found it again"
            } else if over {
                "a later planning found everything as it should be"
            } else {
                continue;
            };
            mended.push(Event::FindingClosed(FindingClosed {
                id: row.opened.id,
                reason: reason.to_owned(),
            }));
        }
        self.mended = mended;
        Ok(())
    }

    /// Whether a plan about whom or what a finding is about is being carried out.
    async fn is_under_way_of(&self, finding: &Finding) -> Result<bool, AppError> {
        let about = match (finding.subject, &finding.address) {
            (Some(subject), _) => About::Subject(subject),
            (None, Some(at)) => About::Target(at.target.clone()),
            (None, None) => return Ok(false),
        };
        let open = self.app.store.open_plans_about(&[about]).await?;
        Ok(open.iter().any(|plan| plan.status == PlanStatus::Released))
    }

    /// Whether a planning says anything about where a finding was made: of an app that is only
    /// observed, or that no document names, it does not.
    fn is_managed(&self, finding: &Finding) -> bool {
        let apps = &self.loaded.book.apps;
        let app = finding.address.as_ref().and_then(|at| apps.get(&at.target));
        app.is_some_and(|app| app.mode != Mode::Observe)
    }
}

//! What the records about one leaver tell of how their accounts were shut. Pure; an auditor computes it
//! again from a bundle.

use std::collections::{BTreeMap, BTreeSet};

use model::event::StepHead;
use model::plan::{StepRef, StepStatus};
use model::{Event, Kind, PlanId, TargetName, Timestamp, WaveId};
use serde::{Deserialize, Serialize};

/// One record about a leaver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told<'r> {
    /// Its number.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What it says; what is personal is not looked at.
    pub event: &'r Event,
}

impl Told<'_> {
    fn mark(&self) -> Mark {
        Mark {
            seq: self.seq,
            at: self.at,
        }
    }
}

/// An instant, and the record that tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// When.
    pub at: Timestamp,
    /// The record's number.
    pub seq: u64,
}

/// How Tenure itself shut the account in one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shut {
    /// The last intent to shut it; where a deletion came after the account was disabled, the one of
    /// disabling.
    pub sent: Option<Mark>,
    /// When whoever does it by hand said that it was done, likewise; nobody had looked by then.
    pub confirmed: Option<Mark>,
    /// When it was read back as shut, likewise.
    pub verified: Option<Mark>,
    /// When any step of it was confirmed or read back last.
    pub last: Option<Mark>,
    /// Whether it was deleted in the end.
    pub deleted: bool,
}

impl Shut {
    /// When it was shut as far as anybody knows: by somebody's word, or by what was read back, whichever
    /// came first. What is read back later was so before.
    #[must_use]
    pub fn ended(&self) -> Option<Mark> {
        self.confirmed.into_iter().chain(self.verified).min()
    }
}

/// What decided that accounts are shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draft {
    /// The plan.
    pub plan: PlanId,
    /// Its wave.
    pub wave: WaveId,
    /// The record that drafted it.
    pub drafted: Mark,
}

/// What the records tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traced {
    /// By app; only apps in which a step to shut the account began.
    pub shut: BTreeMap<TargetName, Shut>,
    /// The last plan that shut an account, or would: the one that did something, if there is one,
    /// else the one that was drafted last.
    pub draft: Option<Draft>,
    /// Plans of steps that are not among the records.
    pub unknown: BTreeSet<PlanId>,
}

/// Steps that shut accounts, by plan and number, and what drafted them.
type Steps<'r> = BTreeMap<(PlanId, u16), (&'r StepHead, Draft)>;

fn steps<'r>(records: &[Told<'r>]) -> (Steps<'r>, BTreeSet<PlanId>) {
    let (mut found, mut plans) = (BTreeMap::new(), BTreeSet::new());
    for record in records {
        let Event::PlanDrafted(drafted) = record.event else {
            continue;
        };
        plans.insert(drafted.plan);
        let draft = Draft {
            plan: drafted.plan,
            wave: drafted.wave,
            drafted: record.mark(),
        };
        for step in &drafted.steps {
            let account = step.address.kind == Kind::Account;
            if account && matches!(step.verb.as_str(), "disable" | "delete") {
                found.insert((drafted.plan, step.no), (step, draft));
            }
        }
    }
    (found, plans)
}

/// What the records about a leaver tell of the time since `start`. `records` are in order; those before
/// `start` are needed for the plans of later steps.
///
/// A deletion after an account was disabled since `start` ends nothing more: its times are not told.
#[must_use]
pub fn trace(records: &[Told<'_>], start: Timestamp) -> Traced {
    let (steps, plans) = steps(records);
    let drafts: BTreeMap<u64, Draft> = steps
        .values()
        .map(|(_, draft)| (draft.drafted.seq, *draft))
        .collect();
    let mut traced = Traced::default();
    let mut disabled: BTreeSet<&TargetName> = BTreeSet::new();
    // The step in each app that was done last and whose times are told.
    let mut by: BTreeMap<&TargetName, StepRef> = BTreeMap::new();
    let (mut drafted, mut acted) = (None, None);
    for record in records.iter().filter(|record| record.at >= start) {
        let changed = match record.event {
            Event::PlanDrafted(_) => {
                drafted = drafts.get(&record.seq).copied().or(drafted);
                continue;
            }
            Event::StepChanged(changed) => changed,
            _ => continue,
        };
        let Some((step, draft)) = steps.get(&(changed.step.plan, changed.step.no)) else {
            let account = changed.address.kind == Kind::Account;
            if account && !plans.contains(&changed.step.plan) {
                traced.unknown.insert(changed.step.plan);
            }
            continue;
        };
        let app = &step.address.target;
        let deletes = step.verb == "delete";
        let ended = deletes && disabled.contains(app);
        if !ended {
            acted = Some(*draft);
        }
        let shut = traced.shut.entry(app.clone()).or_default();
        match changed.status {
            StepStatus::Sent if !ended => shut.sent = Some(record.mark()),
            StepStatus::Confirmed | StepStatus::Verified => {
                shut.last = Some(record.mark());
                if !ended {
                    if by.insert(app, changed.step) != Some(changed.step) {
                        (shut.confirmed, shut.verified, shut.deleted) = (None, None, false);
                    }
                    match changed.status {
                        StepStatus::Confirmed => shut.confirmed = shut.last,
                        _ => shut.verified = shut.last,
                    }
                }
                shut.deleted |= deletes;
                if !deletes {
                    disabled.insert(app);
                }
            }
            _ => {}
        }
    }
    traced.draft = acted.or(drafted);
    traced
}

#[cfg(test)]
mod tests;

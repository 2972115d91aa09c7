//! A digest from what was read. Pure.

use std::collections::{BTreeMap, BTreeSet};

use model::plan::{About, PlanStatus};
use model::{SubjectId, TargetName, Timestamp, Verdict};
use ports::store::{FindingRow, MAX_PAGE, StepRow, WaveRow, WaveStatus};

use super::budgets::shortages;
use super::expected::{self, Attempt, Expectation};
use super::failures::{self, Failure};
use super::gather::Gathered;
use super::late;
use super::report::{Awaited, Digest, FailureGroup, FindingGroup, WaitingWave};
use super::silent::{NAMED, Signs, silences};
use super::undone::Undone;
use super::window::Window;
use crate::Known;
use crate::drill::is_persona;

/// How long a plan that is under way is no trouble yet.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(900);

/// Everything that a digest follows from.
pub(super) struct Case<'a> {
    pub(super) window: Window,
    pub(super) rows: &'a Gathered,
    pub(super) expected: &'a [(SubjectId, Expectation)],
    /// The apps in which somebody who has left may still use an account.
    pub(super) exposed: &'a BTreeMap<SubjectId, Vec<TargetName>>,
    /// When the last account of somebody who has left was shut, and whether that is an upper bound.
    pub(super) ended: &'a BTreeMap<SubjectId, (Timestamp, bool)>,
    pub(super) undone: &'a Undone,
    /// Requests a second of the apps that have a budget and something to do.
    pub(super) rates: &'a BTreeMap<TargetName, u32>,
}

/// What was expected in the window, and what was expected before it and may not be done.
pub(super) fn expected(rows: &Gathered, window: Window) -> Vec<(SubjectId, Expectation)> {
    let of = |(subject, known): (&SubjectId, &Known)| {
        let told = rows.told(known);
        let expected = expected::expectation(known, told, rows.now)?;
        let awaited = expected.awaited;
        let same = |a: &Attempt| {
            let of = Awaited::of(a.row.change);
            of.is_some_and(|of| of == awaited || (of.leaves() && awaited.leaves()))
        };
        let older = || {
            let newest = rows.about(*subject).first();
            let unfinished = newest
                .is_some_and(|a| same(a) && (a.is_open() || a.row.status == PlanStatus::Failed));
            let overdue = rows.overdue.get(subject);
            unfinished || overdue.is_some_and(|at| *at == expected.at)
        };
        let counts = expected.start < window.to && (window.has(expected.start) || older());
        counts.then_some((*subject, expected))
    };
    rows.known.iter().filter_map(of).collect()
}

/// The people for whom it must be asked whether a planning would do something.
pub(super) fn suspects(
    rows: &Gathered,
    expected: &[(SubjectId, Expectation)],
    exposed: &BTreeMap<SubjectId, Vec<TargetName>>,
) -> BTreeSet<SubjectId> {
    let unsettled = |(subject, expected): &&(SubjectId, Expectation)| {
        let leaves = expected.awaited.leaves();
        if leaves && !exposed.contains_key(subject) {
            return false;
        }
        let exposed = exposed.get(subject).map_or(&[][..], Vec::as_slice);
        match expected::newest_since(expected, rows.about(*subject), exposed) {
            None => true,
            Some(newest) => match newest.row.status {
                PlanStatus::Stale | PlanStatus::Superseded => true,
                PlanStatus::Applied => leaves,
                _ => false,
            },
        }
    };
    let unsettled = expected.iter().filter(unsettled);
    let mut suspects: BTreeSet<SubjectId> = unsettled.map(|(subject, _)| *subject).collect();
    for (about, attempts) in &rows.attempts {
        if let (About::Subject(subject), Some(newest)) = (about, attempts.first())
            && newest.row.status == PlanStatus::Failed
        {
            suspects.insert(*subject);
        }
    }
    suspects
}

/// Puts a digest together.
pub(super) fn digest(case: &Case<'_>, mut signs: Signs<'_>) -> Digest {
    let (counts, people) = late::people(case);
    let rows = case.rows;
    for (subject, expected) in case.expected {
        let exposed = case.exposed.get(subject).map_or(&[][..], Vec::as_slice);
        let attempts = rows.about(*subject);
        if rows.overdue.contains_key(subject)
            || expected::newest_since(expected, attempts, exposed).is_some()
        {
            continue;
        }
        if case.undone.unlooked.contains(subject) {
            signs.unlooked += 1;
        } else if case.undone.steps.contains_key(subject) {
            signs.unplanned.push(name(rows, *subject));
        }
    }
    signs.budgets = shortages(
        rows.attempts
            .iter()
            .map(|(about, of)| (about, of.as_slice())),
        case.expected,
        case.rates,
        rows.now,
        |subject| name(rows, subject),
    );
    let overdue = rows.overdue.iter();
    signs.overdue = overdue
        .map(|(subject, at)| (name(rows, *subject), *at))
        .collect();
    Digest {
        from: case.window.from,
        to: case.window.to,
        at: rows.now,
        counts,
        people,
        failures: failures(case),
        waves: rows.open.iter().filter_map(waiting).collect(),
        findings: findings(rows),
        silent: silences(signs),
    }
}

/// The name and worker key of a person.
fn name(rows: &Gathered, subject: SubjectId) -> String {
    rows.known.get(&subject).map_or_else(
        || subject.to_string(),
        |k| {
            let drill = if is_persona(&k.person) { "drill " } else { "" };
            let key = &k.identity.key;
            format!("{} ({drill}{key})", k.identity.facts.display_name())
        },
    )
}

/// What failed and has not been done since, by cause.
fn failures(case: &Case<'_>) -> Vec<FailureGroup> {
    let rows = case.rows;
    let opened = rows
        .findings
        .iter()
        .filter(|f| super::is_failure(&f.opened.finding));
    let mut first: BTreeMap<_, Timestamp> = BTreeMap::new();
    for row in opened {
        if let Some(address) = &row.opened.finding.address {
            let at = first.entry(address.clone()).or_insert(row.at);
            *at = row.at.min(*at);
        }
    }
    let mut found: Vec<Failure> = Vec::new();
    for (about, attempts) in &rows.attempts {
        let Some(newest) = attempts.first() else {
            continue;
        };
        let fresh = rows.now.since(newest.begun) < PATIENCE;
        match newest.row.status {
            PlanStatus::Failed => {}
            PlanStatus::Released if !fresh => {}
            _ => continue,
        }
        let subject = match about {
            About::Subject(subject) => Some(*subject),
            About::Target(_) => None,
        };
        let mut row = newest.row.clone();
        if let (PlanStatus::Failed, Some(subject)) = (row.status, subject) {
            row.steps
                .retain(|s| case.undone.may_be_at(subject, &s.address));
        }
        let person = subject.map(|subject| (subject, name(rows, subject)));
        // What is tried again opens no finding: it is as old as the word that let it begin.
        let begun = (row.status == PlanStatus::Released).then_some(newest.begun);
        let since = |step: &StepRow| first.get(&step.address).copied().or(begun);
        found.extend(failures::of_plan(&row, person.as_ref(), since));
    }
    failures::group(found)
}

/// A wave that waits for a person, whole or in part.
fn waiting(wave: &WaveRow) -> Option<WaitingWave> {
    let plans = wave.count(PlanStatus::Waiting);
    if plans == 0 {
        return None;
    }
    let id = wave.wave;
    let (status, fix) = match &wave.verdict {
        Some(Verdict::Allow { .. }) => (WaveStatus::Ready, format!("`tenure apply {id}`")),
        Some(Verdict::Halt { .. }) => (
            WaveStatus::Halted,
            format!("mend its input, then `tenure refuse {id} --reason WHY`"),
        ),
        Some(Verdict::Ask { .. }) | None => (
            WaveStatus::Held,
            format!(
                "`tenure waves show {id}`, then `tenure approve {id} --reason WHY`, whole or with \
                 `--plan PLAN` for some of it"
            ),
        ),
    };
    let because = wave.verdict.as_ref().map(|v| v.because().to_vec());
    Some(WaitingWave {
        wave: id,
        status,
        cause: wave.cause.to_string(),
        at: wave.at,
        plans,
        because: because.unwrap_or_default(),
        fix,
    })
}

/// Open findings, by code and by what they are about; but not failed steps that are told as such, or of
/// which the last plan says that they are over.
fn findings(rows: &Gathered) -> Vec<FindingGroup> {
    let mut groups: BTreeMap<String, Vec<&FindingRow>> = BTreeMap::new();
    for row in &rows.findings {
        let finding = &row.opened.finding;
        let about = super::gather::about_of(finding);
        if super::is_failure(finding) && about.is_some_and(|a| rows.attempts.contains_key(&a)) {
            continue;
        }
        // Code, then app, source or rule; what follows tells one of them from another.
        let parts: Vec<&str> = finding.fingerprint.splitn(3, '/').take(2).collect();
        groups.entry(parts.join("/")).or_default().push(row);
    }
    let mut found = Vec::new();
    for (group, rows_of) in groups {
        // Findings are read oldest first.
        let Some(oldest) = rows_of.first() else {
            continue;
        };
        let subjects = rows_of.iter().filter_map(|f| f.opened.finding.subject);
        let people: BTreeSet<String> = subjects.map(|s| name(rows, s)).collect();
        found.push(FindingGroup {
            group,
            code: oldest.opened.finding.code.clone(),
            count: rows_of.len() as u64,
            people: people.into_iter().take(NAMED).collect(),
            oldest: oldest.at,
            problem: oldest.opened.finding.problem.clone(),
            fix: oldest.opened.finding.fix.clone(),
        });
    }
    found.sort_by(|a, b| (a.oldest, &a.group).cmp(&(b.oldest, &b.group)));
    found.extend(more(rows));
    found
}

/// That there are more findings than are read.
fn more(rows: &Gathered) -> Option<FindingGroup> {
    let most = rows.findings.len() >= MAX_PAGE as usize;
    let newest = rows.findings.last().filter(|_| most)?;
    Some(FindingGroup {
        group: "more".to_owned(),
        code: "TNR-DIGEST-0002".to_owned(),
        count: 1,
        people: Vec::new(),
        oldest: newest.at,
        problem: format!("the oldest {MAX_PAGE} findings are told; there may be more"),
        fix: "close those that are over, `tenure findings` lists them".to_owned(),
    })
}

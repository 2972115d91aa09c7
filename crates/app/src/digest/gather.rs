//! What a digest is made from. Each read is bounded by what happened in the window or is open now,
//! never by how many people there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::finding::Finding;
use model::plan::About;
use model::{DeliveryId, SubjectId, Timestamp, WaveId};
use ports::store::{FindingRow, MAX_PAGE, WaveFilter, WaveRow};

use super::expected::{Attempt, Expectation};
use super::report::Awaited;
use super::silent::TIMER;
use super::window::Window;
use crate::{App, AppError, ErrorKind, Known};

/// News of people in a window at the most.
const MOST_NEWS: usize = 1_000_000;
/// So long before a window an instant may lie at which the last look at somebody was due that a node
/// which stood still came to only later.
const STOOD_STILL: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Plans that are read at once.
const PLANS: u32 = 2_000;
/// Plans of one person that are looked up.
const LAST: u32 = 20;
/// People with an old failure whose last plan is looked up, one by one.
const LOOKED_UP: usize = 1_000;

/// What was read.
pub(super) struct Gathered {
    pub(super) now: Timestamp,
    /// Whether the log went on after the window.
    pub(super) over: bool,
    pub(super) known: BTreeMap<SubjectId, Known>,
    /// Plans about each, the newest first.
    pub(super) attempts: BTreeMap<About, Vec<Attempt>>,
    /// Waves that are not closed, oldest first.
    pub(super) open: Vec<WaveRow>,
    pub(super) findings: Vec<FindingRow>,
    /// People whose instant has come, and that instant.
    pub(super) overdue: BTreeMap<SubjectId, Timestamp>,
    /// When each delivery that told of one of them was read.
    pub(super) told: BTreeMap<DeliveryId, Timestamp>,
}

impl Gathered {
    /// Plans about a person, the newest first.
    pub(super) fn about(&self, subject: SubjectId) -> &[Attempt] {
        let found = self.attempts.get(&About::Subject(subject));
        found.map_or(&[], Vec::as_slice)
    }

    /// When their source last said something new of a person.
    pub(super) fn told(&self, known: &Known) -> Option<Timestamp> {
        let mut engagements = known.person.engagements.iter();
        let news = engagements.find(|e| e.id == known.person.news)?;
        self.told.get(&news.delivery).copied()
    }
}

fn too_much(what: String) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "TNR-DIGEST-0002",
        format!("there are {what} in that time"),
        "ask for a shorter time",
    )
}

/// Whom or what plans are about that could have mended a finding.
pub(super) fn about_of(finding: &Finding) -> Option<About> {
    let address = finding.address.as_ref();
    let target = || address.map(|at| About::Target(at.target.clone()));
    finding.subject.map(About::Subject).or_else(target)
}

impl App {
    pub(super) async fn gather(&self, window: Window) -> Result<Gathered, AppError> {
        let now = self.clock.now();
        let (first, last) = self.records_in(window).await?;
        let mut people = self.stirred_in(window).await?;
        let due = self.store.people_due(window.to, MAX_PAGE).await?;
        people.extend(&due);
        let (open, attempts) = self.attempts_in(first, last).await?;
        people.extend(attempts.keys().filter_map(|about| match about {
            About::Subject(subject) => Some(*subject),
            About::Target(_) => None,
        }));
        let findings = self.store.open_findings(MAX_PAGE).await?;
        people.extend(findings.iter().filter_map(|f| f.opened.finding.subject));
        let people: Vec<SubjectId> = people.into_iter().collect();
        let known = self.known_all(self.store.people(&people).await?).await?;
        let known: BTreeMap<_, _> = known.into_iter().map(|k| (k.person.subject, k)).collect();
        let mut gathered = Gathered {
            overdue: BTreeMap::new(),
            over: last < self.store.head().await?.0,
            told: self.told_when(known.values()).await?,
            now,
            known,
            attempts,
            open,
            findings,
        };
        self.look_up_older(&mut gathered).await?;
        for subject in due {
            let known = gathered.known.get(&subject);
            let at = known.and_then(|known| known.person.next_change);
            let busy = gathered.about(subject).iter().any(Attempt::is_open);
            if let Some(at) = at.filter(|at| now.since(*at) > TIMER)
                && !busy
            {
                gathered.overdue.insert(subject, at);
            }
        }
        Ok(gathered)
    }

    /// The number of the last record before an instant. Records follow each other in time, so a few
    /// reads find it.
    pub(crate) async fn first_since(&self, at: Timestamp) -> Result<u64, AppError> {
        let (mut below, mut above) = (0, self.store.head().await?.0 + 1);
        while below + 1 < above {
            let middle = below + (above - below) / 2;
            let record = self.store.records(middle - 1, 1).await?;
            match record.first().is_some_and(|record| record.at < at) {
                true => below = middle,
                false => above = middle,
            }
        }
        Ok(below)
    }

    /// The number of the last record before a window, and of the last one in it.
    async fn records_in(&self, window: Window) -> Result<(u64, u64), AppError> {
        let first = self.first_since(window.from).await?;
        let last = match window.to < self.clock.now() {
            true => self.first_since(window.to).await?,
            false => self.store.head().await?.0,
        };
        Ok((first, last.max(first)))
    }

    /// People of whom something was told in a window, or for whom an instant in it was announced,
    /// however late it was planned for.
    pub(crate) async fn stirred_in(&self, window: Window) -> Result<BTreeSet<SubjectId>, AppError> {
        let (mut after, last) = self.records_in(window).await?;
        let (mut people, mut read) = (BTreeSet::new(), 0);
        let mut enough = |more: usize| {
            read += more;
            match read > MOST_NEWS {
                true => Err(too_much(format!("more than {MOST_NEWS} news of people"))),
                false => Ok(()),
            }
        };
        loop {
            let page = self.store.news(after, last, MAX_PAGE).await?;
            enough(page.len())?;
            people.extend(page.iter().map(|(_, subject)| *subject));
            match page.last() {
                Some((seq, _)) if page.len() == MAX_PAGE as usize => after = *seq,
                _ => break,
            }
        }
        let from = window.from.minus(STOOD_STILL);
        let mut after = None;
        loop {
            let page = self.store.announced(from, window.to, after, MAX_PAGE);
            let page = page.await?;
            enough(page.len())?;
            people.extend(page.iter().map(|(_, _, subject)| *subject));
            match page.last() {
                Some((at, seq, _)) if page.len() == MAX_PAGE as usize => after = Some((*at, *seq)),
                _ => return Ok(people),
            }
        }
    }

    /// The open waves, oldest first, and the plans of waves that were proposed between two records or
    /// are open: all but those of open waves that nobody released and that concern no change of a
    /// person, which may be everyone's.
    async fn attempts_in(
        &self,
        first: u64,
        last: u64,
    ) -> Result<(Vec<WaveRow>, BTreeMap<About, Vec<Attempt>>), AppError> {
        let since = WaveFilter {
            proposed_after: Some(first),
            proposed_until: Some(last),
            ..WaveFilter::default()
        };
        let open = WaveFilter {
            open: true,
            ..WaveFilter::default()
        };
        let mut open = self.all_waves(open).await?;
        open.reverse();
        let mut waves: BTreeMap<WaveId, WaveRow> = BTreeMap::new();
        for wave in self.all_waves(since).await?.iter().chain(&open) {
            waves.insert(wave.wave, wave.clone());
        }
        let mut attempts: BTreeMap<About, Vec<Attempt>> = BTreeMap::new();
        for wave in waves.values() {
            let person = Awaited::of(wave.cause.change).is_some();
            let begun = wave.decided.is_some();
            if !person && !begun {
                continue;
            }
            let mut after = None;
            loop {
                let page = self.store.plans_of(wave.wave, after, PLANS).await?;
                let full = page.len() == PLANS as usize;
                after = page.last().map(|plan| plan.id);
                for row in page {
                    let attempt = Attempt::of(row, wave);
                    attempts
                        .entry(attempt.row.about.clone())
                        .or_default()
                        .push(attempt);
                }
                if !full {
                    break;
                }
            }
        }
        for plans in attempts.values_mut() {
            plans.sort_by_key(|a| std::cmp::Reverse(a.row.drafted));
        }
        Ok((open, attempts))
    }

    /// All waves that pass a filter, the newest first; refused where they are more than can be told.
    async fn all_waves(&self, filter: WaveFilter) -> Result<Vec<WaveRow>, AppError> {
        let limit = MAX_PAGE;
        let found = self.store.waves(WaveFilter { limit, ..filter }).await?;
        match found.len() < MAX_PAGE as usize {
            true => Ok(found),
            false => Err(too_much(format!("{MAX_PAGE} waves or more"))),
        }
    }

    /// The last plans of those who were expected in a window that the log went on after: what became
    /// of them may have been decided later.
    pub(super) async fn look_up_later(
        &self,
        gathered: &mut Gathered,
        expected: &[(SubjectId, Expectation)],
    ) -> Result<(), AppError> {
        if !gathered.over {
            return Ok(());
        }
        let mut waves: BTreeMap<WaveId, Option<WaveRow>> = BTreeMap::new();
        for (subject, _) in expected {
            let about = About::Subject(*subject);
            let mut attempts = Vec::new();
            for row in self.store.plans_about(&about, LAST).await? {
                if !waves.contains_key(&row.wave) {
                    waves.insert(row.wave, self.store.wave(row.wave).await?);
                }
                if let Some(Some(wave)) = waves.get(&row.wave) {
                    attempts.push(Attempt::of(row, wave));
                }
            }
            gathered.attempts.insert(about, attempts);
        }
        Ok(())
    }

    /// The last plans of people and apps with a failure that nobody planned for since.
    async fn look_up_older(&self, gathered: &mut Gathered) -> Result<(), AppError> {
        let findings = gathered.findings.iter().map(|row| &row.opened.finding);
        let abouts: BTreeSet<About> = findings
            .filter(|finding| super::is_failure(finding))
            .filter_map(about_of)
            .filter(|about| !gathered.attempts.contains_key(about))
            .take(LOOKED_UP)
            .collect();
        for about in abouts {
            let Some(row) = self.store.plans_about(&about, 1).await?.pop() else {
                continue;
            };
            let Some(wave) = self.store.wave(row.wave).await? else {
                continue;
            };
            let attempt = Attempt::of(row, &wave);
            gathered.attempts.insert(about, vec![attempt]);
        }
        Ok(())
    }

    /// When the deliveries that last told of these people were read.
    pub(crate) async fn told_when(
        &self,
        people: impl Iterator<Item = &Known>,
    ) -> Result<BTreeMap<DeliveryId, Timestamp>, AppError> {
        let news = people.filter_map(|known| {
            let mut engagements = known.person.engagements.iter();
            engagements.find(|e| e.id == known.person.news)
        });
        let ids: BTreeSet<DeliveryId> = news.map(|e| e.delivery).collect();
        let mut told = BTreeMap::new();
        for id in ids {
            if let Some(row) = self.store.delivery(id).await? {
                told.insert(id, row.at);
            }
        }
        Ok(told)
    }
}

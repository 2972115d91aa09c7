//! The ledger of leavers: who left, what decided that their access ends, when each app was told and
//! read back, and what is exposed.
//!
//! It is read from the log and the projections when it is asked for; there is no second bookkeeping
//! that could say something else. Who left follows from people, as for the digest, not from plans:
//! whoever had nothing is in it too.

mod record;
mod report;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use model::plan::{About, PlanStatus};
use model::{Kind, Ownership, PlanId, SubjectId, TargetName, Timestamp, WaveId};
use ports::store::{LogRecord, MAX_PAGE, WaveRow};

pub use report::{Decision, EndState, Ending, LeaverRecord, Leavers, Times};

use crate::digest::{Attempt, Expectation, Leaver, Stand, Window, expectation, judge};
use crate::{App, AppError, ErrorKind, Known};
use record::{is_whole, times, trace};

/// Leavers of one answer: each has their own records read.
const MOST: usize = 20_000;
/// Records that are read at once about one leaver.
const PAGE: u32 = 100;
/// Records about one leaver at the most.
const MOST_RECORDS: usize = 10_000;
/// Plans about a leaver who is exposed that are looked at.
const PLANS: u32 = 5;

impl App {
    /// Who left in a time, and what became of their access.
    ///
    /// # Errors
    /// `Invalid` for a time in which too much happened.
    pub async fn leavers(&self, window: Window) -> Result<Leavers, AppError> {
        let now = self.clock.now();
        let left = self.who_left(window, now).await?;
        let subjects: Vec<SubjectId> = left.iter().map(|(k, _)| k.person.subject).collect();
        let exposed = self.exposed(&subjects).await?;
        let accounts = self.accounts_of(&subjects).await?;
        let mut waves = BTreeMap::new();
        let mut leavers = Vec::with_capacity(left.len());
        for (known, expected) in left {
            let subject = known.person.subject;
            let records = self.records_since(subject, expected.start).await?;
            let exposed = exposed.get(&subject).map_or(&[][..], Vec::as_slice);
            let none = BTreeSet::new();
            let accounts = accounts.get(&subject).unwrap_or(&none);
            let traced = trace(&records, expected.start, accounts, exposed);
            let decision = match traced.plan {
                Some((plan, wave)) => {
                    let sent = traced.endings.iter().any(|ending| ending.sent.is_some());
                    let released = sent || self.is_released(plan).await?;
                    decided(plan, released, self.wave_once(&mut waves, wave).await?)
                }
                None => None,
            };
            let verified = traced.endings.iter().filter_map(Ending::ended).max();
            let (done_at, why) = match exposed {
                [] => (Some(verified.unwrap_or(expected.start)), String::new()),
                _ => (None, self.why_exposed(subject, &expected, exposed).await?),
            };
            leavers.push(LeaverRecord {
                awaited: expected.awaited,
                subject,
                name: known.identity.facts.display_name(),
                key: known.identity.key.clone(),
                at: expected.at,
                zone: known.identity.facts.zone.clone(),
                start: expected.start,
                due: expected.due(),
                decision,
                accounts: traced.endings,
                done_at,
                why,
            });
        }
        leavers.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
        Ok(Leavers {
            window,
            at: now,
            times: times(&leavers),
            leavers,
        })
    }

    /// The people whose clock as leavers began in a time.
    async fn who_left(
        &self,
        window: Window,
        now: Timestamp,
    ) -> Result<Vec<(Known, Expectation)>, AppError> {
        let first = self.first_since(window.from).await?;
        let mut people = self.stirred_since(first).await?;
        people.extend(self.store.people_due(window.to, MAX_PAGE).await?);
        let people: Vec<SubjectId> = people.into_iter().collect();
        let known = self.known_all(self.store.people(&people).await?).await?;
        let told = self.told_when(known.iter()).await?;
        let mut left = Vec::new();
        for known in known {
            let mut engagements = known.person.engagements.iter();
            let news = engagements.find(|e| e.id == known.person.news);
            let told = news.and_then(|e| told.get(&e.delivery)).copied();
            let expected = expectation(&known, told, now);
            let expected = expected.filter(|e| e.awaited.leaves() && window.has(e.start));
            left.extend(expected.map(|expected| (known, expected)));
        }
        if left.len() > MOST {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-DIGEST-0002",
                format!("more than {MOST} people left in that time"),
                "ask for a shorter time",
            ));
        }
        Ok(left)
    }

    /// The apps in which these people have an account that is ours.
    async fn accounts_of(
        &self,
        people: &[SubjectId],
    ) -> Result<BTreeMap<SubjectId, BTreeSet<TargetName>>, AppError> {
        let mut accounts: BTreeMap<SubjectId, BTreeSet<TargetName>> = BTreeMap::new();
        for link in self.store.links_about(people).await? {
            if link.address.kind == Kind::Account
                && link.ownership != Ownership::Foreign
                && let Some(subject) = link.address.key.subject()
            {
                accounts
                    .entry(subject)
                    .or_default()
                    .insert(link.address.target);
            }
        }
        Ok(accounts)
    }

    /// The records about a person since an instant, and as many before it as belong to them, the
    /// newest first.
    async fn records_since(
        &self,
        subject: SubjectId,
        start: Timestamp,
    ) -> Result<Vec<LogRecord>, AppError> {
        let mut records: Vec<LogRecord> = Vec::new();
        loop {
            let before = records.last().map(|record| record.seq);
            let page = self.store.records_about(subject, before, PAGE).await?;
            let last = page.len() < PAGE as usize;
            records.extend(page);
            if last || is_whole(&records, start) {
                return Ok(records);
            }
            if records.len() >= MOST_RECORDS {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-DIGEST-0002",
                    format!("{subject} has more than {MOST_RECORDS} records since {start}"),
                    "ask for a time without them; `tenure log --person WHO` reads them in pieces",
                ));
            }
        }
    }

    /// Whether a plan of which nothing was sent yet may be carried out.
    async fn is_released(&self, plan: PlanId) -> Result<bool, AppError> {
        let row = self.store.plan(plan).await?;
        Ok(row.is_some_and(|row| row.status == PlanStatus::Released))
    }

    async fn wave_once<'w>(
        &self,
        waves: &'w mut BTreeMap<WaveId, Option<WaveRow>>,
        id: WaveId,
    ) -> Result<Option<&'w WaveRow>, AppError> {
        let wave = match waves.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.store.wave(id).await?),
        };
        Ok(wave.as_ref())
    }

    /// Why an account of somebody who has left may still be used.
    async fn why_exposed(
        &self,
        subject: SubjectId,
        expected: &Expectation,
        exposed: &[TargetName],
    ) -> Result<String, AppError> {
        let mut attempts = Vec::new();
        for row in self
            .store
            .plans_about(&About::Subject(subject), PLANS)
            .await?
        {
            if let Some(wave) = self.store.wave(row.wave).await? {
                attempts.push(Attempt::of(row, &wave));
            }
        }
        let case = Leaver {
            attempts: &attempts,
            exposed,
            undone: Some("no plan is under way"),
        };
        Ok(match judge(expected, case) {
            Stand::Open { why, .. } => why,
            // An account that may be used is never done.
            Stand::Done { .. } | Stand::Refused => String::new(),
        })
    }
}

fn decided(plan: PlanId, released: bool, wave: Option<&WaveRow>) -> Option<Decision> {
    let wave = wave?;
    let by = wave.decided.as_ref().filter(|_| released);
    let by = by.map(|(by, _)| by.clone());
    Some(Decision {
        plan,
        wave: wave.wave,
        proposed: wave.at,
        released: by.zip(wave.decided_at),
    })
}

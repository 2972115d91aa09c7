//! The ledger of leavers: who left, what decided that their access ends, when each app was told and
//! read back, and what is exposed.
//!
//! It is read from the log and the projections when it is asked for; there is no second bookkeeping
//! that could say something else. Who left follows from people, as for the digest, not from plans:
//! whoever had nothing is in it too. What the records tell is traced by [`evidence::leaver`], with
//! which an auditor computes it again.

mod endings;
mod proof;
mod remains;
mod report;
mod sights;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use evidence::leaver::{Draft, Mark};
use lifecycle::manual::is_earlier;
use model::plan::About;
use model::{KnownTask, PlanId, SubjectId, TargetName, Timestamp, WaveId};
use ports::store::{WaveDecision, WaveRow};

pub(crate) use endings::Ended;
pub use proof::Proof;
pub use report::{
    Decision, EndState, Ending, LeaverRecord, Leavers, Remainder, Remains, Times, Unread,
};

use sights::MOST_RECORDS;

use crate::decide::decision_on;
use crate::digest::{Attempt, Expectation, Leaver, Stand, Window, expectation, judge};
use crate::{App, AppError, ErrorKind, Known};

/// Leavers of one answer: each has their own records read.
const MOST: usize = 20_000;
/// Plans about a leaver who is exposed that are looked at.
const PLANS: u32 = 5;

/// A wave and what was decided about it, read once however many leavers are in it.
type Waves = BTreeMap<WaveId, Option<(WaveRow, Vec<WaveDecision>)>>;

/// Why an account may still be used, by app.
type Whys = BTreeMap<TargetName, String>;

impl App {
    /// Who left in a time, and what became of their access.
    ///
    /// # Errors
    /// `Invalid` for a time in which too much happened.
    pub async fn leavers(&self, window: Window) -> Result<Leavers, AppError> {
        let now = self.clock.now();
        let left = self.who_left(window, now).await?;
        let starts: Vec<(SubjectId, Timestamp)> = left
            .iter()
            .map(|(known, expected)| (known.person.subject, expected.start))
            .collect();
        let apps = self.readings(now).await?;
        let mut ended = self.ended(&starts, &apps.lingering()).await?;
        let mut waves = Waves::new();
        let mut leavers = Vec::with_capacity(left.len());
        for (known, expected) in left {
            let ended = ended.remove(&known.person.subject).unwrap_or_default();
            let foreign = ended.foreign.clone();
            let tasks = by_hand(&known, now);
            let facts = known.identity.facts.clone();
            let told = self.leaver(known, expected, ended, &mut waves).await?;
            let (mut leaver, why) = told;
            leaver.remains = apps.remains(&leaver, &why, &facts, &tasks, &foreign);
            leavers.push(leaver);
        }
        leavers.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
        Ok(Leavers {
            window,
            at: now,
            times: report::times(&leavers),
            leavers,
            unread: apps.unread(),
        })
    }

    /// What is known of a leaver, and why they are exposed in each app in which they are.
    async fn leaver(
        &self,
        known: Known,
        expected: Expectation,
        ended: Ended,
        waves: &mut Waves,
    ) -> Result<(LeaverRecord, Whys), AppError> {
        let subject = known.person.subject;
        let decision = match ended.draft {
            Some(draft) => self.decision(draft, waves).await?,
            None => None,
        };
        let exposed = ended.exposed();
        let (done_at, at_most) = match exposed.is_empty() {
            true => {
                let done = ended.done(expected.start);
                done.map_or((None, false), |(at, most)| (Some(at), most))
            }
            false => (None, false),
        };
        let (why, each) = match exposed.is_empty() {
            true => {
                let why = not_further_back(&ended.cut, &known.identity.key);
                (why, Whys::new())
            }
            false => self.why_exposed(subject, &expected, &exposed).await?,
        };
        let leaver = LeaverRecord {
            awaited: expected.awaited,
            subject,
            name: known.identity.facts.display_name(),
            key: known.identity.key.clone(),
            at: expected.at,
            zone: known.identity.facts.zone.clone(),
            start: expected.start,
            due: expected.due(),
            decision,
            accounts: ended.endings,
            done_at,
            at_most,
            why,
            remains: Vec::new(),
        };
        Ok((leaver, each))
    }

    /// The people whose clock as leavers began in a time.
    async fn who_left(
        &self,
        window: Window,
        now: Timestamp,
    ) -> Result<Vec<(Known, Expectation)>, AppError> {
        let people: Vec<SubjectId> = self.stirred_in(window).await?.into_iter().collect();
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

    /// What decided that access ends, and who released that plan.
    async fn decision(
        &self,
        draft: Draft,
        waves: &mut Waves,
    ) -> Result<Option<Decision>, AppError> {
        let known = match waves.entry(draft.wave) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(match self.store.wave(draft.wave).await? {
                Some(row) => Some((row, self.store.decisions_on(draft.wave).await?)),
                None => None,
            }),
        };
        let decision = |(wave, decided): &(WaveRow, Vec<WaveDecision>)| Decision {
            plan: draft.plan,
            drafted: draft.drafted,
            wave: wave.wave,
            proposed: Mark {
                at: wave.at,
                seq: wave.seq,
            },
            released: released(draft.plan, decided),
        };
        Ok(known.as_ref().map(decision))
    }

    /// Why accounts of somebody who has left may still be used: in one sentence, and for each app.
    async fn why_exposed(
        &self,
        subject: SubjectId,
        expected: &Expectation,
        exposed: &[TargetName],
    ) -> Result<(String, Whys), AppError> {
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
        let why = |exposed: &[TargetName]| {
            let case = Leaver {
                attempts: &attempts,
                exposed,
                ended: None,
                undone: Some("no plan is under way"),
            };
            match judge(expected, case) {
                Stand::Open { why, .. } => why,
                // An account that may be used is never done.
                Stand::Done { .. } | Stand::Refused => String::new(),
            }
        };
        let each = exposed
            .iter()
            .map(|app| (app.clone(), why(std::slice::from_ref(app))));
        Ok((why(exposed), each.collect()))
    }
}

/// Why it is not said more exactly since when an account is shut; empty where it is.
fn not_further_back(cut: &BTreeSet<TargetName>, key: &str) -> String {
    if cut.is_empty() {
        return String::new();
    }
    let apps: Vec<&str> = cut.iter().map(TargetName::as_str).collect();
    let apps = apps.join(", ");
    format!(
        "TNR-DIGEST-0004: of the account in {apps} only the last {MOST_RECORDS} records of theirs were \
         read, so its times are at the latest; `tenure log --person {key}` reads the others"
    )
}

/// What is done by hand because of this leaving. What was done in an earlier one shows nothing.
fn by_hand(known: &Known, now: Timestamp) -> Vec<KnownTask> {
    let mine = |of: &&KnownTask| !is_earlier(known.worker(), &of.task, now);
    known.person.tasks.iter().filter(mine).cloned().collect()
}

/// Who released a plan, and when.
fn released(plan: PlanId, decided: &[WaveDecision]) -> Option<(String, Mark)> {
    let mine = decision_on(plan, decided)?;
    let (at, seq) = (mine.at, mine.seq);
    mine.released.then(|| (mine.by.clone(), Mark { at, seq }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_was_released_by_whoever_decided_about_its_own_row() {
        let [one, two, three] = [1, 2, 3].map(PlanId::from_bits);
        let decided = |seq, by: &str, released, plans: &[PlanId]| WaveDecision {
            seq,
            at: Timestamp::from_micros(seq.cast_signed()),
            by: by.to_owned(),
            reason: String::new(),
            released,
            plans: plans.to_vec(),
        };
        let all = [
            decided(4, "ben", true, &[one]),
            decided(7, "eve", false, &[two]),
            decided(9, "ana", true, &[]),
        ];
        let by = |plan| released(plan, &all).map(|(by, mark)| (by, mark.seq));
        assert_eq!(by(one), Some(("ben".to_owned(), 4)));
        assert_eq!(by(two), None, "it was refused");
        assert_eq!(by(three), Some(("ana".to_owned(), 9)));
        assert_eq!(released(three, &all[..2]), None, "it waits");
    }
}

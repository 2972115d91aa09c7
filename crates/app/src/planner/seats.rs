//! Who gets one of the seats of an app that has only so many.
//!
//! A seat is taken by each account that was last seen usable, whoever owns it, by each one that a
//! plan under way makes usable, and by each one that a plan would which waits for a person. What is
//! left goes to those who need one in the order of their first day. Whoever waits gets no name, and
//! everything else of their plan goes on.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::claims::{Claim, without};
use lifecycle::seats::{Applicant, Seated, seat, taking};
use model::finding::Finding;
use model::plan::About;
use model::{Cause, Change, Kind, Plan, Step, SubjectId, TargetName};

use super::Pass;
use super::contested::Lost;
use super::settle::Sketch;
use crate::AppError;
use crate::seats::{By, NO_SEAT, TOO_MANY, UNKNOWN, promised, promised_by, waiting_people};

/// Steps of plans, by the place of their sketch.
pub(super) type Steps = BTreeMap<usize, BTreeSet<u16>>;

/// Those who need a seat in one app.
struct Line {
    seats: u32,
    /// `None`: nobody can tell.
    taken: Option<u64>,
    applicants: Vec<Applicant>,
    /// The sketch of each and its step. Whoever is not looked at has none: a seat is left for them.
    at: BTreeMap<SubjectId, (usize, u16)>,
}

impl Line {
    fn seated(&self) -> Seated {
        seat(self.seats, self.taken, &self.applicants)
    }

    /// The steps of those who wait.
    fn waiting(&self) -> impl Iterator<Item = (usize, u16)> {
        let waiting = self.seated().waiting.into_iter();
        waiting.filter_map(|subject| self.at.get(&subject).copied())
    }

    /// Somebody does not need their seat after all.
    fn leave(&mut self, subject: SubjectId) {
        self.applicants.retain(|a| a.subject != subject);
        self.at.remove(&subject);
    }
}

type Lines = BTreeMap<TargetName, Line>;

impl Pass {
    fn seats_of(&self, target: &TargetName) -> Option<u32> {
        self.loaded.book.apps.get(target)?.seats
    }

    /// Whether a plan takes a seat in an app that has only so many.
    pub(super) fn needs_seat(&self, plan: &Plan) -> bool {
        taking(plan).any(|step| self.seats_of(&step.address.target).is_some())
    }

    /// Gives seats, and names to new accounts that have one or need none; the plans without the
    /// steps for which there is none.
    ///
    /// A seat of somebody who gets no name, or whose plan a person has refused as it is, goes to the
    /// next one: it would be kept for nobody.
    pub(super) async fn seat_and_name(
        &mut self,
        mut sketches: Vec<Sketch>,
        mut given: BTreeMap<Claim, About>,
    ) -> Result<Vec<Sketch>, AppError> {
        let mut lines = self.lines(&sketches).await?;
        let mut lost: BTreeMap<usize, Vec<Lost>> = BTreeMap::new();
        loop {
            let mut out = waiting(&lines);
            for (at, steps) in &lost {
                let steps = steps.iter().map(|(no, ..)| *no);
                out.entry(*at).or_default().extend(steps);
            }
            let nameless = self.name_accounts(&mut sketches, &mut given, &out).await?;
            for (at, step) in nameless {
                out.entry(at).or_default().insert(step.0);
                lost.entry(at).or_default().push(step);
            }
            if !self.give_back(&mut lines, &sketches, &out).await? {
                break;
            }
        }
        for line in lines.values() {
            for (at, no) in line.waiting() {
                let told = told(no, line.taken.is_some());
                lost.entry(at).or_default().push(told);
            }
        }
        let mut left = Vec::new();
        for (at, sketch) in sketches.into_iter().enumerate() {
            left.extend(self.lose(sketch, lost.remove(&at).unwrap_or_default()));
        }
        Ok(left)
    }

    /// Takes those out of the lines who do nothing with a seat, whether they have one or wait. Answers
    /// whether somebody else may get one now.
    async fn give_back(
        &self,
        lines: &mut Lines,
        sketches: &[Sketch],
        out: &Steps,
    ) -> Result<bool, AppError> {
        let mut again = false;
        for line in lines.values_mut() {
            let Seated { seated, waiting } = line.seated();
            if waiting.is_empty() {
                continue;
            }
            for subject in seated.iter().chain(&waiting) {
                let Some((at, no)) = line.at.get(subject).copied() else {
                    continue;
                };
                let mut gone = out.get(&at).cloned().unwrap_or_default();
                let nameless = gone.remove(&no) && seated.contains(subject);
                if nameless || self.is_refused(&sketches[at], &gone).await? {
                    line.leave(*subject);
                    again = true;
                }
            }
        }
        Ok(again)
    }

    /// Whether a person has refused what is left of a plan without these steps.
    async fn is_refused(&self, sketch: &Sketch, gone: &BTreeSet<u16>) -> Result<bool, AppError> {
        match without(sketch.plan.clone(), gone) {
            Some(plan) => self.was_refused(&plan.about, &plan).await,
            None => Ok(false),
        }
    }

    /// Who needs a seat in which app, and how many are taken.
    async fn lines(&mut self, sketches: &[Sketch]) -> Result<Lines, AppError> {
        let mut lines = Lines::new();
        for (at, sketch) in sketches.iter().enumerate() {
            let About::Subject(subject) = sketch.plan.about else {
                continue;
            };
            for step in taking(&sketch.plan) {
                let target = &step.address.target;
                let Some(seats) = self.seats_of(target) else {
                    continue;
                };
                let line = lines.entry(target.clone()).or_insert_with(|| Line {
                    seats,
                    taken: None,
                    applicants: Vec::new(),
                    at: BTreeMap::new(),
                });
                let promised = sketch
                    .open
                    .iter()
                    .flat_map(promised_by)
                    .any(|t| t == target);
                line.applicants.push(Applicant {
                    newcomer: !promised,
                    starts: sketch.starts,
                    subject,
                });
                line.at.insert(subject, (at, step.no));
            }
        }
        if lines.is_empty() {
            return Ok(lines);
        }
        let only = self.only.as_ref();
        let looked = |subject: &SubjectId| only.is_none_or(|only| only.contains(subject));
        // Plans before accounts: what one of them makes meanwhile is counted twice, and not missed.
        let promised = promised(&*self.app.store, looked).await?;
        for (target, line) in &mut lines {
            if self.sight.listed(target, Kind::Account).await? {
                let usable = self.app.store.usable(target).await?;
                let promised = promised.get(target).map_or(0, BTreeSet::len);
                line.taken = Some(usable.saturating_add(promised as u64));
            }
        }
        self.leave_room(&mut lines, &promised).await?;
        Ok(lines)
    }

    /// Lines up those who wait and at whom this planning does not look.
    async fn leave_room(&self, lines: &mut Lines, promised: &By) -> Result<(), AppError> {
        let Some(looked_at) = &self.only else {
            return Ok(());
        };
        let mut others = waiting_people(&*self.app.store).await?;
        others.retain(|target, _| lines.contains_key(target));
        for (target, subjects) in &mut others {
            let promised = promised.get(target);
            subjects.retain(|s| {
                !looked_at.contains(s) && promised.is_none_or(|promised| !promised.contains(s))
            });
        }
        for (target, subjects) in others {
            let applicants = self
                .app
                .line_up(&subjects, &self.loaded.book.sources)
                .await?;
            if let Some(line) = lines.get_mut(&target) {
                line.applicants.extend(applicants);
            }
        }
        Ok(())
    }

    /// The news for which somebody has waited, where a plan gives them a seat at last.
    pub(super) async fn waited_for(
        &self,
        subject: SubjectId,
        plan: &Plan,
        news: &Cause,
    ) -> Result<Option<Cause>, AppError> {
        use Change::{Joiner, Mover, Rehire, Return};
        if !matches!(news.change, Joiner | Mover | Rehire | Return) {
            return Ok(None);
        }
        let scarce = |step: &&Step| self.seats_of(&step.address.target).is_some();
        for step in taking(plan).filter(scarce) {
            let at = &step.address;
            for code in [NO_SEAT, UNKNOWN] {
                let print = format!("{code}/{}", at.target);
                let open = self.app.store.open_finding(&print, Some(subject), Some(at));
                if open.await?.is_some() {
                    return Ok(Some(news.clone()));
                }
            }
        }
        Ok(None)
    }

    /// Says which apps have more usable accounts than seats. Nobody loses theirs for that.
    pub(super) async fn too_many_seated(&mut self) -> Result<(), AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        for (target, app) in &loaded.book.apps {
            let Some(seats) = app.seats else { continue };
            if self.app.store.usable(target).await? > u64::from(seats) {
                self.findings.push(Finding {
                    code: TOO_MANY.to_owned(),
                    fingerprint: format!("{TOO_MANY}/{target}"),
                    subject: None,
                    address: None,
                    problem: format!("more accounts of `{target}` may be used than it has seats"),
                    fix:
                        "disable accounts that nobody needs, or buy more and raise `seats`; nobody \
                          loses an account for this, and nobody gets one"
                            .to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// The steps of those who wait, by the place of their sketch.
fn waiting(lines: &Lines) -> Steps {
    let mut steps = Steps::new();
    for (at, no) in lines.values().flat_map(Line::waiting) {
        steps.entry(at).or_default().insert(no);
    }
    steps
}

fn told(step: u16, known: bool) -> Lost {
    match known {
        true => (
            step,
            NO_SEAT,
            "every seat of the app is taken or promised, so this account is not made or enabled yet",
            "disable accounts that nobody needs, or buy more and raise `seats`; whoever began first gets the next one",
        ),
        false => (
            step,
            UNKNOWN,
            "the target was not listed completely, so how many of its seats are taken is not known",
            "observe the target again; until then no account is made or enabled there",
        ),
    }
}

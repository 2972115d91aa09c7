//! What only one account or person can have: a user name, and an account that was there before.
//!
//! Whoever has it in the app keeps it, then whoever is being given it, then whoever's plan waits
//! for it already. Several newcomers to the same one get nothing: which of them it is meant for
//! nobody can tell, and the order in which they were looked at means nothing.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::claims::{Claim, claims, without};
use lifecycle::draft::{Observed, Obstacle, Seen};
use model::plan::About;
use model::{Address, RemoteId, SubjectId};
use ports::store::PlanRow;

use super::Pass;
use super::chunks::PAGE;
use super::gather::Name;
use super::settle::Sketch;
use crate::AppError;

const CONTESTED_ACCOUNT: &str = "TNR-ADOPT-0002";
const TAKEN_NAME: &str = "TNR-PLAN-0006";
const CONTESTED_NAME: &str = "TNR-PLAN-0007";

/// Someone who claims the same as others.
struct Claimant {
    /// The sketch, by its place in the pass.
    sketch: usize,
    step: u16,
    /// A plan of theirs that waits claims it already.
    waits: bool,
}

/// What a step does not get, and why.
pub(super) type Lost = (u16, &'static str, &'static str, &'static str);

impl Pass {
    /// Notes what plans under way claim.
    pub(super) fn claimed_by(&mut self, subject: SubjectId, under_way: &[PlanRow]) {
        for claim in claimed(under_way) {
            self.under_way.insert(claim, subject);
        }
    }

    /// The sketch without the steps that would give a user name which another account of the app
    /// has, as far as is known; `None` when nothing is left of it.
    pub(super) async fn without_taken(
        &mut self,
        sketch: Sketch,
        observed: &Observed,
    ) -> Result<Option<Sketch>, AppError> {
        let mut lost: Vec<Lost> = Vec::new();
        for (no, claim) in claims(&sketch.plan) {
            let Claim::Name(target, name) = &claim else {
                continue;
            };
            let at = &sketch.plan.steps[usize::from(no)].address;
            let own = own_account(observed, at);
            match self.sight.name(target, name, own).await? {
                Name::Free => {}
                Name::Taken => lost.push((
                    no,
                    TAKEN_NAME,
                    "the user name that this account is to have is another account's in the app",
                    "give one of them another name; until then this account is not created or changed",
                )),
                Name::Unknown => lost.push((
                    no,
                    TAKEN_NAME,
                    "the target was not listed completely, so whether the new user name is free is not known",
                    "observe the target again; until then this account is not changed",
                )),
            }
        }
        Ok(self.lose(sketch, lost))
    }

    /// Settles who gets what, once everyone's claims are known.
    pub(super) async fn settle_claims(&mut self) -> Result<(), AppError> {
        let sketches = std::mem::take(&mut self.sketches);
        if sketches.is_empty() {
            return Ok(());
        }
        let given = self.given().await?;
        let mut lost = lost(&sketches, &given);
        let mut left = Vec::new();
        for (at, sketch) in sketches.into_iter().enumerate() {
            left.extend(self.lose(sketch, lost.remove(&at).unwrap_or_default()));
        }
        let seated = self.seat_and_name(left, given).await?;
        self.settle_references(seated).await
    }

    /// What is being given to someone already, and cannot be claimed by anybody else: by plans
    /// under way, and by waiting ones about people whom this planning does not look at.
    async fn given(&self) -> Result<BTreeMap<Claim, About>, AppError> {
        let under_way = self.under_way.iter();
        let mut given: BTreeMap<Claim, About> = under_way
            .map(|(claim, subject)| (claim.clone(), About::Subject(*subject)))
            .collect();
        let Some(looked_at) = &self.only else {
            return Ok(given);
        };
        let mut after = None;
        loop {
            let page = self.app.store.open_plans(after, PAGE).await?;
            after = page.last().map(|plan| plan.id);
            let full = page.len() == PAGE as usize;
            for plan in page {
                let mine = matches!(&plan.about, About::Subject(s) if looked_at.contains(s));
                if !mine {
                    let about = plan.about.clone();
                    let all = claimed(std::slice::from_ref(&plan));
                    given.extend(all.map(|claim| (claim, about.clone())));
                }
            }
            if !full {
                return Ok(given);
            }
        }
    }

    /// The sketch without the steps that do not get what they claim, each told as an obstacle.
    pub(super) fn lose(&mut self, sketch: Sketch, lost: Vec<Lost>) -> Option<Sketch> {
        if lost.is_empty() {
            return Some(sketch);
        }
        for (no, code, problem, fix) in &lost {
            let step = &sketch.plan.steps[usize::from(*no)];
            let obstacle = Obstacle {
                code,
                address: step.address.clone(),
                problem: (*problem).to_owned(),
                fix: (*fix).to_owned(),
            };
            self.in_the_way(&sketch.plan.about, obstacle);
        }
        let steps = lost.iter().map(|(no, ..)| *no).collect();
        let Some(plan) = without(sketch.plan, &steps) else {
            self.supersede(&sketch.open, None);
            return None;
        };
        Some(Sketch { plan, ..sketch })
    }
}

/// Who does not get what they claim, by the place of their sketch.
fn lost(sketches: &[Sketch], given: &BTreeMap<Claim, About>) -> BTreeMap<usize, Vec<Lost>> {
    let mut claimants: BTreeMap<Claim, Vec<Claimant>> = BTreeMap::new();
    for (at, sketch) in sketches.iter().enumerate() {
        let waiting: BTreeSet<Claim> = claimed(&sketch.open).collect();
        for (step, claim) in claims(&sketch.plan) {
            let waits = waiting.contains(&claim);
            let claimant = Claimant {
                sketch: at,
                step,
                waits,
            };
            claimants.entry(claim).or_default().push(claimant);
        }
    }
    let mut lost: BTreeMap<usize, Vec<Lost>> = BTreeMap::new();
    for (claim, mut all) in claimants {
        let about = |c: &Claimant| &sketches[c.sketch].plan.about;
        let is_name = matches!(claim, Claim::Name(..));
        if let Some(holder) = given.get(&claim) {
            all.retain(|c| about(c) != holder);
        } else if all.len() < 2 {
            continue;
        } else if is_name && all.iter().filter(|c| c.waits).count() == 1 {
            all.retain(|c| !c.waits);
        }
        for claimant in all {
            let told = told(&claim, claimant.step);
            lost.entry(claimant.sketch).or_default().push(told);
        }
    }
    lost
}

/// What plans claim; nothing for those of people who were erased.
pub(super) fn claimed(plans: &[PlanRow]) -> impl Iterator<Item = Claim> {
    let known = plans.iter().filter_map(|row| row.plan.known());
    known.flat_map(claims).map(|(_, claim)| claim)
}

/// The account at an address, or the one that would be taken over.
fn own_account<'o>(observed: &'o Observed, at: &Address) -> Option<&'o RemoteId> {
    match observed.seen.get(at)? {
        Seen::Present { object, .. } => object.as_ref().map(|o| &o.remote),
        Seen::Candidates(found) => match found.as_slice() {
            [one] => Some(&one.remote),
            _ => None,
        },
        Seen::Unknown | Seen::Absent | Seen::Barred => None,
    }
}

fn told(claim: &Claim, step: u16) -> Lost {
    match claim {
        Claim::Account(..) => (
            step,
            CONTESTED_ACCOUNT,
            "one existing account matches several people, so it is nobody's yet",
            "`tenure adopt APP` names them; decide whose it is",
        ),
        Claim::Name(..) => (
            step,
            CONTESTED_NAME,
            "several people are to have the same user name in the app",
            "give each a name of their own; until then this account is not created or changed",
        ),
    }
}

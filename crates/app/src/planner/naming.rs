//! Unique names for new accounts: who gets which, when everyone is known who wants one.
//!
//! Whoever has a name in the app keeps it, and a plan that waits or is under way keeps the name
//! that it gives. Newcomers choose in the order of their worker keys, whoever was looked at first.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::claims::{Claim, claims};
use lifecycle::identity::Identity;
use lifecycle::names::{Candidate, Forms, candidates, forms, give, kept_first, unnamed};
use model::plan::About;
use model::{Plan, TargetName};

use super::Pass;
use super::contested::{Lost, claimed};
use super::gather::Name;
use super::seats::Steps;
use super::settle::Sketch;
use crate::AppError;

const NO_NAME: &str = "TNR-PLAN-0008";

/// An account that needs a name. Those whose plans have promised one come first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Nameless {
    newcomer: bool,
    key: String,
    about: About,
    target: TargetName,
    promised: Option<Claim>,
    /// The sketch, by its place.
    sketch: usize,
}

impl Pass {
    /// What someone may be called in the apps in which a plan creates an account without a name.
    pub(super) fn forms(&self, identity: &Identity, plan: &Plan) -> BTreeMap<TargetName, Forms> {
        let book = &self.loaded.book;
        let targets = unnamed(plan, book).into_iter().filter_map(|no| {
            let target = &plan.steps.get(usize::from(no))?.address.target;
            let unique = book.apps.get(target)?.unique.as_ref()?;
            let forms = forms(unique, &identity.facts, &identity.key);
            Some((target.clone(), forms))
        });
        targets.collect()
    }

    /// Names every new account that needs a name, but for the steps that are out, and adds the names
    /// to those that are taken. Answers the steps for which there is none, by the place of their
    /// sketch: they are not created.
    pub(super) async fn name_accounts(
        &mut self,
        sketches: &mut [Sketch],
        taken: &mut BTreeMap<Claim, About>,
        out: &Steps,
    ) -> Result<Vec<(usize, Lost)>, AppError> {
        let mut nameless = Vec::new();
        for (at, sketch) in sketches.iter().enumerate() {
            nameless.extend(self.nameless(at, sketch, taken, out.get(&at)));
        }
        let mut lost = Vec::new();
        if nameless.is_empty() {
            return Ok(lost);
        }
        for sketch in &*sketches {
            let all = claims(&sketch.plan).into_iter();
            taken.extend(all.map(|(_, claim)| (claim, sketch.plan.about.clone())));
        }
        nameless.sort();
        for account in nameless {
            let found = self
                .free_name(&sketches[account.sketch], &account, taken)
                .await?;
            let Sketch { plan, forms, .. } = &mut sketches[account.sketch];
            let unnamed = unnamed(plan, &self.loaded.book).into_iter();
            let here = |no: &u16| plan.steps[usize::from(*no)].address.target == account.target;
            let Some(no) = unnamed.into_iter().find(here) else {
                continue;
            };
            match (found, forms.get(&account.target)) {
                (Some(candidate), Some(forms)) => {
                    taken.insert(Claim::name(&account.target, &candidate.name), account.about);
                    give(&mut plan.steps[usize::from(no)], &candidate, forms);
                }
                _ => {
                    let none = (
                        no,
                        NO_NAME,
                        self.no_name(&account.target),
                        "add a form to the app's document, or allow numbers; until then nothing is created",
                    );
                    lost.push((account.sketch, none));
                }
            }
        }
        Ok(lost)
    }

    fn no_name(&self, target: &TargetName) -> &'static str {
        let app = self.loaded.book.apps.get(target);
        let unique = app.and_then(|app| app.unique.as_ref());
        match unique.and_then(|unique| unique.quarantine_days) {
            None => "every user name that this person may have in the app is taken or reserved",
            Some(_) => {
                "every user name that this person may have in the app is taken, reserved or in quarantine"
            }
        }
    }

    fn nameless(
        &self,
        at: usize,
        sketch: &Sketch,
        given: &BTreeMap<Claim, About>,
        out: Option<&BTreeSet<u16>>,
    ) -> Vec<Nameless> {
        let about = &sketch.plan.about;
        let here =
            |target: &TargetName, claim: &Claim| matches!(claim, Claim::Name(t, _) if t == target);
        let nameless = |no: u16| {
            let target = sketch.plan.steps[usize::from(no)].address.target.clone();
            let waiting = claimed(&sketch.open).find(|claim| here(&target, claim));
            let under_way = || {
                let mut mine = given.iter().filter(|(_, holder)| *holder == about);
                mine.find(|(claim, _)| here(&target, claim))
                    .map(|(claim, _)| claim.clone())
            };
            let promised = waiting.or_else(under_way);
            Nameless {
                newcomer: promised.is_none(),
                key: sketch.key.clone(),
                about: about.clone(),
                target,
                promised,
                sketch: at,
            }
        };
        let accounts = unnamed(&sketch.plan, &self.loaded.book).into_iter();
        let accounts = accounts.filter(|no| out.is_none_or(|out| !out.contains(no)));
        accounts.map(nameless).collect()
    }

    /// The first name for an account that nobody has, nobody is being given, and nobody else has
    /// lost too short a time ago.
    async fn free_name(
        &mut self,
        sketch: &Sketch,
        account: &Nameless,
        taken: &BTreeMap<Claim, About>,
    ) -> Result<Option<Candidate>, AppError> {
        let target = &account.target;
        let loaded = std::sync::Arc::clone(&self.loaded);
        let app = loaded.book.apps.get(target);
        let Some(unique) = app.and_then(|app| app.unique.as_ref()) else {
            return Ok(None);
        };
        let Some(Ok(forms)) = sketch.forms.get(target).map(|forms| &forms.answer) else {
            return Ok(None);
        };
        let all = candidates(forms, unique);
        for candidate in kept_first(all, target, account.promised.as_ref()) {
            let claim = Claim::name(target, &candidate.name);
            if taken
                .get(&claim)
                .is_some_and(|holder| *holder != account.about)
            {
                continue;
            }
            if self.sight.name(target, &candidate.name, None).await? != Name::Free {
                continue;
            }
            let who = match account.about {
                About::Subject(subject) => Some(subject),
                About::Target(_) => None,
            };
            let kept = self.app.is_kept(unique, target, &candidate.name, who);
            if !kept.await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }
}

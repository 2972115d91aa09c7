//! The managers above somebody: what follows for them when one of those changes.

use std::collections::BTreeSet;

use lifecycle::RuleBook;
use lifecycle::identity::Identity;
use model::{Act, Cause, Change, Input, Kind, Plan, Step};
use ports::store::{Person, PlanRow};
use rules::{MANAGER_CHAIN, Mapping};

use super::{Pass, beside};
use crate::AppError;

impl Pass {
    /// Puts the managers above somebody into their facts. What is planned for them depends on each.
    pub(super) async fn managers_above(
        &mut self,
        person: &Person,
        identity: &mut Identity,
    ) -> Result<(), AppError> {
        let book = &self.loaded.book;
        let climbed = self
            .app
            .climb(book, &mut self.chains, person, identity)
            .await?;
        for key in climbed.depends {
            self.notes.depends_on(person.subject, key);
        }
        if climbed.circle {
            self.findings.push(beside::circle(person.subject));
        }
        Ok(())
    }

    /// The delivery that told something new of somebody above them since their last plan, where the
    /// plan is about what follows from that.
    pub(super) async fn moved_above(
        &self,
        identity: &Identity,
        plan: &Plan,
        last: &PlanRow,
    ) -> Result<Option<Cause>, AppError> {
        let book = &self.loaded.book;
        if !book.asks_for_chain || !plan.steps.iter().any(|step| follows(book, step)) {
            return Ok(None);
        }
        let mut newest = None;
        let mut asked = BTreeSet::new();
        for manager in self.chains.above(identity) {
            if !asked.insert(manager) {
                continue;
            }
            let told = self.app.news_since(manager, Some(last.drafted)).await?;
            newest = newest.max(told.map(|told| (told.seq, manager)));
        }
        let Some((_, manager)) = newest else {
            return Ok(None);
        };
        let Some(manager) = self.app.store.person(manager).await? else {
            return Ok(None);
        };
        let mut engagements = manager.engagements.iter();
        let told = engagements.find(|e| e.id == manager.news);
        Ok(told.map(|told| Cause {
            input: Input::Delivery(told.delivery),
            change: Change::Mover,
        }))
    }
}

/// Whether a step is about something that depends on who is above a person.
fn follows(book: &RuleBook, step: &Step) -> bool {
    let looks = |attributes: Vec<&str>| attributes.contains(&MANAGER_CHAIN);
    let target = &step.address.target;
    let paths = match &step.act {
        Act::Update { set, unset } => set.keys().chain(unset),
        _ => {
            let group = step.address.key.granted_group();
            let mut rules = book
                .rules
                .iter()
                .filter(|rule| looks(rule.when.attributes()));
            return rules.any(|rule| {
                let mut grants = rule.grants.iter().filter(|grant| grant.target == *target);
                grants.any(|g| step.address.kind == Kind::Account || g.group.as_deref() == group)
            });
        }
    };
    let Some(app) = book.apps.get(target) else {
        return false;
    };
    let manager = app.manager.as_ref();
    let mapping = |path: &String| {
        let manager = manager
            .filter(|(at, _)| at == path)
            .map(|(_, mapping)| mapping);
        manager.or_else(|| app.attributes.get(path))
    };
    let mut mappings = paths.filter_map(mapping);
    mappings.any(|mapping: &Mapping| looks(mapping.attributes()))
}

//! What the guard needs to know of a wave.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::Mode;
use lifecycle::guard::WaveFacts;
use model::plan::About;
use model::{Act, Address, Cause, Change, Input, Kind, RemoteId, TargetName};

use super::{Drafted, Pass};
use crate::AppError;

impl Pass {
    /// The author of a cause: whoever delivered, edited or decided; Tenure itself for the rest.
    pub(super) async fn author(&self, cause: &Cause) -> Result<String, AppError> {
        Ok(match &cause.input {
            Input::Delivery(id) => match self.app.store.delivery(*id).await? {
                Some(row) => row.delivery.author,
                None => "system".to_owned(),
            },
            Input::Documents(_) => self.loaded.row.author.clone(),
            Input::Undo(_) => self.undo.as_ref().map_or("system", |(_, by)| by).to_owned(),
            Input::Termination(subject) if cause.change == Change::Undo => {
                let by = self.app.lifted_by(*subject).await?;
                by.unwrap_or_else(|| "system".to_owned())
            }
            Input::Termination(subject) => {
                let person = self.app.store.person(*subject).await?;
                let termination = person.and_then(|p| p.termination);
                let by = termination
                    .map(|t| t.by)
                    .or_else(|| self.terminating.clone());
                by.unwrap_or_else(|| "system".to_owned())
            }
            Input::Decision(by) => by.clone(),
            Input::Observation(..) | Input::Clock => "system".to_owned(),
        })
    }

    pub(super) async fn facts(
        &self,
        cause: &Cause,
        plans: &[Drafted],
    ) -> Result<WaveFacts, AppError> {
        let mut targets: BTreeSet<&TargetName> = BTreeSet::new();
        let creates = |step: &model::Step| {
            step.address.kind == Kind::Account && matches!(step.act, Act::Create { .. })
        };
        let creating = plans.iter().filter(|p| p.plan.steps.iter().any(creates));
        let creating = creating.count() as u64;
        let mut confirm_removals = 0;
        for step in plans.iter().flat_map(|p| &p.plan.steps) {
            targets.insert(&step.address.target);
            let mode = self
                .loaded
                .book
                .apps
                .get(&step.address.target)
                .map(|a| a.mode);
            confirm_removals += u64::from(step.act.removes() && mode == Some(Mode::Confirm));
        }
        let mut managed = 0;
        for target in targets {
            managed = managed.max(self.app.managed(target).await?);
        }
        let losing: Vec<&Drafted> = plans
            .iter()
            .filter(|p| p.plan.removes() && matches!(p.plan.about, About::Subject(_)))
            .collect();
        let deleting = losing.iter().filter(|p| p.plan.deletes()).count() as u64;
        Ok(WaveFacts {
            change: cause.change,
            input: cause.input.clone(),
            losing: losing.len() as u64,
            creating,
            deleting,
            protected: self.protected(&losing),
            emptied: self.emptied(plans).await?,
            confirm_removals,
            managed,
            lost_before: self
                .app
                .lost_before(&self.loaded.policy, cause.change)
                .await?,
            empty_feed: self.empty_feed(cause).await?,
        })
    }

    /// Who of those who lose access is protected, or a break-glass account, by name.
    fn protected(&self, losing: &[&Drafted]) -> Vec<String> {
        let tenant = &self.loaded.tenant;
        let sign_on = tenant.sign_on.as_ref();
        let glass = sign_on.and_then(|sign_on| sign_on.break_glass.as_ref());
        let is_glass = |key: &String| {
            glass.is_some_and(|glass| glass.people.iter().any(|who| who.key == *key))
        };
        let named = losing.iter().filter_map(|p| {
            if p.worker_keys.iter().any(is_glass) {
                return Some(format!("{} (a break-glass account)", p.name));
            }
            let mut keys = p.worker_keys.iter();
            keys.any(|k| tenant.guard.protected.contains(k))
                .then(|| p.name.clone())
        });
        named.collect()
    }

    /// Groups under `last_admin` whose every member this wave takes out or disables.
    async fn emptied(&self, plans: &[Drafted]) -> Result<Vec<String>, AppError> {
        let mut emptied = Vec::new();
        for group in &self.loaded.tenant.guard.last_admin {
            let at = Address::group(&group.app, &group.group);
            let Some(link) = self.app.store.link(&at).await? else {
                continue;
            };
            let members = self.app.store.members(&group.app, &link.remote).await?;
            let leaving = self.leaving(plans, &group.app, &group.group).await?;
            if !members.is_empty() && members.iter().all(|m| leaving.contains(m)) {
                emptied.push(format!("{}/{}", group.app, group.group));
            }
        }
        Ok(emptied)
    }

    async fn leaving(
        &self,
        plans: &[Drafted],
        app: &TargetName,
        group: &str,
    ) -> Result<BTreeSet<RemoteId>, AppError> {
        let mut leaving = BTreeSet::new();
        for step in plans.iter().flat_map(|p| &p.plan.steps) {
            let here = step.address.target == *app;
            let revoked = step.address.key.granted_group() == Some(group);
            let account = step.address.kind == Kind::Account;
            if !here || !step.act.removes() || !(revoked || account) {
                continue;
            }
            if let Some(subject) = step.address.key.subject()
                && let Some(link) = self.app.store.link(&Address::account(app, subject)).await?
            {
                leaving.insert(link.remote);
            }
        }
        Ok(leaving)
    }

    async fn empty_feed(&self, cause: &Cause) -> Result<bool, AppError> {
        let Input::Delivery(id) = &cause.input else {
            return Ok(false);
        };
        let row = self.app.store.delivery(*id).await?;
        // That documents name nobody any more is what somebody wrote, and no damaged export.
        let empty = |r: &ports::store::DeliveryRow| {
            r.delivery.rows == 0 && r.delivery.source != documents::PEOPLE
        };
        Ok(cause.change == Change::MissingRow && row.as_ref().is_some_and(empty))
    }
}

/// Plans by cause, leavers first.
pub(super) fn by_cause(drafted: Vec<Drafted>) -> Vec<(Cause, Vec<Drafted>)> {
    let mut waves: BTreeMap<(Change, Cause), Vec<Drafted>> = BTreeMap::new();
    for plan in drafted {
        let cause = plan.plan.cause.clone();
        waves.entry((cause.change, cause)).or_default().push(plan);
    }
    waves
        .into_iter()
        .map(|((_, cause), plans)| (cause, plans))
        .collect()
}

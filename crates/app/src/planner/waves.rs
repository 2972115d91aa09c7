//! What the guard needs to know of a wave.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::Mode;
use lifecycle::guard::WaveFacts;
use model::plan::{About, PlanStatus};
use model::{Act, Address, Cause, Change, Input, Kind, RemoteId, TargetName};
use ports::store::WaveFilter;

use super::{Drafted, Pass};
use crate::AppError;

impl Pass<'_> {
    /// The author of a cause: whoever delivered or edited; Tenure itself for the rest.
    pub(super) async fn author(&self, cause: &Cause) -> Result<String, AppError> {
        Ok(match &cause.input {
            Input::Delivery(id) => match self.app.store.delivery(*id).await? {
                Some(row) => row.delivery.author,
                None => "system".to_owned(),
            },
            Input::Documents(_) => self.loaded.row.author.clone(),
            Input::Undo(_) => self.undo.as_ref().map_or("system", |(_, by)| by).to_owned(),
            Input::Observation(..) | Input::Clock => "system".to_owned(),
        })
    }

    pub(super) async fn facts(
        &self,
        cause: &Cause,
        plans: &[Drafted],
    ) -> Result<WaveFacts, AppError> {
        let guard = &self.loaded.tenant.guard;
        let mut targets: BTreeSet<&TargetName> = BTreeSet::new();
        let mut creating = 0;
        let mut confirm_removals = 0;
        for step in plans.iter().flat_map(|p| &p.plan.steps) {
            targets.insert(&step.address.target);
            let account = step.address.kind == Kind::Account;
            creating += u64::from(account && matches!(step.act, Act::Create { .. }));
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
            managed += self.managed(target).await?;
        }
        let losing: Vec<&Drafted> = plans
            .iter()
            .filter(|p| p.plan.removes() && matches!(p.plan.about, About::Subject(_)))
            .collect();
        let protected = losing
            .iter()
            .filter(|p| {
                p.worker_key
                    .as_ref()
                    .is_some_and(|k| guard.protected.contains(k))
            })
            .map(|p| p.name.clone())
            .collect();
        Ok(WaveFacts {
            change: cause.change,
            input: cause.input.clone(),
            losing: losing.len() as u64,
            creating,
            protected,
            emptied: self.emptied(plans).await?,
            confirm_removals,
            managed,
            lost_before: self.lost_before(cause).await?,
            empty_feed: self.empty_feed(cause).await?,
        })
    }

    /// Accounts that are linked in a target.
    async fn managed(&self, target: &TargetName) -> Result<u64, AppError> {
        let mut count = 0;
        let mut after: Option<String> = None;
        loop {
            let page = self
                .app
                .store
                .links_page(target, Kind::Account, after.as_deref(), 10_000)
                .await?;
            count += page.len() as u64;
            if page.len() < 10_000 {
                return Ok(count);
            }
            after = page.last().map(|l| l.address.key.0.clone());
        }
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

    /// People who lost something unasked within the window, by waves of the same kind of change.
    /// What a person released was looked at and does not count against the next wave.
    async fn lost_before(&self, cause: &Cause) -> Result<u64, AppError> {
        let hours = self.loaded.policy.window_hours;
        let window = std::time::Duration::from_secs(hours * 3600);
        let now = self.app.clock.now();
        let mut lost = 0;
        for wave in self
            .app
            .store
            .waves(WaveFilter {
                open: false,
                limit: 1_000,
            })
            .await?
        {
            if now.since(wave.at) >= window {
                break;
            }
            let allowed = matches!(wave.verdict, Some(model::Verdict::Allow { .. }));
            let done = wave.count(PlanStatus::Applied) + wave.count(PlanStatus::Released) > 0;
            if wave.cause.change == cause.change && allowed && done {
                lost += wave.removals;
            }
        }
        Ok(lost)
    }

    async fn empty_feed(&self, cause: &Cause) -> Result<bool, AppError> {
        let Input::Delivery(id) = &cause.input else {
            return Ok(false);
        };
        let row = self.app.store.delivery(*id).await?;
        Ok(cause.change == Change::MissingRow && row.is_some_and(|r| r.delivery.rows == 0))
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

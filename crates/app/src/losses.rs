//! How many people lose access, against what the guard lets pass unasked.

use std::collections::BTreeSet;

use lifecycle::guard::{GuardPolicy, deletions_allowed, removals_allowed};
use model::event::WaveJudged;
use model::plan::{About, PlanStatus};
use model::{Actor, Change, Event, Kind, TargetName, Verdict};
use ports::store::{MAX_PAGE, PlanRow, WaveFilter, WaveRow};

use crate::{App, AppError};

impl App {
    /// Accounts that are linked in a target to people who are not made up.
    pub(crate) async fn managed(&self, target: &TargetName) -> Result<u64, AppError> {
        let linked = self.store.linked(target, Kind::Account).await?;
        Ok(linked.saturating_sub(self.made_up(target).await?))
    }

    /// People who lost something unasked within the window, by waves of the same kind of change
    /// that began in it or are still under way: an app that was away takes their people now. What
    /// a person released was looked at and does not count against the next wave; nor does a drill.
    pub(crate) async fn lost_before(
        &self,
        policy: &GuardPolicy,
        change: Change,
    ) -> Result<u64, AppError> {
        let window = std::time::Duration::from_secs(policy.window_hours * 3600);
        let filter = WaveFilter {
            decided_after: Some(self.clock.now().minus(window)),
            limit: MAX_PAGE,
            ..WaveFilter::default()
        };
        let mut lost = 0;
        for wave in self.store.waves(filter).await? {
            let allowed = matches!(wave.verdict, Some(Verdict::Allow { .. }));
            let done = wave.count(PlanStatus::Applied) + wave.count(PlanStatus::Released) > 0;
            let counts = wave.cause.change == change && allowed && done && wave.removals > 0;
            // A made-up person who leaves each night must not use up what real leavers may need.
            if counts && !self.is_of_drill(&wave.cause).await? {
                lost += wave.removals;
            }
        }
        Ok(lost)
    }

    /// Judges a wave that the guard allowed once more as it begins: several may have been
    /// proposed, each of them small. One that is too many now is held, and says why.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn still_allowed(
        &self,
        row: &WaveRow,
        waiting: &[PlanRow],
    ) -> Result<Option<String>, AppError> {
        let change = row.cause.change;
        let Some(text) = self.too_many(change, waiting).await? else {
            return Ok(None);
        };
        let judged = Event::WaveJudged(WaveJudged {
            wave: row.wave,
            verdict: Verdict::Ask {
                because: vec![text.clone()],
            },
        });
        self.append(&Actor::system(), vec![judged]).await?;
        Ok(Some(text))
    }

    /// Why plans of one kind of change would take too much away, were they begun now; `None`: they
    /// would not.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn too_many(
        &self,
        change: Change,
        waiting: &[PlanRow],
    ) -> Result<Option<String>, AppError> {
        let losing = waiting.iter().filter(|p| takes_away(p)).count() as u64;
        if losing == 0 {
            return Ok(None);
        }
        let loaded = self.loaded().await?;
        let targets: BTreeSet<&TargetName> = waiting
            .iter()
            .flat_map(|p| &p.steps)
            .map(|s| &s.address.target)
            .collect();
        let mut managed = 0;
        for target in targets {
            managed = managed.max(self.managed(target).await?);
        }
        let before = self.lost_before(&loaded.policy, change).await?;
        let policy = &loaded.policy;
        let deletes = |p: &&PlanRow| p.plan.known().is_some_and(model::Plan::deletes);
        let deleting = waiting.iter().filter(deletes).count() as u64;
        let (few, of_all) = removals_allowed(change, (losing, before), managed, policy);
        let (few_deleted, of_deleted) = deletions_allowed((deleting, before), managed, policy);
        Ok(match (few, few_deleted) {
            (true, true) => None,
            (false, _) => Some(of_all),
            (true, false) => Some(of_deleted),
        })
    }
}

fn takes_away(plan: &PlanRow) -> bool {
    let removes = plan.plan.known().is_some_and(|p| p.removes());
    removes && matches!(plan.about, About::Subject(_))
}

//! Waves and plans, with those of the rehearsal. Every plan that is open is known to it.

use async_trait::async_trait;
use model::plan::{About, StepRef, StepStatus};
use model::{PlanId, Timestamp, WaveId};
use ports::store::{
    OpenLeavers, PlanRow, StandingStep, StepRow, UndecidedWave, WaveDecision, WaveFilter, WaveRow,
    Work,
};

use super::{Foreseen, Read, refused};

port!(Work {
    never steps_that_are(StepStatus, Option<u64>, u32) -> Vec<StandingStep>;
    never decisions_on(WaveId) -> Vec<WaveDecision>;
    never plans_of(WaveId, Option<PlanId>, u32) -> Vec<PlanRow>;
    never released_plans(u32, u32) -> Vec<PlanId>;
    never open_intents(u32) -> Vec<StepRef>;
    never undecided_waves(u32) -> Vec<UndecidedWave>;
    never open_leavers(Timestamp, u32) -> Vec<OpenLeavers>;
    never step(StepRef) -> Option<StepRow>;
    own {
        async fn wave(&self, wave: WaveId) -> Read<Option<WaveRow>> {
            let known = self.moved().wave(wave);
            match known {
                Some(wave) => Ok(Some(wave)),
                None => self.now.wave(wave).await,
            }
        }

        async fn waves(&self, filter: WaveFilter) -> Read<Vec<WaveRow>> {
            let proposed = filter.proposed_after.or(filter.proposed_until);
            let (Some(after), false, None) = (filter.decided_after, filter.open, proposed) else {
                return refused("waves");
            };
            let mut waves = self.now.waves(filter).await?;
            self.moved().waves_since(after, &mut waves);
            Ok(waves)
        }

        async fn plan(&self, plan: PlanId) -> Read<Option<PlanRow>> {
            let known = self.moved().plan(plan);
            match known {
                Some(plan) => Ok(Some(plan)),
                None => self.now.plan(plan).await,
            }
        }

        async fn open_plans_about(&self, about: &[About]) -> Read<Vec<PlanRow>> {
            Ok(self.moved().open_plans_about(about))
        }

        async fn open_plans(&self, after: Option<PlanId>, limit: u32) -> Read<Vec<PlanRow>> {
            Ok(self.moved().open_plans(after, limit as usize))
        }

        async fn plans_about(&self, about: &About, limit: u32) -> Read<Vec<PlanRow>> {
            let mut plans = self.now.plans_about(about, limit).await?;
            self.moved().plans_about(about, &mut plans);
            plans.truncate(limit as usize);
            Ok(plans)
        }
    }
});

//! People's decisions about waves: release, refuse, apply.

use model::event::{PlanChanged, WaveReleased};
use model::plan::PlanStatus;
use model::{Actor, Event, PlanId, Verdict, WaveId};
use ports::store::{Append, PlanRow, Stream, WaveDecision, WaveRow, WaveStatus};

use crate::{App, AppError, ErrorKind};

/// Events per append.
const CHUNK: usize = 500;

/// What was decided about a plan, of the decisions about its wave, oldest first. Each plan is decided
/// about once: by the first that names it, or that is about all that waited.
pub(crate) fn decision_on(plan: PlanId, decided: &[WaveDecision]) -> Option<&WaveDecision> {
    let mut decided = decided.iter();
    decided.find(|decision| decision.plans.is_empty() || decision.plans.contains(&plan))
}

impl App {
    /// One wave.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub async fn wave(&self, wave: WaveId) -> Result<WaveRow, AppError> {
        let found = self.store.wave(wave).await?;
        found.ok_or_else(|| AppError::missing("wave", &wave.to_string()))
    }

    /// Every plan of a wave, with its steps.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn all_plans_of(&self, wave: WaveId) -> Result<Vec<PlanRow>, AppError> {
        let mut plans = Vec::new();
        loop {
            let after = plans.last().map(|p: &PlanRow| p.id);
            let page = self.store.plans_of(wave, after, 1_000).await?;
            let full = page.len() == 1_000;
            plans.extend(page);
            if !full {
                return Ok(plans);
            }
        }
    }

    /// Releases a held wave, or some plans of it, to be carried out.
    ///
    /// # Errors
    /// `Denied` for the wave's author; `Conflict` when it is not held, or halted for good.
    pub async fn release(
        &self,
        actor: &Actor,
        wave: WaveId,
        plans: &[PlanId],
        reason: &str,
    ) -> Result<u64, AppError> {
        let row = self.wave(wave).await?;
        if row.author == actor.principal {
            return Err(AppError::new(
                ErrorKind::Denied,
                "TNR-WAVE-0001",
                "whoever caused a wave may not release it",
                "ask someone else who has the scope `approve`",
            ));
        }
        if matches!(row.verdict, Some(Verdict::Halt { .. })) {
            return Err(halted(&reasons(&row)));
        }
        self.settle(actor, &row, plans, reason, true).await
    }

    /// Refuses a wave, or some plans of it. They are proposed again only when something moved.
    ///
    /// # Errors
    /// `Conflict` when nothing of it is waiting.
    pub async fn refuse(
        &self,
        actor: &Actor,
        wave: WaveId,
        plans: &[PlanId],
        reason: &str,
    ) -> Result<u64, AppError> {
        let row = self.wave(wave).await?;
        self.settle(actor, &row, plans, reason, false).await
    }

    /// Starts a wave that the guard allows. Says how many plans were started.
    ///
    /// # Errors
    /// `Denied` when the guard asks: someone else must release it. `Conflict` when it halts: nobody can.
    pub async fn apply(&self, actor: &Actor, wave: WaveId, reason: &str) -> Result<u64, AppError> {
        let row = self.wave(wave).await?;
        match row.status() {
            WaveStatus::Ready => {
                let waiting = self.waiting(&row).await?;
                if let Some(because) = self.still_allowed(&row, &waiting).await? {
                    return Err(held(&because));
                }
                self.settle(actor, &row, &[], reason, true).await
            }
            WaveStatus::Running | WaveStatus::Closed => Ok(0),
            WaveStatus::Held => Err(held(&reasons(&row))),
            WaveStatus::Halted => Err(halted(&reasons(&row))),
        }
    }

    async fn waiting(&self, row: &WaveRow) -> Result<Vec<PlanRow>, AppError> {
        let mut plans = self.all_plans_of(row.wave).await?;
        plans.retain(|p| p.status == PlanStatus::Waiting);
        Ok(plans)
    }

    async fn settle(
        &self,
        actor: &Actor,
        row: &WaveRow,
        only: &[PlanId],
        reason: &str,
        released: bool,
    ) -> Result<u64, AppError> {
        let mut waiting = self.waiting(row).await?;
        if let Some(wrong) = only.iter().find(|id| !waiting.iter().any(|p| p.id == **id)) {
            return Err(AppError::missing(
                "waiting plan of this wave",
                &wrong.to_string(),
            ));
        }
        if !only.is_empty() {
            waiting.retain(|p| only.contains(&p.id));
        }
        if waiting.is_empty() {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-WAVE-0004",
                "nothing of this wave is waiting",
                "look at it with `tenure waves show`",
            ));
        }
        let count = waiting.len() as u64;
        let decision = Event::WaveReleased(WaveReleased {
            wave: row.wave,
            released,
            plans: only.to_vec(),
            by: actor.principal.clone(),
            reason: reason.to_owned(),
        });
        // The decision comes first: killed in between, the rest is still waiting and the same
        // command goes on.
        self.append(actor, vec![decision]).await?;
        let status = if released {
            PlanStatus::Released
        } else {
            PlanStatus::Refused
        };
        for chunk in waiting.chunks(CHUNK) {
            let mut append = Append::of(actor.clone(), Vec::new());
            for plan in chunk {
                append = append.on(Stream::new("plan", plan.id), plan.head);
                append.events.push(Event::PlanChanged(PlanChanged {
                    plan: plan.id,
                    status,
                    detail: reason.to_owned(),
                }));
            }
            self.store.append(append).await?;
        }
        self.bell.notify_waiters();
        Ok(count)
    }
}

fn halted(because: &str) -> AppError {
    AppError::new(
        ErrorKind::Conflict,
        "TNR-WAVE-0002",
        format!("the guard halted this wave: {because}"),
        "refuse it and mend its input; a halted wave cannot be released",
    )
}

fn held(because: &str) -> AppError {
    AppError::new(
        ErrorKind::Denied,
        "TNR-WAVE-0003",
        format!("the guard holds this wave: {because}"),
        "someone other than its author can release it with `tenure approve`",
    )
}

fn reasons(row: &WaveRow) -> String {
    row.verdict.as_ref().map_or_else(
        || "it was not judged yet".to_owned(),
        |v| v.because().join("; "),
    )
}

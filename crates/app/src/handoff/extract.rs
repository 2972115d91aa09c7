//! Taking in an app's own list of its accounts: the only thing by which anything there is read back.

use std::time::Duration;

use model::event::{ObservationFinished, StepChanged};
use model::plan::StepStatus;
use model::{Actor, Diagnostic, Event, Kind, TargetName, Timestamp};
use ports::handoff::Columns;
use ports::store::{Append, AppendError, StandingStep, Stream};

use super::{Shown, by_hand};
use crate::{App, AppError, ErrorKind};

/// How often answers that nobody has carried on yet are looked for, and how long after each look.
const LOOKS: u32 = 40;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// What a list of accounts came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractReport {
    /// The file is damaged as a whole, and nothing of it counts.
    pub refused: bool,
    /// How many rows there were.
    pub read: u64,
    /// The run, where one was made.
    pub run: Option<ObservationFinished>,
    /// Steps that somebody had said to have done, and that the list shows done.
    pub verified: u64,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl App {
    /// Takes a list of an app's accounts in, as they were at `taken`. What was answered after that
    /// instant is not undone by it.
    ///
    /// # Errors
    /// `Invalid` for an app that is not kept by hand, an instant that is still to come, or an empty
    /// list of an app in which people have accounts; `Conflict` for a list that is no younger than the
    /// last one. A damaged file is no error: the report says so.
    pub async fn take_extract(
        &self,
        actor: &Actor,
        name: &TargetName,
        (place, bytes): (&str, &[u8]),
        taken: Timestamp,
        dry_run: bool,
    ) -> Result<ExtractReport, AppError> {
        let loaded = self.loaded().await?;
        let handoff = by_hand(&loaded, name)?;
        let before = self.store.last_observation(name, Kind::Account).await?;
        let before = before.map(|row| row.run);
        self.in_order(name, taken, before.as_ref())?;
        let paper = self.paperwork()?;
        let columns = Columns {
            csv: &handoff.extract,
            usable: &handoff.usable,
            closed: &handoff.closed,
        };
        let found = paper.accounts(columns, place, bytes);
        let mut report = ExtractReport {
            refused: found.refused,
            read: found.read,
            run: None,
            verified: 0,
            diagnostics: found.diagnostics,
        };
        if report.refused {
            return Ok(report);
        }
        if report.read == 0 && self.store.linked(name, Kind::Account).await? > 0 {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-HANDOFF-0006",
                format!("the list is empty, and people have accounts in `{name}`"),
                "ask for the list again; accounts that were deleted are told in an answer",
            ));
        }
        if dry_run {
            return Ok(report);
        }
        self.answers_are_carried_on(name).await?;
        let target = paper.target(&handoff.extract, found.register);
        let run = self.observe_listed(actor, name, &target, taken).await?;
        report.verified = self.read_back(actor, name, taken).await?;
        self.bell.notify_waiters();
        if run.changed + run.vanished > 0
            && let Err(error) = self.plan(actor, false).await
        {
            // What was read stays read: the next planning finds what follows.
            tracing::warn!(target.name = %name, error.code = error.code(), "handoff.not_planned");
        }
        report.run = Some(run);
        Ok(report)
    }

    /// Refuses a list that is of a time to come, or no younger than the last one.
    pub(crate) fn in_order(
        &self,
        name: &TargetName,
        taken: Timestamp,
        before: Option<&ObservationFinished>,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        if taken > now {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-HANDOFF-0005",
                format!("the list is of {taken}, and it is {now}"),
                "say when the app made it",
            ));
        }
        match before {
            Some(run) if run.started >= taken => Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-HANDOFF-0007",
                format!("a list of `{name}` of {} was taken in before", run.started),
                "send a younger one: an older one would undo what is known",
            )),
            _ => Ok(()),
        }
    }

    /// Answers that were taken in a moment ago are the worker's to carry on: a list that comes right
    /// behind them, as in a script that sends both, waits for that. Where nobody works just now it does
    /// not wait for long, and the next list finds them.
    async fn answers_are_carried_on(&self, name: &TargetName) -> Result<(), AppError> {
        for _ in 0..LOOKS {
            let answered = self.steps_at(name, StepStatus::Answered, None).await?;
            if answered.is_empty() {
                break;
            }
            self.bell.notify_waiters();
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }

    /// What somebody said to have done and the list shows done is read back by that.
    async fn read_back(
        &self,
        actor: &Actor,
        name: &TargetName,
        taken: Timestamp,
    ) -> Result<u64, AppError> {
        let mut verified = 0;
        // All of them, however old: one that an earlier list could not be compared with is still to be.
        for found in self.steps_at(name, StepStatus::Confirmed, None).await? {
            if found.at > taken {
                continue;
            }
            verified += u64::from(self.read_back_one(actor, &found).await?);
        }
        Ok(verified)
    }

    async fn read_back_one(&self, actor: &Actor, found: &StandingStep) -> Result<bool, AppError> {
        let at = found.last.step;
        let Some(plan) = self.store.plan(at.plan).await? else {
            return Ok(false);
        };
        let step = plan
            .plan
            .known()
            .and_then(|p| p.steps.get(usize::from(at.no)));
        let Some(step) = step else {
            return Ok(false);
        };
        if !self.is_shown(step).await? {
            return Ok(false);
        }
        let event = Event::StepChanged(StepChanged {
            status: StepStatus::Verified,
            ..found.last.clone()
        });
        let append = Append::of(actor.clone(), vec![event]);
        let append = append.on(Stream::new("plan", plan.id), plan.head);
        match self.store.append(append).await {
            Ok(_) => Ok(true),
            // Somebody writes to the plan: the next list finds it.
            Err(AppendError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a list shows a step that was confirmed. The account that one made is linked by then.
    async fn is_shown(&self, step: &model::Step) -> Result<bool, AppError> {
        let made = match &step.act {
            model::Act::Create { attributes, active } => {
                let act = model::Act::Update {
                    set: attributes.clone(),
                    unset: Vec::new(),
                };
                let values = self
                    .shown(&model::Step {
                        act,
                        ..step.clone()
                    })
                    .await?;
                let act = match active {
                    true => model::Act::Enable,
                    false => model::Act::Disable,
                };
                let usable = self
                    .shown(&model::Step {
                        act,
                        ..step.clone()
                    })
                    .await?;
                return Ok(matches!((values, usable), (Shown::Read(_), Shown::Read(_))));
            }
            _ => self.shown(step).await?,
        };
        Ok(matches!(made, Shown::Read(_)))
    }
}

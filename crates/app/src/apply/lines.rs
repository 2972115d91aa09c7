//! Steps that somebody does by hand. Nothing is sent and nobody is asked twice: what is known of the
//! app is looked at from time to time, until an answer or a list of its accounts says how they ended.

use lifecycle::advance::ReadBack;
use model::{Event, Outcome};

use super::Worker;
use super::carry::Run;
use super::lane::Lane;
use super::look::Found;
use super::look::verdict::different;
use crate::AppError;
use crate::handoff::{Shown, due};

impl Worker {
    /// How a step stands that was handed over, or whose handing over was interrupted.
    pub(super) async fn look_at_line(
        &self,
        lane: &Lane,
        run: &Run,
        no: u16,
    ) -> Result<Found, AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let (found, mut events, over) = match &run.progress.steps[usize::from(no)].outcome {
            Some(Outcome::Confirmed { remote }) => {
                // It may have become somebody's since it was answered.
                let not = match remote {
                    Some(remote) => self.app.cannot_be_made(step, remote).await?,
                    None => None,
                };
                if let Some(why) = not {
                    let declined = ReadBack::Declined {
                        code: "HANDOFF-NOT-THEIRS".to_owned(),
                        detail: why.to_owned(),
                    };
                    let over = self.app.line_is_over(step, "it was answered").await?;
                    return Ok((declined, over.into_iter().collect()));
                }
                let events = self.app.by_word(step, remote.as_ref()).await?;
                (ReadBack::Said, events, Some("it was answered"))
            }
            Some(Outcome::Refused { code, detail }) => {
                let declined = ReadBack::Declined {
                    code: code.clone(),
                    detail: detail.clone(),
                };
                (declined, Vec::new(), Some("it was answered"))
            }
            Some(Outcome::Handed) => self.look_at_open_line(lane, run, no).await?,
            // Written down and not handed over: nobody has it, so it is handed over again, as the
            // same line.
            _ => (different("it was not handed over"), Vec::new(), None),
        };
        if let Some(because) = over {
            events.extend(self.app.line_is_over(step, because).await?);
        }
        Ok((found, events))
    }

    async fn look_at_open_line(
        &self,
        lane: &Lane,
        run: &Run,
        no: u16,
    ) -> Result<(ReadBack, Vec<Event>, Option<&'static str>), AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let gone = |detail: &str| ReadBack::Gone {
            detail: detail.to_owned(),
        };
        match self.app.shown(step).await? {
            Shown::Read(events) => return Ok((ReadBack::Equal, events, Some("it was read back"))),
            Shown::Said(events) => return Ok((ReadBack::Said, events, Some("it was answered"))),
            Shown::Gone => {
                return Ok((gone("the account is gone"), Vec::new(), Some("it is gone")));
            }
            Shown::No => {}
        }
        if let Some(why) = self.app.recalled(step).await? {
            return Ok((gone(why), Vec::new(), Some("it was recalled")));
        }
        let at = model::StepRef {
            plan: run.progress.id,
            no,
        };
        let handed = self.app.store.step(at).await?.and_then(|row| row.at);
        let mut events = Vec::new();
        if let (Some(handed), Some((owner, days))) = (handed, &lane.hands) {
            let due = due(handed, *days);
            if due <= self.app.clock.now() {
                let finding = crate::App::line_overdue(step, due, owner);
                events.extend(self.app.finding(finding).await?);
            }
        }
        Ok((ReadBack::Unanswered, events, None))
    }
}

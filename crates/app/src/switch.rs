//! The kill switch.

use model::event::{WritingResumed, WritingStopped};
use model::{Actor, Event, TargetName};

use crate::{App, AppError};

impl App {
    /// Stops all writing to one target, or to all. Intents that are already being sent end by
    /// their own deadline; no new one can be appended on any node from the moment this returns.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn stop_writing(
        &self,
        actor: &Actor,
        target: Option<TargetName>,
        reason: &str,
    ) -> Result<(), AppError> {
        let event = Event::WritingStopped(WritingStopped {
            target,
            reason: reason.to_owned(),
        });
        self.append(actor, vec![event]).await?;
        Ok(())
    }

    /// Lifts the kill switch. What was interrupted is read back before anything is sent again;
    /// after a restore every target is observed first.
    ///
    /// # Errors
    /// `Conflict` when a target could not be observed after a restore.
    pub async fn resume_writing(
        &self,
        actor: &Actor,
        target: Option<TargetName>,
        reason: &str,
    ) -> Result<(), AppError> {
        self.observe_before_resuming(actor, target.as_ref()).await?;
        let event = Event::WritingResumed(WritingResumed {
            target,
            reason: reason.to_owned(),
        });
        self.append(actor, vec![event]).await?;
        self.bell.notify_waiters();
        Ok(())
    }
}

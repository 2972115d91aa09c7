//! What people do about notices: they say that they have them, and try channels.

use lifecycle::notices::acknowledge;
use model::notice::{Answer, Happened};
use model::{Actor, NoticeId};
use ports::Letter;
use ports::store::{AppendError, NoticeRow};

use super::{DEADLINE, changed};
use crate::{App, AppError, ErrorKind};

/// Changes that may come in between.
const TRIES: u32 = 10;

impl App {
    /// Says that somebody has it: it is not passed on, and not sent any more.
    ///
    /// # Errors
    /// `Missing` for an unknown notice; `Conflict` when somebody has it, or it is over.
    pub async fn acknowledge(
        &self,
        actor: &Actor,
        id: NoticeId,
        reason: &str,
        dry_run: bool,
    ) -> Result<NoticeRow, AppError> {
        let mut tries = 0;
        loop {
            let row = self.store.notice(id).await?;
            let row = row.ok_or_else(|| AppError::missing("notice", &id.to_string()))?;
            let now = self.clock.now();
            let Some(state) = acknowledge(&row.state, &actor.principal, reason, now) else {
                return Err(settled(&row));
            };
            if dry_run {
                return Ok(NoticeRow { state, ..row });
            }
            let mut append = changed(&row, Happened::Acknowledged, &state);
            append.actor = actor.clone();
            tries += 1;
            match self.store.append(append).await {
                Ok(committed) => {
                    return Ok(NoticeRow {
                        id,
                        head: Some(committed.last),
                        state,
                    });
                }
                Err(AppendError::Conflict { .. }) if tries < TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends a message to a channel that says that somebody tries it. Gives what the channel did
    /// not take of it; empty as a rule.
    ///
    /// # Errors
    /// `Missing` for an unknown channel; `Conflict` when it did not take the message; `Unknown`
    /// when it may have.
    pub async fn try_channel(&self, actor: &Actor, name: &str) -> Result<String, AppError> {
        let loaded = self.loaded().await?;
        let channel = self.channel(&loaded, name).await?;
        let now = self.clock.now();
        let id = NoticeId::new(now, ports::clock::draw(&*self.entropy));
        let letter = Letter {
            id: format!("{id}-0-{name}"),
            notice: None,
            occasion: None,
            about: String::new(),
            text: format!("{} tries the channel `{name}`", actor.principal),
            advice: "there is nothing to do".to_owned(),
            raised: now,
            sent: now,
            escalated: None,
            again: false,
            own: None,
        };
        let (kind, said) = match channel.tell(&letter, DEADLINE).await {
            Answer::Delivered { detail } => return Ok(detail),
            Answer::Failed { detail, .. } => {
                (ErrorKind::Conflict, format!("did not take it: {detail}"))
            }
            Answer::Lost { detail } => (ErrorKind::Unknown, format!("may have taken it: {detail}")),
        };
        Err(AppError::new(
            kind,
            "TNR-NOTICE-0004",
            format!("the channel `{name}` {said}"),
            "check its document and its secret, and what the system behind it says",
        ))
    }
}

fn settled(row: &NoticeRow) -> AppError {
    let problem = match (&row.state.acknowledged, row.state.ended) {
        (Some(known), _) => format!("{} has it since {}", known.by, known.at),
        (None, Some(at)) => format!("it is over since {at}"),
        (None, None) => "it has changed".to_owned(),
    };
    let fix = "there is nothing to acknowledge";
    AppError::new(ErrorKind::Conflict, "TNR-NOTICE-0002", problem, fix)
}

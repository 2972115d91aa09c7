//! Sending the messages of one notice, and writing down how that ended.

use std::sync::Arc;
use std::time::Duration;

use lifecycle::notices::answered;
use model::event::FindingClosed;
use model::finding::Finding;
use model::notice::{Answer, Happened, Message, MessageStatus};
use model::{Event, Notice, Occasion};
use ports::store::NoticeRow;
use ports::{Channel, Letter};

use super::{DEADLINE, Notifier, changed};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// How often an outcome is tried to be written down.
const TRIES: u32 = 8;

impl Notifier {
    /// Sends what is `Sending` and appends how each ended.
    pub(super) async fn send(
        &self,
        row: NoticeRow,
        loaded: &Loaded,
    ) -> Result<NoticeRow, AppError> {
        let state = &row.state;
        let sending = state.messages.iter().enumerate();
        let sending = sending.filter(|(_, m)| m.status == MessageStatus::Sending);
        let sends = sending.map(|(place, message)| async move {
            let answer = self.app.tell(state, message, loaded).await;
            (place, message.attempts, answer)
        });
        let answers = futures_util::future::join_all(sends).await;
        self.told(row, &answers).await
    }

    /// Without its outcome a message would be sent again, so it is not given up for a store that
    /// is busy, whether it does not read or does not write. Somebody may have answered meanwhile.
    async fn told(
        &self,
        mut row: NoticeRow,
        answers: &[(usize, u32, Answer)],
    ) -> Result<NoticeRow, AppError> {
        let mut tries = 0;
        loop {
            let written = self.write_down(&mut row, answers, tries > 0).await;
            tries += 1;
            match written {
                Ok(()) => return Ok(row),
                Err(error) if tries >= TRIES => return Err(error),
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => {
                    tracing::warn!(notice.id = %row.id, error = %error, "notice.outcome_waits");
                    tokio::time::sleep(Duration::from_millis(100) * 2u32.pow(tries)).await;
                }
            }
        }
    }

    /// Tries once to append the outcomes; `again` to read first how the notice stands now.
    async fn write_down(
        &self,
        row: &mut NoticeRow,
        answers: &[(usize, u32, Answer)],
        again: bool,
    ) -> Result<(), AppError> {
        if again {
            let found = self.app.store.notice(row.id).await?;
            *row = found.ok_or_else(|| AppError::missing("notice", &row.id.to_string()))?;
        }
        let state = answered(&row.state, answers, self.app.clock.now());
        if state == row.state {
            return Ok(());
        }
        let mut append = changed(row, Happened::Answered, &state);
        append
            .events
            .extend(self.findings(&row.state, &state).await?);
        let committed = self.app.store.append(append).await?;
        row.head = Some(committed.last);
        row.state = state;
        Ok(())
    }

    /// A channel that took nothing is a finding, until it takes something.
    async fn findings(&self, before: &Notice, after: &Notice) -> Result<Vec<Event>, AppError> {
        let mut events = Vec::new();
        let changes = before.messages.iter().zip(&after.messages);
        for (_, message) in changes.filter(|(b, a)| b.status != a.status) {
            let channel = &message.channel;
            let fingerprint = format!("TNR-NOTICE-0001/{channel}");
            match message.status {
                MessageStatus::GivenUp => {
                    let finding = Finding {
                        code: "TNR-NOTICE-0001".to_owned(),
                        fingerprint,
                        subject: None,
                        address: None,
                        problem: format!(
                            "the channel `{channel}` took no notice in {} attempts: {}",
                            message.attempts, message.detail
                        ),
                        fix: format!("find out why with `tenure channel test {channel}`"),
                    };
                    events.extend(self.app.finding(finding).await?);
                }
                MessageStatus::Delivered => {
                    let open = self
                        .app
                        .store
                        .open_finding(&fingerprint, None, None)
                        .await?;
                    events.extend(open.map(|row| {
                        Event::FindingClosed(FindingClosed {
                            id: row.opened.id,
                            reason: format!("the channel `{channel}` took a notice"),
                        })
                    }));
                }
                MessageStatus::Waiting | MessageStatus::Sending | MessageStatus::Dropped => {}
            }
        }
        Ok(events)
    }
}

impl App {
    /// Sends one message once.
    async fn tell(&self, notice: &Notice, message: &Message, loaded: &Loaded) -> Answer {
        let theirs = notice.occasion.is_own();
        let mut letter = Letter {
            id: message.id(notice.id(), notice.round),
            notice: (!theirs).then(|| notice.id()),
            occasion: Some(notice.occasion),
            about: notice.about.clone(),
            text: notice.text.clone(),
            advice: notice.advice.clone(),
            raised: notice.raised,
            sent: self.clock.now(),
            escalated: notice
                .escalated
                .as_ref()
                .filter(|_| message.escalation)
                .map(|escalation| escalation.because.clone()),
            again: message.unsure,
            own: None,
        };
        let channel = match notice.occasion {
            Occasion::CredentialChange => self.change_told(loaded, notice, &mut letter).await,
            Occasion::Recovery => self.code_told(loaded, notice, &mut letter).await,
            _ => self.channel(loaded, &message.channel).await,
        };
        match channel {
            Ok(channel) => channel.tell(&letter, DEADLINE).await,
            Err(error) => Answer::Failed {
                detail: error.to_string(),
                wait: None,
            },
        }
    }

    /// A channel, with its secret.
    pub(super) async fn channel(
        &self,
        loaded: &Loaded,
        name: &str,
    ) -> Result<Arc<dyn Channel>, AppError> {
        let found = loaded.tenant.channels.get(name);
        let channel = found.ok_or_else(|| AppError::missing("channel", name))?;
        self.channel_of(channel).await
    }

    /// The channel that a document describes, with its secret.
    pub(super) async fn channel_of(
        &self,
        channel: &documents::Channel,
    ) -> Result<Arc<dyn Channel>, AppError> {
        let name = &channel.name;
        let secret = self.channel_secret(channel).await?;
        self.connect.channel(channel, secret).map_err(|problem| {
            AppError::new(
                ErrorKind::Invalid,
                "TNR-NOTICE-0003",
                format!("the channel `{name}` cannot be used: {problem}"),
                "mend its document, or set its secret again",
            )
        })
    }
}

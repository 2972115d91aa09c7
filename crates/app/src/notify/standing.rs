//! Whether what a notice is about is still so.
//!
//! Documents say when people are told of something; when that is over is not for them to say. A
//! notice whose alarm allows more time by now, or is gone, stays until its cause is: it would be
//! told twice otherwise, or never again. Nor does it depend on whose clock is ahead.

use std::collections::BTreeSet;
use std::time::Duration;

use lifecycle::notices::Occurrence;
use model::notice::{Message, MessageStatus};
use model::plan::PlanStatus;
use model::{DeliveryId, Notice, NoticeId, Occasion, Timestamp, Verdict};
use ports::store::{MAX_PAGE, NoticeRow};

use super::id_of;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// After so long nobody is waited for any more who should have answered.
const FORGOTTEN: Duration = Duration::from_secs(7 * 86_400);
/// After every instant that can come.
const FOR_EVER: Timestamp = Timestamp::from_micros(i64::MAX);

impl App {
    /// The notices whose cause is so: those of what is told of now, and the open ones whose cause
    /// stands all the same.
    pub(super) async fn lasting(
        &self,
        loaded: &Loaded,
        occurrences: &[Occurrence],
        open: &[NoticeRow],
        now: Timestamp,
    ) -> Result<BTreeSet<NoticeId>, AppError> {
        let mut lasting: BTreeSet<NoticeId> = occurrences.iter().map(id_of).collect();
        for row in open {
            if !lasting.contains(&row.id) && self.stands(&row.state, loaded, now).await? {
                lasting.insert(row.id);
            }
        }
        Ok(lasting)
    }

    async fn stands(
        &self,
        notice: &Notice,
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let about = &notice.about;
        match notice.occasion {
            Occasion::HeldWave => {
                // We wrote it; what cannot be read is not over.
                let Ok(wave) = about.parse() else {
                    return Ok(true);
                };
                let row = self.store.wave(wave).await?;
                Ok(row.is_some_and(|row| {
                    let open = row.count(PlanStatus::Waiting) + row.count(PlanStatus::Released) > 0;
                    let allowed = matches!(row.verdict, Some(Verdict::Allow { .. }));
                    open && row.decided.is_none() && !allowed
                }))
            }
            Occasion::LateLeaver => {
                let rows = self.store.open_leavers(FOR_EVER, MAX_PAGE).await?;
                let found = rows.iter().any(|row| row.wave.to_string() == *about);
                Ok(found || is_full(rows.len()))
            }
            Occasion::StaleSource => {
                let Some((source, last)) = about.rsplit_once(' ') else {
                    return Ok(true);
                };
                let declared = loaded.tenant.sources.get(source);
                if declared.is_none_or(|source| source.expect_every_hours.is_none()) {
                    return Ok(false);
                }
                Ok(last == last_heard(self.store.last_heard(source).await?))
            }
            // It has happened: it is over when somebody has it, or nobody will ask for it any more.
            Occasion::BreakGlass => {
                Ok(notice.acknowledged.is_none() && now.since(notice.raised) < FORGOTTEN)
            }
            Occasion::CredentialChange | Occasion::Recovery => {
                let under_way = |m: &Message| {
                    matches!(m.status, MessageStatus::Waiting | MessageStatus::Sending)
                };
                let sign_on = loaded.tenant.sign_on.as_ref();
                let wanted = sign_on.is_some_and(|sign_on| sign_on.tell_people.is_some());
                let over =
                    notice.occasion == Occasion::Recovery && !self.code_waits(notice).await?;
                Ok(wanted && !over && notice.messages.iter().any(under_way))
            }
            Occasion::FailedDrill => {
                let Some((drill, number)) = about.rsplit_once(' ') else {
                    return Ok(true);
                };
                if !loaded.tenant.drills.contains_key(drill) {
                    return Ok(false);
                }
                let trouble = self.drill(drill).await?.trouble;
                let run = trouble.and_then(|trouble| trouble.run);
                Ok(run.is_some_and(|run| run.to_string() == *number))
            }
            Occasion::ExpiringCredential => {
                let rows = self.store.ending_tokens(now, FOR_EVER, MAX_PAGE).await?;
                let found = rows.iter().any(|row| row.token.to_string() == *about);
                Ok(found || is_full(rows.len()))
            }
        }
    }
}

/// There may be more than was read, and what was not read is not over.
fn is_full(rows: usize) -> bool {
    rows >= MAX_PAGE as usize
}

/// When a source was heard of last, as notices are about it.
pub(super) fn last_heard(heard: Option<(DeliveryId, Timestamp)>) -> String {
    heard.map_or("never".to_owned(), |(_, at)| at.to_string())
}

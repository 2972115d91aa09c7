//! Looking at apps again from time to time: what somebody did in one of them by hand is found
//! without anybody asking.

use std::sync::atomic::Ordering;
use std::time::Duration;

use model::{Actor, Completeness, Kind, TargetName, Timestamp};

use super::Worker;
use crate::{AppError, ErrorKind};

/// Between two looks for apps whose turn has come.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// After a listing that was not complete, unless the app is looked at more often anyway.
const HOUR: Duration = Duration::from_secs(3_600);
/// The longest that one listing keeps other nodes from beginning the same. Two of them at once
/// would do no harm but to the app.
const LISTING: Duration = Duration::from_secs(900);

impl Worker {
    /// Lists the apps whose turn has come, and plans for whatever has moved there.
    ///
    /// # Errors
    /// When the store does not answer; the other apps are looked at all the same. An app that cannot
    /// be listed is asked again in an hour.
    pub async fn round(&self) -> Result<(), AppError> {
        let loaded = match self.app.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(()),
            loaded => loaded?,
        };
        let mut failed = Ok(());
        for (name, document) in &loaded.tenant.apps {
            let every = HOUR * u32::from(document.observe_every_hours);
            match self.look_at(name, every).await {
                Ok(moved) => _ = self.moved.fetch_or(moved, Ordering::SeqCst),
                // One app must not keep the others from their turn.
                Err(error) => failed = Err(error),
            }
        }
        // What has moved is planned for even if it takes a second try.
        if self.moved.load(Ordering::SeqCst) {
            self.app.plan(&Actor::system(), false).await?;
            self.moved.store(false, Ordering::SeqCst);
        }
        self.seat_who_waits().await?;
        failed
    }

    /// Whether an app's turn has come. One that was never listed is listed by the planning that
    /// first needs it.
    async fn is_due(&self, name: &TargetName, every: Duration) -> Result<bool, AppError> {
        let now = self.app.clock.now();
        let mut due: Option<Timestamp> = None;
        for kind in [Kind::Account, Kind::Group] {
            let Some(row) = self.app.store.last_observation(name, kind).await? else {
                continue;
            };
            let pause = match row.run.completeness {
                Completeness::Full => every,
                Completeness::Partial | Completeness::Unknown => every.min(HOUR),
            };
            let next = row.run.started.plus(pause);
            due = Some(due.map_or(next, |due| due.min(next)));
        }
        Ok(due.is_some_and(|due| due <= now))
    }

    /// Lists an app if its turn has come and no other node does; answers whether anything has moved.
    async fn look_at(&self, name: &TargetName, every: Duration) -> Result<bool, AppError> {
        if !self.is_due(name, every).await? {
            return Ok(false);
        }
        let lease = format!("observe/{name}");
        let holder = &self.settings.holder;
        let Some(held) = self.app.store.acquire(&lease, holder, LISTING).await? else {
            return Ok(false);
        };
        // Another node may have been quicker between the look and the lease.
        let looked = match self.is_due(name, every).await? {
            false => Ok(Vec::new()),
            true => self.app.observe(&Actor::system(), name).await,
        };
        self.app.store.release(&lease, holder, held.fence).await?;
        match looked {
            Ok(runs) => Ok(runs.iter().any(|run| run.changed + run.vanished > 0)),
            Err(error) if is_its_own(&error) => {
                tracing::warn!(target.name = %name, error.code = error.code(), "target.not_observed");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether it is the app's document or its secret that is wrong: that is told where it is used.
fn is_its_own(error: &AppError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Missing
    )
}

//! Looking at apps again from time to time: what somebody did in one of them by hand is found
//! without anybody asking, and planned for by whichever node comes to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use model::{Actor, Completeness, Kind, TargetName, Timestamp};

use super::Worker;
use crate::observe::moved;
use crate::{AppError, ErrorKind};

/// Between two looks for apps whose turn has come.
pub(super) const PAUSE: Duration = Duration::from_secs(60);
/// After a listing that was not complete, unless the app is looked at more often anyway.
const HOUR: Duration = Duration::from_secs(3_600);

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
        let asked = loaded.tenant.apps.iter();
        for (name, document) in asked.filter(|(_, app)| app.handoff().is_none()) {
            let every = HOUR * u32::from(document.observe_every_hours);
            // One app must not keep the others from their turn.
            if let Err(error) = self.look_at(name, every).await {
                failed = Err(error);
            }
        }
        self.plan_for_what_moved(false).await?;
        self.seat_who_waits().await?;
        failed
    }

    /// Plans if a listing of any node has shown something since this one planned for listings last,
    /// or in any case. Whoever listed may have died before it could plan.
    pub(super) async fn plan_for_what_moved(&self, anyway: bool) -> Result<(), AppError> {
        let loaded = self.app.loaded().await?;
        let mut last = 0;
        for name in loaded.tenant.apps.keys() {
            let head = self.app.store.head_of(&moved(name)).await?;
            last = last.max(head.unwrap_or(0));
        }
        if anyway || last > self.planned.load(Ordering::SeqCst) {
            self.app.plan(&Actor::system(), false).await?;
            self.planned.fetch_max(last, Ordering::SeqCst);
        }
        Ok(())
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

    /// Lists an app if its turn has come and no other node does.
    async fn look_at(&self, name: &TargetName, every: Duration) -> Result<(), AppError> {
        if !self.is_due(name, every).await? {
            return Ok(());
        }
        let lease = format!("observe/{name}");
        if !self.hold_listing(&lease).await? {
            return Ok(());
        }
        let looked = self.list_under(&lease, name, every).await;
        self.give_up_listing().await;
        match looked {
            Err(error) if is_its_own(&error) => {
                tracing::warn!(target.name = %name, error.code = error.code(), "target.not_observed");
                Ok(())
            }
            looked => looked,
        }
    }

    /// Lists an app, and meanwhile keeps the lease: a node that is killed keeps others from it for
    /// no longer than one lease lasts. Two listings at once would do no harm but to the app.
    async fn list_under(
        &self,
        lease: &str,
        name: &TargetName,
        every: Duration,
    ) -> Result<(), AppError> {
        // Another node may have been quicker between the look and the lease.
        if !self.is_due(name, every).await? {
            return Ok(());
        }
        let mut look = std::pin::pin!(self.app.observe_by_itself(name));
        loop {
            match tokio::time::timeout(self.settings.lease / 3, look.as_mut()).await {
                Ok(looked) => return looked,
                Err(_) => _ = self.hold_listing(lease).await?,
            }
        }
    }

    /// Takes or renews the lease of a listing; answers whether this node has it.
    async fn hold_listing(&self, lease: &str) -> Result<bool, AppError> {
        let holder = &self.settings.holder;
        let store = &self.app.store;
        let held = store.acquire(lease, holder, self.settings.lease).await?;
        let held = held.map(|held| (lease.to_owned(), held.fence));
        let has_it = held.is_some();
        if let Ok(mut listing) = self.listing.lock() {
            *listing = held;
        }
        Ok(has_it)
    }

    /// Gives back the lease of the listing that is under way, or was cut off.
    pub(super) async fn give_up_listing(&self) {
        let held = self.listing.lock().ok().and_then(|mut held| held.take());
        let Some((lease, fence)) = held else {
            return;
        };
        let store = &self.app.store;
        if let Err(error) = store.release(&lease, &self.settings.holder, fence).await {
            tracing::warn!(lease, error = %error, "lease.not_given_back");
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

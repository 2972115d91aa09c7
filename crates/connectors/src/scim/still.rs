//! Searching an app that searches nothing: all of its list is read, and nothing of ours makes the list
//! longer or shorter meanwhile. It could never be told to be complete otherwise, and whoever is not in
//! a list that is not complete may be there all the same.
//!
//! A listing of the whole app ([`super::list`]) takes no turn here, though what we make meanwhile lets it
//! end as not complete. A search is one call and has a deadline. A listing is as long as the app is large
//! and its budget small, up to hours, and goes page by page for a caller who may never ask for the next one:
//! nobody could be given an account all that time. What it costs is little: what was read counts, nothing is
//! concluded from what was not, and the app is listed again within the hour.

use model::Outcome;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::{Instant, timeout_at};

/// How soon to try again what found no turn.
const AGAIN_MS: u64 = 1_000;

/// Any number of changes at once, or one search through the whole list. Where nobody has to search so,
/// changes wait for nothing.
#[derive(Debug, Default)]
pub(super) struct Still(RwLock<()>);

impl Still {
    /// Held while the list is searched.
    pub(super) async fn searching(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().await
    }

    /// Held while something is made or removed.
    ///
    /// # Errors
    /// Its turn has not come in time: nothing was sent.
    pub(super) async fn changing(
        &self,
        until: Instant,
    ) -> Result<RwLockReadGuard<'_, ()>, Outcome> {
        match timeout_at(until, self.0.read()).await {
            Ok(turn) if Instant::now() < until => Ok(turn),
            _ => Err(Outcome::Later {
                wait_ms: AGAIN_MS,
                detail: "the list of the target was being searched through".to_owned(),
                whole_target: false,
            }),
        }
    }
}

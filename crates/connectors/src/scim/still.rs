//! Searching an app that searches nothing: all of its list is read, and nothing of ours makes the list
//! longer or shorter meanwhile. It could never be told to be complete otherwise, and whoever is not in
//! a list that is not complete may be there all the same.

use std::sync::atomic::{AtomicBool, Ordering};

use model::Outcome;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::{Instant, timeout_at};

/// How soon to try again what found no turn.
const AGAIN_MS: u64 = 1_000;

/// Searches through the whole list, or changes of it: never both at once. Where nobody had to search so,
/// changes wait for nothing.
#[derive(Debug, Default)]
pub(super) struct Still {
    searched: AtomicBool,
    list: RwLock<()>,
}

impl Still {
    /// Held while the list is searched.
    pub(super) async fn searching(&self) -> RwLockReadGuard<'_, ()> {
        self.searched.store(true, Ordering::SeqCst);
        self.list.read().await
    }

    /// Held while something is made or removed.
    ///
    /// # Errors
    /// Its turn has not come in time: nothing was sent.
    pub(super) async fn changing(
        &self,
        until: Instant,
    ) -> Result<Option<RwLockWriteGuard<'_, ()>>, Outcome> {
        if !self.searched.load(Ordering::SeqCst) {
            return Ok(None);
        }
        match timeout_at(until, self.list.write()).await {
            Ok(turn) => Ok(Some(turn)),
            Err(_) => Err(Outcome::Later {
                wait_ms: AGAIN_MS,
                detail: "the list of the target is being searched through".to_owned(),
                whole_target: false,
            }),
        }
    }
}

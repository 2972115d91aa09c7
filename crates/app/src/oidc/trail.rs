//! Records of grants that are kept nowhere else, written together a moment after their answers.
//!
//! A client's token for itself says by itself what it is: no later decision reads its record. So the record
//! need not be durable before the answer, and many are one transaction (ADR 0052). A node that dies takes what
//! waited with it, at most [`GATHERED`] and the append; a node whose store does not take it writes each before its
//! answer again, so that nothing is given on credit while nothing can be written.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::event::ClientGranted;
use model::{Actor, Event};
use ports::store::{Append, AppendError};
use tokio::sync::{Notify, watch};

use crate::{App, AppError};

/// How long records are gathered before they are written.
const GATHERED: Duration = Duration::from_millis(50);
/// So many wait at most; who comes then writes for itself.
const MOST: usize = 10_000;
/// So many are one append.
const APPENDED: usize = 2_000;
/// How long a store that refused is left alone.
const REST: Duration = Duration::from_secs(1);

/// Records that are to be written.
#[derive(Default)]
pub(crate) struct Trail {
    waiting: Mutex<Waiting>,
    /// Rings when one begins to wait.
    begun: Notify,
}

#[derive(Default)]
struct Waiting {
    /// Whether somebody writes what waits, and has not failed at it.
    kept: bool,
    grants: Vec<ClientGranted>,
}

impl Trail {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a record to be written; it comes back where nobody would.
    fn leave(&self, granted: ClientGranted) -> Result<(), ClientGranted> {
        let mut waiting = self.waiting();
        if !waiting.kept || waiting.grants.len() >= MOST {
            return Err(granted);
        }
        waiting.grants.push(granted);
        if waiting.grants.len() == 1 {
            self.begun.notify_one();
        }
        Ok(())
    }

    fn keep(&self, kept: bool) {
        self.waiting().kept = kept;
    }

    fn take(&self) -> Vec<ClientGranted> {
        std::mem::take(&mut self.waiting().grants)
    }

    /// Puts back what could not be written; whoever comes now writes for itself.
    fn put_back(&self, mut grants: Vec<ClientGranted>) {
        let mut waiting = self.waiting();
        waiting.kept = false;
        grants.append(&mut waiting.grants);
        waiting.grants = grants;
    }
}

/// Somebody writes what waits. However that ends, nobody relies on it afterwards.
struct Keeper<'t>(&'t Trail);

impl<'t> Keeper<'t> {
    fn of(trail: &'t Trail) -> Self {
        trail.keep(true);
        Self(trail)
    }
}

impl Drop for Keeper<'_> {
    fn drop(&mut self) {
        self.0.keep(false);
    }
}

impl App {
    /// Records a grant: soon, where this node writes them together, else now.
    pub(super) async fn record_grant(&self, granted: ClientGranted) -> Result<(), AppError> {
        match self.trail.leave(granted) {
            Ok(()) => Ok(()),
            Err(granted) => Ok(self.append_grants(vec![granted]).await?),
        }
    }

    /// Writes records of grants together, until no more can come; then the last of them.
    pub async fn keep_trail(&self, mut served: watch::Receiver<bool>) {
        let _keeper = Keeper::of(&self.trail);
        loop {
            let over = tokio::select! {
                () = self.trail.begun.notified() => false,
                _ = served.wait_for(|over| *over) => true,
            };
            if over {
                self.trail.keep(false);
            } else {
                tokio::time::sleep(GATHERED).await;
            }
            while !self.trail_written().await && !over {
                tokio::time::sleep(REST).await;
            }
            if over {
                return;
            }
            self.trail.keep(true);
        }
    }

    /// Writes what waits. Whether all of it is durable.
    async fn trail_written(&self) -> bool {
        // An append for each client: it is the one who acted.
        let mut by_client: BTreeMap<String, Vec<ClientGranted>> = BTreeMap::new();
        for granted in self.trail.take() {
            let grants = by_client.entry(granted.client.clone()).or_default();
            grants.push(granted);
        }
        let mut left = by_client.into_values();
        while let Some(mut grants) = left.next() {
            while !grants.is_empty() {
                let some = grants.iter().take(APPENDED).cloned().collect();
                if let Err(error) = self.append_grants(some).await {
                    grants.extend(left.flatten());
                    let waiting = grants.len();
                    tracing::error!(%error, waiting, "sign_in.grants_not_recorded");
                    self.trail.put_back(grants);
                    return false;
                }
                grants.drain(..grants.len().min(APPENDED));
            }
        }
        true
    }

    /// Grants of one client.
    async fn append_grants(&self, grants: Vec<ClientGranted>) -> Result<(), AppendError> {
        let client = grants.first().map_or("", |granted| &granted.client);
        let actor = Actor::named(&format!("client {client}"));
        let events = grants.into_iter().map(Event::ClientGranted).collect();
        self.store.append(Append::of(actor, events)).await?;
        Ok(())
    }
}

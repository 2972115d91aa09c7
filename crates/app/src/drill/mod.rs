//! Drills: a made-up person joins, moves and leaves, and each app is looked at.
//!
//! Nothing of it goes a way of its own. What is told of the person is facts of a source; plans,
//! guard, requests and read-backs follow as for anybody. A run only tells the next phase once what
//! the one before came to is known ([`lifecycle::drill`]), and remembers how long it took. How it
//! stands is in the store, whole: whichever node comes next goes on.

mod begin;
mod look;
mod persona;
mod sight;
mod status;
#[cfg(test)]
mod tests;

use std::time::Duration;

use documents::Drill;
use lifecycle::drill::{Turn, due, turn};
use model::{Actor, Timestamp};
use ports::store::{DrillRow, MAX_PAGE};

pub(crate) use persona::is_persona;
pub use status::{DrillStatus, DrillTrouble};

use crate::apply::Worker;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// The lease under which drills go on: one node at a time.
const LEASE: &str = "drills";
/// How long it lasts.
const TTL: Duration = Duration::from_secs(30);
/// Why the schedule begins a run.
const SCHEDULED: &str = "its schedule";

impl Worker {
    /// Begins the drills that are due, and takes each that is under way as far as it goes now. Says
    /// when to come again, as far as time alone decides that.
    ///
    /// # Errors
    /// When the store does not answer; the other drills go on all the same.
    pub async fn drill(&self) -> Result<Option<Timestamp>, AppError> {
        let app = &self.app;
        let loaded = match app.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(None),
            loaded => loaded?,
        };
        let open = app.store.open_drills(MAX_PAGE).await?;
        let now = app.clock.now();
        let mut next = Vec::new();
        let mut coming = Vec::new();
        for drill in loaded.tenant.drills.values() {
            match app.due_at(&loaded, drill).await? {
                Some(at) if at <= now => coming.push(drill),
                later => next.extend(later),
            }
        }
        if open.is_empty() && coming.is_empty() {
            return Ok(next.into_iter().min());
        }
        let holder = &self.settings.holder;
        let Some(lease) = app.store.acquire(LEASE, holder, TTL).await? else {
            return Ok(next.into_iter().min());
        };
        let mut failed = Ok(());
        for row in open {
            match app.carry_on(&loaded, row).await {
                Ok(at) => next.push(at),
                Err(error) => failed = Err(error),
            }
        }
        for drill in coming {
            match app.begin_scheduled(drill).await {
                Ok(at) => next.extend(at),
                Err(error) => failed = Err(error),
            }
        }
        app.store.release(LEASE, holder, lease.fence).await?;
        failed.map(|()| next.into_iter().min())
    }
}

impl App {
    /// When a drill begins by itself next. `None`: it has no schedule, or a run is under way.
    async fn due_at(&self, loaded: &Loaded, drill: &Drill) -> Result<Option<Timestamp>, AppError> {
        let Some(schedule) = drill.schedule else {
            return Ok(None);
        };
        let last = self.last_run(&drill.name).await?.map(|row| row.run);
        if last.as_ref().is_some_and(|run| run.ended.is_none()) {
            return Ok(None);
        }
        let last = last.map(|run| run.begun);
        let on = (schedule.every_days, schedule.at);
        // Documents were checked: the zone is known.
        Ok(due(last, loaded.row.at, on, &drill.zone).ok())
    }

    /// Begins a drill that is due. What holds it is no failure: it is told of where it is asked for,
    /// and it begins when that has ended.
    async fn begin_scheduled(&self, drill: &Drill) -> Result<Option<Timestamp>, AppError> {
        let system = Actor::system();
        let begun = self.run_drill(&system, &drill.name, SCHEDULED, false);
        match begun.await {
            Ok(_) => Ok(Some(self.clock.now())),
            Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
                tracing::warn!(drill = %drill.name, error.code = error.code(), "drill.not_begun");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a run as far as it goes now, and says when to come again.
    async fn carry_on(&self, loaded: &Loaded, row: DrillRow) -> Result<Timestamp, AppError> {
        let (looks, again) = self.looks(loaded, &row.run).await?;
        let now = self.clock.now();
        let carried = match turn(&row.run, &looks, now) {
            Turn::Rest(at) => return Ok(again.map_or(at, |again| again.min(at))),
            Turn::Change(run) | Turn::End(run) => self.keep_run(row.head, &run).await,
            Turn::Next(run, phase) => {
                let told = self.next_phase(loaded, row.head, run, phase);
                told.await.map(|_| ())
            }
        };
        match carried {
            // Another node was first, or something else was told meanwhile: look again.
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(now),
            carried => carried.map(|()| now),
        }
    }
}

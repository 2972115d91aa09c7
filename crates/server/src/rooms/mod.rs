//! What is behind the door: each route's work, by calling the use-cases and writing their
//! answers as wire types. Nothing is decided here that a use-case could decide.

mod change;
mod decide;
mod documents;
mod drills;
mod estate;
mod events;
mod handoff;
mod leavers;
mod ledger;
mod morning;
mod notices;
mod people;
mod preview;
mod registrations;
mod rehearsal;
mod relying_parties;
mod reset;
mod shape;
mod sign_in;
mod table;
mod tasks;
mod tenant;
mod tokens;
mod words;
mod work;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::Problem;
use app::{App, AppError, ErrorKind};
use model::event::CallMade;
use model::{Actor, Event};

use crate::gate::{Caller, Gate, NotAuthenticated};

pub use table::ROUTES;

/// The rooms of one tenant.
pub struct Rooms {
    /// The use-cases.
    pub app: Arc<App>,
    /// The tenant's name.
    pub tenant: String,
    /// Set while the apply worker runs.
    pub worker: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl Gate for Rooms {
    async fn authenticate(&self, token: &str, remote: IpAddr) -> Result<Caller, NotAuthenticated> {
        match self.app.authenticate(token, remote).await {
            Ok(session) => Ok(Caller {
                actor: session.actor,
                scopes: session.scopes,
            }),
            Err(error) if error.kind() == ErrorKind::Denied => {
                Err(NotAuthenticated::Refused { whose: None })
            }
            Err(error) => Err(NotAuthenticated::Unavailable(problem_of(&error))),
        }
    }

    async fn record(&self, actor: &Actor, call: CallMade) -> Result<(), Problem> {
        let append = app::rows::Append::of(actor.clone(), vec![Event::CallMade(call)]);
        let appended = self.app.store().append(append).await;
        appended
            .map(|_| ())
            .map_err(|error| problem_of(&AppError::from(error)))
    }

    async fn unready(&self) -> Vec<&'static str> {
        let mut unready = Vec::new();
        if self.app.store().head().await.is_err() {
            unready.push("store");
        }
        if !self.worker.load(Ordering::SeqCst) {
            unready.push("worker");
        }
        unready
    }

    fn metrics(&self) -> String {
        let running = u8::from(self.worker.load(Ordering::SeqCst));
        format!("# TYPE tenure_worker_running gauge\ntenure_worker_running {running}\n")
    }
}

/// The problem that a use-case's error is on the wire.
fn problem_of(error: &AppError) -> Problem {
    let (status, title) = match error.kind() {
        ErrorKind::Invalid => (400, "invalid"),
        ErrorKind::Denied => (403, "denied"),
        ErrorKind::Missing => (404, "not found"),
        ErrorKind::Conflict => (409, "conflict"),
        ErrorKind::Busy(_) => (503, "busy"),
        ErrorKind::Unknown => (504, "unknown outcome"),
        ErrorKind::Broken => (500, "fault"),
    };
    let mut problem = Problem::new(status, error.code(), title, error.to_string());
    error.fix().clone_into(&mut problem.fix);
    problem.diagnostics = error
        .diagnostics()
        .iter()
        .cloned()
        .map(Into::into)
        .collect();
    if let ErrorKind::Busy(wait) = error.kind() {
        problem.retry_after = Some(wait.as_secs().max(1));
    }
    problem
}

/// As [`problem_of`], for `map_err`.
fn fail(error: impl Into<AppError>) -> Problem {
    problem_of(&error.into())
}

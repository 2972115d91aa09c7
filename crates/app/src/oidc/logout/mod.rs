//! Telling relying parties that a session has ended (OpenID Connect Back-Channel Logout 1.0; SAML Profiles §4.4, by
//! SOAP).
//!
//! ```text
//! a session ends ─► its row is due ─► whom: who was given anything in it ─► intent ─► send ─► outcome
//! leavers: whoever may be signed in no longer ─► their sessions end              └── again, later
//! ```
//!
//! The event that ends a session makes the word due, in the same append, so ending one waits for nobody.
//! An intent is durable before a request is sent, and is written over the head that was read: of several
//! nodes one is first, and sends. Of a node that dies after that nobody knows whether its request
//! arrived; a while later it counts as unanswered and is sent again. So each relying party is told at
//! least once, and as a rule once; the token has the same name (`jti`) each time, by which a
//! relying party can tell.

mod call;
mod leavers;
mod ledger;
mod send;
mod turn;
mod whom;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use model::{Event, Logout, SessionId, SubjectId};
use ports::BackChannel;
use ports::store::{Expect, LogoutRow, Stream};
use tokio::sync::{Mutex, OnceCell, watch};

use crate::{App, AppError, ErrorKind};
use leavers::Watch;
pub use ledger::{Exposure, ToldSession};
use send::Health;
pub(crate) use whom::is_told;

/// Sessions of which relying parties are told at the same time.
const MOST: usize = 256;
/// The longest pause between two looks: what another node ended is seen by then.
const PAUSE: Duration = Duration::from_millis(500);

/// What tells relying parties.
pub struct Teller {
    app: Arc<App>,
    /// The ways to public addresses, and to private ones.
    ways: [OnceCell<Arc<dyn BackChannel>>; 2],
    health: Health,
    watch: Mutex<Watch>,
}

impl Teller {
    /// Tells relying parties for a tenant.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        Self {
            app,
            ways: [OnceCell::new(), OnceCell::new()],
            health: Health::default(),
            watch: Mutex::default(),
        }
    }

    /// Tells relying parties until `stop` says so, and finishes what it is sending. A node on which nobody
    /// signs in has no name to sign with, and tells nobody.
    pub async fn run(&self, stop: watch::Receiver<bool>) {
        if self.app.issuer.is_some() {
            tokio::join!(self.tell_all(stop.clone()), self.watch_leavers(stop));
        }
    }

    /// Does everything once that can be done now.
    ///
    /// # Errors
    /// When the store does not answer. Nothing is lost: the next pass goes on.
    pub async fn pass(&self) -> Result<(), AppError> {
        self.end_leavers().await?;
        let due = self.due(&BTreeSet::new()).await?;
        let carried = futures_util::stream::iter(due).map(|row| self.try_carry(row));
        let carried: Vec<_> = carried.buffer_unordered(MOST).collect().await;
        carried.into_iter().collect()
    }

    async fn tell_all(&self, mut stop: watch::Receiver<bool>) {
        let mut running = FuturesUnordered::new();
        let mut busy = BTreeSet::new();
        while !*stop.borrow() {
            let bell = self.app.goodbye.notified();
            let due = match self.due(&busy).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(error.code = error.code(), error = %error, "logout.failed");
                    Vec::new()
                }
            };
            for row in due {
                busy.insert(row.session);
                running.push(self.carry(row));
            }
            let full = busy.len() == MOST;
            let pause = tokio::time::sleep(PAUSE);
            tokio::pin!(bell, pause);
            loop {
                tokio::select! {
                    Some(done) = running.next(), if !running.is_empty() => {
                        busy.remove(&done);
                        if full && busy.len() < MOST / 2 {
                            break;
                        }
                    }
                    () = &mut bell, if busy.len() < MOST => break,
                    () = &mut pause => break,
                    _ = stop.changed() => break,
                }
            }
        }
        while running.next().await.is_some() {}
    }

    /// What is due and not under way here, as much as there is room for.
    async fn due(&self, busy: &BTreeSet<SessionId>) -> Result<Vec<LogoutRow>, AppError> {
        let limit = u32::try_from(MOST).unwrap_or(u32::MAX);
        let due = self.app.store.logouts_due(self.app.now(), limit).await?;
        let new = due.into_iter().filter(|row| !busy.contains(&row.session));
        Ok(new.take(MOST - busy.len().min(MOST)).collect())
    }

    /// One session must not hold up the others: what fails is told to the log, and is due still.
    async fn carry(&self, row: LogoutRow) -> SessionId {
        let session = row.session;
        if let Err(error) = self.try_carry(row).await {
            tracing::error!(session.id = %session, error.code = error.code(), error = %error,
                "logout.set_aside");
            tokio::time::sleep(PAUSE).await;
        }
        session
    }

    async fn try_carry(&self, row: LogoutRow) -> Result<(), AppError> {
        let (session, subject) = (row.session, row.subject);
        let Some((row, person)) = self.standing(session, subject).await? else {
            return Ok(());
        };
        let now = self.app.now();
        let state = match &row.state {
            Some(state) => state.clone(),
            None => match self.app.whom_to_tell(session, now).await? {
                Some(state) => state,
                None => return Ok(()),
            },
        };
        let (state, begun) = turn::begin(&state, now);
        if row.state.as_ref() == Some(&state) {
            // Another node was quicker.
            return Ok(());
        }
        let mut findings = Vec::new();
        for party in state.parties.iter().filter(|party| party.at == now) {
            findings.extend(self.findings(party).await?);
        }
        match self.write(&row, person, &state, findings).await {
            Ok(()) => self.send(session, &state, &begun).await,
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How telling of a session's end stands, and that whose it was is not erased until that is written.
    async fn standing(
        &self,
        session: SessionId,
        subject: SubjectId,
    ) -> Result<Option<(LogoutRow, Expect)>, AppError> {
        let person = Stream::new("person", subject);
        let head = self.app.store.head_of(&person).await?;
        let row = self.app.store.logout(session).await?;
        Ok(row.map(|row| (row, Expect::Head(person, head))))
    }

    async fn write(
        &self,
        row: &LogoutRow,
        person: Expect,
        state: &Logout,
        more: Vec<Event>,
    ) -> Result<(), AppError> {
        let append = turn::told(row, state, more).expecting(person);
        self.app.store.append(append).await?;
        Ok(())
    }
}

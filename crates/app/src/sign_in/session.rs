//! Where somebody is signed in.

use std::time::Duration;

use model::event::SessionChanged;
use model::sign_in::{Ended, FactorUse};
use model::{Actor, Event, Secret, Session, SessionId, SubjectId, Timestamp};
use ports::store::{Append, SessionRow, Stream};

use super::Bearer;
use super::name::no_policy;
use crate::{App, AppError, ErrorKind, Known};

/// As many sessions of a person are looked at and ended in one go.
pub(super) const MANY: u32 = 1_000;

/// A session that has just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Which.
    pub id: SessionId,
    /// What the browser keeps.
    pub cookie: Secret,
    /// What the browser keeps for longer: that this person has signed in there. It opens nothing.
    pub device: Secret,
    /// It is over then, however it is used.
    pub ends: Timestamp,
}

/// A session in which somebody is signed in now.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Which, and how it stands.
    pub row: SessionRow,
    /// Who, as they are now.
    pub known: Known,
}

/// Why a session has ended that its owner ended in the browser that held it.
pub(crate) const SIGNED_OUT: &str = "signed out";

impl App {
    /// The session that a browser holds, if it is open and its owner may be signed in. Whoever may not
    /// has none from then on.
    ///
    /// # Errors
    /// When the store does not answer, or there is no policy.
    pub async fn session_of(&self, cookie: &str) -> Result<Option<Opened>, AppError> {
        let read = Bearer::SESSION.read::<SessionId>(&*self.keyring, cookie);
        let Some((id, _)) = read else {
            return Ok(None);
        };
        let now = self.clock.now();
        let row = self.store.session(id).await?;
        let Some(row) = row.filter(|row| row.state.is_open(now)) else {
            return Ok(None);
        };
        match self.member(row.state.subject).await? {
            Ok(known) => {
                let row = self.used(row, now).await?;
                Ok(Some(Opened { row, known }))
            }
            Err(bar) => {
                self.end(&Actor::system(), row, bar.as_str()).await?;
                Ok(None)
            }
        }
    }

    /// Puts the end of an idle session off, at most once in a quarter of its time: not every look is
    /// worth a record.
    async fn used(&self, mut row: SessionRow, now: Timestamp) -> Result<SessionRow, AppError> {
        let (idle, _) = self.session_limits().await?;
        let idle_ends = now.plus(idle);
        if idle_ends.since(row.state.idle_ends) < idle / 4 {
            return Ok(row);
        }
        row.state.idle_ends = idle_ends;
        match self.keep(&Actor::system(), &row).await {
            Ok(head) => row.head = Some(head),
            // Somebody else wrote: either the same, or that it has ended, which the next look sees.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        Ok(row)
    }

    /// So many hours after it began a session is over.
    pub(crate) async fn session_hours(&self) -> Result<u16, AppError> {
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref().ok_or_else(no_policy)?;
        Ok(sign_on.session.hours)
    }

    /// How long a session may be idle, and how long it lasts.
    async fn session_limits(&self) -> Result<(Duration, Duration), AppError> {
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref().ok_or_else(no_policy)?;
        let minutes = u64::from(sign_on.session.idle_minutes);
        let hours = u64::from(sign_on.session.hours);
        Ok((
            Duration::from_secs(minutes * 60),
            Duration::from_secs(hours * 3600),
        ))
    }

    /// The event that begins a session, and what the browser is to keep.
    pub(crate) async fn new_session(
        &self,
        subject: SubjectId,
        factors: Vec<FactorUse>,
    ) -> Result<(SessionRow, SignedIn), AppError> {
        let (idle, longest) = self.session_limits().await?;
        let now = self.clock.now();
        let id = SessionId::new(now, ports::clock::draw(&*self.entropy));
        let ends = now.plus(longest);
        let state = Session {
            subject,
            began: now,
            factors,
            idle_ends: now.plus(idle),
            ends,
            ended: None,
        };
        let row = SessionRow {
            id,
            head: None,
            state,
        };
        let cookie = Secret::new(Bearer::SESSION.write(&*self.keyring, id, 0));
        let device = self.new_device(subject);
        let signed_in = SignedIn {
            id,
            cookie,
            device,
            ends,
        };
        Ok((row, signed_in))
    }

    /// Ends the session that a browser holds.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_out(&self, cookie: &str) -> Result<(), AppError> {
        self.end_held(cookie, SIGNED_OUT).await
    }

    /// Ends the session that a browser holds.
    pub(crate) async fn end_held(&self, cookie: &str, reason: &str) -> Result<(), AppError> {
        let read = Bearer::SESSION.read::<SessionId>(&*self.keyring, cookie);
        let Some((id, _)) = read else {
            return Ok(());
        };
        match self.store.session(id).await? {
            Some(row) if row.state.ended.is_none() => {
                let actor = Actor::named(&row.state.subject.to_string());
                self.end(&actor, row, reason).await
            }
            _ => Ok(()),
        }
    }

    /// The sessions of a person that are open, newest first.
    ///
    /// # Errors
    /// As [`App::one_person`].
    pub async fn sessions(&self, person: &str) -> Result<Vec<SessionRow>, AppError> {
        let known = self.one_person(person).await?;
        let now = self.clock.now();
        Ok(self
            .store
            .sessions_of(known.person.subject, now, MANY)
            .await?)
    }

    /// Ends every session of a person; how many there were.
    ///
    /// # Errors
    /// As [`App::one_person`].
    pub async fn end_sessions(
        &self,
        actor: &Actor,
        person: &str,
        reason: &str,
    ) -> Result<usize, AppError> {
        let mut ended = 0;
        loop {
            let rows = self.sessions(person).await?;
            if rows.is_empty() {
                return Ok(ended);
            }
            for row in rows {
                self.end(actor, row, reason).await?;
                ended += 1;
            }
        }
    }

    /// Ends a session, whoever else writes at the same time. What was given in it counts no longer: that is
    /// asked of the session each time.
    /// Relying parties are told by others, later.
    pub(crate) async fn end(
        &self,
        actor: &Actor,
        row: SessionRow,
        reason: &str,
    ) -> Result<(), AppError> {
        let tell = self.tells_relying_parties().await;
        let id = row.id;
        let mut current = Some(row);
        while let Some(mut row) = current.take().filter(|row| row.state.ended.is_none()) {
            row.state.ended = Some(Ended {
                at: self.clock.now(),
                reason: reason.to_owned(),
            });
            let event = told(&row, tell);
            match self.keep_as(actor, &row, event).await {
                Ok(_) => self.goodbye.notify_one(),
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    current = self.store.session(id).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn keep(&self, actor: &Actor, row: &SessionRow) -> Result<u64, AppError> {
        self.keep_as(actor, row, changed(row)).await
    }

    async fn keep_as(
        &self,
        actor: &Actor,
        row: &SessionRow,
        event: Event,
    ) -> Result<u64, AppError> {
        let append = Append::of(actor.clone(), vec![event]);
        let append = append.on(stream(row.id), row.head);
        Ok(self.store.append(append).await?.last)
    }
}

/// The stream of a session.
pub(crate) fn stream(id: SessionId) -> Stream {
    Stream::new("session", id)
}

/// The event that tells how a session stands.
pub(crate) fn changed(row: &SessionRow) -> Event {
    told(row, false)
}

/// The same; with `tell`, it has ended and relying parties are to know.
pub(crate) fn told(row: &SessionRow, tell: bool) -> Event {
    Event::SessionChanged(SessionChanged {
        session: row.id,
        state: row.state.clone(),
        tell,
    })
}

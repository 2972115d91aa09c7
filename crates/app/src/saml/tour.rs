//! Word of the end of a session to the other service providers of it, by the browser in which it has ended (SAML
//! Profiles §4.4.3.2): to one after the other, by redirect or by form, each of which sends the browser back.
//!
//! The session has ended before the first of them is told, and whoever can be called without a browser is called. So
//! nothing depends on how far the browser comes. What it holds meanwhile is sealed: whom it is still to be sent to, by
//! the names of documents, and what is answered then. Addresses are those of the documents at each stop.

use std::time::Duration;

use documents::RelyingParty;
use model::{Actor, AuthorizationId, Digest, SessionId, SubjectId, Timestamp};
use ports::store::{Append, OneTime};
use protocol::oauth::Response;
use protocol::saml::logout::{LogoutOutcome, LogoutReply, SignOut};
use protocol::saml::{EntityId, Message, MessageId, Received, Reception, RelayState};
use serde::{Deserialize, Serialize};

use super::asked::LONGEST as LONGEST_MESSAGE;
use super::farewell::Names;
use super::give::unwritten;
use super::logout::{BY_ITSELF, carried, refused, success};
use super::provider::provider;
use super::signing::credential;
use super::{LIFE, SKEW};
use crate::oidc::{HeldTour, LoggedOut, authorization_changed, authorization_stream, is_told};
use crate::sign_in::{Bearer, ended};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// As many are told by a browser: each costs whoever waits a page.
const MOST: usize = 20;
/// The longest text that a browser holds, in bytes: it is one cookie.
const LONGEST: usize = 3_500;
const PURPOSE: &str = "sign-out/tour";
/// The space of requests that were answered.
const ANSWERED: &str = "saml-logout-answer";
/// Why an answer leads nowhere.
const NOWHERE: &str = "it answers nothing that this browser was sent to ask, or came too late: you are signed out here";

/// How far a browser has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tour {
    begun: Timestamp,
    session: SessionId,
    subject: SubjectId,
    /// Who is still to be told.
    pub(super) ahead: Vec<Stop>,
    /// Who is being told, and what the request is called.
    at: Option<(Stop, String)>,
    /// Whether somebody was not told.
    pub(super) partial: bool,
    /// What comes then.
    pub(super) then: Then,
}

/// One name that somebody has at a service provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Stop {
    /// The name of its document.
    party: String,
    /// A sign-in under that name.
    given: AuthorizationId,
}

/// What comes when everybody was told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Then {
    /// A page, or an address that was found good before.
    There(Option<String>),
    /// The service provider that asked is answered.
    Answer {
        /// The name of its document.
        party: String,
        /// What its request is called.
        request: String,
        /// What it wants back.
        state: Option<String>,
    },
}

impl App {
    /// Whom a browser has to tell of the end of its session, but for one that knows; and whether there are others who
    /// are not told at all.
    pub(super) async fn tour(
        &self,
        loaded: &Loaded,
        (session, subject): (SessionId, SubjectId),
        but: Option<&EntityId>,
    ) -> Result<Tour, AppError> {
        let mut tour = Tour {
            begun: self.now(),
            session,
            subject,
            ahead: Vec::new(),
            at: None,
            partial: false,
            then: Then::There(None),
        };
        for given in self.given_in(session).await?.into_values() {
            let over = given.ended.as_ref();
            let over = over.is_some_and(|ended| ended.reason == BY_ITSELF);
            let asked = but.is_some_and(|but| but.as_str() == given.client);
            if asked || over || is_told(loaded, &given) {
                continue;
            }
            let party = loaded.tenant.relying_parties.get(&given.relying_party);
            let saml = party.and_then(RelyingParty::saml);
            let Some(saml) =
                saml.filter(|saml| saml.entity_id == given.client && saml.slo.is_some())
            else {
                tour.partial = true;
                continue;
            };
            let (names, is_forgotten) = self.names_in(saml, (session, subject)).await?;
            tour.partial |= is_forgotten;
            for (_, ids) in names.values() {
                match ids.first() {
                    Some(id) if tour.ahead.len() < MOST => tour.ahead.push(Stop {
                        party: given.relying_party.clone(),
                        given: *id,
                    }),
                    _ => tour.partial = true,
                }
            }
        }
        Ok(tour)
    }

    /// Somebody signs out in this browser: the session ends, and then apps are told that have only the browser to hear
    /// by. `location`: where it goes then.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn signs_out(
        &self,
        cookie: &str,
        location: Option<String>,
    ) -> Result<LoggedOut, AppError> {
        let held = Bearer::SESSION.read::<SessionId>(&*self.keyring, cookie);
        let row = match held {
            Some((id, _)) => self.store.session(id).await?,
            None => None,
        };
        let live = row.filter(|row| row.state.ended.is_none());
        let frames = self.sign_out_here(cookie).await?;
        let mut tour = None;
        if let Some(row) = live {
            let loaded = self.loaded().await?;
            let about = (row.id, row.state.subject);
            let all = self.tour(&loaded, about, None).await?;
            tour = Some(all).filter(|tour| !tour.ahead.is_empty());
        }
        let Some(mut tour) = tour else {
            return Ok(match frames.is_empty() {
                true => LoggedOut::Done(location),
                false => LoggedOut::Framed(frames, location),
            });
        };
        tour.then = Then::There(location.clone());
        if frames.is_empty() {
            return self.next_stop(tour, true).await;
        }
        Ok(match self.sealed_tour(&tour) {
            Some(tour) => LoggedOut::FramedFirst(frames, tour),
            None => LoggedOut::Framed(frames, location),
        })
    }

    /// A browser comes back that holds this, without an answer: it goes on to the next.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn saml_goes_on(&self, held: Option<&str>) -> Result<LoggedOut, AppError> {
        match self.held_tour(held) {
            Some(tour) if tour.at.is_none() => self.next_stop(tour, false).await,
            _ => Ok(LoggedOut::Over(None)),
        }
    }

    /// A service provider answers a request of ours, by a browser that holds this: the raw query, or the body of a POST.
    ///
    /// # Errors
    /// When the store does not answer; an answer that is refused leads nowhere.
    pub async fn saml_slo_answer(
        &self,
        raw: &[u8],
        posted: bool,
        held: Option<&str>,
    ) -> Result<LoggedOut, AppError> {
        let received = match posted {
            _ if raw.len() > LONGEST_MESSAGE => return Ok(refused(&NOWHERE)),
            true => Received::post(raw),
            false => Received::redirect(raw),
        };
        let received = match received {
            Ok(received) => received,
            Err(why) => return Ok(refused(&why)),
        };
        let message = match Message::read(&received) {
            Ok(message) => message,
            Err(why) => return Ok(refused(&why)),
        };
        let Some(mut tour) = self.held_tour(held) else {
            return Ok(refused(&NOWHERE));
        };
        // The name of a request is chance that only whoever was asked has seen: what does not bring it is no answer,
        // and whoever brings it has answered, well or not.
        let Some((stop, id)) = tour.at.take() else {
            return Ok(refused(&NOWHERE));
        };
        if message.in_response_to() != Some(id.as_str()) {
            return Ok(refused(&NOWHERE));
        }
        let one = OneTime {
            space: ANSWERED,
            value: Digest::of(id.as_bytes()),
        };
        let until = tour.begun.plus(WITHIN);
        if !self.store.spend(one, until, self.now()).await? {
            return Ok(refused(&NOWHERE));
        }
        tour.partial |= !self
            .has_ended(&tour, &stop, (&message, id.as_str()))
            .await?;
        self.next_stop(tour, false).await
    }

    /// Whether a service provider has ended everything there; that is written down.
    async fn has_ended(
        &self,
        tour: &Tour,
        stop: &Stop,
        (message, id): (&Message<'_>, &str),
    ) -> Result<bool, AppError> {
        let loaded = self.loaded().await?;
        let party = loaded.tenant.relying_parties.get(&stop.party);
        let Some(saml) = party.and_then(RelyingParty::saml) else {
            return Ok(false);
        };
        let Some(provider) = provider(saml) else {
            return Ok(false);
        };
        let location = self.slo()?;
        let at = Reception {
            location: &location,
            now: self.now(),
            skew: SKEW,
            life: LIFE,
        };
        let outcome = match LogoutOutcome::parse(message, &provider, &at, id) {
            Ok(outcome) if outcome.has_ended || outcome.is_unknown => outcome,
            Ok(_) | Err(_) => return Ok(false),
        };
        let about = (tour.session, tour.subject);
        let (names, _) = self.names_in(saml, about).await?;
        let actor = Actor::named(&tour.subject.to_string());
        let mut append = Append::of(actor, Vec::new());
        for id in named(&names, stop)
            .map(|(_, ids)| ids)
            .into_iter()
            .flatten()
        {
            let row = self.store.authorization(*id).await?;
            if let Some(mut row) = row.filter(|row| row.state.ended.is_none()) {
                row.state.ended = Some(ended(self.now(), BY_ITSELF));
                append.events.push(authorization_changed(&row));
                append = append.on(authorization_stream(row.id), row.head);
            }
        }
        if !append.events.is_empty() {
            match self.store.append(append).await.map_err(AppError::from) {
                // Somebody else writes of it: it is over either way.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                written => written.map(drop)?,
            }
        }
        Ok(!outcome.is_partial)
    }

    /// To the next who can be told; at the end, to what comes then.
    pub(super) async fn next_stop(&self, mut tour: Tour, own: bool) -> Result<LoggedOut, AppError> {
        let loaded = self.loaded().await?;
        while !tour.ahead.is_empty() {
            let stop = tour.ahead.remove(0);
            let id = self.message_id();
            let word = self.word_to(&loaded, &tour, &stop, &id).await?;
            tour.at = Some((stop, id.as_str().to_owned()));
            let sealed = self.sealed_tour(&tour);
            if let (Some(response), Some(tour)) = (word, sealed) {
                return Ok(LoggedOut::Toured {
                    response,
                    tour,
                    own,
                });
            }
            (tour.at, tour.partial) = (None, true);
        }
        match &tour.then {
            Then::There(location) => Ok(match own {
                true => LoggedOut::Done(location.clone()),
                false => LoggedOut::Over(location.clone()),
            }),
            Then::Answer {
                party,
                request,
                state,
            } => {
                let party = loaded.tenant.relying_parties.get(party);
                let provider = party.and_then(|party| provider(party.saml()?));
                let state = state.as_deref().map_or(Ok(None), RelayState::new);
                let reply = provider.and_then(|provider| {
                    let reply = LogoutReply::to(&provider, request.clone(), state.ok()?)?;
                    Some((provider.entity_id, reply))
                });
                let Some((to, reply)) = reply else {
                    return Ok(LoggedOut::Over(None));
                };
                let status = success(tour.partial);
                let response = self.logout_response(&loaded, &to, (&reply, &status));
                Ok(LoggedOut::Answered(response.await?, own))
            }
        }
    }

    /// The request to a service provider; `None` where nobody can be told there any more.
    async fn word_to(
        &self,
        loaded: &Loaded,
        tour: &Tour,
        stop: &Stop,
        id: &MessageId,
    ) -> Result<Option<Response>, AppError> {
        let party = loaded.tenant.relying_parties.get(&stop.party);
        let saml = party.and_then(RelyingParty::saml);
        let Some((saml, provider)) = saml.and_then(|saml| Some((saml, provider(saml)?))) else {
            return Ok(None);
        };
        let (names, _) = self.names_in(saml, (tour.session, tour.subject)).await?;
        let Some((name_id, ids)) = named(&names, stop) else {
            return Ok(None);
        };
        let sessions: Vec<String> = ids.iter().map(|id| self.session_index(*id)).collect();
        let sessions: Vec<&str> = sessions.iter().map(String::as_str).collect();
        let now = self.now();
        let word = SignOut {
            issuer: &self.entity_id()?,
            id,
            now,
            until: now.plus(LIFE),
            name_id,
            sessions: &sessions,
        };
        let keys = self.keys(&[]).await?;
        let written = word.write(&provider, None, credential(&keys, loaded, saml, None)?);
        Ok(written.map_err(|why| unwritten(&why))?.map(carried))
    }

    /// `None` where it is longer than a browser keeps.
    fn sealed_tour(&self, tour: &Tour) -> Option<HeldTour> {
        let text = self.sealed_text(PURPOSE, tour, LONGEST)?;
        Some(HeldTour(text.expose().to_owned()))
    }

    fn held_tour(&self, held: Option<&str>) -> Option<Tour> {
        let tour: Tour = self.opened_text(PURPOSE, held?, LONGEST)?;
        let now = self.now();
        (now >= tour.begun && now < tour.begun.plus(WITHIN)).then_some(tour)
    }
}

/// The name of a stop, with its sign-ins.
fn named<'n>(
    names: &'n Names,
    stop: &Stop,
) -> Option<&'n (protocol::saml::NameId, Vec<AuthorizationId>)> {
    names.values().find(|(_, ids)| ids.contains(&stop.given))
}

//! A service provider's word that somebody signs out (SAML Core §3.7, SAML Profiles §4.4).
//!
//! It ends the session here, as signing out does, and so whoever wants to be told of that by a request of ours is
//! told. It is believed of what that service provider was told, and of nothing else: each `SessionIndex` is one
//! that we gave it, and the name is the one that it was told there. Apps that cannot be told are not passed over:
//! the answer says then that the logout is a partial one.

use std::collections::BTreeSet;

use documents::RelyingParty;
use model::{Actor, AuthorizationId, SessionId};
use ports::store::{Append, AppendError, AuthorizationRow, SessionRow};
use protocol::oauth::Response;
use protocol::saml::logout::{LogoutReply, LogoutRequest, Outgoing};
use protocol::saml::{
    EntityId, Message, NameId, NameIdFormat, Received, Reception, RelayState, ServiceProvider,
    Status, StatusCode, StatusDetail,
};

use super::asked::{LONGEST, UNKNOWN, one_time, party_of, sender};
use super::give::unwritten;
use super::signing::credential;
use super::tour::{Then, Tour};
use super::{LIFE, SKEW};
use crate::oidc::{Asker, LoggedOut, authorization_changed, authorization_stream};
use crate::sign_in::{Bearer, ended, session_stream, session_told};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// The space of requests that have ended something.
const LOGOUT: &str = "saml-logout";
/// Sessions of one person that are ended in one go.
const MANY: u32 = 1_000;
/// Times that are begun again where somebody else writes at the same time.
const TURNS: usize = 5;
/// Why what a service provider was given is over, where it said so itself.
pub(crate) const BY_ITSELF: &str = "signed out by the service provider";

/// A request of a service provider that was looked up.
struct Said<'a> {
    /// The name of its document.
    party: &'a str,
    provider: &'a ServiceProvider,
    request: &'a LogoutRequest,
    /// What it wants back with the answer.
    relay_state: Option<&'a RelayState>,
}

/// What came of it.
#[derive(Default)]
struct Ended {
    /// Whether it was about something that the service provider was told.
    known: bool,
    /// The sessions that it has ended.
    sessions: BTreeSet<SessionId>,
    /// Whether another app has something of one of them, and nobody tells it.
    partial: bool,
    /// Whom this browser brings word of the end of its own session.
    tour: Option<Tour>,
}

impl App {
    /// Answers a request of a service provider that somebody be signed out: the raw query, or the body of a POST.
    ///
    /// # Errors
    /// When the store does not answer; a request that is refused is an answer, and ends nothing.
    pub async fn saml_slo(
        &self,
        raw: &[u8],
        posted: bool,
        asker: Asker<'_>,
    ) -> Result<LoggedOut, AppError> {
        if raw.len() > LONGEST {
            return Ok(refused(&"the request is longer than is taken: send less"));
        }
        let received = match posted {
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
        let loaded = self.loaded().await?;
        let Some((party, provider)) = sender(&loaded, &message) else {
            return Ok(refused(&UNKNOWN));
        };
        let location = self.slo()?;
        let at = Reception {
            location: &location,
            now: self.now(),
            skew: SKEW,
            life: LIFE,
        };
        let request = match LogoutRequest::parse(&message, &provider, &at) {
            Ok(request) => request,
            Err(why) => return Ok(refused(&why)),
        };
        let said = Said {
            party: &party,
            provider: &provider,
            request: &request,
            relay_state: received.relay_state(),
        };
        match self.saml_end(&loaded, &said, asker).await? {
            Some(ended) => self.saml_ended(&loaded, &said, ended, asker).await,
            None => Ok(refused(
                &"the request was answered before, and counts once: sign out again",
            )),
        }
    }

    /// Ends what a request is about; `None`: it was used up before.
    async fn saml_end(
        &self,
        loaded: &Loaded,
        said: &Said<'_>,
        asker: Asker<'_>,
    ) -> Result<Option<Ended>, AppError> {
        let mut turn = 0;
        loop {
            let rows = self.saml_meant(said, asker).await?;
            let own = self.session_held(asker);
            let (append, ended) = self.saml_ending(loaded, said, rows, own).await?;
            let Some(append) = append else {
                return Ok(Some(ended));
            };
            match self.store.append(append).await {
                Ok(_) => {
                    self.goodbye.notify_one();
                    return Ok(Some(ended));
                }
                Err(AppendError::AlreadyUsed(space)) if space == LOGOUT => return Ok(None),
                Err(AppendError::Conflict { .. }) if turn < TURNS => turn += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What the service provider was told, in the sessions that it names; where it names none, in every session
    /// of the person whose session this browser holds.
    async fn saml_meant(
        &self,
        said: &Said<'_>,
        asker: Asker<'_>,
    ) -> Result<Vec<AuthorizationRow>, AppError> {
        let mut rows = Vec::new();
        for index in &said.request.sessions {
            if let Some(id) = self.sign_in_of(index) {
                rows.extend(self.store.authorization(id).await?);
            }
        }
        if said.request.sessions.is_empty()
            && let Some(id) = self.session_held(asker)
            && let Some(own) = self.store.session(id).await?
        {
            rows = self.all_given_in(own.id).await?;
            // Whoever names nobody's session is told nothing of others' either.
            if rows.iter().any(|row| self.is_about(said, row)) {
                let subject = own.state.subject;
                let all = self.store.sessions_of(subject, self.now(), MANY).await?;
                for other in all.iter().filter(|other| other.id != own.id) {
                    rows.extend(self.all_given_in(other.id).await?);
                }
            }
        }
        rows.retain(|row| self.is_about(said, row));
        Ok(rows)
    }

    /// Whether a request is about what was given: to the one who has sent it, of the one whom it names.
    fn is_about(&self, said: &Said<'_>, row: &AuthorizationRow) -> bool {
        let name = &said.request.name_id;
        let known = said.provider.name_id_formats.first().copied();
        // One without a format is of whichever both agreed on (SAML Core §8.3.1).
        let agreed = name.format == known || name.format == Some(NameIdFormat::Unspecified);
        let theirs = said.provider.entity_id.as_str();
        let of_them = name.provider_qualifier.as_deref();
        let of_us = match (&name.qualifier, self.entity_id()) {
            (None, _) => true,
            (Some(said), Ok(own)) => own.as_str() == said,
            (Some(_), Err(_)) => false,
        };
        row.state.client == theirs
            && agreed
            && of_us
            && of_them.is_none_or(|said| said == theirs)
            && self.name_told(row.id, name).as_deref() == Some(row.state.challenge.as_str())
    }

    /// By what a name is recognised that somebody was told under.
    pub(super) fn name_told(&self, id: AuthorizationId, name: &NameId) -> Option<String> {
        let named = format!("{id}\0{}", name.value.known()?);
        let digest = self.keyring.keyed_digest("saml/told", named.as_bytes());
        Some(digest.to_string())
    }

    /// The append that ends it, and with it uses the request up; none where nothing is left to end.
    async fn saml_ending(
        &self,
        loaded: &Loaded,
        said: &Said<'_>,
        rows: Vec<AuthorizationRow>,
        own: Option<SessionId>,
    ) -> Result<(Option<Append>, Ended), AppError> {
        let mut result = Ended {
            known: !rows.is_empty(),
            ..Ended::default()
        };
        let Some(first) = rows.first() else {
            return Ok((None, result));
        };
        let (now, tell) = (self.now(), self.tells_relying_parties().await);
        let actor = Actor::named(&first.state.subject.to_string());
        let mut append = Append::of(actor, Vec::new());
        let ids: BTreeSet<SessionId> = rows.iter().map(|row| row.state.session).collect();
        for id in ids {
            let open = |row: &SessionRow| row.state.ended.is_none();
            if let Some(mut row) = self.store.session(id).await?.filter(open) {
                let but = Some(&said.provider.entity_id);
                let mut tour = self.tour(loaded, (id, row.state.subject), but).await?;
                // Another browser's apps are told by no form of this one.
                result.partial |= tour.partial || (own != Some(id) && !tour.ahead.is_empty());
                if own == Some(id) {
                    tour.partial = false;
                    result.tour = Some(tour);
                }
                result.sessions.insert(id);
                row.state.ended = Some(ended(now, &format!("signed out at {}", said.party)));
                append.events.push(session_told(&row, tell));
                append = append.on(session_stream(id), row.head);
            }
        }
        for mut row in rows.into_iter().filter(|row| row.state.ended.is_none()) {
            row.state.ended = Some(ended(now, BY_ITSELF));
            append.events.push(authorization_changed(&row));
            append = append.on(authorization_stream(row.id), row.head);
        }
        let one = one_time(LOGOUT, &said.provider.entity_id, &said.request.id);
        let append = (!append.events.is_empty()).then(|| append.consuming(one));
        Ok((append, result))
    }

    /// What the service provider is brought; a page where its document does not say where to. Others of the session come
    /// first.
    async fn saml_ended(
        &self,
        loaded: &Loaded,
        said: &Said<'_>,
        mut ended: Ended,
        asker: Asker<'_>,
    ) -> Result<LoggedOut, AppError> {
        if let Some(mut tour) = ended.tour.take().filter(|tour| !tour.ahead.is_empty()) {
            tour.partial = ended.partial;
            if said.request.reply_to.is_some() {
                let state = said.relay_state.map(|state| state.as_str().to_owned());
                tour.then = Then::Answer {
                    party: said.party.to_owned(),
                    request: said.request.id.clone(),
                    state,
                };
            }
            return self.next_stop(tour, true).await;
        }
        let unknown = "nobody of that name was signed in there in a session of that index";
        let Some(reply) = &said.request.reply_to else {
            return match ended.known {
                true => Ok(LoggedOut::Done(None)),
                false => Ok(refused(&unknown)),
            };
        };
        let status = match ended.known {
            false => Status::requester(StatusDetail::UnknownPrincipal, unknown),
            true => success(ended.partial),
        };
        let own = self
            .session_held(asker)
            .is_some_and(|id| ended.sessions.contains(&id));
        let response = self
            .logout_response(loaded, &said.provider.entity_id, (reply, &status))
            .await?;
        Ok(LoggedOut::Answered(response, own))
    }

    /// The answer to a service provider, signed.
    pub(super) async fn logout_response(
        &self,
        loaded: &Loaded,
        to: &EntityId,
        (reply, status): (&LogoutReply, &Status),
    ) -> Result<Response, AppError> {
        let keys = self.keys(&[]).await?;
        let about = (&self.entity_id()?, &self.message_id(), self.now());
        let party = party_of(loaded, to.as_str());
        let credential = match party.and_then(RelyingParty::saml) {
            Some(saml) => credential(&keys, loaded, saml, None)?,
            None => keys.credential()?,
        };
        let written = reply.write(about, status, credential);
        Ok(carried(written.map_err(|why| unwritten(&why))?))
    }

    /// The session that a browser holds.
    fn session_held(&self, asker: Asker<'_>) -> Option<SessionId> {
        let read = Bearer::SESSION.read(&*self.keyring, asker.session?);
        read.map(|(id, _)| id)
    }
}

/// What a browser is to do with a message of ours.
pub(crate) fn carried(message: Outgoing) -> Response {
    match message {
        Outgoing::Redirect(url) => Response::Redirect {
            location: url.as_str().to_owned(),
        },
        Outgoing::Post(form) => Response::FormPost {
            action: form.action,
            fields: form.fields,
        },
    }
}

/// That the session here is over, and whether everybody knows.
pub(super) const fn success(partial: bool) -> Status {
    match partial {
        false => Status::SUCCESS,
        true => Status {
            code: StatusCode::Success,
            detail: Some(StatusDetail::PartialLogout),
            message: Some("the person may be signed in still at apps that were not told"),
        },
    }
}

/// Shown to the person; nothing has ended.
pub(super) fn refused(why: &dyn ToString) -> LoggedOut {
    LoggedOut::Refused(why.to_string())
}

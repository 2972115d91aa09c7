//! The end of what was given: revocation and signing out.

use model::{AuthorizationId, SessionId, Timestamp};
use protocol::jose::jwt::{self, Audience, Expect, Life};
use protocol::jose::{Jwks, Typ};
use protocol::oauth::logout::LogoutRequest;
use protocol::oauth::revoke::RevocationRequest;
use protocol::oauth::token::Refusal;
use protocol::oauth::{ErrorCode, OAuthError, Object, Params, Response};

use super::access::Live;
use super::authorize::{Asker, Sent};
use super::token::{Given, TokenCall};
use crate::sign_in::{Bearer, Opened};
use crate::{App, AppError};

/// What a browser holds while it tells apps that somebody has signed out. Sealed, and not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldTour(pub(crate) String);

impl HeldTour {
    /// As it is held.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for HeldTour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldTour(..)")
    }
}

/// How a wish to sign out was answered.
#[derive(Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// They are; the browser goes there, or is shown a page.
    Done(Option<String>),
    /// They are; the browser opens these addresses in frames, and then goes there, or is shown a page.
    Framed(Vec<String>, Option<String>),
    /// They are, and the service provider that asked is brought this. Whether it was the session of this browser
    /// that ended.
    Answered(Response, bool),
    /// They are; the browser opens these addresses in frames, and then comes back to be sent to apps of SAML, with this
    /// to hold.
    FramedFirst(Vec<String>, HeldTour),
    /// They are, and the browser brings word of it to an app of SAML. `own`: it was the session of this browser that
    /// has just ended.
    Toured {
        /// What it brings.
        response: Response,
        /// How far it has come, which it holds meanwhile.
        tour: HeldTour,
        /// Whether its session has just ended.
        own: bool,
    },
    /// Every app of SAML was told, or could not be; the browser goes there, or is shown a page.
    Over(Option<String>),
    /// Nobody has proved that the person wants it: they are asked.
    Ask,
    /// The request is wrong, and nobody is sent anywhere.
    Refused(String),
}

impl App {
    /// Ends what a token came of (RFC 7009). A token that does not count is no error.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke(&self, call: TokenCall<'_>) -> Result<Given, AppError> {
        let (client, _, params) = match self.caller(call).await? {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Given::Refused(refusal)),
        };
        let by_header = !call.authorization.is_empty();
        let request = match RevocationRequest::parse(&params) {
            Ok(request) => request,
            Err(error) => return Ok(Given::Refused(Refusal { error, by_header })),
        };
        let text = request.token.expose();
        let refresh = Bearer::REFRESH.read::<AuthorizationId>(&*self.keyring, text);
        let row = match refresh {
            Some((id, _)) => self.store.authorization(id).await?,
            None => match self.live(&request.token).await? {
                Some(Live::Person(live)) => Some(live.row),
                // It is kept nowhere, so there is nothing to end before its minutes have.
                Some(Live::Client(..) | Live::Exchanged(..)) => {
                    let problem = "such a token counts until it ends: wait, or take the grant \
                                   out of its document";
                    let error = OAuthError::new(ErrorCode::UnsupportedTokenType, problem);
                    return Ok(Given::Refused(Refusal { error, by_header }));
                }
                None => None,
            },
        };
        match row {
            Some(row) if row.state.client != client.oidc().client_id => {
                let problem = "the token was given to another client";
                let error = OAuthError::new(ErrorCode::InvalidGrant, problem);
                Ok(Given::Refused(Refusal { error, by_header }))
            }
            Some(row) => {
                self.end_given(row, "revoked by its client").await?;
                Ok(Given::Body(Object::new()))
            }
            None => Ok(Given::Body(Object::new())),
        }
    }

    /// A client's wish that a person be signed out (RP-Initiated Logout 1.0). Only an ID token of the very
    /// session that the browser holds is believed without asking.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn logout(&self, raw: &[u8], asker: Asker<'_>) -> Result<LoggedOut, AppError> {
        let read = Params::query(raw).and_then(|params| LogoutRequest::parse(&params));
        let request = match read {
            Ok(request) => request,
            Err(error) => return Ok(LoggedOut::Refused(error.to_string())),
        };
        let hint = match &request.id_token_hint {
            Some(token) => self.hinted(token.expose()).await?,
            None => None,
        };
        let audience = hint.as_ref().map(|hint| hint.audience.as_str());
        let client = match request.client(audience) {
            Ok(Some(client_id)) => self.client(client_id).await?,
            Ok(None) => None,
            Err(error) => return Ok(LoggedOut::Refused(error.to_string())),
        };
        let registered = client
            .map(|client| client.after_logout())
            .unwrap_or_default();
        let location = match request.location(&registered) {
            Ok(location) => location,
            Err(error) => return Ok(LoggedOut::Refused(error.to_string())),
        };
        let Some(cookie) = asker.session else {
            return Ok(LoggedOut::Done(location));
        };
        let held = Bearer::SESSION.read::<SessionId>(&*self.keyring, cookie);
        let held = held.map(|(id, _)| id.to_string());
        let meant = hint.and_then(|hint| hint.session);
        if held.is_some() && held != meant {
            return Ok(LoggedOut::Ask);
        }
        self.signs_out(cookie, location).await
    }

    /// Whether a request may be about the person who is signed in: it names no other (`sub` among `claims`), and an
    /// ID token of this client that it brings tells of no other.
    pub(super) async fn is_meant(&self, sent: &Sent, opened: &Opened) -> Result<bool, AppError> {
        let called = self.called(&sent.client, opened.known.person.subject);
        if !sent.request.claims.is_about(&called) {
            return Ok(false);
        }
        let Some(token) = &sent.request.id_token_hint else {
            return Ok(true);
        };
        let hint = self.hinted(token.expose()).await?;
        let client_id = &sent.request.client_id;
        Ok(hint.is_some_and(|hint| hint.subject == called && hint.audience == *client_id))
    }

    /// What an ID token of ours says, however old it is.
    async fn hinted(&self, token: &str) -> Result<Option<Hint>, AppError> {
        let keys = self.keys(&[]).await?;
        let issuer = self.issuer()?.as_str();
        Ok(read(token, &keys.published, issuer, self.now()))
    }
}

/// What an ID token says.
struct Hint {
    subject: String,
    audience: String,
    session: Option<String>,
}

fn read(token: &str, keys: &Jwks, issuer: &str, now: Timestamp) -> Option<Hint> {
    let expect = Expect {
        typ: Typ::Plain,
        issuer: Some(issuer),
        audience: Audience::Unbound,
        life: Life::Hints,
        required: &["sub", "aud"],
        now,
        leeway_s: 0,
    };
    let claims = jwt::verify(token, keys, &expect).ok()?;
    let [audience] = claims.aud.as_slice() else {
        return None;
    };
    Some(Hint {
        subject: claims.sub?,
        audience: audience.clone(),
        session: claims
            .rest
            .get("sid")
            .and_then(|sid| sid.as_str())
            .map(str::to_owned),
    })
}

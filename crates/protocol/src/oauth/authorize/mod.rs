//! Authorization requests (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1).
//!
//! They are read in two steps, because an error may go to a redirect URI only when that is known to be the
//! client's: [`Sender`] says who is to be looked up, and [`AuthorizationRequest::parse`] holds the request to
//! the client that was found. What it refuses says itself where the refusal goes ([`Refusal`]).

mod prompt;
mod request;
mod wishes;

pub use prompt::Prompt;
pub use request::AuthorizationRequest;
pub use wishes::{ClaimWish, ClaimsRequest};

use super::field::Field;
use super::redirect::MAX_REDIRECT;
use super::{
    GrantType, OAuthError, Params, PkcePolicy, RegisteredRedirect, ReplyTo, Response, Scopes,
};

/// The name of a client, wherever one is sent.
pub(super) const CLIENT_ID: Field = Field::visible("client_id", 255);
/// A redirect URI. Anything longer was never registered.
pub(super) const REDIRECT_URI: Field = Field::visible("redirect_uri", MAX_REDIRECT);

/// Who says that they send a request, and where they would be answered. Nothing of it is believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender<'p> {
    /// The client (`client_id`).
    pub client_id: &'p str,
    /// Where it would be answered (`redirect_uri`), as it was sent.
    pub redirect_uri: &'p str,
}

impl<'p> Sender<'p> {
    /// Reads who sends a request. A redirect URI must be there even when only one is registered (OpenID
    /// Connect Core 1.0 §3.1.2.1).
    ///
    /// # Errors
    /// `invalid_request`, to be shown to the person and never sent anywhere: when one of the two is
    /// missing, there twice, longer than any, or has characters that it cannot have.
    pub fn read(params: &'p Params) -> Result<Self, OAuthError> {
        Ok(Self {
            client_id: params.required(&CLIENT_ID)?,
            redirect_uri: params.required(&REDIRECT_URI)?,
        })
    }
}

/// What has to be known of a client to read its authorization requests.
#[derive(Debug, Clone, Copy)]
pub struct ClientView<'a> {
    /// Its name.
    pub client_id: &'a str,
    /// Where it may be answered.
    pub redirects: &'a [RegisteredRedirect],
    /// What it may ask for. What else it asks for is ignored, and it is told so.
    pub scopes: &'a Scopes,
    /// How it may come to tokens.
    pub grants: &'a [GrantType],
    /// Whether it keeps no secret (RFC 6749 §2.1).
    pub is_public: bool,
    /// Whether it must send a challenge.
    pub pkce: PkcePolicy,
}

/// An authorization request that is refused, and where the refusal goes.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// To the person, on a page of ours. The client or its redirect URI is not known good, and whoever sent
    /// the person here may be an attacker (RFC 6749 §4.1.2.1, RFC 9700 §4.11).
    Shown(OAuthError),
    /// To the client.
    Replied {
        /// Where.
        to: ReplyTo,
        /// What it is told.
        error: OAuthError,
    },
}

impl Refusal {
    /// What is wrong.
    #[must_use]
    pub const fn error(&self) -> &OAuthError {
        match self {
            Self::Shown(error) | Self::Replied { error, .. } => error,
        }
    }

    /// The answer to the client. `None` when it gets none, and the person is shown a page.
    #[must_use]
    pub fn response(&self, issuer: &super::Issuer) -> Option<Response> {
        match self {
            Self::Shown(_) => None,
            Self::Replied { to, error } => Some(to.error(issuer, error)),
        }
    }
}

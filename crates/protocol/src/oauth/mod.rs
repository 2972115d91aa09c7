//! OAuth 2.1 and OpenID Connect: the messages of an authorization server, bytes ↔ types.
//!
//! It reads what clients send, says what is wrong with it in the words of the RFCs,
//! and writes what they are answered. It has no sockets, no clock and no store: who a client is, whether a
//! code is still good and what time it is are the caller's.
//!
//! ```text
//! query, body ─► Params ─┬─► request_object::Signed ─► (its keys are looked up) ─► Params
//!                        ├─► authorize::Sender ─► (the client is looked up) ─► AuthorizationRequest ─► ReplyTo
//!                        ├─► ClientAuth + TokenRequest ─► TokenResponse, or token::Refusal
//!                        ├─► pushed ─► (kept, or sealed) ─► an authorization request that names it
//!                        ├─► introspect, revoke
//!                        ├─► registration ─► (kept) ─► what the client is told of itself
//!                        └─► logout
//! ```
//!
//! What it holds to (RFC 6749, 6750, 7009, 7523, 7591, 7592, 7636, 7662, 8252, 8414, 8628, 8693, 8705, 8707, 9068, 9101, 9126, 9207, 9449, 9700;
//! OAuth 2.1;
//! OpenID Connect Core, Discovery, RP-Initiated and Back-Channel Logout 1.0):
//!
//! - **An error goes to a redirect URI only after the client and the URI are known good.** [`ReplyTo`] is
//!   the right to answer there; only [`AuthorizationRequest::parse`] makes one.
//! - **A redirect URI is compared to the letter.** But for the port of a native client on a loopback
//!   address; nothing is decoded, normalised or matched by a pattern.
//! - **PKCE with S256, and no other.** A challenge that was left out cannot be made up for by a verifier.
//! - **A parameter is there once**, has a bound, and is refused when it exceeds it; it is never cut, and
//!   never dropped.
//! - **An error holds nothing that was sent**: its description is made of fixed words.
//!
//! Where another provider vouches for people, we are the client: [`upstream`].
//!
//! Answers with tokens are never cached: send them with [`token::NO_STORE`].

mod bound;
mod error;
mod field;
mod issuer;
mod pkce;
mod redirect;
mod resource;
mod scope;

pub mod authorize;
pub mod bearer;
pub mod claims;
pub mod device;
pub mod dpop;
pub mod introspect;
pub mod logout;
pub mod metadata;
pub mod mtls;
pub mod params;
pub mod pushed;
pub mod registration;
pub mod request_object;
pub mod respond;
pub mod revoke;
pub mod token;
pub mod upstream;

pub use authorize::{AuthorizationRequest, ClientView};
pub use bound::Bound;
pub use error::{ErrorCode, OAuthError};
pub use issuer::{Issuer, IssuerError};
pub use params::Params;
pub use pkce::{CodeChallenge, PkcePolicy};
pub use redirect::{ApplicationType, MAX_REDIRECT, RedirectError, RegisteredRedirect};
pub use resource::Resource;
pub use respond::{ReplyTo, Response, ResponseMode};
pub use scope::Scopes;
pub use token::{ClientAuth, TokenRequest, TokenResponse};

/// A JSON object, as `serde_json` holds it.
pub type Object = serde_json::Map<String, serde_json::Value>;

/// How a client comes to tokens (RFC 6749 §1.3). There is no implicit grant and no password grant: OAuth
/// 2.1 has taken them out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// `authorization_code` (RFC 6749 §4.1).
    AuthorizationCode,
    /// `refresh_token` (RFC 6749 §6).
    RefreshToken,
    /// `client_credentials` (RFC 6749 §4.4).
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 §3.4).
    DeviceCode,
    /// `urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693 §2.1).
    TokenExchange,
}

impl GrantType {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// Whole seconds since 1970 (`NumericDate`, RFC 7519 §2), rounded down.
const fn seconds(at: model::Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}

//! How a client proves who it is (RFC 6749 §2.3, OpenID Connect Core 1.0 §9).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;

use super::{MAX_OPAQUE, Refusal};
use crate::oauth::authorize::CLIENT_ID;
use crate::oauth::field::{Alphabet, Field};
use crate::oauth::params::decode;
use crate::oauth::{ErrorCode, OAuthError, Params};

/// The `client_assertion_type` of a JWT (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const CLIENT_SECRET: Field = Field::of("client_secret", 1_024, Alphabet::Unicode);
const ASSERTION: Field = Field::visible("client_assertion", MAX_OPAQUE);
const ASSERTION_TYPE: Field = Field::visible("client_assertion_type", 128);
/// The longest `Authorization` header, in bytes.
const LONGEST_HEADER: usize = 8 << 10;

/// A way in which a client is registered to prove itself (`token_endpoint_auth_method`, RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthMethod {
    /// Its secret, in the header.
    ClientSecretBasic,
    /// Its secret, in the body.
    ClientSecretPost,
    /// A token that it signs with its secret.
    ClientSecretJwt,
    /// A token that it signs with its private key.
    PrivateKeyJwt,
    /// A certificate that somebody whom its document trusts has issued to it (RFC 8705 §2.1).
    TlsClientAuth,
    /// A certificate of its own that is registered (RFC 8705 §2.2).
    SelfSignedTlsClientAuth,
    /// None: a public client.
    None,
}

impl AuthMethod {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }
}

/// What a client sends to prove who it is. Nothing of it is verified: compare secrets in constant time, and
/// assertions with [`jose::jwt`](crate::jose::jwt).
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// Its secret, in the header (`client_secret_basic`).
    Basic {
        /// Who it says it is.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// Its secret, in the body (`client_secret_post`).
    Post {
        /// Who it says it is.
        client_id: String,
        /// Its secret.
        secret: Secret,
    },
    /// A signed token (`private_key_jwt`, `client_secret_jwt`).
    Assertion {
        /// Who it says it is. Left out, it is the token's `sub`; there, it must be the same.
        client_id: Option<String>,
        /// The token.
        assertion: Secret,
    },
    /// Nothing but its name (`none`): a public client, or one that proves who it is by the certificate that it
    /// presented on its connection (RFC 8705 §2), which no request holds.
    None {
        /// Who it says it is.
        client_id: String,
    },
}

impl ClientAuth {
    /// Takes what a client sends, of exactly one kind (RFC 6749 §2.3). `authorization` are all headers of
    /// that name.
    ///
    /// # Errors
    /// `invalid_request`: when there are several kinds, or something is missing or there twice;
    /// `invalid_client`: when it is of a kind that is not spoken, or cannot be read.
    pub fn extract(authorization: &[&[u8]], params: &Params) -> Result<Self, Refusal> {
        let by_header = !authorization.is_empty();
        Self::read(authorization, params).map_err(|error| Refusal { error, by_header })
    }

    fn read(authorization: &[&[u8]], params: &Params) -> Result<Self, OAuthError> {
        let client_id = params.text(&CLIENT_ID)?.map(str::to_owned);
        let secret = params.text(&CLIENT_SECRET)?.map(Secret::new);
        let assertion = assertion(params)?;
        let several = || {
            let problem = "the client proves itself in several ways: use one";
            OAuthError::new(ErrorCode::InvalidRequest, problem)
        };
        let header = match authorization {
            [] => None,
            [header] => Some(header),
            _ => return Err(several()),
        };
        match (header, secret, assertion) {
            (Some(header), None, None) => {
                let (named, secret) = basic(header)?;
                if client_id.is_some_and(|client_id| client_id != named) {
                    let problem = "is not the one of the Authorization header: leave it out";
                    return Err(OAuthError::invalid("client_id", problem));
                }
                let client_id = named;
                Ok(Self::Basic { client_id, secret })
            }
            (None, Some(secret), None) => {
                let client_id = client_id.ok_or_else(nameless)?;
                Ok(Self::Post { client_id, secret })
            }
            (None, None, Some(assertion)) => Ok(Self::Assertion {
                client_id,
                assertion,
            }),
            (None, None, None) => {
                let client_id = client_id.ok_or_else(nameless)?;
                Ok(Self::None { client_id })
            }
            _ => Err(several()),
        }
    }

    /// Who it says it is. `None` for an assertion that says so itself.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::Basic { client_id, .. }
            | Self::Post { client_id, .. }
            | Self::None { client_id } => Some(client_id),
            Self::Assertion { client_id, .. } => client_id.as_deref(),
        }
    }

    /// Whether that is how the client is registered to prove itself. A client has one way: whoever knows
    /// its secret must not get in by a weaker one.
    #[must_use]
    pub const fn fits(&self, registered: AuthMethod) -> bool {
        match self {
            Self::Basic { .. } => matches!(registered, AuthMethod::ClientSecretBasic),
            Self::Post { .. } => matches!(registered, AuthMethod::ClientSecretPost),
            Self::Assertion { .. } => matches!(
                registered,
                AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt
            ),
            Self::None { .. } => matches!(
                registered,
                AuthMethod::None | AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth
            ),
        }
    }

    /// The refusal of a client whose proof is not good, or that is not known: the same for both.
    #[must_use]
    pub const fn refused(&self) -> Refusal {
        let problem = "the client is not known, or its proof is not good: check its registration";
        self.refused_as(OAuthError::new(ErrorCode::InvalidClient, problem))
    }

    /// The refusal of a client for a reason that it may be told.
    #[must_use]
    pub const fn refused_as(&self, error: OAuthError) -> Refusal {
        let by_header = matches!(self, Self::Basic { .. });
        Refusal { error, by_header }
    }
}

const fn nameless() -> OAuthError {
    OAuthError::invalid("client_id", "is not there: say which client asks")
}

/// The signed token, of the one type that is spoken.
fn assertion(params: &Params) -> Result<Option<Secret>, OAuthError> {
    let name = "client_assertion_type";
    match (params.text(&ASSERTION)?, params.text(&ASSERTION_TYPE)?) {
        (None, None) => Ok(None),
        (Some(assertion), Some(JWT_BEARER)) => Ok(Some(Secret::new(assertion))),
        (Some(_), Some(_)) => {
            let problem = "is not spoken: send the one of a JWT (RFC 7523 2.2)";
            Err(OAuthError::of(ErrorCode::InvalidClient, name, problem))
        }
        (Some(_), None) => Err(OAuthError::invalid(name, "is not there: send it")),
        (None, Some(_)) => Err(OAuthError::invalid(
            "client_assertion",
            "is not there: send it",
        )),
    }
}

/// Name and secret of `Basic` (RFC 7617 §2), each form-encoded before they are put together (RFC 6749
/// §2.3.1).
fn basic(header: &[u8]) -> Result<(String, Secret), OAuthError> {
    let refused = |problem| OAuthError::new(ErrorCode::InvalidClient, problem);
    let unreadable = || refused("the Authorization header cannot be read: see RFC 6749 2.3.1");
    if header.len() > LONGEST_HEADER {
        return Err(refused("the Authorization header is too long: send less"));
    }
    let (scheme, rest) = header.split_at_checked(6).ok_or_else(unreadable)?;
    if !scheme.eq_ignore_ascii_case(b"Basic ") {
        return Err(refused("the Authorization header is not Basic: send that"));
    }
    let pair = STANDARD
        .decode(rest.trim_ascii())
        .map_err(|_| unreadable())?;
    let mut halves = pair.splitn(2, |byte| *byte == b':');
    let mut half = || decode(halves.next()?);
    let (client_id, secret) = (half(), half());
    let client_id = client_id.filter(|text| !text.is_empty());
    let secret = secret.filter(|text| !text.is_empty());
    match (client_id, secret) {
        (Some(client_id), Some(secret)) => {
            let (client_id, secret) = (CLIENT_ID.holds(&client_id)?, CLIENT_SECRET.holds(&secret)?);
            Ok((client_id.to_owned(), Secret::new(secret)))
        }
        _ => Err(unreadable()),
    }
}

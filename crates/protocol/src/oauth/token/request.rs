//! What a client asks the token endpoint for.

use model::Secret;

use super::MAX_OPAQUE;
use crate::oauth::authorize::REDIRECT_URI;
use crate::oauth::field::Field;
use crate::oauth::{CodeChallenge, ErrorCode, GrantType, OAuthError, Params, Resource, Scopes};

const GRANT_TYPE: Field = Field::visible("grant_type", 128);
const CODE: Field = Field::visible("code", MAX_OPAQUE);
/// Longer than any that is right, for the refusal to be the one of a wrong verifier.
const VERIFIER: Field = Field::visible("code_verifier", 512);
const DEVICE_CODE: Field = Field::visible("device_code", MAX_OPAQUE);
const REFRESH_TOKEN: Field = Field::visible("refresh_token", MAX_OPAQUE);

const SUBJECT_TOKEN: Field = Field::visible("subject_token", MAX_OPAQUE);
const SUBJECT_TOKEN_TYPE: Field = Field::visible("subject_token_type", 128);
const REQUESTED_TYPE: Field = Field::visible("requested_token_type", 128);
const ACTOR_TOKEN: Field = Field::visible("actor_token", MAX_OPAQUE);
const AUDIENCE: Field = Field::visible("audience", 512);
/// The type of an access token of ours (RFC 8693 §3).
pub const ACCESS_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A token request. Who sends it is [`ClientAuth`](super::ClientAuth)'s.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// What it is asked for with.
    pub grant: Grant,
    /// Whom the token is to be for (RFC 8707 §2.2): of those that were granted, if any were.
    pub resources: Vec<Resource>,
}

/// What a token is asked for with.
#[derive(Debug, Clone)]
pub enum Grant {
    /// A code (RFC 6749 §4.1.3).
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// Where the code was sent to, if the client says. OAuth 2.1 no longer asks for it; who says it
        /// must say the right one ([`Grant::redeems`]).
        redirect_uri: Option<String>,
        /// What the challenge was made of.
        code_verifier: Option<Secret>,
    },
    /// A refresh token (RFC 6749 §6).
    RefreshToken {
        /// The token.
        refresh_token: Secret,
        /// The same or less than was granted ([`Scopes::narrowed`]).
        scopes: Option<Scopes>,
    },
    /// The code of a device (RFC 8628 §3.4).
    DeviceCode {
        /// The code.
        device_code: Secret,
    },
    /// An access token of ours that was given to somebody else, for one that is for another resource (RFC 8693 §2.1).
    /// The client is who acts; nobody else does.
    TokenExchange {
        /// The token.
        subject_token: Secret,
        /// For whom the new one is to be, by name.
        audience: Option<String>,
        /// What is asked for.
        scopes: Option<Scopes>,
    },
    /// Nothing but who the client is (RFC 6749 §4.4). Confidential clients only.
    ClientCredentials {
        /// What is asked for.
        scopes: Option<Scopes>,
    },
}

impl TokenRequest {
    /// Reads a token request.
    ///
    /// # Errors
    /// `unsupported_grant_type`: when it is of another type; `invalid_request`: when a parameter is
    /// missing, malformed or there twice; `invalid_scope`, `invalid_target`: when that is malformed.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        params.once()?;
        let grant_type = params.required(&GRANT_TYPE)?;
        let problem = "is not spoken: see grant_types_supported in the metadata";
        let unknown = OAuthError::of(ErrorCode::UnsupportedGrantType, "grant_type", problem);
        let grant = match GrantType::named(grant_type).ok_or(unknown)? {
            GrantType::AuthorizationCode => Grant::AuthorizationCode {
                code: Secret::new(params.required(&CODE)?),
                redirect_uri: params.text(&REDIRECT_URI)?.map(str::to_owned),
                code_verifier: params.text(&VERIFIER)?.map(Secret::new),
            },
            GrantType::RefreshToken => Grant::RefreshToken {
                refresh_token: Secret::new(params.required(&REFRESH_TOKEN)?),
                scopes: Scopes::asked(params)?,
            },
            GrantType::DeviceCode => Grant::DeviceCode {
                device_code: Secret::new(params.required(&DEVICE_CODE)?),
            },
            GrantType::ClientCredentials => Grant::ClientCredentials {
                scopes: Scopes::asked(params)?,
            },
            GrantType::TokenExchange => exchange(params)?,
        };
        let resources = Resource::asked(params)?;
        Ok(Self { grant, resources })
    }
}

/// The exchange of an access token for another one (RFC 8693 §2.1).
fn exchange(params: &Params) -> Result<Grant, OAuthError> {
    let problem = "is none that is spoken: access tokens are exchanged for access tokens";
    if params.required(&SUBJECT_TOKEN_TYPE)? != ACCESS_TOKEN_TYPE {
        return Err(OAuthError::invalid("subject_token_type", problem));
    }
    let requested = params.text(&REQUESTED_TYPE)?;
    if requested.is_some_and(|requested| requested != ACCESS_TOKEN_TYPE) {
        return Err(OAuthError::invalid("requested_token_type", problem));
    }
    if params.text(&ACTOR_TOKEN)?.is_some() {
        let problem = "is not taken: whoever exchanges is who acts";
        return Err(OAuthError::invalid("actor_token", problem));
    }
    Ok(Grant::TokenExchange {
        subject_token: Secret::new(params.required(&SUBJECT_TOKEN)?),
        audience: params.text(&AUDIENCE)?.map(str::to_owned),
        scopes: Scopes::asked(params)?,
    })
}

impl Grant {
    /// Which type it is of, to be held to what the client may (`unauthorized_client`).
    #[must_use]
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
            Self::DeviceCode { .. } => GrantType::DeviceCode,
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::TokenExchange { .. } => GrantType::TokenExchange,
        }
    }

    /// Holds a code's request to what was kept with the code: where it was sent to, and the challenge.
    /// Whether the code is good, unused and this client's, is the caller's.
    ///
    /// # Errors
    /// `invalid_grant`: when the redirect URI is said and is another one (RFC 6749 §4.1.3), the verifier is
    /// not the challenge's, or there is one without a challenge; and for every other grant.
    pub fn redeems(
        &self,
        kept_redirect: &str,
        kept_challenge: Option<&CodeChallenge>,
    ) -> Result<(), OAuthError> {
        let Self::AuthorizationCode {
            redirect_uri,
            code_verifier,
            ..
        } = self
        else {
            let problem = "there is no code: send one";
            return Err(OAuthError::new(ErrorCode::InvalidGrant, problem));
        };
        if redirect_uri
            .as_ref()
            .is_some_and(|uri| uri != kept_redirect)
        {
            let problem = "is not the one that the code was sent to: send that one";
            return Err(OAuthError::of(
                ErrorCode::InvalidGrant,
                "redirect_uri",
                problem,
            ));
        }
        CodeChallenge::check(kept_challenge, code_verifier.as_ref().map(Secret::expose))
    }
}

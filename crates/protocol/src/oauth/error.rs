//! What a client is told when it is refused.

use std::fmt;

use serde_json::json;

use super::Object;

/// Why a request is refused, by the names that the RFCs give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// A parameter is missing, wrong, or there twice (RFC 6749 §4.1.2.1, §5.2).
    InvalidRequest,
    /// The client has not proven who it is (RFC 6749 §5.2).
    InvalidClient,
    /// The code or refresh token is not good, or not this client's (RFC 6749 §5.2).
    InvalidGrant,
    /// The client may not do this (RFC 6749 §4.1.2.1, §5.2).
    UnauthorizedClient,
    /// The grant type is not spoken (RFC 6749 §5.2).
    UnsupportedGrantType,
    /// The scope is malformed, or more than may be had (RFC 6749 §4.1.2.1, §5.2).
    InvalidScope,
    /// The response type is not spoken (RFC 6749 §4.1.2.1).
    UnsupportedResponseType,
    /// The person, or the policy, has said no (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// Something went wrong here (RFC 6749 §4.1.2.1).
    ServerError,
    /// It is too much just now (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable,
    /// `prompt=none`, and nobody is logged in (OpenID Connect Core 1.0 §3.1.2.6).
    LoginRequired,
    /// `prompt=none`, and something has to be asked (OpenID Connect Core 1.0 §3.1.2.6).
    InteractionRequired,
    /// `prompt=none`, and consent is missing (OpenID Connect Core 1.0 §3.1.2.6).
    ConsentRequired,
    /// `prompt=none`, and there are several accounts (OpenID Connect Core 1.0 §3.1.2.6).
    AccountSelectionRequired,
    /// `request` is not spoken (OpenID Connect Core 1.0 §3.1.2.6).
    RequestNotSupported,
    /// `request_uri` is not spoken (OpenID Connect Core 1.0 §3.1.2.6).
    RequestUriNotSupported,
    /// What `request_uri` names was never pushed, is over, or was used (OpenID Connect Core 1.0 §3.1.2.6, RFC
    /// 9126 §4).
    InvalidRequestUri,
    /// `request` is not signed by the client, or not for us, or not a request (RFC 9101 §6).
    InvalidRequestObject,
    /// `registration` is not spoken (OpenID Connect Core 1.0 §3.1.2.6).
    RegistrationNotSupported,
    /// A redirect URI is malformed, or not allowed (RFC 7591 §3.2.2).
    InvalidRedirectUri,
    /// What a client says of itself is malformed, or not allowed (RFC 7591 §3.2.2).
    InvalidClientMetadata,
    /// A resource is malformed, unknown, or not for this client (RFC 8707 §2).
    InvalidTarget,
    /// What was demanded of the login cannot be met (OpenID Connect Core Error Code
    /// `unmet_authentication_requirements` 1.0).
    UnmetAuthenticationRequirements,
    /// Nobody has typed the code of the device yet (RFC 8628 §3.5).
    AuthorizationPending,
    /// The same, and the device asks too often (RFC 8628 §3.5).
    SlowDown,
    /// The code of the device is over (RFC 8628 §3.5).
    ExpiredToken,
    /// Tokens of this kind cannot be revoked (RFC 7009 §2.2.1).
    UnsupportedTokenType,
    /// The access token is not good (RFC 6750 §3.1).
    InvalidToken,
    /// The proof of possession is missing or not good (RFC 9449 §12.2).
    InvalidDpopProof,
    /// The access token allows less than this takes (RFC 6750 §3.1).
    InsufficientScope,
}

impl ErrorCode {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::AccountSelectionRequired => "account_selection_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidTarget => "invalid_target",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidToken => "invalid_token",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::InsufficientScope => "insufficient_scope",
        }
    }

    /// The HTTP status of an answer that says so itself, at an endpoint for clients (RFC 6749 §5.2, RFC
    /// 6750 §3.1). An authorization response is a redirect, or a page, instead.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal: a code for machines, and a sentence for people that holds nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthError {
    code: ErrorCode,
    parameter: Option<&'static str>,
    problem: &'static str,
}

impl OAuthError {
    /// A refusal of the whole. The problem is printed into URLs and headers: printable ASCII without `"`
    /// and `\` (RFC 6749 §4.1.2.1).
    #[must_use]
    pub const fn new(code: ErrorCode, problem: &'static str) -> Self {
        Self {
            code,
            parameter: None,
            problem,
        }
    }

    /// A refusal for what one parameter says.
    #[must_use]
    pub const fn of(code: ErrorCode, parameter: &'static str, problem: &'static str) -> Self {
        Self {
            code,
            parameter: Some(parameter),
            problem,
        }
    }

    /// `invalid_request`, for what one parameter says.
    pub(super) const fn invalid(parameter: &'static str, problem: &'static str) -> Self {
        Self::of(ErrorCode::InvalidRequest, parameter, problem)
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The parameter that is to blame, if it is one.
    #[must_use]
    pub const fn parameter(&self) -> Option<&'static str> {
        self.parameter
    }

    /// The sentence for people (`error_description`).
    #[must_use]
    pub fn description(&self) -> String {
        match self.parameter {
            Some(parameter) => format!("`{parameter}` {}", self.problem),
            None => self.problem.to_owned(),
        }
    }

    /// The body of an error response (RFC 6749 §5.2).
    #[must_use]
    pub fn to_json(&self) -> Object {
        let error = ("error".to_owned(), json!(self.code.name()));
        let told = ("error_description".to_owned(), json!(self.description()));
        [error, told].into_iter().collect()
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description())
    }
}

impl std::error::Error for OAuthError {}

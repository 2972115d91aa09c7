//! Authorization requests that a client pushes before it sends the browser, which then only names them
//! (RFC 9126): nobody can read or change them on the way.

use serde_json::json;

use super::authorize::{CLIENT_ID, Refusal};
use super::field::Field;
use super::{AuthorizationRequest, ClientView, OAuthError, Object, Params};

/// What the name of a pushed request begins with (RFC 9126 §2.2).
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// The longest request that is taken, in bytes, without what proves who the client is. Sealed into its own
/// name, it goes through a browser's address line.
pub const LONGEST: usize = 4 << 10;

/// The longest name: a request that is sealed and encoded, and room for what stands around it.
const REQUEST_URI: Field = Field::visible("request_uri", 7 << 10);
/// What proves who the client is, and is no part of what it asks for.
const PROOFS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// What a client pushes, held to it: the request, and the same as it is to be read again, encoded.
///
/// # Errors
/// As [`AuthorizationRequest::parse`], all of it to be told to the client that pushes (RFC 9126 §2.3); and
/// `invalid_request`: when it names another request (§2.1), or is longer than any that is taken.
pub fn accepted(
    params: &Params,
    client: &ClientView<'_>,
) -> Result<(AuthorizationRequest, String), OAuthError> {
    if params.get("request_uri")?.is_some() {
        let problem = "is there: push the parameters themselves (RFC 9126 2.1)";
        return Err(OAuthError::invalid("request_uri", problem));
    }
    let read = AuthorizationRequest::parse(params, client);
    let read = read.map_err(|refusal| match refusal {
        Refusal::Shown(error) | Refusal::Replied { error, .. } => error,
    })?;
    let kept = params.without(&PROOFS);
    if kept.len() > LONGEST {
        let problem = "the request is longer than is taken: send less";
        return Err(OAuthError::new(super::ErrorCode::InvalidRequest, problem));
    }
    Ok((read, kept))
}

/// The body of the answer to a client that has pushed a request (RFC 9126 §2.2).
#[must_use]
pub fn answer(request_uri: &str, seconds: u32) -> Object {
    let named = ("request_uri".to_owned(), json!(request_uri));
    let ends = ("expires_in".to_owned(), json!(seconds));
    [named, ends].into_iter().collect()
}

/// An authorization request that names one that was pushed. Nothing of it is believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference<'p> {
    /// The client that sends it.
    pub client_id: &'p str,
    /// What stands behind [`PREFIX`].
    pub name: &'p str,
}

impl<'p> Reference<'p> {
    /// Reads whether a request names another one, and which. Whatever stands beside is not looked at (RFC 9126
    /// §4, RFC 9101 §5). `None`: it names none, or one that lies somewhere else, which is never fetched.
    ///
    /// # Errors
    /// `invalid_request`, to be shown to the person: when a parameter is there twice or missing, longer than
    /// any, or it brings a `request` as well.
    pub fn read(params: &'p Params) -> Result<Option<Self>, OAuthError> {
        let Some(name) = params
            .get("request_uri")?
            .and_then(|uri| uri.strip_prefix(PREFIX))
        else {
            return Ok(None);
        };
        params.once()?;
        params.text(&REQUEST_URI)?;
        if params.get("request")?.is_some() {
            let problem = "is there beside request_uri: send one of them (RFC 9101 5)";
            return Err(OAuthError::invalid("request", problem));
        }
        let client_id = params.required(&CLIENT_ID)?;
        Ok(Some(Self { client_id, name }))
    }
}

//! Authorization requests that clients push (RFC 9126).
//!
//! One is kept nowhere: it is sealed into its own name, which the browser brings. It counts for the client that
//! pushed it, for a minute, and for one code: giving that uses it up.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use documents::Require;
use model::{Digest, Timestamp};
use ports::Sealed;
use ports::store::OneTime;
use protocol::oauth::pushed::{PREFIX, Reference, accepted, answer};
use protocol::oauth::{ErrorCode, OAuthError, Params};
use serde::{Deserialize, Serialize};

use super::authorize::{Answer, shown};
use super::possession::no_proof;
use super::signed::{Opened, UNSIGNED};
use super::token::{Given, TokenCall};
use crate::{App, AppError};

/// How long a request may wait for the browser (RFC 9126 §2.2, FAPI 2.0 Security Profile §5.3.2.2).
const LIFE_S: u32 = 60;
/// What it is sealed for.
const PURPOSE: &str = "pushed-request";
/// The space of requests that were answered with a code.
pub(super) const SPACE: &str = "pushed-request";

/// A request that was pushed.
#[derive(Serialize, Deserialize)]
struct Pushed {
    /// By whom (`client_id`).
    client: String,
    /// What it asks for, encoded.
    request: String,
    /// Whether the client has signed that.
    #[serde(default)]
    is_signed: bool,
    /// From when on it can no longer be brought.
    ends: Timestamp,
    /// No other has this.
    once: Digest,
}

/// A request as it came, or the one that it names.
pub(super) struct Named {
    pub opened: Opened,
    /// What giving a code for one that was pushed uses up.
    pub uses_up: Option<OneTime>,
}

impl App {
    /// Takes an authorization request of a client that proves who it is.
    ///
    /// # Errors
    /// When the store does not answer; a refusal is an answer.
    pub async fn push(&self, call: TokenCall<'_>) -> Result<Given, AppError> {
        let (client, auth, params) = match self.caller(call).await? {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Given::Refused(refusal)),
        };
        let Opened { params, is_signed } = match self.signed_and_pushed(&client, params)? {
            Ok(opened) => opened,
            Err(error) => return Ok(Given::Refused(auth.refused_as(error))),
        };
        if !is_signed && client.requires(Require::Signed) {
            let error = OAuthError::new(ErrorCode::InvalidRequest, UNSIGNED);
            return Ok(Given::Refused(auth.refused_as(error)));
        }
        let (read, mut request) = match accepted(&params, &client.view()) {
            Ok(accepted) => accepted,
            Err(error) => return Ok(Given::Refused(auth.refused_as(error))),
        };
        // Whoever proves a key here has the code bound to it (RFC 9449 §10.1).
        let at = ("POST", super::paths::PUSHED);
        let proved = self.possessed(&client, call.proofs, at, None, call.door);
        match (proved.await?, read.jkt) {
            (Err(error), _) => return Ok(Given::Refused(auth.refused_as(error))),
            (Ok(Some(jkt)), None) => {
                request.push_str("&dpop_jkt=");
                request.push_str(&jkt);
            }
            (Ok(Some(jkt)), Some(asked)) if jkt != asked => {
                let error = no_proof("is of another key than `dpop_jkt`: send one of them");
                return Ok(Given::Refused(auth.refused_as(error)));
            }
            (Ok(_), _) => {}
        }
        let pushed = Pushed {
            client: client.oidc().client_id.clone(),
            request,
            is_signed,
            ends: self.now().plus(Duration::from_secs(LIFE_S.into())),
            once: Digest(ports::clock::draw(&*self.entropy)),
        };
        let plain = serde_json::to_vec(&pushed).unwrap_or_default();
        let Sealed { key, bytes } = self.keyring.seal(PURPOSE, &plain);
        let named = format!("{PREFIX}{key}.{}", URL_SAFE_NO_PAD.encode(bytes));
        Ok(Given::Body(answer(&named, LIFE_S)))
    }

    /// A request as it came, or the one that it names. `first`: when it first came.
    pub(super) fn named_request(
        &self,
        params: Params,
        first: Timestamp,
    ) -> Result<Named, OAuthError> {
        let Some(reference) = Reference::read(&params)? else {
            return Ok(Named {
                opened: Opened::as_it_came(params),
                uses_up: None,
            });
        };
        let pushed = self.opened_request(reference.name);
        let pushed = pushed.filter(|one| one.client == reference.client_id && first < one.ends);
        let Some(pushed) = pushed else {
            let problem = "was not pushed by this client, or is over: push the request again";
            return Err(unusable(problem));
        };
        let one = OneTime {
            space: SPACE,
            value: pushed.once,
        };
        Ok(Named {
            opened: Opened {
                params: Params::query(pushed.request.as_bytes())?,
                is_signed: pushed.is_signed,
            },
            uses_up: Some(one),
        })
    }

    fn opened_request(&self, name: &str) -> Option<Pushed> {
        let (key, bytes) = name.rsplit_once('.')?;
        let sealed = Sealed {
            key: key.to_owned(),
            bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let plain = self.keyring.open(PURPOSE, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

/// What a browser is shown that brings a request for which a code was given before.
pub(super) fn used_before() -> Answer {
    let problem = "was used before, and counts once: start again from the app";
    shown(&unusable(problem))
}

fn unusable(problem: &'static str) -> OAuthError {
    OAuthError::of(ErrorCode::InvalidRequestUri, "request_uri", problem)
}

//! Clients that prove who they are by what they sign (`private_key_jwt`).
//!
//! An assertion counts once. That it came is operational state and no event: a client makes one for each
//! request, many requests change nothing, and what a request gives out is in the log by itself.

use documents::{OidcClient, RelyingParty};
use model::{Diagnostic, Digest, Secret};
use ports::store::OneTime;
use protocol::jose::{Jwks, JwksError, KeyError, PublicKey};
use protocol::oauth::token::Assertion;
use protocol::oauth::{ErrorCode, OAuthError};

use super::certificate::unusable_certificates;
use super::clients::Client;
use crate::{App, AppError, ErrorKind};

impl App {
    /// Holds an assertion to the keys of a client, and uses it up. `None`: nothing more is told.
    pub(super) async fn asserted(
        &self,
        client: &Client,
        token: &Secret,
    ) -> Result<Result<(), Option<OAuthError>>, AppError> {
        let keys = keys_of(client)?;
        let (now, name) = (self.now(), &client.oidc().client_id);
        let read = Assertion::verify(token.expose(), &keys, name, self.issuer()?, now);
        let assertion = match read {
            Ok(assertion) => assertion,
            Err(why) => return Ok(Err(why)),
        };
        let one = OneTime {
            space: "client-assertion",
            value: Digest::of([name.as_str(), "\0", &assertion.jti].concat().as_bytes()),
        };
        if self.store.spend(one, assertion.ends, now).await? {
            return Ok(Ok(()));
        }
        let problem = "came before, and counts once: make a new one for each request";
        let (code, parameter) = (ErrorCode::InvalidClient, "client_assertion");
        Ok(Err(Some(OAuthError::of(code, parameter, problem))))
    }
}

/// The keys of a client, to verify what it signs with.
pub(super) fn keys_of(client: &Client) -> Result<Jwks, AppError> {
    let keys: Result<Vec<_>, _> = keys(client.party()).collect();
    let keys = keys.map_err(|why| unusable(&why.to_string()))?;
    Jwks::new(keys).map_err(|why: JwksError| unusable(&why.to_string()))
}

/// The keys of a relying party, as its document has them.
fn keys(party: &RelyingParty) -> impl Iterator<Item = Result<PublicKey, KeyError>> {
    let texts: &[String] = match party.oidc().map(|oidc| &oidc.client) {
        Some(OidcClient::Keys { keys }) => keys,
        _ => &[],
    };
    texts
        .iter()
        .map(|text| PublicKey::from_jwk(text.as_bytes(), None))
}

fn unusable(why: &str) -> AppError {
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGN-0021",
        format!("a relying party's key cannot be used: {why}"),
        "correct the keys in its document",
    )
}

/// The keys and certificates of a document by which nobody could verify anything.
pub(crate) fn unusable_keys(party: &RelyingParty) -> Vec<Diagnostic> {
    let all = keys(party).enumerate();
    let unusable = all.filter_map(|(place, key)| {
        Some(Diagnostic {
            code: "TNR-SIGN-0021".to_owned(),
            place: format!("RelyingParty {}", party.name),
            line: 0,
            column: 0,
            field: format!("spec.oidc.client.keys[{place}]"),
            problem: key.err()?.to_string(),
            fix: "write the public key as the client made it, or have it make another one"
                .to_owned(),
        })
    });
    unusable.chain(unusable_certificates(party)).collect()
}

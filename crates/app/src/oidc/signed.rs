//! Authorization requests that clients sign (RFC 9101).
//!
//! The keys are those by which the client proves who it is. A client without keys is told that none is spoken.

use documents::{OidcClient, RelyingParty};
use model::Timestamp;
use protocol::oauth::request_object::{Signed, Terms, object, opened};
use protocol::oauth::{OAuthError, Params};

use super::clients::Client;
use crate::{App, AppError};

/// What a client is told whose document has it sign.
pub(super) const UNSIGNED: &str = "the client has to sign its requests: see RFC 9101";

/// A request that was signed, as the parameters that it is made of; or as it came, where it was not.
pub(super) struct Opened {
    pub params: Params,
    /// Whether the client has signed all of it.
    pub is_signed: bool,
}

impl Opened {
    pub(super) fn as_it_came(params: Params) -> Self {
        Self {
            params,
            is_signed: false,
        }
    }
}

impl App {
    /// A request that a browser brings. What is wrong with a signed one is shown to the person: nothing that stands
    /// beside it says where else to tell it. `first`: when it first came.
    pub(super) async fn signed_request(
        &self,
        params: Params,
        first: Timestamp,
    ) -> Result<Result<Opened, OAuthError>, AppError> {
        let signed = match Signed::read(&params) {
            Ok(Some(signed)) => signed,
            Ok(None) => return Ok(Ok(Opened::as_it_came(params))),
            Err(error) => return Ok(Err(error)),
        };
        match self.client(signed.client_id).await? {
            Some(client) if signs(client.party()) => {
                self.open_object(&client, signed.object, first)
            }
            // Whoever reads it further says so.
            _ => Ok(Ok(Opened::as_it_came(params))),
        }
    }

    /// A request that a client pushes.
    pub(super) fn signed_and_pushed(
        &self,
        client: &Client,
        params: Params,
    ) -> Result<Result<Opened, OAuthError>, AppError> {
        Ok(match object(&params) {
            Ok(Some(object)) if signs(client.party()) => {
                return self.open_object(client, object, self.now());
            }
            Ok(_) => Ok(Opened::as_it_came(params)),
            Err(error) => Err(error),
        })
    }

    fn open_object(
        &self,
        client: &Client,
        object: &str,
        now: Timestamp,
    ) -> Result<Result<Opened, OAuthError>, AppError> {
        let keys = super::assertion::keys_of(client)?;
        let terms = Terms {
            client_id: &client.oidc().client_id,
            issuer: self.issuer()?,
            begins: client.is_fapi(),
            now,
        };
        let params = opened(object, &keys, &terms);
        Ok(params.map(|params| Opened {
            params,
            is_signed: true,
        }))
    }
}

/// Whether a relying party has keys to sign with.
fn signs(party: &RelyingParty) -> bool {
    let client = party.oidc().map(|oidc| &oidc.client);
    matches!(client, Some(OidcClient::Keys { .. }))
}

//! Requests whose senders prove that they hold a key (DPoP, RFC 9449).
//!
//! A proof counts once. That it came is operational state and no event, as with the assertions of clients.

use model::{Digest, Secret};
use ports::store::OneTime;
use protocol::oauth::dpop::{Proof, Request};
use protocol::oauth::{ErrorCode, OAuthError};

use super::clients::Client;
use crate::{App, AppError};

impl App {
    /// The key, by its thumbprint, that a client which sends a request to one of our paths, or somebody with its
    /// token, has proved to hold, which uses the proof up. `proofs` are all headers of the name `DPoP`; `None`: there
    /// is none.
    pub(super) async fn possessed(
        &self,
        client: &Client,
        proofs: &[&[u8]],
        (method, path): (&str, &str),
        token: Option<&Secret>,
    ) -> Result<Result<Option<String>, OAuthError>, AppError> {
        let now = self.now();
        let request = Request {
            method,
            url: &self.issuer()?.endpoint(path),
            token: token.map(Secret::expose),
            algorithms: client.proves_by(),
            now,
        };
        let proof = match Proof::read(proofs, &request) {
            Ok(Some(proof)) => proof,
            Ok(None) => return Ok(Ok(None)),
            Err(error) => return Ok(Err(error)),
        };
        let one = OneTime {
            space: "dpop-proof",
            value: Digest::of([&*proof.jkt, "\0", &*proof.jti].concat().as_bytes()),
        };
        Ok(match self.store.spend(one, proof.ends, now).await? {
            true => Ok(Some(proof.jkt)),
            false => Err(no_proof("came before, and counts once: make a new one")),
        })
    }
}

/// The refusal of a proof that is missing, or not good.
pub(super) const fn no_proof(problem: &'static str) -> OAuthError {
    OAuthError::of(ErrorCode::InvalidDpopProof, "DPoP", problem)
}

//! Requests whose senders prove that they hold a key (DPoP, RFC 9449), or the key of a certificate (RFC 8705 §3).
//!
//! A proof counts once. That it came is operational state and no event, as with the assertions of clients.

use documents::Require;
use model::{Digest, Secret};
use ports::store::OneTime;
use protocol::oauth::dpop::{Proof, Request};
use protocol::oauth::{Bound, ErrorCode, OAuthError};

use super::certificate::Door;
use super::clients::Client;
use super::token::TokenCall;
use crate::{App, AppError};

impl App {
    /// What a client's tokens are to be bound to: the certificate with which it came, where its document says so, and
    /// otherwise the key that it has proved to hold.
    pub(super) async fn binds_to(
        &self,
        client: &Client,
        call: TokenCall<'_>,
    ) -> Result<Result<Option<Bound>, OAuthError>, AppError> {
        let at = ("POST", super::paths::TOKEN);
        let proved = self.possessed(client, call.proofs, at, None, call.door);
        let key = match proved.await? {
            Ok(key) => key,
            Err(error) => return Ok(Err(error)),
        };
        Ok(
            match (
                client.requires(Require::Certificate),
                call.door.bound(),
                key,
            ) {
                (true, Some(bound), None) => Ok(Some(bound)),
                (true, None, _) => {
                    let problem = "the client's tokens are bound to its certificate, and it came without: \
                               send the request over mutual TLS, to the endpoint for that";
                    Err(OAuthError::new(ErrorCode::InvalidRequest, problem))
                }
                (true, Some(_), Some(_)) => Err(no_proof(
                    "is not taken: the client's tokens are bound to its certificate",
                )),
                (false, _, None) if client.requires(Require::Dpop) => {
                    let problem =
                        "is missing, and this client's document demands it: see RFC 9449 5";
                    Err(no_proof(problem))
                }
                (false, _, key) => Ok(key.map(Bound::Key)),
            },
        )
    }

    /// The key, by its thumbprint, that a client which sends a request to one of our paths, or somebody with its
    /// token, has proved to hold, which uses the proof up. `proofs` are all headers of the name `DPoP`; `None`: there
    /// is none.
    pub(super) async fn possessed(
        &self,
        client: &Client,
        proofs: &[&[u8]],
        (method, path): (&str, &str),
        token: Option<&Secret>,
        door: Door<'_>,
    ) -> Result<Result<Option<String>, OAuthError>, AppError> {
        let now = self.now();
        let request = Request {
            method,
            url: &self.base(door)?.endpoint(path),
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

//! ID tokens (OpenID Connect Core 1.0 §2).

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use model::Timestamp;

use super::{ClaimsError, Login, begun, put};
use crate::jose::{Algorithm, base64url};
use crate::oauth::{Issuer, Object, seconds};

/// Who has logged in, for one client. `azp` is not told: it says nothing beside a single audience.
#[derive(Debug, Clone, Copy)]
pub struct IdToken<'a> {
    /// Who says so.
    pub issuer: &'a Issuer,
    /// Who has logged in: at most 255 characters of ASCII.
    pub subject: &'a str,
    /// The client, which is the one audience.
    pub client_id: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// From when on the token is no longer taken.
    pub expires_at: Timestamp,
    /// When and how.
    pub login: Login<'a>,
    /// That of the request.
    pub nonce: Option<&'a str>,
    /// The hash of the access token beside it ([`at_hash`]). It may be left out of a code's answer.
    pub at_hash: Option<&'a str>,
    /// When the client's own session must end (`session_expiry`, IPSIE OpenID Connect SL1).
    pub session_expiry: Option<Timestamp>,
    /// Further claims, of the person.
    pub added: &'a Object,
}

impl IdToken<'_> {
    /// Its type: that of old.
    pub const TYP: &'static str = "JWT";

    /// The claims.
    ///
    /// # Errors
    /// [`ClaimsError::Taken`].
    pub fn claims(&self) -> Result<Object, ClaimsError> {
        const OWN: [&str; 10] = [
            "iss",
            "sub",
            "aud",
            "iat",
            "nbf",
            "exp",
            "nonce",
            "azp",
            "at_hash",
            "session_expiry",
        ];
        let own: Vec<&'static str> = OWN.into_iter().chain(Login::NAMES).collect();
        let mut claims = begun(self.added, &own)?;
        put(&mut claims, "iss", Some(self.issuer.as_str()));
        put(&mut claims, "sub", Some(self.subject));
        put(&mut claims, "aud", Some(self.client_id));
        put(&mut claims, "iat", Some(seconds(self.issued_at)));
        put(&mut claims, "exp", Some(seconds(self.expires_at)));
        self.login.tell(&mut claims);
        put(&mut claims, "nonce", self.nonce);
        put(&mut claims, "at_hash", self.at_hash);
        put(
            &mut claims,
            "session_expiry",
            self.session_expiry.map(seconds),
        );
        Ok(claims)
    }
}

/// The left half of the hash of an access token, with the hash of the algorithm that signs the ID token
/// (§3.1.3.6). For Ed25519 that is SHA-512, which it is made with (RFC 8032 §5.1).
#[must_use]
pub fn at_hash(access_token: &str, algorithm: Algorithm) -> String {
    let hash = match algorithm {
        Algorithm::Es256 | Algorithm::Rs256 | Algorithm::Ps256 => &SHA256,
        Algorithm::Es384 => &SHA384,
        Algorithm::EdDsa => &SHA512,
    };
    let hashed = digest(hash, access_token.as_bytes());
    let hashed = hashed.as_ref();
    base64url::encode(&hashed[..hashed.len() / 2])
}

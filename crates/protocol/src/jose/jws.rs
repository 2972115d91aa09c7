//! Signed tokens in their compact form (RFC 7515 §7.1), and in no other.

use super::header::{Header, MAX_TOKEN, Typ};
use super::{
    Algorithm, JwsError, Key, KeySet, MacKey, PublicKey, SignError, SigningKey, base64url,
};

/// A token whose signature is that of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<K> {
    /// What the header says.
    pub header: Header,
    /// What was signed.
    pub payload: Vec<u8>,
    /// The key: for a registered one, a reference into the set.
    pub key: K,
}

/// Signs a payload: `HEADER.PAYLOAD.SIGNATURE`, whose header has the key's `alg` and `kid`, and `typ`.
///
/// # Errors
/// [`SignError`]: when the token would be longer than any, or the library fails.
pub fn sign(key: &SigningKey, typ: &str, payload: &[u8]) -> Result<String, SignError> {
    let public = key.public();
    let input = input(public.alg(), public.kid(), typ, payload);
    let signature = key.signature(input.as_bytes())?;
    close(input, &signature)
}

/// Signs a payload with a shared secret.
///
/// # Errors
/// [`SignError::TooLong`]: when the token would be longer than any.
pub fn sign_mac(key: &MacKey, typ: &str, payload: &[u8]) -> Result<String, SignError> {
    let input = input(key.alg(), key.kid(), typ, payload);
    let tag = key.tag(input.as_bytes());
    close(input, tag.as_ref())
}

/// Verifies a token with the registered key that it names; without a name, with the only key for its
/// algorithm.
///
/// The key decides the algorithm; what the header says must be the same. The set decides whether that is a
/// public key ([`Jwks`](super::Jwks)) or a shared secret ([`MacKeys`](super::MacKeys)).
///
/// # Errors
/// [`JwsError`], one variant for each reason.
pub fn verify<'k, S: KeySet>(
    token: &str,
    keys: &'k S,
    typ: Typ<'_>,
) -> Result<Verified<&'k S::Key>, JwsError> {
    let parts = Parts::of(token)?;
    if parts.header.jwk().is_some() {
        return Err(JwsError::EmbeddedKey);
    }
    parts.header.is_a(typ)?;
    let key = select(keys.keys(), &parts.header)?;
    Ok(Verified {
        payload: parts.opened(key)?,
        header: parts.header,
        key,
    })
}

/// Verifies a token with the public key in its own header, which proves that its sender holds the private
/// one and nothing else: a DPoP proof (RFC 9449 §4.3). What matters is the key that comes back; compare
/// its thumbprint.
///
/// The algorithm is one of `allowed` and one that the key can have. A `kid` in the header is not looked at.
///
/// # Errors
/// [`JwsError`], one variant for each reason.
pub fn verify_embedded(
    token: &str,
    allowed: &[Algorithm],
    typ: Typ<'_>,
) -> Result<Verified<PublicKey>, JwsError> {
    let parts = Parts::of(token)?;
    parts.header.is_a(typ)?;
    let jwk = parts.header.jwk().ok_or(JwsError::NoEmbeddedKey)?;
    let algorithm = Algorithm::named(parts.header.alg());
    let algorithm = algorithm.filter(|algorithm| allowed.contains(algorithm));
    let algorithm = algorithm.ok_or(JwsError::OtherAlgorithm)?;
    let key = PublicKey::from_members(jwk, Some(algorithm));
    let key = key.map_err(JwsError::EmbeddedKeyRefused)?;
    Ok(Verified {
        payload: parts.opened(&key)?,
        header: parts.header,
        key,
    })
}

/// What a token would say if it were signed by whom it should be: to look up whose keys it is to be verified
/// with, and for nothing else.
pub(super) fn unverified(token: &str) -> Result<Vec<u8>, JwsError> {
    let parts = Parts::of(token)?;
    base64url::decode(parts.payload).ok_or(JwsError::PayloadEncoding)
}

/// A token, taken apart. Nothing of it is believed.
struct Parts<'t> {
    header: Header,
    /// What is signed: the first two parts, as they are written.
    signed: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    fn of(token: &'t str) -> Result<Self, JwsError> {
        if token.len() > MAX_TOKEN {
            return Err(JwsError::TooLong(token.len()));
        }
        let points = token.bytes().filter(|byte| *byte == b'.').count();
        let (signed, signature) = match points {
            2 => token.rsplit_once('.').ok_or(JwsError::Parts(1))?,
            4 => return Err(JwsError::Encrypted),
            points => return Err(JwsError::Parts(points + 1)),
        };
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Parts(1))?;
        let header = Header::read(header)?;
        let signature = base64url::decode(signature).ok_or(JwsError::SignatureEncoding)?;
        Ok(Self {
            header,
            signed,
            payload,
            signature,
        })
    }

    /// What was signed, if that is the key's signature. The payload is decoded behind it: until then
    /// nobody has vouched for it.
    fn opened(&self, key: &impl Key) -> Result<Vec<u8>, JwsError> {
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(JwsError::Signature);
        }
        base64url::decode(self.payload).ok_or(JwsError::PayloadEncoding)
    }
}

/// The key that a token names; without a name, the only one for its algorithm.
fn select<'k, K: Key>(keys: &'k [K], header: &Header) -> Result<&'k K, JwsError> {
    if let Some(kid) = header.kid() {
        let key = keys.iter().find(|key| key.kid() == Some(kid));
        let key = key.ok_or(JwsError::UnknownKey)?;
        if key.alg() != header.alg() {
            return Err(JwsError::OtherAlgorithm);
        }
        return Ok(key);
    }
    let mut fitting = keys.iter().filter(|key| key.alg() == header.alg());
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) if keys.is_empty() => Err(JwsError::UnknownKey),
        (None, _) => Err(JwsError::OtherAlgorithm),
        (Some(_), Some(_)) => Err(JwsError::Ambiguous),
    }
}

fn input(alg: &str, kid: Option<&str>, typ: &str, payload: &[u8]) -> String {
    let header = Header::write(alg, kid, typ);
    format!("{header}.{}", base64url::encode(payload))
}

fn close(input: String, signature: &[u8]) -> Result<String, SignError> {
    let token = format!("{input}.{}", base64url::encode(signature));
    if token.len() > MAX_TOKEN {
        return Err(SignError::TooLong);
    }
    Ok(token)
}

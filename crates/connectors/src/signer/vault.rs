//! The keys, where they are opened.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ports::signer::opened;
use ports::{HeldKey, KeyName, KeyRing, MadeKey, Sealed, Signer, SignerError, SigningUse};
use protocol::jose::{Algorithm, Key as _, SigningKey};

use super::frame::MAX_MESSAGE;

/// The most keys that are held: five kinds in three stages are fifteen. Whatever else was held is shown again.
pub(super) const MOST: usize = 64;

/// Holds keys in this process. What it makes is sealed with its own ring, which nobody else has.
pub struct Vault {
    ring: Arc<dyn KeyRing>,
    held: Mutex<BTreeMap<String, Held>>,
}

#[derive(Clone)]
struct Held {
    purpose: SigningUse,
    key: Arc<SigningKey>,
}

impl Vault {
    /// A vault that seals and opens with this ring, and holds nothing yet.
    #[must_use]
    pub fn new(ring: Arc<dyn KeyRing>) -> Self {
        Self {
            ring,
            held: Mutex::default(),
        }
    }

    fn hold(&self, kid: &str, purpose: SigningUse, key: SigningKey) {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        let key = Arc::new(key);
        all.insert(kid.to_owned(), Held { purpose, key });
    }

    fn get(&self, kid: &str) -> Option<Held> {
        let all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(kid).cloned()
    }
}

impl Signer for Vault {
    fn generate(&self, purpose: SigningUse, algorithm: &str) -> Result<MadeKey, SignerError> {
        let known = algorithm_for(purpose, algorithm)?;
        let made = SigningKey::generate(known);
        let (key, private) = made.map_err(|why| refused(&why.to_string()))?;
        let public = key.public();
        let kid = public.kid().unwrap_or_default().to_owned();
        let named = KeyName {
            purpose,
            algorithm,
            kid: &kid,
        };
        let made = MadeKey {
            sealed: self.ring.seal(&named.sealed_for(), private.expose()),
            public: public.to_jwk(),
            kid: kid.clone(),
        };
        self.hold(&kid, purpose, key);
        Ok(made)
    }

    fn show(&self, key: KeyName<'_>, sealed: &Sealed) -> Result<(), SignerError> {
        let algorithm = algorithm_for(key.purpose, key.algorithm)?;
        let der = opened(&*self.ring, key, sealed)?;
        let read = SigningKey::from_pkcs8(algorithm, &der);
        let read = read.map_err(|why| refused(&why.to_string()))?;
        if read.public().kid() != Some(key.kid) {
            return Err(refused("the key has another name"));
        }
        self.hold(key.kid, key.purpose, read);
        Ok(())
    }

    fn sign(&self, key: KeyName<'_>, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let held = self.get(key.kid).ok_or(SignerError::NotHeld)?;
        if held.purpose != key.purpose || held.key.public().alg() != key.algorithm {
            return Err(refused("the key is for something else"));
        }
        if message.len() > MAX_MESSAGE || !is_for(key.purpose, message) {
            return Err(refused("that is nothing that the key signs"));
        }
        let signature = held.key.signature(message);
        signature.map_err(|why| refused(&why.to_string()))
    }

    fn forget(&self, kid: &str) -> Result<(), SignerError> {
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(kid);
        Ok(())
    }

    fn held(&self) -> Result<Vec<HeldKey>, SignerError> {
        let all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let told = all.values().map(|held| HeldKey {
            purpose: held.purpose,
            algorithm: held.key.public().alg().to_owned(),
            public: held.key.public().to_jwk(),
        });
        Ok(told.collect())
    }
}

fn refused(why: &str) -> SignerError {
    SignerError::Refused(why.to_owned())
}

/// The algorithm of that name, where something is signed by it for that purpose.
fn algorithm_for(purpose: SigningUse, name: &str) -> Result<Algorithm, SignerError> {
    let known = Algorithm::named(name).filter(|algorithm| match purpose {
        SigningUse::Jws => *algorithm != Algorithm::Es384,
        SigningUse::Saml => *algorithm == Algorithm::Rs256,
    });
    known.ok_or_else(|| refused("nothing is signed by that algorithm for that purpose"))
}

/// Whether a message has the form of what is signed for a purpose. Keys are apart already; this keeps whoever may
/// ask for a signature of SAML from a token all the same, and the other way round.
fn is_for(purpose: SigningUse, message: &[u8]) -> bool {
    match purpose {
        SigningUse::Jws => is_token(message),
        // An element in its canonical form, a query (SAML Bindings §3.4.4.1), or a certificate in DER.
        SigningUse::Saml => {
            let begins: [&[u8]; 4] = [b"<", b"SAMLRequest=", b"SAMLResponse=", &[0x30, 0x82]];
            !is_token(message) && begins.iter().any(|one| message.starts_with(one))
        }
    }
}

/// A header and a payload in base64url with a dot between (RFC 7515 §5.1).
fn is_token(message: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut parts = message.split(|byte| *byte == b'.');
    let good =
        |part: Option<&[u8]>| part.is_some_and(|part| !part.is_empty() && part.iter().all(plain));
    good(parts.next()) && good(parts.next()) && parts.next().is_none()
}

//! Signing keys, in this process or in another ([`Signer`]).
//!
//! Where another process holds them, the store keeps what that one sealed, and nothing here opens it. A key is then
//! for one purpose: what SAML is signed with signs no token. Without such a process SAML is signed with the key
//! for RS256, which is published for tokens too.

use std::sync::Arc;
use std::time::Duration;

use model::SigningKey as KeyState;
use model::sign_in::KeyStage;
use ports::{KeyName, MadeKey, Sealed, Signer, SignerError, SigningUse};
use protocol::jose::{Algorithm, Holder, Key as _, PublicKey, SigningKey};

use super::keys::{broken, secret_name};
use crate::{App, AppError, ErrorKind};

/// What the key of SAML has in place of an algorithm of JOSE: what its algorithm is called there (RFC 9231 §2.3.2).
const RSA_SHA256: &str = "rsa-sha256";

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Tokens, by an algorithm.
    Jws(Algorithm),
    /// SAML alone.
    Saml,
}

impl Kind {
    /// Its name, in the log and for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Jws(algorithm) => algorithm.name(),
            Self::Saml => RSA_SHA256,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            RSA_SHA256 => Some(Self::Saml),
            name => Algorithm::named(name).map(Self::Jws),
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            Self::Jws(algorithm) => algorithm,
            Self::Saml => Algorithm::Rs256,
        }
    }

    const fn purpose(self) -> SigningUse {
        match self {
            Self::Jws(_) => SigningUse::Jws,
            Self::Saml => SigningUse::Saml,
        }
    }

    const fn key(self, kid: &str) -> KeyName<'_> {
        KeyName {
            purpose: self.purpose(),
            algorithm: self.algorithm().name(),
            kid,
        }
    }
}

/// A key in the other process.
struct Elsewhere {
    signer: Arc<dyn Signer>,
    kind: Kind,
    kid: String,
    sealed: Sealed,
}

impl Elsewhere {
    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let key = self.kind.key(&self.kid);
        match self.signer.sign(key, message) {
            // It has begun anew since.
            Err(SignerError::NotHeld) => {
                self.signer.show(key, &self.sealed)?;
                self.signer.sign(key, message)
            }
            answered => answered,
        }
    }
}

impl Holder for Elsewhere {
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signed = self.signature(message);
        signed
            .inspect_err(|why| tracing::warn!(kid = self.kid, %why, "signer.not_signed"))
            .ok()
    }
}

impl App {
    /// What SAML is signed with.
    pub(crate) const fn saml_kind(&self) -> Kind {
        match self.signer {
            Some(_) => Kind::Saml,
            None => Kind::Jws(Algorithm::Rs256),
        }
    }

    /// Whether SAML is signed with a key, or will be.
    #[must_use]
    pub fn signs_saml(&self, key: &KeyState) -> bool {
        key.algorithm == self.saml_kind().name()
    }

    /// Whether whoever holds the signing keys answers; where nobody else does, that is so.
    ///
    /// # Errors
    /// `Busy`: then nobody signs in, because nothing could be given to anybody at the end of it.
    pub fn signer_answers(&self) -> Result<(), AppError> {
        match &self.signer {
            Some(signer) => signer.held().map(|_| ()).map_err(|why| not_there(&why)),
            None => Ok(()),
        }
    }

    /// A new key, and its private half sealed by whoever holds it.
    pub(super) async fn made_key(&self, kind: Kind) -> Result<MadeKey, AppError> {
        let not_made = |why: &str| broken(format!("a signing key could not be made: {why}"));
        let ended = |_| not_made("the thread that makes it has ended");
        if let Some(signer) = self.signer.clone() {
            let made = tokio::task::spawn_blocking(move || {
                signer.generate(kind.purpose(), kind.algorithm().name())
            });
            return made.await.map_err(ended)?.map_err(|why| not_there(&why));
        }
        let made = tokio::task::spawn_blocking(move || SigningKey::generate(kind.algorithm()));
        let made = made.await.map_err(ended)?;
        let (key, private) = made.map_err(|why| not_made(&why.to_string()))?;
        let kid = key.public().kid().unwrap_or_default().to_owned();
        Ok(MadeKey {
            public: key.public().to_jwk(),
            sealed: self.keyring.seal(&secret_name(&kid), private.expose()),
            kid,
        })
    }

    /// A key to sign with, of what was sealed.
    pub(super) fn opened_key(
        &self,
        kind: Kind,
        state: &KeyState,
        sealed: Sealed,
    ) -> Result<SigningKey, AppError> {
        let unusable = || broken(format!("the signing key {} cannot be opened", state.kid));
        let Some(signer) = &self.signer else {
            let der = self.keyring.open(&secret_name(&state.kid), &sealed);
            let der = der.map_err(|_| unusable())?;
            return SigningKey::from_pkcs8(kind.algorithm(), &der).map_err(|_| unusable());
        };
        // Said now, rather than when somebody has signed in.
        let shown = signer.show(kind.key(&state.kid), &sealed);
        shown.map_err(|why| match why {
            SignerError::Refused(why) => not_its_own(&state.kid, &why),
            why => not_there(&why),
        })?;
        let public = serde_json::to_vec(&state.public).map_err(|_| unusable())?;
        let public = PublicKey::from_jwk(&public, Some(kind.algorithm()));
        let public = public.map_err(|_| unusable())?;
        if public.thumbprint() != state.kid {
            return Err(unusable());
        }
        let (signer, kid) = (Arc::clone(signer), state.kid.clone());
        let holder = Elsewhere {
            signer,
            kind,
            kid,
            sealed,
        };
        Ok(SigningKey::held(public, Arc::new(holder)))
    }

    /// Has whoever holds keys forget those that are signed with no more. What it does not hear it forgets when it
    /// begins anew.
    pub(super) fn forget_keys<'k>(&self, keys: impl Iterator<Item = &'k KeyState>) {
        let Some(signer) = &self.signer else {
            return;
        };
        for key in keys.filter(|key| matches!(key.stage, KeyStage::Past | KeyStage::Gone)) {
            if let Err(why) = signer.forget(&key.kid) {
                tracing::warn!(kid = key.kid, %why, "signer.not_forgotten");
            }
        }
    }
}

/// Nothing can be signed now.
pub(crate) fn not_there(why: &SignerError) -> AppError {
    AppError::new(
        ErrorKind::Busy(Duration::from_secs(2)),
        "TNR-SIGNER-0001",
        format!("nobody signs in: of the process that holds the signing keys, {why}"),
        "start `tenure signer`, and look whether it listens where `signer.socket` says; sign-in goes on by itself",
    )
}

/// A key cannot be used by this signer.
fn not_its_own(kid: &str, why: &str) -> AppError {
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGNER-0002",
        format!("the process that holds the signing keys did not make the key {kid}: {why}"),
        "start it with the key file that it had, or take every key out of use: `tenure signing-keys roll`",
    )
}

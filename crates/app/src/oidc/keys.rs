//! The keys that tokens are signed with: made when they are first needed, sealed at rest, staged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::event::KeyChanged;
use model::sign_in::KeyStage;
use model::{Actor, Event, SigningKey as KeyState};
use ports::store::{Append, SecretRow, Stream};
use protocol::jose::{Algorithm, Jwks, SigningKey};
use protocol::saml::signature::Credential;
use serde_json::{Value, json};

use super::held::Kind;
use crate::{App, AppError, ErrorKind};

/// What every provider can sign with, whatever its relying parties ask for: OpenID Connect demands RS256
/// (Discovery 1.0 §3), and everybody speaks ES256.
pub(super) const ALWAYS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Rs256];

/// The keys as they stood at one head of their stream.
pub(crate) struct Keys {
    /// Where their stream ended.
    pub(super) head: Option<u64>,
    signing: BTreeMap<Algorithm, Arc<SigningKey>>,
    /// What SAML is signed with ([`App::saml_kind`]), with its certificate.
    credential: Option<Credential>,
    /// What SAML will be signed with, where that is another.
    next: Option<Credential>,
    /// What is published.
    pub(crate) published: Jwks,
    /// The same, as it is sent.
    pub(crate) jwks: Arc<str>,
}

/// The last keys that were read; parsed once.
#[derive(Default)]
pub(crate) struct KeyCache {
    last: Mutex<Option<Arc<Keys>>>,
    /// Held while keys are read and made: one who does is enough.
    making: tokio::sync::Mutex<()>,
}

impl KeyCache {
    /// The keys, if they are those of this head.
    fn at(&self, head: Option<u64>) -> Option<Arc<Keys>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|keys| keys.head == head).cloned()
    }

    fn put(&self, keys: Keys) -> Arc<Keys> {
        let keys = Arc::new(keys);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Arc::clone(&keys));
        keys
    }
}

impl Keys {
    /// The key that SAML is signed with, and its certificate.
    ///
    /// # Errors
    /// `Broken`: there is always one.
    pub(crate) fn credential(&self) -> Result<&Credential, AppError> {
        let missing = || broken("there is no key to sign SAML with".to_owned());
        self.credential.as_ref().ok_or_else(missing)
    }

    /// The key that SAML will be signed with and its certificate, where they are published already.
    pub(crate) const fn next_credential(&self) -> Option<&Credential> {
        self.next.as_ref()
    }

    /// The key that signs with an algorithm.
    pub(crate) fn signing(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.signing.get(&algorithm).map(Arc::as_ref)
    }

    fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Jws(algorithm) => self.signing.contains_key(&algorithm),
            Kind::Saml => self.credential.is_some(),
        }
    }
}

pub(super) fn stream() -> Stream {
    Stream("signing-keys".to_owned())
}

pub(super) fn broken(problem: String) -> AppError {
    let fix = "run `tenure ledger verify`, and check that every older master key is configured";
    AppError::new(ErrorKind::Broken, "TNR-SIGN-0011", problem, fix)
}

impl App {
    /// The keys as they stand, with one for each algorithm that is asked for; made where there is none.
    ///
    /// # Errors
    /// When the store does not answer, or a key cannot be opened.
    pub(crate) async fn keys(&self, wanted: &[Algorithm]) -> Result<Arc<Keys>, AppError> {
        let saml = Some(self.saml_kind()).filter(|kind| *kind == Kind::Saml);
        let all = || {
            let tokens = ALWAYS.iter().chain(wanted).copied().map(Kind::Jws);
            tokens.chain(saml)
        };
        // Nobody waits for another's reading where the keys are what they were.
        let head = self.store.head_of(&stream()).await?;
        if let Some(keys) = self.keys.at(head)
            && all().all(|one| keys.has(one))
        {
            return Ok(keys);
        }
        let _turn = self.keys.making.lock().await;
        loop {
            let head = self.store.head_of(&stream()).await?;
            let current = match self.keys.at(head) {
                Some(keys) => keys,
                None => self.keys.put(self.read_keys(head).await?),
            };
            let Some(kind) = all().find(|one| !current.has(*one)) else {
                return Ok(current);
            };
            let (system, reason) = (Actor::system(), "it was needed for the first time");
            let made = self.make_key(&system, kind, KeyStage::Current, head, reason);
            match made.await {
                Ok(_) => {}
                // Another node was first.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(error),
            }
        }
    }

    async fn read_keys(&self, head: Option<u64>) -> Result<Keys, AppError> {
        let mut signing = BTreeMap::new();
        let mut public = Vec::new();
        let (mut credential, mut next) = (None, None);
        for state in self.store.signing_keys().await? {
            let kind = Kind::named(&state.algorithm);
            let unknown = || broken(format!("the signing key {} is for nothing here", state.kid));
            let kind = kind.ok_or_else(unknown)?;
            if let Kind::Jws(algorithm) = kind
                && state.stage == KeyStage::Current
            {
                let key = self.open_key(kind, &state).await?;
                signing.insert(algorithm, Arc::new(key));
            }
            let certified = match state.stage {
                KeyStage::Current => Some(&mut credential),
                KeyStage::Next => Some(&mut next),
                KeyStage::Past | KeyStage::Gone => None,
            };
            if let Some(certified) = certified.filter(|_| kind == self.saml_kind()) {
                let key = self.open_key(kind, &state).await?;
                let made = crate::saml::credential(key);
                *certified = Some(made.map_err(|why| broken(why.to_string()))?);
            }
            // Whoever believes tokens is not to believe what the key of SAML has signed.
            if kind != Kind::Saml {
                public.push(Value::Object(state.public));
            }
        }
        let jwks = json!({ "keys": public }).to_string();
        let published = Jwks::parse(jwks.as_bytes(), None);
        let published =
            published.map_err(|why| broken(format!("the published keys cannot be read: {why}")))?;
        Ok(Keys {
            head,
            signing,
            credential,
            next,
            published,
            jwks: jwks.into(),
        })
    }

    async fn open_key(&self, kind: Kind, state: &KeyState) -> Result<SigningKey, AppError> {
        let name = secret_name(&state.kid);
        let lost = || broken(format!("the signing key {} is not kept here", state.kid));
        let row = self.store.secret(&name).await?.ok_or_else(lost)?;
        self.opened_key(kind, state, row.sealed)
    }

    /// Makes a key and publishes it at a stage. The private half is stored first: one that nothing names
    /// harms nobody, and one that is named is there.
    pub(super) async fn make_key(
        &self,
        actor: &Actor,
        kind: Kind,
        stage: KeyStage,
        head: Option<u64>,
        reason: &str,
    ) -> Result<KeyState, AppError> {
        let key = self.made_key(kind).await?;
        self.store
            .put_secret(SecretRow {
                name: secret_name(&key.kid),
                app: SIGNING.to_owned(),
                host: String::new(),
                sealed: key.sealed,
                at: self.clock.now(),
                expires: None,
            })
            .await?;
        let made = KeyState {
            kid: key.kid,
            algorithm: kind.name().to_owned(),
            public: key.public,
            stage,
        };
        let event = changed(&made, reason);
        let mut append = Append::of(actor.clone(), vec![event]).on(stream(), head);
        if stage == KeyStage::Next && kind == self.saml_kind() {
            append = self.announcing(append, &made.kid).await?;
        }
        self.store.append(append).await?;
        Ok(made)
    }

    /// Takes every key out of use at once and signs with new ones: what the old ones have signed counts no
    /// longer. For the day on which somebody else may have them. Which those were.
    ///
    /// # Errors
    /// When the store does not answer, or somebody else rolls at the same time.
    pub async fn roll_keys(&self, actor: &Actor, reason: &str) -> Result<Vec<String>, AppError> {
        // Where nobody could make new ones, it says so while the old ones still count.
        self.signer_answers()?;
        let rolled = self.retire_keys(actor, reason).await?;
        self.keys(&[]).await?;
        Ok(rolled)
    }

    /// Takes every key out of use, and makes none: the next who needs one does.
    pub(crate) async fn retire_keys(
        &self,
        actor: &Actor,
        reason: &str,
    ) -> Result<Vec<String>, AppError> {
        let head = self.store.head_of(&stream()).await?;
        let old = self.store.signing_keys().await?;
        let names = old.iter().map(|key| key.kid.clone()).collect();
        let gone = old.into_iter().map(|key| KeyState {
            stage: KeyStage::Gone,
            ..key
        });
        let gone: Vec<KeyState> = gone.collect();
        let events: Vec<Event> = gone.iter().map(|key| changed(key, reason)).collect();
        if !events.is_empty() {
            let mut append = Append::of(actor.clone(), events).on(stream(), head);
            let over = self.nobody_waits("every key was taken out of use").await?;
            append.events.extend(over);
            self.store.append(append).await?;
        }
        self.forget_keys(gone.iter());
        Ok(names)
    }

    /// The published keys (RFC 7517 §5), as they are sent.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn jwks(&self) -> Result<Arc<str>, AppError> {
        self.issuer()?;
        Ok(Arc::clone(&self.keys(&[]).await?.jwks))
    }
}

/// Of what a sealed private key is the secret, in place of an app.
pub(crate) const SIGNING: &str = "signing";
/// What stands before its name.
const PRIVATE: &str = "signing-key/";

/// Whether a secret of this name is a private key: nobody sets or lists those.
pub(crate) fn is_private_key(name: &str) -> bool {
    name.starts_with(PRIVATE)
}

pub(super) fn changed(key: &KeyState, reason: &str) -> Event {
    Event::KeyChanged(KeyChanged {
        key: key.clone(),
        reason: reason.to_owned(),
    })
}

pub(super) fn secret_name(kid: &str) -> String {
    format!("{PRIVATE}{kid}")
}

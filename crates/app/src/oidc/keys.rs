//! The keys that tokens are signed with: made when they are first needed, sealed at rest, staged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::event::KeyChanged;
use model::sign_in::KeyStage;
use model::{Actor, Event, SigningKey as KeyState};
use ports::store::{Append, SecretRow, Stream};
use protocol::jose::{Algorithm, Jwks, Key as _, SigningKey};
use protocol::saml::signature::Credential;
use serde_json::{Value, json};

use crate::{App, AppError, ErrorKind};

/// What every provider can sign with, whatever its relying parties ask for: OpenID Connect demands RS256
/// (Discovery 1.0 §3), and everybody speaks ES256.
pub(super) const ALWAYS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Rs256];

/// The keys as they stood at one head of their stream.
pub(crate) struct Keys {
    /// Where their stream ended.
    pub(super) head: Option<u64>,
    signing: BTreeMap<Algorithm, Arc<SigningKey>>,
    /// What SAML is signed with: the key for RS256, with its certificate.
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
}

pub(super) fn stream() -> Stream {
    Stream("signing-keys".to_owned())
}

fn broken(problem: String) -> AppError {
    let fix = "run `tenure ledger verify`, and check that every older master key is configured";
    AppError::new(ErrorKind::Broken, "TNR-SIGN-0011", problem, fix)
}

impl App {
    /// The keys as they stand, with one for each algorithm that is asked for; made where there is none.
    ///
    /// # Errors
    /// When the store does not answer, or a key cannot be opened.
    pub(crate) async fn keys(&self, wanted: &[Algorithm]) -> Result<Arc<Keys>, AppError> {
        let all = || ALWAYS.iter().chain(wanted);
        // Nobody waits for another's reading where the keys are what they were.
        let head = self.store.head_of(&stream()).await?;
        if let Some(keys) = self.keys.at(head)
            && all().all(|one| keys.signing(*one).is_some())
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
            let missing = all().copied().find(|one| current.signing(*one).is_none());
            let Some(algorithm) = missing else {
                return Ok(current);
            };
            let (system, reason) = (Actor::system(), "it was needed for the first time");
            let made = self.make_key(&system, algorithm, KeyStage::Current, head, reason);
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
            if state.stage == KeyStage::Current {
                let (algorithm, key) = self.open_key(&state).await?;
                signing.insert(algorithm, Arc::new(key));
            }
            let certified = match state.stage {
                KeyStage::Current => Some(&mut credential),
                KeyStage::Next => Some(&mut next),
                KeyStage::Past | KeyStage::Gone => None,
            };
            let certified = certified.filter(|_| state.algorithm == Algorithm::Rs256.name());
            if let Some(certified) = certified {
                let (_, key) = self.open_key(&state).await?;
                let made = crate::saml::credential(key);
                *certified = Some(made.map_err(|why| broken(why.to_string()))?);
            }
            public.push(Value::Object(state.public));
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

    async fn open_key(&self, state: &KeyState) -> Result<(Algorithm, SigningKey), AppError> {
        let broken = || broken(format!("the signing key {} cannot be opened", state.kid));
        let algorithm = Algorithm::named(&state.algorithm).ok_or_else(broken)?;
        let name = secret_name(&state.kid);
        let row = self.store.secret(&name).await?.ok_or_else(broken)?;
        let der = self.keyring.open(&name, &row.sealed);
        let der = der.map_err(|_| broken())?;
        let key = SigningKey::from_pkcs8(algorithm, &der).map_err(|_| broken())?;
        Ok((algorithm, key))
    }

    /// Makes a key and publishes it at a stage. The private half is stored first: one that nothing names
    /// harms nobody, and one that is named is there.
    pub(super) async fn make_key(
        &self,
        actor: &Actor,
        algorithm: Algorithm,
        stage: KeyStage,
        head: Option<u64>,
        reason: &str,
    ) -> Result<KeyState, AppError> {
        let made = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await;
        let made = made.map_err(|_| broken("a signing key could not be made".to_owned()))?;
        let (key, private) =
            made.map_err(|why| broken(format!("a signing key could not be made: {why}")))?;
        let public = key.public().to_jwk();
        let kid = key.public().kid().unwrap_or_default().to_owned();
        let name = secret_name(&kid);
        self.store
            .put_secret(SecretRow {
                name: name.clone(),
                app: SIGNING.to_owned(),
                host: String::new(),
                sealed: self.keyring.seal(&name, private.expose()),
                at: self.clock.now(),
                expires: None,
            })
            .await?;
        let made = KeyState {
            kid,
            algorithm: algorithm.name().to_owned(),
            public,
            stage,
        };
        let event = Event::KeyChanged(KeyChanged {
            key: made.clone(),
            reason: reason.to_owned(),
        });
        let mut append = Append::of(actor.clone(), vec![event]).on(stream(), head);
        if stage == KeyStage::Next && algorithm == Algorithm::Rs256 {
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
        let events: Vec<Event> = old
            .into_iter()
            .map(|mut key| {
                key.stage = KeyStage::Gone;
                Event::KeyChanged(KeyChanged {
                    key,
                    reason: reason.to_owned(),
                })
            })
            .collect();
        if !events.is_empty() {
            let mut append = Append::of(actor.clone(), events).on(stream(), head);
            let over = self.nobody_waits("every key was taken out of use").await?;
            append.events.extend(over);
            self.store.append(append).await?;
        }
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

fn secret_name(kid: &str) -> String {
    format!("{PRIVATE}{kid}")
}

//! What identity providers say of themselves: fetched within bounds, and kept for a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use documents::{ClientAuth, IdentityProvider, SigningAlg, UpstreamOidc};
use model::{Secret, Timestamp};
use ports::Upstream;
use protocol::jose::{Algorithm, Jwks};
use protocol::oauth::params::encode;
use protocol::oauth::upstream::{
    Exchanged, Expected, IdToken, Provider, Refused, configuration_url, exchanged,
};
use tokio::sync::Semaphore;

use super::Trip;
use crate::{App, AppError};

/// As long as one answer of a provider may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// For so long what was read is not read again.
const KEPT: Duration = Duration::from_secs(3_600);
/// For so long it counts where reading it again fails.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// So often keys are fetched again because of a token that none of them verifies.
const AGAIN: Duration = Duration::from_secs(60);
/// So long a provider that did not answer is not asked again.
const REST: Duration = Duration::from_secs(10);
/// As many people may wait for providers on one node.
const WAITING: usize = 64;
/// As many providers are remembered.
const REMEMBERED: usize = 64;

/// What was read of one provider, and when.
struct Kept<T> {
    value: Arc<T>,
    at: Timestamp,
}

/// What identity providers say of themselves, as it was last read, by issuer and algorithm.
pub(crate) struct Upstreams {
    ways: Mutex<BTreeMap<bool, Arc<dyn Upstream>>>,
    metadata: Mutex<BTreeMap<String, Kept<Provider>>>,
    /// Those that did not answer, and when.
    silent: Mutex<BTreeMap<String, Kept<()>>>,
    keys: Mutex<BTreeMap<(String, &'static str), Kept<Jwks>>>,
    seats: Semaphore,
}

impl Default for Upstreams {
    fn default() -> Self {
        Self {
            ways: Mutex::default(),
            metadata: Mutex::default(),
            silent: Mutex::default(),
            keys: Mutex::default(),
            seats: Semaphore::new(WAITING),
        }
    }
}

impl App {
    /// Where a provider is asked for what.
    ///
    /// # Errors
    /// [`Refused`], when it cannot be reached or says what cannot be used.
    pub(crate) async fn provider_of(
        &self,
        named: &IdentityProvider,
    ) -> Result<Arc<Provider>, Refused> {
        let now = self.clock.now();
        let issuer = named.issuer.as_str();
        let kept = found(&self.upstreams.metadata, issuer);
        if let Some(kept) = kept.as_ref().filter(|kept| is_young(kept.at, now, KEPT)) {
            return Ok(Arc::clone(&kept.value));
        }
        match self.metadata_of(named, now).await {
            Ok(provider) => {
                let value = Arc::new(provider);
                keep(&self.upstreams.metadata, issuer.to_owned(), &value, now);
                Ok(value)
            }
            Err(refused) => match kept.filter(|kept| is_young(kept.at, now, LONGEST)) {
                Some(kept) => Ok(kept.value),
                None => Err(refused),
            },
        }
    }

    /// What it says of itself now. Anybody may ask for the way to it, so nobody has it asked without a bound.
    async fn metadata_of(
        &self,
        named: &IdentityProvider,
        now: Timestamp,
    ) -> Result<Provider, Refused> {
        let issuer = named.issuer.as_str();
        let silent = found(&self.upstreams.silent, issuer);
        if silent.is_some_and(|kept| is_young(kept.at, now, REST)) {
            return Err(Refused("it did not answer a moment ago".to_owned()));
        }
        let Ok(_seat) = self.upstreams.seats.try_acquire() else {
            return Err(busy());
        };
        let fetched = self.fetched(named, &configuration_url(issuer), None).await;
        let read = fetched.and_then(|bytes| Provider::read(&bytes, issuer));
        if read.is_err() {
            keep(
                &self.upstreams.silent,
                issuer.to_owned(),
                &Arc::new(()),
                now,
            );
        }
        read
    }

    /// Exchanges a code, and verifies the ID token that comes of it.
    ///
    /// # Errors
    /// [`Refused`] as a value, when it cannot be reached or is not believed; otherwise when our secret is not set or
    /// not bound to it, or the store does not answer.
    pub(crate) async fn vouched_for(
        &self,
        named: &IdentityProvider,
        provider: &Provider,
        trip: &Trip,
        code: &Secret,
        redirect_uri: &str,
    ) -> Result<Result<IdToken, Refused>, AppError> {
        let oidc = match spoken(named) {
            Ok(oidc) => oidc,
            Err(refused) => return Ok(Err(refused)),
        };
        let secret = self
            .upstream_secret(&named.name, &oidc.secret, provider.token.as_str())
            .await?;
        let (form, header) = proof(oidc, trip, code, redirect_uri, &secret);
        let Ok(_seat) = self.upstreams.seats.try_acquire() else {
            return Ok(Err(busy()));
        };
        let way = match self.way(named) {
            Ok(way) => way,
            Err(refused) => return Ok(Err(refused)),
        };
        let url = provider.token.as_str();
        let answered = way.exchange(url, &form, header.as_ref(), DEADLINE).await;
        let given = match answered {
            Ok((status, body)) => exchanged(status, &body),
            Err(unreachable) => Err(Refused(unreachable.to_string())),
        };
        let given = match given {
            Ok(given) => given,
            Err(refused) => return Ok(Err(refused)),
        };
        let token = match self.verified(named, provider, trip, &given.id_token).await {
            Ok(token) => token,
            Err(refused) => return Ok(Err(refused)),
        };
        // Of whom a link says who they are, nothing else is asked.
        if token.says(&named.link.claim).is_some() || self.has_link(named, &token).await? {
            return Ok(Ok(token));
        }
        Ok(self.told_more(named, provider, token, &given).await)
    }

    /// What names somebody may be told by the userinfo endpoint alone (Core §5.4).
    async fn told_more(
        &self,
        named: &IdentityProvider,
        provider: &Provider,
        mut token: IdToken,
        given: &Exchanged,
    ) -> Result<IdToken, Refused> {
        let (Some(url), Some(access)) = (&provider.userinfo, &given.access_token) else {
            return Ok(token);
        };
        let header = Secret::new(format!("Bearer {}", access.expose()));
        let told = self.fetched(named, url.as_str(), Some(&header)).await?;
        token.adds(&told)?;
        Ok(token)
    }

    /// Keys that changed are fetched once more: a provider signs with a new one as soon as it likes.
    async fn verified(
        &self,
        named: &IdentityProvider,
        provider: &Provider,
        trip: &Trip,
        token: &Secret,
    ) -> Result<IdToken, Refused> {
        let now = self.clock.now();
        let expected = Expected {
            issuer: &named.issuer,
            client_id: &spoken(named)?.client_id,
            nonce: &trip.nonce,
            since: Some(trip.since),
            now,
        };
        let kept = self.keys_of(named, provider, KEPT).await?;
        match IdToken::verify(token, &kept.value, &expected) {
            Err(_) if !is_young(kept.at, now, AGAIN) => {
                let kept = self.keys_of(named, provider, AGAIN).await?;
                IdToken::verify(token, &kept.value, &expected)
            }
            verified => verified,
        }
    }

    async fn keys_of(
        &self,
        named: &IdentityProvider,
        provider: &Provider,
        longest: Duration,
    ) -> Result<Kept<Jwks>, Refused> {
        let now = self.clock.now();
        let algorithm = algorithm(spoken(named)?.id_token_alg);
        let name = (named.issuer.clone(), algorithm.name());
        if let Some(kept) = found(&self.upstreams.keys, &name)
            && is_young(kept.at, now, longest)
        {
            return Ok(kept);
        }
        let bytes = self.fetched(named, provider.jwks.as_str(), None).await?;
        let keys = Jwks::parse(&bytes, Some(algorithm)).map_err(|e| Refused(e.to_string()))?;
        let value = Arc::new(keys);
        keep(&self.upstreams.keys, name, &value, now);
        Ok(Kept { value, at: now })
    }

    async fn fetched(
        &self,
        named: &IdentityProvider,
        url: &str,
        authorization: Option<&Secret>,
    ) -> Result<Vec<u8>, Refused> {
        let way = self.way(named)?;
        let fetched = way.fetch(url, authorization, DEADLINE).await;
        fetched.map_err(|unreachable| Refused(unreachable.to_string()))
    }

    fn way(&self, named: &IdentityProvider) -> Result<Arc<dyn Upstream>, Refused> {
        let ways = self.upstreams.ways.lock();
        let mut ways = ways.unwrap_or_else(PoisonError::into_inner);
        let private = spoken(named)?.allow_private;
        if let Some(way) = ways.get(&private) {
            return Ok(Arc::clone(way));
        }
        let way = self.connect.upstream(private).map_err(Refused)?;
        ways.insert(private, Arc::clone(&way));
        Ok(way)
    }
}

/// The form that exchanges a code, and the header that proves who we are (RFC 6749 §2.3.1, §4.1.3).
fn proof(
    named: &UpstreamOidc,
    trip: &Trip,
    code: &Secret,
    redirect_uri: &str,
    secret: &Secret,
) -> (Secret, Option<Secret>) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", trip.verifier.as_str()),
    ];
    let header = match named.method {
        ClientAuth::Post => {
            form.push(("client_id", &named.client_id));
            form.push(("client_secret", secret.expose()));
            None
        }
        ClientAuth::Basic => Some(basic(&named.client_id, secret)),
    };
    (Secret::new(encode(form)), header)
}

fn basic(client_id: &str, secret: &Secret) -> Secret {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let encoded =
        |text: &str| -> String { url::form_urlencoded::byte_serialize(text.as_bytes()).collect() };
    let pair = format!("{}:{}", encoded(client_id), encoded(secret.expose()));
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}

const fn algorithm(named: SigningAlg) -> Algorithm {
    match named {
        SigningAlg::Es256 => Algorithm::Es256,
        SigningAlg::EdDsa => Algorithm::EdDsa,
        SigningAlg::Rs256 => Algorithm::Rs256,
        SigningAlg::Ps256 => Algorithm::Ps256,
    }
}

/// What a provider is that is asked by OpenID Connect.
fn spoken(named: &IdentityProvider) -> Result<&UpstreamOidc, Refused> {
    named
        .oidc()
        .ok_or_else(|| Refused("it is asked by SAML".to_owned()))
}

fn busy() -> Refused {
    Refused("too many people wait for identity providers at once".to_owned())
}

fn is_young(at: Timestamp, now: Timestamp, longest: Duration) -> bool {
    now >= at && now.since(at) < longest
}

fn found<K, T, Q>(kept: &Mutex<BTreeMap<K, Kept<T>>>, name: &Q) -> Option<Kept<T>>
where
    K: Ord + std::borrow::Borrow<Q>,
    Q: Ord + ?Sized,
{
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let found = kept.get(name)?;
    Some(Kept {
        value: Arc::clone(&found.value),
        at: found.at,
    })
}

fn keep<K: Ord, T>(kept: &Mutex<BTreeMap<K, Kept<T>>>, name: K, value: &Arc<T>, at: Timestamp) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    // Documents name few; those of documents that are gone are forgotten with the rest.
    if kept.len() >= REMEMBERED {
        kept.clear();
    }
    let value = Arc::clone(value);
    kept.insert(name, Kept { value, at });
}

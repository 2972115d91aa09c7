//! Another identity provider, in memory: it vouches for whomever a test likes, and lies on order.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use model::{Secret, Timestamp};
use ports::{Unreachable, Upstream};
use protocol::jose::{Algorithm, SigningKey, jwt};
use protocol::oauth::upstream::challenge_of;
use serde_json::{Map, Value, json};

/// What it calls itself.
pub const ISSUER: &str = "https://elsewhere.example";
/// What it calls us.
pub const CLIENT: &str = "tenure";
/// By what we prove who we are to it.
pub const SECRET: &str = "elsewhere-secret-of-tenure";

/// What becomes of a code.
struct Order {
    redirect_uri: String,
    challenge: String,
    token: String,
}

/// The provider.
pub struct Elsewhere {
    state: Mutex<State>,
}

struct State {
    key: Option<SigningKey>,
    names_itself: bool,
    is_down: bool,
    orders: BTreeMap<String, Order>,
    /// What is told of people, by access token.
    people: BTreeMap<String, Value>,
    /// Every address that was fetched or posted to.
    asked: Vec<String>,
    /// Each authentication request, as pairs.
    requests: Vec<BTreeMap<String, String>>,
}

impl Default for Elsewhere {
    fn default() -> Self {
        let state = Mutex::new(State {
            key: key(),
            names_itself: true,
            is_down: false,
            orders: BTreeMap::new(),
            people: BTreeMap::new(),
            asked: Vec::new(),
            requests: Vec::new(),
        });
        Self { state }
    }
}

fn key() -> Option<SigningKey> {
    let made = SigningKey::generate(Algorithm::Es256).ok();
    made.map(|(key, _)| key)
}

impl Elsewhere {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody arrives by this address and proves who they are: what the browser brings back. Its ID token says
    /// this of them, and what the protocol demands; `lies` has the last word.
    pub fn vouches(
        &self,
        location: &str,
        says: Value,
        now: Timestamp,
        lies: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let asked = pairs(location.split_once('?').map_or("", |(_, query)| query));
        let mut state = self.state();
        let seconds = now.as_micros() / 1_000_000;
        let nonce = asked.get("nonce").cloned();
        let mut claims = json!({
            "iss": ISSUER, "aud": CLIENT, "nonce": nonce,
            "iat": seconds, "exp": seconds + 300, "auth_time": seconds,
        })
        .as_object()
        .cloned()
        .unwrap_or_default();
        claims.extend(says.as_object().cloned().unwrap_or_default());
        lies(&mut claims);
        // Who is asked to sign with another key does, and tells of its own.
        let forged = claims.remove("forged").and_then(|_| key());
        let own = || json!({"sub": claims.get("sub")});
        let told = claims.get("userinfo").cloned().unwrap_or_else(own);
        claims.remove("userinfo");
        let key = forged.as_ref().or(state.key.as_ref());
        let token = key.and_then(|key| jwt::sign(key, "JWT", &claims).ok());
        let code = format!("code{}", state.requests.len());
        let order = Order {
            redirect_uri: asked.get("redirect_uri").cloned().unwrap_or_default(),
            challenge: asked.get("code_challenge").cloned().unwrap_or_default(),
            token: token.unwrap_or_default(),
        };
        state.people.insert(code.clone(), told);
        state.orders.insert(code.clone(), order);
        let known = asked.get("state").cloned().unwrap_or_default();
        state.requests.push(asked);
        format!("code={code}&state={known}&iss=https%3A%2F%2Felsewhere.example")
    }

    /// From now on it signs with another key, and tells of no other.
    pub fn rolls(&self) {
        self.state().key = key();
    }

    /// Whether it answers nothing from now on.
    pub fn is_down(&self, down: bool) {
        self.state().is_down = down;
    }

    /// Whether it says who it is in what a browser brings back (RFC 9207).
    pub fn names_itself(&self, does: bool) {
        self.state().names_itself = does;
    }

    /// The addresses that were asked since the last look.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state().asked)
    }

    /// The request by which somebody arrived last.
    #[must_use]
    pub fn request(&self) -> BTreeMap<String, String> {
        self.state().requests.last().cloned().unwrap_or_default()
    }

    /// A way to it.
    #[must_use]
    pub fn way(self: &Arc<Self>) -> Arc<dyn Upstream> {
        Arc::new(Way(Arc::clone(self)))
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let url = url::form_urlencoded::parse(query.as_bytes());
    url.into_owned().collect()
}

struct Way(Arc<Elsewhere>);

#[async_trait]
impl Upstream for Way {
    async fn fetch(
        &self,
        url: &str,
        authorization: Option<&Secret>,
        _deadline: Duration,
    ) -> Result<Vec<u8>, Unreachable> {
        let mut state = self.0.state();
        state.asked.push(url.to_owned());
        if state.is_down {
            return Err(Unreachable("nobody answers".to_owned()));
        }
        let body = match url.strip_prefix(ISSUER) {
            Some("/.well-known/openid-configuration") => json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize?tenant=1"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
                "userinfo_endpoint": format!("{ISSUER}/userinfo"),
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["plain", "S256"],
                "authorization_response_iss_parameter_supported": state.names_itself,
            }),
            Some("/userinfo") => {
                let token = authorization.and_then(|own| own.expose().strip_prefix("Bearer "));
                match token.and_then(|token| state.people.get(token)) {
                    Some(told) => told.clone(),
                    None => return Err(Unreachable("answered 401".to_owned())),
                }
            }
            Some("/keys") => {
                let keys = state.key.iter().map(|key| key.public().to_jwk());
                json!({ "keys": keys.collect::<Vec<_>>() })
            }
            _ => return Err(Unreachable("answered 404".to_owned())),
        };
        Ok(body.to_string().into_bytes())
    }

    async fn exchange(
        &self,
        url: &str,
        form: &Secret,
        authorization: Option<&Secret>,
        _deadline: Duration,
    ) -> Result<(u16, Vec<u8>), Unreachable> {
        let mut state = self.0.state();
        state.asked.push(url.to_owned());
        if state.is_down {
            return Err(Unreachable("nobody answers".to_owned()));
        }
        let sent = pairs(form.expose());
        let text = |name: &str| sent.get(name).map_or("", String::as_str);
        use base64::Engine as _;
        let pair = format!("{CLIENT}:{SECRET}");
        let basic = base64::engine::general_purpose::STANDARD.encode(pair);
        let proved = authorization.is_some_and(|own| own.expose() == format!("Basic {basic}"));
        let order = state.orders.remove(text("code"));
        let good = order.filter(|order| {
            proved
                && text("grant_type") == "authorization_code"
                && order.redirect_uri == text("redirect_uri")
                && order.challenge == challenge_of(text("code_verifier"))
        });
        Ok(match good {
            Some(order) => {
                let access = text("code");
                let body = json!({"token_type": "Bearer", "access_token": access, "id_token": order.token});
                (200, body.to_string().into_bytes())
            }
            None => (400, br#"{"error":"invalid_grant"}"#.to_vec()),
        })
    }
}

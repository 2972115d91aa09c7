//! Attacks on clients that prove who they are by what they sign (O6, and RFC 7523 §3).

use model::Timestamp;
use protocol::jose::{Algorithm, Jwks, MacKey, SigningKey, jws, jwt};
use protocol::oauth::token::{ASSERTION_TYP, Assertion};
use protocol::oauth::{ErrorCode, OAuthError};
use serde_json::{Value, json};

use crate::oauth_client::issuer;

const NOW: i64 = 1_000_000;

/// A client `app` with this key.
struct Client {
    key: SigningKey,
    keys: Jwks,
}

impl Client {
    fn new(algorithm: Algorithm) -> Self {
        let (key, _) = SigningKey::generate(algorithm).unwrap();
        let keys = Jwks::new(vec![key.public().clone()]).unwrap();
        Self { key, keys }
    }

    fn signs(&self, claims: &Value) -> String {
        jwt::sign(&self.key, "JWT", claims.as_object().unwrap()).unwrap()
    }

    fn reads(&self, token: &str) -> Result<Assertion, Option<OAuthError>> {
        let now = Timestamp::from_micros(NOW * 1_000_000);
        Assertion::verify(token, &self.keys, "app", &issuer(), now)
    }

    /// The answer where one claim is another.
    fn with(&self, name: &str, value: Value) -> Result<Assertion, Option<OAuthError>> {
        let mut claims = good();
        claims[name] = value;
        self.reads(&self.signs(&claims))
    }
}

fn good() -> Value {
    json!({"iss": "app", "sub": "app", "aud": "https://id.example", "jti": "one", "exp": NOW + 60,
        "iat": NOW})
}

#[track_caller]
fn told(read: Result<Assertion, Option<OAuthError>>) -> String {
    let error = read
        .unwrap_err()
        .expect("whoever holds the key is told why");
    assert_eq!(error.code(), ErrorCode::InvalidClient);
    crate::oauth_client::well_told(&error);
    error.description()
}

#[test]
fn an_assertion_of_the_client_for_us_is_good_for_its_time() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256] {
        let client = Client::new(algorithm);
        let read = client.reads(&client.signs(&good())).unwrap();
        assert_eq!(read.jti, "one");
        assert_eq!(read.ends.as_micros(), (NOW + 70) * 1_000_000);
    }
    let client = Client::new(Algorithm::Es256);
    let typed = |typ: &str| jwt::sign(&client.key, typ, good().as_object().unwrap()).unwrap();
    assert!(client.reads(&typed(ASSERTION_TYP)).is_ok());
    for other in ["at+jwt", "dpop+jwt", "logout+jwt"] {
        assert_eq!(client.reads(&typed(other)), Err(None), "{other}");
    }
    let token = client.signs(&good());
    assert_eq!(Assertion::claimed_client(&token).as_deref(), Some("app"));
    for odd in ["", "a.b.c", "....", &token[1..]] {
        assert_eq!(Assertion::claimed_client(odd), None, "{odd}");
    }
    for exp in [NOW + 310, NOW - 9] {
        assert!(client.with("exp", json!(exp)).is_ok(), "{exp}");
    }
}

/// Another audience is another server, which may have got the assertion: a list, the URL of an endpoint and a
/// slash at the end are other ones (draft-ietf-oauth-rfc7523bis).
#[test]
fn an_assertion_for_another_server_is_refused() {
    let client = Client::new(Algorithm::Es256);
    for audience in [
        json!("https://id.example/"),
        json!("https://id.example/oauth2/token"),
        json!("https://other.example"),
        json!(["https://id.example"]),
        json!(["https://id.example", "https://other.example"]),
    ] {
        let why = told(client.with("aud", audience.clone()));
        assert!(
            why.contains("`aud` has to be the issuer"),
            "{audience}: {why}"
        );
    }
}

#[test]
fn an_assertion_says_who_what_and_until_when() {
    let client = Client::new(Algorithm::Es256);
    for name in ["iss", "sub", "aud", "jti", "exp"] {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(name);
        told(client.reads(&client.signs(&claims)));
    }
    for (name, value) in [
        ("iss", json!("other")),
        ("sub", json!("other")),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("exp", json!(NOW - 10)),
        ("exp", json!(NOW + 311)),
        ("exp", json!(NOW + 86_400)),
        ("nbf", json!(NOW + 11)),
        ("iat", json!(NOW + 11)),
    ] {
        told(client.with(name, value));
    }
}

/// O6: the algorithm is the key's. Neither `none`, nor the public key as a shared secret, nor another key in the
/// header, nor another algorithm of the same key is taken.
#[test]
fn o6_the_key_says_by_which_algorithm_an_assertion_is_signed() {
    let client = Client::new(Algorithm::Rs256);
    let jwk = serde_json::to_vec(&client.key.public().to_jwk()).unwrap();
    let payload = serde_json::to_vec(&good()).unwrap();
    let mac = MacKey::new(&jwk, None).unwrap();
    let by_mac = jws::sign_mac(&mac, "JWT", &payload).unwrap();
    assert_eq!(client.reads(&by_mac), Err(None));
    let signed = client.signs(&good());
    let (_, rest) = signed.split_once('.').unwrap();
    let header = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    for forged in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"PS256"}"#,
        r#"{"alg":"HS256"}"#,
    ] {
        let token = format!("{}.{rest}", header(forged));
        assert_eq!(client.reads(&token), Err(None), "{forged}");
    }
    let other = Client::new(Algorithm::Rs256);
    assert_eq!(client.reads(&other.signs(&good())), Err(None));
    let embedded = json!({"alg": "RS256", "jwk": other.key.public().to_jwk()}).to_string();
    let (_, rest) = other
        .signs(&good())
        .split_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    assert_eq!(
        client.reads(&format!("{}.{rest}", header(&embedded))),
        Err(None)
    );
}

/// While a client changes its keys both count; the name in the header says which one is meant.
#[test]
fn a_client_changes_its_keys_one_after_the_other() {
    let (old, new) = (Client::new(Algorithm::Es256), Client::new(Algorithm::Es256));
    let both = Jwks::new(vec![old.key.public().clone(), new.key.public().clone()]).unwrap();
    let now = Timestamp::from_micros(NOW * 1_000_000);
    let reads =
        |keys: &Jwks, token: &str| Assertion::verify(token, keys, "app", &issuer(), now).is_ok();
    let (by_old, by_new) = (old.signs(&good()), new.signs(&good()));
    assert!(reads(&both, &by_old) && reads(&both, &by_new));
    assert!(!reads(&new.keys, &by_old) && reads(&new.keys, &by_new));
}

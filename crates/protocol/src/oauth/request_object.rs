//! Authorization requests that the client has signed (RFC 9101, OpenID Connect Core 1.0 §6.1): whoever carries one
//! can read it, and can change nothing of it.
//!
//! It comes by value (`request`), by a browser or pushed. What it says is the whole request: parameters beside it are
//! not looked at (RFC 9101 §6.3), so that nobody adds to it what the client left out. The keys are those of the
//! client's document, each for one algorithm; there is no `none`, and nothing is decrypted.

use std::time::Duration;

use model::Timestamp;
use serde_json::Value;

use super::authorize::CLIENT_ID;
use super::field::Field;
use super::{ErrorCode, Issuer, OAuthError, Params};
use crate::jose::jwt::{self, Audience, Claims, Expect, JwtError, Life};
use crate::jose::{Algorithm, Jwks, MAX_TOKEN, Typ};

/// The media type of one, for those that say it (RFC 9101 §9.4.1).
pub const TYP: &str = "oauth-authz-req+jwt";
/// What one may be signed with: whatever is signed with a private key.
pub const ALGORITHMS: [Algorithm; 5] = Algorithm::ALL;
/// How far ahead its end may be, and how far back its beginning (FAPI 2.0 Message Signing §5.3.1).
pub const LONGEST: Duration = Duration::from_secs(60 * 60);
/// By how many seconds clocks may differ.
const LEEWAY_S: u8 = 10;

const NAME: &str = "request";
const REQUEST: Field = Field::visible(NAME, MAX_TOKEN);
/// What an authorization request can have. Whatever else is claimed is no parameter, and ignored as unknown ones are
/// (RFC 6749 §3.1).
const PARAMETERS: [&str; 22] = [
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "target_link_uri",
    "ui_locales",
];

/// A request that comes with one. Nothing of it is believed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<'p> {
    /// The client that says that it sends it.
    pub client_id: &'p str,
    /// The request, signed.
    pub object: &'p str,
}

impl<'p> Signed<'p> {
    /// Reads whether a request comes with a signed one, and from whom. `None`: it comes with none.
    ///
    /// # Errors
    /// `invalid_request`, to be shown to the person: when a parameter is there twice, missing, or longer than any,
    /// or a `request_uri` stands beside it (RFC 9101 §5).
    pub fn read(params: &'p Params) -> Result<Option<Self>, OAuthError> {
        let Some(object) = object(params)? else {
            return Ok(None);
        };
        let client_id = params.required(&CLIENT_ID)?;
        Ok(Some(Self { client_id, object }))
    }
}

/// The signed request that a client pushes, which has said by other means who it is (RFC 9126 §3).
///
/// # Errors
/// As [`Signed::read`], to be told to the client.
pub fn object(params: &Params) -> Result<Option<&str>, OAuthError> {
    let Some(object) = params.text(&REQUEST)? else {
        return Ok(None);
    };
    params.once()?;
    if params.get("request_uri")?.is_some() {
        let problem = "is there beside request: send one of them (RFC 9101 5)";
        return Err(OAuthError::invalid("request_uri", problem));
    }
    Ok(Some(object))
}

/// What a signed request is held to.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Who signs it.
    pub client_id: &'a str,
    /// For whom it has to be: us.
    pub issuer: &'a Issuer,
    /// Whether it has to say from when on it counts (`nbf`, FAPI 2.0 Message Signing §5.3.1).
    pub begins: bool,
    /// Now, or when it came.
    pub now: Timestamp,
}

/// The parameters that a client has signed, once they are held to its keys, its name, and us.
///
/// # Errors
/// `invalid_request_object`. When no key of the client has signed it, nothing more is told.
pub fn opened(object: &str, keys: &Jwks, terms: &Terms<'_>) -> Result<Params, OAuthError> {
    let Terms {
        client_id,
        issuer,
        now,
        ..
    } = *terms;
    let us = [issuer.as_str()];
    let expect = Expect {
        typ: Typ::PlainOr(TYP),
        issuer: Some(client_id),
        audience: Audience::AnyOf(&us),
        life: Life::Ends,
        required: &["iss", "aud", "exp", "client_id"],
        now,
        leeway_s: LEEWAY_S,
    };
    let claims = jwt::verify(object, keys, &expect).map_err(|why| match why {
        JwtError::Jws(_) => refused("is not signed with a key of the client's document"),
        JwtError::OtherAudience => {
            refused("is not for this server: its `aud` has to be the issuer")
        }
        JwtError::OtherIssuer => refused("is of another client: its `iss` has to be the client_id"),
        JwtError::Ended | JwtError::NotYet | JwtError::FromTheFuture => {
            refused("is not good at this time: make a new one, by the right time")
        }
        _ => refused("lacks a claim or has a wrong one: iss, aud, exp and client_id are needed"),
    })?;
    if terms.begins && claims.nbf.is_none() {
        return Err(refused("does not say from when on it counts: add `nbf`"));
    }
    is_fresh(&claims, now)?;
    // What a client proves who it is with must not be taken for what it asks, nor the other way round (RFC 9101
    // §10.8).
    if claims.sub.as_deref() == Some(client_id) {
        return Err(refused("has the client_id as its `sub`: leave `sub` out"));
    }
    parameters(claims, client_id)
}

/// Whether it neither ends too late nor began too long ago.
fn is_fresh(claims: &Claims, now: Timestamp) -> Result<(), OAuthError> {
    let leeway = Duration::from_secs(LEEWAY_S.into());
    let latest = now.plus(LONGEST).plus(leeway);
    let oldest = now.minus(LONGEST).minus(leeway);
    if claims.exp.is_none_or(|exp| exp > latest) {
        return Err(refused("ends too late: let it end within an hour"));
    }
    if claims.nbf.is_some_and(|nbf| nbf < oldest) {
        return Err(refused("began too long ago: make a new one"));
    }
    Ok(())
}

fn parameters(claims: Claims, client_id: &str) -> Result<Params, OAuthError> {
    let mut pairs = Vec::new();
    for (name, value) in claims.rest {
        if name == "request" || name == "request_uri" {
            // RFC 9101 §4.
            return Err(refused("holds another request: leave it out"));
        }
        if !PARAMETERS.contains(&name.as_str()) {
            continue;
        }
        let Some(texts) = texts(&name, &value) else {
            return Err(refused("has a parameter of another type than it has"));
        };
        pairs.extend(texts.into_iter().map(|text| (name.clone(), text)));
    }
    let params = Params::of(pairs)?;
    match params.get("client_id")? == Some(client_id) {
        true => Ok(params),
        false => Err(refused(
            "is of another client than sends it: see its client_id",
        )),
    }
}

/// A parameter as a query has it: a number and an object as they are written, a list as several of one name. `None`:
/// it has another type than the parameter.
fn texts(name: &str, value: &Value) -> Option<Vec<String>> {
    Some(match (name, value) {
        (_, Value::String(text)) => vec![text.clone()],
        ("max_age", Value::Number(number)) if number.is_u64() => vec![number.to_string()],
        ("claims" | "registration", Value::Object(_)) => vec![value.to_string()],
        ("resource", Value::Array(several)) => {
            let texts = several.iter().map(|one| one.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()?
        }
        _ => return None,
    })
}

const fn refused(problem: &'static str) -> OAuthError {
    OAuthError::of(ErrorCode::InvalidRequestObject, NAME, problem)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use serde_json::json;

    use super::*;
    use crate::jose::SigningKey;

    const NOW: i64 = 1_800_000_000;
    const US: &str = "https://id.example";

    struct Bench {
        key: SigningKey,
        keys: Jwks,
        issuer: Issuer,
    }

    fn bench() -> Bench {
        let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
        let keys = Jwks::new(vec![key.public().clone()]).unwrap();
        let issuer = Issuer::new(US).unwrap();
        Bench { key, keys, issuer }
    }

    fn plain() -> Value {
        json!({"iss": "c", "aud": US, "exp": NOW + 60, "client_id": "c", "scope": "openid", "state": "s"})
    }

    impl Bench {
        fn reads(&self, typ: &str, claims: &Value) -> Result<Params, OAuthError> {
            let object = jwt::sign(&self.key, typ, claims.as_object().unwrap()).unwrap();
            self.opens(&object)
        }

        fn opens(&self, object: &str) -> Result<Params, OAuthError> {
            opened(object, &self.keys, &self.terms())
        }

        fn terms(&self) -> Terms<'_> {
            Terms {
                client_id: "c",
                issuer: &self.issuer,
                begins: false,
                now: Timestamp::from_micros(NOW * 1_000_000),
            }
        }

        fn with(&self, name: &str, value: Value) -> Result<Params, OAuthError> {
            let mut claims = plain();
            claims[name] = value;
            self.reads(TYP, &claims)
        }
    }

    #[test]
    fn what_is_signed_becomes_parameters() {
        let bench = bench();
        for typ in [TYP, "application/oauth-authz-req+jwt", "JWT"] {
            let params = bench.reads(typ, &plain()).unwrap();
            assert_eq!(params.get("scope"), Ok(Some("openid")), "{typ}");
            assert_eq!(params.get("iss"), Ok(None));
        }
        let params = bench.with("max_age", json!(60)).unwrap();
        assert_eq!(params.get("max_age"), Ok(Some("60")));
        let params = bench
            .with("claims", json!({"userinfo": {"email": null}}))
            .unwrap();
        assert_eq!(
            params.get("claims"),
            Ok(Some(r#"{"userinfo":{"email":null}}"#))
        );
        let several = json!(["https://a.example", "https://b.example"]);
        let params = bench.with("resource", several).unwrap();
        assert_eq!(params.all("resource").count(), 2);
        assert_eq!(
            bench.with("purpose", json!([1])).unwrap().get("purpose"),
            Ok(None)
        );
        for several in [json!([US, "https://other.example"]), json!([US])] {
            assert!(bench.with("aud", several).is_ok());
        }
        assert!(bench.with("nbf", json!(NOW + 8)).is_ok());
        assert!(bench.with("exp", json!(NOW + 3_600)).is_ok());
    }

    #[test]
    fn o7_what_is_not_the_clients_own_request_is_refused() {
        let bench = bench();
        for (name, value) in [
            ("iss", json!("other")),
            ("aud", json!("https://other.example")),
            ("aud", json!("https://id.example/token")),
            ("exp", json!(NOW - 11)),
            ("exp", json!(NOW + 3_700)),
            ("nbf", json!(NOW + 60)),
            ("nbf", json!(NOW - 3_700)),
            ("client_id", json!("other")),
            ("sub", json!("c")),
            ("request", json!("x.y.z")),
            ("request_uri", json!("https://c.example/r")),
            ("state", json!(1)),
            ("scope", json!(["openid"])),
            ("max_age", json!(-1)),
            ("max_age", json!(1.5)),
            ("resource", json!([1])),
        ] {
            let error = bench.with(name, value.clone()).unwrap_err();
            let code = error.code();
            assert_eq!(code, ErrorCode::InvalidRequestObject, "{name} {value}");
        }
        for missing in ["iss", "aud", "exp", "client_id"] {
            let mut claims = plain();
            claims.as_object_mut().unwrap().remove(missing);
            assert!(bench.reads(TYP, &claims).is_err(), "{missing}");
        }
        for typ in ["at+jwt", "dpop+jwt", "client-authentication+jwt"] {
            assert!(bench.reads(typ, &plain()).is_err(), "{typ}");
        }
    }

    #[test]
    fn a_beginning_is_there_where_it_is_demanded() {
        let bench = bench();
        let terms = Terms {
            begins: true,
            ..bench.terms()
        };
        let mut claims = plain();
        for begins in [false, true] {
            let object = jwt::sign(&bench.key, TYP, claims.as_object().unwrap()).unwrap();
            assert_eq!(opened(&object, &bench.keys, &terms).is_ok(), begins);
            claims["nbf"] = json!(NOW);
        }
    }

    /// O6, O7: nobody's signature, somebody else's, and a request inside of something encrypted.
    #[test]
    fn o7_what_no_key_of_the_client_has_signed_is_refused() {
        let bench = bench();
        let good = jwt::sign(&bench.key, TYP, plain().as_object().unwrap()).unwrap();
        assert!(bench.opens(&good).is_ok());
        let [_, claims, signature] =
            <[&str; 3]>::try_from(good.split('.').collect::<Vec<_>>()).unwrap();
        let (other, _) = SigningKey::generate(Algorithm::Es256).unwrap();
        for wrong in [
            format!("eyJhbGciOiJub25lIn0.{claims}."),
            format!("eyJhbGciOiJub25lIn0.{claims}.{signature}"),
            format!("eyJhbGciOiJIUzI1NiJ9.{claims}.{signature}"),
            "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d".to_owned(),
            jwt::sign(&other, TYP, plain().as_object().unwrap()).unwrap(),
            String::new(),
            "{\"client_id\":\"c\"}".to_owned(),
        ] {
            let error = bench.opens(&wrong).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidRequestObject, "{wrong}");
        }
    }

    #[test]
    fn a_request_comes_by_value_or_by_name() {
        let read = |text: &str| {
            let params = Params::query(text.as_bytes()).unwrap();
            let signed = Signed::read(&params).map_err(|error| error.code());
            signed.map(|signed| signed.map(|signed| signed.client_id.to_owned()))
        };
        assert_eq!(read("client_id=c&request=a.b.c"), Ok(Some("c".to_owned())));
        assert_eq!(read("client_id=c&scope=openid"), Ok(None));
        for wrong in [
            "request=a.b.c",
            "client_id=c&request=a.b.c&request=a.b.c",
            "client_id=c&client_id=c&request=a.b.c",
            "client_id=c&request=a.b.c&request_uri=urn:x",
            "client_id=c&request=a%0A",
        ] {
            assert_eq!(read(wrong), Err(ErrorCode::InvalidRequest), "{wrong}");
        }
    }
}

//! Attacks on proofs of possession that are decided where they are read (O23).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Timestamp;
use protocol::jose::Algorithm;
use protocol::oauth::dpop::{ALGORITHMS, Proof, Request};
use protocol::oauth::{ErrorCode, OAuthError};
use serde_json::{Value, json};

use crate::oauth_client::{Client, query, well_told};

const NOW: i64 = 1_000_000;
const URL: &str = "https://id.example/oauth2/token";
const TOKEN: &str = "an-access-token";
/// SHA-256 of [`TOKEN`].
fn ath() -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, TOKEN.as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

struct Holder(Ed25519KeyPair);

impl Holder {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "x": x})
    }

    fn jkt(&self) -> String {
        let jwk = self.jwk();
        let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, jwk["x"]);
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        URL_SAFE_NO_PAD.encode(hash)
    }

    fn signs(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    fn header(&self) -> Value {
        json!({"typ": "dpop+jwt", "alg": "EdDSA", "jwk": self.jwk()})
    }

    fn proves(&self, claims: &Value) -> String {
        self.signs(&self.header(), claims)
    }
}

fn good() -> Value {
    json!({"jti": "one", "iat": NOW, "htm": "POST", "htu": URL})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

fn read(proof: &str, token: Option<&str>) -> Result<Option<Proof>, OAuthError> {
    let request = Request {
        method: "POST",
        url: URL,
        token,
        algorithms: &ALGORITHMS,
        now: Timestamp::from_micros(NOW * 1_000_000),
    };
    Proof::read(&[proof.as_bytes()], &request)
}

#[track_caller]
fn refused(proof: &str, token: Option<&str>) {
    let error = read(proof, token).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidDpopProof, "{proof}");
    well_told(&error);
}

#[test]
fn a_proof_tells_of_the_key_that_made_it() {
    let holder = Holder::new();
    let proof = read(&holder.proves(&good()), None).unwrap().unwrap();
    assert_eq!((proof.jkt, proof.jti.as_str()), (holder.jkt(), "one"));
    assert!(
        proof.ends.as_micros() >= (NOW + 70) * 1_000_000,
        "as long as it would be taken"
    );
    // The same URL, however it is written; and its query is nobody's business.
    for htu in [
        "https://ID.example/oauth2/token",
        "HTTPS://id.example:443/oauth2/token",
        "https://id.example/oauth2/token?x=1#y",
        "https://id.example/x/../oauth2/token",
    ] {
        assert!(
            read(&holder.proves(&with("htu", json!(htu))), None).is_ok(),
            "{htu}"
        );
    }
    assert!(read(&holder.proves(&with("ath", json!(ath()))), Some(TOKEN)).is_ok());
    for iat in [NOW - 70, NOW + 10] {
        assert!(
            read(&holder.proves(&with("iat", json!(iat))), None).is_ok(),
            "{iat}"
        );
    }
    let request = Request {
        method: "POST",
        url: URL,
        token: None,
        algorithms: &ALGORITHMS,
        now: Timestamp::from_micros(0),
    };
    assert_eq!(Proof::read(&[], &request), Ok(None));
}

#[test]
fn attack_o23_a_proof_for_another_request_is_refused() {
    let holder = Holder::new();
    for (name, value) in [
        ("htm", json!("GET")),
        ("htm", json!("post")),
        ("htm", json!(["POST"])),
        ("htu", json!("https://id.example/oauth2/userinfo")),
        ("htu", json!("https://id.example/oauth2/token/")),
        ("htu", json!("http://id.example/oauth2/token")),
        ("htu", json!("https://evil.example/oauth2/token")),
        ("htu", json!("https://id.example:8443/oauth2/token")),
        ("htu", json!("https://x@id.example/oauth2/token")),
        ("htu", json!("/oauth2/token")),
        ("htu", json!("")),
        ("iat", json!(NOW - 71)),
        ("iat", json!(NOW + 11)),
        ("exp", json!(NOW - 60)),
        ("iat", json!("now")),
        ("jti", json!("")),
    ] {
        refused(&holder.proves(&with(name, value)), None);
    }
    for name in ["jti", "iat", "htm", "htu"] {
        let mut claims = good();
        claims.as_object_mut().unwrap().remove(name);
        refused(&holder.proves(&claims), None);
    }
    refused(&holder.proves(&good()), Some(TOKEN));
    refused(
        &holder.proves(&with("ath", json!(ath()))),
        Some("another-token"),
    );
}

#[test]
fn attack_o23_a_proof_is_made_by_the_key_in_it() {
    let (holder, other) = (Holder::new(), Holder::new());
    refused(&holder.signs(&other.header(), &good()), None);
    let mut header = holder.header();
    header["jwk"]["d"] = json!("AAAA");
    refused(&holder.signs(&header, &good()), None);
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("typ", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("jku", json!("https://evil.example/jwks")),
        ("crit", json!(["x"])),
    ] {
        let mut header = holder.header();
        header[name] = value;
        refused(&holder.signs(&header, &good()), None);
    }
    let mut header = holder.header();
    header.as_object_mut().unwrap().remove("jwk");
    refused(&holder.signs(&header, &good()), None);
    let good = holder.proves(&good());
    for odd in [
        "",
        "a.b.c",
        &good[1..],
        &good[..good.len() - 1],
        &format!("{good}, {good}"),
    ] {
        refused(odd, None);
    }
    refused(&"a".repeat(9_000), None);
    let request = Request {
        method: "POST",
        url: URL,
        token: None,
        algorithms: &ALGORITHMS,
        now: Timestamp::from_micros(NOW * 1_000_000),
    };
    let twice = Proof::read(&[good.as_bytes(), good.as_bytes()], &request);
    assert_eq!(twice.unwrap_err().code(), ErrorCode::InvalidDpopProof);
}

#[test]
fn a_code_is_asked_for_the_holder_of_a_key() {
    let (client, jkt) = (Client::web(), Holder::new().jkt());
    let asked = client.parse(&query(&[("dpop_jkt", &jkt)])).unwrap();
    assert_eq!(asked.jkt, Some(jkt.clone()));
    assert_eq!(client.parse(&query(&[])).unwrap().jkt, None);
    for wrong in [
        &jkt[1..],
        &format!("{jkt}A"),
        &jkt.replace(&jkt[..1], "+"),
        "x",
    ] {
        let refused = client.parse(&query(&[("dpop_jkt", wrong)])).unwrap_err();
        assert_eq!(refused.error().code(), ErrorCode::InvalidRequest, "{wrong}");
    }
}

/// O23: a client may sign its proofs with fewer algorithms than there are (FAPI 2.0 Security Profile §5.4.1).
#[test]
fn o23_a_proof_is_signed_by_what_its_client_may_sign_with() {
    let proof = Holder::new().proves(&good());
    for (algorithms, counts) in [
        (&[Algorithm::EdDsa][..], true),
        (&[Algorithm::Es256, Algorithm::Ps256][..], false),
        (&[][..], false),
    ] {
        let request = Request {
            method: "POST",
            url: URL,
            token: None,
            algorithms,
            now: Timestamp::from_micros(NOW * 1_000_000),
        };
        let read = Proof::read(&[proof.as_bytes()], &request);
        assert_eq!(read.is_ok(), counts, "{algorithms:?}");
    }
}

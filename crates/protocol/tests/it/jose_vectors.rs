//! Vectors of others: Wycheproof, RFC 7520, RFC 7638, RFC 8037 and RFC 9449.
//!
//! Wycheproof and RFC 7520 lie beside the project (`shared/data/jose`), or where `TENURE_JOSE_VECTORS` says.
//! Each answer goes the way of the product: JWK → key → verify. What others hold to be valid and we refuse
//! is listed with a reason, and has to be refused.

use std::path::PathBuf;

use protocol::jose::{
    Algorithm, Jwks, JwsError, Key as _, KeyError, KeySet as _, MacKey, MacKeys, PublicKey, Typ,
    jws,
};
use serde_json::{Value, json};

use crate::jose_keys::{base64url, hex};

/// How a file went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// Valid, and verified.
    verified: usize,
    /// Valid, and refused on purpose.
    declined: usize,
    /// Invalid (or "acceptable"), and refused.
    refused: usize,
    /// Invalid, and the same token with the same key as one that is valid: the file contradicts itself.
    contradicted: usize,
}

impl Tally {
    /// Counts an answer. `why` is the reason to refuse what is valid.
    fn count(&mut self, test: &Value, accepted: bool, why: Option<&str>) {
        let about = format!("{}: {}", test["tcId"], test["comment"]);
        match (test["result"].as_str().unwrap(), why) {
            ("valid", None) => {
                assert!(accepted, "valid and refused: {about}");
                self.verified += 1;
            }
            ("valid", Some(why)) => {
                assert!(
                    !accepted,
                    "verified, and listed as refused ({why}): {about}"
                );
                self.declined += 1;
            }
            _ => {
                assert!(!accepted, "invalid and verified: {about}");
                self.refused += 1;
            }
        }
    }

    fn is(&self, verified: usize, declined: usize, refused: usize) {
        let expected = Self {
            verified,
            declined,
            refused,
            contradicted: self.contradicted,
        };
        assert_eq!(*self, expected);
    }
}

fn file(name: &str) -> Option<Value> {
    let folder = std::env::var_os("TENURE_JOSE_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/jose"),
        PathBuf::from,
    );
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        println!("skipped: the folder of vectors is not here ({name})");
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

/// Groups of a Wycheproof file, if it is here.
fn groups(name: &str) -> Vec<Value> {
    let file = file(&format!("wycheproof/{name}_test.json"));
    file.map_or_else(Vec::new, |file| {
        let groups = file["testGroups"].as_array().unwrap().clone();
        assert!(!groups.is_empty(), "{name} has no groups");
        groups
    })
}

fn tests(group: &Value) -> &Vec<Value> {
    group["tests"].as_array().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex(value.as_str().unwrap())
}

/// The signatures of a file, with the keys that `jwk` finds in its groups.
fn signatures(name: &str, algorithm: Algorithm, jwk: fn(&Value) -> Value) -> Option<Tally> {
    let groups = groups(name);
    let mut tally = Tally::default();
    for group in &groups {
        let jwk = jwk(group).to_string();
        let key = PublicKey::from_jwk(jwk.as_bytes(), Some(algorithm)).unwrap();
        for test in tests(group) {
            let accepted = key.verifies(&bytes(&test["msg"]), &bytes(&test["sig"]));
            tally.count(test, accepted, None);
        }
    }
    (!groups.is_empty()).then_some(tally)
}

/// Some groups have no JWK, because their point has a coordinate that begins with zeros.
fn point(group: &Value) -> Value {
    let point = bytes(&group["publicKey"]["uncompressed"]);
    let (x, y) = point[1..].split_at(point.len() / 2);
    let crv = if x.len() == 32 { "P-256" } else { "P-384" };
    json!({"kty": "EC", "crv": crv, "x": base64url(x), "y": base64url(y)})
}

#[test]
fn wycheproof_ecdsa() {
    if let Some(tally) = signatures("ecdsa_secp256r1_sha256_p1363", Algorithm::Es256, point) {
        tally.is(173, 0, 89);
    }
    if let Some(tally) = signatures("ecdsa_secp384r1_sha384_p1363", Algorithm::Es384, point) {
        tally.is(193, 0, 87);
    }
}

#[test]
fn wycheproof_ed25519() {
    let jwk = |group: &Value| group["publicKeyJwk"].clone();
    if let Some(tally) = signatures("ed25519", Algorithm::EdDsa, jwk) {
        tally.is(88, 0, 63);
    }
}

#[test]
fn wycheproof_rsa() {
    let jwk = |group: &Value| group["publicKeyJwk"].clone();
    if let Some(tally) = signatures("rsa_pss_2048_sha256_mgf1_32", Algorithm::Ps256, jwk) {
        tally.is(63, 0, 45);
    }
    // The 250th refused is "acceptable": a signature without the NULL that PKCS #1 demands.
    let jwk = |group: &Value| group["keyJwk"].clone();
    if let Some(tally) = signatures("rsa_signature_2048_sha256", Algorithm::Rs256, jwk) {
        tally.is(9, 0, 250);
    }
}

#[test]
fn wycheproof_hmac() {
    let groups = groups("hmac_sha256");
    let mut tally = Tally::default();
    for group in &groups {
        let short = group["keySize"].as_u64().unwrap() < 256;
        let why = match group["tagSize"].as_u64().unwrap() {
            _ if short => Some("a secret shorter than the hash (RFC 7518 §3.2)"),
            256 => None,
            _ => Some("a tag that was cut short"),
        };
        for test in tests(group) {
            let key = MacKey::new(&bytes(&test["key"]), None);
            assert_eq!(key.is_err(), short);
            let accepted =
                key.is_ok_and(|key| key.verifies(&bytes(&test["msg"]), &bytes(&test["tag"])));
            tally.count(test, accepted, why);
        }
    }
    if !groups.is_empty() {
        tally.is(30, 36, 108);
    }
}

/// Whether a token is verified with a key, or a set of keys, as they stand there.
fn verifies(keys: &Value, token: &str) -> Result<(), String> {
    let single = [keys.clone()];
    let listed = keys["keys"].as_array().map_or(&single[..], Vec::as_slice);
    let text = |error: &dyn std::fmt::Display| error.to_string();
    if listed.iter().all(|key| key["kty"] == "oct") {
        let secrets = listed
            .iter()
            .map(|key| MacKey::from_jwk(key.to_string().as_bytes()));
        let secrets: Result<Vec<MacKey>, KeyError> = secrets.collect();
        let secrets = MacKeys::new(secrets.map_err(|e| text(&e))?).map_err(|e| text(&e))?;
        let verified = jws::verify(token, &secrets, Typ::Plain);
        return verified.map(drop).map_err(|e| text(&e));
    }
    let set = json!({ "keys": listed }).to_string();
    let set = Jwks::parse(set.as_bytes(), None).map_err(|e| text(&e))?;
    let verified = jws::verify(token, &set, Typ::Plain);
    verified.map(drop).map_err(|e| text(&e))
}

fn token(test: &Value) -> &Value {
    test.get("jws").unwrap_or(&test["jwe"])
}

/// Whether `other` is valid, and the same token to the byte.
fn is_valid(other: &Value, test: &Value) -> bool {
    other["result"] == "valid" && token(other) == token(test)
}

/// The tokens of a file; the reasons are by number of the vector.
fn tokens(name: &str, why: fn(u64) -> Option<&'static str>) -> Option<Tally> {
    let groups = groups(name);
    let mut tally = Tally::default();
    for group in &groups {
        let keys = group.get("public").unwrap_or(&group["private"]);
        for test in tests(group) {
            if test["result"] == "invalid" && tests(group).iter().any(|other| is_valid(other, test))
            {
                tally.contradicted += 1;
                continue;
            }
            let token = token(test);
            // The JSON serialisation is an object; as a text it is no token either.
            let token = token
                .as_str()
                .map_or_else(|| token.to_string(), str::to_owned);
            let accepted = verifies(keys, &token).is_ok();
            tally.count(test, accepted, why(test["tcId"].as_u64().unwrap()));
        }
    }
    (!groups.is_empty()).then_some(tally)
}

#[test]
fn wycheproof_tokens() {
    let tally = tokens("json_web_signature", |number| match number {
        264..=267 => Some("RS384 is not spoken"),
        268..=271 => Some("RS512 is not spoken"),
        320..=323 => Some("PS384 is not spoken"),
        325..=328 => Some("PS512 is not spoken"),
        346 | 350 => Some("PS384 is not spoken, and the key is for PS256"),
        347 | 351 => Some("P-521 is not spoken"),
        372 | 373 => Some("a character that is not base64url, which MIME would pass over"),
        _ => None,
    });
    // 367 and 370 are 357, which is valid: the padding that they are about was lost when the file was made.
    // `padding_is_refused` in the laws stands in for them.
    if let Some(tally) = tally {
        tally.is(24, 22, 353);
        assert_eq!(tally.contradicted, 2);
    }
}

#[test]
fn wycheproof_keys() {
    let tally = tokens("json_web_key", |number| match number {
        14 => Some("HS384 is not spoken"),
        15 => Some("HS512 is not spoken"),
        _ => None,
    });
    if let Some(tally) = tally {
        tally.is(3, 2, 21);
        assert_eq!(tally.contradicted, 0);
    }
    let tally = tokens("json_web_crypto", |number| match number {
        50 | 67 => Some("encrypted"),
        _ => None,
    });
    if let Some(tally) = tally {
        tally.is(4, 2, 77);
        assert_eq!(tally.contradicted, 0);
    }
}

#[test]
fn wycheproof_encrypted_tokens_are_refused_as_such() {
    let none = Jwks::default();
    let mut as_such = 0;
    for group in groups("json_web_encryption") {
        for test in tests(&group) {
            let token = test["jwe"].as_str().unwrap();
            let refused = jws::verify(token, &none, Typ::Plain).unwrap_err();
            as_such += usize::from(refused == JwsError::Encrypted);
            assert!(test["result"] != "valid" || refused == JwsError::Encrypted);
        }
    }
    assert!(as_such == 0 || as_such >= 65, "{as_such}");
}

/// A file of RFC 7520: its key with only what is public of it, its token, its payload.
fn cookbook(name: &str) -> Option<(Value, String, String)> {
    let file = file(&format!("rfc7520/jws/{name}.json"))?;
    let mut key = file["input"]["key"].clone();
    let members = key.as_object_mut().unwrap();
    if members["kty"] != "oct" {
        let whole = Value::Object(members.clone()).to_string();
        let refused = PublicKey::from_jwk(whole.as_bytes(), None);
        assert_eq!(refused, Err(KeyError::Secret));
        for secret in ["d", "p", "q", "dp", "dq", "qi"] {
            members.remove(secret);
        }
    }
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (token, payload) = (&file["output"]["compact"], &file["input"]["payload"]);
    Some((key, text(token), text(payload)))
}

#[test]
fn rfc_7520() {
    let Some((key, token, payload)) = cookbook("4_1.rsa_v15_signature") else {
        return;
    };
    let set = |key: &Value| json!({ "keys": [key] }).to_string().into_bytes();
    let open = Jwks::parse(&set(&key), None).unwrap();
    assert_eq!(open.skipped()[0].why, KeyError::AlgorithmMissing);
    let keys = Jwks::parse(&set(&key), Some(Algorithm::Rs256)).unwrap();
    let verified = jws::verify(&token, &keys, Typ::Plain).unwrap();
    assert_eq!(verified.payload, payload.as_bytes());
    let kid = Some("bilbo.baggins@hobbiton.example");
    assert_eq!((verified.header.kid(), verified.key.kid()), (kid, kid));
    let other = Jwks::parse(&set(&key), Some(Algorithm::Ps256)).unwrap();
    let refused = jws::verify(&token, &other, Typ::Plain);
    assert_eq!(refused, Err(JwsError::OtherAlgorithm));

    let (key, token, _) = cookbook("4_2.rsa-pss_signature").unwrap();
    let keys = Jwks::parse(&set(&key), Some(Algorithm::Ps256)).unwrap();
    let refused = jws::verify(&token, &keys, Typ::Plain);
    assert_eq!(refused, Err(JwsError::UnknownAlgorithm));

    let (key, token, _) = cookbook("4_3.ecdsa_signature").unwrap();
    let keys = Jwks::parse(&set(&key), None).unwrap();
    assert_eq!(keys.skipped()[0].why, KeyError::UnknownCurve);
    assert!(keys.keys().is_empty());
    assert!(jws::verify(&token, &keys, Typ::Plain).is_err());

    let (key, token, payload) = cookbook("4_4.hmac-sha2_integrity_protection").unwrap();
    let secret = MacKey::from_jwk(key.to_string().as_bytes()).unwrap();
    let secrets = MacKeys::new(vec![secret]).unwrap();
    let verified = jws::verify(&token, &secrets, Typ::Plain).unwrap();
    assert_eq!(verified.payload, payload.as_bytes());
    let public = PublicKey::from_jwk(key.to_string().as_bytes(), None);
    assert_eq!(public, Err(KeyError::Secret));
}

/// RFC 7638 §3.1, RFC 8037 A.3.
#[test]
fn thumbprints() {
    let rsa = br#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    let key = PublicKey::from_jwk(rsa, None).unwrap();
    assert_eq!(key.kid(), Some("2011-04-29"));
    assert_eq!(
        key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    let key = PublicKey::from_jwk(ED25519, None).unwrap();
    assert_eq!(
        key.thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

/// RFC 8037 A.2.
const ED25519: &[u8] =
    br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

/// RFC 8037 A.5. The token names no key, and there is one.
#[test]
fn rfc_8037() {
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let key = PublicKey::from_jwk(ED25519, None).unwrap();
    let keys = Jwks::new(vec![key]).unwrap();
    let verified = jws::verify(token, &keys, Typ::Plain).unwrap();
    assert_eq!(verified.payload, b"Example of Ed25519 signing");
}

/// RFC 9449 §4.1 and §6.1.
#[test]
fn rfc_9449() {
    let token = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let typ = Typ::Is("dpop+jwt");
    let proof = jws::verify_embedded(token, &[Algorithm::Es256], typ).unwrap();
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    assert_eq!(proof.key.thumbprint(), jkt);
    let refused = jws::verify_embedded(token, &[Algorithm::EdDsa], typ);
    assert_eq!(refused, Err(JwsError::OtherAlgorithm));
    let refused = jws::verify(token, &Jwks::default(), typ).map(drop);
    assert_eq!(refused, Err(JwsError::EmbeddedKey));
}

//! Keys of a client, and what it signs with them: assertions of who it is (RFC 7523), and proofs that it holds a key
//! (RFC 9449). Nothing is shared with the server.

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Changes of what is signed: a claim and its value, and `null` for one that is left out.
pub type Changes<'c> = &'c [(&'c str, Value)];

/// A key for ES256.
pub struct EcKey(EcdsaKeyPair);

impl EcKey {
    /// Makes one.
    ///
    /// # Errors
    /// When the system gives no chance.
    pub fn new() -> Result<Self, String> {
        let made = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        made.map(Self).map_err(|_| "no key can be made".to_owned())
    }

    /// Its public half.
    pub fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let part = |range| URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
        json!({"kty": "EC", "crv": "P-256", "x": part(1..33), "y": part(33..65)})
    }

    /// The thumbprint of that (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let text = format!(
            "{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":{},\"y\":{}}}",
            jwk["x"], jwk["y"]
        );
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
    }

    /// Signs claims under a header.
    ///
    /// # Errors
    /// When the system gives no chance.
    pub fn signs(&self, header: &Value, claims: &Value) -> Result<String, String> {
        let signed = signable(header, claims);
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.map_err(|_| "the key does not sign".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A proof of this key for a request, and for a token where there is one.
    ///
    /// # Errors
    /// As [`EcKey::signs`].
    pub fn proves(
        &self,
        (method, url): (&str, &str),
        token: Option<&str>,
        now: i64,
        changes: Changes<'_>,
    ) -> Result<String, String> {
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk()});
        self.signs(&header, &proof((method, url), token, now, changes)?)
    }
}

/// What a proof says (RFC 9449 §4.2).
///
/// # Errors
/// When the system gives no chance.
pub fn proof(
    (method, url): (&str, &str),
    token: Option<&str>,
    now: i64,
    changes: Changes<'_>,
) -> Result<Value, String> {
    let mut claims =
        json!({"jti": crate::proof::random(16)?, "htm": method, "htu": url, "iat": now});
    if let Some(token) = token {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        claims["ath"] = URL_SAFE_NO_PAD.encode(hash).into();
    }
    Ok(changed(claims, changes))
}

/// An RSA key, which is registered for PS256 and could sign by RS256.
pub struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// Makes one.
    ///
    /// # Errors
    /// When the system makes none.
    pub fn new() -> Result<Self, String> {
        let made = RsaKeyPair::generate(KeySize::Rsa2048);
        made.map(Self)
            .map_err(|_| "no RSA key can be made".to_owned())
    }

    /// Its public half (RFC 8017 appendix A.1.1: a sequence of the modulus, with a zero before it, and 65537).
    pub fn jwk(&self) -> Value {
        let der = self.0.public_key().as_ref();
        let modulus = der.get(9..265).unwrap_or_default();
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"})
    }

    /// Signs claims by PS256 or RS256.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn signs(&self, alg: &str, kid: &str, claims: &Value) -> Result<String, String> {
        let signed = signable(&json!({"alg": alg, "kid": kid}), claims);
        let padding = match alg {
            "RS256" => &RSA_PKCS1_SHA256,
            _ => &RSA_PSS_SHA256,
        };
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                padding,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| "the RSA key does not sign".to_owned())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A client that proves who it is by what it signs.
pub struct Signer {
    pub id: &'static str,
    pub ec: EcKey,
    pub rsa: RsaKey,
}

impl Signer {
    /// Makes its keys.
    ///
    /// # Errors
    /// When one cannot be made.
    pub fn new(id: &'static str) -> Result<Self, String> {
        Ok(Self {
            id,
            ec: EcKey::new()?,
            rsa: RsaKey::new()?,
        })
    }

    /// Its public keys, as its document has them.
    pub fn keys(&self) -> String {
        let (mut ec, mut rsa) = (self.ec.jwk(), self.rsa.jwk());
        (ec["kid"], ec["alg"]) = ("ec".into(), "ES256".into());
        (rsa["kid"], rsa["alg"]) = ("rsa".into(), "PS256".into());
        format!("{ec}, {rsa}")
    }

    /// What it says of itself to a server.
    ///
    /// # Errors
    /// When the system gives no chance.
    pub fn claims(&self, issuer: &str, now: i64, changes: Changes<'_>) -> Result<Value, String> {
        let claims = json!({"iss": self.id, "sub": self.id, "aud": issuer, "iat": now, "exp": now + 60,
            "jti": crate::proof::random(16)?});
        Ok(changed(claims, changes))
    }

    /// The same, signed by ES256.
    ///
    /// # Errors
    /// As [`Signer::claims`].
    pub fn asserts(&self, issuer: &str, now: i64, changes: Changes<'_>) -> Result<String, String> {
        let header = json!({"alg": "ES256", "kid": "ec"});
        self.ec.signs(&header, &self.claims(issuer, now, changes)?)
    }
}

fn signable(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Claims with changes.
pub fn changed(mut claims: Value, changes: Changes<'_>) -> Value {
    for (name, value) in changes {
        match (value, claims.as_object_mut()) {
            (Value::Null, Some(all)) => drop(all.remove(*name)),
            (value, _) => claims[*name] = value.clone(),
        }
    }
    claims
}

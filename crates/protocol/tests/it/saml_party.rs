//! The other side: a service provider that writes and signs its messages by hand, without a line of what is
//! tested. What it writes is in canonical form from the beginning, so that it needs no other way to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use protocol::jose::{Algorithm, SigningKey};
use protocol::saml::signature::{Credential, VerifyingKey, self_signed};
use protocol::saml::{Consumer, EntityId, Location, Received, Reception, ServiceProvider};

pub const SP: &str = "https://sp.example/metadata";
pub const ACS: &str = "https://sp.example/acs";
pub const SSO: &str = "https://id.example/saml/sso";
pub const SAMLP: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
pub const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
pub const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
pub const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// Somebody with a key and a certificate.
pub struct Party {
    algorithm: Algorithm,
    pkcs8: Vec<u8>,
    certificate: Vec<u8>,
}

/// Made once: RSA keys take time.
pub static SP_RSA: LazyLock<Party> = LazyLock::new(|| Party::new(Algorithm::Rs256));
pub static SP_EC: LazyLock<Party> = LazyLock::new(|| Party::new(Algorithm::Es256));
pub static IDP_RSA: LazyLock<Party> = LazyLock::new(|| Party::new(Algorithm::Rs256));
pub static IDP_EC: LazyLock<Party> = LazyLock::new(|| Party::new(Algorithm::Es256));

impl Party {
    pub fn new(algorithm: Algorithm) -> Self {
        let (key, pkcs8) = SigningKey::generate(algorithm).unwrap();
        let times = (at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"));
        Self {
            algorithm,
            pkcs8: pkcs8.expose().to_vec(),
            certificate: self_signed(&key, "party.example", times, [7; 16]).unwrap(),
        }
    }

    pub fn key(&self) -> VerifyingKey {
        VerifyingKey::from_der(&self.certificate).unwrap()
    }

    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub fn credential(&self) -> Credential {
        let key = SigningKey::from_pkcs8(self.algorithm, &self.pkcs8).unwrap();
        Credential::new(key, &self.certificate).unwrap()
    }

    pub fn uri(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Es256 => ECDSA_SHA256,
            _ => RSA_SHA256,
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        if self.algorithm == Algorithm::Es256 {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &self.pkcs8);
            return pair
                .unwrap()
                .sign(&chance, message)
                .unwrap()
                .as_ref()
                .to_vec();
        }
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature)
            .unwrap();
        signature
    }

    /// A signature of this party over a text in canonical form.
    pub fn signature(&self, id: &str, covered: &str) -> String {
        let info = info(id, self.uri(), covered);
        self.signature_of(&info)
    }

    /// A signature of this party over what it says of itself.
    pub fn signature_of(&self, info: &str) -> String {
        let canonical = info.replacen(
            "<ds:SignedInfo>",
            &format!("<ds:SignedInfo xmlns:ds=\"{DS}\">"),
            1,
        );
        let value = STANDARD.encode(self.sign(canonical.as_bytes()));
        format!(
            "<ds:Signature xmlns:ds=\"{DS}\">{info}<ds:SignatureValue>{value}</ds:SignatureValue></ds:Signature>"
        )
    }

    /// The same text, signed where `{}` stands.
    pub fn signed(&self, id: &str, text: &str) -> String {
        text.replace("{}", &self.signature(id, &text.replace("{}", "")))
    }

    /// A query that is signed, of parameters as they are written.
    pub fn query(&self, pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let covered = format!("{}&SigAlg={}", pairs.join("&"), encoded(self.uri()));
        let value = STANDARD.encode(self.sign(covered.as_bytes()));
        format!("{covered}&Signature={}", encoded(&value))
    }
}

pub fn info(id: &str, algorithm: &str, covered: &str) -> String {
    let digest = STANDARD.encode(digest(&SHA256, covered.as_bytes()));
    format!(
        "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:CanonicalizationMethod>\
         <ds:SignatureMethod Algorithm=\"{algorithm}\"></ds:SignatureMethod><ds:Reference URI=\"#{id}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"></ds:Transform>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>\
         <ds:DigestValue>{digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
    )
}

/// A request in canonical form, with these attributes set or (empty) left out, and with that behind its issuer.
pub fn request(changes: &[(&str, &str)], rest: &str) -> String {
    message(
        "AuthnRequest",
        &[("AssertionConsumerServiceURL", ACS)],
        changes,
        rest,
    )
}

pub fn message(name: &str, own: &[(&str, &str)], changes: &[(&str, &str)], rest: &str) -> String {
    let usual = [
        ("Destination", SSO),
        ("ID", "_r1"),
        ("IssueInstant", "2026-02-03T04:05:06Z"),
        ("Version", "2.0"),
    ];
    let mut all: BTreeMap<&str, &str> = usual.into_iter().collect();
    all.extend(own.iter().copied());
    all.extend(changes.iter().copied());
    let set = all.into_iter().filter(|(_, value)| !value.is_empty());
    let attributes: String = set
        .map(|(name, value)| format!(" {name}=\"{value}\""))
        .collect();
    format!(
        "<samlp:{name} xmlns:samlp=\"{SAMLP}\"{attributes}><saml:Issuer xmlns:saml=\"{SAML}\">{SP}</saml:Issuer>{rest}</samlp:{name}>"
    )
}

pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub fn deflated(xml: &str) -> String {
    let deflated = miniz_oxide::deflate::compress_to_vec(xml.as_bytes(), 6);
    encoded(&STANDARD.encode(deflated))
}

pub fn redirected(xml: &str) -> Received {
    Received::redirect(format!("SAMLRequest={}", deflated(xml)).as_bytes()).unwrap()
}

pub fn posted(xml: &str) -> Received {
    let body = format!(
        "SAMLRequest={}&RelayState=r%26s",
        encoded(&STANDARD.encode(xml))
    );
    Received::post(body.as_bytes()).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn location(text: &str) -> Location {
    Location::new(text).unwrap()
}

/// At the endpoint for requests, a minute later.
pub fn reception(location: &Location) -> Reception<'_> {
    Reception {
        location,
        now: at("2026-02-03T04:06:06Z"),
        skew: Duration::from_secs(180),
        life: Duration::from_secs(300),
    }
}

pub fn consumer(index: u16, is_default: Option<bool>, url: &str) -> Consumer {
    let location = location(url);
    Consumer {
        index,
        is_default,
        location,
    }
}

/// A service provider with both keys, which need not sign.
pub fn provider() -> ServiceProvider {
    let consumers = vec![
        consumer(0, None, "https://sp.example/other"),
        consumer(7, Some(true), ACS),
    ];
    let mut provider = ServiceProvider::new(EntityId::new(SP).unwrap(), consumers);
    provider.signing_keys = vec![SP_EC.key(), SP_RSA.key()];
    provider
}

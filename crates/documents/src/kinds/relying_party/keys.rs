//! The public keys by which a client proves who it is.
//!
//! What can be seen of a key is checked here. Whether it is a point of its curve, or a sound modulus, is found by
//! whoever uses it.

use serde_json::{Map, Value};

use super::SPEC;
use crate::report::{self, Reporter};
use crate::wire::relying_party::{Curve, JwkSpec, KeyAlg, KeyType, KeyUse};
use crate::yaml::Part;

/// The most keys: one in use, those that follow it, and those that are on their way out.
const MAX_KEYS: usize = 10;
/// The longest name of a key, in bytes.
const MAX_KID: usize = 256;
/// How long the modulus of an RSA key is, in characters: of 2,048 to 8,192 bits.
const MODULUS: (usize, usize) = (342, 1_366);

/// The keys as texts of JSON. Nothing of a value is repeated: it might be a private one.
pub(super) fn keys(given: &[JwkSpec], reporter: &mut Reporter<'_, '_>) -> Vec<String> {
    let list = [
        SPEC,
        Part::Key("oidc"),
        Part::Key("client"),
        Part::Key("keys"),
    ];
    if !(1..=MAX_KEYS).contains(&given.len()) {
        let problem = format!("{} keys", given.len());
        let fix = format!("write 1 to {MAX_KEYS}");
        reporter.at(report::VALUE, &list, problem, fix);
    }
    let mut texts = Vec::new();
    for (place, key) in given.iter().enumerate() {
        let path = [&list[..], &[Part::Index(place)]].concat();
        if key.d.is_some() {
            let problem =
                "this is a private key, with which everybody who reads it can pass for the client";
            let fix = "make a new one, and write its public members alone";
            reporter.at(report::VALUE, &path, problem, fix);
            continue;
        }
        for (member, problem, fix) in wrong(key) {
            let path = [&path[..], &[Part::Key(member)]].concat();
            reporter.at(report::VALUE, &path, problem, fix);
        }
        let before = &given[..place];
        if before.iter().any(|other| same(other, key)) {
            let problem = "this key stands here twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
        if given.len() > 1 {
            named(key, before, &path, reporter);
        }
        texts.push(text(key));
    }
    texts
}

/// Whether two are the same key, whatever they are called.
pub(crate) fn same(one: &JwkSpec, other: &JwkSpec) -> bool {
    let material = |key: &JwkSpec| (key.x.clone(), key.n.clone());
    material(one) != (None, None) && material(one) == material(other)
}

/// Of several keys each has a name: what is signed says by it which one is meant.
fn named(key: &JwkSpec, before: &[JwkSpec], path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let place = [path, &[Part::Key("kid")]].concat();
    if key.kid.is_none() {
        let problem = "one of several keys has no name";
        let fix = "write as `kid` what the client calls it";
        reporter.at(report::MISSING_FIELD, path, problem, fix);
    } else if before.iter().any(|other| other.kid == key.kid) {
        let problem = "two keys have this name";
        reporter.at(report::DUPLICATE, &place, problem, "give each its own");
    }
}

type Wrong = (&'static str, &'static str, &'static str);

/// What is wrong with a key: where, what, and what to do.
fn wrong(key: &JwkSpec) -> Vec<Wrong> {
    const LEAVE: &str = "write the members of its type alone (RFC 7518 §6)";
    let (alg, crv, possible): (_, _, &[KeyAlg]) = match (key.kty, key.crv) {
        (KeyType::Ec, Some(Curve::P256)) => (key.alg, 43, &[KeyAlg::Es256]),
        (KeyType::Ec, Some(Curve::P384)) => (key.alg, 64, &[KeyAlg::Es384]),
        (KeyType::Okp, Some(Curve::Ed25519)) => (key.alg, 43, &[KeyAlg::EdDsa]),
        (KeyType::Rsa, None) => (key.alg, 0, &[KeyAlg::Rs256, KeyAlg::Ps256]),
        _ => {
            let fix = "write P-256 or P-384 with EC, Ed25519 with OKP, and none with RSA";
            return vec![("crv", "the curve does not go with the type", fix)];
        }
    };
    let mut found = Vec::new();
    match alg {
        None if key.kty == KeyType::Rsa => {
            let problem = "nothing says which algorithm the RSA key is for";
            found.push(("alg", problem, "write RS256 or PS256"));
        }
        Some(alg) if !possible.contains(&alg) => {
            let problem = "the algorithm does not go with the type and curve";
            found.push(("alg", problem, "leave it out, or write theirs"));
        }
        _ => {}
    }
    if key
        .kid
        .as_ref()
        .is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID)
    {
        found.push(("kid", "this is no name of a key", "write 1 to 256 bytes"));
    }
    let exactly = |length: usize| (length, length);
    let members = [
        ("x", &key.x, (key.kty != KeyType::Rsa).then(|| exactly(crv))),
        ("y", &key.y, (key.kty == KeyType::Ec).then(|| exactly(crv))),
        ("n", &key.n, (key.kty == KeyType::Rsa).then_some(MODULUS)),
        ("e", &key.e, (key.kty == KeyType::Rsa).then_some((2, 6))),
    ];
    for (name, value, length) in members {
        match (value, length) {
            (None, None) => {}
            (Some(_), None) => found.push((name, "a key of this type has no such member", LEAVE)),
            (None, Some(_)) => found.push((name, "it is missing, and the key needs it", LEAVE)),
            (Some(value), Some((least, most))) => {
                let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
                if !(least..=most).contains(&value.len()) || !value.bytes().all(fits) {
                    let problem =
                        "this is not what its type and curve need, as base64url without padding";
                    found.push((name, problem, "export the key again from where it was made"));
                }
            }
        }
    }
    found
}

/// The key as it is read again.
fn text(key: &JwkSpec) -> String {
    let kty = match key.kty {
        KeyType::Ec => "EC",
        KeyType::Okp => "OKP",
        KeyType::Rsa => "RSA",
    };
    let crv = key.crv.map(|crv| match crv {
        Curve::P256 => "P-256",
        Curve::P384 => "P-384",
        Curve::Ed25519 => "Ed25519",
    });
    let alg = key.alg.map(|alg| match alg {
        KeyAlg::Es256 => "ES256",
        KeyAlg::Es384 => "ES384",
        KeyAlg::EdDsa => "EdDSA",
        KeyAlg::Rs256 => "RS256",
        KeyAlg::Ps256 => "PS256",
    });
    let members = [
        ("kty", Some(kty)),
        ("crv", crv),
        ("alg", alg),
        ("kid", key.kid.as_deref()),
        ("use", key.usage.map(|KeyUse::Sig| "sig")),
        ("x", key.x.as_deref()),
        ("y", key.y.as_deref()),
        ("n", key.n.as_deref()),
        ("e", key.e.as_deref()),
    ];
    let there = members.into_iter().filter_map(|(name, value)| {
        let value = Value::from(value?);
        Some((name.to_owned(), value))
    });
    Value::Object(there.collect::<Map<_, _>>()).to_string()
}

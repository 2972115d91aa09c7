//! What the server has of private keys: nothing that it could open, in its store and in its memory.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use ports::store::Secrets as _;
use ports::{KeyName, KeyRing as _, SigningUse};
use store::LocalKeyRing;
use tenure::config::Config;
use tenure::host::{compose, system::SystemEntropy};

use super::Apart;

/// A number of an RSA key, as the library has it in memory: the least word first.
struct Needle(Vec<u8>);

/// The primes of a key in PKCS #8 (RFC 8017 appendix A.1.2).
fn primes(pkcs8: &[u8]) -> Vec<Needle> {
    let key = inside(inside(pkcs8, 0x30, 0), 0x04, 0);
    let body = inside(key, 0x30, 0);
    let prime = |at| {
        let number = inside(body, 0x02, at);
        let bare = number.strip_prefix(&[0]).unwrap_or(number);
        assert_eq!(bare.len(), 128);
        Needle(bare.iter().rev().copied().collect())
    };
    // Version, modulus and both exponents come before.
    vec![prime(4), prime(5)]
}

/// The content of the `at`th value of a tag.
fn inside(mut der: &[u8], tag: u8, mut at: usize) -> &[u8] {
    loop {
        let (length, head) = match der[1] {
            short @ 0..=0x7f => (usize::from(short), 2),
            0x81 => (usize::from(der[2]), 3),
            _ => (usize::from(u16::from_be_bytes([der[2], der[3]])), 4),
        };
        let (value, rest) = der[head..].split_at(length);
        match (der[0] == tag, at) {
            (true, 0) => return value,
            (true, _) => at -= 1,
            (false, _) => {}
        }
        der = rest;
    }
}

/// Whether a process has these bytes in memory that it can write.
fn has(pid: u32, needle: &Needle) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let writable = maps.lines().filter(|line| line.contains(" rw"));
    let mut looked = 0;
    let found = writable.filter_map(|line| {
        let (from, to) = line.split_whitespace().next()?.split_once('-')?;
        let from = u64::from_str_radix(from, 16).ok()?;
        let to = u64::from_str_radix(to, 16).ok()?;
        Some((from, to))
    });
    let mut is_there = false;
    for (from, to) in found {
        let mut bytes = vec![0; usize::try_from(to - from).unwrap().min(256 << 20)];
        let Ok(read) = memory.read_at(&mut bytes, from) else {
            continue;
        };
        looked += read;
        let first = needle.0[0];
        let mut rest = &bytes[..read];
        while let Some(at) = rest.iter().position(|byte| *byte == first) {
            is_there |= rest[at..].starts_with(&needle.0);
            rest = &rest[at + 1..];
        }
    }
    assert!(
        looked > 1 << 20,
        "of process {pid} only {looked} bytes were read"
    );
    is_there
}

/// The rows of the store open with the signer's key and not with the server's; and the memory of the server has
/// nothing of what the signer's has.
#[test]
fn the_server_has_no_private_key_in_its_store_or_its_memory() {
    let mut apart = Apart::new();
    apart.sign();
    apart.node.serve();
    assert_eq!(apart.published().len(), 2);
    assert_eq!(apart.get("/saml2/metadata").status, 200, "it has signed");
    let listed = apart.listed();
    let config = Config::load(&apart.node.config()).unwrap();
    let text = std::fs::read_to_string(apart.node.home.path().join("keys/signer.key")).unwrap();
    let key: model::Digest = text.trim().parse().unwrap();
    let theirs = LocalKeyRing::new(&key.0, &[], Arc::new(SystemEntropy)).unwrap();
    let opened = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let house = compose::open(&config).await.unwrap();
        let mut opened = Vec::new();
        for (name, kid) in &listed {
            let row = format!("signing-key/{kid}");
            let sealed = house.store.secret(&row).await.unwrap().unwrap().sealed;
            let (purpose, algorithm) = match name.as_str() {
                "rsa-sha256" => (SigningUse::Saml, "RS256"),
                algorithm => (SigningUse::Jws, algorithm),
            };
            let named = KeyName {
                purpose,
                algorithm,
                kid,
            };
            for purpose in [row, named.sealed_for()] {
                assert!(house.keyring.open(&purpose, &sealed).is_err(), "{name}");
            }
            opened.push((name, theirs.open(&named.sealed_for(), &sealed).unwrap()));
        }
        house.store.close().await;
        opened
    });
    let (server, signer) = (apart.node.pid(), apart.signer.as_ref().unwrap().id());
    let rsa = opened.iter().filter(|(name, _)| name.as_str() != "ES256");
    let needles: Vec<Needle> = rsa.flat_map(|(_, der)| primes(der)).collect();
    assert_eq!(needles.len(), 4);
    for needle in &needles {
        assert!(
            has(signer, needle),
            "whoever signs has it: this finds what is there"
        );
        assert!(
            !has(server, needle),
            "the server has a private key in its memory"
        );
    }
    apart.node.stop();
}

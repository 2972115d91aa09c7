//! The parsers of tokens and keys take any bytes and never panic, and verify nothing that nobody signed.

use model::Timestamp;
use proptest::prelude::*;
use protocol::jose::jwt::{self, Audience, Claims, Expect, Life};
use protocol::jose::{
    Algorithm, Jwks, KeySet as _, MacKey, MacKeys, PublicKey, SigningKey, Typ, jws,
};

use crate::jose_keys::{SIGNED_WITH, forged, key, set};
use crate::scim_parsers::{Dice, Parser, rounds, spoil};

pub const PARSERS: [(&str, Parser); 6] = [
    ("token", |bytes| {
        let Ok(token) = std::str::from_utf8(bytes) else {
            return;
        };
        let secrets = vec![MacKey::new(&[7; 32], None).expect("long enough")];
        let secrets = MacKeys::new(secrets).expect("one");
        for typ in [Typ::Plain, Typ::Is("dpop+jwt")] {
            assert!(jws::verify(token, &secrets, typ).is_err());
            assert!(jws::verify(token, &set(&[Algorithm::Es256]), typ).is_err());
            drop(jws::verify_embedded(token, &Algorithm::ALL, typ));
        }
    }),
    ("proof", |bytes| {
        let Ok(token) = std::str::from_utf8(bytes) else {
            return;
        };
        let expect = Expect {
            typ: Typ::Is("dpop+jwt"),
            issuer: None,
            audience: Audience::Unbound,
            life: Life::Ages(60),
            required: &["jti"],
            now: Timestamp::from_micros(1_562_262_616_000_000),
            leeway_s: 10,
        };
        drop(jwt::verify_embedded(token, &Algorithm::ALL, &expect));
    }),
    ("header and payload", |bytes| {
        // Whatever is signed well is read, header and payload alike.
        let header = String::from_utf8_lossy(bytes);
        let keys = set(&[Algorithm::EdDsa]);
        drop(jws::verify(&forged(&header, bytes), &keys, Typ::Plain));
        drop(Claims::read(bytes));
    }),
    ("key", |bytes| {
        for registered in [None, Some(Algorithm::Rs256)] {
            let Ok(key) = PublicKey::from_jwk(bytes, registered) else {
                continue;
            };
            let written = serde_json::to_vec(&key.to_jwk()).expect("writes");
            let again = PublicKey::from_jwk(&written, None).expect("what was written is read");
            assert_eq!(again, key);
        }
        drop(MacKey::from_jwk(bytes));
    }),
    ("set", |bytes| {
        if let Ok(set) = Jwks::parse(bytes, None) {
            let written = set.to_value().to_string();
            let again = Jwks::parse(written.as_bytes(), None).expect("what was written is read");
            assert_eq!(again.keys(), set.keys());
        }
    }),
    ("private key", |bytes| {
        for algorithm in SIGNED_WITH {
            drop(SigningKey::from_pkcs8(algorithm, bytes));
        }
    }),
];

const CORPUS: [&str; 9] = [
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    "eyJhbGciOiJub25lIn0.e30.",
    "a.b.c.d.e",
    r#"{"alg":"EdDSA","typ":"at+jwt","kid":"k","crit":["b64"],"b64":false}"#,
    r#"{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#,
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","key_ops":["verify"]}"#,
    r#"{"keys":[{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","kid":"1","use":"sig"},{"kty":"oct"}]}"#,
    r#"{"kty":"oct","k":"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg","alg":"HS256"}"#,
    r#"{"iss":"i","aud":["a","b"],"exp":1900000000,"iat":1.5,"nbf":0,"sub":"s","jti":"j","x":{"y":[1,{"z":null}]}}"#,
];

#[test]
fn no_parser_of_tokens_panics_on_spoiled_input() {
    for (name, parser) in PARSERS {
        for seed in CORPUS {
            parser(seed.as_bytes());
        }
        for round in 0..rounds() {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round as u64 + 1));
            let mut input = CORPUS[dice.roll(CORPUS.len())].as_bytes().to_vec();
            for _ in 0..=dice.roll(6) {
                spoil(&mut input, &mut dice, &CORPUS);
            }
            let result = std::panic::catch_unwind(|| parser(&input));
            let shown = String::from_utf8_lossy(&input).into_owned();
            assert!(result.is_ok(), "{name}, round {round}: {shown}");
        }
    }
}

/// Keys as they are stored, spoiled.
#[test]
fn no_private_key_panics() {
    for algorithm in SIGNED_WITH {
        let der = &key(algorithm).1;
        let mut dice = Dice(7);
        for _ in 0..300 {
            let mut spoiled = der.clone();
            let at = dice.roll(der.len().min(80));
            spoiled[at] ^= 1 << dice.roll(8);
            drop(SigningKey::from_pkcs8(algorithm, &spoiled));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_parser_of_tokens_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, parser) in PARSERS {
            parser(&bytes);
        }
    }

    #[test]
    fn no_parser_of_tokens_panics_on_text_of_its_alphabet(text in "[A-Za-z0-9_.=-]{0,200}") {
        for (_, parser) in PARSERS {
            parser(text.as_bytes());
        }
    }
}

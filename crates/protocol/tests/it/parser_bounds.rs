//! The readers of what comes from outside answer in a time that follows from their bounds, whatever comes; and
//! what was read and written down is read as what it was.

use std::fmt::{Debug, Display};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use protocol::oauth::{
    ApplicationType, CodeChallenge, Issuer, RegisteredRedirect, Resource, Scopes,
};
use protocol::saml::{EntityId, Location};

use crate::scim_parsers::Parser;

/// Longer than anything takes that reads what it is given a bounded number of times, without optimisation and
/// beside other tests; shorter than anything that reads it again for each of its bytes.
const LONGEST: Duration = Duration::from_secs(10);

/// Pieces of which much may be made.
const PIECES: [&str; 16] = [
    "a",
    "%41",
    "&a=1",
    "a=1&",
    "[",
    "{\"a\":",
    "[],",
    "<a>",
    "<a b=\"c\">",
    " a=\"b\"",
    "<a xmlns:b=\"c\">",
    "&#65;",
    "<!--",
    "eyJ",
    "a.",
    "QUFB",
];

/// Around them: what a reader has to have read before it comes to the bulk.
const AROUND: [(&str, &str); 7] = [
    ("", ""),
    ("{\"alg\":\"ES256\",\"x\":\"", "\"}"),
    ("{\"keys\":[", "]}"),
    ("client_id=app&state=", "&scope=openid"),
    ("<a>", "</a>"),
    ("<a ", "/>"),
    ("SAMLRequest=", ""),
];

fn all() -> impl Iterator<Item = (&'static str, Parser)> {
    let jose = crate::jose_parsers::PARSERS.into_iter();
    let oauth = crate::oauth_parsers::PARSERS.into_iter();
    let saml = crate::saml_parsers::PARSERS.into_iter();
    jose.chain(oauth)
        .chain(saml)
        .chain(crate::webauthn_parsers::PARSERS)
}

#[test]
fn whatever_comes_is_read_or_refused_in_time() {
    for (name, parser) in all() {
        for piece in PIECES {
            for (before, after) in AROUND {
                // At the bounds on bytes, and far above them where nothing stands before.
                let far = if before.is_empty() { 512 << 10 } else { 0 };
                for bytes in [60 << 10, far] {
                    let bulk = piece.repeat(bytes / piece.len());
                    let input = format!("{before}{bulk}{after}");
                    let began = Instant::now();
                    parser(input.as_bytes());
                    let took = began.elapsed();
                    assert!(
                        took < LONGEST,
                        "{name}: {bytes} bytes of {piece:?} after {before:?}: {took:?}"
                    );
                }
            }
        }
    }
}

/// What was read says itself in a text that is read as the same.
fn stands<T: PartialEq + Debug>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
    written: impl Fn(&T) -> String,
) {
    if let Some(first) = read(text) {
        let again = written(&first);
        assert_eq!(
            read(&again).as_ref(),
            Some(&first),
            "{text:?} was written as {again:?}"
        );
        assert_eq!(
            read(&again).map(|second| written(&second)),
            Some(again),
            "{text:?}"
        );
    }
}

fn shown(value: &impl Display) -> String {
    value.to_string()
}

fn all_stand(text: &str) {
    for application in [ApplicationType::Web, ApplicationType::Native] {
        let read = |text: &str| RegisteredRedirect::new(text, application).ok();
        stands(text, read, |redirect| redirect.as_str().to_owned());
    }
    stands(text, |text| Issuer::new(text).ok(), shown);
    stands(text, |text| Resource::new(text).ok(), shown);
    stands(text, |text| Scopes::parse(text).ok(), shown);
    stands(text, |text| CodeChallenge::parse(text).ok(), shown);
    stands(text, |text| EntityId::new(text).ok(), shown);
    stands(text, |text| Location::new(text).ok(), shown);
}

/// Addresses as people write them, and as people write them wrongly.
#[test]
fn addresses_that_are_taken_stand_as_they_are_written() {
    for text in [
        "https://a.example",
        "https://a.example/",
        "https://a.example:8443/cb?x=1&y=%2F",
        "https://[2001:db8::1]/cb",
        "http://127.0.0.1/cb",
        "example.acme.badge:/signed-in",
        "urn:a:b",
        "openid profile email",
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    ] {
        all_stand(text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_as_what_it_was(
        text in "(https|http|urn|com\\.example):(//)?[a-z0-9.:@%/?#&=\\[\\]*\\\\ -]{0,60}",
        any in ".{0,80}",
    ) {
        all_stand(&text);
        all_stand(&any);
    }
}

//! Every parser takes any bytes and never panics: a corpus, and a mutator that spoils it.
//!
//! `TENURE_FUZZ_ROUNDS` sets how many spoiled inputs each parser gets.

use model::Kind;
use protocol::scim::json::{Limits, parse, parse_object};
use protocol::scim::{
    Filter, ListResponse, Object, PatchOp, Path, Resource, ScimError, ServiceProviderConfig, apply,
    matches,
};

/// What is fuzzed.
pub type Parser = fn(&[u8]);

const PARSERS: [(&str, Parser); 8] = [
    ("json", |bytes| drop(parse(bytes, &Limits::ANSWER))),
    ("filter", |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if let Ok(filter) = text.parse::<Filter>() {
            let again: Filter = filter
                .to_string()
                .parse()
                .expect("what was printed is read");
            assert_eq!(again, filter);
            let _ = matches(&filter, &Object::new());
        }
    }),
    ("path", |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return;
        };
        if let Ok(path) = text.parse::<Path>() {
            let again: Path = path.to_string().parse().expect("what was printed is read");
            assert_eq!(again, path);
        }
    }),
    ("resource", |bytes| {
        let Ok(body) = parse_object(bytes, &Limits::ANSWER) else {
            return;
        };
        for kind in [Kind::Account, Kind::Group] {
            if let Ok(resource) = Resource::read(kind, body.clone()) {
                drop(resource.to_record(Some("work")));
            }
        }
    }),
    ("list", |bytes| {
        drop(ListResponse::read(Kind::Account, bytes, &Limits::ANSWER))
    }),
    ("error", |bytes| drop(ScimError::read(bytes))),
    ("provider", |bytes| {
        drop(ServiceProviderConfig::read(bytes, &Limits::ANSWER))
    }),
    ("patch", |bytes| {
        let Ok(patch) = PatchOp::read(bytes, &Limits::ANSWER) else {
            return;
        };
        let user = br#"{"userName":"a","emails":[{"type":"work","value":"b"}],"name":{}}"#;
        let user = parse_object(user, &Limits::ANSWER).expect("reads");
        for lenient in [false, true] {
            let leniency = apply::Leniency {
                create_on_absent: lenient,
                remove_by_value: lenient,
            };
            drop(apply::apply(&user, &patch, leniency));
        }
    }),
];

const CORPUS: [&str; 14] = [
    r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"a","active":true}"#,
    r#"{"id":"2","displayName":"g","members":[{"value":"1","type":"User"},{"value":"3","type":"Group"}]}"#,
    r#"{"totalResults":1,"startIndex":1,"Resources":[{"id":"1","userName":"a","meta":{"version":"W/\"1\""}}]}"#,
    r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409","scimType":"uniqueness"}"#,
    r#"{"patch":{"supported":true},"filter":{"supported":true,"maxResults":200},"etag":{"supported":false}}"#,
    r#"{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"x"}]}"#,
    r#"{"Operations":[{"op":"add","value":{"name.givenName":"x","urn:a:b":{"c":1}}}]}"#,
    r#"{"Operations":[{"op":"remove","path":"members[value eq \"1\" or not (value pr)]"}]}"#,
    r#"{"a":"\ud83d\ude00","b":[1,-2.5e3,null,true,{"c":[[[]]]}]}"#,
    r#"userName eq "a\"b" and (title pr or not (active eq true))"#,
    r#"emails[type eq "work" and value co "@x"]"#,
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
    "addresses[primary eq true].streetAddress",
    "meta.lastModified ge \"2011-05-13T04:42:34Z\" and n lt -3",
];

/// Characters that mean something to one of the parsers.
const SPICE: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b",",
    b":",
    b".",
    b"\\ud800",
    b"\xff",
    b"\x00",
    b" not ",
    b" and ",
    b"1e999",
    b"-",
    b"null",
    "é".as_bytes(),
];

/// A small generator, so that a failure is repeated by its number alone.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap_or(0)
    }
}

/// Spoils an input, also with pieces of others.
pub fn spoil(input: &mut Vec<u8>, dice: &mut Dice, corpus: &[&str]) {
    let at = dice.roll(input.len() + 1);
    match dice.roll(6) {
        0 => input.truncate(at),
        1 if at < input.len() => input[at] ^= 1 << dice.roll(8),
        2 if at < input.len() => drop(input.remove(at)),
        3 => {
            let end = (at + dice.roll(20)).min(input.len());
            let piece = input[at..end].to_vec();
            let to = dice.roll(input.len() + 1);
            drop(input.splice(to..to, piece));
        }
        4 => {
            let other = corpus[dice.roll(corpus.len())].as_bytes();
            let from = dice.roll(other.len());
            drop(input.splice(at..at, other[from..].iter().copied()));
        }
        _ => drop(input.splice(at..at, SPICE[dice.roll(SPICE.len())].iter().copied())),
    }
}

/// How many spoiled inputs each parser gets.
pub fn rounds() -> usize {
    std::env::var("TENURE_FUZZ_ROUNDS")
        .ok()
        .map_or(3_000, |text| {
            text.parse().expect("TENURE_FUZZ_ROUNDS is a number")
        })
}

#[test]
fn no_parser_panics_on_spoiled_input() {
    let rounds = rounds();
    for (name, parser) in PARSERS {
        for seed in CORPUS {
            parser(seed.as_bytes());
        }
        for round in 0..rounds {
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

#[test]
fn bombs_cost_little() {
    let deep = "[".repeat(1 << 20);
    assert!(
        parse(deep.as_bytes(), &Limits::ANSWER)
            .unwrap_err()
            .to_string()
            .contains("32 levels")
    );
    let many = format!("[{}1]", "1,".repeat(200_000));
    assert!(
        parse(many.as_bytes(), &Limits::ANSWER)
            .unwrap_err()
            .to_string()
            .contains("100000")
    );
    let row = format!("[{}1]", "1,".repeat(50_000));
    let rows = format!("[{}1]", format!("{row},").repeat(100));
    assert!(
        parse(rows.as_bytes(), &Limits::ANSWER)
            .unwrap_err()
            .to_string()
            .contains("in all")
    );
    let large = format!("\"{}\"", "x".repeat(17 << 20));
    assert!(
        parse(large.as_bytes(), &Limits::ANSWER)
            .unwrap_err()
            .to_string()
            .contains("bytes")
    );
}

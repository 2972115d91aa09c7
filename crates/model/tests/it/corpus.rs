//! Every event body that was ever shipped decodes, for ever.
//!
//! `tests/corpus` has one file or more for each kind and version of event, named
//! `<kind>.<version>.json` or `<kind>.<version>.<case>.json`. A file that was released is never
//! changed: a body whose shape changes gets a new version and a new file beside the old one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use model::{Event, canonical};
use serde_json::Value;

fn corpus() -> BTreeMap<String, String> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        files.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    files
}

/// Every kind that [`Event`] decodes, as its decoder lists them when it meets an unknown one.
fn kinds() -> BTreeSet<String> {
    let unknown = r#"{"kind":"no.such.kind/1","body":{}}"#;
    let told = serde_json::from_str::<Event>(unknown)
        .unwrap_err()
        .to_string();
    let listed = told.split_once("expected one of ").unwrap().1;
    listed
        .split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_kind_has_a_file_and_every_file_a_kind() {
    let kinds = kinds();
    assert!(
        kinds.contains("facts.accepted/2") && kinds.contains("store.restored/1"),
        "the decoder no longer lists what it knows: {kinds:?}"
    );
    let mut shown = BTreeSet::new();
    for (name, text) in corpus() {
        let value: Value = serde_json::from_str(&text).unwrap();
        let kind = value["kind"].as_str().unwrap();
        let (word, version) = kind.split_once('/').unwrap();
        let begins = format!("{word}.{version}.");
        assert!(
            name.starts_with(&begins) && name.ends_with(".json"),
            "{name} holds a {kind}"
        );
        shown.insert(kind.to_owned());
    }
    assert_eq!(shown, kinds);
}

#[test]
fn every_body_ever_shipped_decodes_and_keeps_its_canonical_bytes() {
    for (name, text) in corpus() {
        let shipped: Value = serde_json::from_str(&text).unwrap();
        let event: Event = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let told = String::from_utf8(canonical::bytes(&event).unwrap()).unwrap();
        let wanted = String::from_utf8(canonical::bytes(&shipped).unwrap()).unwrap();
        assert_eq!(told, wanted, "{name}");
    }
}

/// The words inside bodies are a promise too: each must stand somewhere in the corpus.
#[test]
fn the_corpus_uses_every_word_of_a_body() {
    let all: String = corpus().into_values().collect();
    let words = "\
        adopt create update enable disable delete grant revoke absent present values \
        enabled disabled untouched birthright leaver undo emergency_stop termination \
        confirmed lifted missing_row joiner rehire leave return mover rule drift \
        delivery documents observation clock allow ask halt waiting released refused \
        applied failed stale superseded pending sent answered verified skipped done \
        already_done later unknown full partial managed adopted foreign account group \
        read plan approve apply administer subject target";
    for word in words.split_whitespace() {
        assert!(all.contains(&format!("\"{word}\"")), "no file says {word}");
    }
}

#[test]
fn the_corpus_uses_every_word_about_a_line() {
    let all: String = corpus().into_values().collect();
    for word in ["handed", "confirmed", "done", "refused", "impossible"] {
        assert!(all.contains(&format!("\"{word}\"")), "no file says {word}");
    }
}

#[test]
fn the_corpus_uses_every_word_about_an_estate() {
    let all: String = corpus().into_values().collect();
    let words = [
        "person",
        "orphan",
        "shared",
        "service",
        "privileged",
        "ignored",
        "undecided",
        "keep",
        "reject",
        "decision",
    ];
    for word in words {
        assert!(all.contains(&format!("\"{word}\"")), "no file says {word}");
    }
}

#[test]
fn the_corpus_uses_every_word_about_a_notice() {
    let all: String = corpus().into_values().collect();
    let occasions = model::Occasion::ALL.map(model::Occasion::as_str);
    let words = "\
        raised sending answered escalated acknowledged ended waiting delivered given_up dropped";
    for word in words.split_whitespace().chain(occasions) {
        assert!(all.contains(&format!("\"{word}\"")), "no file says {word}");
    }
}

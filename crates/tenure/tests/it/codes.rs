//! Every stable code has a page, and every page a code.

use std::collections::BTreeSet;
use std::path::Path;

fn codes_in(text: &str, into: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("TNR-") {
        let rest = &text[at + 4..];
        let Some((area, number)) = rest.split_once('-') else {
            continue;
        };
        let number: String = number.chars().take_while(char::is_ascii_digit).collect();
        let plain = !area.is_empty() && area.bytes().all(|b| b.is_ascii_uppercase());
        if plain && number.len() == 4 {
            into.insert(format!("TNR-{area}-{number}"));
        }
    }
}

/// The codes with which steps are told that were not done: the whole text of a literal.
fn steps_in(text: &str, into: &mut BTreeSet<String>) {
    for begins in ["\"HANDOFF-", "\"SCIM-"] {
        for (at, _) in text.match_indices(begins) {
            let code = text[at + 1..].split('"').next().unwrap_or_default();
            into.insert(code.replace("{status}", "400"));
        }
    }
}

fn sources(directory: &Path, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // Samples of the conformance suites hold codes that are made up.
        if path.is_dir() && !path.ends_with("conformance") {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            codes_in(&text, into);
            steps_in(&text, into);
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut used = BTreeSet::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut used);
        }
    }
    let pages: BTreeSet<String> = tenure::explain::PAGES
        .iter()
        .map(|(code, _)| (*code).to_owned())
        .collect();
    // Those of an app's own answers share one.
    let (of_apps, used): (BTreeSet<_>, BTreeSet<_>) =
        used.into_iter().partition(|code| code.starts_with("SCIM-"));
    assert!(of_apps.len() > 3, "{of_apps:?}");
    for code in of_apps
        .iter()
        .map(String::as_str)
        .chain(["scim-409-uniqueness"])
    {
        let page = tenure::explain::page(code);
        assert!(
            page.is_some_and(|page| page.starts_with("# SCIM: ")),
            "{code}"
        );
    }
    assert_eq!(tenure::explain::page("HANDOFF-UNHEARD"), None);
    let used: BTreeSet<_> = used.into_iter().chain(["SCIM".to_owned()]).collect();
    let without: Vec<_> = used.difference(&pages).collect();
    let unused: Vec<_> = pages.difference(&used).collect();
    assert!(
        without.is_empty(),
        "codes without a page in docs/codes: {without:?}"
    );
    assert!(
        unused.is_empty(),
        "pages of codes that nothing uses: {unused:?}"
    );
    for (code, page) in tenure::explain::PAGES {
        assert!(
            page.starts_with(&format!("# {code}: ")),
            "{code} begins with its title"
        );
        assert!(page.contains("## What to do"), "{code} says what to do");
    }
}

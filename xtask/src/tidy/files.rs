//! Rules about source files: size, names, what must not stand in them.

use std::path::Path;

use super::House;

/// No file of production code is longer.
const CEILING: usize = 500;
/// Files longer than this are listed, for a reader to judge.
const LONG: usize = 250;
/// A module has a name that says what it knows.
const NAMELESS: &[&str] = &["util", "utils", "helper", "helpers", "misc"];

/// Everything that is wrong.
pub fn check(house: &House, root: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in house.ending(".rs") {
        let lines = text.lines().count();
        if !house.is_test(path) && lines > CEILING {
            wrong.push(format!(
                "{path} has {lines} lines; the ceiling is {CEILING}"
            ));
        }
        let stem = Path::new(path).file_stem().and_then(|s| s.to_str());
        let folder = Path::new(path).parent().and_then(|p| p.file_name());
        for name in [stem, folder.and_then(|f| f.to_str())]
            .into_iter()
            .flatten()
        {
            if NAMELESS.contains(&name) {
                wrong.push(format!("{path}: `{name}` says nothing; name what it knows"));
            }
        }
        wrong.extend(words(house, path, text));
    }
    for end in ["src/lib.rs", "src/main.rs"] {
        for (path, text) in house.ending(end) {
            if !text.starts_with("//! ") {
                wrong.push(format!(
                    "{path} does not start with the crate's documentation"
                ));
            }
        }
    }
    for (path, text) in &house.files {
        wrong.extend(places(path, text, root));
    }
    wrong
}

/// Production files that a reader may find long.
pub fn long(house: &House) -> Vec<String> {
    let mut found: Vec<(usize, &str)> = house
        .ending(".rs")
        .filter(|(path, _)| !house.is_test(path))
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > LONG)
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    let line = |(lines, path): &(usize, &str)| format!("{path} ({lines} lines)");
    found.iter().map(line).collect()
}

/// Whether it is written for tests, though other crates' tests use it: there a panic is a verdict.
fn serves_tests(house: &House, path: &str) -> bool {
    house.is_test(path)
        || path.starts_with("crates/testkit/")
        || path.starts_with("crates/ports/src/conformance/")
}

/// Words that must not stand in production code.
fn words(house: &House, path: &str, text: &str) -> Vec<String> {
    // In pieces, or this file would find itself.
    let forbidden = [
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    let silenced = ["unwrap_used", "expect_used", "panic"];
    let mut wrong = Vec::new();
    // Unit tests stand at the end of a file.
    let code = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]");
    for (number, line) in code.enumerate() {
        let at = format!("{path}:{}", number + 1);
        if line.trim_start().starts_with("//") {
            continue;
        }
        for word in forbidden.iter().filter(|word| line.contains(**word)) {
            wrong.push(format!("{at}: `{word}` is unfinished work"));
        }
        if serves_tests(house, path) || !line.contains("allow(") {
            continue;
        }
        for lint in silenced {
            if line.contains(&format!("clippy::{lint}")) {
                wrong.push(format!("{at}: silences `{lint}` outside tests"));
            }
        }
    }
    wrong.extend(ignored(path, text));
    wrong
}

/// A test that is left out says why.
fn ignored(path: &str, text: &str) -> Option<String> {
    let bare = concat!("#[ign", "ore]");
    text.contains(bare)
        .then(|| format!("{path}: `{bare}` without a reason"))
}

/// Places of one machine: nobody else has them.
fn places(path: &str, text: &str, root: &Path) -> Vec<String> {
    let mut needles = vec![
        concat!("/ho", "me/").to_owned(),
        format!("{}/", root.display()),
    ];
    if let Some(home) = std::env::var("HOME").ok().filter(|home| home.len() > 1) {
        needles.push(format!("{home}/"));
    }
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // `https://example.com/home/` is no place of a machine.
        let found = needles.iter().find(|needle| {
            line.match_indices(needle.as_str())
                .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric()))
        });
        if found.is_some() {
            wrong.push(format!(
                "{path}:{}: names a path of one machine",
                number + 1
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(path: &str, text: &str) -> Vec<String> {
        let files = vec![(path.to_owned(), text.to_owned())];
        check(&House { files }, Path::new("/srv/checkout"))
    }

    #[test]
    fn long_files_are_found_unless_they_are_tests() {
        let text = "fn a() {}\n".repeat(CEILING + 1);
        let parent = ("crates/app/src/lib.rs", "//! App.\n#[cfg(test)]\nmod a;\n");
        let files = [parent, ("crates/app/src/a.rs", &text)];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        assert!(
            check(
                &House {
                    files: files.to_vec()
                },
                Path::new("/srv/checkout")
            )
            .is_empty()
        );
        assert_eq!(house("crates/app/src/a.rs", &text).len(), 1);
        assert!(house("crates/app/tests/it/a.rs", &text).is_empty());
    }

    #[test]
    fn unfinished_work_is_found_but_not_in_comments() {
        let unfinished = concat!("fn a() { todo", "!() }\n");
        assert_eq!(house("crates/app/src/a.rs", unfinished).len(), 1);
        let comment = concat!("// todo", "!()\n");
        assert!(house("crates/app/src/a.rs", comment).is_empty());
        let silenced = "#![allow(clippy::unwrap_used)]\n";
        assert_eq!(house("crates/app/src/a.rs", silenced).len(), 1);
        let test = format!("#[cfg(test)]\nmod tests {{ {silenced} }}\n");
        assert!(house("crates/app/src/a.rs", &test).is_empty());
    }

    #[test]
    fn names_and_crate_documentation() {
        assert_eq!(house("crates/app/src/utils.rs", "").len(), 1);
        assert_eq!(house("crates/app/src/helpers/mod.rs", "").len(), 1);
        assert_eq!(house("crates/app/src/lib.rs", "mod a;\n").len(), 1);
        assert!(house("crates/app/src/lib.rs", "//! What it is.\n").is_empty());
    }

    #[test]
    fn places_of_one_machine() {
        let here = "see /srv/checkout/docs\n";
        assert_eq!(house("README.md", here).len(), 1);
        let home = concat!("see /ho", "me/me\n");
        assert_eq!(house("README.md", home).len(), 1);
        let web = concat!("see https://example.com/ho", "me/\n");
        assert!(house("README.md", web).is_empty());
    }

    #[test]
    fn ignored_tests_say_why() {
        let bare = concat!("#[ign", "ore]\nfn a() {}\n");
        assert_eq!(house("crates/app/tests/it/a.rs", bare).len(), 1);
    }
}

//! `cargo xtask licences`: what `deny.toml` says about licences, sources and banned crates,
//! checked offline, for machines that lack cargo-deny. Advisories need the net and cargo-deny.

use std::collections::BTreeSet;

use crate::door;

/// Checks every crate that this platform compiles, and every source in the lock file.
///
/// # Errors
/// How many crates are not in order; their names are printed.
pub fn run() -> Result<(), String> {
    let root = door::root()?;
    let read =
        |name: &str| std::fs::read_to_string(root.join(name)).map_err(|e| format!("{name}: {e}"));
    let deny = read("deny.toml")?;
    let allowed = list(&deny, "licenses", "allow")?;
    let banned = list(&deny, "bans", "deny")?;
    let sources = list(&deny, "sources", "allow-registry")?;
    // `cargo tree` knows which features are on; `cargo metadata` lists what none of them wants.
    let tree = door::output(door::cargo(&[
        "tree",
        "--workspace",
        "--locked",
        "--edges=normal,build,dev",
        "--prefix=none",
        "--format={p}|{l}",
    ])?)?;
    let crates: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    let mut wrong: Vec<String> = crates
        .iter()
        .filter_map(|line| judge(line, &allowed, &banned))
        .collect();
    wrong.extend(strangers(&read("Cargo.lock")?, &sources));
    for line in &wrong {
        eprintln!("licences: {line}");
    }
    if wrong.is_empty() {
        println!("licences: {} crates in order", crates.len());
        Ok(())
    } else {
        Err(format!("{} crates are not in order", wrong.len()))
    }
}

/// Sources in the lock file that are not allowed.
fn strangers(lock: &str, sources: &[String]) -> Vec<String> {
    lock.lines()
        .filter_map(|line| line.strip_prefix("source = \"")?.strip_suffix('"'))
        .filter(|source| {
            let registry = source.strip_prefix("registry+");
            !registry.is_some_and(|url| sources.iter().any(|known| known == url))
        })
        .map(|source| format!("Cargo.lock names the source {source}"))
        .collect()
}

/// The texts of `key = [ … ]` in `[section]`: the first text of every line.
fn list(toml: &str, section: &str, key: &str) -> Result<Vec<String>, String> {
    let missing = || format!("deny.toml has no list `{key}` in [{section}]");
    let (_, rest) = toml
        .split_once(&format!("\n[{section}]\n"))
        .ok_or_else(missing)?;
    let rest = rest.split("\n[").next().unwrap_or(rest);
    let start = format!("{key} = [");
    let (_, rest) = rest.split_once(&start).ok_or_else(missing)?;
    let (inside, _) = rest.split_once(']').ok_or_else(missing)?;
    let lines = inside
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    Ok(lines
        .filter_map(|line| line.split('"').nth(1))
        .map(str::to_owned)
        .collect())
}

/// A line `name vX.Y.Z (…)|licence`.
fn judge(line: &str, allowed: &[String], banned: &[String]) -> Option<String> {
    let (package, licence) = line.split_once('|').unwrap_or((line, ""));
    let name = package.split(' ').next().unwrap_or(package);
    if banned.iter().any(|banned| banned == name) {
        return Some(format!("{name} is banned"));
    }
    if licence.is_empty() {
        return Some(format!("{name} names no licence"));
    }
    (!permits(licence, allowed)).then(|| format!("{name} is under {licence}"))
}

/// Whether an SPDX expression can be met with these licences. `/` is an old way to say `OR`.
fn permits(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace(" WITH ", "-WITH-");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any(&words, &mut at, allowed);
    // What is not understood is not permitted.
    met == Some(true) && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &[String]) -> Option<bool> {
    let mut met = all(words, at, allowed)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all(words, at, allowed)?;
    }
    Some(met)
}

fn all(words: &[&str], at: &mut usize, allowed: &[String]) -> Option<bool> {
    let mut met = one(words, at, allowed)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed)?;
    }
    Some(met)
}

fn one(words: &[&str], at: &mut usize, allowed: &[String]) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    match word {
        "(" => {
            let met = any(words, at, allowed)?;
            let closed = words.get(*at) == Some(&")");
            *at += 1;
            closed.then_some(met)
        }
        ")" | "AND" | "OR" => None,
        licence => {
            let licence = licence.replace("-WITH-", " WITH ");
            Some(allowed.contains(&licence))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn expressions_of_licences() {
        let allowed = ["MIT".to_owned(), "ISC".to_owned()];
        for met in ["MIT", "MIT/Apache-2.0", "GPL-3.0 OR (MIT AND ISC)"] {
            assert!(permits(met, &allowed), "{met}");
        }
        for unmet in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "(MIT",
            "MIT MIT",
            "OR MIT",
        ] {
            assert!(!permits(unmet, &allowed), "{unmet}");
        }
        assert!(!permits("MIT WITH LLVM-exception", &allowed));
    }

    #[test]
    fn crates_and_sources_are_judged() {
        let (mit, ring) = (["MIT".to_owned()], ["ring".to_owned()]);
        assert!(judge("a v1.0.0|MIT", &mit, &ring).is_none());
        assert!(judge("a v1.0.0|", &mit, &ring).is_some());
        assert!(judge("a v1.0.0|GPL-3.0", &mit, &ring).is_some());
        assert!(judge("ring v1.0.0|MIT", &mit, &ring).is_some());
        let lock = "source = \"registry+https://one\"\nsource = \"git+https://two\"\n";
        assert_eq!(strangers(lock, &["https://one".to_owned()]).len(), 1);
    }

    #[test]
    fn lists_of_deny_toml() {
        let toml = "\n[licenses]\nallow = [\n  \"MIT\", # usual\n  # \"GPL\"\n]\n[bans]\ndeny = [\n  { name = \"ring\" },\n]\n";
        assert_eq!(list(toml, "licenses", "allow").unwrap(), ["MIT"]);
        assert!(list(toml, "licenses", "deny").is_err());
    }
}

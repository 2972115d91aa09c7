//! `cargo xtask licences`: what `deny.toml` says about licences, sources and banned crates,
//! checked offline, for machines that lack cargo-deny. Advisories need the net and cargo-deny.

use serde_json::Value;

use crate::door;

/// Checks every crate that this platform compiles.
///
/// # Errors
/// How many crates are not in order; their names are printed.
pub fn run() -> Result<(), String> {
    let deny = std::fs::read_to_string(door::root()?.join("deny.toml"))
        .map_err(|e| format!("deny.toml: {e}"))?;
    let allowed = list(&deny, "licenses", "allow")?;
    let banned = list(&deny, "bans", "deny")?;
    let sources = list(&deny, "sources", "allow-registry")?;
    let platform = format!("--filter-platform={}", host()?);
    let metadata = door::metadata(&["--locked", &platform])?;
    let mut wrong = Vec::new();
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    for package in packages {
        wrong.extend(judge(package, &allowed, &banned, &sources));
    }
    for line in &wrong {
        eprintln!("licences: {line}");
    }
    if wrong.is_empty() {
        println!("licences: {} crates in order", packages.len());
        Ok(())
    } else {
        Err(format!("{} crates are not in order", wrong.len()))
    }
}

fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = std::process::Command::new(rustc);
    command.arg("-vV");
    let said = door::output(command)?;
    said.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| "rustc -vV names no host".to_owned())
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

fn judge(
    package: &Value,
    allowed: &[String],
    banned: &[String],
    sources: &[String],
) -> Option<String> {
    let name = package["name"].as_str().unwrap_or_default();
    if banned.iter().any(|banned| banned == name) {
        return Some(format!("{name} is banned"));
    }
    if let Some(source) = package["source"].as_str() {
        let registry = source.strip_prefix("registry+").unwrap_or(source);
        if !sources.iter().any(|known| known == registry) {
            return Some(format!("{name} comes from {source}"));
        }
    }
    match package["license"].as_str() {
        None => Some(format!("{name} names no licence")),
        Some(licence) if permits(licence, allowed) => None,
        Some(licence) => Some(format!("{name} is under {licence}")),
    }
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
    fn lists_of_deny_toml() {
        let toml = "\n[licenses]\nallow = [\n  \"MIT\", # usual\n  # \"GPL\"\n]\n[bans]\ndeny = [\n  { name = \"ring\" },\n]\n";
        assert_eq!(list(toml, "licenses", "allow").unwrap(), ["MIT"]);
        assert!(list(toml, "licenses", "deny").is_err());
    }
}

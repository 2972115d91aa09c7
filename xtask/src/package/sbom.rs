//! What the binary is made of, as CycloneDX 1.5: every crate with its version, licence and checksum.
//! The same commit gives the same text, to the bit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::door;

/// The bill of materials of `tenure` on this platform.
///
/// # Errors
/// When cargo does not answer, or a crate has no checksum in the lock file.
pub fn written() -> Result<String, String> {
    // `cargo tree` knows which features are on; `cargo metadata` lists what none of them wants.
    let tree = door::output(door::cargo(&[
        "tree",
        "--package=tenure",
        "--locked",
        "--edges=normal",
        "--prefix=none",
        "--format={p}|{l}",
    ])?)?;
    let lock = std::fs::read_to_string(door::root()?.join("Cargo.lock"))
        .map_err(|e| format!("Cargo.lock: {e}"))?;
    let bill = bill(&tree, &checksums(&lock))?;
    let text = serde_json::to_string_pretty(&bill).map_err(|e| e.to_string())?;
    Ok(text + "\n")
}

fn bill(tree: &str, checksums: &BTreeMap<(&str, &str), &str>) -> Result<Value, String> {
    let lines: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    let mut version = "";
    let mut components = Vec::new();
    for line in lines {
        let (package, licence) = line.split_once('|').unwrap_or((line, ""));
        let mut words = package.split(' ');
        let (name, at) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let at = at.trim_start_matches('v');
        // The project's own crates have a path behind the version; procedural macros a word.
        if words.any(|word| word.starts_with("(/")) {
            if name == "tenure" {
                version = at;
            }
            continue;
        }
        let checksum = checksums.get(&(name, at));
        let checksum =
            checksum.ok_or_else(|| format!("Cargo.lock has no checksum of {name} {at}"))?;
        let purl = format!("pkg:cargo/{name}@{at}");
        components.push(json!({
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": at,
            "purl": purl,
            "licenses": [{"expression": licence.replace('/', " OR ")}],
            "hashes": [{"alg": "SHA-256", "content": checksum}],
        }));
    }
    if version.is_empty() {
        return Err("cargo tree does not name tenure".to_owned());
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "tenure", "version": version}},
        "components": components,
    }))
}

/// Name and version to checksum.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let packages = lock.split("[[package]]").skip(1);
    let of = |package: &'_ str, key: &str| -> Option<(usize, usize)> {
        let begins = format!("\n{key} = \"");
        let start = package.find(&begins)? + begins.len();
        let length = package[start..].find('"')?;
        Some((start, start + length))
    };
    packages
        .filter_map(|package| {
            let text = |key: &str| of(package, key).map(|(from, to)| &package[from..to]);
            Some(((text("name")?, text("version")?), text("checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nsource = \
                        \"registry\"\nchecksum = \"ab12\"\n\n[[package]]\nname = \"tenure\"\nversion = \
                        \"0.1.0\"\n";

    #[test]
    fn every_crate_has_its_version_licence_and_checksum() {
        let tree = "tenure v0.1.0 (/somewhere)|Apache-2.0\na v1.2.3|MIT/Apache-2.0\na v1.2.3|MIT/Apache-2.0 (*)\n";
        let bill = bill(tree, &checksums(LOCK)).unwrap();
        assert_eq!(bill["metadata"]["component"]["version"], "0.1.0");
        let components = bill["components"].as_array().unwrap();
        assert_eq!(components.len(), 1, "the project's own are not listed");
        assert_eq!(components[0]["purl"], "pkg:cargo/a@1.2.3");
        assert_eq!(
            components[0]["licenses"][0]["expression"],
            "MIT OR Apache-2.0"
        );
        assert_eq!(components[0]["hashes"][0]["content"], "ab12");
    }

    #[test]
    fn a_crate_that_the_lock_does_not_hold_is_told() {
        let tree = "tenure v0.1.0 (/somewhere)|Apache-2.0\nb v1.0.0|MIT\n";
        let problem = bill(tree, &checksums(LOCK)).unwrap_err();
        assert!(problem.contains("b 1.0.0"), "{problem}");
    }
}

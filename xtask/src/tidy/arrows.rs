//! Who may use whom. ARCHITECTURE.md draws the same table.

use serde_json::Value;

use crate::door;

/// A crate, its floor, and the crates of ours that it may use.
struct Room {
    name: &'static str,
    floor: u8,
    uses: &'static [&'static str],
}

const ENGINES: &[&str] = &[
    "model",
    "rules",
    "evidence",
    "protocol",
    "ports",
    "api",
    "lifecycle",
    "documents",
    "store",
    "connectors",
    "emulate",
    "app",
    "server",
];

#[rustfmt::skip]
const HOUSE: &[Room] = &[
    Room { name: "model", floor: 0, uses: &[] },
    Room { name: "rules", floor: 1, uses: &["model"] },
    Room { name: "evidence", floor: 1, uses: &["model"] },
    Room { name: "protocol", floor: 1, uses: &["model"] },
    Room { name: "ports", floor: 1, uses: &["model"] },
    Room { name: "api", floor: 1, uses: &["model"] },
    Room { name: "lifecycle", floor: 2, uses: &["model", "rules"] },
    Room { name: "documents", floor: 2, uses: &["model", "rules"] },
    Room { name: "store", floor: 2, uses: &["model", "evidence", "ports"] },
    Room { name: "connectors", floor: 2, uses: &["model", "protocol", "ports"] },
    Room { name: "emulate", floor: 2, uses: &["model", "protocol"] },
    Room { name: "app", floor: 3, uses: &["model", "rules", "lifecycle", "documents", "protocol", "evidence", "ports"] },
    Room { name: "server", floor: 4, uses: &["model", "api", "app", "protocol"] },
    Room { name: "tenure", floor: 5, uses: ENGINES },
    Room { name: "testkit", floor: 6, uses: ENGINES },
    Room { name: "xtask", floor: 6, uses: &[] },
];

/// Crates of others that bring sockets, files or a database with them.
const EFFECTS: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "hyper-util",
    "reqwest",
    "rusqlite",
    "tokio-postgres",
    "rustls",
    "tokio-rustls",
];
/// Crates of ours that only compute.
const PURE: &[&str] = &[
    "model",
    "rules",
    "evidence",
    "protocol",
    "api",
    "lifecycle",
    "documents",
];
/// Who must not use which crate of others, whatever else it may.
const BARRED: &[(&str, &[&str])] = &[
    (
        "app",
        &[
            "axum",
            "hyper",
            "reqwest",
            "rusqlite",
            "tokio-postgres",
            "rustls",
        ],
    ),
    ("server", &["reqwest", "rusqlite", "tokio-postgres"]),
    ("store", &["axum", "hyper", "reqwest"]),
    (
        "connectors",
        &["axum", "hyper", "rusqlite", "tokio-postgres"],
    ),
    ("emulate", &["reqwest", "rusqlite", "tokio-postgres"]),
];

fn room(name: &str) -> Option<&'static Room> {
    HOUSE.iter().find(|room| room.name == name)
}

/// Everything that is wrong with the arrows.
pub fn check() -> Result<Vec<String>, String> {
    let metadata = door::metadata(&["--no-deps", "--offline"])?;
    Ok(judge(&metadata))
}

fn judge(metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in items(&metadata["packages"]) {
        let name = text(&package["name"]);
        let Some(from) = room(name) else {
            wrong.push(format!("crate {name} has no floor in tidy/arrows.rs"));
            continue;
        };
        if text(&package["license"]) != "Apache-2.0" {
            wrong.push(format!("crate {name} lacks `license.workspace = true`"));
        }
        for dependency in items(&package["dependencies"]) {
            let to = text(&dependency["name"]);
            let dev = text(&dependency["kind"]) == "dev";
            if dependency["path"].is_string() {
                wrong.extend(arrow(from, to, dev));
            } else if !dev && barred(name, to) {
                wrong.push(format!("crate {name} must not use {to}"));
            }
        }
    }
    wrong
}

/// An arrow from a crate of ours to another.
fn arrow(from: &Room, to: &str, dev: bool) -> Option<String> {
    let Some(target) = room(to) else {
        return Some(format!("{} uses {to}, which has no floor", from.name));
    };
    if from.uses.contains(&to) {
        return None;
    }
    // Tests may reach sideways, to see two engines together, but never up: an upward arrow would
    // make a crate's tests wait for everything that stands on it. Only the binary's own tests
    // may use the test kit.
    let allowed = dev && (target.floor <= from.floor || (from.name == "tenure" && to == "testkit"));
    let kind = if dev { " in tests" } else { "" };
    (!allowed).then(|| format!("crate {} must not use {to}{kind}", from.name))
}

fn barred(name: &str, to: &str) -> bool {
    (PURE.contains(&name) && EFFECTS.contains(&to))
        || BARRED
            .iter()
            .any(|(from, list)| *from == name && list.contains(&to))
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(name: &str, dependency: Value) -> Vec<String> {
        judge(&json!({"packages": [
            {"name": name, "license": "Apache-2.0", "dependencies": [dependency]}
        ]}))
    }

    #[test]
    fn arrows_point_down_only() {
        let ours = |to: &str, kind: Value| json!({"name": to, "path": "here", "kind": kind});
        assert!(one("app", ours("ports", Value::Null)).is_empty());
        assert_eq!(one("app", ours("store", Value::Null)).len(), 1);
        assert!(one("app", ours("store", json!("dev"))).is_empty());
        assert_eq!(one("model", ours("rules", json!("dev"))).len(), 1);
        assert_eq!(one("lifecycle", ours("documents", Value::Null)).len(), 1);
        assert!(one("tenure", ours("testkit", json!("dev"))).is_empty());
        assert_eq!(one("tenure", ours("testkit", Value::Null)).len(), 1);
        assert_eq!(one("server", ours("testkit", json!("dev"))).len(), 1);
    }

    #[test]
    fn pure_crates_bring_no_effects() {
        let theirs = |to: &str, kind: Value| json!({"name": to, "kind": kind});
        assert_eq!(one("lifecycle", theirs("tokio", Value::Null)).len(), 1);
        assert!(one("lifecycle", theirs("tokio", json!("dev"))).is_empty());
        assert_eq!(one("app", theirs("rusqlite", Value::Null)).len(), 1);
        assert!(one("app", theirs("tokio", Value::Null)).is_empty());
    }

    #[test]
    fn every_crate_stands_somewhere_under_our_licence() {
        let stray = json!({"packages": [{"name": "stray", "license": "Apache-2.0"}]});
        assert_eq!(judge(&stray).len(), 1);
        let bare = json!({"packages": [{"name": "model", "license": null}]});
        assert_eq!(judge(&bare).len(), 1);
    }
}

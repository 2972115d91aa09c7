//! docs/how-to/first-rule.md, from `tenure init` to the first enforced rule.

use std::net::TcpListener;
use std::path::Path;

use super::parse::parse;
use super::shell::Shell;
use super::{Places, follow, page, size};
use crate::e2e::cluster::REQUIRE;

/// A port that nobody listens on right now.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Where `cargo xtask peers` has put the SCIM server that the page installs; nothing where it is
/// not, unless it must be there.
fn installed() -> Option<std::path::PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/scim2");
    if place.join("bin/scim2-server").exists() {
        return Some(place.canonicalize().unwrap());
    }
    let why = "scim2-server is not installed: start the peers with `cargo xtask peers start`";
    assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{why}");
    eprintln!("skipped: {why}");
    None
}

#[test]
fn the_newcomers_page_is_true() {
    let Some(scim) = installed() else { return };
    let path = page("first-rule.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let pieces = parse(&text).unwrap();
    let (commands, files) = size(&pieces);
    let counted = format!("{commands} commands and {files} files");
    assert!(text.contains(&counted), "the page should say: {counted}");

    // What the page has its reader install is what is tested against.
    let peers = include_str!("../../../../../xtask/src/peers/mod.rs");
    let pinned = peers
        .split('"')
        .find(|word| word.starts_with("scim2-server=="));
    assert!(
        text.contains(pinned.unwrap()),
        "the page installs {pinned:?}"
    );

    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(scim, home.path().join("scim")).unwrap();
    let (app, tenure) = (free_port(), free_port());
    let settings = [
        ("TENURE_OUTPUT", "table".to_owned()),
        ("TENURE_LISTEN", format!("127.0.0.1:{tenure}")),
    ];
    let mut shell = Shell::start(home.path(), vec![app, tenure], &settings);
    let places: Places = [(8090, app), (8743, tenure)]
        .map(|(there, here)| (format!("127.0.0.1:{there}"), format!("127.0.0.1:{here}")))
        .to_vec();
    let places = [
        places,
        vec![("--port 8090".to_owned(), format!("--port {app}"))],
    ]
    .concat();
    if let Err(problem) = follow("first-rule.md", places, &mut shell) {
        let log = std::fs::read_to_string(home.path().join("acme/serve.log"));
        panic!("{problem}\nthe server's log:\n{}", log.unwrap_or_default());
    }
}

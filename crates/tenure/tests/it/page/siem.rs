//! docs/how-to/siem.md, with rsyslog at the other end.

use super::newcomer::free_port;
use super::shell::Shell;
use super::{Places, follow};
use crate::e2e::cluster::REQUIRE;

#[test]
fn the_page_about_a_siem_is_true() {
    if std::env::var("TENURE_PEER_RSYSLOG").is_err() {
        let why = "TENURE_PEER_RSYSLOG is not set: start the peers with `cargo xtask peers start`";
        assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{why}");
        eprintln!("skipped: {why}");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let ports = [free_port(), free_port(), free_port()];
    let [tenure, syslog, relp] = ports;
    let settings = [("TENURE_LISTEN", format!("127.0.0.1:{tenure}"))];
    // A command that ends with `&` is waited for on the last one.
    let mut shell = Shell::start(home.path(), vec![tenure, syslog, relp], &settings);
    for command in [
        "umask 077".to_owned(),
        "tenure init acme --tenant acme --principal kim > kim.token".to_owned(),
        format!("tenure serve --config acme/tenure.toml 2> serve.log & # {tenure} &"),
        format!("tenure context add kim --url http://127.0.0.1:{tenure} --token-file kim.token"),
    ] {
        let said = shell.run(&command);
        assert_eq!(said.code, 0, "{command}: {}", said.out);
    }
    let places: Places = [
        ("127.0.0.1:8743".to_owned(), format!("127.0.0.1:{tenure}")),
        ("localhost:6514".to_owned(), format!("localhost:{syslog}")),
        ("port=\"6514\"".to_owned(), format!("port=\"{syslog}\"")),
        ("localhost:20514".to_owned(), format!("localhost:{relp}")),
        ("port=\"20514\"".to_owned(), format!("port=\"{relp}\"")),
    ]
    .to_vec();
    if let Err(problem) = follow("siem.md", places, &mut shell) {
        let log = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap_or_default();
        let (server, receiver) = (log("serve.log"), log("siem/rsyslogd.log"));
        panic!("{problem}\nthe server:\n{server}\nrsyslog:\n{receiver}");
    }
}

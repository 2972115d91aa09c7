//! Starting, refusing to start, and stopping.

use crate::node::{Node, binary};

#[test]
fn a_second_server_on_the_same_directory_is_refused_with_the_pid() {
    let mut node = Node::init();
    node.serve();
    let config = node.config();
    let second = node
        .run(&["serve", "--config", config.to_str().unwrap()])
        .expect(1);
    assert!(second.err.contains("TNR-CLI-0006"), "{}", second.err);
    let pid = std::fs::read_to_string(node.home.path().join("data/lock")).unwrap();
    assert!(second.err.contains(pid.trim()), "{}", second.err);
    assert_eq!(node.stop(), 0, "a signal stops it in order");
}

#[test]
fn it_does_not_start_on_what_is_not_safe() {
    let node = Node::init();
    let config = node.config();
    let config = config.to_str().unwrap();
    for (name, value, code) in [
        ("TENURE_LISTEN", "0.0.0.0:0", "TNR-SRV-0001"),
        ("TENURE_LISTN", "127.0.0.1:0", "TNR-CFG-0001"),
        ("TENURE_MASTER_KEY", "short", "TNR-CLI-0007"),
        ("TENURE_PUBLIC_URL", "nowhere", "TNR-CFG-0001"),
    ] {
        let mut command = binary(node.home.path());
        let output = command
            .args(["serve", "--config", config])
            .env(name, value)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}: {err}");
        assert!(err.contains(code), "{name}: {err}");
        assert!(!err.contains("short"), "{name}: no secret in an error");
    }
    let key = node.home.path().join("data/master.key");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&key, mode).unwrap();
    assert!(
        node.run(&["serve", "--config", config])
            .expect(1)
            .err
            .contains("chmod 600")
    );
}

#[test]
fn the_command_line_keeps_its_contract() {
    let mut node = Node::init();
    assert!(node.run(&["status"]).expect(64).err.contains("context add"));
    node.run(&["frobnicate"]).expect(64);
    node.run(&["--help"]).expect(0);
    assert!(
        node.run(&["completions", "bash"])
            .expect(0)
            .out
            .contains("_tenure")
    );
    node.serve();
    let status = node.run(&["status"]).expect(0);
    assert_eq!(status.rows()[0]["tenant"], "acme", "NDJSON when piped");
    assert!(
        node.run(&["-o", "yaml", "status"])
            .expect(0)
            .out
            .contains("tenant: acme")
    );
    let status = node.run(&["-o", "csv", "--columns", "tenant", "status"]);
    assert_eq!(status.expect(0).out, "tenant\nacme\n", "as shells read it");
    node.run(&["--columns", "tennant", "people"]).expect(0);
    assert!(
        node.run(&["stop-writing"])
            .expect(64)
            .err
            .contains("--reason")
    );
    let unknown = node
        .run(&["stop-writing", "wikki", "--reason", "T-1"])
        .expect(1);
    assert!(unknown.err.contains("TNR-APP-0001"), "{}", unknown.err);
    node.run(&["stop-writing", "--reason", "T-1"]).expect(0);
    assert!(node.run(&["status"]).expect(0).out.contains("T-1"));
    node.run(&["resume-writing", "--reason", "T-1"]).expect(0);
    assert!(
        node.run(&["resume-writing", "--reason", "T-1"])
            .expect(1)
            .err
            .contains("TNR-API-0016")
    );
    let refused = node.run_as("tnr_wrong", &["status"]).expect(1);
    assert!(refused.err.contains("TNR-API-0001"), "{}", refused.err);
    let contexts = node.home.path().join("tenure/contexts.toml");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(contexts).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    node.stop();
    assert!(node.run(&["status"]).expect(5).err.contains("TNR-CLI-0013"));
}

/// Whoever reaches the pages at which people sign in does not reach what administrators use.
#[tokio::test]
async fn administrators_come_through_a_door_of_their_own() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let public = free.local_addr().unwrap().to_string();
    drop(free);
    let mut node = Node::init_at(&public);
    let mut config = std::fs::read_to_string(node.config()).unwrap();
    config.push_str("\n[admin]\nlisten = [\"127.0.0.1:0\"]\nnetworks = [\"127.0.0.0/8\"]\n");
    std::fs::write(node.config(), config).unwrap();
    node.serve();
    assert!(!node.url.ends_with(&public), "{}", node.url);
    node.run(&["status"]).expect(0);

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let admin = node.url.clone();
    let status = async |base: &str, path: &str| {
        let request = http.get(format!("{base}{path}")).bearer_auth(&node.token);
        request.send().await.unwrap().status().as_u16()
    };
    let public = format!("http://{public}");
    for path in ["/api/v1/status", "/api/openapi.json", "/metrics"] {
        assert_eq!(status(&public, path).await, 404, "{path}");
        assert_eq!(status(&admin, path).await, 200, "{path}");
    }
    for path in ["/", "/oauth2/jwks", "/assets/pages.css"] {
        assert_eq!(status(&public, path).await, 200, "{path}");
        assert_eq!(status(&admin, path).await, 404, "{path}");
    }
    for base in [&public, &admin] {
        assert_eq!(status(base, "/health/ready").await, 200);
    }
}

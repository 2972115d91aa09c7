//! `tenure drill`, with the document of docs/how-to/drill.md.

use std::time::Instant;

use crate::node::{Node, WAIT};
use crate::thin::{documents, provider, set_secret};

const PAGE: &str = include_str!("../../../../docs/how-to/drill.md");

/// The first document that the page shows, for the departments of the example.
fn document() -> String {
    let (_, rest) = PAGE.split_once("```yaml\n").unwrap();
    let (document, _) = rest.split_once("```").unwrap();
    document
        .replace("department: Sales", "department: Support")
        .replace("  every_days: 1\n  at: \"03:30\"\n", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_drill_is_listed_tried_run_and_shown() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    std::fs::write(tenant.join("drill.yaml"), document()).unwrap();
    let guard = std::fs::read_to_string(tenant.join("guard.yaml")).unwrap();
    let guard = guard.replace("apply: manual", "apply: automatic");
    std::fs::write(tenant.join("guard.yaml"), guard).unwrap();
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);

    let listed = node.run(&["drill", "list"]).expect(0).rows();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["drill"], "nightly");
    let run = ["drill", "run", "nightly", "--reason", "T-1"];
    node.run(&[&run[..], &["--dry-run"]].concat()).expect(0);
    assert_eq!(
        node.run(&["drill", "list"]).expect(0).rows()[0]["run"],
        listed[0]["run"]
    );
    let unknown = node.run(&["drill", "run", "hourly", "--reason", "T-1"]);
    assert_ne!(unknown.code, 0, "{}", unknown.out);

    node.run(&run).expect(0);
    let began = Instant::now();
    let ended = loop {
        let listed = node.run(&["drill", "list"]).expect_one_of(&[0, 2]).rows();
        if listed[0]["ended"].as_str().is_some_and(|at| !at.is_empty()) {
            break listed;
        }
        assert!(began.elapsed() < WAIT * 6, "{listed:?}");
        std::thread::sleep(std::time::Duration::from_millis(200));
    };
    assert_eq!(ended[0]["problem"], "", "{ended:?}");
    let shown = node.run(&["drill", "show", "nightly"]).expect(0).out;
    for phase in ["joiner", "mover", "leaver"] {
        assert!(shown.contains(phase), "{shown}");
    }
    assert!(shown.contains("seen"), "{shown}");
    assert_eq!(node.stop(), 0);
}

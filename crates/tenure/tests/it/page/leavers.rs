//! docs/how-to/prove-leavers.md, beside a node whose leavers it asks about.

use super::shell::Shell;
use super::{Places, follow};
use crate::digest::{apply_change, with_leavers};
use crate::node::Node;
use crate::thin::{apply_all, documents, example, provider, set_secret};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_page_about_leavers_is_true() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    apply_all(&node, &node.run(&["plan"]).expect(2));
    let file = with_leavers(&node, workers);
    node.run(&["hr", "import", &file, "--source", "hr"])
        .expect(0);
    apply_change(&node, &node.run(&["plan"]).expect(2), "leaver");

    let place = tempfile::tempdir().unwrap();
    let settings = [
        ("XDG_CONFIG_HOME", node.home.path().display().to_string()),
        ("TENURE_CONFIG", node.config().display().to_string()),
    ];
    let mut shell = Shell::start(place.path(), Vec::new(), &settings);
    if let Err(problem) = follow("prove-leavers.md", Places::new(), &mut shell) {
        panic!("{problem}");
    }
    node.stop();
}

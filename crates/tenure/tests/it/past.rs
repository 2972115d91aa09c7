//! `--as-of` and `--known-at`, by command line and API.

use crate::node::Node;
use crate::thin::{apply_all, documents, example, provider, set_secret};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn another_day_is_asked_for_by_command_line() {
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

    after_the_last_day(&node);
    nothing_was_known(&node);
    their_records_in_pieces(&node);
    // By its own instant it is what is answered now, but for what another day is told with.
    let now = node.run(&["log", "--limit", "1"]).expect(0).rows()[0]["at"].clone();
    let now = now.as_str().unwrap();
    let why = ["why", "access", "1002", "wiki"];
    let today = node.run(&why).expect(0).rows().remove(0);
    let mut then = node
        .run(&[&why[..], &["--as-of", now, "--known-at", now]].concat())
        .expect(0)
        .rows()
        .remove(0);
    assert_eq!(then["when"]["revision"], 1);
    then.as_object_mut().unwrap().remove("when");
    assert_eq!(then, today);
    node.stop();
}

/// Newest first, and on with older ones until there are no more.
fn their_records_in_pieces(node: &Node) {
    let seqs = |more: &[&str]| -> Vec<u64> {
        let log = [&["log", "--person", "1002", "--limit"], more].concat();
        let rows = node.run(&log).expect(0).rows();
        rows.iter()
            .map(|row| row["seq"].as_u64().unwrap())
            .collect()
    };
    let all = seqs(&["1000"]);
    assert!(all.len() > 3 && all.is_sorted_by(|a, b| a > b), "{all:?}");
    let mut found = seqs(&["2"]);
    while found.len() < all.len() {
        let last = found.last().unwrap().to_string();
        let more = seqs(&["2", "--after", &last]);
        assert!(!more.is_empty(), "{found:?} of {all:?}");
        found.extend(more);
    }
    assert_eq!(found, all);
    assert_eq!(
        seqs(&["2", "--after", &all.last().unwrap().to_string()]),
        [0; 0]
    );
}

/// Jonas stays until 31 August 2027, 17:00 in Berlin.
fn after_the_last_day(node: &Node) {
    let why = |at: &str| {
        let said = node.run(&["why", "access", "1010", "wiki", "--as-of", at]);
        said.expect(0)
    };
    for (at, wanted) in [
        ("2027-08-31T16:59", "present"),
        ("2027-08-31T17:00", "disabled"),
        ("2027-08-31T14:59:59Z", "present"),
        ("2027-09-01", "disabled"),
    ] {
        let said = why(at);
        let account = &said.rows()[0]["items"][0];
        assert_eq!(account["wanted"], wanted, "{at}");
        assert_eq!(account["seen"], "active", "{at}: the app as it is");
        let ahead = "Not known: what apps will hold then; shown is what was last seen.";
        assert!(said.err.contains(ahead), "{}", said.err);
    }
    let shown = ["show", "person", "1010", "--as-of", "2027-09-01"];
    let shown = node.run(&shown).expect(0).rows().remove(0);
    assert_eq!(shown["standing"], "ended");
    assert_eq!(shown["when"]["as_of"], "2027-08-31T22:00:00Z");
    assert_eq!(shown["access"][0]["what"], "account");
    let before = ["show", "person", "1010", "--as-of", "2025-08-31"];
    let before = node.run(&before).expect(0).rows().remove(0);
    assert_eq!(before["standing"], "upcoming");
    assert_eq!(before["access"].as_array().unwrap().len(), 0);
}

fn nothing_was_known(node: &Node) {
    for (words, code, told) in [
        (
            &["--known-at", "2020-01-01"][..],
            "TNR-PAST-0002",
            "they were first heard of at",
        ),
        // The person is known by now, and no document declared the app then.
        (
            &["--as-of", "2021-01-01"],
            "TNR-PAST-0002",
            "there were no documents yet",
        ),
        (
            &["--known-at", "2999-01-01"],
            "TNR-PAST-0001",
            "nobody knows yet",
        ),
        (
            &["--as-of", "yesterday"],
            "TNR-PAST-0001",
            "`as_of` is no instant: `yesterday`",
        ),
        (
            &["--as-of", "2026-02-30"],
            "TNR-PAST-0001",
            "`as_of` is no instant",
        ),
    ] {
        let why = ["why", "access", "1010", "wiki"];
        let said = node.run(&[&why[..], words].concat()).expect(1);
        assert!(said.err.contains(code), "{words:?}: {}", said.err);
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
    }
}

//! `tenure digest` and `tenure retry`, from a file that nobody planned for to a quiet morning.

use crate::node::{Node, Said};
use crate::thin::{apply_all, documents, example, provider, set_secret};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_morning_is_told_by_command_line() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    node.run(&["digest"]).expect(1);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);

    let digest = ["digest", "--since", "1h"];
    unplanned(&node, &digest);
    let planned = node.run(&["plan"]).expect(2);
    let waiting = node.run(&digest).expect(2).rows().remove(0);
    let waves = waiting["waves"].as_array().unwrap();
    assert_eq!(waves.len(), planned.rows().len(), "{waiting}");
    assert!(
        waves.iter().all(|wave| wave["status"] == "ready"),
        "{waiting}"
    );
    assert_eq!(waiting["silent"].as_array().unwrap().len(), 0, "{waiting}");

    apply_all(&node, &planned);
    quiet(&node, &digest);
    let none = node.run(&["retry", "wiki/SCIM-400/title"]).expect(1);
    assert!(
        none.err.contains("there is no group of failures"),
        "{}",
        none.err
    );
    for since in ["soon", "2999-01-01"] {
        let wrong = node.run(&["digest", "--since", since]).expect(1);
        assert!(wrong.err.contains("TNR-DIGEST-0001"), "{}", wrong.err);
    }
    node.run(&["digest", "--zone", "Mars/Olympus"]).expect(1);
    stopped(&node, &digest);
    who_left(&node, workers);
    node.stop();
}

/// Ten people came with the file, nobody planned for them, and the app was never looked at.
fn unplanned(node: &Node, digest: &[&str]) {
    let told = node.run(digest).expect(2).rows().remove(0);
    assert_eq!(told["needs_a_person"], true);
    let count = &told["counts"][0];
    assert_eq!(
        (&count["kind"], &count["clock_hours"]),
        (&"joiner".into(), &24.into())
    );
    assert_eq!(
        (&count["expected"], &count["done"]),
        (&10.into(), &0.into())
    );
    assert_eq!(count["open"], 10, "their day is not over: {told}");
    let kinds: Vec<_> = told["silent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["kind"].clone())
        .collect();
    assert!(kinds.contains(&"target".into()), "{told}");
    let markdown = node.run(&[&["-o", "md"], digest].concat()).expect(2);
    assert!(markdown.out.contains("## Silent"), "{}", markdown.out);
    assert!(markdown.out.contains("| kind |"), "{}", markdown.out);
}

/// Everyone has what they should have: one line, and an end with 0.
fn quiet(node: &Node, digest: &[&str]) {
    let table = node.run(&[&["-o", "table"], digest].concat()).expect(0);
    assert_eq!(table.out.lines().count(), 1, "{}", table.out);
    for words in [
        "Everything is as it should be",
        "10 joiners expected, all done in time",
    ] {
        assert!(table.out.contains(words), "{}", table.out);
    }
    let told = node.run(digest).expect(0).rows().remove(0);
    assert_eq!(
        (&told["counts"][0]["done"], &told["needs_a_person"]),
        (&10.into(), &false.into())
    );
    // Before that hour nothing was to happen.
    let before = node.run(&["-o", "table", "digest", "--since", "3d", "--until", "2d"]);
    let before = before.expect(0);
    assert!(
        before.out.contains("nobody was to come, move or leave"),
        "{}",
        before.out
    );
}

fn stopped(node: &Node, digest: &[&str]) {
    node.run(&["stop-writing", "wiki", "--reason", "drill"])
        .expect(0);
    let told = node.run(digest).expect(2).rows().remove(0);
    assert_eq!(told["silent"][0]["kind"], "writing", "{told}");
    assert_eq!(
        told["silent"][0]["problem"],
        "nothing is written to wiki: drill"
    );
    node.run(&["resume-writing", "wiki", "--reason", "over"])
        .expect(0);
    node.run(digest).expect(0);
}

/// The file with a last day for one, and without the rows of three.
pub fn with_leavers(node: &Node, workers: &str) -> String {
    let text = std::fs::read_to_string(workers).unwrap();
    let line = |line: &str| match line {
        bo if bo.starts_with("1002;") => Some(format!("{bo}01.10.2025\n")),
        gone if ["1003;", "1004;", "1005;"]
            .iter()
            .any(|key| gone.starts_with(key)) =>
        {
            None
        }
        other => Some(format!("{other}\n")),
    };
    let file = node.home.path().join("leavers.csv");
    std::fs::write(&file, text.lines().filter_map(line).collect::<String>()).unwrap();
    file.to_str().unwrap().to_owned()
}

/// One leaver with a last day, and three whose rows are missing: the one is applied, the others are
/// held.
fn who_left(node: &Node, workers: &str) {
    let nobody = node.run(&["leavers", "--since", "1h"]).expect(0);
    assert_eq!(nobody.rows().len(), 0, "{}", nobody.out);
    let file = with_leavers(node, workers);
    node.run(&["hr", "import", &file, "--source", "hr"])
        .expect(0);
    let planned = node.run(&["plan"]).expect(2);
    let ledger = node.run(&["leavers", "--since", "1h"]).expect(2);
    assert!(ledger.err.contains("EXPOSED: 4 of them"), "{}", ledger.err);
    let wave = &apply_change(node, &planned, "leaver");

    let ledger = node.run(&["leavers", "--since", "1h"]).expect(2);
    assert!(ledger.err.contains("4 people left"), "{}", ledger.err);
    assert!(ledger.err.contains("EXPOSED: 3 of them"), "{}", ledger.err);
    records(&ledger.rows(), wave);
    let csv = node
        .run(&["-o", "csv", "leavers", "--since", "1h"])
        .expect(2);
    assert_eq!(
        csv.out.lines().count(),
        8,
        "one row for each account, and one for each that is exposed: {}",
        csv.out
    );
    assert!(
        csv.out
            .starts_with("key,name,kind,local,zone,state,app,account,sent_at")
    );
    let told = node
        .run(&["digest", "--since", "1h"])
        .expect(2)
        .rows()
        .remove(0);
    assert_eq!(told["waves"][0]["status"], "held", "{told}");
}

/// Applies the wave of a planning that is of this kind of change, and names it.
pub fn apply_change(node: &Node, planned: &Said, change: &str) -> String {
    let rows = planned.rows();
    let row = rows.iter().find(|row| row["change"] == change);
    let wave = row.unwrap()["wave"].as_str().unwrap().to_owned();
    node.run(&["apply", &wave, "--reason", "T-9"]).expect(0);
    wave
}

/// What the ledger says of the one who is out by this wave, and of those who are held.
fn records(rows: &[serde_json::Value], wave: &str) {
    let bo = rows.iter().find(|row| row["key"] == "1002").unwrap();
    assert_eq!(
        (&bo["state"], &bo["wave"]),
        (&"done".into(), &wave.into()),
        "{bo}"
    );
    assert_eq!(
        (&bo["released_by"], &bo["zone"]),
        (&"admin".into(), &"Europe/Berlin".into())
    );
    assert_eq!(
        bo["local"], "2025-10-01T17:00:00",
        "HR's instant, on their own clock"
    );
    let account = &bo["accounts"][0];
    assert_eq!(
        (&account["app"], &account["state"]),
        (&"wiki".into(), &"disabled".into())
    );
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let (sent, verified) = (text(&account["sent_at"]), text(&account["verified_at"]));
    assert!(
        !sent.is_empty() && sent <= verified && verified == text(&bo["done_at"]),
        "{bo}"
    );
    let held = rows.iter().filter(|row| row["kind"] == "missing_row");
    for row in held.clone() {
        assert_eq!(
            (&row["state"], &row["done_at"]),
            (&"open".into(), &"".into()),
            "{row}"
        );
        assert_eq!(row["accounts"][0]["state"], "exposed", "{row}");
        assert!(text(&row["why"]).contains("a person's word"), "{row}");
    }
    assert_eq!(held.count(), 3);
}

//! What is done by hand when somebody leaves, by command line.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::node::{Node, WAIT};
use crate::thin::{
    apply_all, documents, example, import_and_plan, leaver, provider, set_secret, wave,
};

const LEAVER: &str = "leaver:
    delete_after_days: 30
    manual:
      - name: return-laptop
        owner: it-desk
        due_days: 3
        before: delete
        text: Take the laptop back and wipe it.
      - {name: forward-mail, owner: facility, due_days: 0, text: Ask the manager who gets the mail.}
";

/// The tasks that are open, once there are so many: they are asked for after the plan was carried
/// out, which `tenure apply` does not wait for.
fn open(node: &Node, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let rows = node.run(&["task", "list"]).expect(0).rows();
        if rows.len() == count {
            return rows;
        }
        assert!(began.elapsed() < WAIT, "{rows:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_is_asked_for_listed_done_and_what_waited_goes_on() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    let wiki = tenant.join("wiki.yaml");
    let text = std::fs::read_to_string(&wiki).unwrap();
    let asks = text.replace("mode: enforce\n", &format!("mode: enforce\n  {LEAVER}"));
    std::fs::write(&wiki, asks).unwrap();
    // Its tests tell every reason of a leaver's account, and now there is one more.
    std::fs::remove_file(tenant.join("tests.yaml")).unwrap();
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    apply_all(&node, &node.run(&["plan"]).expect(2));
    assert!(node.run(&["task", "list"]).expect(0).rows().is_empty());

    let left = import_and_plan(&node, &leaver(&node, workers, "1002;Bo;"));
    let left = wave(&left, "leaver");
    node.run(&["apply", &left, "--reason", "T-3"]).expect(0);
    let tasks = open(&node, 2);
    let (mail, laptop) = (&tasks[0], &tasks[1]);
    for (field, expected) in [
        ("status", "open"),
        ("step", "return-laptop"),
        ("owner", "it-desk"),
        ("app", "wiki"),
        ("key", "1002"),
        ("name", "Bo Lindqvist"),
        ("before", "delete"),
    ] {
        assert_eq!(laptop[field], expected, "{field}");
    }
    assert_eq!(mail["step"], "forward-mail", "due first");
    let of_owner = node.run(&["task", "list", "--owner", "it-desk"]).expect(0);
    assert_eq!(of_owner.rows().len(), 1);
    let overdue = node.run(&["task", "list", "--overdue"]).expect(0);
    assert!(overdue.rows().is_empty());

    deletion_waits(&node, laptop["id"].as_str().unwrap());
    assert_eq!(open(&node, 1)[0]["step"], "forward-mail");
    assert_eq!(node.stop(), 0);
    let config = node.config();
    for command in ["verify", "rebuild"] {
        node.run(&["ledger", command, "--config", config.to_str().unwrap()])
            .expect(0);
    }
}

/// Their account is kept no longer, and deleted only after the laptop is back.
fn deletion_waits(node: &Node, laptop: &str) {
    node.run(&["plan"]).expect(0);
    let why = ["-o", "table", "why", "access", "1002", "wiki"];
    let said = node.run(&why).expect(0);
    let waits = "not deleted before `return-laptop` is done: it-desk has until ";
    assert!(said.out.contains(waits), "{}", said.out);

    let evidence = "it is on the shelf";
    let done = ["task", "done", laptop, "--evidence", evidence];
    assert_ne!(node.run(&done).code, 0, "nobody says why");
    let done = [&done[..], &["--reason", "IT-4711"]].concat();
    let would = node.run(&[&done[..], &["--dry-run"]].concat()).expect(0);
    let told = "`return-laptop` of `wiki` for Bo Lindqvist would be done.";
    assert!(would.err.contains(told), "{}", would.err);
    open(node, 2);
    node.run(&done).expect(0);
    let twice = node.run(&done).expect(1);
    assert!(twice.err.contains("TNR-TASK-0002"), "{}", twice.err);
    let unknown = format!("tsk_{}", "0".repeat(26));
    let unknown = ["task", "done", &unknown, "--evidence", "x", "--reason", "y"];
    node.run(&unknown).expect(1);

    let theirs = ["task", "list", "--person", "1002"];
    let theirs = node.run(&theirs).expect(0).rows();
    let row = theirs.iter().find(|row| row["id"] == laptop).unwrap();
    assert_eq!(
        (&row["status"], &row["evidence"], &row["reason"]),
        (&"done".into(), &evidence.into(), &"IT-4711".into())
    );
    let log = node.run(&["log", "--limit", "1000"]).expect(0).rows();
    let calls = log.iter().filter(|row| row["kind"] == "call.made/1");
    let calls: Vec<String> = calls.map(ToString::to_string).collect();
    assert!(calls.iter().any(|call| call.contains("IT-4711")));
    assert!(
        calls.iter().all(|call| !call.contains(evidence)),
        "what is said of a person is kept under their own key alone"
    );
    let waves = node.run(&["waves", "--open"]).expect(0).rows();
    assert_eq!(waves.len(), 1, "{waves:?}");
    assert_eq!(
        (&waves[0]["change"], &waves[0]["verdict"]),
        (&"deletion".into(), &"ask".into())
    );
    // The last day lies back, so it is still the delivery's doing.
    let cause = waves[0]["cause"].as_str().unwrap();
    assert!(cause.contains("del_"), "{cause}");
}

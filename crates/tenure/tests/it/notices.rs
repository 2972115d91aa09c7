//! People are told of a held wave: on one node, by webhook and chat.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use emulate::Serving;
use serde_json::Value;

use crate::node::{Node, Said};
use crate::receiver::{Receiver, is_signed};
use crate::thin;

pub const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Every creation is asked, so that the first plan is a held wave.
pub const STRICT: &str = "kind: Guard
metadata: {name: guard}
spec:
  creations: {max_count: 0, max_share_percent: 0}
";

/// The channels and the alarm; `more` are further channels on which people are told.
pub fn alarms(host: &str, more: &str) -> String {
    format!(
        "kind: Channel
metadata: {{name: hook}}
spec:
  webhook: {{url: \"http://{host}/hook\", secret: signing, allow_private: true}}
---
kind: Channel
metadata: {{name: pager}}
spec:
  webhook: {{url: \"http://{host}/pager\", secret: signing-pager, allow_private: true}}
---
kind: Channel
metadata: {{name: chat}}
spec:
  slack: {{secret: chat-url, host: \"{host}\", allow_private: true}}
---
kind: Alarm
metadata: {{name: on-call}}
spec:
  about: [held-wave]
  channels: [hook, chat{more}]
  acknowledge_within_minutes: 1
  escalate_to: [pager]
"
    )
}

/// Name, channel and value of each secret.
pub fn secrets(host: &str) -> [(&'static str, &'static str, String); 3] {
    [
        ("signing", "hook", SIGNING.to_owned()),
        ("signing-pager", "pager", SIGNING.to_owned()),
        (
            "chat-url",
            "chat",
            format!("http://{host}/services/T0/s3cret"),
        ),
    ]
}

fn documents(node: &Node, provider: &Serving, host: &str) -> PathBuf {
    let directory = thin::documents(node, provider);
    std::fs::write(directory.join("guard.yaml"), STRICT).unwrap();
    std::fs::write(directory.join("alarms.yaml"), alarms(host, "")).unwrap();
    directory
}

/// Waits until this holds, for at most this long.
pub fn until(what: &str, most: Duration, holds: impl Fn() -> bool) {
    let end = Instant::now() + most;
    while !holds() {
        assert!(Instant::now() < end, "after {most:?} still not: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn listed(node: &Node, all: bool) -> Vec<Value> {
    let words: &[&str] = match all {
        true => &["notice", "list", "--all"],
        false => &["notice", "list"],
    };
    node.run(words).rows()
}

fn tried(node: &Node, channel: &str) -> Said {
    node.run(&["channel", "test", channel, "--reason", "T-1"])
}

/// Without its secret a channel says what it lacks, and how to give it; with it, it is tried.
fn give_secrets(node: &Node, receiver: &Receiver) {
    let host = receiver.host.as_str();
    let lacks = tried(node, "hook").expect(1).err;
    let fix = format!("tenure secret set signing --channel hook --host {host}");
    assert!(
        lacks.contains("TNR-APP-0021") && lacks.contains(&fix),
        "{lacks}"
    );
    for (name, channel, value) in secrets(host) {
        let words = ["secret", "set", name, "--channel", channel, "--host", host];
        let words = [&words[..], &["--reason", "T-1"]].concat();
        node.pipe(&words, &value).expect(0);
    }
    tried(node, "hook").expect(0);
    tried(node, "chat").expect(0);
    assert_eq!(receiver.taken("/hook").len(), 1);
    receiver.refuse("/hook", 1);
    let refused = tried(node, "hook").expect(1).err;
    assert!(refused.contains("TNR-NOTICE-0004"), "{refused}");
    assert!(refused.contains("answered 503"), "{refused}");
    assert!(
        tried(node, "nowhere")
            .expect(1)
            .err
            .contains("TNR-APP-0001")
    );
}

/// A wave that the guard holds.
fn hold(node: &Node) -> String {
    let workers = thin::example("workers.csv");
    let words = ["hr", "import", workers.to_str().unwrap(), "--source", "hr"];
    node.run(&words).expect(0);
    node.run(&["observe", "wiki"]).expect(0);
    assert!(listed(node, true).is_empty(), "nothing to tell");
    let planned = node.run(&["plan"]).expect(2).rows();
    let held = planned.iter().find(|row| row["verdict"] == "ask");
    held.unwrap()["wave"].as_str().unwrap().to_owned()
}

/// What came says which wave it is and how to say that one has it.
fn assert_told(receiver: &Receiver, wave: &str, id: &str) {
    let hook = &receiver.taken("/hook")[1];
    assert!(is_signed(hook, SIGNING), "{hook:?}");
    assert_eq!(hook.id, format!("{id}-1-hook"));
    let body: Value = serde_json::from_str(&hook.body).unwrap();
    assert_eq!(body["type"], "tenure.notice.held_wave");
    assert_eq!(body["data"]["about"], wave);
    let chat = &receiver.taken("/services/T0/s3cret")[1].body;
    let chat: Value = serde_json::from_str(chat).unwrap();
    let text = chat["text"].as_str().unwrap();
    assert!(text.contains(wave) && text.contains(id), "{text}");
}

fn acknowledge(node: &Node, id: &str) {
    let has = ["notice", "ack", id, "--reason", "asking HR"];
    node.run(&[&has[..], &["--dry-run"]].concat()).expect(0);
    assert_eq!(listed(node, false)[0]["status"], "open", "a dry run");
    node.run(&has).expect(0);
    let again = node.run(&has).expect(1);
    assert!(again.err.contains("TNR-NOTICE-0002"), "{}", again.err);
    let notices = node.run(&["notice", "list"]).expect(0).rows();
    assert_eq!(notices[0]["acknowledged_by"], "admin");
    assert_eq!(notices[0]["acknowledged_because"], "asking HR");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_held_wave_is_told_once_and_somebody_has_it() {
    let receiver = Receiver::start();
    let provider = thin::provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider, &receiver.host);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    thin::set_secret(&node, &provider);
    give_secrets(&node, &receiver);

    let wave = hold(&node);
    let begun = Instant::now();
    until("told", Duration::from_secs(60), || {
        receiver.taken("/hook").len() == 2 && receiver.taken("/services/T0/s3cret").len() == 2
    });
    println!("told after {:?}", begun.elapsed());
    until("written down", Duration::from_secs(30), || {
        listed(&node, false)[0]["messages"][0]["status"] == "delivered"
    });
    let notices = node.run(&["notice", "list"]).expect(2).rows();
    let [notice] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    assert_eq!(
        (&notice["about"], &notice["status"]),
        (&Value::from(wave.as_str()), &Value::from("open"))
    );
    let id = notice["notice"].as_str().unwrap();
    assert_told(&receiver, &wave, id);
    acknowledge(&node, id);

    node.run(&["refuse", &wave, "--reason", "a mistake"])
        .expect(0);
    until("over", Duration::from_secs(30), || {
        listed(&node, false).is_empty()
    });
    let all = listed(&node, true);
    assert_eq!((all.len(), &all[0]["status"]), (1, &Value::from("over")));
    assert_eq!(receiver.got("/hook"), 3, "one try, one refused, one notice");
    assert_eq!(receiver.got("/pager"), 0, "somebody had it");
    // What is secret is nowhere in what the node tells.
    let log = node.run(&["log", "--limit", "1000"]).expect(0).out;
    assert!(log.contains("notice.changed/1"), "{log}");
    let secret = log.contains("s3cret") || log.contains("MfKQ9r8G");
    assert!(!secret, "{log}");
    assert_eq!(node.stop(), 0);
}

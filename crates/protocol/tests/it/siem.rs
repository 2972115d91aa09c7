//! Every event that was ever shipped as an extract: what schemas ask for is there, and nothing
//! personal.

use std::collections::BTreeSet;
use std::path::PathBuf;

use model::{Actor, Digest, Event, Timestamp, TokenId};
use protocol::siem::{Extract, KINDS, Recorded, Severity, extract, kind_of};
use protocol::syslog;
use serde_json::{Value, json};

/// The corpus of `model`: name and event.
fn corpus() -> Vec<(String, Value)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../model/tests/corpus");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        all.push((name, serde_json::from_str(&text).unwrap()));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn extracted(event: &Event, verb: Option<&str>) -> Extract {
    let actor = Actor {
        principal: "the-caller".to_owned(),
        token: Some(TokenId::from_bits(7)),
    };
    let record = Recorded {
        seq: 42,
        at: "2026-10-01T12:00:00.123456Z".parse::<Timestamp>().unwrap(),
        actor: &actor,
        event,
        hash: Digest::of(b"x"),
    };
    extract(record, "acme", verb).unwrap()
}

fn step(kind: &str, key: &str, status: &str) -> Event {
    serde_json::from_value(json!({"kind": "step.changed/1", "body": {
        "step": {"plan": "pln_3hz3c8n0q4v7x2k5m8p1r4t7w2", "no": 2},
        "address": {"target": "wiki", "kind": kind, "key": key},
        "status": status, "attempt": 1, "looks": 0, "not_before": null, "fence": 1,
        "outcome": {"is": "done", "remote": "u1", "version": null}, "detail": "said Ann"}}))
    .unwrap()
}

const SUBJECT: &str = "sub_01jd8q0v5w3k7m9n2p4r6t8x0z";

/// Attributes that OCSF 1.9.0 requires: of every event (`base_event.json`), and of each class that we
/// write (`user_management.json`, `group_management.json`, `entity_management.json`,
/// `authentication.json`,
/// `api_activity.json`), with the numbers that its `activity_id` has.
fn required(class: u64) -> (&'static [&'static str], &'static [u64]) {
    match class {
        3007 => (&["user"], &[0, 1, 2, 3, 4, 5, 99]),
        3006 => (&["group"], &[0, 3, 4, 5, 6, 9, 99]),
        3004 => (&["entity"], &[0, 1, 2, 3, 4, 8, 9, 99]),
        3002 => (&["user", "service"], &[0, 1, 2, 99]),
        6003 => (&["actor", "api", "src_endpoint"], &[0, 1, 2, 3, 4, 99]),
        other => panic!("no class of ours: {other}"),
    }
}

#[track_caller]
fn is_ocsf(name: &str, event: &Value) {
    for field in [
        "activity_id",
        "category_uid",
        "class_uid",
        "metadata",
        "severity_id",
        "time",
        "type_uid",
    ] {
        assert!(!event[field].is_null(), "{name} has no {field}: {event}");
    }
    let number = |field: &str| event[field].as_u64().unwrap();
    let (class, activity) = (number("class_uid"), number("activity_id"));
    let (fields, activities) = required(class);
    for field in fields {
        assert!(event[*field].is_object(), "{name} has no {field}: {event}");
    }
    assert!(activities.contains(&activity), "{name}: {activity}");
    assert_eq!(number("type_uid"), class * 100 + activity, "{name}");
    assert_eq!(number("category_uid"), class / 1000, "{name}");
    assert!((1..=4).contains(&number("severity_id")), "{name}");
    assert!([1, 2, 99].contains(&number("status_id")), "{name}");
    assert_eq!(event["metadata"]["version"], "1.9.0");
    assert!(event["metadata"]["product"].is_object());
    // `at_least_one` of the objects `user`, `_entity` and `network_endpoint`.
    let objects = [("user", "uid"), ("group", "name"), ("entity", "uid")];
    for (object, field) in objects {
        if event.get(object).is_some() {
            assert!(event[object][field].is_string(), "{name}: {event}");
        }
    }
    if class == 6003 {
        assert!(event["api"]["operation"].is_string(), "{name}");
        assert!(event["src_endpoint"]["ip"].is_string(), "{name}");
        assert!(event["http_response"]["code"].is_u64(), "{name}");
    }
}

/// Values that the ECS allows (`event.category`, and the types that it expects for each).
#[track_caller]
fn is_ecs(name: &str, document: &Value) {
    let event = &document["event"];
    assert_eq!(event["kind"], "event");
    let allowed: &[&str] = match event["category"][0].as_str().unwrap() {
        "iam" => &[
            "admin", "change", "creation", "deletion", "group", "info", "user",
        ],
        "authentication" => &["start", "end", "info"],
        "configuration" => &["access", "change", "creation", "deletion", "info"],
        "api" => &["access", "admin", "change", "creation", "deletion", "info"],
        other => panic!("{name}: {other}"),
    };
    for kind in event["type"].as_array().unwrap() {
        assert!(allowed.contains(&kind.as_str().unwrap()), "{name}: {event}");
    }
    let outcome = event["outcome"].as_str().unwrap();
    assert!(
        ["success", "failure", "unknown"].contains(&outcome),
        "{name}"
    );
    assert!(document["@timestamp"].is_string() && document["ecs"]["version"].is_string());
}

/// Every text in a value.
fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            into.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(fields) => fields.values().for_each(|item| texts(item, into)),
        _ => {}
    }
}

#[test]
fn every_kind_of_event_can_be_asked_for() {
    let shown: BTreeSet<String> = corpus()
        .iter()
        .map(|(_, event)| {
            event["kind"]
                .as_str()
                .unwrap()
                .split('/')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    let known: BTreeSet<String> = KINDS.iter().map(|kind| (*kind).to_owned()).collect();
    assert_eq!(shown, known);
}

#[test]
fn every_event_is_what_the_schemas_ask_for() {
    for (name, value) in corpus() {
        let event: Event = serde_json::from_value(value.clone()).unwrap();
        let extract = extracted(&event, Some("disable"));
        is_ocsf(&name, &extract.ocsf());
        is_ecs(&name, &extract.ecs());
        let native = extract.native();
        assert_eq!(native["kind"], value["kind"], "{name}");
        let kind = value["kind"].as_str().unwrap();
        assert_eq!(kind.split('/').next(), Some(kind_of(&event)), "{name}");
        assert_eq!(native["seq"], 42);
    }
}

#[test]
fn nothing_personal_and_no_free_text_about_a_person_leaves() {
    let mut looked = 0;
    for (name, value) in corpus() {
        let event: Event = serde_json::from_value(value.clone()).unwrap();
        let extract = extracted(&event, Some("create"));
        let body = &value["body"];
        let mut hidden = BTreeSet::new();
        for field in ["personal", "detail", "because", "secret", "digest"] {
            texts(&body[field], &mut hidden);
        }
        texts(&body["task"]["text"], &mut hidden);
        texts(&body["finding"]["problem"], &mut hidden);
        if event.subject().is_some() || matches!(event, Event::CallMade(_)) {
            texts(&body["reason"], &mut hidden);
        }
        // Ids and words of ours stand in `personal` too; they say nothing of a person.
        let is_ours = |text: &String| {
            let mut open = BTreeSet::new();
            let mut rest = value.clone();
            for field in ["personal", "detail", "because", "reason"] {
                rest["body"][field] = Value::Null;
            }
            texts(&rest, &mut open);
            text.len() < 3 || open.iter().any(|o| o.contains(text.as_str()))
        };
        hidden.retain(|text| !is_ours(text));
        looked += hidden.len();
        for told in [extract.native(), extract.ocsf(), extract.ecs()] {
            let mut shown = BTreeSet::new();
            texts(&told, &mut shown);
            for text in &hidden {
                let found = shown.iter().find(|s| s.contains(text.as_str()));
                assert_eq!(found, None, "{name} tells `{text}`: {told}");
            }
        }
    }
    assert!(looked > 60, "the test looks for only {looked} texts");
}

#[test]
fn an_account_is_an_event_when_its_step_has_ended() {
    let ended = |status: &str, verb| extracted(&step("account", SUBJECT, status), verb).ocsf();
    let table = [
        ("create", 1),
        ("update", 2),
        ("delete", 3),
        ("enable", 4),
        ("disable", 5),
        ("adopt", 99),
    ];
    for (verb, activity) in table {
        let event = ended("verified", Some(verb));
        assert_eq!(event["type_uid"], 300_700 + activity, "{verb}");
        assert_eq!(
            (&event["status_id"], &event["severity_id"]),
            (&json!(1), &json!(1))
        );
        assert_eq!(event["user"]["uid"], SUBJECT);
        assert_eq!(event["user"]["uid_alt"], "u1");
        assert_eq!(event["user"]["domain"], "wiki");
        let failed = ended("failed", Some(verb));
        assert_eq!(failed["type_uid"], 300_700 + activity);
        assert_eq!(
            (&failed["status_id"], &failed["severity_id"]),
            (&json!(2), &json!(2))
        );
    }
    for status in ["pending", "sent", "answered", "skipped"] {
        let event = ended(status, Some("disable"));
        assert_eq!(event["class_uid"], 3004, "{status}: nobody counts it twice");
        assert_eq!(event["status_id"], 99, "{status}");
    }
    // Whose verb was erased is not called anything else.
    assert_eq!(ended("verified", None)["type_uid"], 300_700);
}

#[test]
fn memberships_and_groups_are_group_management() {
    let grant = format!("{SUBJECT}/engineers");
    let told = |kind, key: &str, verb| extracted(&step(kind, key, "verified"), Some(verb));
    for (verb, activity) in [("grant", 3), ("revoke", 4)] {
        let extract = told("grant", &grant, verb);
        let event = extract.ocsf();
        assert_eq!(event["type_uid"], 300_600 + activity);
        assert_eq!(event["group"]["name"], "engineers");
        assert_eq!(event["users"][0]["uid"], SUBJECT);
        assert!(
            event["users"][0].get("uid_alt").is_none(),
            "it is the group's"
        );
        let ecs = extract.ecs();
        assert_eq!(ecs["event"]["type"], json!(["user", "change"]));
        assert_eq!(ecs["user"]["target"]["group"]["name"], "engineers");
    }
    for (verb, activity) in [("create", 6), ("update", 9), ("delete", 5)] {
        let event = told("group", "engineers", verb).ocsf();
        assert_eq!(event["type_uid"], 300_600 + activity);
        assert!(event.get("users").is_none());
    }
}

/// The longest names and reasons that can be: ids of apps have up to 1,024 bytes.
#[test]
fn no_extract_is_longer_than_receivers_take() {
    let wide = "\u{1f980}".repeat(256);
    let bodies = [
        json!({"kind": "call.made/1", "body": {"method": wide, "route": wide, "status": 500,
            "remote": wide, "reason": wide}}),
        json!({"kind": "wave.released/1", "body": {"wave": "wav_3hz3c8n0q4v7x2k5m8p1r4t7w2",
            "released": true, "plans": [], "by": wide, "reason": wide}}),
        json!({"kind": "account.decided/1", "body": {"target": wide, "remote": wide,
            "holder": {"service": {"owner": wide}}, "by": wide, "reason": wide}}),
        json!({"kind": "writing.stopped/1", "body": {"target": "\u{1f980}".repeat(64), "reason": wide}}),
    ];
    let mut longest = 0;
    for body in bodies {
        let event: Event = serde_json::from_value(body).unwrap();
        let extract = extracted(&event, None);
        for told in [extract.native(), extract.ocsf(), extract.ecs()] {
            let tenant = "\u{1f980}".repeat(64);
            let hash = extract.hash.to_string();
            let head = syslog::Head {
                severity: Severity::High,
                at: extract.at,
                host: "h",
                tenant: &tenant,
                seq: u64::MAX,
                hash: &hash,
                kind: &extract.kind,
            };
            longest = longest.max(syslog::message(head, &told).unwrap().len());
        }
    }
    assert!(longest > 4_000, "the longest has only {longest} bytes");
}

//! An app that was there before, by command line: the listing, the decisions, what is left.
//! `--nocapture` shows what each command says; docs/how-to/adopt-an-app.md is run in `page`.

use emulate::{Request, Serving};
use serde_json::{Value, json};

use crate::node::{Node, Said};
use crate::thin::{TOKEN, apply_all, documents, example, provider, set_secret};

fn post(serving: &Serving, token: &str, what: &str, body: &Value) -> String {
    let url = serving.base_url();
    let base = url.splitn(4, '/').nth(3).unwrap();
    let headers = [
        ("authorization", format!("Bearer {token}")),
        ("content-type", "application/scim+json".to_owned()),
    ];
    let request = Request {
        method: "POST".to_owned(),
        path: format!("/{base}/{what}"),
        query: Vec::new(),
        headers: headers.map(|(n, v)| (n.to_owned(), v)).to_vec(),
        body: serde_json::to_vec(body).unwrap(),
    };
    let reply = serving.provider.lock().handle(&request);
    assert_eq!(reply.status, 201);
    let made: Value = serde_json::from_slice(&reply.body).unwrap();
    made["id"].as_str().unwrap().to_owned()
}

/// Four accounts by their present names, one by an old one, a robot, a shared one, and two
/// groups filled by hand.
pub fn preload(serving: &Serving, token: &str) {
    let user = |name: &str| {
        let schema = "urn:ietf:params:scim:schemas:core:2.0:User";
        let body = json!({"userName": name, "active": true, "schemas": [schema]});
        post(serving, token, "Users", &body)
    };
    let ids: Vec<String> = [
        "ana.sommer@example.com",
        "Bo.Lindqvist@example.com",
        "chiara.rossi@example.com",
        "david.okafor@example.com",
        "e.old-name@example.com",
        "wiki-backup",
        "reception",
    ]
    .iter()
    .map(|name| user(name))
    .collect();
    for (display, members) in [("Engineering", &ids[..4]), ("Wiki Admins", &ids[3..4])] {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let schema = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let body = json!({"displayName": display, "schemas": [schema], "members": members});
        post(serving, token, "Groups", &body);
    }
}

/// Runs a command and shows it.
fn tell(node: &Node, words: &[&str]) -> Said {
    let said = node.run(words);
    println!("$ tenure {}\n{}{}", words.join(" "), said.out, said.err);
    said
}

/// The document of the app with another mode, and what is privileged in it.
fn push(node: &Node, mode: &str) {
    let path = node.home.path().join("tenant/wiki.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with("  mode:") {
            out.push_str(&format!("  mode: {mode}\n"));
        } else if !line.starts_with("  privileged:") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.push_str("  privileged: {groups: [\"Wiki Admins\"]}\n");
    std::fs::write(&path, out).unwrap();
    let tenant = node.home.path().join("tenant");
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
}

/// The listing as CSV with the decisions that `decide` gives by the account's name.
fn filled(node: &Node, words: &[&str], decide: impl Fn(&str, &str) -> [&'static str; 2]) -> String {
    let listed = node.run(&[words, &["-o", "csv"]].concat());
    let mut reader = csv::Reader::from_reader(listed.out.as_bytes());
    let header = reader.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|h| h == name);
    let (decision, owner) = (at("decision").unwrap(), at("owner").unwrap());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).unwrap();
    for record in reader.records() {
        let mut fields: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        let group = at("group").map_or(String::new(), |at| fields[at].clone());
        let [word, by] = decide(&fields[at("name").unwrap()].clone(), &group);
        fields[decision] = word.to_owned();
        fields[owner] = by.to_owned();
        writer.write_record(&fields).unwrap();
    }
    let path = node.home.path().join("decisions.csv");
    std::fs::write(&path, writer.into_inner().unwrap()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_app_that_was_there_is_adopted_by_command_line() {
    let provider = provider().await;
    preload(&provider, TOKEN);
    let mut node = Node::init();
    node.serve();
    documents(&node, &provider);
    push(&node, "observe");
    set_secret(&node, &provider);
    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    let early = tell(&node, &["adopt", "wiki"]).expect(1);
    assert!(early.err.contains("TNR-ADOPT-0003"), "{}", early.err);
    node.run(&["observe", "wiki"]).expect(0);
    looked_at(&node);
    decided(&node);
    only_observed(&node);

    push(&node, "enforce");
    let planned = node.run(&["plan"]).expect(2);
    let said = &planned.out;
    assert!(!said.contains("\"revoke\"") && !said.contains("\"disable\""));
    apply_all(&node, &planned);
    node.run(&["plan"]).expect(0);
    burnt_down(&node);
    node.stop();
}

/// Nothing is planned, and it is said why.
fn only_observed(node: &Node) {
    let planned = tell(node, &["plan"]).expect(0);
    assert!(
        planned
            .err
            .contains("Only observed, so nothing is planned there: `wiki`."),
        "{}",
        planned.err
    );
    let tenant = node.home.path().join("tenant");
    let tenant = tenant.to_str().unwrap();
    let preview = node.run(&["lifecycle", "preview", tenant, "-o", "table"]);
    assert!(
        preview.out.contains("! it is only observed"),
        "{}",
        preview.out
    );
}

fn looked_at(node: &Node) {
    let columns = ["--columns", "account,name,class,people"];
    let listed = tell(
        node,
        &[&["adopt", "wiki", "-o", "table"][..], &columns].concat(),
    );
    let counts = "7 accounts: 3 exact, 3 orphan, 1 privileged.";
    assert!(listed.err.contains(counts), "{}", listed.err);
    for format in ["json", "ndjson", "yaml", "csv", "md"] {
        let listed = node.run(&["adopt", "wiki", "-o", format]).expect(0);
        assert!(listed.out.contains("wiki-backup"));
    }
}

fn decided(node: &Node) {
    let decisions = filled(node, &["adopt", "wiki"], |name, _| match name {
        "e.old-name@example.com" => ["adopt 1005", ""],
        "wiki-backup" => ["service", "platform team"],
        "reception" => ["sharde", ""],
        "david.okafor@example.com" => ["adopt 1004", ""],
        _ => ["", ""],
    });
    let words = ["adopt", "wiki", "--decisions", &decisions];
    node.run(&words).expect(64);
    let words = [&words[..], &["--reason", "CHG-7", "-o", "table"]].concat();
    let dry = tell(node, &[&words[..], &["--dry-run"]].concat()).expect(3);
    let taken = tell(node, &words).expect(3);
    assert_eq!(dry.out, taken.out, "a dry run says the same");
    let (said, fix) = (&taken.err, "did you mean `shared`?");
    assert!(said.contains(fix), "{said}");
    let counts = "3 decided, 0 as before, 3 open, 1 rows to mend.";
    assert!(said.contains(counts), "{said}");
    let again = node.run(&words).expect(3);
    assert!(
        again.err.contains("0 decided, 3 as before"),
        "{}",
        again.err
    );
}

fn burnt_down(node: &Node) {
    let left = tell(node, &["adopt", "wiki", "--unexplained", "-o", "table"]).expect(2);
    assert!(left.err.contains("3 unexplained in all."), "{}", left.err);
    let drift = tell(node, &["drift", "wiki", "-o", "table"]).expect(0);
    assert!(drift.err.contains("0 drifted"), "{}", drift.err);
    let decisions = filled(node, &["adopt", "wiki", "--unexplained"], |_, group| {
        if group == "Engineering" {
            ["reject", ""]
        } else {
            ["", ""]
        }
    });
    let words = [
        "adopt",
        "wiki",
        "--decisions",
        &decisions,
        "--reason",
        "CHG-8",
    ];
    node.run(&words).expect(0);
    let planned = tell(node, &["plan", "-o", "table"]).expect(2);
    assert!(
        planned.out.contains("decisions of admin"),
        "{}",
        planned.out
    );
    tell(node, &["why", "access", "1004", "wiki", "-o", "table"]);
}

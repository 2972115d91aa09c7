//! The thin path: an HR file, one rule, one SCIM app.

use std::path::{Path, PathBuf};

use emulate::{Access, Provider, Serving, Shared, Temperament, serve};
use model::Kind;

use crate::node::{Node, Said};

pub const TOKEN: &str = "scim-secret-7";

pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/thin")
        .join(name)
}

pub async fn provider() -> Serving {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Provider::new(Temperament::default(), Access::Bearer(TOKEN.to_owned()));
    serve(listener, Shared::new(provider)).unwrap()
}

/// The example's documents, for the app that this provider plays.
pub fn documents(node: &Node, provider: &Serving) -> PathBuf {
    let directory = node.home.path().join("tenant");
    std::fs::create_dir(&directory).unwrap();
    for name in [
        "guard.yaml",
        "hr.yaml",
        "rules.yaml",
        "tests.yaml",
        "wiki.yaml",
    ] {
        let text = std::fs::read_to_string(example(name)).unwrap();
        let text = text.replace("http://127.0.0.1:8090/v2", &provider.base_url());
        std::fs::write(directory.join(name), text).unwrap();
    }
    directory
}

pub fn wave(said: &Said, change: &str) -> String {
    let row = said.rows().into_iter().find(|row| row["change"] == change);
    row.unwrap_or_else(|| panic!("no wave of {change}: {}", said.out))["wave"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub fn set_secret(node: &Node, provider: &Serving) {
    let host = provider.address.to_string();
    let words = [
        "secret",
        "set",
        "wiki-token",
        "--app",
        "wiki",
        "--reason",
        "T-1",
        "--host",
    ];
    node.pipe(&[&words[..], &[host.as_str()]].concat(), TOKEN)
        .expect(0);
}

/// Members wait for their group, so both waves are started together.
pub fn apply_all(node: &Node, planned: &Said) {
    apply(node, planned).expect(0);
}

/// Starts all waves and waits for them.
pub fn apply(node: &Node, planned: &Said) -> Said {
    let rows = planned.rows();
    let mut words = vec!["apply", "--reason", "T-2", "--timeout", "30"];
    words.extend(rows.iter().map(|row| row["wave"].as_str().unwrap()));
    node.run(&words)
}

fn active(provider: &Serving, name: &str) -> Option<bool> {
    let accounts = provider.provider.lock().objects(Kind::Account);
    let found = accounts
        .into_iter()
        .find(|a| format!("{a:?}").contains(name));
    found.map(|account| !format!("{account:?}").contains("\"active\": Bool(false)"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn from_nothing_to_an_app_that_agrees_and_back() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    let tenant = tenant.to_str().unwrap();
    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();

    node.run(&["config", "push", tenant, "--dry-run"]).expect(2);
    assert_eq!(
        node.run(&["config", "show"]).expect(0).rows().len(),
        0,
        "a dry run"
    );
    node.run(&["config", "push", tenant]).expect(0);
    let again = node.run(&["config", "push", tenant]).expect(0);
    assert!(again.err.contains("Nothing differs"), "{}", again.err);
    set_secret(&node, &provider);
    let imported = node
        .run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    assert_eq!(imported.rows().len(), 10, "{}", imported.out);
    assert_eq!(node.run(&["people"]).expect(0).rows().len(), 10);
    node.run(&["observe", "wiki"]).expect(0);

    let preview = node.run(&["plan", "--dry-run"]).expect(2);
    assert_eq!(
        node.run(&["waves"]).expect(0).rows().len(),
        0,
        "a dry run proposes nothing"
    );
    let planned = node.run(&["plan"]).expect(2);
    assert_eq!(preview.rows().len(), planned.rows().len());
    assert!(
        provider.provider.lock().objects(Kind::Account).is_empty(),
        "nothing is sent yet"
    );
    assert!(
        planned.rows().iter().all(|row| row["verdict"] == "allow"),
        "{}",
        planned.out
    );
    nothing_new_but_open(&node);
    apply_all(&node, &planned);
    assert_eq!(provider.provider.lock().objects(Kind::Account).len(), 10);
    let empty = node.run(&["plan"]).expect(0);
    assert!(
        empty.rows().is_empty(),
        "the second plan is empty: {}",
        empty.out
    );
    assert!(empty.err.contains("every app agrees"), "{}", empty.err);

    let why = node
        .run(&["-o", "table", "why", "access", "Hiro Tanaka", "wiki"])
        .expect(0);
    for words in [
        "engineering",
        "rule/engineers",
        "Engineering",
        "read back as wanted",
    ] {
        assert!(why.out.contains(words), "{words}:\n{}", why.out);
    }
    leave_and_come_back(&node, &provider, workers);
    backup_and_restore(&mut node);
    assert_eq!(node.stop(), 0);
    let config = node.config();
    for command in ["verify", "rebuild"] {
        node.run(&["ledger", command, "--config", config.to_str().unwrap()])
            .expect(0);
    }
}

/// Planned again while both waves wait, it says so to people and to whoever reads the exit code.
fn nothing_new_but_open(node: &Node) {
    let again = node.run(&["plan"]).expect(2);
    assert!(again.rows().is_empty(), "{}", again.out);
    let both = "2 waves wait for a decision (2 ready;";
    assert!(again.err.contains(both), "{}", again.err);
    let json = node.run(&["plan", "-o", "json"]).expect(2);
    assert_eq!(json.out.trim(), "[]", "programs read the same as ever");
}

/// A leaver is disabled; taking that wave back enables them again.
fn leave_and_come_back(node: &Node, provider: &Serving, workers: &str) {
    let leaves = leaver(node, workers, "1002;Bo;");
    assert_eq!(active(provider, "bo.lindqvist"), Some(true));
    let planned = import_and_plan(node, &leaves);
    let left = wave(&planned, "leaver");
    node.run(&["apply", &left, "--reason", "T-3"]).expect(0);
    assert_eq!(active(provider, "bo.lindqvist"), Some(false));
    assert!(node.run(&["plan"]).expect(0).rows().is_empty());
    let undone = node.run(&["undo", &left, "--reason", "T-4"]).expect(2);
    let back = wave(&undone, "undo");
    node.run(&["apply", &back, "--reason", "T-4"]).expect(0);
    assert_eq!(
        active(provider, "bo.lindqvist"),
        Some(true),
        "the wave was taken back"
    );
}

/// A backup while it serves; restored elsewhere, it writes nothing and knows no token.
fn backup_and_restore(node: &mut Node) {
    let (config, file) = (node.config(), node.home.path().join("backup"));
    let (config, file) = (config.to_str().unwrap(), file.to_str().unwrap());
    node.run(&["backup", file, "--config", config]).expect(0);
    node.run(&["backup", file, "--config", config]).expect(1);
    assert!(
        node.run(&["restore", file, "--config", config])
            .expect(1)
            .err
            .contains("TNR-CLI-0006")
    );
    assert_eq!(node.stop(), 0);
    let kept = node.run(&["restore", file, "--config", config]).expect(1);
    assert!(
        kept.err.contains("TNR-CLI-0017"),
        "nothing is overwritten: {}",
        kept.err
    );
    for name in ["tenure.db", "tenure.db-wal", "tenure.db-shm"] {
        let _ = std::fs::remove_file(node.home.path().join("data").join(name));
    }
    let old = node.token.clone();
    node.token = node
        .run(&["restore", file, "--config", config])
        .expect(0)
        .out
        .trim()
        .to_owned();
    node.serve();
    assert!(
        node.run_as(&old, &["status"])
            .expect(1)
            .err
            .contains("TNR-API-0001")
    );
    let status = node.run(&["status"]).expect(0);
    assert!(
        status.rows()[0]["stopped"].to_string().contains("restore"),
        "{}",
        status.out
    );
    assert_eq!(node.run(&["people"]).expect(0).rows().len(), 10);
    node.run(&["resume-writing", "--reason", "T-6"]).expect(0);
    assert!(
        node.run(&["plan"]).expect(0).rows().is_empty(),
        "and every app still agrees"
    );
}

/// The file with this worker's last day in the past.
pub fn leaver(node: &Node, workers: &str, row: &str) -> String {
    let text = std::fs::read_to_string(workers).unwrap();
    let changed: Vec<String> = text
        .lines()
        .map(|line| {
            if line.starts_with(row) {
                format!("{line}01.10.2025")
            } else {
                line.to_owned()
            }
        })
        .collect();
    let path = node.home.path().join("second.csv");
    std::fs::write(&path, changed.join("\n") + "\n").unwrap();
    path.to_str().unwrap().to_owned()
}

pub fn import_and_plan(node: &Node, file: &str) -> Said {
    node.run(&["hr", "import", file, "--source", "hr"])
        .expect(0);
    node.run(&["plan"]).expect(2)
}

fn nobody_releases_their_own(node: &Node, missing: &str) {
    let own = node.run(&["approve", missing, "--reason", "T-3"]).expect(4);
    assert!(own.err.contains("TNR-WAVE-0001"), "{}", own.err);
    // Two tokens of one person are still one person.
    let second = node
        .run(&[
            "token",
            "create",
            "--principal",
            "admin",
            "--scope",
            "approve",
            "--reason",
            "T-3",
        ])
        .expect(0);
    let own = node.run_as(
        second.rows()[0]["secret"].as_str().unwrap(),
        &["approve", missing, "--reason", "T-3"],
    );
    assert!(own.expect(4).err.contains("TNR-WAVE-0001"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn too_many_leavers_are_held_and_released_by_someone_else() {
    let provider = provider().await;
    let mut node = Node::init();
    let approver = node.token_on_host("bea", &["read", "approve"]);
    node.serve();
    let tenant = documents(&node, &provider);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let workers = example("workers.csv");
    let planned = import_and_plan(&node, workers.to_str().unwrap());
    apply_all(&node, &planned);
    // Half of the company is missing from the next file.
    let text = std::fs::read_to_string(&workers).unwrap();
    let half: Vec<_> = text.lines().take(6).collect();
    let path = node.home.path().join("half.csv");
    std::fs::write(&path, half.join("\n") + "\n").unwrap();
    let planned = import_and_plan(&node, path.to_str().unwrap());
    let missing = wave(&planned, "missing_row");
    let refused = node.run(&["apply", &missing, "--reason", "T-3"]).expect(4);
    assert!(refused.err.contains("TNR-WAVE-0003"), "{}", refused.err);
    nobody_releases_their_own(&node, &missing);
    assert_eq!(active(&provider, "jonas.weiss"), Some(true));
    let why = node.run(&["why", "access", "1010", "wiki"]).expect(0);
    let waits = format!("disable is proposed in {missing}, which nobody has decided about");
    assert_eq!(why.rows()[0]["items"][0]["pending"], waits);
    let dry = ["approve", &missing, "--reason", "T-4", "--dry-run"];
    node.run_as(&approver, &dry).expect(0);
    assert_eq!(
        node.run(&dry).expect(4).out,
        "",
        "the dry run says the same as the real one"
    );
    node.run_as(&approver, &["approve", &missing, "--reason", "T-4"])
        .expect(0);
    assert_eq!(active(&provider, "jonas.weiss"), Some(false));
    let log = node.run(&["log", "--limit", "1000"]).expect(0);
    assert!(
        !log.out.contains(TOKEN) && !log.out.contains(&node.token),
        "no secret in the log"
    );
    assert!(
        log.out.contains("/api/v1/waves/{wave}/release"),
        "calls are in the log by pattern"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn members_do_not_wait_out_the_time_for_a_group_that_nobody_released() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let planned = import_and_plan(&node, example("workers.csv").to_str().unwrap());
    let (members, group) = (wave(&planned, "joiner"), wave(&planned, "rule"));
    let begun = std::time::Instant::now();
    let said = node
        .run(&["apply", &members, "--reason", "T-1", "--timeout", "600"])
        .expect(3);
    assert!(begun.elapsed() < crate::node::WAIT, "{}", said.err);
    assert!(
        said.err.contains(&format!("nobody has released {group}"))
            && said.err.contains(&format!("`tenure apply {group}`")),
        "{}",
        said.err
    );
    assert_eq!(provider.provider.lock().objects(Kind::Account).len(), 10);
    let shown = node
        .run(&["-o", "table", "waves", "show", &members])
        .expect(0);
    assert!(shown.out.contains(&format!("waits for {group}")));
    // Released, the group lets its members in.
    node.run(&["apply", &group, "--reason", "T-2"]).expect(0);
    node.run(&["apply", &members, "--reason", "T-2"]).expect(0);
    assert!(node.run(&["plan"]).expect(0).rows().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_change_would_do_is_seen_before_it_is_pushed() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    let directory = tenant.to_str().unwrap();
    let workers = example("workers.csv");
    node.run(&["config", "push", directory]).expect(0);
    set_secret(&node, &provider);
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    let planned = node.run(&["plan"]).expect(2);
    apply_all(&node, &planned);
    let preview = ["lifecycle", "preview", directory];
    let same = node.run(&preview).expect(0);
    assert_eq!(same.rows()[0]["requests_total"], 0, "{}", same.out);

    // The group goes from the engineers to those who sell; the test that says otherwise objects.
    let rules = tenant.join("rules.yaml");
    let text = std::fs::read_to_string(&rules).unwrap();
    std::fs::write(&rules, text.replace("\"Engineering\"", "\"Sales\"")).unwrap();
    let refused = node.run(&preview).expect(1);
    assert!(refused.err.contains("TNR-APP-0005"), "{}", refused.err);
    let refused = node.run(&["config", "push", directory]).expect(1);
    assert!(
        refused
            .err
            .contains("groups in wiki at 2026-03-02 should be engineering"),
        "{}",
        refused.err
    );
    std::fs::remove_file(tenant.join("tests.yaml")).unwrap();

    let told = node.run(&preview).expect(2);
    let wiki = &told.rows()[0];
    assert_eq!(
        (&wiki["gain"]["total"], &wiki["lose"]["total"]),
        (&3.into(), &4.into())
    );
    assert_eq!(wiki["gain"]["people"][0]["what"][0], "group engineering");
    assert!(
        told.err.contains("this would be revision 2"),
        "{}",
        told.err
    );
    let table = node
        .run(&[&preview[..], &["-o", "table"]].concat())
        .expect(2);
    for line in [
        "  4 people lose\n",
        "    Emma Müller: group engineering (rule)\n",
    ] {
        assert!(table.out.contains(line), "{line}\n{}", table.out);
    }
    let in_force = node.run(&["config", "show"]).expect(0);
    assert!(in_force.err.contains("Revision 1"), "{}", in_force.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_push_names_the_people_of_whom_something_new_is_said_and_says_none_of_it() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    let directory = tenant.to_str().unwrap();
    let person = "kind: Person
metadata: {name: audit-1}
spec:
  sponsor: \"1001\"
  reason: the audit
  zone: Europe/Berlin
  ends: 2027-06-30T17:00
  attributes: {given_name: Eva, family_name: Evers, email: eva@audit.example}
";
    std::fs::write(tenant.join("people.yaml"), person).unwrap();
    let named = |said: &Said| {
        let rows = said.rows().into_iter();
        let people = rows.filter(|row| row["path"] == "Person audit-1");
        let found = people.map(|row| row["change"].as_str().unwrap().to_owned());
        found.collect::<Vec<_>>()
    };
    let pushed = node.run(&["config", "push", directory]).expect(0);
    assert_eq!(named(&pushed), ["joiner"]);
    assert!(!pushed.out.contains("Eva"), "{}", pushed.out);
    let moved = person.replace("Evers", "Ellis");
    std::fs::write(tenant.join("people.yaml"), moved).unwrap();
    let pushed = node.run(&["config", "push", directory]).expect(0);
    assert_eq!(named(&pushed), ["mover"]);
    assert!(!pushed.out.contains("Ellis"), "{}", pushed.out);
    let again = node.run(&["config", "push", directory]).expect(0);
    assert_eq!(named(&again), [""; 0]);
}

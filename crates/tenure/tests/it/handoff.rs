//! An app that nobody but its own people can reach, by the command line and with the document of
//! docs/how-to/hand-off.md.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::node::{Node, WAIT};
use crate::thin::{apply, documents, example, import_and_plan, leaver, provider, set_secret, wave};

const PAGE: &str = include_str!("../../../../docs/how-to/hand-off.md");
const RULE: &str = "kind: BirthrightRule
metadata: {name: plant}
spec:
  when: person.department.orValue(\"\") == \"Engineering\"
  grants: [{app: plant}]
";

/// The first document that the page shows.
fn document() -> &'static str {
    let (_, rest) = PAGE.split_once("```yaml\n").unwrap();
    rest.split_once("```").unwrap().0
}

/// A file with these rows filled in: what stands after the line's id in each, by column.
fn filled(sheet: &str, fill: impl Fn(usize) -> [(&'static str, String); 4]) -> String {
    let mut rows = sheet.trim_start_matches('\u{feff}').lines();
    let header = rows.next().unwrap();
    let names: Vec<&str> = header
        .split(';')
        .map(|name| name.trim_matches('"'))
        .collect();
    let mut text = format!("{header}\n");
    for (n, row) in rows.enumerate() {
        let mut cells: Vec<String> = row.split(';').map(str::to_owned).collect();
        for (column, value) in fill(n) {
            cells[names.iter().position(|name| *name == column).unwrap()] = value;
        }
        text.push_str(&(cells.join(";") + "\n"));
    }
    text
}

/// The list of accounts as their people export it once they have done all that the sheet asks for.
fn list_of(sheet: &str) -> String {
    let mut rows = sheet.trim_start_matches('\u{feff}').lines();
    let header: Vec<&str> = rows.next().unwrap().split(';').collect();
    let at = |name: &str| {
        let named = |column: &str| column.trim_matches('"') == name;
        header.iter().position(|column| named(column)).unwrap()
    };
    let mut text = String::from("Account;Login;State;Job\n");
    let mut count = 0;
    for (n, row) in rows.enumerate() {
        let cells: Vec<&str> = row.split(';').collect();
        let (login, job) = (cells[at("userName")], cells[at("title")]);
        text.push_str(&format!("{};{login};active;{job}\n", 4_711 + n));
        count += 1;
    }
    text + &format!("END;{count}\n")
}

fn done(n: usize) -> [(&'static str, String); 4] {
    [
        ("answer", "done".to_owned()),
        ("answered on", "2026-01-12".to_owned()),
        ("answered by", "Pia".to_owned()),
        ("new account", format!("{}", 4_711 + n)),
    ]
}

fn write(node: &Node, name: &str, text: &str) -> String {
    let path = node.home.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn now() -> String {
    model::Timestamp::from_micros(
        i64::try_from(
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap()
                .as_micros(),
        )
        .unwrap(),
    )
    .to_string()
}

fn lines(node: &Node, count: usize) -> Vec<serde_json::Value> {
    let began = Instant::now();
    loop {
        let rows = node.run(&["handoff", "list", "plant"]).expect(0).rows();
        if rows.len() == count {
            return rows;
        }
        assert!(began.elapsed() < WAIT * 4, "{rows:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_goes_out_answers_come_in_and_a_list_reads_it_back() {
    let provider = provider().await;
    let mut node = Node::init();
    node.serve();
    let tenant = documents(&node, &provider);
    std::fs::write(tenant.join("plant.yaml"), document()).unwrap();
    std::fs::write(tenant.join("plant-rule.yaml"), RULE).unwrap();
    std::fs::remove_file(tenant.join("tests.yaml")).unwrap();
    node.run(&["config", "push", tenant.to_str().unwrap()])
        .expect(0);
    set_secret(&node, &provider);
    let empty = write(&node, "accounts.csv", "Account;Login;State;Job\nEND;0\n");
    let extract = |file: &str, at: &str| {
        let words = ["handoff", "extract", "plant", file, "--taken-at", at];
        node.run(&words)
    };
    extract(&empty, &now()).expect(0);
    let twice = extract(&empty, "2020-01-01T00:00:00Z").expect(1);
    assert!(twice.err.contains("TNR-HANDOFF-0007"), "{}", twice.err);

    let workers = example("workers.csv");
    let workers = workers.to_str().unwrap();
    node.run(&["hr", "import", workers, "--source", "hr"])
        .expect(0);
    let asked = apply(&node, &node.run(&["plan"]).expect(2)).expect(3);
    let told = "4 plans of";
    assert!(asked.err.contains(told), "{}", asked.err);
    assert_eq!(lines(&node, 4)[0]["task"], "create");

    let sheet = exported(&node);
    let answers = write(&node, "answers.csv", &filled(&sheet, done));
    let confirm = ["handoff", "confirm", "plant", &answers];
    assert_ne!(node.run(&confirm).code, 0, "nobody says why");
    let confirm = [&confirm[..], &["--reason", "IT-4711"]].concat();
    let would = node.run(&[&confirm[..], &["--dry-run"]].concat()).expect(0);
    assert!(
        would.err.contains("4 answers would be taken in"),
        "{}",
        would.err
    );
    assert_eq!(lines(&node, 4).len(), 4);
    let taken = node.run(&confirm).expect(0).rows();
    assert!(taken.iter().all(|row| row["taken"] == "new"), "{taken:?}");
    let again = node.run(&confirm).expect(0).rows();
    assert!(again.iter().all(|row| row["taken"] == "again"), "{again:?}");
    let cut = std::fs::read_to_string(&answers).unwrap();
    let cut = write(&node, "cut.csv", &cut[..cut.len() - 9]);
    let refused = node.run(&["handoff", "confirm", "plant", &cut, "--reason", "x"]);
    assert!(refused.err.contains("TNR-CLI-0016"), "{}", refused.err);

    // A list shows what they said: it is read back by that.
    let began = Instant::now();
    let mut verified = 0;
    while verified < 4 {
        assert!(began.elapsed() < WAIT * 4, "{verified} were read back");
        let list = write(&node, "list.csv", &list_of(&sheet));
        let read = extract(&list, &now()).expect(0);
        let read: serde_json::Value = serde_json::from_str(read.out.trim()).unwrap();
        verified += read["verified"].as_u64().unwrap();
    }

    let left = import_and_plan(&node, &leaver(&node, workers, "1002;Bo;"));
    let left = wave(&left, "leaver");
    node.run(&["apply", &left, "--reason", "T-3", "--timeout", "5"])
        .expect_one_of(&[0, 3]);
    let asked = lines(&node, 1);
    assert_eq!(asked[0]["task"], "disable", "{asked:?}");
    assert_eq!(node.stop(), 0);
    let config = node.config();
    for command in ["verify", "rebuild"] {
        node.run(&["ledger", command, "--config", config.to_str().unwrap()])
            .expect(0);
    }
}

/// The file is its owner's alone and is never replaced.
fn exported(node: &Node) -> String {
    let out = node.home.path().join("plant.csv");
    let export = ["handoff", "export", "plant", "--out", out.to_str().unwrap()];
    let said = node.run(&export).expect(0);
    assert!(said.err.contains("4 lines"), "{}", said.err);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&out), 0o600);
    assert_ne!(node.run(&export).code, 0, "answers may stand in it");
    let sheet = std::fs::read_to_string(&out).unwrap();
    let shown = node.run(&["handoff", "export", "plant"]).expect(0);
    assert_eq!(shown.out, sheet, "the same lines under the same ids");
    sheet
}

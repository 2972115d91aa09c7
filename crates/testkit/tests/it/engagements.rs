//! One person of several engagements: concurrent jobs, conversion, rehire under a new id, other
//! sources that add to what HR says.

use app::WavePreview;
use testkit::node::actor;

use crate::company::{GUARD, HEAD, Stage, documents, stage, summary};

const CORRELATED: &str = "  correlate: [[email]]\n  delivery: full";

const CONTRACTORS: &str = r#"kind: Source
metadata: {name: contractors}
spec:
  format: csv
  key: id
  precedence: 200
  correlate: [[email]]
  attributes:
    given_name: {column: first, required: true}
    family_name: {column: last, required: true}
    email: {column: mail, required: true}
    department: {column: dept}
  ends: {column: end, format: iso, at: "17:00"}
  zone: {default: Europe/Berlin}
  delivery: full
"#;

const DIRECTORY: &str = r#"kind: Source
metadata: {name: directory}
spec:
  format: csv
  key: id
  engages: false
  correlate: [[email]]
  attributes:
    email: {column: mail}
    department: {column: dept, precedence: 1}
  zone: {default: Europe/Berlin}
  delivery: changes
"#;

async fn several_sources() -> Stage {
    let stage = stage(GUARD).await;
    let mut all = documents(GUARD);
    all[0].1 = all[0].1.replace("  delivery: full", CORRELATED);
    all.push(("contractors.yaml".to_owned(), CONTRACTORS.to_owned()));
    all.push(("directory.yaml".to_owned(), DIRECTORY.to_owned()));
    let ana = actor("ana");
    stage
        .node
        .app
        .accept_documents(&ana, all, false)
        .await
        .unwrap();
    stage
}

impl Stage {
    async fn hr(&self, rows: &[&str]) -> Vec<WavePreview> {
        self.send("hr", &format!("{HEAD}{}\n", rows.join("\n")))
            .await
    }

    async fn contractors(&self, rows: &[&str]) -> Vec<WavePreview> {
        let text = format!("id,first,last,mail,dept,end\n{}\n", rows.join("\n"));
        self.send("contractors", &text).await
    }

    async fn send(&self, source: &str, text: &str) -> Vec<WavePreview> {
        let (app, ana) = (&self.node.app, actor("ana"));
        let report = app
            .deliver(&ana, source, "f.csv", text.as_bytes(), false)
            .await
            .unwrap();
        assert!(!report.refused, "{:?}", report.diagnostics);
        app.plan(&ana, false).await.unwrap()
    }

    fn accounts(&self) -> Vec<(String, bool)> {
        let objects = self.company.target("chat").objects();
        let accounts = objects
            .values()
            .filter(|o| o.attributes.contains_key("userName"));
        let of = |o: &testkit::memory::Object| {
            let name = o.attributes["userName"]
                .as_text()
                .unwrap_or_default()
                .to_owned();
            (name, o.active)
        };
        let mut all: Vec<_> = accounts.map(of).collect();
        all.sort();
        all
    }

    fn members(&self, group: &str) -> usize {
        self.company.target("chat").members_of(group).len()
    }
}

fn active(name: &str) -> Vec<(String, bool)> {
    vec![(format!("{name}@acme.example"), true)]
}

const EVA: &str = "e1,Eva,Berg,eva@acme.example,Engineering,,2020-01-01,,";

#[tokio::test]
async fn a_contractor_becomes_an_employee_and_keeps_the_account() {
    let stage = several_sources().await;
    let contract = "c9,Eva,Berg,eva@acme.example,Sales,";
    let waves = stage.contractors(&[contract]).await;
    stage.apply(&waves).await;
    assert_eq!(stage.members("Sales"), 1);

    // Employed while the contract still runs: both count.
    let waves = stage.hr(&[EVA]).await;
    assert_eq!(summary(&waves), ["mover allow 1"], "nobody new");
    stage.apply(&waves).await;
    assert_eq!(stage.accounts(), active("eva"));
    assert_eq!(
        (stage.members("Sales"), stage.members("Engineering")),
        (1, 1)
    );

    // The contract ends: she is no leaver.
    let waves = stage
        .contractors(&["c9,Eva,Berg,eva@acme.example,Sales,2026-11-20"])
        .await;
    assert_eq!(summary(&waves), ["mover allow 1"]);
    stage.apply(&waves).await;
    assert_eq!(stage.accounts(), active("eva"));
    assert_eq!(
        (stage.members("Sales"), stage.members("Engineering")),
        (0, 1)
    );

    let known = stage.node.app.one_person("e1").await.unwrap();
    let of: Vec<_> = known
        .person
        .engagements
        .iter()
        .map(|e| e.key.as_str())
        .collect();
    assert_eq!(of, ["c9", "e1"]);
    assert_eq!(known.identity.key, "e1");
}

#[tokio::test]
async fn one_of_two_jobs_that_is_missing_makes_nobody_a_missing_person() {
    let stage = several_sources().await;
    let second = "e2,Eva,Berg,eva@acme.example,Sales,,2024-01-01,,";
    let waves = stage.hr(&[EVA]).await;
    stage.apply(&waves).await;
    let waves = stage.hr(&[EVA, second]).await;
    stage.apply(&waves).await;
    assert_eq!(
        (stage.members("Sales"), stage.members("Engineering")),
        (1, 1)
    );
    let waves = stage.hr(&[EVA]).await;
    assert_eq!(summary(&waves), ["mover allow 1"]);
    stage.apply(&waves).await;
    assert_eq!(
        (stage.members("Sales"), stage.members("Engineering")),
        (0, 1)
    );
    // Both gone: now she is missing.
    let other = "e7,Max,Lenz,max@acme.example,Sales,,2024-01-01,,";
    let waves = stage.hr(&[other]).await;
    assert_eq!(summary(&waves), ["missing_row allow 1", "joiner allow 1"]);
}

#[tokio::test]
async fn a_rehire_under_a_new_id_is_the_same_person() {
    let stage = several_sources().await;
    let waves = stage.hr(&[EVA]).await;
    stage.apply(&waves).await;
    let left = "e1,Eva,Berg,eva@acme.example,Engineering,,2020-01-01,2026-11-20,";
    let waves = stage.hr(&[left]).await;
    stage.apply(&waves).await;
    let subject = stage
        .node
        .app
        .one_person("e1")
        .await
        .unwrap()
        .person
        .subject;
    let back = "e55,Eva,Berg,Eva@ACME.example,Sales,,2026-11-22,,";
    let waves = stage.hr(&[left, back]).await;
    assert_eq!(summary(&waves), ["rehire allow 1"]);
    stage.apply(&waves).await;
    assert_eq!(stage.accounts().len(), 1, "no second account");
    assert!(stage.accounts()[0].1);
    let found = stage
        .node
        .app
        .one_person("e55")
        .await
        .unwrap()
        .person
        .subject;
    assert_eq!(found, subject);
}

#[tokio::test]
async fn who_might_be_several_people_waits_for_a_decision_that_lasts() {
    let stage = several_sources().await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    let waves = stage.hr(&[EVA]).await;
    stage.apply(&waves).await;
    // Two new rows with one address: nobody can tell whose it is.
    let twins = format!(
        "{HEAD}{EVA}\nk1,Ida,Koch,ida@acme.example,Sales,,2026-01-01,,\n\
         k2,Ida,Kochs,ida@acme.example,Sales,,2026-01-01,,\n"
    );
    let deliver = || app.deliver(&ana, "hr", "f.csv", twins.as_bytes(), false);
    let report = deliver().await.unwrap();
    let held: Vec<_> = report.undecided.iter().map(|u| u.key.as_str()).collect();
    assert_eq!(held, ["k1", "k2"]);
    assert_eq!(report.changes.len(), 0, "nothing of them counts");
    assert!(app.one_person("k1").await.is_err());

    // Someone who looks like Eva and is not.
    let other = "c3,Eva,Berg,eva@acme.example,Sales,";
    let text = format!("id,first,last,mail,dept,end\n{other}\n");
    let (is_not, wrong) = (false, "TNR-MATCH-0001");
    app.match_worker(
        &ana,
        ("contractors", "c3"),
        "e1",
        is_not,
        "asked her",
        false,
    )
    .await
    .unwrap();
    app.deliver(&ana, "contractors", "f.csv", text.as_bytes(), false)
        .await
        .unwrap();
    let (first, second) = (app.one_person("e1").await, app.one_person("c3").await);
    let (first, second) = (
        first.unwrap().person.subject,
        second.unwrap().person.subject,
    );
    assert_ne!(first, second, "told apart for good");
    let late = app
        .match_worker(&ana, ("contractors", "c3"), "e1", true, "no", false)
        .await;
    assert_eq!(late.unwrap_err().code(), wrong);
}

#[tokio::test]
async fn a_directory_adds_what_it_knows_best_and_engages_nobody() {
    let stage = several_sources().await;
    let waves = stage.hr(&[EVA]).await;
    stage.apply(&waves).await;
    let text = "id,mail,dept\nd1,eva@acme.example,Sales\nd2,nobody@acme.example,Sales\n";
    let (app, ana) = (&stage.node.app, actor("ana"));
    let report = app
        .deliver(&ana, "directory", "f.csv", text.as_bytes(), false)
        .await
        .unwrap();
    let held: Vec<_> = report.undecided.iter().map(|u| u.key.as_str()).collect();
    assert_eq!(held, ["d2"], "nobody is hired by a directory");
    let waves = stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&waves), ["mover allow 1"]);
    stage.apply(&waves).await;
    assert_eq!(
        (stage.members("Sales"), stage.members("Engineering")),
        (1, 0)
    );
    let known = stage.node.app.one_person("e1").await.unwrap();
    let provenance = stage.node.app.provenance(&known.person).await.unwrap();
    assert_eq!(provenance["department"].source, "directory");
    // HR's end of work counts, whatever the directory still has.
    let left = "e1,Eva,Berg,eva@acme.example,Engineering,,2020-01-01,2026-11-20,";
    let waves = stage.hr(&[left]).await;
    assert_eq!(summary(&waves), ["leaver allow 1"]);
}

//! People whom documents name: what is kept of them, and what is left after their erasure.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::{AppError, DocumentsReport};
use documents::PEOPLE;
use model::{Change, Secret};
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, documents, summary};

const PERSON: &str = "kind: Person
metadata: {name: auditor}
spec:
  sponsor: w001
  reason: the audit of 2026
  zone: Europe/Berlin
  ends: 2026-11-24T17:00
  attributes: {given_name: Quentin, family_name: Quillfeather, email: quill@audit.example}
";

const PERSONAL: [&str; 3] = ["Quentin", "Quillfeather", "quill@audit.example"];

async fn push(node: &Node, people: Option<&str>) -> Result<DocumentsReport, AppError> {
    let mut files = documents(GUARD);
    files.extend(people.map(|text| ("people.yaml".to_owned(), text.to_owned())));
    let ana = actor("ana");
    node.app.accept_documents(&ana, files, false).await
}

fn changes(report: &DocumentsReport) -> Vec<(&str, Change)> {
    let people = report.people.iter().flat_map(|p| &p.changes);
    people.map(|c| (c.key.as_str(), c.change)).collect()
}

async fn carry_out(node: &Node) -> Vec<String> {
    let ana = actor("ana");
    let waves = node.app.plan(&ana, false).await.unwrap();
    for wave in &waves {
        node.app.apply(&ana, wave.wave, "test").await.unwrap();
    }
    node.settle(500).await.unwrap();
    summary(&waves)
}

async fn node(path: Option<&Path>) -> (Node, Company) {
    let company = Company::with(&["chat"]);
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let connect = Arc::new(company.clone());
    let node = Node::open(path, clock, entropy, connect, "node-1").unwrap();
    push(&node, None).await.unwrap();
    let (ana, token) = (actor("ana"), Secret::new("s3cret"));
    node.app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    (node, company)
}

/// The personal texts that stand in what is kept of the documents, in the log as its keys open it,
/// and in the files of the store.
async fn holds(node: &Node, path: &Path) -> [Vec<&'static str>; 3] {
    let store = node.app.store();
    let kept = store.documents().await.unwrap().unwrap().documents;
    let kept = serde_json::to_string(&kept).unwrap();
    let records = store.records(0, 10_000).await.unwrap();
    let events = records
        .iter()
        .map(|r| serde_json::to_string(&r.event).unwrap());
    let log: String = events.collect();
    let mut bytes = Vec::new();
    for name in ["", "-wal"] {
        let file = format!("{}{name}", path.display());
        bytes.extend(std::fs::read(file).unwrap_or_default());
    }
    let files = String::from_utf8_lossy(&bytes).into_owned();
    [kept, log, files].map(|text| {
        let found = PERSONAL.iter().copied().filter(|p| text.contains(p));
        found.collect()
    })
}

#[tokio::test]
async fn documents_are_kept_without_what_is_personal_and_an_erasure_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tenure.db");
    let (node, company) = node(Some(&path)).await;
    let report = push(&node, Some(PERSON)).await.unwrap();
    assert_eq!(changes(&report), [("auditor", Change::Joiner)]);
    assert_eq!(carry_out(&node).await, ["joiner allow 1", "rule allow 1"]);
    let chat = company.target("chat");
    assert!(chat.account("quill@audit.example").unwrap().active);
    let [kept, log, files] = holds(&node, &path).await;
    assert_eq!(kept, Vec::<&str>::new());
    assert_eq!((log, files), (PERSONAL.to_vec(), PERSONAL.to_vec()));

    node.clock.advance(Duration::from_secs(2 * 86_400));
    assert_eq!(carry_out(&node).await, ["leaver allow 1"]);
    assert!(!chat.account("quill@audit.example").unwrap().active);
    let ana = actor("ana");
    node.app.erase(&ana, "auditor", "request 7").await.unwrap();
    let nothing = || Vec::<&str>::new();
    let found = holds(&node, &path).await;
    assert_eq!(found, [nothing(), nothing(), nothing()]);

    // The document may stay where it is: whoever is gone is not told of again.
    let again = push(&node, Some(PERSON)).await.unwrap();
    assert!(!again.changed);
    assert_eq!(changes(&again), []);
    assert_eq!(holds(&node, &path).await, found);
}

#[tokio::test]
async fn what_was_said_before_is_no_news_and_what_is_shown_is_not_taken_for_what_was_written() {
    let (node, _) = node(None).await;
    push(&node, Some(PERSON)).await.unwrap();
    let again = push(&node, Some(PERSON)).await.unwrap();
    assert!(!again.changed && again.people.is_none());

    let row = node.app.store().documents().await.unwrap().unwrap();
    let shown = row.documents.iter().find(|d| d.name == "people.yaml");
    let error = push(&node, Some(&shown.unwrap().text)).await.unwrap_err();
    let said = error.diagnostics()[0].to_string();
    assert!(said.contains("people.yaml:10:13 spec.withheld"), "{said}");

    let other = PERSON.replace("Quentin", "Quintus");
    let report = push(&node, Some(&other)).await.unwrap();
    assert_eq!(report.files, [("people.yaml".to_owned(), "changed")]);
    assert_eq!(changes(&report), [("auditor", Change::Mover)]);
    let report = push(&node, None).await.unwrap();
    assert_eq!(changes(&report), [("auditor", Change::MissingRow)]);
    let person = node.app.one_person("auditor").await.unwrap();
    assert_eq!(person.identity.source, PEOPLE);
    assert!(person.identity.withdrawn);
}

/// The only person whom documents name is no empty feed when they are taken out.
#[tokio::test]
async fn the_last_person_can_be_taken_out() {
    let (node, company) = node(None).await;
    push(&node, Some(PERSON)).await.unwrap();
    carry_out(&node).await;
    push(&node, None).await.unwrap();
    assert_eq!(carry_out(&node).await, ["missing_row allow 1"]);
    let chat = company.target("chat");
    assert!(!chat.account("quill@audit.example").unwrap().active);
}

#[tokio::test]
async fn a_preview_says_whom_it_does_not_show() {
    let (node, _) = node(None).await;
    let mut files = documents(GUARD);
    files.push(("people.yaml".to_owned(), PERSON.to_owned()));
    let preview = node.app.preview(&actor("ana"), files).await.unwrap();
    let found = preview
        .problems
        .iter()
        .find(|p| p.code == "TNR-PERSON-0001");
    let found = found.unwrap();
    assert_eq!(
        (found.total, found.people.as_slice()),
        (1, ["Quentin Quillfeather (auditor)".to_owned()].as_slice())
    );
    assert!(node.app.one_person("auditor").await.is_err());
}

//! The example directory that the README begins with, through a whole node.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::Connect;
use async_trait::async_trait;
use model::{Secret, Timestamp};
use ports::Target;
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::summary;

const DEPARTMENT: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

fn thin() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/thin")
}

fn documents() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(thin()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "yaml") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    files
}

fn node(connect: Arc<dyn Connect>) -> Node {
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    Node::open(None, clock, entropy, connect, "node-1").unwrap()
}

#[tokio::test]
async fn the_thin_example_plans_applies_and_then_has_nothing_to_do() {
    let company = Company::with(&["wiki"]);
    let node = node(Arc::new(company.clone()));
    let ana = actor("ana");
    let accepted = node.app.accept_documents(&ana, documents(), false).await;
    assert_eq!(accepted.unwrap().counts, (1, 1, 2));
    node.app
        .set_secret(
            &ana,
            "wiki-token",
            "wiki",
            "127.0.0.1:8090",
            &Secret::new("s3cret"),
        )
        .await
        .unwrap();
    let workers = std::fs::read(thin().join("workers.csv")).unwrap();
    let report = node
        .app
        .deliver(&ana, "hr", "workers.csv", &workers, false)
        .await
        .unwrap();
    assert_eq!(report.diagnostics, []);
    assert_eq!((report.rows, report.changes.len()), (10, 10));

    let waves = node.app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&waves), ["joiner allow 10", "rule allow 1"]);
    for wave in &waves {
        node.app.apply(&ana, wave.wave, "example").await.unwrap();
    }
    node.settle(200).await.unwrap();

    let wiki = company.target("wiki");
    assert_eq!(
        wiki.members_of("Engineering"),
        [
            "ana.sommer@example.com",
            "bo.lindqvist@example.com",
            "chiara.rossi@example.com",
            "hiro.tanaka@example.com"
        ]
    );
    let emma = wiki.account("emma.mueller@example.com").unwrap();
    assert!(emma.active);
    assert_eq!(emma.attributes["displayName"], "Emma Müller".into());
    assert_eq!(emma.attributes[DEPARTMENT], "Sales".into());
    let boss = wiki.account("david.okafor@example.com").unwrap();
    let boss = wiki
        .objects()
        .into_iter()
        .find(|(_, object)| object.external == boss.external);
    let manager = &emma.attributes[documents::MANAGER_PATH];
    assert_eq!(manager.to_string(), boss.unwrap().0.0);
    let jonas = wiki.account("jonas.weiss@example.com").unwrap();
    assert!(
        !jonas.attributes.contains_key(DEPARTMENT),
        "HR says nothing of it"
    );

    let again = node.app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&again), Vec::<String>::new());
    // Jonas's contract ends on its last day at five in Berlin, by itself.
    let end: Timestamp = "2027-08-31T15:00:00Z".parse().unwrap();
    node.clock.advance_to(end);
    let waves = node.app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&waves), ["leaver allow 1"]);
}

#[test]
fn the_tests_of_the_thin_example_pass() {
    let results = app::test_documents(&documents()).unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        assert_eq!(result.failures, [], "{}", result.name);
    }
}

/// Knows no profile at all.
struct Choosy;

#[async_trait]
impl Connect for Choosy {
    fn check(&self, app: &documents::App) -> Result<(), String> {
        let scim = app.scim().ok_or("it has none")?;
        Err(format!("there is no profile `{}`", scim.profile.preset))
    }

    async fn connect(
        &self,
        _: &documents::App,
        _: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        Err("not reached".to_owned())
    }
}

#[tokio::test]
async fn documents_of_a_target_that_cannot_be_described_are_refused() {
    let node = node(Arc::new(Choosy));
    let ana = actor("ana");
    for dry_run in [true, false] {
        let refused = node
            .app
            .accept_documents(&ana, documents(), dry_run)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "TNR-APP-0004");
        let told = refused.diagnostics();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].place, "App wiki");
        assert_eq!(told[0].problem, "there is no profile `rfc`");
    }
    let none = node.app.plan(&ana, true).await.unwrap_err();
    assert_eq!(none.code(), "TNR-APP-0002", "nothing was accepted");
}

#[tokio::test]
async fn what_is_kept_of_a_damaged_delivery_says_what_is_wrong_and_names_nobody() {
    let node = node(Arc::new(Company::with(&["wiki"])));
    let ana = actor("ana");
    node.app
        .accept_documents(&ana, documents(), false)
        .await
        .unwrap();
    let workers = std::fs::read_to_string(thin().join("workers.csv")).unwrap();
    let damaged = workers.replace("10.01.2023", "10.Emma.2023");
    let report = node
        .app
        .deliver(&ana, "hr", "workers.csv", damaged.as_bytes(), false)
        .await
        .unwrap();
    assert!(report.diagnostics[0].problem.contains("`10.Emma.2023`"));
    let kept = node.app.store().delivery(report.delivery).await.unwrap();
    let kept = kept.unwrap().delivery.diagnostics;
    assert_eq!(kept.len(), report.diagnostics.len());
    assert_eq!((kept[0].line, kept[0].field.as_str()), (6, "Start Date"));
    assert!(kept[0].problem.contains("`…`"), "{:?}", kept[0]);
    assert_eq!(kept[0].fix, report.diagnostics[0].fix);
    assert!(!kept[0].problem.contains("Emma"));
}

//! Law: in which order documents stand, and in which files, never changes what they do.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use testkit::node::actor;
use tokio::runtime::Runtime;

use crate::company::{GUARD, Stage, documents, stage, workers};

const MORE: &str = r#"kind: BirthrightRule
metadata: {name: leads}
spec:
  when: "!has(person.manager)"
  grants: [{app: chat, group: sales}, {app: chat, group: eng}]
---
kind: BirthrightRule
metadata: {name: not-sales}
spec: {when: 'person.department != "Sales"', grants: [{app: chat, group: eng}]}
---
kind: LifecycleTest
metadata: {name: an-engineer}
spec:
  person: {worker_key: w1, zone: Europe/Berlin, attributes: {department: Engineering, email: a@x, given_name: A, family_name: B}}
  moments:
    - {at: 2026-01-01, expect: {chat: {account: present, groups: [eng, sales]}}}
"#;

/// Every document of a changed company on its own.
fn all() -> Vec<String> {
    let mut files: Vec<String> = documents(GUARD).into_iter().map(|(_, text)| text).collect();
    files.push(MORE.to_owned());
    let documents = files.iter().flat_map(|text| text.split("---\n"));
    documents.map(str::to_owned).collect()
}

static STAGE: LazyLock<(Runtime, Stage)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let stage = runtime.block_on(async {
        let stage = stage(GUARD).await;
        let mut rows = workers(9);
        // Of one person one rule knows nothing, so that what has no answer is compared too.
        rows[4] = rows[4].replace("Engineering", "");
        let waves = stage.deliver(&rows).await;
        stage.apply(&waves).await;
        stage
    });
    (runtime, stage)
});

/// Everything that the documents would do to the company.
fn effect(files: &[(String, String)]) -> String {
    let (runtime, stage) = &*STAGE;
    let ana = actor("ana");
    let asked = stage.node.app.preview(&ana, files.to_vec());
    let preview = runtime.block_on(asked).unwrap();
    let steps: BTreeMap<&str, String> = preview
        .waves
        .iter()
        .flat_map(|wave| &wave.plans)
        .map(|plan| (plan.name.as_str(), format!("{:?}", plan.plan.steps)))
        .collect();
    let tests = app::test_documents(files).unwrap();
    let tests: Vec<_> = tests.iter().map(|t| (&t.name, t.failures.len())).collect();
    format!(
        "{steps:#?} {:#?} {:#?} {tests:?}",
        preview.apps, preview.problems
    )
}

#[test]
fn the_documents_do_something() {
    let files: Vec<(String, String)> = all()
        .into_iter()
        .map(|text| ("all".to_owned(), text))
        .collect();
    let told = effect(&named(&files));
    for word in ["Grant", "rule/leads", "TNR-RULE-0001", "an-engineer"] {
        assert!(told.contains(word), "{word}\n{told}");
    }
}

fn named(files: &[(String, String)]) -> Vec<(String, String)> {
    let numbered = files.iter().enumerate();
    numbered
        .map(|(n, (name, text))| (format!("{name}{n}"), text.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_and_files_change_nothing(
        order in Just((0..all().len()).collect::<Vec<usize>>()).prop_shuffle(),
        places in prop::collection::vec(0usize..4, 12),
    ) {
        let all = all();
        let straight: Vec<(String, String)> =
            all.iter().enumerate().map(|(n, text)| (format!("f{n:02}"), text.clone())).collect();
        let mut files: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (at, n) in order.iter().enumerate() {
            let place = format!("dir/{}.yaml", places[at % places.len()]);
            files.entry(place).or_default().push(&all[*n]);
        }
        let shuffled: Vec<(String, String)> =
            files.into_iter().map(|(name, texts)| (name, texts.join("---\n"))).collect();
        prop_assert_eq!(effect(&straight), effect(&shuffled));
    }
}

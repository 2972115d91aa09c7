//! What documents would do to everyone, before they are accepted.

use app::{AppOutlook, Preview};
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

/// A company of nine whose app agrees.
async fn settled() -> Stage {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(9)).await;
    stage.apply(&waves).await;
    stage
}

fn changed(from: &str, to: &str) -> Vec<(String, String)> {
    let files = documents(GUARD);
    assert!(files.iter().any(|(_, text)| text.contains(from)), "{from}");
    let changed = |(name, text): (String, String)| (name, text.replace(from, to));
    files.into_iter().map(changed).collect()
}

/// Previews, and proves that nothing was written and nothing was asked.
async fn preview(stage: &Stage, files: Vec<(String, String)>) -> Preview {
    let store = stage.node.app.store();
    let (before, journal) = (
        store.head().await.unwrap(),
        stage.company.target("chat").journal(),
    );
    let preview = stage.node.app.preview(&actor("ben"), files).await.unwrap();
    assert_eq!(store.head().await.unwrap(), before);
    assert_eq!(stage.company.target("chat").journal(), journal);
    preview
}

fn names(list: &app::Names) -> Vec<String> {
    let told = |named: &app::Named| format!("{}: {}", named.name, named.what.join(", "));
    let mut told: Vec<String> = list.people.iter().map(told).collect();
    told.sort();
    told
}

fn only(preview: &Preview) -> &AppOutlook {
    assert_eq!(preview.apps.len(), 1);
    &preview.apps[0]
}

#[tokio::test]
async fn documents_in_force_change_nothing() {
    let stage = settled().await;
    let preview = preview(&stage, documents(GUARD)).await;
    assert_eq!(
        (preview.revision, preview.people, preview.waves.len()),
        (1, 9, 0)
    );
    let chat = only(&preview);
    assert_eq!((chat.accounts, chat.gain.total, chat.lose.total), (9, 0, 0));
    assert_eq!(chat.collisions_total, 0);
    assert_eq!(preview.problems, []);
}

#[tokio::test]
async fn who_gains_and_who_loses_is_said_by_name() {
    let stage = settled().await;
    // Whoever sold is now an engineer in the eyes of the rules.
    let files = changed(r#"orValue("") == "Sales""#, r#"orValue("") == "Support""#);
    let files: Vec<_> = files
        .into_iter()
        .map(|(name, text)| {
            let all = r#"person.department.orValue("") != "Support""#;
            (
                name,
                text.replace(r#"person.department.orValue("") == "Engineering""#, all),
            )
        })
        .collect();
    let preview = preview(&stage, files.clone()).await;
    let chat = only(&preview);
    let three = |what: &str| [3, 6, 9].map(|n| format!("First{n} Last{n}: group {what}"));
    assert_eq!(names(&chat.gain), three("eng"));
    assert_eq!(names(&chat.lose), three("sales"));
    assert_eq!(
        (chat.gain.total, chat.lose.total, chat.change.total),
        (3, 3, 0)
    );
    assert_eq!(chat.requests, [("grant", 3), ("revoke", 3)].into());
    assert_eq!(
        summary(&preview.waves),
        ["rule ask 3"],
        "the guard is asked too"
    );
    // And that is what then happens.
    let ana = actor("ana");
    stage
        .node
        .app
        .accept_documents(&ana, files, false)
        .await
        .unwrap();
    let waves = stage.node.app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&waves), summary(&preview.waves));
}

#[tokio::test]
async fn a_mapping_that_gives_many_the_same_name_is_seen_before_it_is_sent() {
    let stage = settled().await;
    let name = "userName: lower(person.department) + \"@acme.example\"";
    let files = changed("userName: person.email", name);
    let preview = preview(&stage, files).await;
    let chat = only(&preview);
    let told: Vec<(&str, &str, u64)> = chat
        .collisions
        .iter()
        .map(|c| (c.path.as_str(), c.value.as_str(), c.total))
        .collect();
    assert_eq!(
        told,
        [
            ("userName", "engineering@acme.example", 6),
            ("userName", "sales@acme.example", 3)
        ]
    );
    assert_eq!(chat.collisions_total, 2);
    assert!(
        chat.collisions[1]
            .people
            .contains(&"First9 Last9".to_owned())
    );
    let user_name = chat
        .attributes
        .iter()
        .find(|a| a.path == "userName")
        .unwrap();
    assert_eq!(
        (user_name.different, user_name.empty, user_name.more),
        (2, 0, false)
    );
    assert_eq!(user_name.top[0], ("engineering@acme.example".to_owned(), 6));
    assert_eq!(chat.requests, [].into(), "nobody can tell whose it is");
    let [one] = preview.problems.as_slice() else {
        panic!("{:#?}", preview.problems)
    };
    assert_eq!((one.code.as_str(), one.total), ("TNR-PLAN-0007", 9));
}

#[tokio::test]
async fn how_long_it_takes_follows_from_the_requests_and_the_limit_of_the_app() {
    let stage = settled().await;
    let files = changed(
        "title: person.department",
        "title: lower(person.department)",
    );
    let files: Vec<_> = files
        .into_iter()
        .map(|(file, text)| {
            let limits = "mode: enforce\n  limits: {requests_per_second: 2}";
            (file, text.replace("mode: enforce", limits))
        })
        .collect();
    let preview = preview(&stage, files).await;
    let chat = only(&preview);
    assert_eq!(chat.requests, [("update", 9)].into());
    // Nine changes, each read back, at two requests a second.
    assert_eq!((chat.per_second, chat.seconds), (Some(2), Some(9)));
}

#[tokio::test]
async fn what_is_empty_and_what_has_no_answer_is_counted() {
    let stage = stage(GUARD).await;
    let mut rows = workers(4);
    rows[0] = rows[0].replace("Engineering", "");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    let files = changed(
        r#"person.department.orValue("") == "Engineering""#,
        r#"person.department == "Engineering""#,
    );
    let preview = preview(&stage, files).await;
    let title = only(&preview)
        .attributes
        .iter()
        .find(|a| a.path == "title")
        .unwrap();
    assert_eq!((title.empty, title.different), (1, 2));
    let [one] = preview.problems.as_slice() else {
        panic!("{:#?}", preview.problems)
    };
    assert_eq!((one.code.as_str(), one.total), ("TNR-RULE-0001", 1));
    assert_eq!(one.people, ["First1 Last1"]);
    assert!(
        one.problem.contains("`rule/engineers` gives no answer"),
        "{}",
        one.problem
    );
}

#[tokio::test]
async fn an_app_that_nobody_looked_into_yet_is_said_to_be_one() {
    let stage = settled().await;
    let mut files = documents(GUARD);
    let chat = files[1].1.clone();
    files[1].1 = chat.replace("{name: chat}", "{name: wiki}");
    let rules = files[2].1.replace("app: chat", "app: wiki");
    files[2].1 = rules;
    let preview = preview(&stage, files).await;
    let wiki = only(&preview);
    assert_eq!(
        (wiki.app.as_str(), wiki.listed, wiki.accounts),
        ("wiki", false, 9)
    );
    assert_eq!(wiki.per_second, None);
    assert_eq!(preview.undeclared, ["chat".into()]);
    let unseen = preview
        .problems
        .iter()
        .find(|p| p.code == "TNR-PLAN-0001")
        .unwrap();
    assert_eq!(unseen.total, 9);
}

#[tokio::test]
async fn documents_that_would_be_refused_are_refused_here_too() {
    let stage = settled().await;
    let files = changed("person.email", "person.mail");
    let refused = stage
        .node
        .app
        .preview(&actor("ben"), files)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "TNR-APP-0004");
}

#[tokio::test]
async fn whose_attribute_would_be_emptied_is_said_by_name() {
    let stage = settled().await;
    let (plain, valued) = (
        "title: person.department",
        "title: {value: person.manager, missing: clear}",
    );
    let preview = preview(&stage, changed(plain, valued)).await;
    let chat = only(&preview);
    let told = names(&chat.change);
    assert_eq!(told[0], "First1 Last1: title emptied", "{told:?}");
    assert_eq!(told[1], "First2 Last2: title");
    let title = chat.attributes.iter().find(|a| a.path == "title").unwrap();
    assert_eq!((title.empty, title.different), (1, 1));
    let kept = changed(plain, "title: {value: person.manager, missing: keep}");
    let preview = self::preview(&stage, kept).await;
    let told = names(&only(&preview).change);
    assert_eq!(told[0], "First2 Last2: title", "what is there stays");
}

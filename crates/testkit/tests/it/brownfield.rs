//! An app that was there before Tenure: what matches is taken over, what does not is let be.

use model::{Actor, Attributes, Kind, Value};

use crate::company::{GUARD, stage, summary, workers};

fn named(name: &str) -> Attributes {
    let values = [("userName", name), ("nickName", "Ace")];
    let values = values.map(|(path, text)| (path.to_owned(), Value::from(text)));
    values.into_iter().collect()
}

#[tokio::test]
async fn accounts_that_match_are_taken_over_and_others_are_left_alone() {
    let stage = stage(GUARD).await;
    let chat = stage.company.target("chat");
    let hers = chat.plant(Kind::Account, true, named("P2@acme.example"));
    let his = chat.plant(Kind::Account, false, named("p3@acme.example"));
    let like = chat.plant(Kind::Account, true, named("xp4@acme.example"));
    let robot = chat.plant(Kind::Account, true, named("backup"));
    let display = [("displayName".to_owned(), Value::from("Engineering"))];
    let group = chat.plant(Kind::Group, true, display.into_iter().collect());
    chat.tamper(&group, |g| g.members.extend([hers.clone(), robot.clone()]));
    let (like_before, robot_before) = (
        chat.objects()[&like].clone(),
        chat.objects()[&robot].clone(),
    );

    let waves = stage.deliver(&workers(5)).await;
    let verbs: Vec<&str> = waves
        .iter()
        .flat_map(|w| &w.plans)
        .flat_map(|p| &p.plan.steps)
        .map(|s| s.act.verb())
        .collect();
    assert!(
        verbs
            .iter()
            .all(|v| !matches!(*v, "disable" | "delete" | "revoke")),
        "{verbs:?}"
    );
    let adopted = verbs.iter().filter(|v| **v == "adopt").count();
    assert_eq!(adopted, 4, "two accounts, the group, and the membership");
    stage.apply(&waves).await;
    let again = stage.node.app.plan(&Actor::named("ana"), false).await;
    assert_eq!(summary(&again.unwrap()), Vec::<String>::new());

    let there = chat.objects();
    assert!(
        there[&hers].active && there[&his].active,
        "both may be used"
    );
    assert_eq!(
        there[&hers].attributes["userName"],
        "p2@acme.example".into()
    );
    assert_eq!(
        there[&hers].attributes["nickName"],
        "Ace".into(),
        "what nobody owns stays"
    );
    assert_eq!(
        (&there[&like], &there[&robot]),
        (&like_before, &robot_before)
    );
    assert!(
        there[&group].members.contains(&robot),
        "a foreign member stays"
    );
    let accounts = there.values().filter(|o| o.kind == Kind::Account).count();
    assert_eq!(accounts, 7, "three new, two taken over, two foreign");
    let groups = there.values().filter(|o| o.kind == Kind::Group).count();
    assert_eq!(groups, 2, "the group that was there is used");
}

#[tokio::test]
async fn of_two_that_match_nobody_is_chosen() {
    let stage = stage(GUARD).await;
    let chat = stage.company.target("chat");
    for name in ["p1@acme.example", "P1@ACME.example"] {
        chat.plant(Kind::Account, true, named(name));
    }
    let before = chat.objects();
    let waves = stage.deliver(&workers(1)).await;
    let summary = summary(&waves);
    assert_eq!(summary, ["rule allow 1"], "only the groups are made");
    let findings = stage.node.app.store().open_findings(100).await.unwrap();
    assert!(
        findings
            .iter()
            .any(|f| f.opened.finding.code == "TNR-PLAN-0002")
    );
    assert_eq!(chat.objects(), before);
}

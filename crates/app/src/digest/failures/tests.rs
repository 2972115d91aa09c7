#![allow(clippy::unwrap_used)]
use model::plan::{About, Before, StepRef};
use model::{Address, Cause, Change, Digest, Input, Personal, Plan, PlanId, Step, Value, WaveId};

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(std::time::Duration::from_secs(seconds))
}

fn refused(code: &str, detail: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        detail: detail.to_owned(),
    }
}

fn later(detail: &str) -> Outcome {
    Outcome::Later {
        wait_ms: 1,
        detail: detail.to_owned(),
        whole_target: true,
    }
}

/// A plan that creates one account with these attributes, and how that ended.
fn plan(n: u128, status: PlanStatus, outcome: Option<Outcome>, sent: &[&str]) -> PlanRow {
    let subject = SubjectId::from_bits(n);
    let address = Address::account(&TargetName::from("chat"), subject);
    let about = About::Subject(subject);
    let sent = sent
        .iter()
        .map(|path| ((*path).to_owned(), Value::from("x")));
    let cause = Cause {
        input: Input::Clock,
        change: Change::Joiner,
    };
    let step = Step {
        no: 0,
        address: address.clone(),
        act: Act::Create {
            attributes: sent.collect(),
            active: true,
        },
        before: Before::Absent,
        after: Vec::new(),
        because: Vec::new(),
    };
    let step_status = match status {
        PlanStatus::Failed => StepStatus::Failed,
        _ => StepStatus::Pending,
    };
    let id = PlanId::from_bits(n);
    let last = StepChanged {
        step: StepRef { plan: id, no: 0 },
        address: address.clone(),
        status: step_status,
        attempt: 1,
        looks: 0,
        not_before: None,
        fence: 1,
        outcome,
        detail: "said done, but: it is not there".to_owned(),
        exchanges: Vec::new(),
    };
    PlanRow {
        id,
        drafted: 1,
        wave: WaveId::from_bits(1),
        about: about.clone(),
        change: Change::Joiner,
        status,
        detail: String::new(),
        head: None,
        plan: Personal::Known(Plan {
            about,
            cause,
            revision: 1,
            zones: String::new(),
            base: Vec::new(),
            steps: vec![step],
            salt: Digest::default(),
        }),
        steps: vec![StepRow {
            no: 0,
            address,
            verb: "create".to_owned(),
            after: Vec::new(),
            status: step_status,
            last: Some(last),
            at: Some(at(u64::try_from(n).unwrap())),
        }],
    }
}

fn failed(n: u128, outcome: Option<Outcome>, sent: &[&str]) -> Vec<Failure> {
    let person = (SubjectId::from_bits(n), format!("w{n}"));
    let row = plan(n, PlanStatus::Failed, outcome, sent);
    of_plan(&row, Some(&person), |_| None)
}

#[test]
fn one_cause_is_one_group_and_another_is_another() {
    let title = refused("SCIM-400", "HTTP 400 invalidValue: Title cannot be (value)");
    let name = refused(
        "SCIM-400",
        "HTTP 400 invalidValue: userName cannot be (value)",
    );
    let mut all = failed(3, Some(title.clone()), &["title", "userName"]);
    all.extend(failed(2, Some(title), &["title"]));
    all.extend(failed(4, Some(name), &["title", "userName"]));
    all.extend(failed(5, None, &["title"]));
    let groups = group(all);
    let told: Vec<_> = groups.iter().map(|g| (g.group.as_str(), g.steps)).collect();
    assert_eq!(
        told,
        [
            ("chat/SCIM-400-invalidValue/title", 2),
            ("chat/SCIM-400-invalidValue/userName", 1),
            ("chat/TNR-STEP-0001", 1),
        ]
    );
    let first = &groups[0];
    assert_eq!((first.first_seen, first.last_seen), (at(2), at(3)));
    let names: Vec<_> = first.people.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["w2", "w3"]);
    assert_eq!(first.problem, "Title cannot be (value)");
    assert!(
        first
            .fix
            .contains("`tenure retry chat/SCIM-400-invalidValue/title`")
    );
    assert!(
        groups[2].fix.contains("does not show it"),
        "{}",
        groups[2].fix
    );
}

#[test]
fn a_class_is_status_and_type_or_what_is_known_without_them() {
    let class = |outcome: Option<Outcome>| failed(1, outcome, &[])[0].class.clone();
    for (outcome, expected) in [
        (
            refused("SCIM-409", "HTTP 409 uniqueness: taken"),
            "SCIM-409-uniqueness",
        ),
        (refused("SCIM-403", "HTTP 403: no"), "SCIM-403"),
        (
            refused("SCIM-405", "HTTP 405, without a SCIM error"),
            "SCIM-405",
        ),
        (refused("SCIM-unreadable", "not JSON"), "SCIM-unreadable"),
        (later("HTTP 401: expired"), "HTTP-401"),
        (later("the connection was refused"), "not-now"),
        (
            Outcome::Unknown {
                detail: "timed out".to_owned(),
            },
            "no-answer",
        ),
    ] {
        assert_eq!(class(Some(outcome.clone())), expected, "{outcome:?}");
    }
    assert_eq!(class(None), NOT_SHOWN);
}

#[test]
fn the_fix_follows_from_the_class() {
    let fix = |outcome: Outcome| group(failed(1, Some(outcome), &[]))[0].fix.clone();
    for (outcome, word) in [
        (
            refused("SCIM-409", "HTTP 409 uniqueness: taken"),
            "has that name",
        ),
        (refused("SCIM-400", "HTTP 400: no licences left"), "seats"),
        (refused("SCIM-403", "HTTP 403: no"), "secret"),
        (refused("SCIM-422", "HTTP 422: odd"), "names"),
    ] {
        let fix = fix(outcome);
        assert!(fix.contains(word) && fix.contains("tenure retry"), "{fix}");
    }
}

#[test]
fn an_attribute_is_named_by_its_whole_path_or_its_last_part_and_only_if_it_was_sent() {
    let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    let sent: Attributes = [urn, "name.familyName", "title"]
        .into_iter()
        .map(|path| (path.to_owned(), Value::from("x")))
        .collect();
    let named = |said| attribute_in(said, &sent);
    assert_eq!(
        named("Department: too long.").as_deref(),
        Some("department")
    );
    assert_eq!(
        named("`name.familyname` is wrong").as_deref(),
        Some("name.familyName")
    );
    assert_eq!(named("the subtitle is wrong"), None);
    assert_eq!(named("nickName is wrong"), None);
}

#[test]
fn a_step_that_waits_for_another_plan_has_not_failed_and_one_that_is_tried_again_is_told_so() {
    let told = |outcome| of_plan(&plan(1, PlanStatus::Released, outcome, &[]), None, |_| None);
    assert_eq!(told(None), Vec::new());
    let again = group(told(Some(later("HTTP 503: down"))));
    assert!(again[0].again && again[0].fix.contains("by itself"));
    assert!(!again[0].fix.contains("tenure retry"), "{}", again[0].fix);
    let closed = plan(
        1,
        PlanStatus::Superseded,
        Some(refused("SCIM-400", "no")),
        &[],
    );
    assert_eq!(of_plan(&closed, None, |_| None), Vec::new());
}

/// What was found first counts, even where it failed once more since.
#[test]
fn a_failure_is_as_old_as_its_first_finding() {
    let row = plan(9, PlanStatus::Failed, Some(refused("SCIM-400", "no")), &[]);
    let group = group(of_plan(&row, None, |_| Some(at(2))));
    assert_eq!((group[0].first_seen, group[0].last_seen), (at(2), at(9)));
}

//! Tests that a tenant's documents hold: they run on the engine that plans, and documents whose
//! own tests fail are not accepted.

use app::{TestFailure, TestResult, test_documents};
use testkit::node::actor;

use crate::company::{GUARD, documents, stage};

const PERSON: &str = r#"  person:
    worker_key: w001
    zone: Europe/Berlin
    starts: 2026-03-02
    attributes: {given_name: Ana, family_name: Li, email: ana@acme.example, department: Sales}
"#;

fn with(test: &str) -> Vec<(String, String)> {
    let mut files = documents(GUARD);
    files.push(("tests.yaml".to_owned(), test.to_owned()));
    files
}

fn story(moments: &str) -> String {
    format!("kind: LifecycleTest\nmetadata: {{name: story}}\nspec:\n{PERSON}  moments:\n{moments}")
}

fn mapping(attributes: &str, expect: &str) -> String {
    format!(
        "kind: MappingTest\nmetadata: {{name: account}}\nspec:\n  app: chat\n  person:\n    \
         worker_key: w001\n    zone: Europe/Berlin\n    attributes: {{{attributes}}}\n  \
         expect:\n{expect}"
    )
}

fn only(test: &str) -> TestResult {
    let results = test_documents(&with(test)).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
    assert_eq!(results.len(), 1);
    results.into_iter().next().unwrap()
}

fn told(failures: &[TestFailure]) -> Vec<String> {
    let told = |f: &TestFailure| format!("{} | {} | {}", f.about, f.expected, f.got);
    failures.iter().map(told).collect()
}

#[test]
fn a_life_from_before_the_first_day_to_after_a_return() {
    let result = only(&story(
        r#"    - {at: 2026-03-01T23:59, expect: {chat: {account: absent, groups: [], because: []}}}
    - at: 2026-03-02
      expect:
        chat: {account: present, groups: [sales], because: [rule/everyone, rule/sellers]}
    - at: 2026-04-01
      change: {attributes: {department: Engineering}}
      expect: {chat: {account: present, groups: [eng], because: [rule/everyone, rule/engineers]}}
    - {at: 2026-05-01, change: {ends: 2026-05-29}}
    - at: 2026-05-29T23:59
      expect: {chat: {account: present}}
    - at: 2026-05-30
      expect: {chat: {account: disabled, groups: [], because: [lifecycle/leaver]}}
    - at: 2026-07-01
      change: {ends: never}
      expect: {chat: {account: present, groups: [eng]}}
    - at: 2026-08-01
      change: {withdrawn: true}
      expect: {chat: {account: disabled, because: [lifecycle/leaver]}}
    - at: 2026-08-02
      change: {withdrawn: false, unset: [email]}
      expect: {chat: {account: untouched}}
"#,
    ));
    assert_eq!(told(&result.failures), Vec::<String>::new());
}

#[test]
fn what_a_move_leaves_for_a_while_and_what_is_kept_after_leaving_have_their_ends() {
    let mut files = with(&story(
        r#"    - at: 2026-03-02
      expect: {chat: {account: present, groups: [sales]}}
    - at: 2026-04-01
      change: {attributes: {department: Engineering}}
      expect: {chat: {account: present, groups: [eng, sales]}}
    - {at: 2026-04-14T23:59, expect: {chat: {groups: [eng, sales], account: present}}}
    - {at: 2026-04-15, expect: {chat: {account: present, groups: [eng]}}}
    - at: 2026-05-04
      change: {attributes: {department: Sales}, ends: 2026-05-05T12:00}
      expect: {chat: {account: present, groups: [sales]}}
    - at: 2026-05-05T12:00
      expect: {chat: {account: disabled, groups: [], because: [lifecycle/leaver, lifecycle/retention]}}
    - {at: 2026-06-04T11:59, expect: {chat: {account: disabled}}}
    - {at: 2026-06-04T12:00, expect: {chat: {account: absent}}}
    - at: 2026-07-01
      change: {ends: never}
      expect: {chat: {account: present, groups: [sales]}}
"#,
    ));
    for (name, text) in &mut files {
        let (from, to) = match name.as_str() {
            "chat.yaml" => (
                "mode: enforce",
                "mode: enforce\n  leaver: {delete_after_days: 30}",
            ),
            "rules.yaml" => (
                "grants: [{app: chat, group: sales}]",
                "grants: [{app: chat, group: sales}]\n  grace_days: 14",
            ),
            _ => continue,
        };
        *text = text.replace(from, to);
    }
    let results = test_documents(&files).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
    assert_eq!(told(&results[0].failures), Vec::<String>::new());
}

#[test]
fn what_happens_between_two_moments_has_happened() {
    // Nobody looks while they work here; their account is there all the same, and disabled.
    let came_and_went = r"    - {at: 2026-03-01, change: {ends: 2026-03-31}}
    - {at: 2026-05-01, expect: {chat: {account: disabled, because: [lifecycle/leaver]}}}
";
    assert_eq!(
        told(&only(&story(came_and_went)).failures),
        Vec::<String>::new()
    );
    let never_came = r"    - {at: 2026-03-01, change: {starts: 2026-06-01}}
    - {at: 2026-05-01, expect: {chat: {account: absent}}}
";
    assert_eq!(
        told(&only(&story(never_came)).failures),
        Vec::<String>::new()
    );
}

#[test]
fn a_lead_is_waited_for_and_taken_back() {
    let moments = r"    - {at: 2026-02-22T23:59, expect: {chat: {account: absent}}}
    - at: 2026-02-23
      expect:
        chat:
          account: disabled
          groups: [sales]
          because: [lifecycle/joiner, rule/everyone, rule/sellers]
    - at: 2026-02-25
      change: {starts: 2026-06-01}
      expect: {chat: {account: disabled, groups: [], because: [lifecycle/joiner]}}
    - at: 2026-06-01
      expect: {chat: {account: present, groups: [sales]}}
";
    let leading = |(name, text): (String, String)| {
        (
            name,
            text.replace("  account:\n", "  joiner: {days_before: 7}\n  account:\n"),
        )
    };
    let files: Vec<_> = with(&story(moments)).into_iter().map(leading).collect();
    assert!(files.iter().any(|(_, text)| text.contains("joiner")));
    let results = test_documents(&files).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
    assert_eq!(told(&results[0].failures), Vec::<String>::new());
}

#[test]
fn on_leave_an_account_waits_and_a_leaver_does_not_come_back() {
    let moments = r"    - at: 2026-03-02
      change: {leave: {from: 2026-04-01, to: 2026-06-30}}
      expect: {chat: {account: present, groups: [sales]}}
    - at: 2026-04-01
      expect:
        chat:
          account: disabled
          groups: [sales]
          because: [lifecycle/leave, rule/everyone, rule/sellers]
    - {at: 2026-06-30T23:59, expect: {chat: {account: disabled}}}
    - {at: 2026-07-01, expect: {chat: {account: present, groups: [sales]}}}
    - at: 2026-08-01
      change: {leave: {from: 2026-08-01}}
      expect: {chat: {account: disabled}}
    - at: 2026-09-01
      change: {leave: never}
      expect: {chat: {account: present}}
    - at: 2026-10-01
      change: {leave: {from: 2026-10-01, to: 2026-12-31}, ends: 2026-11-30}
      expect: {chat: {account: disabled, groups: [sales]}}
    - at: 2027-02-01
      expect: {chat: {account: disabled, groups: [], because: [lifecycle/leaver]}}
";
    let closing = |(name, text): (String, String)| {
        (
            name,
            text.replace("  account:\n", "  leave: disable\n  account:\n"),
        )
    };
    let files: Vec<_> = with(&story(moments)).into_iter().map(closing).collect();
    assert!(
        files
            .iter()
            .any(|(_, text)| text.contains("leave: disable"))
    );
    let results = test_documents(&files).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
    assert_eq!(told(&results[0].failures), Vec::<String>::new());
}

#[test]
fn what_is_expected_wrongly_is_told_with_what_decided() {
    let result = only(&story(
        r"    - at: 2026-03-02
      expect:
        chat: {account: disabled, groups: [eng], because: [rule/engineers]}
",
    ));
    assert_eq!(
        told(&result.failures),
        [
            "account in chat at 2026-03-02 | disabled | present",
            "groups in chat at 2026-03-02 | eng | sales",
            "because in chat at 2026-03-02 | rule/engineers | rule/everyone, rule/sellers",
        ]
    );
    let failure = &result.failures[1];
    assert_eq!(
        (failure.line, failure.field.as_str()),
        (12, "spec.moments[0].expect.chat.groups")
    );
    assert!(
        failure
            .trace
            .iter()
            .any(|line| line == r#"  person.department = "Sales""#),
        "{:#?}",
        failure.trace
    );
    let engineers = r#"rule/engineers: person.department.orValue("") == "Engineering""#;
    assert!(
        failure.trace.iter().any(|line| line == engineers),
        "{:#?}",
        failure.trace
    );
}

#[test]
fn mappings_give_values_nothing_or_an_error() {
    let all = "given_name: Ana, family_name: Li, email: ana@acme.example, department: Sales";
    let expect = "    attributes: {userName: ana@acme.example, title: Sales}\n";
    assert_eq!(
        told(&only(&mapping(all, expect)).failures),
        Vec::<String>::new()
    );
    let expect = "    missing: [title]\n    errors: {userName: person.email}\n    manager: w002\n";
    let few = mapping("given_name: Ana, manager: w002", expect);
    assert_eq!(told(&only(&few).failures), Vec::<String>::new());

    let wrong = "    attributes: {title: Engineering}\n    missing: [userName]\n    errors: \
                 {name.givenName: \"\"}\n    manager: w9\n";
    assert_eq!(
        told(&only(&mapping(all, wrong)).failures),
        [
            r#"`name.givenName` in chat | an error | "Ana""#,
            r#"`title` in chat | "Engineering" | "Sales""#,
            r#"`userName` in chat | missing | "ana@acme.example""#,
            r#"the manager in chat | "w9" | missing"#,
        ]
    );
}

#[test]
fn a_test_says_what_is_right_whatever_the_mode() {
    let test = story("    - {at: 2026-03-02, expect: {chat: {account: present}}}\n");
    let observing: Vec<(String, String)> = with(&test)
        .into_iter()
        .map(|(name, text)| (name, text.replace("mode: enforce", "mode: observe")))
        .collect();
    assert!(
        observing
            .iter()
            .any(|(_, text)| text.contains("mode: observe"))
    );
    let results = test_documents(&observing).unwrap();
    assert_eq!(told(&results[0].failures), Vec::<String>::new());
}

#[tokio::test]
async fn documents_whose_own_tests_fail_are_not_accepted() {
    let stage = stage(GUARD).await;
    let ana = actor("ana");
    let right = story("    - {at: 2026-03-02, expect: {chat: {account: present}}}\n");
    let wrong = right.replace("present", "absent");
    for dry_run in [true, false] {
        let refused = stage
            .node
            .app
            .accept_documents(&ana, with(&wrong), dry_run)
            .await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "TNR-APP-0005");
        let [one] = refused.diagnostics() else {
            panic!("{:#?}", refused.diagnostics())
        };
        assert_eq!((one.place.as_str(), one.line), ("tests.yaml", 10));
        assert_eq!(
            one.problem,
            "`story`: account in chat at 2026-03-02 should be absent, but is present"
        );
    }
    let report = stage
        .node
        .app
        .accept_documents(&ana, with(&right), false)
        .await
        .unwrap();
    assert_eq!((report.revision, report.tests), (2, 1));
}

#[test]
fn a_mapping_test_tells_what_is_emptied_from_what_stays() {
    let with = |missing: &str| {
        let mut files = documents(GUARD);
        for (_, text) in &mut files {
            *text = text.replace(
                "    manager: person.manager\n",
                &format!("    manager: {{value: person.manager, missing: {missing}}}\n"),
            );
        }
        files
    };
    let run = |missing: &str, expect: &str| {
        let mut files = with(missing);
        let expect = format!("    {expect}: [manager]\n");
        let test = mapping("email: ana@acme.example", &expect);
        files.push(("tests.yaml".to_owned(), test));
        let results = test_documents(&files).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
        told(&results[0].failures)
    };
    for (missing, expect) in [
        ("keep", "missing"),
        ("clear", "missing"),
        ("clear", "cleared"),
    ] {
        assert_eq!(run(missing, expect), Vec::<String>::new(), "{missing}");
    }
    assert_eq!(
        run("keep", "cleared"),
        ["`manager` in chat | missing, and emptied | missing"]
    );
    let refused = run("refuse", "cleared");
    assert!(refused[0].contains("the error `"), "{refused:?}");
}

#[test]
fn a_story_tells_the_groups_that_its_person_is_in() {
    let group = "kind: Group\nmetadata: {name: on-call}\nspec: {members: [w900], owner: w901, reason: \
                 telephone}\n---\nkind: Group\nmetadata: {name: pagers}\nspec: {when: 'in_group(\"on-call\") \
                 && person.department == \"Sales\"'}\n---\nkind: BirthrightRule\nmetadata: {name: pagers}\n\
                 spec: {when: in_group(\"pagers\"), grants: [{app: chat, group: eng}]}\n";
    let run = |listed: &str| {
        let moments = "    - at: 2026-03-02\n      expect: {chat: {account: present, groups: [eng, sales]}}\n";
        let story = story(moments).replace("  moments:", &format!("{listed}  moments:"));
        let mut files = with(&story);
        files.push(("groups.yaml".to_owned(), group.to_owned()));
        let results = test_documents(&files).unwrap_or_else(|e| panic!("{:#?}", e.diagnostics()));
        results.into_iter().next().unwrap().failures
    };
    assert_eq!(
        told(&run("    in_groups: [on-call]\n")),
        Vec::<String>::new()
    );
    let [missed] = <[TestFailure; 1]>::try_from(run("")).unwrap();
    assert_eq!(
        (missed.expected.as_str(), missed.got.as_str()),
        ("eng, sales", "sales")
    );
    // How it came to that goes into the group.
    let inside = "    in_group(\"on-call\") = false".to_owned();
    assert!(missed.trace.contains(&inside), "{:#?}", missed.trace);
}

//! What is written down for one person or account: how it is read, and what is said of it when
//! it is wrong.

use std::time::Duration;

use documents::{Grant, Hold, Limit, Lingering, PersonalGrant, load};
use model::WorkerRef;

use super::{APP, SOURCE, told};

const GRANT: &str = r#"
kind: Grant
metadata: {name: audit}
spec:
  person: "7"
  app: wiki
  group: engineering
  owner: {source: hr, key: "1"}
  reason: the audit of 2026
  until: 2026-07-01T00:00:00+02:00
"#;

/// A second source.
fn contractors() -> String {
    SOURCE.replace("name: hr", "name: contractors")
}

fn worker(source: &str, key: &str) -> WorkerRef {
    WorkerRef {
        source: source.to_owned(),
        key: key.to_owned(),
    }
}

#[test]
fn a_grant_names_one_worker_of_one_source_and_an_instant() {
    let tenant = load(&[("hr", SOURCE), ("wiki", APP), ("grant", GRANT)]).unwrap();
    let expected = PersonalGrant {
        name: "audit".to_owned(),
        person: worker("hr", "7"),
        gives: Grant {
            app: "wiki".into(),
            group: Some("engineering".to_owned()),
        },
        owner: worker("hr", "1"),
        reason: "the audit of 2026".to_owned(),
        until: "2026-06-30T22:00:00Z".parse().unwrap(),
    };
    assert_eq!(tenant.grants["audit"], expected);
}

#[test]
fn a_key_alone_is_refused_where_two_sources_could_mean_somebody_else_by_it() {
    let more = contractors();
    let files = [("hr", SOURCE), ("more", &more), ("wiki", APP)];
    let all = [&files[..], &[("grant", GRANT)]].concat();
    assert_eq!(
        told(&all),
        "grant:5:11 spec.person: there are several sources, and this does not say in which; \
         write {source: contractors, key: \"7\"}; known sources: contractors, hr [TNR-DOC-0010]"
    );
    let named = GRANT.replace("person: \"7\"", "person: {source: contractors, key: \"7\"}");
    let all = [&files[..], &[("grant", named.as_str())]].concat();
    let tenant = load(&all).unwrap();
    assert_eq!(tenant.grants["audit"].person, worker("contractors", "7"));
}

#[test]
fn what_is_wrong_with_a_grant_is_said_at_its_place() {
    let long = format!("reason: {}", "x".repeat(501));
    for (from, to, wanted) in [
        (
            "app: wiki",
            "app: wki",
            "grant:6:8 spec.app: there is no app `wki`",
        ),
        (
            "group: engineering",
            "group: eng",
            "grant:7:10 spec.group: the app `wiki` has no group",
        ),
        (
            "{source: hr, key: \"1\"}",
            "{source: hrm, key: \"1\"}",
            "spec.owner.source: there is no source `hrm`; known sources: hr [TNR-DOC-0010]",
        ),
        (
            "{source: hr, key: \"1\"}",
            "{source: hr}",
            "spec.owner: `key` is missing",
        ),
        (
            "{source: hr, key: \"1\"}",
            "{source: hr, key: \" 1\"}",
            "spec.owner.key: ` 1` is no worker key",
        ),
        (
            "{source: hr, key: \"1\"}",
            "\"7\"",
            "grant:8:10 spec.owner: nobody answers for their own access",
        ),
        (
            "person: \"7\"",
            "person: 7",
            "spec.person: a whole number cannot stand here",
        ),
        (
            "reason: the audit of 2026",
            "reason: \"  \"",
            "spec.reason: this is no reason",
        ),
        (
            "reason: the audit of 2026",
            &long,
            "say why in 1 to 500 characters",
        ),
        (
            "until: 2026-07-01T00:00:00+02:00",
            "until: 2026-07-01",
            "grant:10:10 spec.until: `2026-07-01` is no instant; write it as in RFC 3339",
        ),
        (
            "  until: 2026-07-01T00:00:00+02:00\n",
            "",
            "spec: `until` is missing",
        ),
        ("  until:", "  from:", "spec.from: unknown field `from`"),
    ] {
        assert!(GRANT.contains(from), "{from}");
        let grant = GRANT.replace(from, to);
        let said = told(&[("hr", SOURCE), ("wiki", APP), ("grant", &grant)]);
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn whose_source_cannot_be_read_is_not_told_to_be_nobody() {
    let broken = SOURCE.replace("delivery: full", "delivery: fully");
    let said = told(&[("hr", &broken), ("wiki", APP), ("grant", GRANT)]);
    assert!(
        said.contains("`fully`") && !said.contains("grant:"),
        "{said}"
    );
    let said = told(&[("grant", GRANT)]);
    assert!(
        said.contains("spec.person: no source tells of people"),
        "{said}"
    );
}

const SERVICE: &str = r#"
kind: ServiceAccount
metadata: {name: backup}
spec:
  app: wiki
  account: Backup-Bot
  owner: "1"
  reason: the nightly backup
  expires: 2027-01-01T00:00:00Z
"#;

#[test]
fn a_service_account_is_found_by_its_name_however_it_is_spelled() {
    let tenant = load(&[("hr", SOURCE), ("wiki", APP), ("service", SERVICE)]).unwrap();
    let accounts = &tenant.service_accounts;
    let found = accounts.of(&"wiki".into(), "backup-BOT").unwrap();
    assert_eq!(
        (found.name.as_str(), &found.owner),
        ("backup", &worker("hr", "1"))
    );
    assert_eq!(found.expires, "2027-01-01T00:00:00Z".parse().unwrap());
    assert!(accounts.of(&"wiki".into(), "backup").is_none());
    assert!(accounts.of(&"chat".into(), "Backup-Bot").is_none());
    assert_eq!(accounts.iter().count(), 1);
}

#[test]
fn what_is_wrong_with_a_service_account_is_said_at_its_place() {
    let again = SERVICE
        .replace("name: backup", "name: other")
        .replace("Bot", "BOT");
    let files = [("hr", SOURCE), ("wiki", APP), ("a", SERVICE)];
    let said = told(&[&files[..], &[("b", again.as_str())]].concat());
    assert_eq!(
        said,
        "b:6:12 spec.account: `backup` is about this account already; remove one of them \
         [TNR-DOC-0009]"
    );
    for (from, to, wanted) in [
        (
            "app: wiki",
            "app: wki",
            "a:5:8 spec.app: there is no app `wki`",
        ),
        (
            "Backup-Bot",
            "\" b\"",
            "a:6:12 spec.account: ` b` is no name of an account",
        ),
        (
            "reason: the nightly backup",
            "reason: \"\"",
            "spec.reason: this is no reason",
        ),
        (
            "2027-01-01T00:00:00Z",
            "never",
            "spec.expires: `never` is no instant",
        ),
        (
            "  expires: 2027-01-01T00:00:00Z\n",
            "",
            "spec: `expires` is missing",
        ),
    ] {
        assert!(SERVICE.contains(from), "{from}");
        let service = SERVICE.replace(from, to);
        let said = told(&[("hr", SOURCE), ("wiki", APP), ("a", &service)]);
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

const HOLD: &str = r#"
kind: Hold
metadata: {name: case-7}
spec:
  person: "7"
  owner: "1"
  reason: evidence
  until: 2027-07-01T00:00:00+02:00
"#;

#[test]
fn a_hold_names_one_worker_and_whoever_answers_for_it() {
    let files = [("hr", SOURCE), ("wiki", APP), ("hold", HOLD)];
    let expected = Hold {
        name: "case-7".to_owned(),
        person: worker("hr", "7"),
        owner: worker("hr", "1"),
        reason: "evidence".to_owned(),
        until: "2027-06-30T22:00:00Z".parse().unwrap(),
    };
    assert_eq!(load(&files).unwrap().holds["case-7"], expected);
    for (from, to, wanted) in [
        (
            "owner: \"1\"",
            "owner: \"7\"",
            "hold:6:10 spec.owner: nobody answers for",
        ),
        (
            "reason: evidence",
            "reason: \" \"",
            "spec.reason: this is no reason",
        ),
        (
            "  until: 2027-07-01T00:00:00+02:00\n",
            "",
            "spec: `until` is missing",
        ),
        (
            "until: 2027-07-01T00:00:00+02:00",
            "until: ever",
            "spec.until: `ever` is no instant",
        ),
        (
            "spec:",
            "spec:\n  app: wiki",
            "spec.app: unknown field `app`",
        ),
    ] {
        assert!(HOLD.contains(from), "{from}");
        let hold = HOLD.replace(from, to);
        let said = told(&[("hr", SOURCE), ("wiki", APP), ("hold", &hold)]);
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn an_app_may_delete_the_accounts_of_leavers_and_the_guard_may_let_some_go_unasked() {
    let kept = load(&[("hr", SOURCE), ("wiki", APP)]).unwrap();
    assert_eq!(kept.apps[&"wiki".into()].delete_after_days, None);
    assert_eq!(kept.guard.deletions, None);
    let app = APP.replace(
        "mode: observe",
        "mode: observe\n  leaver: {delete_after_days: 90}",
    );
    let guard = "kind: Guard\nmetadata: {name: g}\nspec:\n  deletions: {max_count: 3, max_share_percent: 0}\n";
    let tenant = load(&[("hr", SOURCE), ("wiki", &app), ("guard", guard)]).unwrap();
    assert_eq!(tenant.apps[&"wiki".into()].delete_after_days, Some(90));
    let unasked = Limit {
        max_count: 3,
        max_share_percent: 0,
    };
    assert_eq!(tenant.guard.deletions, Some(unasked));
}

#[test]
fn an_app_may_ask_for_things_that_are_done_by_hand() {
    let app = APP.replace(
        "mode: observe",
        "mode: observe\n  leaver:\n    delete_after_days: 90\n    manual:\n    \
         - {name: laptop, owner: it-desk, due_days: 3, before: delete, text: Take it back.}\n    \
         - {name: mail, owner: facility, due_days: 0, text: Ask who gets it.}",
    );
    let tenant = load(&[("hr", SOURCE), ("wiki", &app)]).unwrap();
    let steps = tenant.apps[&"wiki".into()].manual.iter();
    let steps = steps.map(|s| (&*s.name, &*s.owner, s.due_days, s.before_delete));
    assert_eq!(
        steps.collect::<Vec<_>>(),
        [
            ("laptop", "it-desk", 3, true),
            ("mail", "facility", 0, false)
        ]
    );
    let many: Vec<String> = (0..21)
        .map(|n| format!("{{name: s{n}, owner: it, due_days: 1, text: x}}"))
        .collect();
    let many = format!("mode: observe\n  leaver: {{manual: [{}]}}", many.join(", "));
    let said = told(&[
        ("hr", SOURCE),
        ("wiki", &APP.replace("mode: observe", &many)),
    ]);
    assert!(said.contains("an app asks for 20 things at most"), "{said}");
}

#[test]
fn an_app_may_say_what_lives_on_when_an_account_is_disabled() {
    let app = APP.replace(
        "mode: observe",
        "mode: observe\n  leaver:\n    manual: [{name: keys, owner: it, due_days: 1, text: Remove.}]\n    \
         lingers: {sessions: 12h, ssh-keys: {step: keys}, api-tokens: deletion, cookies: unknown}",
    );
    let tenant = load(&[("hr", SOURCE), ("wiki", &app)]).unwrap();
    let lingers = tenant.apps[&"wiki".into()].lingers.iter();
    let half_a_day = Duration::from_secs(12 * 3_600);
    assert_eq!(
        lingers
            .map(|(name, until)| (&**name, until.clone()))
            .collect::<Vec<_>>(),
        [
            ("api-tokens", Lingering::Deletion),
            ("cookies", Lingering::Unknown),
            ("sessions", Lingering::For(half_a_day)),
            ("ssh-keys", Lingering::Step("keys".to_owned())),
        ]
    );
}

//! Resets of privileged people take two others, whatever tokens they hold.

use std::collections::BTreeSet;
use std::time::Duration;

use app::{AgreedReset, Answer, AppError, AskedReset, ErrorKind, ResetWish, Session, Wrong};
use model::{Actor, CredentialId, Event, Occasion, ResetId, Scope, Secret};
use testkit::node::actor;

use super::login::{asks, types};
use super::world::{PASSWORD, SIGN_ON, World, attempt};

const HOUR: Duration = Duration::from_secs(3_600);
/// The manager of everybody is privileged.
const POLICY: &str = "kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [oncall@acme.example]}
---
kind: Group
metadata: {name: keepers}
spec: {when: 'person.department.orValue(\"\") == \"Sales\"'}
---
kind: SignOnPolicy
metadata: {name: all}
spec:
  login: person.email
  privileged: [keepers]
  rules: [{name: all, demand: any-factor}]
  tell_people: {channel: mail, addresses: [person.email]}
";

/// Who speaks by a token with these scopes.
fn token(principal: &str, scopes: &[Scope]) -> Session {
    Session {
        actor: Actor::named(principal),
        scopes: scopes.to_vec(),
    }
}

fn both(principal: &str) -> Session {
    token(principal, &[Scope::Administer, Scope::Approve])
}

fn wish(credentials: &[CredentialId]) -> ResetWish {
    ResetWish {
        credentials: credentials.iter().copied().collect::<BTreeSet<_>>(),
        life: HOUR,
    }
}

/// w003 is privileged and has a password; whom others ask about.
async fn worlds() -> Vec<(World, CredentialId)> {
    let mut made = Vec::new();
    for world in World::each("any-factor").await {
        world.enrolled("w003", "p3@acme.example").await;
        world.policy_is(POLICY, SIGN_ON).await;
        let theirs = world.nodes[0].credentials_told("w003").await.unwrap();
        made.push((world, theirs[0].id));
    }
    made
}

async fn asked(world: &World, by: &Session, id: CredentialId) -> Result<AskedReset, AppError> {
    let asked = world.nodes[0].ask_reset(by, "w003", wish(&[id]), "T-1", false);
    asked.await
}

async fn agreed(world: &World, by: &Session, id: ResetId) -> Result<AgreedReset, AppError> {
    world.nodes[1]
        .agree_reset(by, "w003", id, "T-1", false)
        .await
}

#[track_caller]
fn code<T: std::fmt::Debug>(answer: Result<T, AppError>) -> String {
    answer.unwrap_err().code().to_owned()
}

/// P1: one person changes nothing of what somebody privileged signs in with; two others do, and each is shown half of
/// what opens an enrolment. Every step is in the log, and told.
#[tokio::test]
async fn p1_a_reset_of_somebody_privileged_takes_two_others() {
    for (world, password) in worlds().await {
        let app = &world.nodes[0];
        let desk = actor("w001");
        assert_eq!(
            code(app.issue_pass(&desk, "w003", HOUR, "T-1").await),
            "TNR-SIGN-0027"
        );
        assert_eq!(code(app.check_pass("w003", HOUR).await), "TNR-SIGN-0027");
        let dropped = app.end_credential(&desk, password, "T-1", true).await;
        assert_eq!(code(dropped), "TNR-SIGN-0027");

        let reset = asked(&world, &both("w001"), password).await.unwrap();
        let id = reset.id.unwrap();
        let told = world.told().await;
        let texts: Vec<_> = told
            .iter()
            .map(|(to, letter)| (to.join(","), &*letter.text))
            .collect();
        assert_eq!(texts.len(), 1);
        assert!(
            texts[0].0 == "p3@acme.example" && texts[0].1.contains("asked for a reset"),
            "{texts:?}"
        );
        let old = types(&world, &world.browser(), "p3@acme.example", PASSWORD).await;
        assert!(
            matches!(old, Answer::Home { .. }),
            "nothing has happened yet"
        );

        let done = agreed(&world, &both("p2@acme.example"), id).await.unwrap();
        assert_eq!((done.credentials, done.sessions), (1, 2));
        let told = world.told().await;
        assert!(
            told.iter()
                .all(|(_, letter)| letter.occasion == Some(Occasion::CredentialChange))
        );
        let text = &told[0].1.text;
        assert!(
            text.contains("pass was made") && text.contains("password removed by somebody"),
            "{text}"
        );

        let halves = (reset.half.expose(), done.half.expose());
        only_both_halves_open_an_enrolment(&world, halves).await;
        every_step_is_in_the_log(&world, halves).await;
    }
}

async fn only_both_halves_open_an_enrolment(world: &World, (first, second): (&str, &str)) {
    let app = &world.nodes[0];
    let (browser, name) = (world.browser(), "p3@acme.example");
    let old = types(world, &browser, name, PASSWORD).await;
    assert_eq!(asks(&old).1, Some(Wrong::Password));
    let halves = [first, second].join("-");
    for wrong in [
        first,
        second,
        &[second, first].join("-"),
        &[first, first].join("-"),
    ] {
        let begun = app.begin(browser.asker(), None);
        let sent = app.send_pass(attempt(&begun), name, wrong, browser.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Pass), "{wrong}");
    }
    let begun = app.begin(browser.asker(), None);
    let page = app.send_pass(attempt(&begun), name, &halves, browser.asker());
    let page = page.await.unwrap();
    let new = Secret::new("another horse with its battery");
    let made = app.enrol_password(attempt(&page), (&new, &new), browser.asker());
    assert!(matches!(made.await.unwrap(), Answer::Home { .. }));
}

async fn every_step_is_in_the_log(world: &World, (first, second): (&str, &str)) {
    let app = &world.nodes[0];
    let resets = app.resets("w003").await.unwrap();
    let subject =
        |key: &'static str| async move { app.one_person(key).await.unwrap().person.subject };
    let [one] = &resets[..] else {
        panic!("{resets:?}")
    };
    assert_eq!(one.state.asked_by, subject("w001").await);
    assert_eq!(one.state.agreed.as_ref().unwrap().by, subject("w002").await);
    let whose = subject("w003").await;
    let log = world.store.records_about(whose, None, 1_000).await.unwrap();
    let kinds = log
        .iter()
        .filter(|record| matches!(record.event, Event::ResetChanged(_)));
    assert_eq!(kinds.count(), 2);
    let shown = format!("{log:?}");
    assert!(
        !shown.contains(first) && !shown.contains(second),
        "it stands nowhere"
    );
}

/// P1: whoever holds two tokens is one person, nobody has a part in a reset of their own, and a token that somebody
/// may have made for another name proves nobody.
#[tokio::test]
async fn p1_the_same_person_in_two_tokens_counts_as_one() {
    for (world, password) in worlds().await {
        let app = &world.nodes[0];
        let scopes = [Scope::Administer];
        for by in [
            both("w003"),
            both("P3@acme.example"),
            both("nobody"),
            both("ops"),
            both("First1"),
            token("w001", &scopes),
        ] {
            let answer = asked(&world, &by, password).await;
            assert_eq!(code(answer), "TNR-SIGN-0028", "{by:?}");
        }
        let id = asked(&world, &both("w001"), password)
            .await
            .unwrap()
            .id
            .unwrap();
        let subject = app
            .one_person("w001")
            .await
            .unwrap()
            .person
            .subject
            .to_string();
        for by in [
            both("w001"),
            both("P1@acme.example"),
            both(&subject),
            both("w003"),
            both("First2 Last2"),
            both("system"),
            token("w002", &scopes),
        ] {
            let answer = agreed(&world, &by, id).await;
            assert_eq!(code(answer), "TNR-SIGN-0028", "{by:?}");
        }
        // Two who agree at once: one is first.
        let (two, four) = (both("w002"), both("w004"));
        let (one, other) = tokio::join!(agreed(&world, &two, id), agreed(&world, &four, id));
        assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
        let lost = [one, other].into_iter().find_map(Result::err).unwrap();
        assert_eq!(lost.kind(), ErrorKind::Conflict, "{lost}");
    }
}

/// A reset waits for a day, and a newer one takes its place; of others nothing has changed.
#[tokio::test]
async fn a_reset_waits_for_a_day_and_others_are_as_before() {
    for (world, password) in worlds().await {
        let app = &world.nodes[0];
        let first = asked(&world, &both("w001"), password)
            .await
            .unwrap()
            .id
            .unwrap();
        let second = asked(&world, &both("w002"), password)
            .await
            .unwrap()
            .id
            .unwrap();
        assert_eq!(
            code(agreed(&world, &both("w004"), first).await),
            "TNR-SIGN-0029"
        );
        world.clock.advance(Duration::from_secs(24 * 3_600));
        assert_eq!(
            code(agreed(&world, &both("w001"), second).await),
            "TNR-SIGN-0029"
        );
        let unknown = ResetId::from_bits(7);
        let answer = agreed(&world, &both("w001"), unknown).await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Missing);
        let other = CredentialId::from_bits(7);
        let answer = asked(&world, &both("w001"), other).await;
        assert_eq!(answer.unwrap_err().kind(), ErrorKind::Missing);

        // Whoever is not privileged, and whoever has never had anything, is one person's matter; what was asked dry
        // has not been.
        world.enrolled("w002", "p2@acme.example").await;
        let theirs = app.credentials_told("w002").await.unwrap();
        let ended = app
            .end_credential(&actor("desk"), theirs[0].id, "T-2", false)
            .await;
        ended.unwrap();
        world.pass("w002").await;
        let dry = app
            .ask_reset(&both("w001"), "w003", wish(&[]), "T-1", true)
            .await;
        assert_eq!(dry.unwrap().id, None);
        assert_eq!(app.resets("w003").await.unwrap().len(), 2);
        // The host lets in whoever it has to.
        app.recover(&actor("host"), "w003", "all are lost")
            .await
            .unwrap();
    }
}

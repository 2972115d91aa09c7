//! Break-glass accounts: in where everybody else is kept out by mistake, and never unheard of.

use std::time::Duration;

use app::{Answer, Ask, Window, Wrong};
use model::Occasion;
use ports::store::NoticeRow;
use testkit::node::actor;

use super::login::{asks, shown, types, with_codes};
use super::world::{Browser, PASSWORD, SIGN_ON, World, attempt, code_of, request};

/// A policy that lets nobody in, by mistake, but for w001 and w003.
fn broken(rules: &str) -> String {
    format!(
        "kind: Channel
metadata: {{name: mail}}
spec:
  smtp: {{host: mail.acme.example, from: a@acme.example, to: [oncall@acme.example]}}
---
kind: Channel
metadata: {{name: boss}}
spec:
  smtp: {{host: mail.acme.example, from: a@acme.example, to: [boss@acme.example]}}
---
kind: Alarm
metadata: {{name: glass}}
spec:
  about: [break-glass]
  channels: [mail]
  acknowledge_within_minutes: 15
  escalate_to: [boss]
  repeat_after_hours: 1
---
kind: SignOnPolicy
metadata: {{name: all}}
spec:
  login: person.email
  rules: [{rules}]
  break_glass:
    people: [w001, w003]
    demand: multi-factor
    relying_parties: [wiki]
"
    )
}

const NOBODY: &str = "{name: nobody, deny: true}";

async fn open(world: &World) -> Vec<NoticeRow> {
    let mut rows = world.store.open_notices(100).await.unwrap();
    rows.retain(|row| row.state.occasion == Occasion::BreakGlass);
    rows
}

/// A code of w001's device, at this minute.
fn now_shown(world: &World, secret: &str) -> String {
    shown(secret, world.nodes[0].now().as_micros() / 1_000_000)
}

/// w001 signs in with both of its factors.
async fn in_with_both(world: &World, secret: &str) -> Browser {
    let mut browser = world.browser();
    let page = types(world, &browser, "p1@acme.example", PASSWORD).await;
    assert!(matches!(asks(&page).0, Ask::More(_)), "{page:?}");
    let code = now_shown(world, secret);
    let sent = world.nodes[0].send_code(attempt(&page), &code, browser.asker());
    let answer = sent.await.unwrap();
    assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
    browser.keep(&answer);
    browser
}

#[tokio::test]
async fn a_policy_that_lets_nobody_in_lets_break_glass_accounts_in_with_two_factors_and_an_alarm() {
    for world in World::each("any-factor").await {
        let (secret, _) = with_codes(&world).await;
        world.enrolled("w002", "p2@acme.example").await;
        world.enrolled("w003", "p3@acme.example").await;
        world.policy_is(&broken(NOBODY), SIGN_ON).await;
        // Everybody else is kept out, and nobody is told of that.
        let browser = world.browser();
        let answer = types(&world, &browser, "p2@acme.example", PASSWORD).await;
        assert!(
            matches!(answer, Answer::Refused { person: true, .. }),
            "{answer:?}"
        );
        // One factor is not enough for anybody.
        let answer = types(&world, &browser, "p3@acme.example", PASSWORD).await;
        assert!(matches!(asks(&answer).0, Ask::More(_)), "{answer:?}");
        assert_eq!(open(&world).await.len(), 0);
        let browser = in_with_both(&world, &secret).await;
        let session = browser.session.clone().unwrap();
        assert!(world.nodes[1].session_of(&session).await.unwrap().is_some());

        // Raised with the session, told once by one of two nodes, passed on where nobody answers.
        let [notice] = &open(&world).await[..] else {
            panic!("one notice for one sign-in")
        };
        let told = world.told().await;
        let to: Vec<_> = told.iter().map(|(to, _)| to[0].as_str()).collect();
        assert_eq!(to, ["oncall@acme.example"]);
        assert!(
            told[0].1.text.contains("has signed in"),
            "{}",
            told[0].1.text
        );
        assert_eq!(told[0].1.notice, Some(notice.id));
        world.clock.advance(Duration::from_secs(15 * 60));
        let told = world.told().await;
        let to: Vec<_> = told.iter().map(|(to, _)| to[0].as_str()).collect();
        assert_eq!(to, ["boss@acme.example"]);
        world.clock.advance(Duration::from_secs(3 * 3_600));
        assert_eq!(world.told().await.len(), 0, "never twice");
        let bo = actor("bo");
        let had = world.nodes[0].acknowledge(&bo, notice.id, "a drill", false);
        had.await.unwrap();
        assert_eq!(world.told().await.len(), 0);
        assert_eq!(open(&world).await.len(), 0, "over");
        // The next one is another.
        in_with_both(&world, &secret).await;
        assert_eq!(world.told().await.len(), 1);
    }
}

#[tokio::test]
async fn a_break_glass_account_gets_in_to_what_is_named_for_it_and_to_nothing_else() {
    for world in World::each("any-factor").await {
        let (secret, _) = with_codes(&world).await;
        // Nobody is an engineer any more: a mistake in the group.
        let parties = SIGN_ON.replace("Engineering", "Enginering");
        world.policy_is(&broken(NOBODY), &parties).await;
        let browser = in_with_both(&world, &secret).await;
        let get = |client: &'static str| {
            let (app, browser) = (world.nodes[1].clone(), browser.clone());
            async move {
                app.authorize(request(client).as_bytes(), browser.asker())
                    .await
            }
        };
        let wiki = get("wiki").await.unwrap();
        let code = code_of(&wiki).unwrap();
        let given = world
            .token(0, 0, &super::world::redeems(&code))
            .await
            .unwrap();
        let access = given["access_token"].as_str().unwrap();
        assert!(world.counts(1, access).await);
        let other = get("other").await.unwrap();
        assert_eq!(code_of(&other), None, "{other:?}");
        // A session in which one goes on is no other sign-in.
        assert_eq!(open(&world).await.len(), 1);
    }
}

/// What is tried in vain is heard of, once an hour: whoever guesses must not bury other notices.
#[tokio::test]
async fn a_break_glass_account_that_somebody_tries_in_vain_is_heard_of_once_an_hour() {
    for world in World::each("any-factor").await {
        let (secret, _) = with_codes(&world).await;
        world.policy_is(&broken(NOBODY), SIGN_ON).await;
        let browser = world.browser();
        for _ in 0..3 {
            let answer = types(&world, &browser, "p1@acme.example", "something else").await;
            assert_eq!(asks(&answer).1, Some(Wrong::Password));
        }
        let page = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        let sent = world.nodes[0].send_code(attempt(&page), "000000", browser.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Code));
        let told = world.told().await;
        assert_eq!(told.len(), 1);
        assert!(told[0].1.text.contains("in vain"), "{}", told[0].1.text);
        world.clock.advance(Duration::from_secs(3_600));
        let begun = world.nodes[1].begin(browser.asker(), None);
        let name = "p1@acme.example";
        let sent = world.nodes[1].send_pass(attempt(&begun), name, "0000", browser.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Pass));
        let told = world.told().await;
        assert_eq!(told.len(), 2, "another hour, and the first is passed on");
        in_with_both(&world, &secret).await;
        assert_eq!(open(&world).await.len(), 3);
        // What nobody ever answers is given up after a week, and not before.
        world.clock.advance(Duration::from_secs(6 * 86_400));
        world.told().await;
        assert_eq!(open(&world).await.len(), 3);
        world.clock.advance(Duration::from_secs(86_400));
        world.told().await;
        assert_eq!(open(&world).await.len(), 0);
        // Others are tried in vain without anybody's being woken.
        world.enrolled("w002", "p2@acme.example").await;
        types(&world, &browser, "p2@acme.example", "something else").await;
        types(&world, &browser, "nobody@acme.example", "something else").await;
        assert_eq!(open(&world).await.len(), 0);
    }
}

/// A row that a source lost keeps no break-glass account out. A last day does, and so does a termination.
#[tokio::test]
async fn what_a_source_lost_keeps_no_break_glass_account_out_and_its_end_does() {
    for mut world in World::each("any-factor").await {
        let (secret, _) = with_codes(&world).await;
        world.enrolled("w002", "p2@acme.example").await;
        let everybody = "{name: all, demand: any-factor}";
        world.policy_is(&broken(everybody), SIGN_ON).await;
        let whole = world.rows.clone();
        // A file that no longer has the two.
        world.rows.drain(..2);
        world.hears().await;
        let browser = world.browser();
        let answer = types(&world, &browser, "p2@acme.example", PASSWORD).await;
        assert!(matches!(answer, Answer::Refused { .. }), "{answer:?}");
        in_with_both(&world, &secret).await;
        // A file in which it has left.
        world.rows = whole;
        world.rows[0] = world.rows[0].replace("2020-01-01,,", "2020-01-01,2020-06-01,");
        world.hears().await;
        world.told().await;
        let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        assert!(matches!(answer, Answer::Refused { .. }), "{answer:?}");
        let told = world.told().await;
        assert_eq!(told.len(), 1, "that is heard of too");
    }
}

/// What the morning says: who is too few, what is not enough, and what was never tried.
#[tokio::test]
async fn the_morning_tells_of_break_glass_accounts_that_would_fail() {
    for world in World::each("any-factor").await {
        let said = async || {
            let app = &world.nodes[0];
            let window = Window {
                from: app.now().minus(Duration::from_secs(3_600)),
                to: app.now(),
            };
            let digest = app.digest(window).await.unwrap();
            let rows = digest
                .silent
                .into_iter()
                .filter(|row| row.kind == "break-glass");
            let rows = rows.map(|row| format!("{}: {}", row.what, row.problem));
            rows.collect::<Vec<_>>()
        };
        let none = said().await;
        assert!(none[0].starts_with(": no break-glass account"), "{none:?}");
        let (secret, _) = with_codes(&world).await;
        world.enrolled("w003", "p3@acme.example").await;
        world.policy_is(&broken(NOBODY), SIGN_ON).await;
        let rows = said().await;
        assert!(
            rows[0].starts_with(": only 1 break-glass account"),
            "{rows:?}"
        );
        assert!(rows[1].ends_with("hr/w001 was never tried"), "{rows:?}");
        assert!(
            rows[2].contains("hr/w003: what they could sign in with"),
            "{rows:?}"
        );
        // Signed in is not tried: somebody has to have heard of it.
        in_with_both(&world, &secret).await;
        assert!(said().await[1].ends_with("hr/w001 was never tried"));
        let [notice] = &open(&world).await[..] else {
            panic!()
        };
        let bo = actor("bo");
        let had = world.nodes[0].acknowledge(&bo, notice.id, "a drill", false);
        had.await.unwrap();
        assert_eq!(said().await.len(), 2);
        world.clock.advance(Duration::from_secs(89 * 86_400));
        assert_eq!(said().await.len(), 2);
        world.clock.advance(Duration::from_secs(2 * 86_400));
        assert!(said().await[1].ends_with("was not tried for 90 days"));
    }
}

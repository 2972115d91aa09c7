//! People hear of what changes of what they sign in with, at the addresses that they had a week ago too.

use std::time::Duration;

use app::{Answer, Wrong};
use connectors::BreachedFile;
use model::event::SubjectAdvanced;
use model::{Event, Occasion, Secret};
use ports::Letter;
use ports::store::Append;
use testkit::node::actor;

use super::login::{asks, shown};
use super::world::{PASSWORD, SIGN_ON, World, attempt};

fn telling(address: &str) -> String {
    format!(
        "kind: Channel
metadata: {{name: mail}}
spec:
  smtp: {{host: mail.acme.example, from: a@acme.example, to: [oncall@acme.example]}}
---
kind: SignOnPolicy
metadata: {{name: all}}
spec:
  login: person.email
  rules: [{{name: all, demand: any-factor}}]
  tell_people: {{channel: mail, addresses: [{address}]}}
"
    )
}

/// To whom what was sent, in the order of addresses and texts.
fn sent(told: &[(Vec<String>, Letter)]) -> Vec<(String, String)> {
    let sent = told.iter().map(|(to, letter)| {
        assert_eq!(letter.occasion, Some(Occasion::CredentialChange));
        assert_eq!(letter.notice, None, "nobody has to answer");
        let text = letter
            .text
            .replace("what you sign in with has changed: ", "");
        (to.join(","), text)
    });
    let mut sent: Vec<_> = sent.collect();
    sent.sort();
    sent
}

fn to(who: &str, text: &str) -> (String, String) {
    (format!("{who}@acme.example"), text.to_owned())
}

const PASS: &str = "a temporary access pass was made for you: whoever has it can add a passkey or a password to \
                    your account";

/// P1, P3: each change is told once, by one of two nodes, and with nothing secret in it.
#[tokio::test]
async fn p3_a_pass_and_its_use_are_told_to_the_person_once() {
    for world in World::each("any-factor").await {
        world.policy_is(&telling("person.email"), SIGN_ON).await;
        let pass = world.pass("w001").await;
        let told = world.told().await;
        assert_eq!(sent(&told), [to("p1", PASS)]);
        let shown_pass = format!("{told:?}").contains(pass.expose());
        assert!(!shown_pass, "nothing secret");
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let told = sent(&world.told().await);
        let with = "password added with a temporary access pass";
        assert_eq!(told, [to("p1", PASS), to("p1", with)]);

        let app = &world.nodes[0];
        let page = app.factors(browser.asker(), None).await.unwrap().unwrap();
        let secret = page.codes.secret.expose().replace(' ', "");
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        let kept = app.set_codes_up(&page.codes.sealed, &code, browser.asker());
        let kept = kept.await.unwrap().unwrap();
        let told = sent(&world.told().await);
        assert_eq!(
            told,
            [to("p1", "one-time codes added, recovery codes added")]
        );

        // Whoever has codes proves one of them before they change anything.
        let more = app.factors(browser.asker(), None).await.unwrap();
        let more = more.unwrap_err();
        let proved = app.send_code(attempt(&more), kept.printed[0].expose(), browser.asker());
        browser.keep(&proved.await.unwrap());
        let codes = kept.own.iter().find(|own| own.factor == "totp").unwrap();
        let codes = codes.id.to_string();
        let dropped = app.drop_factor(&codes, browser.asker());
        dropped.await.unwrap().unwrap();
        let password = kept
            .own
            .iter()
            .find(|own| own.factor == "password")
            .unwrap();
        let desk = actor("desk");
        let ended = app.end_credential(&desk, password.id, "lost", false);
        ended.await.unwrap();
        let told = sent(&world.told().await);
        let by = "password removed by somebody who looks after sign-in";
        assert_eq!(told, [to("p1", "one-time codes removed"), to("p1", by)]);
        assert_eq!(world.told().await.len(), 0);
        let open = world.store.open_notices(100).await.unwrap();
        assert_eq!(open.len(), 0, "over once it is sent");
    }
}

/// P2: whoever changes an address and then takes the account over does not keep its owner from hearing of it.
#[tokio::test]
async fn p2_an_address_that_changed_within_a_week_is_told_with_the_one_before() {
    for mut world in World::each("any-factor").await {
        world.policy_is(&telling("person.email"), SIGN_ON).await;
        world.clock.advance(Duration::from_secs(30 * 86_400));
        world.rows[0] = world.rows[0].replace("p1@", "thief@");
        world.hears().await;
        world.clock.advance(Duration::from_secs(6 * 86_400));
        // Whoever signs in each day has more records than anybody reads.
        let known = world.store.person_by_key("hr", "w001").await.unwrap();
        let subject = known.unwrap().subject;
        for _ in 0..2 {
            let again = || {
                Event::SubjectAdvanced(SubjectAdvanced {
                    subject,
                    next_change: None,
                })
            };
            let events = std::iter::repeat_with(again).take(6_000).collect();
            let append = Append::of(actor("system"), events);
            world.store.append(append).await.unwrap();
        }
        world.pass("w001").await;
        let told = sent(&world.told().await);
        assert_eq!(told, [to("p1", PASS), to("thief", PASS)]);
        world.clock.advance(Duration::from_secs(2 * 86_400));
        world.pass("w001").await;
        assert_eq!(sent(&world.told().await), [to("thief", PASS)]);
        // Whoever is new has no address before.
        world
            .rows
            .push(world.rows[1].replace("w002", "w009").replace("p2@", "p9@"));
        world.hears().await;
        world.pass("w009").await;
        assert_eq!(sent(&world.told().await), [to("p9", PASS)]);
    }
}

/// Somebody without an address is a finding, and what is no address goes into no mail.
#[tokio::test]
async fn whoever_cannot_be_told_is_a_finding() {
    for mut world in World::each("any-factor").await {
        let first = telling("person.given_name");
        world.policy_is(&first, SIGN_ON).await;
        world.rows[0] = world.rows[0].replace("First1", "a@b>c");
        world.hears().await;
        world.pass("w001").await;
        world.pass("w001").await;
        assert_eq!(world.told().await.len(), 0);
        let open = world.store.open_findings(100).await.unwrap();
        let codes: Vec<_> = open.iter().map(|row| &*row.opened.finding.code).collect();
        assert_eq!(codes, ["TNR-SIGN-0040"], "once");
        // Where no document says how people are told, nobody is, and nobody minds.
        world.documents("any-factor").await;
        world.pass("w002").await;
        assert_eq!(world.store.open_findings(100).await.unwrap().len(), 1);
    }
}

/// A password that others have lost is refused, and so is every password while the list cannot be read.
#[tokio::test]
async fn a_password_that_others_have_lost_is_refused_and_so_is_each_while_nobody_can_tell() {
    for world in World::each("any-factor").await {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pwned.txt");
        // SHA-1 of the password of these tests, computed elsewhere.
        let line = "ABF7AAD6438836DBE526AA231ABDE2D0EEF74D42:7\n";
        std::fs::write(&path, line).unwrap();
        let list = std::sync::Arc::new(BreachedFile::at(&path));
        let app = world.nodes[0].clone().refusing(list);
        let refused = async |password: &str| {
            let pass = world.pass("w001").await;
            let browser = world.browser();
            let begun = app.begin(browser.asker(), None);
            let name = "p1@acme.example";
            let sent = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
            let page = sent.await.unwrap();
            let password = Secret::new(password);
            let twice = (&password, &password);
            let answer = app.enrol_password(attempt(&page), twice, browser.asker());
            match answer.await.unwrap() {
                Answer::Home { .. } => None,
                answer => match asks(&answer).1 {
                    Some(Wrong::Refused(why)) => Some(why),
                    other => panic!("{other:?}"),
                },
            }
        };
        let why = refused(PASSWORD).await.unwrap();
        assert!(why.contains("others have lost"), "{why}");
        assert_eq!(refused("a horse that nobody has lost").await, None);
        for text in ["", "no list at all\n"] {
            std::fs::write(&path, text).unwrap();
            let why = refused("a horse that nobody has lost").await.unwrap();
            assert!(why.contains("TNR-SIGN-0041"), "{why}");
        }
        std::fs::remove_file(&path).unwrap();
        let why = refused("a horse that nobody has lost").await.unwrap();
        assert!(why.contains("TNR-SIGN-0041"), "{why}");
    }
}

/// L10: a browser in which somebody has signed in is a known device of theirs, of nobody else's, for half a year.
#[tokio::test]
async fn l10_a_device_is_known_for_whoever_signed_in_there() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        world.enrolled("w002", "p2@acme.example").await;
        let browser = world.browser();
        let answer = super::login::types(&world, &browser, "p1@acme.example", PASSWORD).await;
        let Answer::Home {
            signed_in: Some(signed_in),
        } = answer
        else {
            panic!("{answer:?}")
        };
        let (app, device) = (&world.nodes[0], signed_in.device.expose());
        let known = async |held: &str, name: &str| app.known_device(held, name).await.unwrap();
        let mine = known(device, " P1@acme.example").await.unwrap();
        assert_eq!(known(device, "p2@acme.example").await, None);
        assert_eq!(known(device, "nobody@acme.example").await, None);
        assert_eq!(
            known(signed_in.cookie.expose(), "p1@acme.example").await,
            None
        );
        assert_eq!(known("", "p1@acme.example").await, None);
        let who = mine.split(' ').next().unwrap();
        assert_eq!(app.known_device_of(device, who), Some(mine.clone()));
        assert_eq!(app.known_device_of(device, ""), None);
        // It opens nothing.
        assert!(app.session_of(device).await.unwrap().is_none());
        world.clock.advance(Duration::from_secs(180 * 86_400));
        assert!(known(device, "p1@acme.example").await.is_some());
        world.clock.advance(Duration::from_secs(120));
        assert_eq!(known(device, "p1@acme.example").await, None);
    }
}

/// What became of somebody's sign-ins is shown to them, and to nobody else.
#[tokio::test]
async fn somebody_sees_their_own_recent_sign_ins() {
    for world in World::each("any-factor").await {
        let browser = world.enrolled("w001", "p1@acme.example").await;
        world.enrolled("w002", "p2@acme.example").await;
        let stranger = world.browser();
        super::login::types(&world, &stranger, "p1@acme.example", "something else").await;
        super::login::types(&world, &stranger, "p2@acme.example", "something else").await;
        let mut mine = browser.clone();
        world.code("wiki", &mut mine).await;
        let app = &world.nodes[1];
        let rows = app.recent_sign_ins(browser.asker()).await.unwrap().unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.outcome, row.to.as_deref()))
            .collect();
        let expected = [
            ("let-in", Some("wiki")),
            ("not-proved", None),
            ("let-in", None),
        ];
        assert_eq!(told, expected);
        assert!(rows.iter().all(|row| row.network == "192.0.2.7"));
        assert!(rows.iter().all(|row| row.agent == "a browser"));
        let nobody = app.recent_sign_ins(stranger.asker()).await.unwrap();
        assert!(nobody.is_err());
    }
}

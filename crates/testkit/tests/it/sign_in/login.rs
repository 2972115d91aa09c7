//! Attacks on how people prove who they are.

use std::sync::Arc;
use std::time::Duration;

use app::{Answer, Ask, Wrong};
use aws_lc_rs::hmac;
use model::Secret;

use super::world::{Browser, PASSWORD, World, attempt, request};

pub fn asks(answer: &Answer) -> (Ask, Option<Wrong>) {
    match answer {
        Answer::Ask { ask, wrong, .. } => (*ask, wrong.clone()),
        other => panic!("no page that asks: {other:?}"),
    }
}

/// Somebody types a name and a password at the second node.
pub async fn types(world: &World, browser: &Browser, name: &str, password: &str) -> Answer {
    let app = &world.nodes[1];
    let begun = app.begin(browser.asker(), None);
    let password = Secret::new(password);
    let sent = app.send_password(attempt(&begun), name, &password, browser.asker());
    sent.await.unwrap()
}

/// L2: whatever is left out, nobody is in.
#[tokio::test]
async fn l2_an_empty_form_skips_no_step() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        let browser = world.browser();
        let app = &world.nodes[0];
        let begun = app.begin(browser.asker(), None);
        let (page, empty, right) = (attempt(&begun), Secret::new(""), Secret::new(PASSWORD));
        let answers = [
            app.send_password(page, "", &empty, browser.asker()).await,
            app.send_password(page, "p1@acme.example", &empty, browser.asker())
                .await,
            app.send_password("", "p1@acme.example", &right, browser.asker())
                .await,
            app.send_pass(page, "p1@acme.example", "", browser.asker())
                .await,
            app.send_code(page, "", browser.asker()).await,
            app.send_code(page, "000000", browser.asker()).await,
            app.send_passkey(page, b"", browser.asker()).await,
            app.enrol_password(page, (&empty, &empty), browser.asker())
                .await,
            app.enrol_password(page, (&right, &right), browser.asker())
                .await,
            app.enrol_passkey(page, b"{}", browser.asker()).await,
        ];
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(asks(&answer).0, Ask::Name, "{answer:?}");
        }
    }
}

/// L6: an unknown person, one without a password and one with another are answered alike.
#[tokio::test]
async fn l6_nobody_learns_who_is_known() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        let browser = world.browser();
        for name in [
            "p1@acme.example",
            "p2@acme.example",
            "nobody@acme.example",
            "\u{0}",
        ] {
            let answer = types(&world, &browser, name, "another horse and battery").await;
            assert_eq!(asks(&answer), (Ask::Name, Some(Wrong::Password)), "{name}");
        }
        // Names count whatever case they are typed in; passwords do not.
        let answer = types(&world, &browser, " P1@ACME.example ", PASSWORD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        let answer = types(
            &world,
            &browser,
            "p1@acme.example",
            &PASSWORD.to_uppercase(),
        )
        .await;
        assert_eq!(asks(&answer).1, Some(Wrong::Password));
    }
}

/// O17: a browser holds another session after each sign-in, and the one before has ended.
#[tokio::test]
async fn o17_a_sign_in_begins_a_session_of_its_own() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        world.enrolled("w002", "p2@acme.example").await;
        let first = browser.session.clone().unwrap();
        let answer = types(&world, &browser, "p2@acme.example", PASSWORD).await;
        browser.keep(&answer);
        let second = browser.session.clone().unwrap();
        assert_ne!(first, second);
        assert!(world.nodes[0].session_of(&first).await.unwrap().is_none());
        assert!(world.nodes[0].session_of(&second).await.unwrap().is_some());
    }
}

/// A page that one browser began does not sign another one in (login CSRF), nor does an old page.
#[tokio::test]
async fn l1_a_page_counts_in_the_browser_that_began_it() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        let (mine, theirs) = (world.browser(), world.browser());
        let app = &world.nodes[0];
        let begun = app.begin(mine.asker(), None);
        let password = Secret::new(PASSWORD);
        let sent = app.send_password(
            attempt(&begun),
            "p1@acme.example",
            &password,
            theirs.asker(),
        );
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::TooOld));
        world.clock.advance(Duration::from_secs(15 * 60 + 1));
        let sent = app.send_password(attempt(&begun), "p1@acme.example", &password, mine.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::TooOld));
    }
}

/// P3: a pass counts once, for its person, until it ends; and of many who use it at once, one enrols.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_a_pass_counts_once() {
    for world in World::each("any-factor").await {
        let pass = world.pass("w001").await;
        let world = Arc::new(world);
        let other = world.browser();
        let begun = world.nodes[0].begin(other.asker(), None);
        let sent = world.nodes[0].send_pass(
            attempt(&begun),
            "p2@acme.example",
            pass.expose(),
            other.asker(),
        );
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Pass), "another's");

        let tries = (0..6).map(|n| {
            let (world, pass) = (Arc::clone(&world), pass.clone());
            tokio::spawn(async move {
                let (app, browser) = (&world.nodes[n % 2], world.browser());
                let begun = app.begin(browser.asker(), None);
                let name = "p1@acme.example";
                let sent = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
                let page = sent.await.unwrap();
                let password = Secret::new(format!("the password of number {n}"));
                let twice = (&password, &password);
                let enrolled = app.enrol_password(attempt(&page), twice, browser.asker());
                matches!(enrolled.await.unwrap(), Answer::Home { .. })
            })
        });
        let mut enrolled = 0;
        for one in tries.collect::<Vec<_>>() {
            enrolled += usize::from(one.await.unwrap());
        }
        assert_eq!(enrolled, 1);

        let late = world.pass("w003").await;
        world.clock.advance(Duration::from_secs(3_600));
        let begun = world.nodes[0].begin(other.asker(), None);
        let name = "p3@acme.example";
        let sent = world.nodes[0].send_pass(attempt(&begun), name, late.expose(), other.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Pass), "too late");
    }
}

/// The code that a device shows for a secret in base 32 (RFC 6238), computed here a second time.
pub fn shown(secret: &str, at_s: i64) -> String {
    let mut bits = Vec::new();
    for character in secret.bytes() {
        let digit = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
            .iter()
            .position(|c| *c == character)
            .unwrap();
        bits.extend((0..5).rev().map(|bit| digit >> bit & 1));
    }
    let bytes: Vec<u8> = bits
        .chunks_exact(8)
        .map(|bits| bits.iter().fold(0u8, |byte, bit| byte << 1 | *bit as u8))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let step = u64::try_from(at_s / 30).unwrap();
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Somebody with a password and one-time codes: the secret, and the recovery codes.
pub async fn with_codes(world: &World) -> (String, Vec<Secret>) {
    let browser = world.enrolled("w001", "p1@acme.example").await;
    let app = &world.nodes[0];
    let page = app.factors(browser.asker(), None).await.unwrap().unwrap();
    let secret = page.codes.secret.expose().replace(' ', "");
    let now = app.now().as_micros() / 1_000_000;
    let code = shown(&secret, now);
    let kept = app.set_codes_up(&page.codes.sealed, &code, browser.asker());
    let kept = kept.await.unwrap().unwrap();
    assert_eq!(kept.wrong, None);
    assert_eq!(kept.printed.len(), 10);
    // The step with which it was set up is over.
    world.clock.advance(Duration::from_secs(90));
    (secret, kept.printed)
}

/// How many of six who bring the same code to both nodes at once are in.
async fn at_once(world: &Arc<World>, code: &str) -> usize {
    let tries = (0..6).map(|n| {
        let (world, code) = (Arc::clone(world), code.to_owned());
        tokio::spawn(async move {
            let (app, browser) = (&world.nodes[n % 2], world.browser());
            let page = types(&world, &browser, "p1@acme.example", PASSWORD).await;
            let sent = app.send_code(attempt(&page), &code, browser.asker());
            matches!(sent.await.unwrap(), Answer::Home { .. })
        })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += usize::from(one.await.unwrap());
    }
    won
}

/// L10: a code of a device counts once in its half minute, a code on paper once for ever; on every node.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l10_a_one_time_code_counts_once() {
    for world in World::each("any-factor").await {
        let (secret, printed) = with_codes(&world).await;
        world.documents("multi-factor").await;
        let world = Arc::new(world);
        let browser = world.browser();
        let page = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        assert!(matches!(asks(&page).0, Ask::More(_)), "{page:?}");
        let sent = world.nodes[0].send_code(attempt(&page), "000000", browser.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Code));

        let now = world.nodes[0].now().as_micros() / 1_000_000;
        let code = shown(&secret, now);
        assert_eq!(at_once(&world, &code).await, 1, "a device's");
        assert_eq!(at_once(&world, &code).await, 0, "the same again");
        assert_eq!(at_once(&world, printed[0].expose()).await, 1, "a paper's");
        assert_eq!(
            at_once(&world, printed[0].expose()).await,
            0,
            "the same again"
        );
        assert_eq!(at_once(&world, printed[1].expose()).await, 1, "the next");
    }
}

/// P4: where what resists phishing is demanded, nothing weaker is offered or taken.
#[tokio::test]
async fn p4_nothing_weaker_is_taken_where_phishing_resistant_is_demanded() {
    for world in World::each("any-factor").await {
        let (secret, printed) = with_codes(&world).await;
        world.documents("phishing-resistant").await;
        let browser = world.browser();
        let page = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        let Answer::Ask { offers, .. } = &page else {
            panic!("{page:?}")
        };
        assert!(!offers.codes && offers.passkey.is_none());
        let now = world.nodes[0].now().as_micros() / 1_000_000;
        for code in [&shown(&secret, now), printed[0].expose()] {
            let sent = world.nodes[0].send_code(attempt(&page), code, browser.asker());
            let answer = sent.await.unwrap();
            assert!(matches!(asks(&answer).0, Ask::More(_)), "{answer:?}");
        }
        // Nor by way of an app.
        let query = request("wiki");
        let asked = world.nodes[0].authorize(query.as_bytes(), browser.asker());
        assert_eq!(asks(&asked.await.unwrap()).0, Ask::Name);
    }
}

/// Whoever has just used a pass may make a passkey where a password is not enough; whoever has not, may
/// not.
#[tokio::test]
async fn l3_only_a_pass_lets_somebody_make_what_is_missing() {
    for world in World::each("phishing-resistant").await {
        let pass = world.pass("w001").await;
        let (app, browser) = (&world.nodes[0], world.browser());
        let begun = app.begin(browser.asker(), None);
        let name = "p1@acme.example";
        let sent = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
        let page = sent.await.unwrap();
        let password = Secret::new(PASSWORD);
        let twice = (&password, &password);
        let enrolled = app.enrol_password(attempt(&page), twice, browser.asker());
        let page = enrolled.await.unwrap();
        let Answer::Ask { offers, .. } = &page else {
            panic!("{page:?}")
        };
        assert!(offers.makes && offers.passkey.is_some(), "{offers:?}");
        // The pass made one password, and makes no other.
        let again = app.enrol_password(attempt(&page), twice, browser.asker());
        assert_eq!(asks(&again.await.unwrap()).1, Some(Wrong::Pass));

        let page = types(&world, &browser, name, PASSWORD).await;
        let Answer::Ask { offers, .. } = &page else {
            panic!("{page:?}")
        };
        assert!(!offers.makes && offers.passkey.is_none(), "{offers:?}");
        let made = app.enrol_passkey(attempt(&page), b"{}", browser.asker());
        assert_eq!(asks(&made.await.unwrap()), (Ask::Name, Some(Wrong::TooOld)));
    }
}

/// Whoever is new where two factors are demanded, and has no device for passkeys, gets in with the pass that they were
/// handed: by a password and the codes of an app. Codes take the place of none.
#[tokio::test]
async fn l3_a_pass_makes_a_password_and_codes_where_two_factors_are_demanded() {
    for world in World::each("multi-factor").await {
        let pass = world.pass("w001").await;
        let (app, mut browser) = (&world.nodes[0], world.browser());
        let query = request("wiki");
        let asked = app.authorize(query.as_bytes(), browser.asker());
        let begun = asked.await.unwrap();
        let name = "p1@acme.example";
        let sent = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
        let page = sent.await.unwrap();
        // A pass alone makes no codes.
        let early = app.enrol_codes(attempt(&page), ("", "000000"), browser.asker());
        assert_eq!(asks(&early.await.unwrap()), (Ask::Name, Some(Wrong::Pass)));
        let password = Secret::new(PASSWORD);
        let twice = (&password, &password);
        let enrolled = app.enrol_password(attempt(&page), twice, browser.asker());
        let page = enrolled.await.unwrap();
        let codes = set_up(&page).expect("codes may be set up");
        let seconds = app.now().as_micros() / 1_000_000;
        let wrong = app.enrol_codes(attempt(&page), (&codes.sealed, "12345"), browser.asker());
        let wrong = wrong.await.unwrap();
        assert_eq!(asks(&wrong).1, Some(Wrong::Code));
        // Codes that were begun for somebody else are nobody's.
        let secret = codes.secret.expose().replace(char::from(32), "");
        let code = shown(&secret, seconds);
        let theirs = (codes.sealed.as_str(), code.as_str());
        let stranger = world.browser();
        let sent = app.enrol_codes(attempt(&page), theirs, stranger.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::TooOld));
        let sent = app.enrol_codes(attempt(&page), theirs, browser.asker());
        let answer = sent.await.unwrap();
        assert!(super::world::code_of(&answer).is_some(), "{answer:?}");
        browser.keep(&answer);
        // The same page makes no others, and the code that set them up signs nobody in.
        let again = app.enrol_codes(attempt(&page), theirs, browser.asker());
        assert_eq!(asks(&again.await.unwrap()).1, Some(Wrong::Code));
        let mut other = world.browser();
        let page = types(&world, &other, name, PASSWORD).await;
        assert!(
            set_up(&page).is_none(),
            "nobody makes codes by a password alone"
        );
        let sent = app.enrol_codes(attempt(&page), theirs, other.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::TooOld));
        let sent = app.send_code(attempt(&page), &code, other.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Code));
        let code = shown(&secret, seconds + 30);
        let sent = app.send_code(attempt(&page), &code, other.asker());
        let answer = sent.await.unwrap();
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        other.keep(&answer);
    }
}

fn set_up(answer: &Answer) -> Option<app::NewCodes> {
    match answer {
        Answer::Ask { offers, .. } => offers.set_up.as_deref().cloned(),
        other => panic!("no page that asks: {other:?}"),
    }
}

/// A pass that has ended since it was typed enrols nobody.
#[tokio::test]
async fn p3_a_pass_is_asked_for_again_when_it_enrols() {
    for world in World::each("any-factor").await {
        let (app, browser) = (&world.nodes[0], world.browser());
        let desk = testkit::node::actor("desk");
        let life = Duration::from_secs(60);
        let pass = app.issue_pass(&desk, "w001", life, "in person").await;
        let begun = app.begin(browser.asker(), None);
        let pass = pass.unwrap().secret;
        let name = "p1@acme.example";
        let sent = app.send_pass(attempt(&begun), name, pass.expose(), browser.asker());
        let page = sent.await.unwrap();
        world.clock.advance(life);
        let password = Secret::new(PASSWORD);
        let enrolled = app.enrol_password(attempt(&page), (&password, &password), browser.asker());
        assert_eq!(asks(&enrolled.await.unwrap()).1, Some(Wrong::Pass));
    }
}

/// What a page has proved counts only while what it was proved with does.
#[tokio::test]
async fn l1_a_page_is_worth_nothing_once_its_proof_has_ended() {
    for world in World::each("any-factor").await {
        let (secret, _) = with_codes(&world).await;
        world.documents("multi-factor").await;
        let (app, browser) = (&world.nodes[0], world.browser());
        let page = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        assert!(matches!(asks(&page).0, Ask::More(_)));
        let desk = testkit::node::actor("desk");
        let theirs = app.credentials_told("w001").await.unwrap();
        let password = theirs
            .iter()
            .find(|told| told.factor == model::Factor::Password);
        let ended = app.end_credential(&desk, password.unwrap().id, "told to somebody", false);
        ended.await.unwrap();
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        let sent = app.send_code(attempt(&page), &code, browser.asker());
        assert_eq!(asks(&sent.await.unwrap()), (Ask::Name, Some(Wrong::TooOld)));
    }
}

/// However often somebody has changed what they sign in with, the last one counts.
#[tokio::test]
async fn what_ended_never_hides_what_counts() {
    let world = World::each("any-factor").await.swap_remove(0);
    let app = &world.nodes[0];
    let mut browser = world.enrolled("w001", "p1@acme.example").await;
    let mut printed = Vec::new();
    for _ in 0..60 {
        let mut page = app.factors(browser.asker(), None).await.unwrap();
        if let Err(more) = &page {
            // Whoever has codes proves one of them first.
            let paper: &Secret = &printed[0];
            let sent = app.send_code(attempt(more), paper.expose(), browser.asker());
            browser.keep(&sent.await.unwrap());
            page = app.factors(browser.asker(), None).await.unwrap();
        }
        let page = page.unwrap();
        let secret = page.codes.secret.expose().replace(' ', "");
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        let kept = app.set_codes_up(&page.codes.sealed, &code, browser.asker());
        let kept = kept.await.unwrap().unwrap();
        assert_eq!(kept.wrong, None);
        printed = kept.printed;
    }
    let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
    browser.keep(&answer);
    let more = app
        .factors(browser.asker(), None)
        .await
        .unwrap()
        .unwrap_err();
    let sent = app.send_code(attempt(&more), printed[0].expose(), browser.asker());
    browser.keep(&sent.await.unwrap());
    let page = app.factors(browser.asker(), None).await.unwrap().unwrap();
    let own: Vec<_> = page.own.iter().map(|own| own.factor).collect();
    assert_eq!(own.len(), 3, "{own:?}");
}

/// P8: the name of somebody who has left goes to whoever has it next; the name of somebody who is here does
/// not.
#[tokio::test]
async fn p8_a_name_belongs_to_one_who_may_sign_in() {
    for mut world in World::each("any-factor").await {
        world.enrolled("w002", "p2@acme.example").await;
        world.rows[2] = world.rows[2].replace("p3@acme.example", "p2@acme.example");
        world.hears().await;
        let (app, desk) = (&world.nodes[0], testkit::node::actor("desk"));
        let life = Duration::from_secs(600);
        let issued = app.issue_pass(&desk, "w003", life, "in person").await;
        assert_eq!(issued.unwrap_err().code(), "TNR-SIGN-0016");
        let done = app.terminate(&desk, "w002", "theft", false).await;
        done.unwrap();
        let browser = world.enrolled("w003", "p2@acme.example").await;
        let session = browser.session.as_deref().unwrap();
        let opened = world.nodes[1].session_of(session).await.unwrap().unwrap();
        assert_eq!(opened.known.identity.key, "w003");
    }
}

/// Where something has to be proved anew after a while, a password is asked for again.
#[tokio::test]
async fn what_was_proved_too_long_ago_is_asked_for_again() {
    let world = World::each("any-factor, within_minutes: 10")
        .await
        .swap_remove(0);
    let browser = world.enrolled("w001", "p1@acme.example").await;
    let app = &world.nodes[0];
    let query = request("wiki");
    let at_once = app
        .authorize(query.as_bytes(), browser.asker())
        .await
        .unwrap();
    assert!(super::world::code_of(&at_once).is_some(), "{at_once:?}");
    world.clock.advance(Duration::from_secs(11 * 60));
    let later = app
        .authorize(query.as_bytes(), browser.asker())
        .await
        .unwrap();
    assert_eq!(asks(&later), (Ask::Name, Some(Wrong::Again)));
    let password = Secret::new(PASSWORD);
    let sent = app.send_password(
        attempt(&later),
        "p1@acme.example",
        &password,
        browser.asker(),
    );
    let answer = sent.await.unwrap();
    assert!(super::world::code_of(&answer).is_some(), "{answer:?}");
}

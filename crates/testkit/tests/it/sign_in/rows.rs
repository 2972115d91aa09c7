//! Rows of the list of attacks that no other file here is about.

use std::time::Duration;

use app::{Answer, Asker, Wrong};
use model::Secret;
use testkit::node::actor;

use super::login::{shown, types};
use super::world::{PASSWORD, World, attempt, code_of, error_of, redeems, refreshes, request};

const ANA: &str = "p1@acme.example";
const BO: &str = "p2@acme.example";

fn wrong(answer: &Answer) -> Option<&Wrong> {
    match answer {
        Answer::Ask { wrong, .. } => wrong.as_ref(),
        _ => None,
    }
}

/// L9: a password counts to its last character, however long it is, and whatever stands before it (Okta,
/// 2024: what was hashed was cut after 72 bytes).
#[tokio::test]
async fn l9_a_password_counts_to_its_last_character() {
    for world in World::each("any-factor").await {
        let long = format!("{}1", "long words that nobody guesses ".repeat(4));
        assert!(
            long.len() > 72 && long.chars().count() <= 128,
            "{}",
            long.len()
        );
        let (app, browser) = (&world.nodes[0], world.browser());
        let pass = world.pass("w001").await;
        let begun = app.begin(browser.asker(), None);
        let sent = app.send_pass(attempt(&begun), ANA, pass.expose(), browser.asker());
        let page = sent.await.unwrap();
        let password = Secret::new(long.clone());
        let enrolled = app.enrol_password(attempt(&page), (&password, &password), browser.asker());
        assert!(matches!(enrolled.await.unwrap(), Answer::Home { .. }));
        let answer = types(&world, &world.browser(), ANA, &long).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        let cut = &long[..long.len() - 1];
        for other in [
            cut.to_owned(),
            format!("{cut}2"),
            format!("{long}1"),
            long[..72].to_owned(),
        ] {
            let answer = types(&world, &world.browser(), ANA, &other).await;
            assert_eq!(wrong(&answer), Some(&Wrong::Password), "{}", other.len());
        }
        // A name of any length is a name, and no part of what is hashed.
        let answer = types(&world, &world.browser(), &"a".repeat(10_000), PASSWORD).await;
        assert_eq!(wrong(&answer), Some(&Wrong::Password));
    }
}

/// L5: what somebody signs in with is theirs to change. A page of somebody else's, and what it held, makes
/// nothing for anybody and ends nothing of theirs.
#[tokio::test]
async fn l5_nobody_enrols_or_ends_what_somebody_else_signs_in_with() {
    for world in World::each("any-factor").await {
        let app = &world.nodes[0];
        let ana = world.enrolled("w001", ANA).await;
        let bo = world.enrolled("w002", BO).await;
        let page = app.factors(ana.asker(), None).await.unwrap().unwrap();
        let secret = page.codes.secret.expose().replace(' ', "");
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        // Bo has come by the page that Ana was shown, and by the code of her device.
        let made = app
            .set_codes_up(&page.codes.sealed, &code, bo.asker())
            .await;
        assert_eq!(made.unwrap().unwrap().wrong, Some(Wrong::Code));
        let made = app
            .add_passkey(&page.attempt, (b"{}", "mine"), bo.asker())
            .await;
        assert_eq!(made.unwrap().unwrap().wrong, Some(Wrong::TooOld));
        let hers = page.own[0].id.to_string();
        app.drop_factor(&hers, bo.asker()).await.unwrap().unwrap();
        for name in [ANA, BO] {
            let answer = types(&world, &world.browser(), name, PASSWORD).await;
            assert!(matches!(answer, Answer::Home { .. }), "{name}: {answer:?}");
            let own = app.credentials_told(name).await.unwrap();
            assert_eq!(own.len(), 1, "{name} has the password and nothing else");
        }
        // Nor does anybody who is signed in nowhere.
        let stranger = world.browser();
        let asker = Asker {
            session: None,
            ..ana.asker()
        };
        for asker in [stranger.asker(), asker] {
            let made = app
                .set_codes_up(&page.codes.sealed, &code, asker)
                .await
                .unwrap();
            assert!(made.is_err(), "{made:?}");
        }
        // It was good all the time, for her.
        let made = app
            .set_codes_up(&page.codes.sealed, &code, ana.asker())
            .await;
        assert_eq!(made.unwrap().unwrap().wrong, None);
    }
}

/// L5, L3: whoever has only the password of somebody who has more does not make themselves the rest of it.
#[tokio::test]
async fn l5_a_password_alone_replaces_no_second_factor() {
    for world in World::each("any-factor").await {
        let app = &world.nodes[0];
        let ana = world.enrolled("w001", ANA).await;
        let page = app.factors(ana.asker(), None).await.unwrap().unwrap();
        let secret = page.codes.secret.expose().replace(' ', "");
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        let made = app
            .set_codes_up(&page.codes.sealed, &code, ana.asker())
            .await;
        assert_eq!(made.unwrap().unwrap().printed.len(), 10);
        world.clock.advance(Duration::from_secs(90));

        // A thief knows the password. That is enough for the first page, and for no change.
        let mut thief = world.browser();
        let answer = types(&world, &thief, ANA, PASSWORD).await;
        thief.keep(&answer);
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        let shown_to_thief = app.factors(thief.asker(), None).await.unwrap();
        assert!(shown_to_thief.is_err(), "they are asked for more first");
        let own = app.credentials_told("w001").await.unwrap();
        let code = shown(&secret, app.now().as_micros() / 1_000_000);
        for one in &own {
            let ended = app
                .drop_factor(&one.id.to_string(), thief.asker())
                .await
                .unwrap();
            assert!(ended.is_err(), "{ended:?}");
        }
        let made = app
            .set_codes_up(&page.codes.sealed, &code, thief.asker())
            .await
            .unwrap();
        assert!(made.is_err(), "{made:?}");
        let made = app
            .add_passkey(&page.attempt, (b"{}", ""), thief.asker())
            .await
            .unwrap();
        assert!(made.is_err(), "{made:?}");

        // She has the device as well, and is asked for a code.
        let mut own = world.browser();
        let answer = types(&world, &own, ANA, PASSWORD).await;
        own.keep(&answer);
        let Err(Answer::Ask {
            attempt, offers, ..
        }) = app.factors(own.asker(), None).await.unwrap()
        else {
            panic!("she is asked for more as well");
        };
        assert!(offers.codes, "{offers:?}");
        let answer = app.send_code(&attempt, &code, own.asker()).await.unwrap();
        own.keep(&answer);
        assert!(app.factors(own.asker(), None).await.unwrap().is_ok());
    }
}

/// O7: a request object of a client that has no keys is not read, however it is wrapped, and nothing goes on beside it.
#[tokio::test]
async fn o7_a_request_object_of_a_client_without_keys_is_refused_unread() {
    for world in World::each("any-factor").await {
        let browser = world.enrolled("w001", ANA).await;
        for (name, value, error) in [
            (
                "request",
                "eyJhbGciOiJub25lIn0.eyJjbGllbnRfaWQiOiJ3aWtpIn0.",
                "request_not_supported",
            ),
            (
                "request",
                "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d",
                "request_not_supported",
            ),
            (
                "request",
                "%7B%22client_id%22%3A%22wiki%22%7D",
                "request_not_supported",
            ),
            (
                "request_uri",
                "https%3A%2F%2Fwiki.acme.example%2Fr",
                "request_uri_not_supported",
            ),
        ] {
            let query = format!("{}&{name}={value}", request("wiki"));
            let answer = world.nodes[0].authorize(query.as_bytes(), browser.asker());
            assert_eq!(
                error_of(&answer.await.unwrap()).as_deref(),
                Some(error),
                "{value}"
            );
        }
    }
}

/// O15: what was given before somebody said that it counts no longer does not, on any node: after their
/// sessions were ended, and after keys were taken out of use.
#[tokio::test]
async fn o15_what_was_given_before_an_end_counts_no_longer() {
    for world in World::each("any-factor").await {
        let desk = actor("desk");
        let mut browser = world.enrolled("w001", ANA).await;
        let code = world.code("wiki", &mut browser).await;
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let (access, refresh) = (&given["access_token"], &given["refresh_token"]);
        let unused = world.code("wiki", &mut browser).await;
        assert!(world.counts(1, access.as_str().unwrap()).await);
        let ended = world.nodes[0]
            .end_sessions(&desk, "w001", "a stolen telephone")
            .await;
        ended.unwrap();
        assert!(!world.counts(1, access.as_str().unwrap()).await);
        for body in [refreshes(refresh.as_str().unwrap()), redeems(&unused)] {
            assert_eq!(world.token(1, 0, &body).await, Err("invalid_grant".into()));
        }
        let session = browser.session.clone().unwrap();
        assert!(world.nodes[1].session_of(&session).await.unwrap().is_none());

        let mut again = world.browser();
        let answer = types(&world, &again, ANA, PASSWORD).await;
        again.keep(&answer);
        let code = world.code("wiki", &mut again).await;
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let access = given["access_token"].as_str().unwrap();
        assert!(world.counts(1, access).await);
        world.nodes[1]
            .roll_keys(&desk, "somebody else may have them")
            .await
            .unwrap();
        for node in [0, 1] {
            assert!(
                !world.counts(node, access).await,
                "signed by a key that is gone"
            );
        }
        // As a hint it is worth nothing either.
        let hint = given["id_token"].as_str().unwrap();
        let query = format!("{}&prompt=none&id_token_hint={hint}", request("wiki"));
        let answer = world.nodes[0].authorize(query.as_bytes(), again.asker());
        assert_eq!(
            error_of(&answer.await.unwrap()).as_deref(),
            Some("login_required")
        );
    }
}

/// O16, P5, O11: grants that are not built give nothing, and are no way around signing in.
#[tokio::test]
async fn o16_no_other_grant_gives_a_token() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", ANA).await;
        let code = world.code("wiki", &mut browser).await;
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let (access, id_token) = (&given["access_token"], &given["id_token"]);
        let (access, id_token) = (access.as_str().unwrap(), id_token.as_str().unwrap());
        let device =
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=x";
        let refused = world.token(1, 0, device).await;
        assert_eq!(
            refused,
            Err("unauthorized_client".into()),
            "not this client's"
        );
        let exchange = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token={access}\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token"
        );
        let refused = world.token(1, 0, &exchange).await;
        assert_eq!(
            refused,
            Err("unauthorized_client".into()),
            "not this client's"
        );
        for body in [
            format!(
                "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={id_token}"
            ),
            "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=x".to_owned(),
            format!("grant_type=password&username=p1%40acme.example&password={PASSWORD}")
                .replace(' ', "+"),
        ] {
            let refused = world.token(1, 0, &body).await;
            assert_eq!(refused, Err("unsupported_grant_type".into()), "{body}");
        }
        assert!(world.counts(0, access).await, "nothing was ended by it");
    }
}

/// P6: nothing that opens something stands in the log, which is exported, or in what people are told.
#[tokio::test]
async fn p6_nothing_that_opens_something_stands_in_the_log() {
    for world in World::each("any-factor").await {
        let (app, pass) = (&world.nodes[0], world.pass("w001").await);
        let mut browser = world.browser();
        let begun = app.begin(browser.asker(), None);
        let sent = app.send_pass(attempt(&begun), ANA, pass.expose(), browser.asker());
        let page = sent.await.unwrap();
        let password = Secret::new(PASSWORD);
        let enrolled = app.enrol_password(attempt(&page), (&password, &password), browser.asker());
        browser.keep(&enrolled.await.unwrap());
        let page = app.factors(browser.asker(), None).await.unwrap().unwrap();
        let seed = page.codes.secret.expose().replace(' ', "");
        let code = shown(&seed, app.now().as_micros() / 1_000_000);
        let made = app
            .set_codes_up(&page.codes.sealed, &code, browser.asker())
            .await;
        let printed = made.unwrap().unwrap().printed;
        let answer = app
            .authorize(request("wiki").as_bytes(), browser.asker())
            .await;
        let code = code_of(&answer.unwrap()).unwrap();
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let mut secrets = vec![
            pass.expose().to_owned(),
            PASSWORD.to_owned(),
            browser.session.clone().unwrap(),
            browser.held.expose().to_owned(),
            seed,
            code,
        ];
        secrets.extend(printed.iter().map(|code| code.expose().to_owned()));
        for name in ["access_token", "refresh_token", "id_token"] {
            let token = given[name].as_str().unwrap();
            // Of a signed token what counts is its signature.
            secrets.push(token.rsplit('.').next().unwrap().to_owned());
        }
        let records = world.store.records(0, 1_000).await.unwrap();
        assert!(records.len() > 5, "{}", records.len());
        let text = format!("{records:?}");
        for (n, secret) in secrets.iter().enumerate() {
            assert!(secret.len() >= 8, "{n}");
            assert!(!text.contains(secret.as_str()), "{n} stands in the log");
        }
        for told in [
            format!("{:?}", app.sessions("w001").await.unwrap()),
            format!("{:?}", app.credentials_told("w001").await.unwrap()),
        ] {
            for (n, secret) in secrets.iter().enumerate() {
                assert!(
                    !told.contains(secret.as_str()),
                    "{n} is told to administrators"
                );
            }
        }
    }
}

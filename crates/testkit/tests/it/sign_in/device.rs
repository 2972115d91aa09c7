//! Devices without a browser, and attacks on whoever types their codes (P5).

use std::time::Duration;

use app::{Answer, Given, ShownDevice};
use model::Secret;
use protocol::oauth::Object;

use super::world::{Browser, PASSWORD, SIGN_ON, World, attempt, call, refreshes};

const GRANT: &str = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code";
const NAME: &str = "p1@acme.example";

/// The company, with a client `tv` that may ask by devices, and `radio` that may not.
fn parties(grants: &str) -> String {
    let one = |name: &str, grants: &str| {
        format!(
            "---\nkind: RelyingParty\nmetadata: {{name: {name}}}\nspec:\n  title: The {name}\n  groups: [engineers]\n  \
             oidc:\n    redirect_uris: [\"https://{name}.acme.example/cb\"]\n    client: public\n    \
             grants: [authorization_code{grants}]\n    scopes: [openid, email]\n"
        )
    };
    format!("{SIGN_ON}{}{}", one("tv", grants), one("radio", ""))
}

async fn each(demand: &str) -> Vec<World> {
    let worlds = World::each(demand).await;
    for world in &worlds {
        let parties = parties(", refresh_token, device_code");
        world.documents_with(demand, &parties).await;
    }
    worlds
}

fn said(given: Given) -> Result<Object, String> {
    match given {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// What a device is told that begins.
async fn begins(world: &World, client: &str) -> Result<Object, String> {
    let body = format!("client_id={client}&scope=openid+email");
    let from = "203.0.113.9".parse().unwrap();
    said(world.nodes[0].device(call(&[], &body), from).await.unwrap())
}

/// What it is told that asks again, five seconds later.
async fn asks(world: &World, client: &str, begun: &Object) -> Result<Object, String> {
    world.clock.advance(Duration::from_secs(5));
    asks_at_once(world, client, begun).await
}

async fn asks_at_once(world: &World, client: &str, begun: &Object) -> Result<Object, String> {
    let code = begun["device_code"].as_str().unwrap();
    let body = format!("grant_type={GRANT}&client_id={client}&device_code={code}");
    said(world.nodes[1].token(call(&[], &body)).await.unwrap())
}

async fn types(world: &World, code: &str, browser: &mut Browser) -> Option<Answer> {
    let answer = world.nodes[1]
        .type_code(code, browser.asker())
        .await
        .unwrap();
    if let Some(answer) = &answer {
        browser.keep(answer);
    }
    answer
}

#[track_caller]
fn is_shown(answer: Option<Answer>) -> ShownDevice {
    match answer {
        Some(Answer::Device { shown, .. }) => shown,
        other => panic!("no device is shown: {other:?}"),
    }
}

async fn answers(world: &World, code: &str, yes: bool, browser: &Browser) -> Option<bool> {
    let answer = world.nodes[0]
        .answer_device(code, yes, browser.asker())
        .await;
    match answer.unwrap() {
        Answer::DeviceDone { is_in } => is_in,
        other => panic!("it is not done: {other:?}"),
    }
}

/// Somebody types the code of a device, signs in as everybody does, sees what asks, and says yes.
#[tokio::test]
async fn a_device_is_let_in_by_somebody_who_signs_in_for_it() {
    for world in each("any-factor").await {
        world.enrolled("w001", NAME).await;
        let begun = begins(&world, "tv").await.unwrap();
        assert_eq!(begun["verification_uri"], "https://id.acme.example/device");
        assert!(!begun.contains_key("verification_uri_complete"));
        assert_eq!(
            (&begun["interval"], &begun["expires_in"]),
            (&5.into(), &600.into())
        );
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("authorization_pending".into())
        );
        assert_eq!(
            asks_at_once(&world, "tv", &begun).await,
            Err("slow_down".into())
        );

        let code = begun["user_code"].as_str().unwrap();
        let mut browser = world.browser();
        let page = types(&world, &code.to_lowercase(), &mut browser)
            .await
            .unwrap();
        let Answer::Ask { to, .. } = &page else {
            panic!("{page:?}")
        };
        assert_eq!(to.as_deref(), Some("The tv"));
        let password = Secret::new(PASSWORD);
        let sent = world.nodes[0].send_password(attempt(&page), NAME, &password, browser.asker());
        let answer = sent.await.unwrap();
        browser.keep(&answer);
        let shown = is_shown(Some(answer));
        assert_eq!(
            (&*shown.to, &*shown.from, &*shown.code),
            ("The tv", "203.0.113.9", code)
        );
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("authorization_pending".into())
        );
        assert_eq!(answers(&world, code, true, &browser).await, Some(true));

        let given = asks(&world, "tv", &begun).await.unwrap();
        let access = given["access_token"].as_str().unwrap();
        assert!(world.counts(1, access).await && given.contains_key("id_token"));
        let next = refreshes(given["refresh_token"].as_str().unwrap());
        let next = format!("{next}&client_id=tv");
        assert!(said(world.nodes[0].token(call(&[], &next)).await.unwrap()).is_ok());
        // The code comes twice: somebody else has it.
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("invalid_grant".into())
        );
        assert!(!world.counts(1, access).await, "what came of it has ended");
    }
}

/// P5: whoever is shown what asks may say no; then nobody is in, and the device is told so. One answer counts.
#[tokio::test]
async fn p5_a_device_is_turned_away_and_answered_once() {
    for world in each("any-factor").await {
        let mut browser = world.enrolled("w001", NAME).await;
        let begun = begins(&world, "tv").await.unwrap();
        let code = begun["user_code"].as_str().unwrap();
        is_shown(types(&world, code, &mut browser).await);
        assert_eq!(answers(&world, code, false, &browser).await, Some(false));
        assert_eq!(
            answers(&world, code, true, &browser).await,
            None,
            "it was answered"
        );
        assert!(types(&world, code, &mut browser).await.is_none());
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("access_denied".into())
        );

        let begun = begins(&world, "tv").await.unwrap();
        let code = begun["user_code"].as_str().unwrap();
        let nobody = world.browser();
        assert_eq!(
            answers(&world, code, true, &nobody).await,
            None,
            "nobody is signed in"
        );
        let (one, other) = tokio::join!(
            answers(&world, code, true, &browser),
            answers(&world, code, false, &browser)
        );
        assert!(one.is_some() != other.is_some(), "{one:?} {other:?}");
    }
}

/// P5: only where a document says so, for its own client, for ten minutes, and never by what somebody else typed.
#[tokio::test]
async fn p5_the_device_grant_is_off_where_no_document_says_so() {
    for world in each("any-factor").await {
        let mut browser = world.enrolled("w001", NAME).await;
        assert_eq!(
            begins(&world, "radio").await,
            Err("unauthorized_client".into())
        );
        let begun = begins(&world, "tv").await.unwrap();
        let code = begun["user_code"].as_str().unwrap();
        assert_eq!(
            asks(&world, "radio", &begun).await,
            Err("unauthorized_client".into())
        );
        for wrong in ["", "BBBB-BBBB", "AAAA-AAAA", &code[1..], "' OR 1=1 --"] {
            assert!(
                types(&world, wrong, &mut browser).await.is_none(),
                "{wrong}"
            );
        }
        is_shown(types(&world, code, &mut browser).await);
        world.documents_with("any-factor", &parties("")).await;
        assert_eq!(
            answers(&world, code, true, &browser).await,
            None,
            "it may no longer"
        );
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("unauthorized_client".into())
        );
        world
            .documents_with("any-factor", &parties(", device_code"))
            .await;
        world.clock.advance(Duration::from_secs(600));
        assert!(types(&world, code, &mut browser).await.is_none());
        assert_eq!(answers(&world, code, true, &browser).await, None);
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("expired_token".into())
        );
    }
}

/// P5: what the policy demands is demanded of whoever types a code, when it is shown and when it is answered; and
/// what a device was given ends with the session of whoever let it in.
#[tokio::test]
async fn p5_the_policy_holds_for_whoever_lets_a_device_in() {
    for world in each("any-factor").await {
        let mut browser = world.enrolled("w001", NAME).await;
        let begun = begins(&world, "tv").await.unwrap();
        let code = begun["user_code"].as_str().unwrap();
        is_shown(types(&world, code, &mut browser).await);
        let parties = parties(", refresh_token, device_code");
        world.documents_with("phishing-resistant", &parties).await;
        let more = world.nodes[0]
            .answer_device(code, true, browser.asker())
            .await
            .unwrap();
        assert!(matches!(more, Answer::Ask { .. }), "{more:?}");
        let page = types(&world, code, &mut browser).await.unwrap();
        assert!(matches!(page, Answer::Ask { .. }), "{page:?}");
        assert_eq!(
            asks(&world, "tv", &begun).await,
            Err("authorization_pending".into())
        );
        world.documents_with("any-factor", &parties).await;
        assert_eq!(answers(&world, code, true, &browser).await, Some(true));
        let given = asks(&world, "tv", &begun).await.unwrap();
        let access = given["access_token"].as_str().unwrap();
        assert!(world.counts(0, access).await);
        world.nodes[0]
            .sign_out(browser.session.as_ref().unwrap())
            .await
            .unwrap();
        assert!(!world.counts(0, access).await);
    }
}

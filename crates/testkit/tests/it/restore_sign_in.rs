//! After a restore nobody is signed in, and nothing that was given for signing in counts.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use app::{Answer, App, Ask, Asker, SignInFrom, Wrong};
use model::event::AuthorizationChanged;
use model::{Authorization, AuthorizationId, Event, Secret, SessionId, SubjectId, Timestamp};
use ports::store::Append;
use protocol::oauth::Issuer;
use testkit::node::actor;

use crate::company::{GUARD, documents, stage, workers};

const POLICY: &str = "kind: SignOnPolicy
metadata: {name: everyone}
spec:
  login: person.email
  rules: [{name: everyone, demand: any-factor}]
";
const LOGIN: &str = "p1@acme.example";
const HOUR: Duration = Duration::from_secs(3600);

/// Uses a pass; what somebody is asked then, or what was wrong.
async fn use_pass(app: &App, pass: &str, asker: Asker<'_>) -> Result<String, Wrong> {
    let Answer::Ask { attempt, .. } = app.begin(asker, None) else {
        panic!("nobody is signed in yet");
    };
    let answer = app.send_pass(&attempt, LOGIN, pass, asker).await.unwrap();
    match answer {
        Answer::Ask {
            ask: Ask::Enrol,
            attempt,
            ..
        } => Ok(attempt),
        Answer::Ask {
            wrong: Some(wrong), ..
        } => Err(wrong),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_is_signed_in_after_a_restore_and_no_pass_or_key_counts() {
    let stage = stage(GUARD).await;
    let app = &stage.node.app;
    let app = App::clone(app).issuing(Issuer::on_loopback("http://127.0.0.1:1").unwrap());
    let ana = actor("ana");
    let mut files = documents(GUARD);
    files.push(("policy.yaml".to_owned(), POLICY.to_owned()));
    app.accept_documents(&ana, files, false).await.unwrap();
    stage.deliver(&workers(3)).await;
    let from = SignInFrom {
        network: IpAddr::V4(Ipv4Addr::LOCALHOST),
        agent: None,
    };
    let browser = app.new_browser();
    let asker = Asker {
        session: None,
        browser: browser.expose(),
        from: &from,
    };
    let pass = app.issue_pass(&ana, LOGIN, HOUR, "T-1").await.unwrap();
    let attempt = use_pass(&app, pass.secret.expose(), asker).await.unwrap();
    let password = Secret::new("four words nobody guesses");
    let twice = (&password, &password);
    let answer = app.enrol_password(&attempt, twice, asker).await;
    let Answer::Home {
        signed_in: Some(session),
    } = answer.unwrap()
    else {
        panic!("somebody who enrolled is signed in");
    };
    let unused = app.issue_pass(&ana, LOGIN, HOUR, "T-2").await.unwrap();
    let keys = app.jwks().await.unwrap();
    let cookie = session.cookie.expose();
    assert!(app.session_of(cookie).await.unwrap().is_some());

    app.restored(&ana, 1, Timestamp::EPOCH).await.unwrap();
    assert!(app.session_of(cookie).await.unwrap().is_none());
    assert!(app.sessions(LOGIN).await.unwrap().is_empty());
    let refused = use_pass(&app, unused.secret.expose(), asker).await;
    assert_eq!(refused, Err(Wrong::Pass));
    assert_ne!(
        app.jwks().await.unwrap(),
        keys,
        "other keys sign from then on"
    );
    // It may be run again, and their password still lets them in.
    app.restored(&ana, 1, Timestamp::EPOCH).await.unwrap();
    let Answer::Ask { attempt, .. } = app.begin(asker, None) else {
        panic!("nobody is signed in");
    };
    let answer = app.send_password(&attempt, LOGIN, &password, asker).await;
    assert!(matches!(answer.unwrap(), Answer::Home { .. }));
}

/// What a relying party was given, with a refresh token that counts for so long.
fn given(no: u128, refresh_ends: Timestamp) -> Event {
    let at = Timestamp::EPOCH;
    Event::AuthorizationChanged(AuthorizationChanged {
        authorization: AuthorizationId::from_bits(no),
        state: Authorization {
            subject: SubjectId::from_bits(1),
            session: SessionId::from_bits(no),
            relying_party: "wiki".to_owned(),
            client: "wiki".to_owned(),
            redirect_uri: "https://wiki.acme.example/cb".to_owned(),
            scopes: vec!["openid".to_owned(), "offline_access".to_owned()],
            challenge: String::new(),
            nonce: None,
            auth_time: at,
            amr: Vec::new(),
            acr: String::new(),
            code_ends: at,
            redeemed: Some(at),
            refreshed: 0,
            refresh_ends: Some(refresh_ends),
            jkt: None,
            asked: model::AskedClaims::default(),
            ended: None,
        },
    })
}

#[tokio::test]
async fn a_refresh_token_that_outlives_its_session_ends_with_a_restore() {
    let stage = stage(GUARD).await;
    let app = &stage.node.app;
    let now = app.now();
    let told = vec![
        given(1, now.plus(HOUR)),
        given(2, Timestamp::EPOCH),
        given(3, now.plus(HOUR)),
    ];
    let append = Append::of(actor("ana"), told);
    stage.store.append(append).await.unwrap();
    app.restored(&actor("ana"), 1, Timestamp::EPOCH)
        .await
        .unwrap();
    for (no, ended) in [(1, true), (2, false), (3, true)] {
        let id = AuthorizationId::from_bits(no);
        let row = stage.store.authorization(id).await.unwrap().unwrap();
        assert_eq!(
            row.state.ended.is_some(),
            ended,
            "{no}: what ran out stays as it is"
        );
    }
}

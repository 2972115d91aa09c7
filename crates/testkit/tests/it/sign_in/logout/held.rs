//! Whom a file no longer has, while what follows from that waits for a decision.

use app::{Answer, App, Asker, SignInFrom};
use model::Secret;
use protocol::oauth::Issuer;

use super::super::world::{attempt, code_of, policy};
use super::*;
use crate::company::{GUARD, documents, stage, workers};

/// A file that lost a row signs nobody out anywhere before somebody has decided; then it does.
#[tokio::test]
async fn a_row_that_is_missing_is_told_to_no_app_before_it_was_decided() {
    let stage = stage(GUARD).await;
    let app = App::clone(&stage.node.app).issuing(Issuer::new("https://id.acme.example").unwrap());
    let (ana, relying) = (actor("ana"), &stage.company.relying);
    let mut files = documents(GUARD);
    files.push(("policy.yaml".to_owned(), policy("any-factor")));
    files.push(("parties.yaml".to_owned(), parties()));
    app.accept_documents(&ana, files, false).await.unwrap();
    let mut rows = workers(4);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;

    let (name, life) = ("p2@acme.example", Duration::from_secs(3_600));
    let pass = app.issue_pass(&ana, name, life, "T-1").await.unwrap();
    let browser = app.new_browser();
    let from = SignInFrom {
        network: "192.0.2.7".parse().unwrap(),
        agent: None,
    };
    let mut asker = Asker {
        session: None,
        browser: browser.expose(),
        from: &from,
    };
    let begun = app.begin(asker, None);
    let answer = app.send_pass(attempt(&begun), name, pass.secret.expose(), asker);
    let answer = answer.await.unwrap();
    let password = Secret::new("four words nobody guesses");
    let enrolled = app.enrol_password(attempt(&answer), (&password, &password), asker);
    let Answer::Home {
        signed_in: Some(session),
    } = enrolled.await.unwrap()
    else {
        panic!("whoever enrolled is signed in");
    };
    asker.session = Some(session.cookie.expose());
    let answer = app.authorize(request("wiki").as_bytes(), asker).await;
    assert!(code_of(&answer.unwrap()).is_some());

    let teller = Teller::new(Arc::new(app));
    teller.pass().await.unwrap();
    rows.remove(1);
    let waves = stage.deliver(&rows).await;
    assert_eq!(waves.len(), 1);
    for _ in 0..3 {
        teller.pass().await.unwrap();
        stage.node.clock.advance(Duration::from_secs(5));
    }
    assert_eq!(relying.heard(), [], "it waits");
    stage.apply(&waves).await;
    teller.pass().await.unwrap();
    assert_eq!(uris(&relying.heard()), [WIKI]);
}

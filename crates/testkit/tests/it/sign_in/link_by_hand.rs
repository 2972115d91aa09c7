//! Links to another identity provider that an administrator makes and undoes.

use app::{Answer, AppError, Linked};
use model::Occasion;
use serde_json::json;
use testkit::node::actor;

use super::upstream::{ENGINEERS, ana, policy, provider};
use super::world::World;

async fn links(world: &World, person: &str, sub: &str) -> Result<Linked, AppError> {
    let desk = actor("desk");
    let to = ("elsewhere", sub);
    world.nodes[0].link_by_hand(&desk, person, to, false).await
}

#[track_caller]
fn code<T: std::fmt::Debug>(answer: Result<T, AppError>) -> String {
    answer.unwrap_err().code().to_owned()
}

/// Whom somebody is let in as who comes from elsewhere, by worker key.
async fn comes_as(world: &World, sub: &str) -> Option<String> {
    let mut browser = world.browser();
    let trip = world.leaves(&browser, "").await;
    let says = json!({"sub": sub, "employee_id": "nobody"});
    let answer = world.back(&mut browser, trip, says).await;
    if !matches!(answer, Answer::Home { .. }) {
        return None;
    }
    let session = browser.session.clone().unwrap();
    let opened = world.nodes[0].session_of(&session).await.unwrap().unwrap();
    Some(opened.known.identity.key)
}

/// P7: a link is to one account of one person, and what was undone is made again by an administrator alone.
#[tokio::test]
async fn p7_a_link_by_hand_is_to_one_account_of_one_person() {
    for world in World::each("any-factor").await {
        let desk = actor("desk");
        world.routed("any-factor", ENGINEERS).await;
        let dry = world.nodes[0].link_by_hand(&desk, "w001", ("elsewhere", "00u1"), true);
        assert_eq!(dry.await.unwrap().credential, None);
        assert_eq!(comes_as(&world, "00u1").await, None);
        links(&world, "w001", "00u1").await.unwrap();
        assert_eq!(comes_as(&world, "00u1").await.as_deref(), Some("w001"));
        assert_eq!(comes_as(&world, "00U1").await, None, "to the letter");
        for (person, sub) in [("w002", "00u1"), ("w001", "00u1"), ("w001", "00u9")] {
            assert_eq!(
                code(links(&world, person, sub).await),
                "TNR-SIGN-0039",
                "{person} {sub}"
            );
        }
        let long = "x".repeat(256);
        for sub in ["", "00u\n", "ü", &long] {
            assert_eq!(
                code(links(&world, "w002", sub).await),
                "TNR-SIGN-0039",
                "{sub}"
            );
        }
        let unknown = world.nodes[0].link_by_hand(&desk, "w002", ("nowhere", "x"), false);
        assert!(unknown.await.is_err());

        // It was somebody else's: undone, and made anew for whom it is.
        let id = world.nodes[0].link_of("w001", "elsewhere").await.unwrap();
        let ended = world.nodes[0].end_credential(&desk, id, "mistaken", true);
        assert_eq!(ended.await.unwrap().sessions, 1);
        assert!(world.nodes[0].link_of("w001", "elsewhere").await.is_err());
        assert_eq!(comes_as(&world, "00u1").await, None);
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let answer = world.back(&mut browser, trip, ana()).await;
        assert!(
            !matches!(answer, Answer::Home { .. }),
            "by itself it is not made again"
        );
        // Two who make it anew at once: one is first.
        let (one, other) =
            tokio::join!(links(&world, "w002", "00u1"), links(&world, "w004", "00u1"));
        assert_eq!(
            u8::from(one.is_ok()) + u8::from(other.is_ok()),
            1,
            "{one:?} {other:?}"
        );
        let won = if one.is_ok() { "w002" } else { "w004" };
        assert_eq!(comes_as(&world, "00u1").await.as_deref(), Some(won));
        // And back to the first, for whom one was undone before.
        let id = world.nodes[0].link_of(won, "elsewhere").await.unwrap();
        let ended = world.nodes[0].end_credential(&desk, id, "mistaken", true);
        ended.await.unwrap();
        links(&world, "w001", "00u1").await.unwrap();
        assert_eq!(comes_as(&world, "00u1").await.as_deref(), Some("w001"));
        // What it is called there is personal, and stands in nothing that is told.
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        assert!(!format!("{told:?}").contains("00u1"));
    }
}

/// P1: nobody privileged is linked by one person's word, and whoever is linked is told.
#[tokio::test]
async fn p1_nobody_privileged_is_linked_by_hand() {
    const MAIL: &str = "kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [oncall@acme.example]}
---
";
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let tells = "  tell_people: {channel: mail, addresses: [person.email]}\n  administrators: ";
        let policy = MAIL.to_owned() + &policy("any-factor", ENGINEERS) + tells;
        let parties = provider(super::upstream::BY_KEY);
        world
            .policy_is(&(policy.clone() + "[engineers]\n"), &parties)
            .await;
        assert_eq!(code(links(&world, "w001", "00u1").await), "TNR-SIGN-0039");
        world.policy_is(&(policy + "[]\n"), &parties).await;
        links(&world, "w001", "00u1").await.unwrap();
        let told = world.told().await;
        let [(to, letter)] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!(
            (to.join(","), letter.occasion),
            (
                "p1@acme.example".to_owned(),
                Some(Occasion::CredentialChange)
            )
        );
        assert!(
            letter
                .text
                .contains("link to another sign-in added by somebody"),
            "{}",
            letter.text
        );
    }
}

//! People prove who they are at another identity provider, some of them, for as long as somebody likes.

use std::time::Duration;

use app::{Answer, Ask, Wrong, switch_of};
use model::{Factor, Secret};
use serde_json::{Map, Value, json};
use testkit::elsewhere::SECRET;
use testkit::node::actor;

use super::login::{asks, types};
use super::world::{Browser, PASSWORD, SIGN_ON, World, attempt, code_of, redeems, request};

/// The provider, and by what it names people.
pub fn provider(link: &str) -> String {
    format!(
        "{SIGN_ON}---
kind: IdentityProvider
metadata: {{name: elsewhere}}
spec:
  title: Elsewhere
  oidc:
    issuer: https://elsewhere.example
    client_id: tenure
    client: {{secret: elsewhere-client}}
    id_token_alg: ES256
  link: {link}
  counts:
    - {{amr: [mfa], as: multi-factor}}
    - {{acr: phr, as: phishing-resistant}}
    - {{amr: [pwd], as: password}}
"
    )
}

/// A policy that demands so much, with these routes.
pub fn policy(demand: &str, routes: &str) -> String {
    format!(
        "kind: SignOnPolicy\nmetadata: {{name: all}}\nspec:\n  login: person.email\n  rules:\n    \
         - {{name: all, demand: {demand}}}\n  routes: [{routes}]\n"
    )
}

pub const BY_KEY: &str = "{claim: employee_id, source: hr}";
pub const ENGINEERS: &str = "{groups: [engineers], identity_provider: elsewhere}";

impl World {
    /// Engineers prove who they are elsewhere from now on, and our secret for that is set.
    pub async fn routed(&self, demand: &str, routes: &str) {
        self.policy_is(&policy(demand, routes), &provider(BY_KEY))
            .await;
        let (name, host) = ("elsewhere-client", "elsewhere.example");
        let (admin, secret) = (actor("admin"), Secret::new(SECRET));
        let bound = "identity-provider/elsewhere";
        let set = self.nodes[0].set_secret(&admin, name, bound, host, &secret);
        set.await.unwrap();
    }

    /// Somebody leaves from the first page for a request (`""`: our own pages).
    pub async fn leaves(&self, browser: &Browser, query: &str) -> (String, Secret) {
        let app = &self.nodes[0];
        let begun = match query {
            "" => {
                app.loaded().await.unwrap();
                app.begin(browser.asker(), None)
            }
            query => app
                .authorize(query.as_bytes(), browser.asker())
                .await
                .unwrap(),
        };
        let sent = app.send_upstream(attempt(&begun), "elsewhere", browser.asker());
        away(&sent.await.unwrap())
    }

    /// Somebody comes back to the other node, with what the provider says of them.
    pub async fn back(
        &self,
        browser: &mut Browser,
        (location, trip): (String, Secret),
        says: Value,
    ) -> Answer {
        self.back_lying(browser, (location, trip), says, |_| {})
            .await
    }

    /// The same, of a provider that lies.
    pub async fn back_lying(
        &self,
        browser: &mut Browser,
        (location, trip): (String, Secret),
        says: Value,
        lies: impl FnOnce(&mut Map<String, Value>),
    ) -> Answer {
        let now = self.nodes[1].now();
        let query = self.elsewhere.vouches(&location, says, now, lies);
        let app = &self.nodes[1];
        let back = app.come_back("elsewhere", query.as_bytes(), Some(&trip), browser.asker());
        let answer = back.await.unwrap();
        browser.keep(&answer);
        answer
    }

    /// What the wiki is told of whoever is signed in there: `sub`.
    pub async fn sub(&self, browser: &mut Browser) -> Value {
        let code = self.code("wiki", browser).await;
        let given = self.token(0, 0, &redeems(&code)).await.unwrap();
        let token = given["access_token"].as_str().unwrap();
        self.introspected(0, token).await["sub"].clone()
    }
}

/// Where a browser is sent, and what it holds.
#[track_caller]
pub fn away(answer: &Answer) -> (String, Secret) {
    match answer {
        Answer::Leave { location, trip } => (location.clone(), trip.clone()),
        other => panic!("nobody is sent elsewhere: {other:?}"),
    }
}

pub fn ana() -> Value {
    json!({"sub": "00u1", "employee_id": "w001"})
}

#[tokio::test]
async fn a_pilot_moves_between_here_and_elsewhere_and_no_relying_party_notices() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let trip = world.leaves(&browser, &request("wiki")).await;
        let answer = world.back(&mut browser, trip, ana()).await;
        assert!(code_of(&answer).is_some(), "{answer:?}");
        let elsewhere = world.sub(&mut browser).await;
        assert!(elsewhere.is_string());

        // The pilot signs in here from now on, with what they make here.
        let pilot = format!("{{people: [w001]}}, {ENGINEERS}");
        world.routed("any-factor", &pilot).await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        assert_eq!(world.sub(&mut browser).await, elsewhere);
        let mut browser = world.browser();
        let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        browser.keep(&answer);
        assert_eq!(world.sub(&mut browser).await, elsewhere);
        // What the other one says of them does not count meanwhile; of everybody else it does.
        let mut other = world.browser();
        let trip = world.leaves(&other, "").await;
        let answer = world.back(&mut other, trip, ana()).await;
        assert_eq!(asks(&answer), (Ask::Name, Some(Wrong::Here)));
        let trip = world.leaves(&other, "").await;
        let bo = json!({"sub": "00u2", "employee_id": "w002"});
        let answer = world.back(&mut other, trip, bo).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");

        // And back: by the link that they have, and by their password no more.
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        let trip = away(&answer);
        let says = json!({"sub": "00u1"});
        let answer = world.back(&mut browser, trip, says).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        assert_eq!(world.sub(&mut browser).await, elsewhere);
        let links = world.nodes[0].credentials_told("w001").await.unwrap();
        let links = links.iter().filter(|one| one.factor == Factor::Upstream);
        assert_eq!(links.count(), 1, "linked once");
    }
}

#[tokio::test]
async fn one_command_has_everybody_sign_in_here_at_once_and_another_takes_it_back() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let under_way = world.leaves(&browser, "").await;
        let (admin, switch) = (actor("admin"), Some(switch_of("elsewhere")));
        world.nodes[0]
            .stop_writing(&admin, switch.clone(), "it is down")
            .await
            .unwrap();
        let answer = world.back(&mut browser, under_way, ana()).await;
        assert_eq!(
            asks(&answer).1,
            Some(Wrong::Here),
            "whoever is under way too"
        );
        let begun = world.nodes[1].begin(browser.asker(), None);
        let sent = world.nodes[1].send_upstream(attempt(&begun), "elsewhere", browser.asker());
        assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Here));
        let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        world.nodes[0]
            .resume_writing(&admin, switch, "it is up again")
            .await
            .unwrap();
        let answer = types(&world, &browser, "p1@acme.example", PASSWORD).await;
        away(&answer);
    }
}

#[tokio::test]
async fn what_the_other_provider_says_counts_as_far_as_the_document_does() {
    for world in World::each("any-factor").await {
        world.routed("multi-factor", ENGINEERS).await;
        let strengths = [
            (json!({"amr": ["pwd", "mfa"]}), true),
            (json!({"acr": "phr"}), true),
            (json!({"amr": ["pwd"]}), false),
            (json!({"amr": ["otp", "sms"]}), false),
            (json!({"acr": "https://refeds.org/profile/mfa"}), false),
            (json!({}), false),
        ];
        for (says, enough) in strengths {
            let mut browser = world.browser();
            let trip = world.leaves(&browser, "").await;
            let mut told = ana();
            told.as_object_mut()
                .unwrap()
                .extend(says.as_object().unwrap().clone());
            let answer = world.back(&mut browser, trip, told).await;
            match enough {
                true => assert!(matches!(answer, Answer::Home { .. }), "{says}: {answer:?}"),
                false => assert!(
                    matches!(asks(&answer).0, Ask::More(_)),
                    "{says}: {answer:?}"
                ),
            }
        }
    }
}

/// A leaver is out, whatever anybody else says of them; the record tells of it.
#[tokio::test]
async fn a_leaver_is_refused_whatever_the_other_provider_says() {
    for mut world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let answer = world.back(&mut browser, trip, ana()).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        // Both the linked one and one who was never here leave.
        let under_way = world.leaves(&world.browser(), "").await;
        for row in [0, 1] {
            let left = world.rows[row].replace("2020-01-01,,", "2020-01-01,2026-10-31,");
            assert_ne!(left, world.rows[row]);
            world.rows[row] = left;
        }
        world.hears().await;
        let session = browser.session.clone().unwrap();
        assert!(world.nodes[1].session_of(&session).await.unwrap().is_none());
        drop(under_way);
        for says in [ana(), json!({"sub": "00u2", "employee_id": "w002"})] {
            let mut browser = world.browser();
            let trip = world.leaves(&browser, "").await;
            let answer = world.back(&mut browser, trip, says).await;
            assert!(
                matches!(answer, Answer::Refused { person: true, .. }),
                "{answer:?}"
            );
        }
        let bo = world.nodes[0].credentials_told("w002").await.unwrap();
        assert_eq!(bo, [], "nobody who has left is linked");
    }
}

#[tokio::test]
async fn whoever_is_asked_anew_proves_it_anew_elsewhere() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let anew = format!("{}&prompt=login", request("wiki"));
        let when = format!("{}&max_age=600", request("wiki"));
        let hour = Duration::from_secs(3_600);
        for (query, is_anew) in [(request("wiki"), false), (anew, true), (when, true)] {
            let before = (world.nodes[0].now().as_micros() - 3_600_000_000) / 1_000_000;
            let mut browser = world.browser();
            let trip = world.leaves(&browser, &query).await;
            let old = move |claims: &mut Map<String, Value>| {
                claims.insert("auth_time".to_owned(), before.into());
            };
            let answer = world.back_lying(&mut browser, trip, ana(), old).await;
            let asked = world.elsewhere.request();
            let prompt = asked.get("prompt").map(String::as_str);
            assert_eq!(prompt, is_anew.then_some("login"));
            match is_anew {
                true => {
                    assert_eq!(asked["max_age"], "0");
                    assert_eq!(asks(&answer), (Ask::Name, Some(Wrong::Elsewhere)));
                }
                false => {
                    assert_eq!(asked["max_age"], "43200", "as long as a session");
                    assert!(code_of(&answer).is_some(), "{answer:?}");
                }
            }
        }
        // Nothing that was proved longer ago than a session lasts.
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let before = (world.nodes[0].now().minus(13 * hour)).as_micros() / 1_000_000;
        let old = |claims: &mut Map<String, Value>| {
            claims.insert("auth_time".to_owned(), before.into());
        };
        let answer = world.back_lying(&mut browser, trip, ana(), old).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Elsewhere));
    }
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_kept_and_new_keys_are_fetched_once() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let counts =
            |asked: &[String], path: &str| asked.iter().filter(|url| url.ends_with(path)).count();
        for _ in 0..3 {
            let trip = world.leaves(&browser, "").await;
            world.back(&mut browser, trip, ana()).await;
        }
        // Each node reads for itself.
        let asked = world.elsewhere.asked();
        assert_eq!(counts(&asked, "/openid-configuration"), 2, "{asked:?}");
        assert_eq!(counts(&asked, "/keys"), 1, "{asked:?}");
        world.elsewhere.rolls();
        world.clock.advance(Duration::from_secs(61));
        let trip = world.leaves(&browser, "").await;
        let answer = world.back(&mut browser, trip, ana()).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        assert_eq!(counts(&world.elsewhere.asked(), "/keys"), 1);
        // Whoever brings what no key verifies has them fetched once a minute, and no more often.
        for _ in 0..3 {
            let trip = world.leaves(&browser, "").await;
            let forged = |claims: &mut Map<String, Value>| {
                claims.insert("forged".to_owned(), true.into());
            };
            let answer = world.back_lying(&mut browser, trip, ana(), forged).await;
            assert_eq!(asks(&answer).1, Some(Wrong::Elsewhere));
        }
        assert_eq!(counts(&world.elsewhere.asked(), "/keys"), 0);
        // Nobody answers: what was read counts for a while, and then nobody is sent there.
        world.elsewhere.is_down(true);
        world.clock.advance(Duration::from_secs(2 * 3_600));
        world.leaves(&world.browser(), "").await;
        world.clock.advance(Duration::from_secs(24 * 3_600));
        let browser = world.browser();
        let app = &world.nodes[0];
        let begun = app.begin(browser.asker(), None);
        drop(world.elsewhere.asked());
        for _ in 0..3 {
            let sent = app.send_upstream(attempt(&begun), "elsewhere", browser.asker());
            assert_eq!(asks(&sent.await.unwrap()).1, Some(Wrong::Elsewhere));
        }
        assert_eq!(
            world.elsewhere.asked().len(),
            1,
            "it is left alone for a moment"
        );
        world.elsewhere.is_down(false);
        world.clock.advance(Duration::from_secs(11));
        world.leaves(&world.browser(), "").await;
    }
}

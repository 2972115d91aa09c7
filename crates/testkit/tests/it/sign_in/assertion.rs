//! Clients that prove who they are by what they sign.

use std::sync::Arc;
use std::time::Duration;

use app::Given;
use model::Event;
use ports::Clock as _;
use protocol::jose::{Algorithm, SigningKey, jwt};
use protocol::oauth::Object;
use protocol::oauth::token::JWT_BEARER;
use serde_json::json;

use super::world::{SIGN_ON, World, call, redeems, refreshes};

const ISSUER: &str = "https://id.acme.example";
const GRANT: &str = "grant_type=client_credentials";

/// A client with two keys: `forge` of a person's tokens and of its own.
pub struct Forge {
    pub keys: [SigningKey; 2],
    /// How many assertions it has made.
    made: std::cell::Cell<u32>,
}

impl Forge {
    /// Makes one, and declares it.
    pub async fn in_force(world: &World, more: &str) -> Self {
        let keys = [Algorithm::Es256, Algorithm::EdDsa]
            .map(|algorithm| SigningKey::generate(algorithm).unwrap().0);
        let forge = Self {
            keys,
            made: std::cell::Cell::new(0),
        };
        forge.declared(world, more, &forge.jwks(&[0, 1])).await;
        forge
    }

    fn jwks(&self, which: &[usize]) -> String {
        let keys = which.iter().map(|n| self.keys[*n].public().to_jwk());
        json!(keys.collect::<Vec<_>>()).to_string()
    }

    async fn declared(&self, world: &World, more: &str, keys: &str) {
        let party = format!(
            "{SIGN_ON}---\nkind: RelyingParty\nmetadata: {{name: forge}}\nspec:\n  groups: [engineers]\n  \
             oidc:\n    redirect_uris: [\"https://forge.acme.example/cb\"]\n    \
             client: {{keys: {keys}}}\n    \
             grants: [authorization_code, refresh_token, client_credentials]\n    \
             scopes: [openid, email, \"api:read\"]\n{more}"
        );
        world.documents_with("any-factor", &party).await;
    }

    /// An assertion that is good for a minute, with other claims in it.
    pub fn asserts(&self, world: &World, key: usize, more: serde_json::Value) -> String {
        self.made.set(self.made.get() + 1);
        let now = world.clock.now().as_micros() / 1_000_000;
        let mut claims = json!({"iss": "forge", "sub": "forge", "aud": ISSUER, "exp": now + 60,
            "jti": format!("forge-{}", self.made.get())});
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        jwt::sign(&self.keys[key], "JWT", claims.as_object().unwrap()).unwrap()
    }

    /// `body` with a new assertion.
    pub fn proves(&self, world: &World, body: &str) -> String {
        with(body, &self.asserts(world, 0, json!({})))
    }
}

/// `body` with this assertion.
pub fn with(body: &str, assertion: &str) -> String {
    let kind = JWT_BEARER.replace(':', "%3A");
    format!("{body}&client_assertion_type={kind}&client_assertion={assertion}")
}

/// What is said at the token endpoint of a node.
pub async fn token(world: &World, node: usize, body: &str) -> Result<Object, String> {
    said(world.nodes[node].token(call(&[], body)).await.unwrap())
}

fn said(given: Given) -> Result<Object, String> {
    match given {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.to_string()),
    }
}

/// At each endpoint where clients prove who they are, by each of its keys; for a person and for itself.
#[tokio::test]
async fn a_client_proves_who_it_is_by_what_it_signs() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "    refresh_days: 30\n").await;
        let own = token(&world, 0, &forge.proves(&world, GRANT))
            .await
            .unwrap();
        let by_other = with(GRANT, &forge.asserts(&world, 1, json!({})));
        assert!(token(&world, 1, &by_other).await.is_ok());
        let named = format!("{}&client_id=forge", forge.proves(&world, GRANT));
        assert!(token(&world, 0, &named).await.is_ok());
        let as_other = format!("{}&client_id=robot", forge.proves(&world, GRANT));
        assert!(token(&world, 0, &as_other).await.is_err());

        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = world.code("forge", &mut browser).await;
        let given = forge.proves(&world, &redeems(&code));
        let given = token(&world, 0, &given).await.unwrap();
        let refresh = given["refresh_token"].as_str().unwrap();
        let next = forge.proves(&world, &refreshes(refresh));
        let next = token(&world, 1, &next).await.unwrap();
        for given in [&own, &next] {
            let body = format!("token={}", given["access_token"].as_str().unwrap());
            let asked = forge.proves(&world, &body);
            let asked = world.nodes[1].introspect(call(&[], &asked)).await.unwrap();
            assert_eq!(said(asked).unwrap()["active"], true);
        }
        let body = format!("token={}", next["access_token"].as_str().unwrap());
        let revoked = forge.proves(&world, &body);
        let revoked = world.nodes[0].revoke(call(&[], &revoked)).await.unwrap();
        assert!(said(revoked).is_ok());
        assert!(
            !world
                .counts(0, next["access_token"].as_str().unwrap())
                .await
        );
    }
}

/// O10: an assertion counts once, at whichever endpoint and node it comes again, and however many bring it at
/// once; and what it was brought with is the only thing that the log tells of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_an_assertion_counts_once_and_leaves_no_record_of_its_own() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "").await;
        let assertion = forge.asserts(&world, 0, json!({}));
        let given = token(&world, 0, &with(GRANT, &assertion)).await.unwrap();
        let again = token(&world, 1, &with(GRANT, &assertion))
            .await
            .unwrap_err();
        assert!(again.contains("came before"), "{again}");
        let body = format!("token={}", given["access_token"].as_str().unwrap());
        let elsewhere = with(&body, &assertion);
        let elsewhere = world.nodes[1].introspect(call(&[], &elsewhere)).await;
        assert!(said(elsewhere.unwrap()).is_err(), "at another endpoint");

        let before = world.store.head().await.unwrap();
        for _ in 0..3 {
            let asked = forge.proves(&world, &body);
            let asked = world.nodes[0].introspect(call(&[], &asked)).await.unwrap();
            assert_eq!(said(asked).unwrap()["active"], true);
        }
        assert_eq!(world.store.head().await.unwrap(), before);

        let world = Arc::new(world);
        let one = with(GRANT, &forge.asserts(&world, 0, json!({})));
        let calls = (0..8).map(|n| {
            let (world, one) = (Arc::clone(&world), one.clone());
            tokio::spawn(async move { token(&world, n % 2, &one).await.is_ok() })
        });
        let mut won = 0;
        for call in calls.collect::<Vec<_>>() {
            won += usize::from(call.await.unwrap());
        }
        assert_eq!(won, 1);
    }
}

/// An assertion for another server, for too long, from another time or of another client gives nothing; and one
/// whose key was taken out of the document counts no longer.
#[tokio::test]
async fn an_assertion_is_held_to_its_client_and_to_us() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "").await;
        let now = world.clock.now().as_micros() / 1_000_000;
        for more in [
            json!({"aud": format!("{ISSUER}/oauth2/token")}),
            json!({"aud": [ISSUER]}),
            json!({"exp": now + 311}),
            json!({"exp": now - 10}),
            json!({"iss": "robot", "sub": "robot"}),
            json!({"sub": "robot"}),
            json!({"jti": null}),
        ] {
            let body = with(GRANT, &forge.asserts(&world, 0, more.clone()));
            let refused = token(&world, 0, &body).await.unwrap_err();
            assert!(refused.starts_with("invalid_client"), "{more}: {refused}");
        }
        let kept = forge.asserts(&world, 0, json!({}));
        forge.declared(&world, "", &forge.jwks(&[1])).await;
        assert!(token(&world, 0, &with(GRANT, &kept)).await.is_err());
        let new = with(GRANT, &forge.asserts(&world, 1, json!({})));
        assert!(token(&world, 0, &new).await.is_ok());
        world.clock.advance(Duration::from_secs(71));
        assert!(
            token(&world, 0, &new).await.is_err(),
            "it is over before it is forgotten"
        );
    }
}

/// A client has one way to prove itself: its name alone, and an assertion of a client with a secret, are none.
#[tokio::test]
async fn a_client_with_keys_gets_in_by_nothing_else() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "").await;
        let bare = format!("{GRANT}&client_id=forge");
        assert!(token(&world, 0, &bare).await.is_err());
        let secret = format!("{bare}&client_secret=x");
        assert!(token(&world, 0, &secret).await.is_err());
        let robot = json!({"iss": "robot", "sub": "robot"});
        let robot = with(GRANT, &forge.asserts(&world, 0, robot));
        assert!(token(&world, 0, &robot).await.is_err());
        let refused = world.nodes[0]
            .check_client_secret("forge")
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "TNR-SIGN-0013");
        let records = world.store.records(0, 1_000).await.unwrap();
        let granted =
            |record: &ports::store::LogRecord| matches!(record.event, Event::ClientGranted(_));
        assert!(!records.iter().any(granted));
    }
}

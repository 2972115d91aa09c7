//! Access tokens that are exchanged for others (RFC 8693).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::Event;
use ports::Clock as _;
use protocol::oauth::Object;
use serde_json::{Value, json};
use testkit::node::actor;

use super::world::{Browser, SIGN_ON, World, call, code_of, redeems, refreshes, request};

const API: &str = "https://api.acme.example";
const ROBOT: usize = 2;
const BACKEND: &str = r#"---
kind: RelyingParty
metadata: {name: backend}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://backend.acme.example/cb"]
    client: {secret: backend-client, method: basic}
    exchange:
      from: [wiki]
      audiences: {"https://api.acme.example": ["api:read"]}
---
kind: RelyingParty
metadata: {name: bystander}
spec:
  groups: [engineers]
  oidc:
    redirect_uris: ["https://bystander.acme.example/cb"]
    client: {secret: bystander-client, method: basic}
    exchange:
      from: [other]
      audiences: {"https://api.acme.example": ["api:read", "api:write"]}
"#;

/// A world in which services exchange tokens of the wiki, with their secrets, and somebody who signed in to it.
struct Services {
    world: World,
    secrets: Vec<(&'static str, String)>,
    browser: Browser,
}

async fn each() -> Vec<Services> {
    let mut all = Vec::new();
    for world in World::each("any-factor").await {
        stands(&world, BACKEND).await;
        let mut secrets = Vec::new();
        for name in ["backend", "bystander"] {
            let made = world.nodes[0]
                .make_client_secret(&actor("admin"), name)
                .await;
            secrets.push((name, made.unwrap().secret.expose().to_owned()));
        }
        let browser = world.enrolled("w001", "p1@acme.example").await;
        all.push(Services {
            world,
            secrets,
            browser,
        });
    }
    all
}

async fn stands(world: &World, services: &str) {
    let more = r#"scopes: [openid, email, "api:read", "api:write"]"#;
    let parties = SIGN_ON.replacen("scopes: [openid, email]", more, 1);
    let parties = format!("{parties}{services}");
    world.documents_with("any-factor", &parties).await;
}

impl Services {
    /// What the wiki is given, for a person who signs in to it.
    async fn given(&mut self) -> Object {
        let scopes = "openid%20email%20api%3Aread%20api%3Awrite";
        let query = request("wiki").replace("openid%20email", scopes);
        let answer = self.world.nodes[0].authorize(query.as_bytes(), self.browser.asker());
        let answer = answer.await.unwrap();
        self.browser.keep(&answer);
        let code = code_of(&answer).unwrap();
        self.world.token(0, 0, &redeems(&code)).await.unwrap()
    }

    async fn exchanges(&self, client: &str, token: &str, more: &str) -> Result<Object, String> {
        let secret = self.secrets.iter().find(|(name, _)| *name == client);
        let pair = format!("{client}:{}", secret.unwrap().1);
        let header = format!("Basic {}", STANDARD.encode(pair));
        let body = format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token={token}{more}"
        );
        match self.world.nodes[1]
            .token(call(&[header.as_bytes()], &body))
            .await
            .unwrap()
        {
            app::Given::Body(body) => Ok(body),
            app::Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
        }
    }
}

const FOR_API: &str = "&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
                       &audience=https%3A%2F%2Fapi.acme.example";

fn text<'o>(object: &'o Object, member: &str) -> &'o str {
    object[member].as_str().unwrap()
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// A service acts for the person towards the API: the other token says so, may less, ends no later, and opens nothing
/// else.
#[tokio::test]
async fn a_token_is_exchanged_for_one_that_is_for_the_next() {
    for mut services in each().await {
        let given = services.given().await;
        let access = text(&given, "access_token");
        services.world.clock.advance(Duration::from_secs(400));
        let other = services
            .exchanges("backend", access, FOR_API)
            .await
            .unwrap();
        assert_eq!(other["scope"], "api:read", "what both may");
        assert_eq!(other["expires_in"], 200, "no longer than the one before");
        let kind = "urn:ietf:params:oauth:token-type:access_token";
        assert_eq!(other["issued_token_type"], kind);
        assert!(!other.contains_key("refresh_token") && !other.contains_key("id_token"));
        let token = text(&other, "access_token");
        let (before, says) = (claims(access), claims(token));
        assert_eq!(says["sub"], before["sub"], "the person");
        assert_eq!(says["act"], json!({"sub": "backend"}), "who acts");
        assert_eq!(
            (&says["aud"], &says["client_id"]),
            (&json!(API), &json!("backend"))
        );
        for same in ["acr", "amr", "auth_time"] {
            assert_eq!(says[same], before[same], "{same}");
        }
        assert!(says["exp"].as_i64() <= before["exp"].as_i64());

        let told = services.world.introspected(ROBOT, token).await;
        assert_eq!(
            (&told["active"], &told["act"]),
            (&json!(true), &json!({"sub": "backend"}))
        );
        assert_eq!(
            services.world.introspected(1, token).await["active"],
            false,
            "whose is it?"
        );
        assert!(
            !services.world.counts(0, token).await,
            "it opens nothing here"
        );
        let again = services.exchanges("backend", token, FOR_API).await;
        assert_eq!(again, Err("invalid_request".into()), "once is enough");
        let by_resource = FOR_API.replace("&audience=", "&resource=");
        assert!(
            services
                .exchanges("backend", access, &by_resource)
                .await
                .is_ok()
        );

        let records = services.world.store.records(0, 10_000).await.unwrap();
        let granted: Vec<_> = records
            .iter()
            .filter_map(|record| match &record.event {
                Event::ClientGranted(granted) => Some((&record.actor.principal, granted)),
                _ => None,
            })
            .collect();
        let (by, granted) = granted[0];
        assert_eq!(
            (by.as_str(), granted.relying_party.as_str()),
            ("client backend", "backend")
        );
        assert_eq!(granted.audience.as_deref(), Some(API));
        assert!(granted.authorization.is_some());
        assert_eq!(
            granted.ends,
            services.world.clock.now().plus(Duration::from_secs(200))
        );
    }
}

/// O16: nobody exchanges a token without a right to: another client, another's token, another audience, more than it
/// may, another kind of token, or one that is no token.
#[tokio::test]
async fn o16_a_token_is_exchanged_only_as_the_document_says() {
    for mut services in each().await {
        let given = services.given().await;
        let access = text(&given, "access_token").to_owned();
        for token in [text(&given, "id_token"), text(&given, "refresh_token"), "x"] {
            let refused = services.exchanges("backend", token, FOR_API).await;
            assert_eq!(refused, Err("invalid_request".into()), "{token}");
        }
        let refused = services.exchanges("bystander", &access, FOR_API).await;
        assert_eq!(refused, Err("invalid_request".into()), "not the wiki's");
        let with = |more: &str| format!("{FOR_API}&{more}");
        let refresh = "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Arefresh_token";
        for (more, error) in [
            (FOR_API.replace("api.acme", "other.acme"), "invalid_target"),
            (FOR_API.replace("&audience", "&x"), "invalid_target"),
            (
                with("resource=https%3A%2F%2Fapi.acme.example"),
                "invalid_target",
            ),
            (with("scope=api%3Awrite"), "invalid_scope"),
            (with("scope=openid"), "invalid_scope"),
            (
                FOR_API.replace("access_token", "id_token"),
                "invalid_request",
            ),
            (with("actor_token=x"), "invalid_request"),
            (
                with(&format!("requested_token_type={refresh}")),
                "invalid_request",
            ),
        ] {
            let refused = services.exchanges("backend", &access, &more).await;
            assert_eq!(refused, Err(error.into()), "{more}");
        }
        let robot = services
            .world
            .token(0, ROBOT, "grant_type=client_credentials")
            .await
            .unwrap();
        let own = services
            .exchanges("backend", text(&robot, "access_token"), FOR_API)
            .await;
        assert_eq!(own, Err("invalid_request".into()), "it is about nobody");

        // A token that was refreshed with less may less.
        let less = format!("{}&scope=openid", refreshes(text(&given, "refresh_token")));
        let less = services.world.token(0, 0, &less).await.unwrap();
        let nothing = services
            .exchanges("backend", text(&less, "access_token"), FOR_API)
            .await;
        assert_eq!(nothing, Err("invalid_scope".into()));
        assert!(
            services
                .exchanges("backend", &access, FOR_API)
                .await
                .is_ok()
        );
    }
}

/// What was exchanged ends with the session that it came from, with the document that allowed it, and by itself.
#[tokio::test]
async fn an_exchanged_token_ends_with_what_it_came_of() {
    for mut services in each().await {
        let given = services.given().await;
        let access = text(&given, "access_token").to_owned();
        let other = services
            .exchanges("backend", &access, FOR_API)
            .await
            .unwrap();
        let token = text(&other, "access_token").to_owned();
        let counts = async |services: &Services| {
            services.world.introspected(ROBOT, &token).await["active"] == true
        };
        assert!(counts(&services).await);
        stands(
            &services.world,
            &BACKEND.replace("from: [wiki]", "from: [other]"),
        )
        .await;
        assert!(
            !counts(&services).await,
            "its document names the wiki no more"
        );
        let refused = services.exchanges("backend", &access, FOR_API).await;
        assert_eq!(refused, Err("invalid_request".into()));
        stands(&services.world, BACKEND).await;
        assert!(counts(&services).await);
        let held = services.browser.session.clone().unwrap();
        services.world.nodes[0].sign_out_here(&held).await.unwrap();
        assert!(!counts(&services).await, "the person has signed out");
        let refused = services.exchanges("backend", &access, FOR_API).await;
        assert_eq!(refused, Err("invalid_request".into()));
    }
}

//! Tokens that are bound to a key, and attacks on that (O23).

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use app::{Given, TokenCall, UserCall, UserTold};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ports::Clock as _;
use protocol::oauth::Object;
use serde_json::{Value, json};

use super::world::{Browser, SIGN_ON, World, call, code_of, redeems, refreshes, request};

const ISSUER: &str = "https://id.acme.example";
const TOKEN: &str = "/oauth2/token";
const USERINFO: &str = "/oauth2/userinfo";
const ROBOT: usize = 2;
const PROBE: usize = 3;

/// Somebody who holds a key.
pub struct Holder {
    key: Ed25519KeyPair,
    made: AtomicU32,
}

impl Holder {
    pub fn new() -> Self {
        Self {
            key: Ed25519KeyPair::generate().unwrap(),
            made: AtomicU32::new(0),
        }
    }

    fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref())
    }

    fn jkt(&self) -> String {
        let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
    }

    /// A new proof for a request, with an access token where one comes along.
    fn proves(&self, world: &World, (method, path): (&str, &str), token: Option<&str>) -> String {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        let now = world.clock.now().as_micros() / 1_000_000;
        let mut claims = json!({"jti": format!("p{count}"), "iat": now, "htm": method,
            "htu": format!("{ISSUER}{path}")});
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD
                .encode(digest(&SHA256, token.as_bytes()))
                .into();
        }
        let header = json!({"typ": "dpop+jwt", "alg": "EdDSA",
            "jwk": {"kty": "OKP", "crv": "Ed25519", "x": self.x()}});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    pub fn asks(&self, world: &World) -> String {
        self.proves(world, ("POST", TOKEN), None)
    }
}

/// The company, with a public client `badge` and one whose document demands proofs.
async fn in_force(world: &World, more: &str) {
    let badge = format!(
        "{SIGN_ON}---\nkind: RelyingParty\nmetadata: {{name: badge}}\nspec:\n  groups: [engineers]\n  oidc:\n    \
         redirect_uris: [\"https://badge.acme.example/cb\"]\n    client: public\n    \
         grants: [authorization_code, refresh_token]\n    scopes: [openid, email]\n    refresh_days: 30\n{more}"
    );
    world.documents_with("any-factor", &badge).await;
}

fn said(given: Given) -> Result<Object, String> {
    match given {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// What a client with a secret, or `badge` for which there is none, gets with these proofs.
async fn token(
    world: &World,
    client: Option<usize>,
    body: &str,
    proofs: &[&str],
) -> Result<Object, String> {
    let header = client.map(|client| world.proves(client));
    let headers: Vec<&[u8]> = header.iter().map(String::as_bytes).collect();
    let proofs: Vec<&[u8]> = proofs.iter().map(|proof| proof.as_bytes()).collect();
    let body = match client {
        Some(_) => body.to_owned(),
        None => format!("{body}&client_id=badge"),
    };
    let call = TokenCall {
        proofs: &proofs,
        ..call(&headers, &body)
    };
    said(world.nodes[0].token(call).await.unwrap())
}

/// How somebody is answered who brings an access token: 200, or the refusal.
async fn userinfo(world: &World, scheme: &str, token: &str, proofs: &[&str]) -> String {
    let header = format!("{scheme} {token}");
    let proofs: Vec<&[u8]> = proofs.iter().map(|proof| proof.as_bytes()).collect();
    let call = UserCall {
        method: "GET",
        authorization: &[header.as_bytes()],
        proofs: &proofs,
        content_type: None,
        body: &[],
        door: app::Door::Open,
    };
    match world.nodes[1].userinfo(call).await.unwrap() {
        UserTold::Claims(_) | UserTold::Signed(_) => "200".to_owned(),
        UserTold::Refused(status, challenge) => format!("{status} {challenge}"),
    }
}

/// What `wiki` is told that pushes a request with a proof.
async fn pushes(world: &World, holder: &Holder, body: &str) -> Result<Object, String> {
    let header = world.proves(0);
    let proof = holder.proves(world, ("POST", "/oauth2/par"), None);
    let (headers, proofs) = ([header.as_bytes()], [proof.as_bytes()]);
    let call = TokenCall {
        proofs: &proofs,
        ..call(&headers, body)
    };
    said(world.nodes[0].push(call).await.unwrap())
}

async fn code(world: &World, query: &str, browser: &mut Browser) -> String {
    let answer = world.nodes[1]
        .authorize(query.as_bytes(), browser.asker())
        .await
        .unwrap();
    code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"))
}

/// Signed or opaque, for a person or for a client: the token tells of its key, and so does introspection.
#[tokio::test]
async fn a_token_that_is_asked_for_with_a_proof_is_bound_to_its_key() {
    for world in World::each("any-factor").await {
        let holder = Holder::new();
        for client in [ROBOT, PROBE] {
            let grant = "grant_type=client_credentials";
            let given = token(&world, Some(client), grant, &[&holder.asks(&world)])
                .await
                .unwrap();
            assert_eq!(given["token_type"], "DPoP");
            let told = world
                .introspected(client, given["access_token"].as_str().unwrap())
                .await;
            assert_eq!(
                (&told["token_type"], &told["cnf"]),
                (&json!("DPoP"), &json!({"jkt": holder.jkt()}))
            );
        }
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        for opaque in [false, true] {
            let more = if opaque {
                "    access_token: {format: opaque}\n"
            } else {
                ""
            };
            in_force(&world, more).await;
            let code = code(&world, &request("badge"), &mut browser).await;
            let given = token(&world, None, &redeems(&code), &[&holder.asks(&world)])
                .await
                .unwrap();
            assert_eq!(given["token_type"], "DPoP");
            let access = given["access_token"].as_str().unwrap();
            let proof = holder.proves(&world, ("GET", USERINFO), Some(access));
            assert_eq!(userinfo(&world, "DPoP", access, &[&proof]).await, "200");
        }
        // Without a proof everything is as it was.
        let code = code(&world, &request("badge"), &mut browser).await;
        let given = token(&world, None, &redeems(&code), &[]).await.unwrap();
        assert_eq!(given["token_type"], "Bearer");
        let access = given["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&world, "Bearer", access, &[]).await, "200");
    }
}

/// O23: whoever has read a token that is bound can do nothing with it, as Bearer or with proofs of another key, for
/// another request or token, or of another time.
#[tokio::test]
async fn o23_a_bound_token_is_worth_nothing_without_its_key() {
    for world in World::each("any-factor").await {
        let (holder, thief) = (Holder::new(), Holder::new());
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        in_force(&world, "").await;
        let code = code(&world, &request("badge"), &mut browser).await;
        let given = token(&world, None, &redeems(&code), &[&holder.asks(&world)])
            .await
            .unwrap();
        let access = given["access_token"].as_str().unwrap();
        let bearer = userinfo(&world, "Bearer", access, &[]).await;
        assert!(
            bearer.starts_with("401") && bearer.contains("invalid_token"),
            "{bearer}"
        );
        let at = ("GET", USERINFO);
        let good = holder.proves(&world, at, Some(access));
        for (proofs, wanted) in [
            (vec![], "invalid_dpop_proof"),
            (
                vec![thief.proves(&world, at, Some(access))],
                "invalid_token",
            ),
            (
                vec![holder.proves(&world, ("POST", USERINFO), Some(access))],
                "invalid_dpop_proof",
            ),
            (
                vec![holder.proves(&world, ("GET", TOKEN), Some(access))],
                "invalid_dpop_proof",
            ),
            (
                vec![holder.proves(&world, at, Some("another"))],
                "invalid_dpop_proof",
            ),
            (vec![holder.proves(&world, at, None)], "invalid_dpop_proof"),
            (vec![good.clone(), good.clone()], "invalid_dpop_proof"),
        ] {
            let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
            let told = userinfo(&world, "DPoP", access, &proofs).await;
            let right = told.starts_with("401 DPoP algs=") && told.contains(wanted);
            assert!(right, "{wanted}: {told}");
        }
        assert_eq!(userinfo(&world, "DPoP", access, &[&good]).await, "200");
        world.clock.advance(std::time::Duration::from_secs(71));
        let late = userinfo(&world, "DPoP", access, &[&good]).await;
        assert!(late.contains("invalid_dpop_proof"), "{late}");
        // A token that is bound to nothing is not made better by a proof.
        let code = self::code(&world, &request("badge"), &mut browser).await;
        let given = token(&world, None, &redeems(&code), &[]).await.unwrap();
        let access = given["access_token"].as_str().unwrap();
        let proof = thief.proves(&world, at, Some(access));
        let told = userinfo(&world, "DPoP", access, &[&proof]).await;
        assert!(told.contains("invalid_token"), "{told}");
    }
}

/// O10, O23: a proof counts once, on whichever node, and however many bring it at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o23_a_proof_counts_once() {
    for world in World::each("any-factor").await {
        let holder = Holder::new();
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        in_force(&world, "").await;
        let asked = holder.asks(&world);
        let first = code(&world, &request("badge"), &mut browser).await;
        let given = token(&world, None, &redeems(&first), &[&asked])
            .await
            .unwrap();
        let second = code(&world, &request("badge"), &mut browser).await;
        let again = token(&world, None, &redeems(&second), &[&asked]).await;
        assert_eq!(again, Err("invalid_dpop_proof".into()));
        let access = given["access_token"].as_str().unwrap().to_owned();
        let before = world.store.head().await.unwrap();
        let proof = holder.proves(&world, ("GET", USERINFO), Some(&access));
        let world = Arc::new(world);
        let calls = (0..8).map(|_| {
            let (world, access, proof) = (Arc::clone(&world), access.clone(), proof.clone());
            tokio::spawn(async move { userinfo(&world, "DPoP", &access, &[&proof]).await == "200" })
        });
        let mut won = 0;
        for call in calls.collect::<Vec<_>>() {
            won += usize::from(call.await.unwrap());
        }
        assert_eq!(won, 1);
        assert_eq!(
            world.store.head().await.unwrap(),
            before,
            "nothing of it is in the log"
        );
    }
}

/// The refresh tokens of a public client are for the holder of its key; whoever has stolen one can neither use it,
/// nor end what came of it.
#[tokio::test]
async fn a_refresh_token_of_a_public_client_is_bound_to_its_key() {
    for world in World::each("any-factor").await {
        let (holder, thief) = (Holder::new(), Holder::new());
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        in_force(&world, "").await;
        let code = code(&world, &request("badge"), &mut browser).await;
        let first = token(&world, None, &redeems(&code), &[&holder.asks(&world)])
            .await
            .unwrap();
        let old = refreshes(first["refresh_token"].as_str().unwrap());
        let second = token(&world, None, &old, &[&holder.asks(&world)])
            .await
            .unwrap();
        let new = refreshes(second["refresh_token"].as_str().unwrap());
        for stolen in [&old, &new] {
            for proofs in [vec![], vec![thief.asks(&world)]] {
                let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
                let refused = token(&world, None, stolen, &proofs).await;
                assert_eq!(refused, Err("invalid_grant".into()));
            }
        }
        assert!(
            token(&world, None, &new, &[&holder.asks(&world)])
                .await
                .is_ok()
        );
        // A client that proves who it is may take another key.
        let code = self::code(&world, &request("wiki"), &mut browser).await;
        let given = token(&world, Some(0), &redeems(&code), &[&holder.asks(&world)])
            .await
            .unwrap();
        let next = refreshes(given["refresh_token"].as_str().unwrap());
        let given = token(&world, Some(0), &next, &[&thief.asks(&world)])
            .await
            .unwrap();
        assert_eq!(given["token_type"], "DPoP");
        let told = world
            .introspected(0, given["access_token"].as_str().unwrap())
            .await;
        assert_eq!(told["cnf"], json!({"jkt": thief.jkt()}));
    }
}

/// RFC 9449 §10: a code that was asked for the holder of a key is worth nothing to anybody else, and stays what it
/// was; a proof with which a request is pushed asks the same.
#[tokio::test]
async fn a_code_is_for_the_holder_of_the_key_that_was_named() {
    for world in World::each("any-factor").await {
        let (holder, thief) = (Holder::new(), Holder::new());
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        in_force(&world, "").await;
        let named = format!("{}&dpop_jkt={}", request("wiki"), holder.jkt());
        let pushed = pushes(&world, &holder, &request("wiki")).await.unwrap();
        let uri = pushed["request_uri"].as_str().unwrap().replace(':', "%3A");
        for query in [named.clone(), format!("client_id=wiki&request_uri={uri}")] {
            let code = code(&world, &query, &mut browser).await;
            let body = redeems(&code);
            for proofs in [vec![], vec![thief.asks(&world)]] {
                let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
                let refused = token(&world, Some(0), &body, &proofs).await;
                assert_eq!(refused, Err("invalid_grant".into()), "{query}");
            }
            assert!(
                token(&world, Some(0), &body, &[&holder.asks(&world)])
                    .await
                    .is_ok()
            );
        }
        let differs = pushes(&world, &thief, &named).await;
        assert_eq!(differs, Err("invalid_dpop_proof".into()));
    }
}

/// A client whose document demands it gets nothing without a proof, and what it got before counts no longer.
#[tokio::test]
async fn a_client_that_has_to_prove_a_key_gets_nothing_without() {
    for world in World::each("any-factor").await {
        let holder = Holder::new();
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        in_force(&world, "").await;
        let code = code(&world, &request("badge"), &mut browser).await;
        let before = token(&world, None, &redeems(&code), &[]).await.unwrap();
        let access = before["access_token"].as_str().unwrap();
        assert_eq!(userinfo(&world, "Bearer", access, &[]).await, "200");
        in_force(&world, "    require: [dpop]\n").await;
        assert!(
            userinfo(&world, "Bearer", access, &[])
                .await
                .starts_with("401")
        );
        let next = refreshes(before["refresh_token"].as_str().unwrap());
        let bare = token(&world, None, &next, &[]).await;
        assert_eq!(bare, Err("invalid_dpop_proof".into()));
        let bound = token(&world, None, &next, &[&holder.asks(&world)])
            .await
            .unwrap();
        assert_eq!(bound["token_type"], "DPoP");
        let again = refreshes(bound["refresh_token"].as_str().unwrap());
        let other = token(&world, None, &again, &[&Holder::new().asks(&world)]).await;
        assert_eq!(other, Err("invalid_grant".into()), "bound from then on");
    }
}

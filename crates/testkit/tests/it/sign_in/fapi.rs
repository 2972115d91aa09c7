//! Clients that are held to the FAPI 2.0 Security Profile.

use std::sync::Arc;

use app::{Answer, Given, TokenCall};
use protocol::oauth::Object;
use testkit::node::actor;

use super::assertion::Forge;
use super::dpop::Holder;
use super::world::{Browser, World, call, code_of, error_of, redeems, refreshes, request};

const PROFILE: &str = "    refresh_days: 30\n    profile: fapi2\n";

/// What the token endpoint of a node says to a client that proves everything.
async fn token(
    world: &World,
    node: usize,
    forge: &Forge,
    holder: Option<&Holder>,
    body: &str,
) -> Result<Object, String> {
    let body = forge.proves(world, body);
    let proof = holder.map(|holder| holder.asks(world));
    let proofs: Vec<&[u8]> = proof.iter().map(String::as_bytes).collect();
    let call = TokenCall {
        proofs: &proofs,
        ..call(&[], &body)
    };
    match world.nodes[node].token(call).await.unwrap() {
        Given::Body(body) => Ok(body),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

async fn asks(world: &World, query: &str, browser: &mut Browser) -> Answer {
    let answer = world.nodes[1].authorize(query.as_bytes(), browser.asker());
    let answer = answer.await.unwrap();
    browser.keep(&answer);
    answer
}

/// A code for what is pushed.
async fn code(world: &World, forge: &Forge, browser: &mut Browser) -> String {
    let body = forge.proves(world, &request("forge"));
    let pushed = world.nodes[0].push(call(&[], &body)).await.unwrap();
    let Given::Body(pushed) = pushed else {
        panic!("{pushed:?}")
    };
    let uri = pushed["request_uri"].as_str().unwrap().replace(':', "%3A");
    let answer = asks(
        world,
        &format!("client_id=forge&request_uri={uri}"),
        browser,
    )
    .await;
    code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"))
}

/// The profile alone has requests pushed and tokens bound, whatever else the document says.
#[tokio::test]
async fn a_client_of_fapi_gets_nothing_by_the_ways_of_others() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, PROFILE).await;
        let holder = Holder::new();
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let answer = asks(&world, &request("forge"), &mut browser).await;
        assert_eq!(error_of(&answer).as_deref(), Some("invalid_request"));
        let code = code(&world, &forge, &mut browser).await;
        let bare = token(&world, 0, &forge, None, &redeems(&code)).await;
        assert_eq!(bare, Err("invalid_dpop_proof".into()));
        let given = token(&world, 1, &forge, Some(&holder), &redeems(&code))
            .await
            .unwrap();
        assert_eq!(given["token_type"], "DPoP");
        assert!(
            !world
                .counts(0, given["access_token"].as_str().unwrap())
                .await
        );
        let own = "grant_type=client_credentials";
        let bare = token(&world, 0, &forge, None, own).await;
        assert_eq!(bare, Err("invalid_dpop_proof".into()));
    }
}

/// A refresh token stays, for whoever has the client's keys, on both nodes and at once, until something ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_of_fapi_stays_until_its_session_ends() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, PROFILE).await;
        let holder = Holder::new();
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = code(&world, &forge, &mut browser).await;
        let given = token(&world, 0, &forge, Some(&holder), &redeems(&code))
            .await
            .unwrap();
        let refresh = given["refresh_token"].as_str().unwrap().to_owned();
        let world = Arc::new(world);
        let calls = [0, 1, 0, 1].map(|node| {
            let body = forge.proves(&world, &refreshes(&refresh));
            let (world, proof) = (Arc::clone(&world), holder.asks(&world));
            tokio::spawn(async move {
                let proofs: [&[u8]; 1] = [proof.as_bytes()];
                let call = TokenCall {
                    proofs: &proofs,
                    ..call(&[], &body)
                };
                world.nodes[node].token(call).await.unwrap()
            })
        });
        for call in calls {
            let given = call.await.unwrap();
            let Given::Body(body) = given else {
                panic!("{given:?}")
            };
            assert_eq!(body["refresh_token"], refresh.as_str());
        }
        let other = world.token(0, 0, &refreshes(&refresh)).await;
        assert_eq!(other, Err("invalid_grant".into()), "another client's");
        let bare = token(&world, 0, &forge, None, &refreshes(&refresh)).await;
        assert_eq!(bare, Err("invalid_dpop_proof".into()));
        assert!(
            token(&world, 1, &forge, Some(&holder), &refreshes(&refresh))
                .await
                .is_ok()
        );
        let ended = world.nodes[0]
            .end_sessions(&actor("desk"), "w001", "a lost laptop")
            .await;
        ended.unwrap();
        let late = token(&world, 1, &forge, Some(&holder), &refreshes(&refresh)).await;
        assert_eq!(late, Err("invalid_grant".into()));
    }
}

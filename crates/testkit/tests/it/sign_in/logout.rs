//! Relying parties are told that a session has ended: each of them, by one node, until they know.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use app::{LoggedOut, Teller};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Farewell, FarewellStatus, SessionId, Timestamp};
use protocol::jose::jwt::{self, Audience, Expect, Life};
use protocol::jose::{Jwks, Typ};
use protocol::oauth::Object;
use serde_json::{Value, json};
use testkit::node::actor;
use testkit::relying::{Came, Manner};

use super::world::{Browser, SIGN_ON, World, redeems, refreshes, request};

/// Where the wiki is told, and where the other one is.
const WIKI: &str = "https://wiki.acme.example/out";
const OTHER: &str = "https://other.acme.example/out";
/// What makes a token one that tells of an end.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The wiki and the other one want to be told; that one calls people otherwise and has another algorithm.
fn parties() -> String {
    let wiki = "redirect_uris: [\"https://wiki.acme.example/cb\"]";
    let other = "redirect_uris: [\"https://other.acme.example/cb\"]";
    SIGN_ON
        .replace(wiki, &format!("{wiki}\n    backchannel_logout_uri: {WIKI}"))
        .replace(
            other,
            &format!(
                "{other}\n    backchannel_logout_uri: {OTHER}\n    subject: pairwise\n    \
                 id_token_alg: RS256"
            ),
        )
}

async fn worlds() -> Vec<World> {
    let worlds = World::each("any-factor").await;
    for world in &worlds {
        world.documents_with("any-factor", &parties()).await;
    }
    worlds
}

fn tellers(world: &World) -> [Teller; 2] {
    let teller = |node: usize| Teller::new(Arc::new(world.nodes[node].clone()));
    [teller(0), teller(1)]
}

/// Both nodes do what can be done now, at the same time.
async fn both(tellers: &[Teller; 2]) {
    let (one, two) = tokio::join!(tellers[0].pass(), tellers[1].pass());
    one.unwrap();
    two.unwrap();
}

/// Somebody who is signed in to these apps; the ID token of each.
async fn signed_in(world: &World, clients: &[&str]) -> (Browser, Vec<String>) {
    let mut browser = world.enrolled("w002", "p2@acme.example").await;
    let mut tokens = Vec::new();
    for client in clients {
        let code = world.code(client, &mut browser).await;
        let no = ["wiki", "other", "robot"].iter().position(|c| c == client);
        let given = world.token(0, no.unwrap(), &redeems(&code)).await.unwrap();
        tokens.push(given["id_token"].as_str().unwrap().to_owned());
    }
    (browser, tokens)
}

fn claims(token: &str) -> Value {
    let body = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
}

fn header(token: &str) -> Value {
    let head = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).unwrap()).unwrap()
}

fn uris(came: &[Came]) -> Vec<&str> {
    let mut uris: Vec<_> = came.iter().map(|came| came.uri.as_str()).collect();
    uris.sort_unstable();
    uris
}

async fn farewells(world: &World, browser: &Browser) -> Vec<Farewell> {
    let row = world.store.logout(session(browser)).await.unwrap();
    row.and_then(|row| row.state)
        .map_or_else(Vec::new, |state| state.parties)
}

fn session(browser: &Browser) -> SessionId {
    let cookie = browser.session.as_deref().unwrap();
    cookie.split('.').next().unwrap().parse().unwrap()
}

async fn findings(world: &World) -> Vec<String> {
    let rows = world.store.open_findings(0).await.unwrap();
    rows.into_iter()
        .map(|row| row.opened.finding.problem)
        .collect()
}

async fn verified(world: &World, token: &str, client: &str) -> Option<jwt::Claims> {
    let keys = serde_json::to_vec(&world.nodes[1].jwks().await.unwrap()).unwrap();
    let keys = Jwks::parse(&keys, None).unwrap();
    let expect = Expect {
        typ: Typ::Is("logout+jwt"),
        issuer: Some("https://id.acme.example"),
        audience: Audience::Only(client),
        life: Life::Ends,
        required: &["iat", "jti"],
        now: world.nodes[1].now(),
        leeway_s: 0,
    };
    jwt::verify(token, &keys, &expect).ok()
}

/// Back-Channel Logout 1.0 §2.4: what a token says, to each as it knows the person; and who has no address
/// or was given nothing is not told.
#[tokio::test]
async fn each_is_told_once_as_it_knows_the_person() {
    for world in worlds().await {
        let (browser, given) = signed_in(&world, &["wiki", "other", "robot"]).await;
        let mut again = browser.clone();
        world.code("wiki", &mut again).await;
        let (stranger, _) = (world.enrolled("w001", "p1@acme.example").await, ());
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers(&world)).await;
        let came = world.relying.heard();
        assert_eq!(uris(&came), [OTHER, WIKI], "each once, and nobody else");
        assert!(came.iter().all(|came| !came.private));
        for (uri, client, alg, id_token) in [
            (WIKI, "wiki", "ES256", &given[0]),
            (OTHER, "other", "RS256", &given[1]),
        ] {
            let token = &came.iter().find(|came| came.uri == uri).unwrap().token;
            let head = header(token);
            assert_eq!(
                (&head["typ"], &head["alg"]),
                (&json!("logout+jwt"), &json!(alg))
            );
            assert!(verified(&world, token, client).await.is_some());
            let (said, known) = (claims(token), claims(id_token));
            let names: Vec<_> = said.as_object().unwrap().keys().cloned().collect();
            let mut want = ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"];
            want.sort_unstable();
            let names: BTreeSet<_> = names.iter().map(String::as_str).collect();
            assert_eq!(
                names.into_iter().collect::<Vec<_>>(),
                want,
                "no nonce, for one"
            );
            assert_eq!(said["events"], json!({ EVENT: {} }));
            for same in ["iss", "sub", "sid", "aud"] {
                assert_eq!(said[same], known[same], "{same}");
            }
            let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
            assert!((1..=120).contains(&life), "{life}");
        }
        let subs: BTreeSet<_> = came
            .iter()
            .map(|c| claims(&c.token)["sub"].to_string())
            .collect();
        assert_eq!(subs.len(), 2, "one of them is called otherwise");
        let told = farewells(&world, &browser).await;
        assert!(
            told.iter()
                .all(|party| party.status == FarewellStatus::Told)
        );
        assert!(farewells(&world, &stranger).await.is_empty());
        both(&tellers(&world)).await;
        assert_eq!(world.relying.heard(), []);
    }
}

/// However a session ends, those who were given anything in it are told; of the one that began in its place
/// they are not.
#[tokio::test]
async fn it_does_not_matter_how_a_session_ends() {
    for world in worlds().await {
        let tellers = tellers(&world);
        let (admin, app) = (actor("admin"), &world.nodes[0]);
        let (_, _) = signed_in(&world, &["wiki"]).await;
        app.end_sessions(&admin, "w002", "T-1").await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI], "an administrator");

        let (browser, given) = signed_in(&world, &["wiki", "other"]).await;
        let query = format!("id_token_hint={}", given[0]);
        let out = app.logout(query.as_bytes(), browser.asker()).await.unwrap();
        assert_eq!(out, LoggedOut::Done(None));
        both(&tellers).await;
        assert_eq!(
            uris(&world.relying.heard()),
            [OTHER, WIKI],
            "a relying party"
        );

        let (browser, _) = signed_in(&world, &["wiki"]).await;
        world.clock.advance(Duration::from_secs(3_600));
        let opened = app
            .session_of(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        assert!(opened.is_none());
        both(&tellers).await;
        assert_eq!(
            world.relying.heard(),
            [],
            "it was idle, and nobody ended it"
        );

        let (_, _) = signed_in(&world, &["wiki"]).await;
        app.restored(&admin, 1, Timestamp::EPOCH).await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI], "a restore");
    }
}

/// Whoever has left uses no session any more, and the apps hear of it all the same.
#[tokio::test]
async fn whoever_has_left_is_signed_out_everywhere_without_a_request_of_theirs() {
    for mut world in worlds().await {
        let tellers = tellers(&world);
        both(&tellers).await;
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        both(&tellers).await;
        assert_eq!(world.relying.heard(), []);
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w002", "theft", false);
        terminated.await.unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [OTHER, WIKI]);
        let row = world
            .store
            .session(session(&browser))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.state.ended.unwrap().reason, "they were terminated");

        // The last day of another one comes while nobody does anything.
        let mut browser = world.enrolled("w004", "p4@acme.example").await;
        world.code("wiki", &mut browser).await;
        let today = world.nodes[0].now().to_string();
        let today = &today[..10];
        world.rows[3] = world.rows[3].replace("2020-01-01,,", &format!("2020-01-01,{today},"));
        world.hears().await;
        both(&tellers).await;
        assert_eq!(world.relying.heard(), [], "until 17:00 in their zone");
        world
            .clock
            .advance_to(format!("{today}T16:00:00Z").parse().unwrap());
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        // A node that was away for all of that finds them as well.
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        world.code("wiki", &mut browser).await;
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w001", "theft", false);
        terminated.await.unwrap();
        let late = Teller::new(Arc::new(world.nodes[1].clone()));
        late.pass().await.unwrap();
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
    }
}

/// One that fails is told again, holds up nobody, and is a finding once it was given up, until it is told
/// of something.
#[tokio::test]
async fn one_that_fails_is_told_again_and_given_up_after_an_hour() {
    for world in worlds().await {
        let tellers = tellers(&world);
        world.relying.does(WIKI, Manner::Fails);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        let began = world.nodes[0].now();
        both(&tellers).await;
        let first = world.relying.heard();
        assert_eq!(uris(&first), [OTHER, WIKI], "the other one is told at once");
        let mut tokens = BTreeSet::new();
        let mut jtis = BTreeSet::new();
        let mut requests = 1;
        while let Some(next) = farewells(&world, &browser)
            .await
            .iter()
            .find_map(|p| p.next)
        {
            assert_eq!(findings(&world).await, Vec::<String>::new());
            world.clock.advance_to(next.minus(Duration::from_secs(1)));
            both(&tellers).await;
            assert_eq!(world.relying.heard(), [], "not before its time");
            world.clock.advance_to(next);
            both(&tellers).await;
            for came in world.relying.heard() {
                assert_eq!(came.uri, WIKI);
                assert!(verified(&world, &came.token, "wiki").await.is_some());
                jtis.insert(claims(&came.token)["jti"].to_string());
                tokens.insert(came.token);
                requests += 1;
            }
        }
        assert_eq!(
            (requests, tokens.len(), jtis.len()),
            (8, 7, 1),
            "signed anew, named the same"
        );
        let hour = world.nodes[0].now().since(began).as_secs();
        assert!((3_000..4_000).contains(&hour), "{hour}");
        let told = farewells(&world, &browser).await;
        let wiki = told
            .iter()
            .find(|party| party.relying_party == "wiki")
            .unwrap();
        assert_eq!((wiki.status, wiki.attempts), (FarewellStatus::GivenUp, 8));
        let found = findings(&world).await;
        assert!(
            found[0].contains("`wiki` was not told in 8 attempts"),
            "{found:?}"
        );

        world.relying.does(WIKI, Manner::Takes);
        world.clock.advance(Duration::from_secs(60));
        let (browser, _) = signed_in(&world, &["wiki"]).await;
        world.nodes[1]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        assert_eq!(findings(&world).await, Vec::<String>::new());
    }
}

/// A refusal is told and not repeated; what a relying party's document no longer says is not done.
#[tokio::test]
async fn a_refusal_is_a_finding_and_a_document_that_says_no_longer_where_ends_it() {
    for world in worlds().await {
        let tellers = tellers(&world);
        world.relying.does(WIKI, Manner::Refuses);
        world.relying.does(OTHER, Manner::Loses);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        both(&tellers).await;
        assert_eq!(uris(&world.relying.heard()), [OTHER, WIKI]);
        let found = findings(&world).await;
        assert_eq!(
            found,
            ["`wiki` refused to end somebody's session: answered 400"]
        );
        world.documents("any-factor").await;
        world.clock.advance(Duration::from_secs(60));
        both(&tellers).await;
        assert_eq!(world.relying.heard(), []);
        let stand: Vec<_> = farewells(&world, &browser).await;
        let stand: Vec<_> = stand
            .iter()
            .map(|party| (party.status, party.unsure))
            .collect();
        assert_eq!(
            stand,
            [
                (FarewellStatus::Dropped, true),
                (FarewellStatus::Refused, false)
            ]
        );
    }
}

/// A node that is killed while a relying party has not answered: the other one takes it up, once nobody can
/// be at it, with a token of the same name. Ending the session waits for none of that.
#[tokio::test]
async fn what_a_killed_node_has_begun_is_taken_up_by_the_other() {
    for world in worlds().await {
        let [one, two] = tellers(&world);
        world.relying.does(WIKI, Manner::Hangs);
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        let killed = tokio::spawn(async move { one.pass().await });
        let mut came = Vec::new();
        while came.len() < 2 {
            world.relying.hears().await;
            came.extend(world.relying.heard());
        }
        // What has answered is written down although another one has not.
        let other_is_told = || async {
            let told = farewells(&world, &browser).await;
            told.iter()
                .any(|party| party.status == FarewellStatus::Told)
        };
        while !other_is_told().await {
            tokio::task::yield_now().await;
        }
        killed.abort();
        assert!(killed.await.unwrap_err().is_cancelled());
        two.pass().await.unwrap();
        assert_eq!(world.relying.heard(), [], "the first one may be at it");
        world.relying.does(WIKI, Manner::Takes);
        world.clock.advance(Duration::from_secs(20));
        two.pass().await.unwrap();
        let again = world.relying.heard();
        assert_eq!(uris(&again), [WIKI]);
        let first = came.iter().find(|came| came.uri == WIKI).unwrap();
        assert_eq!(claims(&again[0].token)["jti"], claims(&first.token)["jti"]);
        let told = farewells(&world, &browser).await;
        assert!(
            told.iter()
                .all(|party| party.status == FarewellStatus::Told)
        );
        assert_eq!(told.iter().filter(|party| party.unsure).count(), 1);
    }
}

/// Within two seconds of the end of a session, on nodes that run: also on the one that did not end it, and
/// while another relying party hangs.
#[tokio::test]
async fn a_running_node_tells_within_two_seconds() {
    for world in worlds().await {
        let (browser, _) = signed_in(&world, &["wiki", "other"]).await;
        world.relying.does(OTHER, Manner::Hangs);
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let [_, two] = tellers(&world);
        let runs = tokio::spawn(async move { two.run(stopped).await });
        // What runs looks at the log from here on.
        tokio::time::sleep(Duration::from_millis(700)).await;
        let began = std::time::Instant::now();
        let ana = actor("ana");
        let terminated = world.nodes[0].terminate(&ana, "w002", "theft", false);
        terminated.await.unwrap();
        let mut came = Vec::new();
        while !uris(&came).contains(&WIKI) {
            world.relying.hears().await;
            came.extend(world.relying.heard());
        }
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(!farewells(&world, &browser).await.is_empty());
        runs.abort();
        drop(stop);
    }
}

/// A token that tells of an end opens nothing, and nothing else is taken for one (§2.4, §2.6).
#[tokio::test]
async fn o19_a_logout_token_is_no_other_and_no_other_is_one() {
    for world in worlds().await {
        let mut browser = world.enrolled("w002", "p2@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let given: Object = world.token(0, 0, &redeems(&code)).await.unwrap();
        let text = |name: &str| given[name].as_str().unwrap().to_owned();
        for other in [text("id_token"), text("access_token")] {
            assert!(verified(&world, &other, "wiki").await.is_none());
        }
        world.nodes[0]
            .sign_out(browser.session.as_deref().unwrap())
            .await
            .unwrap();
        Teller::new(Arc::new(world.nodes[0].clone()))
            .pass()
            .await
            .unwrap();
        let token = world.relying.heard().swap_remove(0).token;
        assert!(verified(&world, &token, "wiki").await.is_some());
        assert!(verified(&world, &token, "other").await.is_none());
        assert!(!world.counts(1, &token).await, "no access token");
        assert_eq!(world.introspected(0, &token).await["active"], false);
        let refreshed = world.token(0, 0, &refreshes(&token)).await;
        assert_eq!(refreshed, Err("invalid_grant".into()));

        // As a hint it is none: the person is asked, and nobody is signed in by it without a page.
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        world.code("wiki", &mut browser).await;
        let query = format!("id_token_hint={token}");
        let out = world.nodes[0]
            .logout(query.as_bytes(), browser.asker())
            .await;
        assert_eq!(out.unwrap(), LoggedOut::Ask);
        let query = format!("{}&prompt=none&id_token_hint={token}", request("wiki"));
        let asked = world.nodes[0].authorize(query.as_bytes(), browser.asker());
        let answer = asked.await.unwrap();
        assert_eq!(
            super::world::error_of(&answer).as_deref(),
            Some("login_required")
        );
    }
}

/// Whoever was erased is told of no more, and nothing of them comes back with an outcome.
#[tokio::test]
async fn nothing_of_a_person_comes_back_with_an_outcome_after_their_erasure() {
    for mut world in worlds().await {
        let [one, two] = tellers(&world);
        world.relying.does(WIKI, Manner::Fails);
        let (browser, _) = signed_in(&world, &["wiki"]).await;
        let yesterday = world.nodes[0]
            .now()
            .minus(Duration::from_secs(2 * 24 * 3_600));
        let day = &yesterday.to_string()[..10];
        world.rows[1] = world.rows[1].replace("2020-01-01,,", &format!("2020-01-01,{day},"));
        world.hears().await;
        one.pass().await.unwrap();
        assert_eq!(uris(&world.relying.heard()), [WIKI]);
        let ana = actor("ana");
        let erased = world.nodes[0].erase(&ana, "w002", "asked");
        erased.await.unwrap();
        world.clock.advance(Duration::from_secs(60));
        two.pass().await.unwrap();
        assert_eq!(world.relying.heard(), []);
        assert!(
            world
                .store
                .logout(session(&browser))
                .await
                .unwrap()
                .is_none()
        );
    }
}

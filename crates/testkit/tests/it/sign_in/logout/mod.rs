//! Relying parties are told that a session has ended: each of them, by one node, until they know.

mod again;
mod held;
mod told;

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

use super::world::{Browser, SIGN_ON, World, error_of, redeems, refreshes, request};

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
    let keys = world.nodes[1].jwks().await.unwrap();
    let keys = Jwks::parse(keys.as_bytes(), None).unwrap();
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

//! Service providers of SAML that are called, without a browser, when somebody's session has ended.

use std::sync::Arc;
use std::time::Duration;

use app::{LoggedOut, Teller};
use protocol::saml::signature::{VerifyingKey, verify};
use protocol::saml::xml::{Limits, Space, Tree};
use testkit::node::actor;
use testkit::relying::{Came, Manner};

use super::provider::providers;
use super::slo::{Told, goes, key, leaves, read};
use super::world::{Browser, World};

const SHOP: &str = "https://shop.acme.example/soap";
const DESK: &str = "https://desk.acme.example/soap";
const DONE: &str = "https://shop.acme.example/slo/done";

/// Two nodes on each store, where `shop` and `desk` are called; `desk` knows people by another name each time.
async fn worlds() -> Vec<(World, Browser)> {
    let mut all = Vec::new();
    for (world, browser) in World::with_providers("any-factor").await {
        declare(&world, "transient").await;
        for name in ["shop", "desk"] {
            let at = format!("https://{name}.acme.example");
            let called = (format!("{at}/soap"), format!("{at}/metadata"));
            world.relying.is_called(&called.0, &called.1);
        }
        all.push((world, browser));
    }
    all
}

async fn declare(world: &World, format: &str) {
    let shop = "    want_signed_requests: true\n";
    let desk = "    idp_initiated: true\n";
    let documents = providers()
        .replacen(
            shop,
            &format!("{shop}    soap_logout: {{url: \"{SHOP}\"}}\n"),
            1,
        )
        .replacen(
            desk,
            &format!(
                "{desk}    soap_logout: {{url: \"{DESK}\"}}\n    name_id: {{format: {format}}}\n"
            ),
            1,
        );
    world.documents_with("any-factor", &documents).await;
}

async fn pass(world: &World) {
    let tellers = [0, 1].map(|n| Teller::new(Arc::new(world.nodes[n].clone())));
    let (one, other) = tokio::join!(tellers[0].pass(), tellers[1].pass());
    one.unwrap();
    other.unwrap();
}

/// What a call says, once its signature is known to be ours: the name, and the sessions.
#[track_caller]
fn said(key: &VerifyingKey, came: &Came) -> (String, Vec<String>) {
    let tree = Tree::read_bytes(came.token.as_bytes(), &Limits::MESSAGE).unwrap();
    let body = tree.root().one(Space::Envelope, "Body").unwrap().unwrap();
    let request = body.one(Space::Protocol, "LogoutRequest").unwrap().unwrap();
    let signed = verify(request, std::slice::from_ref(key)).unwrap();
    assert!(signed.element() == request);
    assert_eq!(request.attribute("Destination"), Some(came.uri.as_str()));
    let name = request.one(Space::Assertion, "NameID").unwrap().unwrap();
    let sessions = request.all(Space::Protocol, "SessionIndex");
    let mut sessions: Vec<String> = sessions.map(|one| one.text().unwrap()).collect();
    sessions.sort_unstable();
    (name.text().unwrap(), sessions)
}

fn indices<const N: usize>(told: [&Told; N]) -> Vec<String> {
    let mut all = told.map(|told| told.index.clone()).to_vec();
    all.sort_unstable();
    all
}

/// What the ledger says of a service provider in the last session of somebody: whether it was told, and until when it
/// may go on.
async fn ledger(world: &World, name: &str) -> (&'static str, bool, String) {
    let sessions = world.nodes[1].sessions_told("w001", true).await.unwrap();
    let mut given = sessions[0].given.iter();
    let own = given.find(|given| given.relying_party == name).unwrap();
    let until = own.exposed_until == Some(sessions[0].row.state.ends);
    assert!(until || own.exposed_until.is_none(), "{own:?}");
    (own.status, until, own.detail.clone())
}

/// Each is called once for each name that it was told, with every sign-in under that; by one of two nodes.
#[tokio::test]
async fn service_providers_are_called_when_a_session_ends() {
    for (world, browser) in worlds().await {
        let key = key(&world).await;
        let [one, two] = [
            goes(&world, "shop", "_1", &browser).await,
            goes(&world, "shop", "_2", &browser).await,
        ];
        let [three, four] = [
            goes(&world, "desk", "_3", &browser).await,
            goes(&world, "desk", "_4", &browser).await,
        ];
        assert_ne!(three.name, four.name);
        let admin = actor("admin");
        world.nodes[0]
            .end_sessions(&admin, "w001", "T-1")
            .await
            .unwrap();
        pass(&world).await;
        let mut heard = world.relying.heard();
        heard.sort_by(|a, b| a.uri.cmp(&b.uri));
        assert_eq!(heard.len(), 3, "{heard:?}");
        assert!(heard.iter().all(|came| !came.private));
        let mut desk: Vec<_> = heard[..2].iter().map(|came| said(&key, came)).collect();
        let mut want = vec![
            (three.name.clone(), indices([&three])),
            (four.name.clone(), indices([&four])),
        ];
        desk.sort();
        want.sort();
        assert_eq!(desk, want);
        let shop = (one.name.clone(), indices([&one, &two]));
        assert_eq!((&*heard[2].uri, said(&key, &heard[2])), (SHOP, shop));
        for name in ["shop", "desk"] {
            let told = ("told", false, String::new());
            assert_eq!(ledger(&world, name).await, told, "{name}");
        }
        pass(&world).await;
        assert!(world.relying.heard().is_empty(), "once");
    }
}

/// A leaver's apps are called without a request of theirs.
#[tokio::test]
async fn a_leavers_service_providers_are_called() {
    for (world, browser) in worlds().await {
        pass(&world).await;
        goes(&world, "shop", "_1", &browser).await;
        let ana = actor("ana");
        let gone = world.nodes[0].terminate(&ana, "w001", "theft", false);
        gone.await.unwrap();
        pass(&world).await;
        let heard = world.relying.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(heard[0].uri, SHOP);
    }
}

/// One that cannot be told, or that was told a name that is nobody's any more, is not passed over: the ledger says until
/// when it may go on.
#[tokio::test]
async fn who_was_not_told_is_exposed_until_the_session_would_have_ended() {
    for (mut world, browser) in worlds().await {
        goes(&world, "shop", "_1", &browser).await;
        goes(&world, "desk", "_2", &browser).await;
        goes(&world, "safe", "_3", &browser).await;
        world.relying.does(DESK, Manner::Refuses);
        for row in &mut world.rows {
            *row = row.replace("p1@acme.example", "ng@acme.example");
        }
        world.hears().await;
        let admin = actor("admin");
        world.nodes[0]
            .end_sessions(&admin, "w001", "T-1")
            .await
            .unwrap();
        pass(&world).await;
        let uris: Vec<String> = world
            .relying
            .heard()
            .into_iter()
            .map(|came| came.uri)
            .collect();
        assert_eq!(uris, [DESK]);
        let (status, exposed, detail) = ledger(&world, "shop").await;
        assert_eq!((status, exposed), ("waiting", true));
        assert!(detail.contains("a name that is not known"), "{detail}");
        let (status, exposed, detail) = ledger(&world, "desk").await;
        assert_eq!((status, exposed), ("waiting", true));
        assert!(detail.contains("that it did not"), "{detail}");
        let (status, exposed, _) = ledger(&world, "safe").await;
        assert_eq!((status, exposed), ("not_told", true), "nobody calls it");
        // It is tried again, and then given up, which is a finding.
        for _ in 0..8 {
            world.clock.advance(Duration::from_secs(3_600));
            pass(&world).await;
        }
        assert_eq!(ledger(&world, "desk").await.0, "given_up");
        let open = world.store.open_findings(100).await.unwrap();
        let codes: Vec<&str> = open.iter().map(|row| &*row.opened.finding.code).collect();
        assert_eq!(codes, ["TNR-SIGN-0017"; 2], "{open:?}");
    }
}

/// Whoever signs somebody out itself is not called; the others are, and so it is no partial logout.
#[tokio::test]
async fn who_asks_for_the_end_is_not_told_of_it() {
    for (world, browser) in worlds().await {
        let key = key(&world).await;
        let shop = goes(&world, "shop", "_1", &browser).await;
        let desk = goes(&world, "desk", "_2", &browser).await;
        let leave = leaves("shop", "_out", &shop).signed(&world);
        let answer = world.slo(0, &leave, &browser).await;
        assert!(matches!(answer, LoggedOut::Answered(..)), "{answer:?}");
        assert_eq!(read(&key, &world, &answer, (DONE, "_out")), (true, false));
        pass(&world).await;
        let heard = world.relying.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        let want = (desk.name.clone(), indices([&desk]));
        assert_eq!((&*heard[0].uri, said(&key, &heard[0])), (DESK, want));
    }
}

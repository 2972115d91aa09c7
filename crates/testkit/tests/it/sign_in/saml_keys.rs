//! The key that SAML is signed with changes app by app: some people first, and nobody without being told of it.

use std::time::Duration;

use app::{Evidence, KeyTurn};
use protocol::saml::signature::{VerifyingKey, verify};
use protocol::saml::xml::{Limits, Tree};
use testkit::node::actor;

use super::provider::{asks, certificate, providers, response};
use super::world::{Browser, World};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const CANARIES: &str = "kind: Group
metadata: {name: canaries}
spec: {when: 'person.email == \"p1@acme.example\"'}
---
";

/// The documents, in which `shop` is signed for by this key.
async fn shop_by(world: &World, key: &str) {
    let from = "    want_signed_requests: true\n";
    let all = format!("{CANARIES}{}", providers());
    let all = all.replacen(from, &format!("{from}    signing_key: {key}\n"), 1);
    world.documents_with("any-factor", &all).await;
}

/// The keys of the metadata, in their order.
fn keys(metadata: &str) -> Vec<VerifyingKey> {
    let (_, role) = metadata.split_once("<md:IDPSSODescriptor").unwrap();
    let found = role.split("X509Certificate>").skip(1).step_by(2);
    found
        .map(|rest| VerifyingKey::from_base64(rest.split('<').next().unwrap()).unwrap())
        .collect()
}

/// By which of these keys the answer to somebody at `party` is signed.
async fn signed_by(
    world: &World,
    (party, id): (&'static str, &str),
    browser: &Browser,
    keys: &[VerifyingKey],
) -> Vec<usize> {
    let ask = asks(party, id);
    let query = match party {
        "shop" => ask.signed(world),
        _ => ask.query(world),
    };
    let (xml, _) = response(&world.sso(0, &query, browser).await).unwrap();
    let tree = Tree::read_bytes(xml.as_bytes(), &Limits::MESSAGE).unwrap();
    let by = |key: &VerifyingKey| verify(tree.root(), std::slice::from_ref(key)).is_ok();
    (0..keys.len()).filter(|n| by(&keys[*n])).collect()
}

async fn turns(world: &World, turn: KeyTurn, early: bool) -> Result<(), &'static str> {
    let kim = actor("kim");
    let turned = world.nodes[1].turn_keys(&kim, &turn, early, true, "T-1");
    turned.await.map(|_| ()).map_err(|error| error.code())
}

fn stage() -> KeyTurn {
    KeyTurn::Stage(vec!["RS256".to_owned()])
}

/// What is known of each, and the codes of what is open.
async fn known(world: &World) -> (Vec<(String, Evidence)>, Vec<String>) {
    let all = world.nodes[0].key_adoption().await.unwrap();
    let known = all.into_iter().map(|one| (one.relying_party, one.evidence));
    let open = world.store.open_findings(100).await.unwrap();
    let mut codes: Vec<String> = open
        .into_iter()
        .map(|row| row.opened.finding.code)
        .filter(|code| code.starts_with("TNR-SIGN-003"))
        .collect();
    codes.sort_unstable();
    (known.collect(), codes)
}

fn all(evidence: [Evidence; 3]) -> Vec<(String, Evidence)> {
    let names = ["desk", "safe", "shop"].map(str::to_owned);
    names.into_iter().zip(evidence).collect()
}

/// The next key signs for those who try it, at the one app whose document says so; then for everybody there, and
/// that app alone is told of it first.
#[tokio::test]
async fn the_next_key_signs_for_canaries_first_and_app_by_app() {
    for (world, browser) in World::with_providers("any-factor").await {
        let other = world.enrolled("w002", "p2@acme.example").await;
        shop_by(&world, "{next_for: [canaries]}").await;
        let before = keys(&world.nodes[0].saml_metadata().await.unwrap());
        let by = async |party, id: &str, browser: &Browser, keys: &[VerifyingKey]| {
            signed_by(&world, (party, id), browser, keys).await
        };
        assert_eq!(
            by("shop", "_1", &browser, &before).await,
            [0],
            "none is staged"
        );
        turns(&world, stage(), false).await.unwrap();
        let both = keys(&world.nodes[1].saml_metadata().await.unwrap());
        assert_eq!((both.len(), &both[0]), (2, &before[0]));
        assert_eq!(by("shop", "_2", &browser, &both).await, [1]);
        assert_eq!(by("shop", "_3", &other, &both).await, [0]);
        assert_eq!(by("desk", "_4", &browser, &both).await, [0]);

        shop_by(&world, "next").await;
        assert_eq!(by("shop", "_5", &other, &both).await, [1]);
        assert_eq!(by("desk", "_6", &other, &both).await, [0]);
        let own = world.nodes[0].saml_metadata_for("shop").await.unwrap();
        assert_eq!(keys(&own.unwrap()), [both[1].clone(), both[0].clone()]);
        let own = world.nodes[0].saml_metadata_for("desk").await.unwrap();
        assert_eq!(keys(&own.unwrap()), both);
        for name in ["wiki", "nobody", ""] {
            assert_eq!(world.nodes[0].saml_metadata_for(name).await.unwrap(), None);
        }

        turns(&world, KeyTurn::Promote, true).await.unwrap();
        assert_eq!(by("shop", "_7", &other, &both).await, [1]);
        assert_eq!(by("desk", "_8", &other, &both).await, [1]);
    }
}

/// S20: no key is promoted while it is not known of an app that it holds it, unless somebody says that nobody waits;
/// and whatever is not known is a finding until it is.
#[tokio::test]
async fn s20_a_key_is_promoted_once_every_app_holds_it() {
    use Evidence::{Confirmed, Declared, Fetched, Nothing};
    for (world, _) in World::with_providers("any-factor").await {
        assert_eq!(known(&world).await, (Vec::new(), Vec::new()));
        let kim = actor("kim");
        let takes = async |name: &str, evidence| {
            let taken = world.nodes[0].key_taken(&kim, name, evidence, true, "T-2");
            taken
                .await
                .map(|one| one.evidence)
                .map_err(|error| error.code())
        };
        assert_eq!(takes("shop", Declared).await, Err("TNR-SIGN-0038"));
        turns(&world, stage(), false).await.unwrap();
        let (first, codes) = known(&world).await;
        assert_eq!(first, all([Nothing; 3]));
        assert_eq!(codes, ["TNR-SIGN-0035"; 3]);

        world.clock.advance(DAY);
        world.nodes[1].saml_metadata().await.unwrap();
        assert_eq!(known(&world).await.0, all([Nothing; 3]), "nobody's own");
        world.nodes[1].saml_metadata_for("shop").await.unwrap();
        world.nodes[0].saml_metadata_for("shop").await.unwrap();
        assert_eq!(takes("safe", Declared).await, Ok(Declared));
        assert_eq!(takes("desk", Confirmed).await, Ok(Confirmed));
        assert_eq!(takes("desk", Declared).await, Err("TNR-SIGN-0038"));
        assert!(takes("wiki", Declared).await.is_err());
        let (told, codes) = known(&world).await;
        assert_eq!(told, all([Confirmed, Declared, Fetched]));
        assert_eq!(codes, ["TNR-SIGN-0036", "TNR-SIGN-0037"]);
        // What anybody could have fetched is no proof.
        assert_eq!(
            turns(&world, KeyTurn::Promote, false).await,
            Err("TNR-SIGN-0038")
        );
        // An app for which the next key signs already is not changed by it.
        shop_by(&world, "next").await;
        turns(&world, KeyTurn::Promote, false).await.unwrap();
        assert_eq!(known(&world).await, (Vec::new(), Vec::new()));
        turns(&world, KeyTurn::Retire, true).await.unwrap();

        // The next one begins anew, and somebody may say that nobody waits.
        turns(&world, stage(), false).await.unwrap();
        assert_eq!(known(&world).await.0, all([Nothing; 3]));
        turns(&world, KeyTurn::Promote, true).await.unwrap();
        assert_eq!(known(&world).await, (Vec::new(), Vec::new()));
    }
}

/// S20: what ends of a service provider is told of ninety days before, and told again as it comes nearer.
#[tokio::test]
async fn s20_what_ends_of_an_app_is_told_of_before_it_does() {
    for (world, _) in World::with_providers("any-factor").await {
        let alarm = "kind: Channel
metadata: {name: desk-mail}
spec: {smtp: {host: mail.acme.example, from: id@acme.example, to: [desk@acme.example]}}
---
kind: Alarm
metadata: {name: endings}
spec: {about: [expiring-credential], channels: [desk-mail]}
---
";
        assert!(certificate().contains("BEGIN"));
        let from = "    want_signed_requests: true\n";
        let until = "    valid_until: 2027-03-01T00:00:00Z\n";
        let all = providers().replacen(from, &format!("{from}{until}"), 1);
        let all = format!("{alarm}{all}");
        world.documents_with("any-factor", &all).await;
        let ends: model::Timestamp = "2027-03-01T00:00:00Z".parse().unwrap();
        let mut seen = Vec::new();
        for days in [91_u64, 90, 31, 30, 7, 1] {
            let at = ends.minus(Duration::from_secs(days * 24 * 3_600 - 1));
            let now = world.nodes[0].now();
            assert!(at > now, "{now}");
            world.clock.advance(at.since(now));
            let letters = world.told().await;
            seen.push((days, letters.len()));
            for (_, letter) in letters {
                let text = format!("{letter:?}");
                assert!(
                    text.contains("metadata of the relying party `shop` ends"),
                    "{text}"
                );
            }
        }
        assert_eq!(seen, [(91, 0), (90, 1), (31, 0), (30, 1), (7, 1), (1, 0)]);
    }
}

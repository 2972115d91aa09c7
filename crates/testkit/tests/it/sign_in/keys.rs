//! The keys that tokens are signed with, changed by stages under the eyes of two nodes.

use std::collections::BTreeSet;
use std::time::Duration;

use app::KeyTurn;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use testkit::node::actor;

use super::world::World;

const DAY: Duration = Duration::from_secs(24 * 3_600);
const ROBOT: usize = 2;
const OWN: &str = "grant_type=client_credentials&scope=api:read";

impl World {
    /// The names of the published keys, as a node tells them.
    async fn published(&self, node: usize) -> BTreeSet<String> {
        let jwks = self.nodes[node].jwks().await.unwrap();
        let jwks: serde_json::Value = serde_json::from_str(&jwks).unwrap();
        let keys = jwks["keys"].as_array().unwrap();
        let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
        keys.iter().map(kid).collect()
    }

    /// With which key a node signs a token of the robot's.
    async fn signs_with(&self, node: usize) -> String {
        let given = self.token(node, ROBOT, OWN).await.unwrap();
        let token = given["access_token"].as_str().unwrap();
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
        let header: serde_json::Value = serde_json::from_slice(&header.unwrap()).unwrap();
        header["kid"].as_str().unwrap().to_owned()
    }

    /// Turns the keys at a node: the names of those that changed, or the code of the refusal.
    async fn turns(
        &self,
        node: usize,
        turn: KeyTurn,
        early: bool,
    ) -> Result<Vec<String>, &'static str> {
        let kim = actor("kim");
        let turned = self.nodes[node].turn_keys(&kim, &turn, early, true, "T-1");
        let turned = turned.await.map_err(|error| error.code())?;
        Ok(turned.into_iter().map(|key| key.kid).collect())
    }
}

fn stage(algorithm: &str) -> KeyTurn {
    KeyTurn::Stage(vec![algorithm.to_owned()])
}

/// A key is published a day before anything is signed with it and a day after; each node keeps to it.
#[tokio::test]
async fn keys_change_by_stages_on_every_node() {
    for world in World::each("any-factor").await {
        let old = world.signs_with(0).await;
        let before = world.published(1).await;
        assert_eq!(
            world.turns(0, KeyTurn::Promote, true).await,
            Err("TNR-SIGN-0051")
        );
        let new = world
            .turns(1, stage("ES256"), false)
            .await
            .unwrap()
            .remove(0);
        assert_eq!(
            world.turns(0, stage("ES256"), false).await,
            Err("TNR-SIGN-0051")
        );
        assert_eq!(world.published(0).await.len(), before.len() + 1);
        assert_eq!(world.signs_with(0).await, old, "published and not used");
        assert_eq!(world.signs_with(1).await, old);

        world
            .clock
            .advance(DAY.saturating_sub(Duration::from_secs(1)));
        assert_eq!(
            world.turns(0, KeyTurn::Promote, false).await,
            Err("TNR-SIGN-0050")
        );
        world.clock.advance(Duration::from_secs(1));
        let given = world.token(0, ROBOT, OWN).await.unwrap();
        let given = given["access_token"].as_str().unwrap().to_owned();
        let turned = world.turns(0, KeyTurn::Promote, false).await.unwrap();
        assert_eq!(turned, [old.clone(), new.clone()]);
        for node in [0, 1] {
            assert_eq!(world.signs_with(node).await, new);
            assert!(
                world.published(node).await.contains(&old),
                "until it is retired"
            );
        }
        assert_eq!(world.introspected(ROBOT, &given).await["active"], true);

        assert_eq!(
            world.turns(1, KeyTurn::Retire, false).await,
            Err("TNR-SIGN-0050")
        );
        assert_eq!(
            world.turns(1, KeyTurn::Retire, true).await,
            Ok(vec![old.clone()])
        );
        assert!(!world.published(0).await.contains(&old));
        let told = world.introspected(ROBOT, &given).await;
        assert_eq!(told["active"], false, "its key counts no longer");
        assert_eq!(
            world.turns(0, KeyTurn::Retire, true).await,
            Err("TNR-SIGN-0051")
        );
    }
}

/// Two who stage at once stage one key: the other is told so.
#[tokio::test]
async fn of_two_who_stage_at_once_one_does() {
    for world in World::each("any-factor").await {
        world.signs_with(0).await;
        let (one, two) = tokio::join!(
            world.turns(0, stage("ES256"), false),
            world.turns(1, stage("ES256"), false)
        );
        assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
        assert_eq!(
            world.turns(0, KeyTurn::Promote, true).await.unwrap().len(),
            2
        );
    }
}

/// Nobody is told of what would be by its having happened; and what has no key is named.
#[tokio::test]
async fn what_would_be_turned_is_told_and_not_done() {
    for world in World::each("any-factor").await {
        let all = KeyTurn::Stage(Vec::new());
        let kim = actor("kim");
        let would = world.nodes[0].turn_keys(&kim, &all, false, false, "T-1");
        let would = would.await.unwrap();
        let algorithms: Vec<_> = would.iter().map(|key| key.algorithm.as_str()).collect();
        assert_eq!(algorithms, ["ES256", "RS256"]);
        let made = world.store.signing_keys().await.unwrap();
        assert_eq!(made, [], "not even the first ones are made");
        assert_eq!(world.published(0).await.len(), 2);
        assert_eq!(
            world.turns(0, stage("HS256"), false).await,
            Err("TNR-SIGN-0051")
        );
        assert_eq!(
            world.turns(0, stage("EdDSA"), false).await,
            Err("TNR-SIGN-0051")
        );
    }
}

/// Service providers find the next certificate in the metadata before anything is signed with its key.
#[tokio::test]
async fn metadata_hold_the_next_certificate_before_it_is_used() {
    for world in World::each("any-factor").await {
        let certificates = async |node: usize| {
            let metadata = world.nodes[node].saml_metadata().await.unwrap();
            let role = metadata.split("<md:IDPSSODescriptor").nth(1).unwrap();
            let found = role.split("X509Certificate>").skip(1).step_by(2);
            found.map(str::to_owned).collect::<Vec<_>>()
        };
        let before = certificates(0).await;
        assert_eq!(before.len(), 1);
        world.turns(0, stage("RS256"), false).await.unwrap();
        let staged = certificates(1).await;
        assert_eq!((staged.len(), &staged[0]), (2, &before[0]));
        world.clock.advance(DAY);
        world.turns(1, KeyTurn::Promote, false).await.unwrap();
        assert_eq!(certificates(0).await, staged[1..]);
    }
}

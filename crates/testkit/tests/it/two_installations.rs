//! Two installations, each with keys of its own, write to one SCIM server.

use std::sync::Arc;

use app::{Connect, WavePreview};
use async_trait::async_trait;
use connectors::ScimTarget;
use emulate::{Access, Fault, Provider, Serving, Shared, Temperament, serve};
use model::{Address, Kind, Secret, TargetName};
use ports::Target;
use protocol::scim::ScimSettings;
use store::{LocalKeyRing, StorePorts, TenureStore};
use testkit::node::{actor, morning};
use testkit::{Node, SeededEntropy, SimClock};

use crate::company::{GUARD, csv, documents, workers};

pub const TOKEN: &str = "s3cret";

/// Connects to the emulated server, over the wire.
pub struct Wire(pub String);

#[async_trait]
impl Connect for Wire {
    async fn connect(
        &self,
        _: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let settings = ScimSettings {
            allow_private: true,
            ..ScimSettings::bearer(self.0.clone())
        };
        let secret = secret.ok_or("its secret is not set")?;
        let target = ScimTarget::new(&settings, secret).map_err(|e| e.to_string())?;
        Ok(Arc::new(target))
    }
}

async fn server() -> Serving {
    let provider = Provider::new(Temperament::default(), Access::Bearer(TOKEN.to_owned()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Shared::new(provider)).unwrap()
}

/// An installation whose master secret is this byte. Its documents name the same groups as
/// everybody's; what they are called at the server, `display` may change.
async fn installation(serving: &Serving, key: u8, display: &[(&str, &str)]) -> Node {
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(u64::from(key)));
    let keyring = LocalKeyRing::new(&[key; 32], &[], Arc::clone(&entropy) as _).unwrap();
    let keyring = Arc::new(keyring);
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
        keyring: Arc::clone(&keyring) as _,
    };
    let store = Arc::new(TenureStore::open_inline(None, ports).unwrap());
    let connect = Arc::new(Wire(serving.base_url()));
    let node = Node::over(store, clock, entropy, keyring, connect, "node");
    let mut documents = documents(GUARD);
    for (_, text) in &mut documents {
        for (old, new) in display {
            *text = text.replace(&format!("display: {old}"), &format!("display: {new}"));
        }
    }
    let (ana, token) = (actor("ana"), Secret::new(TOKEN));
    node.app
        .accept_documents(&ana, documents, false)
        .await
        .unwrap();
    node.app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    node
}

/// The waves that make the groups.
async fn planned(node: &Node) -> Vec<WavePreview> {
    let ana = actor("ana");
    let file = csv(&workers(1));
    node.app
        .deliver(&ana, "hr", "hr.csv", &file, false)
        .await
        .unwrap();
    let mut waves = node.app.plan(&ana, false).await.unwrap();
    waves.retain(|wave| wave.cause.change.as_str() == "rule");
    assert_eq!(waves.len(), 1);
    waves
}

async fn apply(node: &Node, waves: &[WavePreview]) {
    for wave in waves {
        node.app
            .apply(&actor("ana"), wave.wave, "test")
            .await
            .unwrap();
    }
    node.settle(100).await.unwrap();
}

/// The id that an installation holds for its group `eng`.
async fn eng(node: &Node) -> String {
    let at = Address::group(&TargetName::from("chat"), "eng");
    let link = node.app.store().link(&at).await.unwrap();
    link.expect("the group is linked").remote.0
}

/// Of the server's group with this id: `displayName` and `externalId`.
fn group(serving: &Serving, id: &str) -> (String, String) {
    let groups = serving.provider.lock().objects(Kind::Group);
    let found = groups.iter().find(|g| g["id"] == id).expect("it is there");
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("displayName"), text("externalId"))
}

#[tokio::test]
async fn a_group_of_the_same_document_name_is_not_taken_for_ours() {
    let serving = server().await;
    let first = installation(&serving, 1, &[]).await;
    apply(&first, &planned(&first).await).await;
    let before = group(&serving, &eng(&first).await);

    let names = [("Engineering", "Builders"), ("Sales", "Sellers")];
    let second = installation(&serving, 2, &names).await;
    apply(&second, &planned(&second).await).await;
    assert_ne!(eng(&first).await, eng(&second).await);
    assert_eq!(group(&serving, &eng(&first).await), before, "untouched");
    let (display, key) = group(&serving, &eng(&second).await);
    assert_eq!(display, "Builders");
    assert!(key.starts_with("eng.") && before.1.starts_with("eng."));
    assert_ne!(key, before.1);
    assert_eq!(serving.provider.lock().objects(Kind::Group).len(), 4);
}

#[tokio::test]
async fn after_a_lost_answer_only_our_own_group_is_ours() {
    for fault in [Fault::LoseRequest, Fault::LoseAnswer] {
        let serving = server().await;
        let (first, second) = (
            installation(&serving, 1, &[]).await,
            installation(&serving, 2, &[]).await,
        );
        // Both plan to make the group before either has.
        let (firsts, seconds) = (planned(&first).await, planned(&second).await);
        apply(&first, &firsts).await;
        serving.provider.lock().inject(fault);
        apply(&second, &seconds).await;
        assert_ne!(eng(&first).await, eng(&second).await);
        let (one, other) = (
            group(&serving, &eng(&first).await),
            group(&serving, &eng(&second).await),
        );
        assert_eq!(
            (one.0.as_str(), other.0.as_str()),
            ("Engineering", "Engineering")
        );
        assert_ne!(one.1, other.1);
        assert_eq!(serving.provider.lock().objects(Kind::Group).len(), 4);
    }
}

//! OAuth 2.0 client credentials in front of a provider.

use connectors::ScimTarget;
use emulate::{Access, Provider, Serving, Shared, Temperament, serve};
use model::{Kind, Outcome, RemoteId, Secret};
use ports::Target;
use ports::conformance::target::DEADLINE;
use ports::target::{Operation, TargetError};
use protocol::scim::ScimProfile;
use protocol::scim::profile::{ClientSecretStyle, ScimAuth};

use crate::bench::settings;

const CLIENT: &str = "tenure & co";
const SECRET: &str = "s3cret:with%odd+chars";

async fn provider(life: u64) -> Serving {
    let access = Access::Client {
        id: CLIENT.to_owned(),
        secret: SECRET.to_owned(),
        life,
    };
    let provider = Provider::new(Temperament::default(), access);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    serve(listener, Shared::new(provider)).unwrap()
}

fn target(serving: &Serving, style: ClientSecretStyle, secret: &str) -> ScimTarget {
    let mut settings = settings(serving.base_url(), ScimProfile::rfc());
    settings.auth = ScimAuth::ClientCredentials {
        token_url: serving.token_url(),
        client_id: CLIENT.to_owned(),
        scope: Some("scim".to_owned()),
        style,
    };
    ScimTarget::new(&settings, Secret::new(secret)).unwrap()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_used_by_all() {
    for style in [ClientSecretStyle::Basic, ClientSecretStyle::Post] {
        let serving = provider(3600).await;
        let target = std::sync::Arc::new(target(&serving, style, SECRET));
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let target = target.clone();
            tasks.spawn(async move { target.list(Kind::Account, None).await.map(|_| ()) });
        }
        assert!(tasks.join_all().await.iter().all(Result::is_ok));
        assert_eq!(serving.provider.lock().tokens_issued(), 1, "{style:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced_once() {
    let serving = provider(3600).await;
    let target = target(&serving, ClientSecretStyle::Basic, SECRET);
    target.probe().await.unwrap();
    serving.provider.lock().revoke_tokens();
    let nobody = RemoteId::from("nobody");
    assert_eq!(target.read(Kind::Account, &nobody).await, Ok(None));
    assert_eq!(serving.provider.lock().tokens_issued(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_denied_and_does_not_show() {
    let serving = provider(3600).await;
    let target = target(&serving, ClientSecretStyle::Basic, "wr0ng-secret");
    let denied = target.probe().await;
    assert!(matches!(denied, Err(TargetError::Denied(_))), "{denied:?}");
    let operation = Operation::SetActive {
        remote: RemoteId::from("a"),
        active: false,
    };
    let outcome = target.apply(&operation, DEADLINE).await.outcome;
    assert!(
        matches!(
            outcome,
            Outcome::Later {
                whole_target: true,
                ..
            }
        ),
        "{outcome:?}"
    );
    let told = format!("{denied:?} {outcome:?} {target:?}");
    assert!(
        told.contains("invalid_client") && !told.contains("wr0ng-secret"),
        "{told}"
    );
    assert_eq!(
        serving.provider.lock().writes(),
        0,
        "nothing reached the provider itself"
    );
}

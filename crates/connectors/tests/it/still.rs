//! An app in which nothing can be searched for: its whole list is read, while we change it ourselves.

use std::sync::Arc;

use emulate::Temperament;
use model::{Kind, Outcome};
use ports::Target;
use ports::conformance::target::DEADLINE;
use ports::target::{Match, Operation};
use protocol::scim::ScimProfile;

use crate::bench::{person, provider, target};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_is_found_in_a_list_that_grows_by_our_own_hand() {
    let temperament = Temperament {
        ignores_filter: true,
        ..Temperament::default()
    };
    let profile = ScimProfile {
        page_size: 3,
        ..ScimProfile::rfc()
    };
    let serving = provider(temperament).await;
    let target = Arc::new(target(&serving, profile));
    let mut doing = tokio::task::JoinSet::new();
    for number in 0..40 {
        let target = Arc::clone(&target);
        doing.spawn(async move {
            let name = format!("person{number}");
            let before = target
                .find(Kind::Account, &Match::Name(name.clone()))
                .await
                .unwrap();
            assert_eq!(before.len(), 0, "{name}");
            let creation = Operation::Create {
                kind: Kind::Account,
                external: format!("key-{number}"),
                active: true,
                attributes: person(number, target.profile()),
            };
            let outcome = target.apply(&creation, DEADLINE).await.outcome;
            assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
            let after = target
                .find(Kind::Account, &Match::Name(name))
                .await
                .unwrap();
            assert_eq!(after.len(), 1);
        });
    }
    while let Some(done) = doing.join_next().await {
        done.unwrap();
    }
}

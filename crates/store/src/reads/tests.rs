//! How the reads are carried out: none may walk a whole table, or sort one, that grows.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use model::actor::Scope;
use model::plan::{About, StepRef};
use model::{
    Address, AuthorizationId, CredentialId, DeliveryId, Digest, Kind, NoticeId, PassId, RemoteId,
    SessionId, TaskId,
};
use ports::conformance::doubles::{ManualClock, SeededEntropy};
use ports::conformance::samples::{at, plan_id, slack, subject, wave_id};
use ports::store::{
    Adoption, Append, Documents, Door as _, Drills, Findings, Notices, Objects, People, Secrets,
    SignIn, Tasks, Tokens, WaveFilter, Work,
};

use crate::decode::asked;
use crate::table::Cell;
use crate::{LocalKeyRing, StorePorts, TenureStore};

fn store() -> TenureStore {
    let entropy = Arc::new(SeededEntropy::new(1));
    let ports = StorePorts {
        clock: Arc::new(ManualClock::at(at(0))),
        keyring: Arc::new(LocalKeyRing::new(&[7; 32], &[], entropy.clone()).unwrap()),
        entropy,
    };
    TenureStore::open_inline(None, ports).unwrap()
}

async fn ask_everything(store: &TenureStore) {
    ask_of_people_and_objects(store).await;
    ask_of_the_tenant(store).await;
    ask_of_sign_in(store).await;
    ask_of_work(store).await;
}

async fn ask_of_people_and_objects(store: &TenureStore) {
    let one = subject(1);
    let remote = RemoteId::from("u1");
    let account = Kind::Account;
    let address = Address::account(&slack(), one);

    store.person(one).await.unwrap();
    store.people(&[one]).await.unwrap();
    store.person_by_key("hr", "W1").await.unwrap();
    store.people_page(None, Some(one), 9).await.unwrap();
    store.worker_digests_of("hr", &["w1"]).await.unwrap();
    store.people_page(Some("hr"), Some(one), 9).await.unwrap();
    store.people_due(at(0), 9).await.unwrap();
    store.news(1, 2, 9).await.unwrap();
    let after = Some((at(1), 1));
    store.announced(at(0), at(9), after, 9).await.unwrap();
    store.pins(one).await.unwrap();
    store.pinned(Some(one), 9).await.unwrap();

    store.shadow(&slack(), account, &remote).await.unwrap();
    store
        .shadows(&slack(), account, std::slice::from_ref(&remote))
        .await
        .unwrap();
    store
        .shadows_page(&slack(), account, Some(&remote), 9)
        .await
        .unwrap();
    store.shadows_named(&slack(), account, "ana").await.unwrap();
    store.usable(&slack()).await.unwrap();
    let lost = model::event::NameLost {
        target: slack(),
        name: Digest::of(b"ana"),
        subject: Some(one),
    };
    let lost = Append::of(model::Actor::system(), vec![model::Event::NameLost(lost)]);
    store.append(lost).await.unwrap();
    let found = store.lost_name(&slack(), Digest::of(b"ana")).await.unwrap();
    assert_eq!(found.and_then(|lost| lost.of), Some(one), "both reads ran");
    store.members(&slack(), &remote).await.unwrap();
    store.member_of(&slack(), &remote).await.unwrap();
    store.link(&address).await.unwrap();
    store.links(std::slice::from_ref(&address)).await.unwrap();
    store.links_of(one).await.unwrap();
    store.link_to(&slack(), account, &remote).await.unwrap();
    store
        .links_page(&slack(), account, Some("k"), 9)
        .await
        .unwrap();
    store.linked(&slack(), account).await.unwrap();
    store.last_observation(&slack(), account).await.unwrap();
    store.decided_account(&slack(), &remote).await.unwrap();
    store
        .decided_accounts(&slack(), Some(&remote), 9)
        .await
        .unwrap();
    store.decisions_about(&[one]).await.unwrap();
}

async fn ask_of_the_tenant(store: &TenureStore) {
    let one = subject(1);
    store.documents().await.unwrap();
    store.documents_at(1).await.unwrap();
    store.delivery(DeliveryId::from_bits(1)).await.unwrap();
    store.deliveries(9).await.unwrap();
    store.last_heard("hr").await.unwrap();
    store.open_notices(9).await.unwrap();
    store.notice(NoticeId::from_bits(1)).await.unwrap();
    store.notices(9).await.unwrap();
    store.drill_runs("nightly", 9).await.unwrap();
    store.open_drills(9).await.unwrap();
    store.ending_tokens(at(0), at(9), 9).await.unwrap();
    store.stopped().await.unwrap();
    let task = TaskId::from_bits(1);
    store.task(task).await.unwrap();
    store.open_tasks(None, None, 9).await.unwrap();
    let after = Some((at(1), task));
    store.open_tasks(Some(at(2)), after, 9).await.unwrap();
    store.open_findings(9).await.unwrap();
    store.open_finding("f", Some(one), None).await.unwrap();
    store.token_by_secret(Digest::default()).await.unwrap();
    store.tokens(9).await.unwrap();
    store.live_tokens_with(Scope::Read, at(0)).await.unwrap();
    store.secret("s").await.unwrap();
    store.secret_names().await.unwrap();
}

/// Without those that sort the few rows of one person, one session or one authenticator.
async fn ask_of_sign_in(store: &TenureStore) {
    let one = subject(1);
    store.subjects_with_login(Digest::default()).await.unwrap();
    store.login_of(one).await.unwrap();
    store.credentials_of(one, 9).await.unwrap();
    store.live_credentials(one, 9).await.unwrap();
    let credential = CredentialId::from_bits(1);
    store.credential(credential).await.unwrap();
    store.passes_of(one, at(0), 9).await.unwrap();
    let pass = PassId::from_bits(1);
    store.open_passes(at(0), Some(pass), 9).await.unwrap();
    let session = SessionId::from_bits(1);
    store.session(session).await.unwrap();
    store.open_sessions(at(0), Some(session), 9).await.unwrap();
    store.logouts_due(at(0), 9).await.unwrap();
    store.logout(session).await.unwrap();
    let given = AuthorizationId::from_bits(1);
    store.authorization(given).await.unwrap();
    store.live_authorizations(Some(given), 9).await.unwrap();
    store.signing_keys().await.unwrap();
}

async fn ask_of_work(store: &TenureStore) {
    let about = About::Subject(subject(1));
    let step = StepRef {
        plan: plan_id(1),
        no: 0,
    };
    store.wave(wave_id(1)).await.unwrap();
    store.decisions_on(wave_id(1)).await.unwrap();
    store.waves(WaveFilter::default()).await.unwrap();
    store
        .waves(WaveFilter {
            open: true,
            limit: 9,
            ..WaveFilter::default()
        })
        .await
        .unwrap();
    store.plan(plan_id(1)).await.unwrap();
    store
        .plans_of(wave_id(1), Some(plan_id(1)), 9)
        .await
        .unwrap();
    store
        .open_plans_about(std::slice::from_ref(&about))
        .await
        .unwrap();
    store.plans_about(&about, 9).await.unwrap();
    store.open_plans(Some(plan_id(1)), 9).await.unwrap();
    store.released_plans(0, 9).await.unwrap();
    store.open_intents(9).await.unwrap();
    store
        .steps_that_are(model::plan::StepStatus::Handed, Some(9), 9)
        .await
        .unwrap();
    store.undecided_waves(9).await.unwrap();
    store.open_leavers(at(0), 9).await.unwrap();
    store.step(step).await.unwrap();
}

#[tokio::test]
async fn no_read_walks_or_sorts_a_whole_table() {
    let store = store();
    asked::take();
    ask_everything(&store).await;
    let statements = asked::take();
    assert!(statements.len() > 30, "{statements:#?}");
    let mut slow = Vec::new();
    for sql in statements {
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let parameters = sql.matches('$').count();
        let args = vec![Cell::Int(1); parameters];
        let rows = store.db().query(&explained, &args).await.unwrap();
        for row in rows {
            let Cell::Text(detail) = &row[3] else {
                panic!("{row:?}")
            };
            let walks = detail.starts_with("SCAN") && !detail.contains("INDEX");
            let sorts = detail.contains("TEMP B-TREE");
            if walks || sorts {
                slow.push(format!("{detail}: {sql}"));
            }
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

//! The connector against real servers, where `cargo xtask peers start` has started them.
//!
//! Without them each test says that it is skipped; with `TENURE_REQUIRE_PEERS=1` it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connectors::ScimTarget;
use model::{Attributes, Completeness, Kind, Outcome, Record, RemoteId, Secret, Value};
use ports::Target;
use ports::conformance::target::{self, Bench, DEADLINE};
use ports::target::{Match, Operation};
use protocol::scim::ScimProfile;
use protocol::scim::profile::{ClientSecretStyle, ScimAuth};

use crate::bench::{person, settings};

/// What `target/peers/env` and the environment say; the environment wins.
fn told(name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/env");
    let text = std::fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.map(str::to_owned)
}

struct Real {
    target: ScimTarget,
    secret: String,
    base: String,
    tag: u64,
}

impl Real {
    /// A peer, or the reason to skip.
    fn find(variable: &str, profile: ScimProfile) -> Option<Self> {
        let Some(base) = told(variable) else {
            let why =
                format!("{variable} is not set: start the peers with `cargo xtask peers start`");
            assert!(
                std::env::var("TENURE_REQUIRE_PEERS").as_deref() != Ok("1"),
                "{why}"
            );
            println!("skipped: {why}");
            return None;
        };
        let mut settings = settings(base.clone(), profile);
        let secret = match told(&format!("{variable}_TOKEN_URL")) {
            Some(token_url) => {
                settings.auth = ScimAuth::ClientCredentials {
                    token_url,
                    client_id: told(&format!("{variable}_CLIENT")).unwrap(),
                    scope: None,
                    style: ClientSecretStyle::Basic,
                };
                told(&format!("{variable}_SECRET")).unwrap()
            }
            None => told(&format!("{variable}_TOKEN")).unwrap(),
        };
        let target = ScimTarget::new(&settings, Secret::new(secret.as_str())).unwrap();
        // The peers keep what earlier runs made: names are new in each run.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Some(Self {
            target,
            secret,
            base,
            tag: u64::try_from(now.as_micros()).unwrap(),
        })
    }

    async fn apply(&self, operation: &Operation) -> Outcome {
        self.target.apply(operation, DEADLINE).await.outcome
    }

    async fn create(&self, kind: Kind, external: String, attributes: Attributes) -> RemoteId {
        let operation = Operation::Create {
            kind,
            external,
            active: true,
            attributes,
        };
        match self.apply(&operation).await {
            Outcome::Done {
                remote: Some(remote),
                ..
            } => remote,
            other => panic!("{other:?}"),
        }
    }

    async fn change(&self, group: &RemoteId, add: &[RemoteId], remove: &[RemoteId]) -> Outcome {
        let (group, add, remove) = (group.clone(), add.to_vec(), remove.to_vec());
        self.apply(&Operation::Members { group, add, remove }).await
    }

    async fn listing(&self, kind: Kind) -> BTreeMap<RemoteId, Record> {
        let (mut records, mut cursor) = (BTreeMap::new(), None);
        loop {
            let page = self.target.list(kind, cursor.as_ref()).await.unwrap();
            records.extend(
                page.records
                    .into_iter()
                    .map(|record| (record.remote.clone(), record)),
            );
            match page.next {
                Some(next) => cursor = Some(next),
                None => {
                    assert_eq!(page.completeness, Completeness::Full, "{}", page.detail);
                    return records;
                }
            }
        }
    }
}

impl Bench for Real {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn account(&self, number: usize) -> Attributes {
        let mut out = person(number, self.target.profile());
        let name = format!("p{}x{number}", self.tag);
        out.insert(
            "emails[type eq \"work\"].value".to_owned(),
            format!("{name}@acme.com").as_str().into(),
        );
        out.insert("userName".to_owned(), Value::Text(name));
        out
    }

    fn group(&self, number: usize) -> Attributes {
        let name = format!("G{}x{number}", self.tag);
        Attributes::from([("displayName".to_owned(), Value::Text(name))])
    }

    fn naming(&self, kind: Kind) -> &str {
        if kind == Kind::Account {
            "userName"
        } else {
            "displayName"
        }
    }

    fn changeable(&self) -> &str {
        "title"
    }

    fn secret(&self) -> &str {
        &self.secret
    }

    fn stores_external(&self) -> bool {
        self.target.profile().external_id
    }
}

/// One story at a time for each server: another test's objects would move its listings.
async fn tells_the_whole_story(variable: &str, profile: ScimProfile) {
    let Some(real) = Real::find(variable, profile) else {
        return;
    };
    let began = std::time::Instant::now();
    target::all(&real, usize::try_from(real.tag % 1_000_000).unwrap() * 1000).await;
    println!(
        "{variable}: the conformance suite took {:?}",
        began.elapsed()
    );
    let began = std::time::Instant::now();
    hundred_people(&real).await;
    println!("{variable}: a hundred people took {:?}", began.elapsed());
    wrong_credentials(&real).await;
    tidy_up(&real).await;
}

/// The peers live on: what stays in them slows every later run.
async fn tidy_up(real: &Real) {
    for kind in [Kind::Group, Kind::Account] {
        let ours = |record: &&Record| record.name.contains(&real.tag.to_string());
        for record in real.listing(kind).await.values().filter(ours) {
            let remote = record.remote.clone();
            done(real.apply(&Operation::Delete { kind, remote }).await);
        }
    }
}

async fn hundred_people(real: &Real) {
    let base = 900_000;
    let mut people = Vec::new();
    for number in base..base + 100 {
        let key = format!("sub-{}-{number}", real.tag);
        people.push(real.create(Kind::Account, key, real.account(number)).await);
    }
    let mut groups = Vec::new();
    for number in [base, base + 1] {
        let key = format!("group-{}-{number}", real.tag);
        groups.push(real.create(Kind::Group, key, real.group(number)).await);
    }
    done(real.change(&groups[0], &people, &[]).await);
    for chunk in people[..30].chunks(10) {
        done(real.change(&groups[1], chunk, &[]).await);
    }
    done(real.change(&groups[0], &[], &people[90..]).await);
    for remote in people.iter().take(10) {
        let remote = remote.clone();
        done(
            real.apply(&Operation::SetActive {
                remote,
                active: false,
            })
            .await,
        );
    }
    all_is_as_written(real, base, &people, &groups).await;
    for remote in groups {
        done(
            real.apply(&Operation::Delete {
                kind: Kind::Group,
                remote,
            })
            .await,
        );
    }
    for remote in people.iter().cloned() {
        done(
            real.apply(&Operation::Delete {
                kind: Kind::Account,
                remote,
            })
            .await,
        );
    }
    let left = real.listing(Kind::Account).await;
    assert!(!people.iter().any(|remote| left.contains_key(remote)));
}

async fn all_is_as_written(real: &Real, base: usize, people: &[RemoteId], groups: &[RemoteId]) {
    let listed = real.listing(Kind::Account).await;
    for (i, remote) in people.iter().enumerate() {
        let record = &listed[remote];
        assert_eq!(record.active, i >= 10, "person {i}");
        for (path, value) in real.account(base + i) {
            assert_eq!(
                record.attributes.get(&path),
                Some(&value),
                "{path} of person {i}"
            );
        }
    }
    let listed = real.listing(Kind::Group).await;
    assert_eq!(
        members(&listed[&groups[0]]),
        people[..90].iter().cloned().collect()
    );
    assert_eq!(
        members(&listed[&groups[1]]),
        people[..30].iter().cloned().collect()
    );
    let name = real.account(base + 50)["userName"]
        .as_text()
        .unwrap()
        .to_owned();
    let found = real
        .target
        .find(Kind::Account, &Match::Name(name))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].remote, people[50],
        "the right row, not the first one"
    );
}

fn members(record: &Record) -> BTreeSet<RemoteId> {
    record.members.clone().unwrap().into_iter().collect()
}

fn done(outcome: Outcome) {
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

async fn wrong_credentials(real: &Real) {
    let settings = settings(real.base.clone(), real.target.profile().clone());
    let stranger = ScimTarget::new(&settings, Secret::new("not-the-right-token")).unwrap();
    let denied = stranger.probe().await;
    assert!(
        matches!(denied, Err(ports::TargetError::Denied(_))),
        "the credential is what is wrong: {denied:?}"
    );
    let number = 950_000;
    let key = format!("sub-{}-{number}", real.tag);
    let remote = real.create(Kind::Account, key, real.account(number)).await;
    let operation = Operation::SetActive {
        remote: remote.clone(),
        active: false,
    };
    let outcome = stranger
        .apply(&operation, Duration::from_secs(5))
        .await
        .outcome;
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
    assert!(
        real.target
            .read(Kind::Account, &remote)
            .await
            .unwrap()
            .unwrap()
            .active
    );
    assert!(!format!("{outcome:?}{denied:?}").contains("not-the-right-token"));
}

#[tokio::test]
async fn scim2_server() {
    let profile = ScimProfile {
        page_size: 40,
        ..ScimProfile::scim2_server()
    };
    tells_the_whole_story("TENURE_PEER_SCIM2", profile).await;
}

#[tokio::test]
async fn scimmy() {
    let profile = ScimProfile {
        page_size: 40,
        ..ScimProfile::scimmy()
    };
    tells_the_whole_story("TENURE_PEER_SCIMMY", profile).await;
}

#[tokio::test]
async fn canaille() {
    tells_the_whole_story("TENURE_PEER_CANAILLE", ScimProfile::canaille()).await;
}

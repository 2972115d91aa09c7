//! Operations through the whole apply path: intent, request over loopback, answer, read-back,
//! each durable in an SQLite file, against an emulated SCIM provider in the same process.

use std::sync::Arc;
use std::time::Instant;

use app::{App, Connect, Worker, WorkerSettings};
use async_trait::async_trait;
use connectors::scim::ScimTarget;
use emulate::{Access, Provider, Shared, Temperament};
use model::{Actor, Secret};
use ports::Target;
use protocol::scim::ScimSettings;

use crate::rig::{folder, open, runtime};
use crate::{Failure, Figure};

const PEOPLE: usize = 2_000;

/// One connection, ready made.
struct Ready(Arc<ScimTarget>);

#[async_trait]
impl Connect for Ready {
    async fn connect(
        &self,
        _app: &documents::App,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        Ok(Arc::clone(&self.0) as _)
    }
}

/// `apply_ops_per_s`: accounts and memberships of 2,000 joiners.
///
/// # Errors
/// When anything of it fails.
pub fn ops() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let provider = Shared::new(Provider::new(
        Temperament::named("bench"),
        Access::Bearer("bench-token".to_owned()),
    ));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let serving = emulate::serve(listener, provider.clone())?;
    let mut settings = ScimSettings::bearer(serving.base_url());
    settings.allow_private = true;
    settings.profile.concurrency = 16;
    let target = Arc::new(ScimTarget::new(&settings, Secret::new("bench-token"))?);
    let (app, _) = open(&folder.path().join("bench.sqlite"), Arc::new(Ready(target)))?;
    prepare(&app, &serving.base_url()).await?;
    let worker = Worker::new(Arc::clone(&app), WorkerSettings::new("bench"));
    let begun = Instant::now();
    let mut sent = 0;
    loop {
        let pass = worker.pass().await?;
        sent += pass.sent;
        let Some(next) = pass.next else { break };
        tokio::time::sleep(next.since(app.now())).await;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let left = app.plan(&Actor::named("bench"), true).await?;
    if !left.is_empty() || sent < 2 * PEOPLE as u64 {
        return Err(format!("{} waves are left, {sent} operations were sent", left.len()).into());
    }
    Ok(vec![Figure {
        name: "apply_ops_per_s".to_owned(),
        value: sent as f64 / seconds,
        unit: "operations/s",
        bound: "required on loopback".to_owned(),
        bound_value: Some(500.0),
    }])
}

async fn prepare(app: &App, url: &str) -> Result<(), Failure> {
    let actor = Actor::named("bench");
    let documents = vec![("all.yaml".to_owned(), DOCUMENTS.replace("@URL@", url))];
    app.accept_documents(&actor, documents, false).await?;
    let host = url
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap_or_default();
    let token = Secret::new("bench-token");
    app.set_secret(&actor, "bench", "bench", host, &token)
        .await?;
    let mut rows = "id,first,last,mail\n".to_owned();
    for i in 0..PEOPLE {
        rows.push_str(&format!("w{i:05},First{i},Last{i},p{i}@acme.example\n"));
    }
    // The group first, so that only operations on people are measured.
    for wave in app.plan(&actor, false).await? {
        app.apply(&actor, wave.wave, "bench").await?;
    }
    app.deliver(&actor, "hr", "hr.csv", rows.as_bytes(), false)
        .await?;
    for wave in app.plan(&actor, false).await? {
        app.apply(&actor, wave.wave, "bench").await?;
    }
    Ok(())
}

const DOCUMENTS: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: first}
    family_name: {column: last}
    email: {column: mail}
  zone: {default: UTC}
  delivery: full
---
kind: App
metadata: {name: bench}
spec:
  scim:
    url: @URL@
    auth: {bearer: {secret: bench}}
    allow_private: true
  mode: enforce
  account:
    match: [userName]
    attributes:
      userName: person.email
      name.givenName: person.given_name
      name.familyName: person.family_name
  groups:
    all: {display: Everyone}
---
kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: bench, group: all}]}
---
kind: Guard
metadata: {name: guard}
spec: {creations: {max_count: 1000000, max_share_percent: 100}}
"#;

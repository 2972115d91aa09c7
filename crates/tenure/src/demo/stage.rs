//! Where the story plays: a store in a temporary folder, and an app that misbehaves.

use std::path::PathBuf;
use std::sync::Arc;

use app::{App, Parts, Worker, WorkerSettings};
use base64::Engine as _;
use emulate::{Access, Provider, Shared, Temperament};
use model::event::TenantStarted;
use model::{Actor, Event, Secret};
use ports::store::{Append, Door as _, Stream};
use ports::{Entropy as _, KeyRing as _};
use store::{LocalKeyRing, StorePorts, TenureStore};

use super::company::{self, Row};
use crate::failure::Failure;
use crate::host::compose::SQLITE;
use crate::host::system::{SystemClock, SystemEntropy};
use crate::host::targets::{CsvSources, Targets};

/// The tenant's name.
pub const TENANT: &str = "northwind";
/// The app's token.
const TOKEN: &str = "demo-token-of-the-emulated-app";
/// People at the start.
const PEOPLE: usize = 60;

/// Everything the story needs.
pub struct Stage {
    /// The use-cases.
    pub app: Arc<App>,
    /// The hands.
    pub worker: Worker,
    /// The store.
    pub store: TenureStore,
    /// The emulated app, to look at and to meddle with.
    pub provider: Shared,
    /// The company on its first day.
    pub people: Vec<Row>,
    folder: PathBuf,
    _serving: emulate::Serving,
}

impl Stage {
    /// Builds it.
    pub async fn set(seed: u64) -> Result<Self, Failure> {
        let mut random = [0u8; 40];
        SystemEntropy.fill(&mut random);
        let (master, name) = random.split_at(32);
        let name: String = name.iter().map(|b| format!("{b:02x}")).collect();
        let folder = std::env::temp_dir().join(format!("tenure-demo-{name}"));
        crate::host::directory::make(&folder)?;
        let broken = |e: &dyn std::fmt::Display| {
            Failure::new(
                "TNR-CLI-0030",
                format!("the demo cannot be set up: {e}"),
                "report it",
            )
        };
        let provider = Shared::new(Provider::new(
            Temperament::named("wiki"),
            Access::Bearer(TOKEN.to_owned()),
        ));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .map_err(|e| broken(&e))?;
        let serving = emulate::serve(listener, provider.clone()).map_err(|e| broken(&e))?;
        let clock = Arc::new(SystemClock);
        let entropy = Arc::new(SystemEntropy);
        let master: [u8; 32] = master.try_into().map_err(|e| broken(&e))?;
        let keyring = LocalKeyRing::new(&master, &[], entropy.clone()).map_err(|e| broken(&e))?;
        let keyring = Arc::new(keyring);
        let ports = StorePorts {
            clock: clock.clone(),
            entropy: entropy.clone(),
            keyring: keyring.clone(),
        };
        let store = TenureStore::open_sqlite(&folder.join(SQLITE), ports)?;
        let key = base64::engine::general_purpose::STANDARD.encode(keyring.verifying_key());
        let started = Event::TenantStarted(TenantStarted {
            tenant: TENANT.to_owned(),
            checkpoint_key: key,
        });
        let begin =
            Append::of(Actor::named("demo"), vec![started]).on(Stream("tenant".to_owned()), None);
        store.append(begin).await.map_err(|e| broken(&e))?;
        let app = Arc::new(App::new(Parts {
            store: Arc::new(store.clone()),
            clock,
            entropy,
            keyring,
            connect: Arc::new(Targets),
            source: Arc::new(CsvSources),
        }));
        let iam = Actor::named("iam-engineer");
        let documents = company::documents(&serving.base_url());
        app.accept_documents(&iam, documents, false).await?;
        let host = serving.address.to_string();
        app.set_secret(&iam, "wiki-token", "wiki", &host, &Secret::new(TOKEN))
            .await?;
        let worker = Worker::new(Arc::clone(&app), WorkerSettings::new("demo"));
        let people = company::draw(seed, PEOPLE);
        Ok(Self {
            app,
            worker,
            store,
            provider,
            people,
            folder,
            _serving: serving,
        })
    }

    /// Takes it down.
    pub async fn strike(self) {
        self.store.close().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

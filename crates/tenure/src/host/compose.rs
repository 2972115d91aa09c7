//! The composition root: the one place that names adapters.

use std::sync::{Arc, OnceLock};

use app::{App, Parts};
use connectors::BreachedFile;
use connectors::signer::SignerSocket;
use model::Timestamp;
use ports::{Clock, Listening};
use protocol::oauth::Issuer;
use server::Tls;
use store::{LocalKeyRing, PostgresOptions, StorePorts, TenureStore};

use super::master_key;
use super::system::{SystemClock, SystemEntropy};
use super::targets::{CsvSources, Targets};
use crate::config::Config;
use crate::failure::Failure;

/// The SQLite file in the data directory.
pub const SQLITE: &str = "tenure.db";

/// One node, put together.
pub struct House {
    /// The use-cases.
    pub app: Arc<App>,
    /// The store under them.
    pub store: TenureStore,
    /// The keys.
    pub keyring: Arc<LocalKeyRing>,
    /// What this node shows to those who connect; empty until it listens.
    pub shown: Arc<Shown>,
}

/// Who this tenant is to relying parties: its public URL, if they can trust it.
fn issuer(public_url: &str) -> Option<Issuer> {
    Issuer::new(public_url)
        .or_else(|_| Issuer::on_loopback(public_url))
        .ok()
}

/// The listener's TLS, once there is one.
#[derive(Default)]
pub struct Shown(pub OnceLock<Arc<Tls>>);

impl Listening for Shown {
    fn certificate_ends(&self) -> Option<Timestamp> {
        self.0.get()?.certificate_ends()
    }
}

/// What a store needs from this host.
pub fn ports(config: &Config) -> Result<StorePorts, Failure> {
    let clock = Arc::new(SystemClock);
    let entropy = Arc::new(SystemEntropy);
    let keyring = ring(config)?;
    Ok(StorePorts {
        clock,
        entropy,
        keyring,
    })
}

fn ring(config: &Config) -> Result<Arc<LocalKeyRing>, Failure> {
    let keys = master_key::read(config)?;
    let ring = LocalKeyRing::new(&keys.current, &keys.older, Arc::new(SystemEntropy));
    let ring = ring.map_err(|e| Failure::new("TNR-CLI-0007", e.to_string(), "make a new one"))?;
    Ok(Arc::new(ring))
}

/// Opens the store and puts the use-cases over it.
pub async fn open(config: &Config) -> Result<House, Failure> {
    open_with(config, Arc::new(SystemClock), ring(config)?).await
}

/// The same, with this clock and these keys.
pub async fn open_with(
    config: &Config,
    clock: Arc<dyn Clock>,
    keyring: Arc<LocalKeyRing>,
) -> Result<House, Failure> {
    let entropy = Arc::new(SystemEntropy);
    let ports = StorePorts {
        clock: clock.clone(),
        entropy: entropy.clone(),
        keyring: keyring.clone(),
    };
    let store = match &config.postgres {
        Some(url) => TenureStore::open_postgres(url, PostgresOptions::default(), ports).await?,
        None => TenureStore::open_sqlite(&config.directory.join(SQLITE), ports)?,
    };
    let app = App::new(Parts {
        store: Arc::new(store.clone()),
        clock,
        entropy,
        keyring: keyring.clone(),
        connect: Arc::new(Targets),
        source: Arc::new(CsvSources),
    });
    let shown = Arc::new(Shown::default());
    let app = match issuer(&config.public_url) {
        Some(issuer) => app.issuing(issuer),
        None => app,
    };
    let mutual = config
        .mutual
        .as_ref()
        .and_then(|mutual| issuer(&mutual.url));
    let app = match mutual {
        Some(mutual) => app.meeting(mutual),
        None => app,
    };
    let app = match &config.breached_passwords {
        Some(path) => app.refusing(Arc::new(BreachedFile::at(path))),
        None => app,
    };
    let app = app.keeping_addresses(config.address_days);
    let app = match &config.signer {
        Some(socket) => app.signing_by(Arc::new(SignerSocket::at(socket))),
        None => app,
    };
    Ok(House {
        app: Arc::new(app.listening(shown.clone())),
        store,
        keyring,
        shown,
    })
}

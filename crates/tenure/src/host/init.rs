//! `tenure init`: a data directory, keys, an empty store, and the first token.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use model::event::TenantStarted;
use model::{Actor, Event, Scope};
use ports::KeyRing as _;
use ports::store::{Append, Door as _, Stream};

use super::system::SystemEntropy;
use super::{compose, directory, master_key};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// How long the first token lives.
const LIFE: Duration = Duration::from_secs(90 * 24 * 3600);

/// What `tenure init` is asked for.
#[derive(Debug, clap::Args)]
pub struct Init {
    /// The data directory to make.
    directory: std::path::PathBuf,
    /// The tenant's name.
    #[arg(long, default_value = "default")]
    tenant: String,
    /// Keep everything in this PostgreSQL database instead of SQLite. A URL with a password is
    /// better given as TENURE_STORE_POSTGRES.
    #[arg(
        long,
        value_name = "URL",
        env = "TENURE_STORE_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// Whom the first token speaks for.
    #[arg(long, default_value = "admin")]
    principal: String,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8743")]
    listen: String,
}

/// Makes it.
pub async fn run(init: Init) -> Result<(), Failure> {
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if init.tenant.is_empty() || init.tenant.len() > 100 || !init.tenant.chars().all(named) {
        return Err(Failure::usage(
            "a tenant's name has 1 to 100 letters, digits, `-`, `_` or `.`",
            "choose another with --tenant",
        ));
    }
    directory::make(&init.directory)?;
    let path = init.directory.join("tenure.toml");
    directory::write_private(
        &init.directory.join("master.key"),
        &master_key::draw(&SystemEntropy),
    )?;
    directory::write_private(&path, &configuration(&init))?;
    let made = start(&path, &init.principal).await;
    if made.is_err() {
        // What was just made is useless without the rest, and would stand in the way of a
        // second attempt.
        for name in ["tenure.toml", "master.key", "lock", compose::SQLITE] {
            let _ = std::fs::remove_file(init.directory.join(name));
        }
    }
    let secret = made?;
    let place = init.directory.display();
    eprintln!("The tenant `{}` is in {place}.", init.tenant);
    eprintln!("Keep {place}/master.key in a second place: without it nothing sealed can be read.");
    eprintln!("Start it with `tenure serve --config {place}/tenure.toml`.");
    eprintln!(
        "The token of `{}` is valid for 90 days and is shown this once:",
        init.principal
    );
    output::print(&format!("{secret}\n"))
}

fn configuration(init: &Init) -> String {
    let quote = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let store = init.postgres.as_ref().map_or(String::new(), |url| {
        format!("\n[store]\npostgres = {}\n", quote(url))
    });
    format!(
        "# Tenure's configuration. Every key may also be set in the environment:\n\
         # `tls.certificate` as TENURE_TLS_CERTIFICATE. Unknown keys are refused.\n\
         tenant = {}\n\
         listen = [{}]\n\
         # The only source of links, for example https://id.acme.example\n\
         # public_url = \"\"\n{store}",
        quote(&init.tenant),
        quote(&init.listen),
    )
}

async fn start(path: &Path, principal: &str) -> Result<String, Failure> {
    let config = Config::load(path)?;
    let _lock = directory::lock(&config.directory)?;
    let house = compose::open(&config).await?;
    begin(&house, &config.tenant).await?;
    let host = Actor::named("host");
    let issued = house
        .app
        .issue_token(None, &host, principal, &Scope::ALL, LIFE, &[])
        .await;
    let (_, secret) = issued.map_err(Failure::from)?;
    house.store.close().await;
    Ok(secret.expose().to_owned())
}

/// Writes the first record of a tenant's log.
pub async fn begin(house: &compose::House, tenant: &str) -> Result<(), Failure> {
    let started = Event::TenantStarted(TenantStarted {
        tenant: tenant.to_owned(),
        checkpoint_key: base64::engine::general_purpose::STANDARD
            .encode(house.keyring.verifying_key()),
    });
    let append =
        Append::of(Actor::named("host"), vec![started]).on(Stream::new("tenant", "started"), None);
    let begun = house.store.append(append).await;
    begun.map(|_| ()).map_err(|error| match error {
        ports::store::AppendError::Conflict { .. } => Failure::new(
            "TNR-CLI-0008",
            "this database already holds a tenant",
            "use an empty database: one tenant has one database",
        ),
        other => app::AppError::from(other).into(),
    })
}

//! `tenure token create --on-host`: the only tokens that come from no other token.

use std::path::Path;
use std::time::Duration;

use model::{Actor, Scope};

use super::{compose, directory};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// Makes a token for anyone, on the host, while the server does not run (SQLite) or beside it
/// (PostgreSQL).
pub async fn create(
    config: &Path,
    principal: &str,
    scopes: &[Scope],
    days: u32,
    networks: &[String],
) -> Result<(), Failure> {
    let config = Config::load(config)?;
    let _lock = match config.postgres {
        None => Some(directory::lock(&config.directory)?),
        Some(_) => None,
    };
    let house = compose::open(&config).await?;
    let life = Duration::from_secs(u64::from(days) * 24 * 3600);
    let host = Actor::named("host");
    let issued = house
        .app
        .issue_token(None, &host, principal, scopes, life, networks)
        .await;
    house.store.close().await;
    let (token, secret) = issued?;
    eprintln!("The token {token} of `{principal}` is valid for {days} days, shown this once:");
    output::print(&format!("{}\n", secret.expose()))
}

//! PostgreSQL: any number of nodes on one database; the row `head` is the lock they share.

mod backup;
mod batch;
mod cells;
mod connect;
mod reads;
mod schema;
mod tls;
mod writer;

use tokio::sync::mpsc;

pub(crate) use backup::restore;
pub use reads::PostgresReads;

use crate::OpenError;
use crate::committer::{Core, Job, QUEUE};

/// How PostgreSQL is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PostgresOptions {
    /// Accept a server that may lose acknowledged writes (`fsync=off`). For tests only.
    pub unsafe_durability: bool,
}

/// Connects, makes or checks the schema, and starts this node's committer on the current
/// runtime.
pub(crate) async fn open(
    url: &str,
    options: PostgresOptions,
    core: Core,
) -> Result<(PostgresReads, mpsc::Sender<Job>), OpenError> {
    let address = connect::Address::parse(url, options)?;
    let mut connection = address.connect().await?;
    schema::migrate(&mut connection, &core.sealer).await?;
    let (sender, jobs) = mpsc::channel(QUEUE);
    let reads = PostgresReads::new(address.clone());
    tokio::spawn(writer::run(address, connection, core, jobs));
    Ok((reads, sender))
}

/// What the driver says, with the server's own words where there are some. Neither holds
/// parameters.
fn describe(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => {
            format!("PostgreSQL: {} ({})", said.message(), said.code().code())
        }
        (None, Some(source)) => format!("PostgreSQL: {error}: {source}"),
        (None, None) => format!("PostgreSQL: {error}"),
    }
}

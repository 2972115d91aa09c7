//! Connections to PostgreSQL, and the promises that are read back from each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ports::store::StoreError;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls, Socket, Statement};

use super::tls::Tls;
use super::{PostgresOptions, describe};
use crate::OpenError;

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long data may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
/// Prepared statements kept per connection; then all are dropped.
const MAX_STATEMENTS: usize = 512;

/// Where and how to connect.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<Tls>,
    options: PostgresOptions,
}

impl Address {
    /// Reads a connection string: `postgres://…` or `key=value …`. Beyond what libpq's
    /// `disable`, `prefer` and `require` mean, `sslmode=verify-full` and `sslrootcert=FILE` are
    /// understood in a `postgres://` URL.
    pub(super) fn parse(url: &str, options: PostgresOptions) -> Result<Self, OpenError> {
        let (url, mode, root) = take_tls(url)?;
        // The driver's message may quote the string, and with it a password.
        let mut config: Config = url.parse().map_err(|_: tokio_postgres::Error| {
            OpenError::Address(
                "it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…".to_owned(),
            )
        })?;
        if mode.is_some() {
            config.ssl_mode(SslMode::Require);
        }
        config.connect_timeout(CONNECT);
        config.tcp_user_timeout(UNACKNOWLEDGED);
        config.keepalives_idle(UNACKNOWLEDGED);
        if config.get_application_name().is_none() {
            config.application_name("tenure");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            _ => Some(Tls::new(root.as_deref())?),
        };
        Ok(Self {
            config,
            tls,
            options,
        })
    }

    /// Connects and checks that what is committed stays committed.
    pub(super) async fn connect(&self) -> Result<Connection, OpenError> {
        let connection = match self.tls.clone() {
            None => self.open(NoTls).await?,
            Some(tls) => self.open(tls).await?,
        };
        if !self.options.unsafe_durability {
            assert_durable(&connection).await?;
        }
        Ok(connection)
    }

    async fn open<T>(&self, tls: T) -> Result<Connection, OpenError>
    where
        T: MakeTlsConnect<Socket> + 'static,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let (client, connection) = self
            .config
            .connect(tls)
            .await
            .map_err(|e| OpenError::Unavailable(describe(&e)))?;
        // Its end shows as an error of whatever was asked last; nothing else waits for it.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %describe(&error), "a connection to PostgreSQL ended");
            }
        });
        Ok(Connection {
            client,
            statements: Mutex::new(HashMap::new()),
        })
    }
}

/// Takes `sslmode=verify-full`, `verify-ca` and `sslrootcert`, which the driver does not know,
/// out of a URL.
fn take_tls(url: &str) -> Result<(String, Option<()>, Option<String>), OpenError> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), None, None));
    };
    let (mut kept, mut mode, mut root) = (Vec::new(), None, None);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => mode = Some(()),
            Some(("sslrootcert", path)) => {
                if path.contains('%') {
                    return Err(OpenError::Address(
                        "sslrootcert must be a plain path without `%`".to_owned(),
                    ));
                }
                root = Some(path.to_owned());
            }
            _ => kept.push(pair),
        }
    }
    let url = if kept.is_empty() {
        base.to_owned()
    } else {
        format!("{base}?{}", kept.join("&"))
    };
    Ok((url, mode, root))
}

/// One connection with its prepared statements.
pub(super) struct Connection {
    /// The driver's side of it.
    pub(super) client: Client,
    statements: Mutex<HashMap<String, Statement>>,
}

impl Connection {
    /// A statement, prepared once per connection.
    pub(super) async fn prepare(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = {
            let statements = self
                .statements
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            statements.get(sql).cloned()
        };
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut statements = self
            .statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if statements.len() >= MAX_STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

async fn assert_durable(connection: &Connection) -> Result<(), OpenError> {
    let unavailable = |e: tokio_postgres::Error| OpenError::Unavailable(describe(&e));
    for (setting, good) in [
        ("fsync", &["on"][..]),
        ("full_page_writes", &["on"]),
        // The other two are stronger still: they also wait for standbys.
        (
            "synchronous_commit",
            &["on", "remote_write", "remote_apply"],
        ),
    ] {
        let sql = format!("SHOW {setting}");
        let row = connection
            .client
            .query_one(&sql, &[])
            .await
            .map_err(unavailable)?;
        let found: String = row.try_get(0).map_err(unavailable)?;
        if !good.contains(&found.as_str()) {
            return Err(OpenError::Unsafe {
                setting: format!("PostgreSQL's {setting}"),
                found,
                want: "on".to_owned(),
            });
        }
    }
    Ok(())
}

/// A failed connection as a read error.
pub(super) fn away(error: OpenError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

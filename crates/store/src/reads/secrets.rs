//! Sealed secrets: operational state, read and written outside the log.

use async_trait::async_trait;
use ports::keyring::Sealed;
use ports::store::{SecretName, SecretRow, Secrets, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, text};
use crate::remembered::remembered;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

const WITH_END: &str = "secret LEFT JOIN secret_end ON secret_end.name = secret.name AND secret_end.set_at = secret.at";

static SECRET: Select = Select {
    table: "secret",
    key: 1,
    columns: &[
        "secret.name",
        "app",
        "host",
        "sealing_key",
        "sealed",
        "at",
        "expires",
    ],
    from: WITH_END,
};

static NAME: Select = Select {
    table: "secret",
    key: 1,
    columns: &["secret.name", "app", "host", "expires"],
    from: WITH_END,
};

fn secret(row: &mut Fields) -> Read<SecretRow> {
    Ok(SecretRow {
        name: row.text()?,
        app: row.text()?,
        host: row.text()?,
        sealed: Sealed {
            key: row.text()?,
            bytes: row.bytes()?,
        },
        at: row.instant()?,
        expires: row.opt_instant()?,
    })
}

fn name(row: &mut Fields) -> Read<SecretName> {
    Ok(SecretName {
        name: row.text()?,
        app: row.text()?,
        host: row.text()?,
        expires: row.opt_instant()?,
    })
}

#[async_trait]
impl Secrets for TenureStore {
    async fn put_secret(&self, row: SecretRow) -> Read<()> {
        let put = self.put(row).await;
        self.secrets_were_written();
        put
    }

    async fn drop_secret(&self, name: &str) -> Read<()> {
        let dropped = self.dropped(name).await;
        self.secrets_were_written();
        dropped
    }

    async fn secret(&self, name: &str) -> Read<Option<SecretRow>> {
        let args = [text(name)];
        let row = SECRET.one(self.db(), "WHERE secret.name = $1", &args, secret);
        remembered(self.shelf(|all| &all.secrets), name.to_owned(), row).await
    }

    async fn secret_names(&self) -> Read<Vec<SecretName>> {
        NAME.all(self.db(), "ORDER BY secret.name", &[], name).await
    }
}

impl TenureStore {
    async fn put(&self, row: SecretRow) -> Read<()> {
        let (name, at) = (Cell::Text(row.name), Cell::Int(row.at.as_micros()));
        // First, so that wherever this stops the end that is told is that of the secret that is kept.
        if let Some(expires) = row.expires {
            let sql = "INSERT INTO secret_end (name, set_at, expires) VALUES ($1, $2, $3) \
                       ON CONFLICT (name, set_at) DO UPDATE SET expires = excluded.expires";
            let args = [name.clone(), at.clone(), Cell::Int(expires.as_micros())];
            self.db().execute(sql, &args).await?;
        }
        let sql = "INSERT INTO secret (name, app, host, sealing_key, sealed, at) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (name) DO UPDATE SET app = excluded.app, host = excluded.host, \
                   sealing_key = excluded.sealing_key, sealed = excluded.sealed, at = excluded.at";
        let args = [
            name.clone(),
            Cell::Text(row.app),
            Cell::Text(row.host),
            Cell::Text(row.sealed.key),
            Cell::Blob(row.sealed.bytes),
            at.clone(),
        ];
        self.db().execute(sql, &args).await?;
        let sql = "DELETE FROM secret_end WHERE name = $1 AND set_at <> $2";
        self.db().execute(sql, &[name, at]).await.map(drop)
    }

    async fn dropped(&self, name: &str) -> Read<()> {
        for sql in [
            "DELETE FROM secret WHERE name = $1",
            "DELETE FROM secret_end WHERE name = $1",
        ] {
            self.db().execute(sql, &[text(name)]).await?;
        }
        Ok(())
    }

    /// Also after a failure: some of what was to be written may be there.
    fn secrets_were_written(&self) {
        if let Some(secrets) = self.shelf(|all| &all.secrets) {
            secrets.forget();
        }
    }
}

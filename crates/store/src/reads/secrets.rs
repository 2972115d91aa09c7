//! Sealed secrets: operational state, read and written outside the log.

use async_trait::async_trait;
use ports::keyring::Sealed;
use ports::store::{SecretRow, Secrets, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, text};
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static SECRET: Select = Select {
    table: "secret",
    key: 1,
    columns: &["name", "app", "host", "sealing_key", "sealed", "at"],
    from: "secret",
};

static NAME: Select = Select {
    table: "secret",
    key: 1,
    columns: &["name"],
    from: "secret",
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
    })
}

#[async_trait]
impl Secrets for TenureStore {
    async fn put_secret(&self, row: SecretRow) -> Read<()> {
        let sql = "INSERT INTO secret (name, app, host, sealing_key, sealed, at) \
                   VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (name) DO UPDATE SET app = excluded.app, host = excluded.host, \
                   sealing_key = excluded.sealing_key, sealed = excluded.sealed, at = excluded.at";
        let args = [
            Cell::Text(row.name),
            Cell::Text(row.app),
            Cell::Text(row.host),
            Cell::Text(row.sealed.key),
            Cell::Blob(row.sealed.bytes),
            Cell::Int(row.at.as_micros()),
        ];
        self.db().execute(sql, &args).await.map(drop)
    }

    async fn secret(&self, name: &str) -> Read<Option<SecretRow>> {
        SECRET
            .one(self.db(), "WHERE name = $1", &[text(name)], secret)
            .await
    }

    async fn secret_names(&self) -> Read<Vec<String>> {
        NAME.all(self.db(), "ORDER BY name", &[], Fields::text)
            .await
    }
}

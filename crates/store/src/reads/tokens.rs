//! Reads of API tokens.

use async_trait::async_trait;
use model::actor::Scope;
use model::{Digest, Timestamp};
use ports::store::{StoreError, TokenRow, Tokens};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit};
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static TOKEN: Select = Select {
    table: "token",
    key: 1,
    columns: &[
        "t.token",
        "t.principal",
        "t.scopes",
        "t.issued",
        "t.expires",
        "t.networks",
        "x.at",
        "x.reason",
    ],
    from: "token t LEFT JOIN token_revoked x ON x.token = t.token",
};

static LIVE: Select = Select {
    table: "token",
    key: 0,
    columns: &["count(*)"],
    from: "token t",
};

fn token(row: &mut Fields) -> Read<TokenRow> {
    Ok(TokenRow {
        token: row.parsed()?,
        principal: row.text()?,
        scopes: scopes(row)?,
        issued: row.instant()?,
        expires: row.instant()?,
        networks: row.json()?,
        revoked: row.opt_instant()?.zip(row.opt_text()?),
    })
}

fn scopes(row: &mut Fields) -> Read<Vec<Scope>> {
    let words = row.text()?;
    let scopes = words
        .split_ascii_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>();
    scopes.map_err(|_| row.damaged("a word is not a scope"))
}

#[async_trait]
impl Tokens for TenureStore {
    async fn token_by_secret(&self, secret: Digest) -> Read<Option<TokenRow>> {
        let args = [Cell::Blob(secret.0.to_vec())];
        TOKEN
            .one(self.db(), "WHERE t.secret = $1", &args, token)
            .await
    }

    async fn tokens(&self, rows: u32) -> Read<Vec<TokenRow>> {
        TOKEN
            .all(
                self.db(),
                "ORDER BY t.seq DESC LIMIT $1",
                &[limit(rows)],
                token,
            )
            .await
    }

    async fn ending_tokens(
        &self,
        from: Timestamp,
        to: Timestamp,
        rows: u32,
    ) -> Read<Vec<TokenRow>> {
        let args = [
            Cell::Int(from.as_micros()),
            Cell::Int(to.as_micros()),
            limit(rows),
        ];
        let rest = "WHERE t.expires > $1 AND t.expires <= $2 AND x.token IS NULL \
                    ORDER BY t.expires LIMIT $3";
        TOKEN.all(self.db(), rest, &args, token).await
    }

    async fn live_tokens_with(&self, scope: Scope, now: Timestamp) -> Read<u64> {
        let args = [
            Cell::Int(now.as_micros()),
            Cell::Text(format!("% {} %", scope.as_str())),
        ];
        let rest = "WHERE t.expires > $1 AND t.scopes LIKE $2 AND NOT EXISTS \
                    (SELECT 1 FROM token_revoked x WHERE x.token = t.token)";
        Ok(LIVE
            .one(self.db(), rest, &args, Fields::number)
            .await?
            .unwrap_or(0))
    }
}

//! Queries, once for both databases.
//!
//! SQL is written in the common subset of SQLite and PostgreSQL, with parameters `$1..$n`.
//! Texts compare by their bytes in both (every text column of ours is `COLLATE "C"`).

use ports::store::StoreError;

use crate::postgres::PostgresReads;
use crate::sqlite::SqliteReads;
use crate::table::{Cell, Row};

/// Where queries go. Cheap to clone.
#[derive(Clone)]
pub enum Db {
    /// An SQLite file, or one in memory.
    Sqlite(SqliteReads),
    /// A PostgreSQL database.
    Postgres(PostgresReads),
}

impl Db {
    /// The rows of a query. An answer is at least as new as every append that was answered
    /// before the call.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer or does not accept the statement;
    /// `Damaged` when a column has a type that [`Cell`] does not hold.
    pub async fn query(&self, sql: &str, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(db) => db.query(sql.to_owned(), args.to_vec()).await,
            Self::Postgres(db) => db.query(sql, args).await,
        }
    }

    /// As [`Db::query`], for what finds a row or a few by a key: SQLite answers that on the calling thread,
    /// which is sooner done than handing it to another one.
    pub(crate) async fn look_up(&self, sql: &str, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(db) => db.look_up(sql, args),
            Self::Postgres(db) => db.query(sql, args).await,
        }
    }

    /// As [`Db::query`], and what is made of each row: SQLite makes it on the thread that reads, so that of two
    /// questions that are asked at once both are read and decoded at once.
    pub(crate) async fn query_each<T: Send + 'static>(
        &self,
        sql: String,
        args: Vec<Cell>,
        each: impl Fn(Row) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        let make = move |rows: Vec<Row>| rows.into_iter().map(each).collect();
        match self {
            Self::Sqlite(db) => db.query_and(sql, args, make).await,
            Self::Postgres(db) => make(db.query(&sql, &args).await?),
        }
    }

    /// Executes an operational write (secrets): durable, outside the log, in a transaction of
    /// its own. Answers how many rows it touched.
    ///
    /// # Errors
    /// `Unavailable` when it failed; where the connection was lost meanwhile, it may have
    /// happened.
    pub async fn execute(&self, sql: &str, args: &[Cell]) -> Result<u64, StoreError> {
        Ok(self.execute_returning(sql, args).await?.0)
    }

    /// As [`Db::execute`], for statements that end in `RETURNING`.
    pub(crate) async fn execute_returning(
        &self,
        sql: &str,
        args: &[Cell],
    ) -> Result<(u64, Vec<Row>), StoreError> {
        match self {
            Self::Sqlite(db) => db.execute(sql, args).await,
            Self::Postgres(db) => db.execute(sql, args).await,
        }
    }
}

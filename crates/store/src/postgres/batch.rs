//! One batch on PostgreSQL, in two round trips: lock and load; write and commit.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::join_all;
use model::Timestamp;
use model::canonical::Digest;
use ports::Sealed;
use ports::store::{AppendError, StoreError};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

use super::cells::{self, Column};
use super::connect::Connection;
use super::describe;
use crate::committer::{
    Answer, Changes, Core, Head, KeyRow, LeaseRow, Needs, Prepared, Snapshot, coalesce, decide,
    fail_all,
};
use crate::dialect;
use crate::ground;
use crate::lease::POSTGRES_NOW;
use crate::rows;
use crate::table::{Cell, Row, Type};

/// Why a batch came to nothing. In both cases nothing of it happened.
pub(super) enum Failure {
    /// It was not decided: the database is away, or the head lock was not to be had.
    Before(String),
    /// The database refused what was to be written, and rolled it back.
    Refused(String),
}

impl Failure {
    pub(super) fn why(self) -> String {
        match self {
            Self::Before(why) | Self::Refused(why) => why,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Before(describe(&error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Before(error.to_string())
    }
}

/// One transaction.
pub(super) async fn attempt(
    connection: &Connection,
    core: &Core,
    batch: &[&Prepared],
) -> Result<Vec<Answer>, Failure> {
    let snapshot = load(connection, &Needs::of(batch.iter().copied())).await?;
    let decision = decide(batch, snapshot, &core.sealer, core.now());
    let mut answers = decision.answers;
    if decision.changes.records.is_empty() {
        connection.client.batch_execute("ROLLBACK").await?;
        return Ok(answers);
    }
    let writes = plan(connection, decision.changes).await?;
    match write(connection, &writes).await {
        Ok(()) => Ok(answers),
        Err(Written::Refused(why)) => Err(Failure::Refused(why)),
        Err(Written::Unknown(why)) => {
            fail_all(&mut answers, &AppendError::Broken(why));
            Ok(answers)
        }
    }
}

/// A query with its parameters.
struct Query {
    statement: Statement,
    params: Vec<Column>,
}

impl Query {
    async fn new(connection: &Connection, sql: &str, params: Vec<Column>) -> Result<Self, Error> {
        Ok(Self {
            statement: connection.prepare(sql).await?,
            params,
        })
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.params.iter().map(Column::as_param).collect()
    }
}

/// Begins the transaction, takes the head lock and loads, all in one round trip: the server
/// executes in order, and each statement sees what was committed before the lock was had.
async fn load(connection: &Connection, needs: &Needs) -> Result<Snapshot, Failure> {
    let queries = queries(connection, needs).await?;
    let client = &connection.client;
    let begin = client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
    let answers = join_all(queries.iter().map(|query| async {
        let found = client.query(&query.statement, &query.params()).await?;
        Ok::<_, Error>(found)
    }));
    // `join` polls in order, and the driver sends when first polled.
    let (begun, answers) = futures_util::future::join(begin, answers).await;
    begun?;
    let mut found: Vec<Vec<Row>> = Vec::with_capacity(answers.len());
    for answer in answers {
        found.push(answer?.iter().map(cells::row).collect::<Result<_, _>>()?);
    }
    Ok(snapshot(&found)?)
}

async fn queries(connection: &Connection, needs: &Needs) -> Result<Vec<Query>, Error> {
    let texts = |names: &std::collections::BTreeSet<String>| {
        vec![Column::Texts(names.iter().cloned().map(Some).collect())]
    };
    // The time is a statement of its own: beside FOR UPDATE it might be that of before the wait.
    let now = format!("SELECT {POSTGRES_NOW}");
    let (spaces, values) = needs
        .one_time
        .iter()
        .cloned()
        .map(|(s, v)| (Some(s), Some(v)))
        .unzip();
    // A lease cannot change hands between this check and our commit: its row is locked too.
    let all: [(&str, Vec<Column>); 7] = [
        ("SELECT seq, hash, at FROM head WHERE id = 1 FOR UPDATE", Vec::new()),
        ("SELECT name, head FROM stream WHERE name = ANY($1)", texts(&needs.streams)),
        (
            "SELECT o.space, o.value FROM one_time o JOIN UNNEST($1::text[], $2::bytea[]) AS w (s, v)
             ON o.space = w.s AND o.value = w.v",
            vec![Column::Texts(spaces), Column::Blobs(values)],
        ),
        (
            "SELECT name, fence, until FROM lease WHERE name = ANY($1) FOR SHARE",
            texts(&needs.leases),
        ),
        ("SELECT target FROM stop", Vec::new()),
        (
            "SELECT subject, minted, ring_key, sealed FROM subject_key WHERE subject = ANY($1)",
            texts(&needs.keys),
        ),
        (&now, Vec::new()),
    ];
    let mut queries = Vec::with_capacity(all.len());
    for (sql, params) in all {
        queries.push(Query::new(connection, sql, params).await?);
    }
    Ok(queries)
}

fn snapshot(found: &[Vec<Row>]) -> Result<Snapshot, StoreError> {
    let [head, streams, used, leases, stops, keys, now] = found else {
        return Err(StoreError::Damaged("a query has no answer".to_owned()));
    };
    let first = |rows: &'_ [Row], what: &str| {
        rows.first()
            .cloned()
            .ok_or_else(|| StoreError::Damaged(format!("{what} is missing")))
    };
    let head = &first(head, "the row of `head`")?;
    let now = &first(now, "the database's clock")?;
    let now = Timestamp::from_micros(rows::int(now, 0, "the database's clock")?);
    let head = Head {
        seq: rows::count(head, 0, "head.seq")?,
        hash: Digest(rows::bytes32(head, 1, "head.hash")?),
        at: Timestamp::from_micros(rows::int(head, 2, "head.at")?),
    };
    let mut snapshot = Snapshot::at_head(head, now);
    for row in streams {
        let name = rows::text(row, 0, "stream.name")?.to_owned();
        snapshot
            .streams
            .insert(name, rows::count(row, 1, "stream.head")?);
    }
    for row in used {
        let space = rows::text(row, 0, "one_time.space")?.to_owned();
        snapshot
            .used
            .insert((space, rows::blob(row, 1, "one_time.value")?.to_vec()));
    }
    for row in leases {
        let fence = rows::count(row, 1, "lease.fence")?;
        let until = Timestamp::from_micros(rows::int(row, 2, "lease.until")?);
        let name = rows::text(row, 0, "lease.name")?.to_owned();
        snapshot.leases.insert(name, LeaseRow { fence, until });
    }
    for row in stops {
        snapshot
            .stops
            .insert(rows::text(row, 0, "stop.target")?.to_owned());
    }
    for row in keys {
        let sealed = Sealed {
            key: rows::text(row, 2, "subject_key.ring_key")?.to_owned(),
            bytes: rows::blob(row, 3, "subject_key.sealed")?.to_vec(),
        };
        let minted = rows::count(row, 1, "subject_key.minted")?;
        let name = rows::text(row, 0, "subject_key.subject")?.to_owned();
        snapshot.keys.insert(name, KeyRow { minted, sealed });
    }
    Ok(snapshot)
}

/// The bulk statements that make the changes so.
async fn plan(connection: &Connection, changes: Changes) -> Result<Vec<Query>, Failure> {
    let mut all = Vec::new();
    let records: Vec<Row> = changes.records.into_iter().map(rows::record).collect();
    all.push((
        dialect::insert_many(&ground::RECORD),
        cells::columns(ground::RECORD.columns, records)?,
    ));
    if !changes.used.is_empty() {
        let used: Vec<Row> = changes
            .used
            .into_iter()
            .map(|(s, v, seq)| vec![Cell::Text(s), Cell::Blob(v), Cell::Int(seq.cast_signed())])
            .collect();
        // A plain insert: the primary key is the second, independent reason why nothing is used
        // twice.
        let columns = cells::columns(ground::ONE_TIME.columns, used)?;
        all.push((dialect::insert_many(&ground::ONE_TIME), columns));
    }
    for change in coalesce(changes.ops) {
        let table = change.table;
        for (column, value) in change.delete_where {
            let kind = table
                .columns
                .iter()
                .find(|(n, _)| *n == column)
                .map_or(Type::Text, |c| c.1);
            let columns = cells::columns(&[(column, kind)], vec![vec![value]])?;
            all.push((dialect::delete_where_any(table, column), columns));
        }
        if !change.delete.is_empty() {
            let columns = cells::columns(dialect::key_columns(table), change.delete)?;
            all.push((dialect::delete_many(table), columns));
        }
        if !change.put.is_empty() {
            all.push((
                dialect::put_many(table),
                cells::columns(table.columns, change.put)?,
            ));
        }
    }
    let mut queries = Vec::with_capacity(all.len());
    for (sql, params) in all {
        queries.push(Query::new(connection, &sql, params).await?);
    }
    Ok(queries)
}

/// Why a write was not confirmed.
enum Written {
    /// The database said no, and rolled everything back.
    Refused(String),
    /// The connection ended before the commit was confirmed.
    Unknown(String),
}

/// Writes and commits in one round trip. After a statement that failed, the server answers the
/// COMMIT behind it with a rollback.
async fn write(connection: &Connection, writes: &[Query]) -> Result<(), Written> {
    let client = &connection.client;
    let executed = writes.iter().map(|query| {
        let execute: Pin<Box<dyn Future<Output = Result<u64, Error>> + Send + '_>> =
            Box::pin(async { client.execute(&query.statement, &query.params()).await });
        execute
    });
    let commit = client.batch_execute("COMMIT");
    let (written, committed) = futures_util::future::join(join_all(executed), commit).await;
    for result in written {
        match result {
            Ok(_) => {}
            Err(error) if error.as_db_error().is_some() => {
                return Err(Written::Refused(describe(&error)));
            }
            Err(error) => return Err(Written::Unknown(describe(&error))),
        }
    }
    committed.map_err(|error| Written::Unknown(describe(&error)))
}

//! One batch on PostgreSQL, in two round trips: lock and load; write and commit.

use std::future::Future;
use std::pin::Pin;

use futures_util::future::join_all;
use model::Timestamp;
use model::canonical::Digest;
use ports::store::{AppendError, StoreError};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};

use super::cells::{self, Column};
use super::connect::Connection;
use super::describe;
use crate::committer::{
    Answer, Changes, Core, Head, LeaseRow, Needs, Prepared, Snapshot, coalesce, decide, fail_all,
};
use crate::dialect;
use crate::ground;
use crate::lease::POSTGRES_NOW;
use crate::rows;
use crate::table::{Cell, Row, RowOp, Type};

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

/// What a query of the loading round trip is about.
#[derive(Clone, Copy)]
enum Part {
    Head,
    Streams,
    OneTime,
    Leases,
    Stops,
    Keys,
    Now,
}

/// Begins the transaction, takes the head lock and loads, all in one round trip: the server
/// executes in order, and each statement sees what was committed before the lock was had.
async fn load(connection: &Connection, needs: &Needs) -> Result<Snapshot, Failure> {
    let mut queries = Vec::new();
    for (part, sql, params) in parts(needs) {
        queries.push((part, Query::new(connection, &sql, params).await?));
    }
    let client = &connection.client;
    let begin = client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED");
    let answers = join_all(queries.iter().map(|(part, query)| async {
        let found = client.query(&query.statement, &query.params()).await?;
        Ok::<_, Error>((*part, found))
    }));
    // `join` polls in order, and the driver sends when first polled.
    let (begun, answers) = futures_util::future::join(begin, answers).await;
    begun?;
    let head = Head {
        seq: 0,
        hash: Digest::default(),
        at: Timestamp::EPOCH,
    };
    let mut snapshot = Snapshot::at_head(head, Timestamp::EPOCH);
    for answer in answers {
        let (part, found) = answer?;
        let found: Vec<Row> = found.iter().map(cells::row).collect::<Result<_, _>>()?;
        fill(&mut snapshot, part, &found)?;
    }
    Ok(snapshot)
}

/// The queries that a batch needs, the head lock first.
fn parts(needs: &Needs) -> Vec<(Part, String, Vec<Column>)> {
    let texts = |names: &std::collections::BTreeSet<String>| {
        vec![Column::Texts(names.iter().cloned().map(Some).collect())]
    };
    let mut parts = vec![(
        Part::Head,
        format!("{} FOR UPDATE", rows::HEAD_SQL),
        Vec::new(),
    )];
    if !needs.streams.is_empty() {
        let sql = "SELECT name, head FROM stream WHERE name = ANY($1)";
        parts.push((Part::Streams, sql.to_owned(), texts(&needs.streams)));
    }
    if !needs.one_time.is_empty() {
        let sql = "SELECT o.space, o.value FROM one_time o
                   JOIN UNNEST($1::text[], $2::bytea[]) AS w (s, v)
                   ON o.space = w.s AND o.value = w.v";
        let pairs = needs.one_time.iter().cloned();
        let (spaces, values) = pairs.map(|(s, v)| (Some(s), Some(v))).unzip();
        let params = vec![Column::Texts(spaces), Column::Blobs(values)];
        parts.push((Part::OneTime, sql.to_owned(), params));
    }
    if !needs.leases.is_empty() {
        // A lease cannot change hands between this check and our commit: its row is locked too.
        let sql = "SELECT name, fence, until FROM lease WHERE name = ANY($1) FOR SHARE";
        parts.push((Part::Leases, sql.to_owned(), texts(&needs.leases)));
        // A statement of its own: beside a lock it might be the time of before the wait.
        parts.push((Part::Now, format!("SELECT {POSTGRES_NOW}"), Vec::new()));
    }
    if needs.stops {
        parts.push((
            Part::Stops,
            "SELECT target FROM stop".to_owned(),
            Vec::new(),
        ));
    }
    if !needs.keys.is_empty() {
        let sql =
            "SELECT subject, minted, ring_key, sealed FROM subject_key WHERE subject = ANY($1)";
        parts.push((Part::Keys, sql.to_owned(), texts(&needs.keys)));
    }
    parts
}

fn fill(snapshot: &mut Snapshot, part: Part, found: &[Row]) -> Result<(), StoreError> {
    if let Part::Head = part {
        snapshot.head = rows::head(found)?;
        return Ok(());
    }
    for row in found {
        match part {
            Part::Head => {}
            Part::Now => {
                let now = rows::int(row, 0, "the database's clock")?;
                snapshot.lease_now = Timestamp::from_micros(now);
            }
            Part::Streams => {
                let name = rows::text(row, 0, "stream.name")?.to_owned();
                snapshot
                    .streams
                    .insert(name, rows::count(row, 1, "stream.head")?);
            }
            Part::OneTime => {
                let space = rows::text(row, 0, "one_time.space")?.to_owned();
                let value = rows::blob(row, 1, "one_time.value")?.to_vec();
                snapshot.used.insert((space, value));
            }
            Part::Leases => {
                let fence = rows::count(row, 1, "lease.fence")?;
                let until = Timestamp::from_micros(rows::int(row, 2, "lease.until")?);
                let name = rows::text(row, 0, "lease.name")?.to_owned();
                snapshot.leases.insert(name, LeaseRow { fence, until });
            }
            Part::Stops => {
                snapshot
                    .stops
                    .insert(rows::text(row, 0, "stop.target")?.to_owned());
            }
            Part::Keys => {
                let name = rows::text(row, 0, "subject_key.subject")?.to_owned();
                snapshot.keys.insert(name, rows::key(row, 1)?);
            }
        }
    }
    Ok(())
}

/// The bulk statements that make the changes so.
async fn plan(connection: &Connection, changes: Changes) -> Result<Vec<Query>, Failure> {
    let records: Vec<Row> = changes.records.into_iter().map(rows::record).collect();
    let columns = cells::columns(ground::RECORD.columns, records)?;
    let mut all = vec![(dialect::insert_many(&ground::RECORD), columns)];
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
    all.extend(bulk(changes.ops)?);
    let mut queries = Vec::with_capacity(all.len());
    for (sql, params) in all {
        queries.push(Query::new(connection, &sql, params).await?);
    }
    Ok(queries)
}

/// Row operations as bulk statements, in their order.
pub(super) fn bulk(ops: Vec<RowOp>) -> Result<Vec<(String, Vec<Column>)>, StoreError> {
    let mut all = Vec::new();
    for change in coalesce(ops) {
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
    Ok(all)
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

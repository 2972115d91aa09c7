//! Reading and writing the rows of the ground tables.

use evidence::Envelope;
use model::Timestamp;
use model::canonical::Digest;
use ports::Sealed;
use ports::store::StoreError;

use crate::committer::{Head, KeyRow};
use crate::table::{Cell, Row};

fn wrong(what: &str, want: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is not {want}"))
}

/// An integer column.
pub(crate) fn int(row: &Row, at: usize, what: &str) -> Result<i64, StoreError> {
    match row.get(at) {
        Some(Cell::Int(n)) => Ok(*n),
        _ => Err(wrong(what, "an integer")),
    }
}

/// A column that counts: an integer that is not negative.
pub(crate) fn count(row: &Row, at: usize, what: &str) -> Result<u64, StoreError> {
    u64::try_from(int(row, at, what)?).map_err(|_| wrong(what, "a count"))
}

/// A text column.
pub(crate) fn text<'a>(row: &'a Row, at: usize, what: &str) -> Result<&'a str, StoreError> {
    match row.get(at) {
        Some(Cell::Text(text)) => Ok(text),
        _ => Err(wrong(what, "a text")),
    }
}

/// A column of bytes.
pub(crate) fn blob<'a>(row: &'a Row, at: usize, what: &str) -> Result<&'a [u8], StoreError> {
    match row.get(at) {
        Some(Cell::Blob(bytes)) => Ok(bytes),
        _ => Err(wrong(what, "bytes")),
    }
}

/// A column of 32 bytes.
pub(crate) fn bytes32(row: &Row, at: usize, what: &str) -> Result<[u8; 32], StoreError> {
    blob(row, at, what)?
        .try_into()
        .map_err(|_| wrong(what, "32 bytes"))
}

/// The one row of `head`.
pub(crate) const HEAD_SQL: &str = "SELECT seq, hash, at FROM head WHERE id = 1";

/// The end of the log, as [`HEAD_SQL`] answers it.
pub(crate) fn head(found: &[Row]) -> Result<Head, StoreError> {
    let row = found
        .first()
        .ok_or_else(|| StoreError::Damaged("the table `head` is empty".to_owned()))?;
    Ok(Head {
        seq: count(row, 0, "head.seq")?,
        hash: Digest(bytes32(row, 1, "head.hash")?),
        at: Timestamp::from_micros(int(row, 2, "head.at")?),
    })
}

/// A data key: `minted`, `ring_key` and `sealed` from this column on.
pub(crate) fn key(row: &Row, at: usize) -> Result<KeyRow, StoreError> {
    Ok(KeyRow {
        minted: count(row, at, "subject_key.minted")?,
        sealed: Sealed {
            key: text(row, at + 1, "subject_key.ring_key")?.to_owned(),
            bytes: blob(row, at + 2, "subject_key.sealed")?.to_vec(),
        },
    })
}

/// The columns of a record in the order of [`crate::ground::RECORD`].
pub(crate) const RECORD_COLUMNS: &str = "seq, at, actor, kind, subject, body, sealed, prev, hash";

/// A record as a row.
pub(crate) fn record(record: Envelope) -> Row {
    vec![
        Cell::Int(record.seq.cast_signed()),
        Cell::Int(record.at.as_micros()),
        Cell::Text(record.actor),
        Cell::Text(record.kind),
        record
            .subject
            .map_or(Cell::Null, |subject| Cell::Text(subject.to_string())),
        Cell::Text(record.body),
        record.sealed.map_or(Cell::Null, Cell::Blob),
        Cell::Blob(record.prev.0.to_vec()),
        Cell::Blob(record.hash.0.to_vec()),
    ]
}

/// Whom a record is about.
pub(crate) fn record_subject(row: &Row, at: usize) -> Result<Option<model::SubjectId>, StoreError> {
    if row.get(at) == Some(&Cell::Null) {
        return Ok(None);
    }
    let subject = text(row, at, "record.subject")?.parse();
    subject
        .map(Some)
        .map_err(|e| StoreError::Damaged(format!("record.subject: {e}")))
}

/// A row as a record.
pub(crate) fn envelope(row: &Row) -> Result<Envelope, StoreError> {
    let subject = record_subject(row, 4)?;
    let sealed = match row.get(6) {
        Some(Cell::Null) => None,
        _ => Some(blob(row, 6, "record.sealed")?.to_vec()),
    };
    Ok(Envelope {
        seq: count(row, 0, "record.seq")?,
        at: Timestamp::from_micros(int(row, 1, "record.at")?),
        actor: text(row, 2, "record.actor")?.to_owned(),
        kind: text(row, 3, "record.kind")?.to_owned(),
        subject,
        body: text(row, 5, "record.body")?.to_owned(),
        sealed,
        prev: Digest(bytes32(row, 7, "record.prev")?),
        hash: Digest(bytes32(row, 8, "record.hash")?),
    })
}

//! Reading a dump, and computing the projections that it leaves out.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::Check;
use model::canonical::Digest;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Backup, BackupError, FORMAT, Header, MAX_LINE, TableLine, Trailer, tables};
use crate::committer::{Head, KeyRow};
use crate::ground;
use crate::log::{key_name, opened};
use crate::migrations::SCHEMA;
use crate::project::project;
use crate::rows;
use crate::sealer::Sealer;
use crate::table::{Cell, Row, RowOp, Table, Type};

/// Rows that are written together.
const CHUNK: usize = 500;

/// Some rows of one table, and what they mean for the projections.
pub(crate) struct Chunk {
    pub(crate) table: &'static Table,
    pub(crate) rows: Vec<Row>,
    pub(crate) ops: Vec<RowOp>,
}

/// Reads a dump, chunk by chunk. Nothing of it may be kept unless [`Reader::finish`] is content.
pub(crate) struct Reader<'a, R: BufRead> {
    input: R,
    sealer: &'a Sealer,
    header: Header,
    hash: Sha256,
    rows: u64,
    table: Option<&'static Table>,
    keys: BTreeMap<String, KeyRow>,
    check: Check,
    trailer: Option<Trailer>,
}

fn unusable(why: impl Into<String>) -> BackupError {
    BackupError::Unusable(why.into())
}

impl<'a, R: BufRead> Reader<'a, R> {
    pub(crate) fn begin(input: R, sealer: &'a Sealer) -> Result<Self, BackupError> {
        let header = Header {
            format: String::new(),
            schema: 0,
            seq: 0,
            hash: Digest::default(),
            at: model::Timestamp::EPOCH,
        };
        let mut reader = Self {
            input,
            sealer,
            header,
            hash: Sha256::new(),
            rows: 0,
            table: None,
            keys: BTreeMap::new(),
            check: Check::without_checkpoints(),
            trailer: None,
        };
        let line = reader.line()?.ok_or_else(|| unusable("it is empty"))?;
        reader.hash.update(&line);
        reader.header = serde_json::from_slice(&line)
            .map_err(|_| unusable("its first line is not the header of a backup"))?;
        if reader.header.format != FORMAT {
            return Err(unusable(format!(
                "its format is `{:.40}`",
                reader.header.format
            )));
        }
        // A dump holds the log and what is not derived from it, which no schema has changed yet:
        // the projections are computed from the log as it is read.
        if !(1..=SCHEMA).contains(&reader.header.schema) {
            return Err(unusable(format!(
                "it has schema {}; this program restores schemas 1 to {SCHEMA}",
                reader.header.schema
            )));
        }
        Ok(reader)
    }

    /// What opens the personal parts of its log.
    pub(crate) fn sealer(&self) -> &'a Sealer {
        self.sealer
    }

    /// The next rows; `None` at the trailer.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, BackupError> {
        let mut chunk: Option<Chunk> = None;
        while self.trailer.is_none() {
            if chunk
                .as_ref()
                .is_some_and(|chunk| chunk.rows.len() >= CHUNK)
            {
                break;
            }
            // A table's line ends the chunk before it.
            if chunk.is_some() && self.input.fill_buf()?.first() != Some(&b'[') {
                break;
            }
            let line = self.line()?.ok_or_else(|| unusable("it was cut short"))?;
            if line.first() == Some(&b'[') {
                let table = self
                    .table
                    .ok_or_else(|| unusable("a row stands before any table"))?;
                let row = row(table, &line)?;
                self.hash.update(&line);
                self.rows += 1;
                let new = || Chunk {
                    table,
                    rows: Vec::new(),
                    ops: Vec::new(),
                };
                let chunk = chunk.get_or_insert_with(new);
                self.take(chunk, row)?;
            } else if let Ok(named) = serde_json::from_slice::<TableLine>(&line) {
                self.table = Some(known(&named)?);
                self.hash.update(&line);
            } else {
                let trailer = serde_json::from_slice(&line)
                    .map_err(|_| unusable("a line is no row, no table and no end"))?;
                self.trailer = Some(trailer);
            }
        }
        Ok(chunk)
    }

    /// Whether everything that was written is here, unchanged, and the chain is sound.
    pub(crate) fn finish(mut self) -> Result<(Head, Backup), BackupError> {
        let trailer = self
            .trailer
            .take()
            .ok_or_else(|| unusable("it was cut short"))?;
        if trailer.rows != self.rows || trailer.sha256.0[..] != self.hash.clone().finalize()[..] {
            return Err(unusable(
                "it was changed or cut short: its hash does not match",
            ));
        }
        if self.line()?.is_some() {
            return Err(unusable("something follows its end"));
        }
        let report = self.check.finish();
        if let Some(problem) = report.problems.first() {
            return Err(unusable(format!("its log is not sound: {problem}")));
        }
        if report.head != (self.header.seq, self.header.hash) {
            return Err(unusable("its log does not end where its header says"));
        }
        let head = Head::from(&self.header);
        Ok((
            head,
            Backup {
                seq: head.seq,
                hash: head.hash,
                at: head.at,
                rows: self.rows,
            },
        ))
    }

    fn take(&mut self, chunk: &mut Chunk, mut row: Row) -> Result<(), BackupError> {
        let name = chunk.table.name;
        if name == ground::SUBJECT_KEY.name {
            let subject = rows::text(&row, 0, "subject_key.subject")?.to_owned();
            self.keys.insert(subject, rows::key(&row, 1)?);
        } else if name == ground::LEASE.name {
            // Nobody holds anything after a restore; fences go on from where they were.
            row[1] = Cell::Text(String::new());
            row[3] = Cell::Int(0);
        } else if name == ground::RECORD.name {
            let envelope = rows::envelope(&row)?;
            self.check.push(&envelope);
            let key = self.keys.get(&key_name(&envelope));
            let record = opened(self.sealer, envelope, key)?;
            let ops = project(record.seq, record.at, &record.event)
                .map_err(|e| unusable(format!("record {}: {e}", record.seq)))?;
            chunk.ops.extend(ops);
        }
        chunk.rows.push(row);
        Ok(())
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, BackupError> {
        let mut line = Vec::new();
        let read = self
            .input
            .by_ref()
            .take(MAX_LINE + 1)
            .read_until(b'\n', &mut line)?;
        if read as u64 > MAX_LINE {
            return Err(unusable(format!("a line is longer than {MAX_LINE} bytes")));
        }
        Ok((read > 0).then_some(line))
    }
}

fn known(named: &TableLine) -> Result<&'static Table, BackupError> {
    let table = tables()
        .find(|table| table.name == named.table)
        .ok_or_else(|| unusable(format!("it holds an unknown table `{:.40}`", named.table)))?;
    if !table
        .columns
        .iter()
        .map(|(name, _)| *name)
        .eq(named.columns.iter().map(String::as_str))
    {
        return Err(unusable(format!(
            "its table `{}` has other columns",
            table.name
        )));
    }
    Ok(table)
}

fn row(table: &Table, line: &[u8]) -> Result<Row, BackupError> {
    let wrong = || unusable(format!("a row of `{}` cannot be read", table.name));
    let values: Vec<Value> = serde_json::from_slice(line).map_err(|_| wrong())?;
    if values.len() != table.columns.len() {
        return Err(wrong());
    }
    values
        .into_iter()
        .zip(table.columns)
        .map(|(value, (_, kind))| cell(*kind, value).ok_or_else(wrong))
        .collect()
}

fn cell(kind: Type, value: Value) -> Option<Cell> {
    match (kind, value) {
        (_, Value::Null) => Some(Cell::Null),
        (Type::Int, Value::Number(n)) => n.as_i64().map(Cell::Int),
        (Type::Text, Value::String(text)) => Some(Cell::Text(text)),
        (Type::Blob, Value::Object(fields)) if fields.len() == 1 => STANDARD
            .decode(fields.get("b64")?.as_str()?)
            .ok()
            .map(Cell::Blob),
        _ => None,
    }
}

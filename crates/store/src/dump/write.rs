//! Writing a dump.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::canonical::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Backup, BackupError, FORMAT, Header, TableLine, Trailer};
use crate::committer::Head;
use crate::migrations::SCHEMA;
use crate::table::{Cell, Row, Table};

/// Writes a dump, row by row.
pub(crate) struct Writer<W: Write> {
    out: W,
    hash: Sha256,
    rows: u64,
    head: Head,
}

impl<W: Write> Writer<W> {
    pub(crate) fn begin(out: W, head: Head) -> Result<Self, BackupError> {
        let mut writer = Self {
            out,
            hash: Sha256::new(),
            rows: 0,
            head,
        };
        let Head { seq, hash, at } = head;
        let header = Header {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            seq,
            hash,
            at,
        };
        writer.line(&header)?;
        Ok(writer)
    }

    pub(crate) fn table(&mut self, table: &Table) -> Result<(), BackupError> {
        let columns = table
            .columns
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        self.line(&TableLine {
            table: table.name.to_owned(),
            columns,
        })
    }

    pub(crate) fn row(&mut self, row: Row) -> Result<(), BackupError> {
        self.rows += 1;
        self.line(&row.into_iter().map(value).collect::<Vec<Value>>())
    }

    pub(crate) fn finish(mut self) -> Result<(W, Backup), BackupError> {
        let sha256 = Digest(self.hash.clone().finalize().into());
        self.line(&Trailer {
            rows: self.rows,
            sha256,
        })?;
        self.out.flush()?;
        let Head { seq, hash, at } = self.head;
        Ok((
            self.out,
            Backup {
                seq,
                hash,
                at,
                rows: self.rows,
            },
        ))
    }

    fn line(&mut self, value: &impl serde::Serialize) -> Result<(), BackupError> {
        let mut text = serde_json::to_vec(value).map_err(std::io::Error::from)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.out.write_all(&text)?;
        Ok(())
    }
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Int(n) => Value::from(n),
        Cell::Text(text) => Value::from(text),
        Cell::Blob(bytes) => json!({ "b64": STANDARD.encode(bytes) }),
    }
}

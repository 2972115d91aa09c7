//! HR files: bytes and a mapping to facts.
//!
//! What is wrong with the file as a whole ([`codes`] up to 0013) refuses it: no row of it counts.
//! What is wrong with one row (from 0021) makes that row unreadable: it is told with line,
//! column, field and what to do, the worker's last facts stay, and the other rows count.
//!
//! The syntax is RFC 4180 with the mapping's delimiter. Lines end with CRLF or LF; empty lines
//! are skipped; white space around a value is not part of it; an empty value was not stated.
//! A quote inside an unquoted value is an ordinary character. Columns in diagnostics count bytes
//! of the decoded text, from 1.

pub mod codes;
mod decode;
mod flaws;
mod header;
mod record;
mod row;

use std::collections::HashMap;

use model::Completeness;
use model::source::{CsvMapping, Delivery, Extent, UnreadableRow, WorkerRow};

use flaws::{Flaws, Spot};
use record::{Record, Records};
use row::RowReader;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The most rows of a file.
pub const MAX_ROWS: u64 = 2_000_000;
/// The longest value, in bytes.
pub const MAX_FIELD: usize = 64 * 1024;
/// At most this many duplicate keys are listed.
const MAX_DUPLICATES: usize = 100;

/// Reads a file. `place` is what people call it: its path or name.
#[must_use]
pub fn read(place: &str, bytes: &[u8], mapping: &CsvMapping) -> Delivery {
    let mut flaws = Flaws::new(place);
    let mut body = Body::default();
    let outcome = decode::text(bytes, mapping.encoding, &mut flaws)
        .and_then(|text| body.read(&text, mapping, &mut flaws));
    let refused = outcome.is_none();
    let completeness = match mapping.delivery {
        _ if refused || body.unsure => Completeness::Partial,
        Extent::Full => Completeness::Full,
        Extent::Changes => Completeness::Unknown,
    };
    let (diagnostics, values, diagnostics_left_off) = flaws.into_parts();
    let (rows, unreadable) =
        if refused { (Vec::new(), Vec::new()) } else { (body.rows, body.unreadable) };
    Delivery {
        rows,
        unreadable,
        read: body.read,
        diagnostics,
        values,
        diagnostics_left_off,
        refused,
        completeness,
    }
}

/// What was read below the header.
#[derive(Default)]
struct Body {
    rows: Vec<WorkerRow>,
    unreadable: Vec<UnreadableRow>,
    read: u64,
    /// Some row may hide another or has no key, so absences prove nothing.
    unsure: bool,
    /// Key → the lines that have it.
    keys: HashMap<String, Vec<u64>>,
}

impl Body {
    /// `None` when the file is refused; why is in `flaws`.
    fn read(&mut self, text: &str, mapping: &CsvMapping, flaws: &mut Flaws) -> Option<()> {
        let mut records = Records::new(text, mapping.delimiter);
        let mut record = Record::default();
        if !self.next(&mut records, &mut record, flaws)? {
            flaws.file(codes::EMPTY, 0, "the file is empty", "deliver a file with a header");
            return None;
        }
        let columns = header::columns(&record, mapping, flaws)?;
        let mut reader = RowReader::new(mapping, &columns);
        let mut held: Option<Record> = None;
        while self.next(&mut records, &mut record, flaws)? {
            if let Some(mut before) = held.take() {
                self.row(&before, &mut reader, flaws)?;
                std::mem::swap(&mut before, &mut record);
                held = Some(std::mem::replace(&mut record, before));
                std::mem::swap(&mut record, held.as_mut()?);
                // `held` is the new record, `record` the old buffer, to be filled again.
                let fresh = std::mem::take(&mut record);
                let newest = held.replace(fresh)?;
                held = Some(newest);
            } else {
                held = Some(std::mem::take(&mut record));
            }
        }
        self.last(held, columns.count, mapping, &mut reader, flaws)?;
        self.check_keys(flaws)?;
        self.check_headcount(mapping, flaws)
    }
}

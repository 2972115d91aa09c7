//! HR files: bytes and a mapping to facts.
//!
//! What is wrong with the file as a whole ([`codes`] up to 0013) refuses it: no row of it counts.
//! What is wrong with one row (from 0021) makes that row unreadable: it is told with line,
//! column, field and what to do, the worker's last facts stay, and the other rows count.
//!
//! The syntax is RFC 4180 with the mapping's delimiter. Lines end with CRLF or LF; empty lines
//! are skipped; white space around a value is not part of it; an empty value was not stated.
//! A quote inside an unquoted value is an ordinary character. Columns in diagnostics count bytes
//! of the decoded text, from 1. The end of work `9999-12-31` is no end.

pub mod codes;
mod decode;
mod flaws;
mod header;
mod record;
mod row;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use model::Completeness;
use model::source::{CsvMapping, Delivery, Extent, UnreadableRow, WorkerRow};

use flaws::{Flaws, Spot, shown};
use record::{Broken, Record, Records};
use row::RowReader;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 256 * 1024 * 1024;
/// The most rows of a file.
pub const MAX_ROWS: u64 = 2_000_000;
/// The longest value, in bytes.
pub const MAX_FIELD: usize = 64 * 1024;
/// At most this many duplicate keys are listed.
const MAX_DUPLICATES: usize = 100;
/// At most this many lines are listed for one of them.
const MAX_LINES: usize = 10;

/// Reads a file. `place` is what people call it: its path or name.
#[must_use]
pub fn read(place: &str, bytes: &[u8], mapping: &CsvMapping) -> Delivery {
    let mut flaws = Flaws::new(place);
    let mut body = Body::default();
    let whole = decode::text(bytes, mapping.encoding, &mut flaws)
        .and_then(|text| body.read(&text, mapping, &mut flaws));
    let refused = whole.is_none();
    let completeness = match mapping.delivery {
        _ if refused || body.unsure => Completeness::Partial,
        Extent::Full => Completeness::Full,
        Extent::Changes => Completeness::Unknown,
    };
    let (diagnostics, values, diagnostics_left_off) = flaws.into_parts();
    if refused {
        (body.rows, body.unreadable) = (Vec::new(), Vec::new());
    }
    let Body {
        rows,
        unreadable,
        read,
        ..
    } = body;
    Delivery {
        rows,
        unreadable,
        read,
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
    /// Reads the whole text. `None` when the file is refused; why is in `flaws`, first.
    fn read(&mut self, text: &str, mapping: &CsvMapping, flaws: &mut Flaws<'_>) -> Option<()> {
        let mut records = Records::new(text, mapping.delimiter);
        let mut record = Record::default();
        if !step(&mut records, &mut record, flaws)? {
            flaws.file(
                codes::EMPTY,
                0,
                "the file is empty",
                "deliver a file with a header",
            );
            return None;
        }
        let columns = header::columns(&record, mapping, flaws)?;
        let mut reader = RowReader::new(mapping, &columns)?;
        let mut next = Record::default();
        let mut trailer = None;
        let mut more = step(&mut records, &mut record, flaws)?;
        while more {
            more = step(&mut records, &mut next, flaws)?;
            if !more && mapping.expect.trailer.is_some() {
                trailer = Some(std::mem::take(&mut record));
                break;
            }
            if !more && !record.ended && record.fields.len() < columns.count {
                let problem = "the last line has fewer values than the header, and no line end";
                let fix = "deliver the file again; it was cut off";
                refuse(flaws, codes::TRUNCATED, record.line, problem, fix);
                return None;
            }
            self.row(&record, columns.count, &mut reader, flaws)?;
            std::mem::swap(&mut record, &mut next);
        }
        self.check_trailer(trailer.as_ref(), mapping, flaws)?;
        self.check_keys(mapping, flaws)?;
        self.check_headcount(mapping, flaws)
    }

    fn row(
        &mut self,
        record: &Record<'_>,
        columns: usize,
        reader: &mut RowReader<'_>,
        flaws: &mut Flaws<'_>,
    ) -> Option<()> {
        self.read += 1;
        if self.read > MAX_ROWS {
            let problem = format!("there are more than {MAX_ROWS} rows");
            refuse(
                flaws,
                codes::TOO_MANY_ROWS,
                record.line,
                problem,
                "deliver it in parts",
            );
            return None;
        }
        let key = reader.key(record, flaws);
        if let Some(key) = &key {
            self.keys.entry(key.clone()).or_default().push(record.line);
        }
        // A row that is cut wrongly may have swallowed another one, or its key be another's.
        let whole = check_cut(record, columns, flaws);
        self.unsure |= !whole || key.is_none();
        let facts = if whole {
            reader.facts(record, flaws)
        } else {
            None
        };
        match (key, facts) {
            (Some(key), Some(facts)) => {
                self.rows.push(WorkerRow {
                    line: record.line,
                    key,
                    facts,
                });
            }
            (key, _) => self.unreadable.push(UnreadableRow {
                line: record.line,
                key,
            }),
        }
        Some(())
    }

    fn check_trailer(
        &self,
        record: Option<&Record<'_>>,
        mapping: &CsvMapping,
        flaws: &mut Flaws<'_>,
    ) -> Option<()> {
        let Some(trailer) = &mapping.expect.trailer else {
            return Some(());
        };
        let fix = "deliver the file again; it was cut off or put together wrongly";
        let field = |at: usize| record.and_then(|record| record.fields.get(at));
        let text = |at: usize| field(at).map_or("", |field| field.text.trim());
        let line = record.map_or(0, |record| record.line);
        if text(0) != trailer.mark.trim() {
            let mark = shown(&trailer.mark);
            let problem = format!("the last record does not begin with `{mark}`");
            refuse(flaws, codes::TRAILER, line, problem, fix);
            return None;
        }
        let at = usize::try_from(trailer.count_field)
            .unwrap_or(usize::MAX)
            .saturating_sub(1);
        let counted: Option<u64> = text(at).parse().ok();
        if counted == Some(self.read) {
            return Some(());
        }
        let problem = match counted {
            Some(counted) => format!(
                "the trailer counts {counted} rows, but there are {}",
                self.read
            ),
            None => format!("the trailer has no count in field {}", trailer.count_field),
        };
        refuse(flaws, codes::TRAILER, line, problem, fix);
        None
    }

    fn check_keys(&mut self, mapping: &CsvMapping, flaws: &mut Flaws<'_>) -> Option<()> {
        let keys = std::mem::take(&mut self.keys);
        let mut double: Vec<(String, Vec<u64>)> = keys
            .into_iter()
            .filter(|(_, lines)| lines.len() > 1)
            .collect();
        if double.is_empty() {
            return Some(());
        }
        double.sort_by(|a, b| (a.1.first(), &a.0).cmp(&(b.1.first(), &b.0)));
        flaws.reserve(MAX_DUPLICATES + 1);
        let mark = flaws.mark();
        let all = double.len();
        let listed = if all > MAX_DUPLICATES {
            "; the first 100 are listed"
        } else {
            ""
        };
        let problem = match all {
            1 => "one key stands in more than one row".to_owned(),
            _ => format!("{all} keys stand in more than one row{listed}"),
        };
        let fix = "give each one row and a key of its own";
        flaws.file(codes::KEY_DOUBLE, 0, problem, fix);
        for (key, lines) in double.iter().take(MAX_DUPLICATES) {
            let key = shown(key);
            let more = lines.len().saturating_sub(MAX_LINES);
            let mut list: Vec<String> = lines.iter().take(MAX_LINES).map(u64::to_string).collect();
            if more > 0 {
                list.push(format!("{more} more"));
            }
            let problem = format!("`{key}` stands in lines {}", list.join(", "));
            let line = lines.first().copied().unwrap_or(0);
            let spot = Spot { line, column: 0 };
            flaws.value(
                codes::KEY_DOUBLE,
                spot,
                &mapping.key,
                problem,
                fix,
                Some(key),
            );
        }
        flaws.bring_forward(mark);
        None
    }

    fn check_headcount(&self, mapping: &CsvMapping, flaws: &mut Flaws<'_>) -> Option<()> {
        let (least, most) = (mapping.expect.min_rows, mapping.expect.max_rows);
        let problem = match (least, most) {
            (Some(least), _) if self.read < least => {
                format!(
                    "there are {} rows; at least {least} are expected",
                    self.read
                )
            }
            (_, Some(most)) if self.read > most => {
                format!("there are {} rows; at most {most} are expected", self.read)
            }
            _ => return Some(()),
        };
        let fix =
            "ask HR whether the file is whole; if it is, change `expect` in the Source document";
        refuse(flaws, codes::HEADCOUNT, 0, problem, fix);
        None
    }
}

/// The next record; `None` when the rest of the file cannot be cut into records.
fn step<'t>(
    records: &mut Records<'t>,
    record: &mut Record<'t>,
    flaws: &mut Flaws<'_>,
) -> Option<bool> {
    match records.next(record) {
        Ok(more) => Some(more),
        Err(Broken::Unclosed(spot)) => {
            let problem = "the quote that opens here is never closed";
            let fix = "deliver the file again; it was cut off, or a quote is missing";
            refuse(flaws, codes::TRUNCATED, spot.line, problem, fix);
            None
        }
        Err(Broken::TooLong(spot)) => {
            let problem = format!("a value is longer than {MAX_FIELD} bytes");
            let fix = "look for a quote that is not closed";
            refuse(flaws, codes::FIELD_TOO_LONG, spot.line, problem, fix);
            None
        }
    }
}

/// Says why the whole file is refused, before what is wrong with its rows.
fn refuse(
    flaws: &mut Flaws<'_>,
    code: model::Code,
    line: u64,
    problem: impl Into<String>,
    fix: &str,
) {
    flaws.reserve(1);
    let mark = flaws.mark();
    flaws.file(code, line, problem, fix);
    flaws.bring_forward(mark);
}

/// Whether the record was cut into as many values as there are columns.
fn check_cut(record: &Record<'_>, columns: usize, flaws: &mut Flaws<'_>) -> bool {
    if let Some(spot) = record.after_quote {
        let problem = "text follows a closing quote";
        let fix = "write a quote inside a quoted value twice";
        flaws.value(codes::QUOTES, spot, "", problem, fix, None);
        return false;
    }
    if record.fields.len() != columns {
        let problem = format!(
            "the row has {} values, the header {columns}",
            record.fields.len()
        );
        let fix = "look for a delimiter or line end inside a value that is not quoted";
        let spot = Spot {
            line: record.line,
            column: 1,
        };
        flaws.value(codes::FIELD_COUNT, spot, "", problem, fix, None);
        return false;
    }
    true
}

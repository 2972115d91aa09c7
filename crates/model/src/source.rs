//! The words of an HR source: how its columns become facts, and what one reading of it gave.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::facts::Facts;
use crate::observation::Completeness;
use crate::time::{Date, Time};

/// How the columns of one CSV export become facts. Made from a `Source` document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvMapping {
    /// The source's name.
    pub source: String,
    /// The character between fields: `,`, `;`, a tab or `|`.
    pub delimiter: char,
    /// How the bytes spell characters.
    pub encoding: Encoding,
    /// The column that holds the worker's key, unique in the file.
    pub key: String,
    /// Attribute → the column it comes from.
    pub attributes: BTreeMap<String, Field>,
    /// The first day of work.
    pub starts: Option<DayField>,
    /// The last day of work.
    pub ends: Option<EndField>,
    /// A leave of absence.
    pub leave: Option<LeaveField>,
    /// The worker's zone.
    pub zone: ZoneRule,
    /// Whether an absent worker means something.
    pub delivery: Extent,
    /// What a sound file looks like.
    pub expect: Expect,
}

impl CsvMapping {
    /// The headers of all columns that the mapping reads, sorted, each once.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<&str> {
        let attributes = self.attributes.values().map(|field| field.column.as_str());
        let days = [
            self.starts.as_ref().map(|starts| starts.column.as_str()),
            self.ends.as_ref().map(|ends| ends.column.as_str()),
            self.leave.as_ref().map(|leave| leave.from.column.as_str()),
            self.leave.as_ref().map(|leave| leave.to.column.as_str()),
            self.zone.column.as_deref(),
            self.zone.by.as_ref().map(|by| by.column.as_str()),
            Some(self.key.as_str()),
        ];
        attributes.chain(days.into_iter().flatten()).collect()
    }
}

/// How bytes spell characters. A byte order mark at the beginning of UTF-8 is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8; anything else in it refuses the file.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252 (Western European "ANSI"); its five unassigned bytes refuse the file.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// One attribute and the column it comes from. An empty field is an attribute that was not
/// stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The column's header.
    pub column: String,
    /// What its values are.
    pub shape: Shape,
    /// An empty field makes the row unreadable.
    pub required: bool,
    /// People can change it themselves, so rules that grant may not look at it.
    pub self_editable: bool,
}

/// What the values of a column are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Text, kept as it is but for white space around it.
    Text,
    /// `true`, `yes`, `1` or `false`, `no`, `0`, in any case of letters.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A civil date; as a fact it is text in ISO form (`2026-01-31`), which sorts as dates do.
    Date(DateFormat),
    /// Several texts with this character between them; empty ones are left out.
    List(char),
}

/// A named way to write a civil date. Days and months may lack their leading zero, except
/// where there is no separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DateFormat {
    /// `2026-01-31`
    #[serde(rename = "iso")]
    Iso,
    /// `20260131`
    #[serde(rename = "yyyymmdd")]
    Compact,
    /// `31.01.2026`
    #[serde(rename = "dd.mm.yyyy")]
    DayDots,
    /// `31/01/2026`
    #[serde(rename = "dd/mm/yyyy")]
    DaySlashes,
    /// `31-01-2026`
    #[serde(rename = "dd-mm-yyyy")]
    DayDashes,
    /// `01/31/2026`
    #[serde(rename = "mm/dd/yyyy")]
    MonthSlashes,
    /// `2026/01/31`
    #[serde(rename = "yyyy/mm/dd")]
    YearSlashes,
}

impl DateFormat {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Iso,
        Self::Compact,
        Self::DayDots,
        Self::DaySlashes,
        Self::DayDashes,
        Self::MonthSlashes,
        Self::YearSlashes,
    ];

    /// The name, as documents write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Iso => "iso",
            Self::Compact => "yyyymmdd",
            Self::DayDots => "dd.mm.yyyy",
            Self::DaySlashes => "dd/mm/yyyy",
            Self::DayDashes => "dd-mm-yyyy",
            Self::MonthSlashes => "mm/dd/yyyy",
            Self::YearSlashes => "yyyy/mm/dd",
        }
    }

    /// Reads a date written in this format. Years have four digits; impossible dates
    /// (30 February) are refused, never moved.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<Date> {
        let (order, separator) = match self {
            Self::Iso => ([0, 1, 2], '-'),
            Self::DayDots => ([2, 1, 0], '.'),
            Self::DaySlashes => ([2, 1, 0], '/'),
            Self::DayDashes => ([2, 1, 0], '-'),
            Self::MonthSlashes => ([2, 0, 1], '/'),
            Self::YearSlashes => ([0, 1, 2], '/'),
            Self::Compact => return compact(text),
        };
        let mut parts = [""; 3];
        let mut found = 0;
        for part in text.split(separator) {
            *parts.get_mut(found)? = part;
            found += 1;
        }
        if found != 3 {
            return None;
        }
        let [year, month, day] = order.map(|i| parts[i]);
        if year.len() != 4 {
            return None;
        }
        civil(year, month, day)
    }
}

fn compact(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.is_ascii() {
        return None;
    }
    civil(&text[..4], &text[4..6], &text[6..])
}

fn civil(year: &str, month: &str, day: &str) -> Option<Date> {
    let digits = |text: &str, most: usize| {
        let sound = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if sound {
            text.parse::<i16>().ok()
        } else {
            None
        }
    };
    let small = |text: &str| digits(text, 2).and_then(|n| i8::try_from(n).ok());
    Date::new(digits(year, 4)?, small(month)?, small(day)?).ok()
}

/// Reads a wall-clock time of the form `17:00` (24 hours, two digits each).
#[must_use]
pub fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        let sound = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if sound { part.parse::<i8>().ok() } else { None }
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

/// A column that holds a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayField {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
}

/// The column that holds the last day of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndField {
    /// The column's header.
    pub column: String,
    /// How the day is written.
    pub format: DateFormat,
    /// The wall-clock time on that day at which work ends; `None` is the midnight after it.
    pub at: Option<Time>,
}

/// The columns that hold a leave of absence. Without a first day there is none; without a last
/// day nobody knows yet when they are back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveField {
    /// Its first day.
    pub from: DayField,
    /// Its last day; work goes on at the midnight after it.
    pub to: DayField,
}

/// Where a worker's zone comes from: `column`, else `by`, else `default`, else the row is
/// unreadable. A name that is not in the IANA database makes the row unreadable too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ZoneRule {
    /// A column with IANA names.
    pub column: Option<String>,
    /// A column with locations, and the zone of each.
    pub by: Option<ZoneBy>,
    /// The zone of all others.
    pub default: Option<String>,
}

/// Zones by location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneBy {
    /// The column's header.
    pub column: String,
    /// Its value → the IANA name.
    pub map: BTreeMap<String, String>,
}

/// What a delivery holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// Everyone: whoever is absent has left the source.
    Full,
    /// Only what changed: absence means nothing.
    Changes,
}

/// What a sound file looks like; anything else refuses it whole.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Expect {
    /// Fewer rows than this refuse the file.
    pub min_rows: Option<u64>,
    /// More rows than this refuse the file.
    pub max_rows: Option<u64>,
    /// The exact header. Without it, the mapped columns must be there and none may be double.
    pub header: Option<Vec<String>>,
    /// The last record is no worker but says how many there are.
    pub trailer: Option<Trailer>,
}

/// A last record that says how many rows there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trailer {
    /// What its first field says, for example `TRAILER`.
    pub mark: String,
    /// The number of the field with the count, from 1.
    pub count_field: u32,
}

/// What one reading of a source gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The readable rows, in the order of the file. Empty when the file is refused.
    pub rows: Vec<WorkerRow>,
    /// The rows that are there and cannot be read; their workers' last facts stay, and they are
    /// not absent.
    pub unreadable: Vec<UnreadableRow>,
    /// How many rows there were, readable or not, without header and trailer.
    pub read: u64,
    /// What is wrong, in the order of the file; at most [`Delivery::MOST_DIAGNOSTICS`]. For the
    /// immediate answer: they quote values. What is kept is [`Delivery::stored_diagnostics`].
    pub diagnostics: Vec<Diagnostic>,
    /// The offending value in each of `diagnostics`, where its `problem` quotes one.
    pub values: Vec<Option<String>>,
    /// How many more diagnostics there would have been.
    pub diagnostics_left_off: u64,
    /// True when the file is damaged as a whole and no row of it counts.
    pub refused: bool,
    /// How far absences may be believed: `Full` only for a full, accepted delivery in which
    /// every row, even an unreadable one, has its worker's key.
    pub completeness: Completeness,
}

impl Delivery {
    /// At most this many diagnostics are kept.
    pub const MOST_DIAGNOSTICS: usize = 1_000;

    /// The diagnostics without the values of people, for logs and stores.
    #[must_use]
    pub fn stored_diagnostics(&self) -> Vec<Diagnostic> {
        let mut stored = self.diagnostics.clone();
        for (diagnostic, value) in stored.iter_mut().zip(&self.values) {
            if let Some(value) = value {
                diagnostic.problem = diagnostic.problem.replace(&format!("`{value}`"), "`…`");
            }
        }
        stored
    }
}

/// One worker as one row states them. Serialises as [`crate::event::WorkerFacts`] does: where it
/// stands in a file says nothing of the worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkerRow {
    /// The line in the file on which the row begins, from 1.
    #[serde(skip)]
    pub line: u64,
    /// The worker's key.
    pub key: String,
    /// The facts.
    pub facts: Facts,
}

/// A row that is there and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// The line in the file on which the row begins, from 1.
    pub line: u64,
    /// The worker's key, where that much can be read.
    pub key: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_format_reads_its_own_name_and_refuses_the_others() {
        let the_31st = Date::new(2026, 1, 31).unwrap();
        let written = [
            (DateFormat::Iso, "2026-01-31"),
            (DateFormat::Compact, "20260131"),
            (DateFormat::DayDots, "31.01.2026"),
            (DateFormat::DaySlashes, "31/01/2026"),
            (DateFormat::DayDashes, "31-01-2026"),
            (DateFormat::MonthSlashes, "01/31/2026"),
            (DateFormat::YearSlashes, "2026/01/31"),
        ];
        for (format, text) in written {
            for (other, _) in written {
                let got = other.parse(text);
                assert_eq!(
                    got,
                    (other == format).then_some(the_31st),
                    "{other:?} {text}"
                );
            }
        }
    }

    #[test]
    fn impossible_and_sloppy_dates_are_refused() {
        for text in [
            "2026-02-30",
            "2026-13-01",
            "26-01-31",
            "2026-1-",
            "2026-01-31 ",
            "2026-01-31T00:00",
            "+026-01-31",
            "2026-01-31-",
            "2026--1-31",
            "0000-00-00",
            "２０２６-01-31",
            "",
        ] {
            assert_eq!(DateFormat::Iso.parse(text), None, "{text}");
        }
        assert!(
            DateFormat::DayDots.parse("1.2.2026").is_some(),
            "leading zeros may be left out"
        );
        assert_eq!(DateFormat::Compact.parse("2026-1-1"), None);
    }

    #[test]
    fn times_are_two_digits_each() {
        assert_eq!(parse_time("17:00"), Time::new(17, 0, 0, 0).ok());
        for text in ["24:00", "7:00", "17", "17:0", "17:00:00", "5pm", ""] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}

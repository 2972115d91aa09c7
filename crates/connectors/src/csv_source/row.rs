//! One record to one worker's facts.

use std::collections::{BTreeMap, HashMap};

use model::facts::Leave;
use model::source::{CsvMapping, DateFormat, Field as Mapped, LeaveField, Shape, ZoneRule};
use model::time::{Date, DateTime, Time};
use model::{Code, Facts, Timestamp, Value};

use super::codes;
use super::flaws::{Flaws, Spot, shown};
use super::header::Columns;
use super::record::{Field, Record};

/// The longest key, in bytes.
const MAX_KEY: usize = 256;

/// Reads rows of one file.
pub(super) struct RowReader<'m> {
    mapping: &'m CsvMapping,
    key: usize,
    attributes: Vec<(&'m str, &'m Mapped, usize)>,
    starts: Option<(usize, DateFormat)>,
    ends: Option<(usize, DateFormat, Option<Time>)>,
    leave: Option<(usize, usize)>,
    zone: Zones<'m>,
}

struct Zones<'m> {
    rule: &'m ZoneRule,
    column: Option<usize>,
    by: Option<usize>,
    /// Whether a name is in the database; asking it is slow.
    known: HashMap<String, bool>,
}

/// A record's values, and what is wrong with them.
struct Row<'r, 't, 'f, 'p> {
    record: &'r Record<'t>,
    flaws: &'f mut Flaws<'p>,
    sound: bool,
}

impl<'m> RowReader<'m> {
    pub fn new(mapping: &'m CsvMapping, columns: &Columns) -> Option<Self> {
        let at = |name: &str| columns.position(name);
        let attributes = mapping
            .attributes
            .iter()
            .map(|(name, field)| Some((name.as_str(), field, at(&field.column)?)))
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            key: at(&mapping.key)?,
            attributes,
            starts: mapping
                .starts
                .as_ref()
                .and_then(|s| Some((at(&s.column)?, s.format))),
            ends: mapping
                .ends
                .as_ref()
                .and_then(|e| Some((at(&e.column)?, e.format, e.at))),
            leave: mapping
                .leave
                .as_ref()
                .and_then(|l| Some((at(&l.from.column)?, at(&l.to.column)?))),
            zone: Zones {
                rule: &mapping.zone,
                column: mapping.zone.column.as_deref().and_then(at),
                by: mapping.zone.by.as_ref().and_then(|by| at(&by.column)),
                known: HashMap::new(),
            },
            mapping,
        })
    }

    /// The key, if the record has a sound one.
    pub fn key(&self, record: &Record<'_>, flaws: &mut Flaws<'_>) -> Option<String> {
        let field = record.fields.get(self.key)?;
        let key = field.text.trim();
        let problem = if key.is_empty() {
            "there is no key".to_owned()
        } else if key.len() > MAX_KEY || key.chars().any(char::is_control) {
            format!("`{}` cannot be a key", shown(key))
        } else {
            return Some(key.to_owned());
        };
        let fix = "give the row a key of its own, of at most 256 bytes";
        let value = Some(shown(key));
        flaws.value(
            codes::KEY,
            field.spot,
            &self.mapping.key,
            problem,
            fix,
            value,
        );
        None
    }

    /// The facts, or `None` and everything that is wrong with the row.
    pub fn facts(&mut self, record: &Record<'_>, flaws: &mut Flaws<'_>) -> Option<Facts> {
        let mut row = Row {
            record,
            flaws,
            sound: true,
        };
        let mut attributes = BTreeMap::new();
        for (name, field, at) in &self.attributes {
            if let Some(value) = row.attribute(field, *at) {
                attributes.insert((*name).to_owned(), value);
            }
        }
        let (from, to) = (self.mapping.starts.as_ref(), self.mapping.ends.as_ref());
        let starts = self.starts.zip(from).and_then(|((at, format), field)| {
            row.day(at, &field.column, format)
                .map(|day| day.to_datetime(Time::midnight()))
        });
        let ends = self.ends.zip(to).and_then(|((at, format, time), field)| {
            row.day(at, &field.column, format)
                .and_then(|day| end_of_work(day, time))
        });
        let leave = match (self.leave, &self.mapping.leave) {
            (Some(at), Some(field)) => row.leave(at, field),
            _ => None,
        };
        let zone = self.zone.of(&mut row);
        if let (Some(starts), Some(ends)) = (starts, ends)
            && ends < starts
        {
            let at = self.ends.map_or(0, |(at, ..)| at);
            let name = to.map_or("", |field| field.column.as_str());
            row.wrong(
                codes::ORDER,
                at,
                name,
                "work ends before it begins",
                "correct one of them",
            );
        }
        let zone = zone?;
        // The engine computes instants from these and must never fail on them.
        let away = leave.map(|leave| leave.from);
        let back = leave.and_then(|leave| leave.to);
        for civil in [starts, ends, away, back].into_iter().flatten() {
            if Timestamp::in_zone(civil, &zone).is_err() {
                let fix = "correct the year";
                row.wrong(codes::DATE, self.key, "", "a date is out of range", fix);
            }
        }
        row.sound.then_some(Facts {
            attributes,
            starts,
            ends,
            zone,
            leave,
        })
    }
}

/// The instant on the wall clock at which work, or a leave, ends. 31 December 9999 is how HR systems write
/// "no end is known".
fn end_of_work(day: Date, at: Option<Time>) -> Option<DateTime> {
    match at {
        _ if day.year() == 9999 => None,
        Some(time) => Some(day.to_datetime(time)),
        None => day
            .tomorrow()
            .ok()
            .map(|next| next.to_datetime(Time::midnight())),
    }
}

impl Zones<'_> {
    fn of(&mut self, row: &mut Row<'_, '_, '_, '_>) -> Option<String> {
        let stated = self.column.map_or("", |at| row.text(at));
        let (name, at) = if stated.is_empty() {
            let place = self.by.map_or("", |at| row.text(at));
            let mapped = self.rule.by.as_ref().and_then(|by| by.map.get(place));
            let at = self.by.or(self.column).unwrap_or(0);
            match mapped.or(self.rule.default.as_ref()) {
                Some(name) => (name.as_str(), at),
                None => {
                    let name = self.rule.by.as_ref().map_or("", |by| by.column.as_str());
                    let fix = "map this location, or declare a default zone";
                    let problem = format!("no zone follows from `{}`", shown(place));
                    row.quoted(codes::ZONE, at, name, problem, fix, place);
                    return None;
                }
            }
        } else {
            (stated, self.column.unwrap_or(0))
        };
        if !self.known.contains_key(name) {
            let noon = DateTime::constant(2026, 1, 1, 12, 0, 0, 0);
            self.known
                .insert(name.to_owned(), Timestamp::in_zone(noon, name).is_ok());
        }
        if self.known.get(name).copied().unwrap_or(false) {
            return Some(name.to_owned());
        }
        let column = self.rule.column.as_deref().unwrap_or_default();
        let problem = format!("`{}` is no zone of the IANA database", shown(name));
        row.quoted(
            codes::ZONE,
            at,
            column,
            problem,
            "write it as in `Europe/Berlin`",
            name,
        );
        None
    }
}

impl<'r> Row<'r, '_, '_, '_> {
    fn field(&self, at: usize) -> Option<&'r Field<'_>> {
        self.record.fields.get(at)
    }

    fn text(&self, at: usize) -> &'r str {
        self.record
            .fields
            .get(at)
            .map_or("", |field| field.text.trim())
    }

    fn wrong(&mut self, code: Code, at: usize, name: &str, problem: &str, fix: &str) {
        self.quoted(code, at, name, problem.to_owned(), fix, "");
    }

    fn quoted(
        &mut self,
        code: Code,
        at: usize,
        name: &str,
        problem: String,
        fix: &str,
        value: &str,
    ) {
        self.sound = false;
        let spot = self.field(at).map_or(Spot::default(), |field| field.spot);
        let value = (!value.is_empty()).then(|| shown(value));
        self.flaws.value(code, spot, name, problem, fix, value);
    }

    fn attribute(&mut self, field: &Mapped, at: usize) -> Option<Value> {
        let text = self.text(at);
        let name = field.column.as_str();
        if text.is_empty() {
            if field.required {
                self.wrong(
                    codes::REQUIRED,
                    at,
                    name,
                    "a required value is missing",
                    "fill it in",
                );
            }
            return None;
        }
        if text.bytes().any(|b| b < 0x20 || b == 0x7f) || text.contains('\u{85}') {
            let problem = "there is a control character or line break in the value";
            self.wrong(codes::CONTROL, at, name, problem, "remove it");
            return None;
        }
        match &field.shape {
            Shape::Text => Some(Value::Text(text.to_owned())),
            Shape::Bool => self.flag(text, at, name).map(Value::Bool),
            Shape::Int => {
                let number = text.parse::<i64>().ok();
                if number.is_none() {
                    let problem = format!("`{}` is no whole number of 64 bits", shown(text));
                    self.quoted(codes::TYPE, at, name, problem, "write digits only", text);
                }
                number.map(Value::Int)
            }
            Shape::Date(format) => self
                .day(at, name, *format)
                .map(|day| Value::Text(day.to_string())),
            Shape::List(separator) => {
                let items = text
                    .split(*separator)
                    .map(str::trim)
                    .filter(|item| !item.is_empty());
                let items: Vec<String> = items.map(str::to_owned).collect();
                (!items.is_empty()).then_some(Value::List(items))
            }
        }
    }

    fn flag(&mut self, text: &str, at: usize, name: &str) -> Option<bool> {
        let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if is(["true", "yes", "1"]) {
            return Some(true);
        }
        if is(["false", "no", "0"]) {
            return Some(false);
        }
        let problem = format!("`{}` is neither true nor false", shown(text));
        let fix = "write true, yes or 1, or false, no or 0; or declare the column as text";
        self.quoted(codes::TYPE, at, name, problem, fix, text);
        None
    }

    /// A leave of absence: from the midnight of its first day to the one after its last.
    fn leave(&mut self, (from, to): (usize, usize), field: &LeaveField) -> Option<Leave> {
        let first = self.day(from, &field.from.column, field.from.format);
        let last = self.day(to, &field.to.column, field.to.format);
        let fix = "give its first day, or remove the last";
        match (first, last) {
            // A day that cannot be read was told already.
            (None, Some(_)) if self.text(from).is_empty() => {
                let problem = "a leave has a last day and no first";
                self.wrong(codes::LEAVE, to, &field.to.column, problem, fix);
                None
            }
            (Some(first), Some(last)) if last < first => {
                let (problem, fix) = ("a leave ends before it begins", "correct one of them");
                self.wrong(codes::LEAVE, to, &field.to.column, problem, fix);
                None
            }
            (first, last) => Some(Leave {
                from: first?.to_datetime(Time::midnight()),
                to: last.and_then(|day| end_of_work(day, None)),
            }),
        }
    }

    fn day(&mut self, at: usize, name: &str, format: DateFormat) -> Option<Date> {
        let text = self.text(at);
        if text.is_empty() {
            return None;
        }
        let day = format.parse(text);
        if day.is_none() {
            let problem = format!(
                "`{}` is no date of the form {}",
                shown(text),
                format.as_str()
            );
            let fix = "correct the date, or the format in the mapping";
            self.quoted(codes::DATE, at, name, problem, fix, text);
        }
        day
    }
}

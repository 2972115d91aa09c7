//! The file for an app's people: one row for each thing they are asked to do, with empty columns for
//! their answer, so that the file they got is the file they send back.
//!
//! Every cell stands in quotes (RFC 4180). A cell that a spreadsheet would take for a formula gets an
//! apostrophe in front, which spreadsheets take for "this is text": values come from HR and from people
//! themselves, and whoever opens the file must not run what they wrote. Nothing takes the apostrophe
//! away again; should it end up in the app, the next extract shows it as a difference.

use std::collections::BTreeSet;

use model::Value;
use model::handoff::{ANSWER, CLEAR, HEAD};
use model::source::{CsvMapping, Shape};
use ports::handoff::Line;

/// The attribute by which people know an account.
pub(super) const NAME: &str = "userName";
/// The longest value, in bytes.
const LONGEST: usize = 4_096;

/// Whether a value comes back from people as it went to them; an error says what is wrong with it,
/// without the value.
pub(super) fn carries(mapping: &CsvMapping, path: &str, value: &Value) -> Result<(), String> {
    let shape = mapping.attributes.get(path).map(|field| &field.shape);
    let wrong = |what: &str| Err(format!("`{path:.80}` {what}"));
    let plain = |text: &str| {
        let odd = |c: char| c.is_control() || c == '\u{85}';
        !text.is_empty() && text.trim() == text && text.len() <= LONGEST && !text.chars().any(odd)
    };
    let unfit = "is empty, too long, or holds white space at an end or a control character";
    match (value, shape) {
        (_, None) => wrong("is in no extract, so nobody could read it back"),
        (Value::Text(text), Some(Shape::Text | Shape::Date(_))) if plain(text) => Ok(()),
        (Value::Text(_), Some(Shape::Text | Shape::Date(_))) => wrong(unfit),
        (Value::Bool(_), Some(Shape::Bool)) | (Value::Int(_), Some(Shape::Int)) => Ok(()),
        (Value::List(items), Some(Shape::List(between))) => {
            let fits = |item: &String| plain(item) && !item.contains(*between);
            match !items.is_empty() && items.iter().all(fits) {
                true => Ok(()),
                false => wrong("is a list that a cell cannot hold"),
            }
        }
        _ => wrong("is of another type than its column"),
    }
}

/// The file, in UTF-8 with a byte order mark, without which spreadsheets misspell names.
#[must_use]
pub fn write(lines: &[Line], mapping: &CsvMapping) -> Vec<u8> {
    let paths: BTreeSet<&str> = lines
        .iter()
        .flat_map(|l| l.set.keys())
        .map(String::as_str)
        .collect();
    let mut sheet = Sheet {
        text: String::from("\u{feff}"),
        delimiter: mapping.delimiter,
        begun: false,
    };
    HEAD.iter().for_each(|head| sheet.cell(head));
    paths.iter().for_each(|path| sheet.cell(path));
    sheet.cell(CLEAR);
    ANSWER.iter().for_each(|head| sheet.cell(head));
    sheet.end();
    for line in lines {
        let due = line.due.to_string();
        for cell in [
            &line.id,
            &due,
            line.task,
            &line.account,
            &line.name,
            &line.why,
        ] {
            sheet.cell(cell);
        }
        for path in &paths {
            let value = line
                .set
                .get(*path)
                .map(|value| written(value, path, mapping));
            sheet.cell(&value.unwrap_or_default());
        }
        sheet.cell(&line.clear.join(", "));
        ANSWER.iter().for_each(|_| sheet.cell(""));
        sheet.end();
    }
    sheet.text.into_bytes()
}

fn written(value: &Value, path: &str, mapping: &CsvMapping) -> String {
    match (
        value,
        mapping.attributes.get(path).map(|field| &field.shape),
    ) {
        (Value::List(items), Some(Shape::List(between))) => items.join(&between.to_string()),
        _ => value.to_string(),
    }
}

struct Sheet {
    text: String,
    delimiter: char,
    /// The row has a cell.
    begun: bool,
}

impl Sheet {
    fn cell(&mut self, value: &str) {
        if self.begun {
            self.text.push(self.delimiter);
        }
        self.begun = true;
        self.text.push('"');
        if is_formula(value) {
            self.text.push('\'');
        }
        self.text.push_str(&value.replace('"', "\"\""));
        self.text.push('"');
    }

    fn end(&mut self) {
        self.text.push_str("\r\n");
        self.begun = false;
    }
}

/// Whether a spreadsheet might calculate with it: it begins with one of the signs that OWASP names
/// ("CSV Injection"), their full-width forms included, perhaps behind white space or apostrophes.
fn is_formula(value: &str) -> bool {
    let begins =
        value.trim_start_matches(|c: char| c.is_whitespace() || c == '\'' || c == '\u{feff}');
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'];
    begins.starts_with(signs) || value.starts_with(signs)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use model::source::{Encoding, Expect, Extent, Field, ZoneRule};
    use model::{Attributes, Timestamp};

    use super::*;

    fn mapping(shapes: &[(&str, Shape)]) -> CsvMapping {
        let field = |(name, shape): &(&str, Shape)| {
            let field = Field {
                column: (*name).to_owned(),
                shape: shape.clone(),
                required: false,
                self_editable: false,
            };
            ((*name).to_owned(), field)
        };
        CsvMapping {
            source: String::new(),
            delimiter: ';',
            encoding: Encoding::Utf8,
            key: "Account".to_owned(),
            attributes: shapes.iter().map(field).collect::<BTreeMap<_, _>>(),
            starts: None,
            ends: None,
            leave: None,
            zone: ZoneRule::default(),
            delivery: Extent::Full,
            expect: Expect::default(),
        }
    }

    fn line(set: Attributes) -> Line {
        Line {
            id: "pln_1.0".to_owned(),
            due: Timestamp::EPOCH,
            task: "change",
            account: "4711".to_owned(),
            name: "ann".to_owned(),
            why: "mover".to_owned(),
            set,
            clear: vec!["title".to_owned()],
        }
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for value in [
            "=1+1",
            "+49 30 1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            " =1",
            "'=1",
            "＝1",
            "=cmd|' /C calc'!A0",
        ] {
            assert!(is_formula(value), "{value:?}");
        }
        for value in [
            "",
            "Ann",
            "'t Hooft",
            "a=b",
            "1-2",
            "x+y",
            "ann@acme.example",
        ] {
            assert!(!is_formula(value), "{value:?}");
        }
        let mapping = mapping(&[("phone", Shape::Text)]);
        let set = Attributes::from([("phone".to_owned(), Value::from("+49 30 \"1\""))]);
        let text = String::from_utf8(write(&[line(set)], &mapping)).unwrap();
        assert!(text.contains("\"'+49 30 \"\"1\"\"\""), "{text}");
    }

    #[test]
    fn every_row_has_every_column_in_quotes() {
        let mapping = mapping(&[("roles", Shape::List('|')), ("title", Shape::Text)]);
        let roles = Value::List(vec!["a;b".to_owned(), "c\"".to_owned()]);
        let set = Attributes::from([("roles".to_owned(), roles)]);
        let other = Attributes::from([("title".to_owned(), Value::from("Two"))]);
        let bytes = write(&[line(set), line(other)], &mapping);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .flexible(false)
            .from_reader(&bytes[3..]);
        let header: Vec<String> = reader
            .headers()
            .unwrap()
            .iter()
            .map(str::to_owned)
            .collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let at = |name: &str| header.iter().position(|h| h == name).unwrap();
        assert_eq!(&rows[0][at("roles")], "a;b|c\"");
        assert_eq!(&rows[0][at("title")], "");
        assert_eq!(&rows[1][at("title")], "Two");
        assert_eq!(&rows[1][at("clear")], "title");
        assert_eq!(&rows[1][at("answer")], "");
    }

    #[test]
    fn what_would_not_come_back_is_not_asked_for() {
        let mapping = mapping(&[
            ("title", Shape::Text),
            ("roles", Shape::List('|')),
            ("grade", Shape::Int),
        ]);
        let list = |items: &[&str]| Value::List(items.iter().map(|i| (*i).to_owned()).collect());
        let fits = |path: &str, value: &Value| carries(&mapping, path, value).is_ok();
        assert!(fits("title", &Value::from("Job")) && fits("grade", &Value::Int(-3)));
        assert!(fits("roles", &list(&["a", "b c"])));
        for (path, value) in [
            ("title", Value::from("")),
            ("title", Value::from(" Job")),
            ("title", Value::from("Job\n2")),
            ("title", Value::Text("x".repeat(LONGEST + 1))),
            ("title", Value::Int(1)),
            ("roles", list(&["a|b"])),
            ("roles", list(&[])),
            ("roles", list(&[" a"])),
            ("mail", Value::from("a")),
        ] {
            let said = carries(&mapping, path, &value).unwrap_err();
            assert!(!said.contains("Job"), "{said}");
        }
    }
}

//! Data on stdout in the format asked for; talk on stderr.

mod csv;
mod markdown;
mod table;

use std::io::{IsTerminal as _, Write as _};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use crate::failure::Failure;

/// How data is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// One JSON document.
    Json,
    /// One JSON document for each row.
    Ndjson,
    /// YAML.
    Yaml,
    /// CSV (RFC 4180, but lines end with LF). Cells that a spreadsheet would run are made harmless.
    Csv,
    /// A Markdown table.
    Md,
}

/// What was asked for with `-o` and `--columns`.
#[derive(Debug, Clone, Default)]
pub struct Output {
    /// The format; a table on a terminal and NDJSON when piped, where not given.
    pub format: Option<Format>,
    /// The columns; the listing's own where empty.
    pub columns: Vec<String>,
}

impl Output {
    /// The format to use.
    pub fn format(&self) -> Format {
        self.format.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() {
                Format::Table
            } else {
                Format::Ndjson
            }
        })
    }

    /// Writes a listing. `columns` are those of the table, as paths into the rows
    /// (`name`, `wave.status`).
    pub fn list<T: Serialize>(&self, rows: &[T], columns: &[&str]) -> Result<(), Failure> {
        let text = self.render(rows, columns)?;
        print(&text)
    }

    /// Writes one thing: its fields as lines on a terminal, otherwise as a listing of one row.
    pub fn show<T: Serialize>(&self, thing: &T, columns: &[&str]) -> Result<(), Failure> {
        match self.format() {
            Format::Table => {
                let value = to_value(thing)?;
                let columns = self.columns(columns, std::slice::from_ref(&value))?;
                print(&table::fields(&columns, &value))
            }
            Format::Json => print(&pretty(&to_value(thing)?)?),
            Format::Yaml => print(&yaml(&to_value(thing)?)?),
            Format::Ndjson | Format::Csv | Format::Md => {
                self.list(std::slice::from_ref(thing), columns)
            }
        }
    }

    fn render<T: Serialize>(&self, rows: &[T], columns: &[&str]) -> Result<String, Failure> {
        let rows = rows.iter().map(to_value).collect::<Result<Vec<_>, _>>()?;
        let chosen = self.columns(columns, &rows)?;
        // Machine formats carry whole rows unless columns were chosen.
        let narrowed = |rows: Vec<Value>| {
            if self.columns.is_empty() {
                rows
            } else {
                narrow(&rows, &chosen)
            }
        };
        Ok(match self.format() {
            Format::Table => table::table(&chosen, &rows),
            Format::Csv => csv::csv(&chosen, &rows)?,
            Format::Md => markdown::markdown(&chosen, &rows),
            Format::Json => pretty(&Value::Array(narrowed(rows)))?,
            Format::Yaml => yaml(&Value::Array(narrowed(rows)))?,
            Format::Ndjson => narrowed(rows)
                .iter()
                .map(|row| format!("{row}\n"))
                .collect::<String>(),
        })
    }

    fn columns(&self, usual: &[&str], rows: &[Value]) -> Result<Vec<String>, Failure> {
        if self.columns.is_empty() {
            return Ok(usual.iter().map(|c| (*c).to_owned()).collect());
        }
        if let Some(first) = rows.first()
            && let Some(unknown) = self.columns.iter().find(|c| at(first, c).is_none())
        {
            let known = first
                .as_object()
                .map_or(Vec::new(), |o| o.keys().cloned().collect());
            let near = crate::suggest::nearest(unknown, known.iter().map(String::as_str));
            let fix = near.map_or_else(
                || format!("the columns are: {}", known.join(", ")),
                |near| {
                    format!(
                        "did you mean `{near}`? The columns are: {}",
                        known.join(", ")
                    )
                },
            );
            return Err(Failure::usage(
                format!("there is no column `{unknown}`"),
                fix,
            ));
        }
        Ok(self.columns.clone())
    }
}

/// A listing under its title, one of several in an answer.
pub struct Section {
    /// What it lists.
    pub title: String,
    /// Its columns, as paths into the rows.
    pub columns: &'static [&'static str],
    /// Its rows.
    pub rows: Vec<Value>,
}

impl Section {
    /// A listing of these things.
    pub fn of<T: Serialize>(
        title: String,
        columns: &'static [&'static str],
        things: &[T],
    ) -> Result<Self, Failure> {
        let rows = things.iter().map(to_value).collect::<Result<_, _>>()?;
        Ok(Self {
            title,
            columns,
            rows,
        })
    }

    /// Its rows for a terminal, without its title.
    pub fn table(&self) -> String {
        let columns: Vec<String> = self.columns.iter().map(|c| (*c).to_owned()).collect();
        table::table(&columns, &self.rows)
    }

    /// Several, for a terminal or as Markdown.
    pub fn render(sections: &[Self], as_markdown: bool) -> String {
        let one = |section: &Self| {
            let columns: Vec<String> = section.columns.iter().map(|c| (*c).to_owned()).collect();
            let title = printable(&section.title);
            match as_markdown {
                true => {
                    let table = markdown::markdown(&columns, &section.rows);
                    format!("## {title}\n\n{table}")
                }
                false => format!("{title}\n{}", table::table(&columns, &section.rows)),
            }
        };
        sections.iter().map(one).collect::<Vec<_>>().join("\n")
    }
}

/// Writes to stdout. A reader that went away (`| head`) is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::file("stdout", std::path::Path::new("-"), &error))
        }
        _ => Ok(()),
    }
}

/// A thing as JSON.
pub fn to_value<T: Serialize>(thing: T) -> Result<Value, Failure> {
    serde_json::to_value(thing).map_err(|e| fault(&e.to_string()))
}

fn pretty(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| fault(&e.to_string()))?;
    Ok(text + "\n")
}

fn yaml(value: &Value) -> Result<String, Failure> {
    serde_saphyr::to_string(value).map_err(|e| fault(&e.to_string()))
}

fn fault(why: &str) -> Failure {
    Failure::new(
        "TNR-CLI-0003",
        format!("the answer cannot be written: {why}"),
        "report it",
    )
}

fn narrow(rows: &[Value], columns: &[String]) -> Vec<Value> {
    rows.iter()
        .map(|row| {
            let cells = columns
                .iter()
                .map(|c| (c.clone(), at(row, c).cloned().unwrap_or(Value::Null)));
            Value::Object(cells.collect())
        })
        .collect()
}

/// The value at a dotted path.
fn at<'a>(row: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(row, |value, name| value.get(name))
}

/// A value as the text of a cell.
fn cell(row: &Value, path: &str) -> String {
    fn text(value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("; "),
            other => other.to_string(),
        }
    }
    at(row, path).map_or(String::new(), text)
}

/// Text without what a terminal would obey: control characters, and marks that turn the
/// direction of writing, are written as escapes.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => c.to_string(),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => c.escape_unicode().to_string(),
            c if c.is_control() => c.escape_unicode().to_string(),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn rows() -> Vec<Value> {
        vec![
            json!({"name": "Ana", "because": ["a", "b"], "wave": {"status": "held"}, "n": -1}),
            json!({"name": "=cmd()|'x'", "because": [], "wave": {"status": "a|b\nc"}, "n": 2}),
        ]
    }

    fn render(format: Format, columns: &[&str]) -> String {
        let columns = columns.iter().map(|c| (*c).to_owned()).collect();
        let output = Output {
            format: Some(format),
            columns,
        };
        output
            .render(&rows(), &["name", "because", "wave.status", "n"])
            .unwrap()
    }

    #[test]
    fn each_format_says_the_same() {
        assert_eq!(
            render(Format::Csv, &[]),
            "name,because,wave.status,n\nAna,a; b,held,-1\n'=cmd()|'x',,\"a|b\nc\",2\n"
        );
        assert_eq!(
            render(Format::Md, &[]),
            "| name | because | wave.status | n |\n|---|---|---|---|\n\
             | Ana | a; b | held | -1 |\n| =cmd()\\|'x' |  | a\\|b c | 2 |\n"
        );
        let table = render(Format::Table, &[]);
        assert!(table.lines().next().unwrap().contains("NAME"), "{table}");
        assert!(table.contains("Ana"), "{table}");
        let lines: Vec<Value> = render(Format::Ndjson, &[])
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(lines, rows(), "whole rows");
        let json: Vec<Value> = serde_json::from_str(&render(Format::Json, &[])).unwrap();
        assert_eq!(json, rows());
        let yaml: Vec<Value> = serde_saphyr::from_str(&render(Format::Yaml, &[])).unwrap();
        assert_eq!(yaml, rows());
    }

    #[test]
    fn columns_are_chosen_and_unknown_ones_refused() {
        assert_eq!(render(Format::Ndjson, &["n"]), "{\"n\":-1}\n{\"n\":2}\n");
        let output = Output {
            format: Some(Format::Csv),
            columns: vec!["nmae".to_owned()],
        };
        let failure = output.render(&rows(), &["name"]).unwrap_err();
        assert_eq!(failure.exit, crate::failure::Exit::Usage);
        assert!(
            failure.fix.contains("did you mean `name`"),
            "{}",
            failure.fix
        );
    }

    #[test]
    fn nothing_of_the_data_reaches_the_terminal_as_a_command() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{202e}\n"),
            "a\\u{1b}[31mb\\u{202e}\n"
        );
        let evil = vec![json!({"name": "\u{1b}]0;x\u{7}"})];
        let output = Output {
            format: Some(Format::Table),
            columns: Vec::new(),
        };
        assert!(!output.render(&evil, &["name"]).unwrap().contains('\u{1b}'));
    }
}

//! `tenure test DIR`: the tests in a tenant directory, without a server.

use std::path::Path;

use app::{TestFailure, TestResult};
use serde::Serialize;

use super::input::read_directory;
use crate::failure::{Exit, Failure};
use crate::output::{Format, Output, print, printable};

/// One test, as a row.
#[derive(Serialize)]
struct Row<'r> {
    result: &'static str,
    kind: &'r str,
    name: &'r str,
    file: &'r str,
    line: u64,
    failures: Vec<Unmet<'r>>,
}

/// One expectation that was not met.
#[derive(Serialize)]
struct Unmet<'r> {
    line: u64,
    column: u64,
    field: &'r str,
    about: &'r str,
    expected: &'r str,
    got: &'r str,
    trace: &'r [String],
}

/// Runs every test and writes one row for each; for people, below them what failed and how it
/// came to that.
pub fn run(output: &Output, directory: &Path) -> Result<Exit, Failure> {
    let files = read_directory(directory)?;
    let files: Vec<(String, String)> = files.into_iter().map(|f| (f.path, f.text)).collect();
    let results = app::test_documents(&files)?;
    if results.is_empty() {
        eprintln!("There are no tests: no document is a MappingTest or a LifecycleTest.");
        return Ok(Exit::Fine);
    }
    let rows: Vec<Row<'_>> = results.iter().map(row).collect();
    output.list(&rows, &["result", "kind", "name", "file", "line"])?;
    if output.format() == Format::Table && output.columns.is_empty() {
        print(&printable(&told(&results)))?;
    }
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    if failed > 0 {
        return Err(Failure::new(
            "TNR-APP-0005",
            format!("{failed} of {} tests failed", results.len()),
            "mend the rule or mapping, or the test where the change is meant",
        ));
    }
    eprintln!("{} tests passed.", results.len());
    Ok(Exit::Fine)
}

fn row(result: &TestResult) -> Row<'_> {
    let passed = result.failures.is_empty();
    Row {
        result: if passed { "passed" } else { "FAILED" },
        kind: result.kind,
        name: &result.name,
        file: &result.file,
        line: result.line,
        failures: result.failures.iter().map(unmet).collect(),
    }
}

fn unmet(failure: &TestFailure) -> Unmet<'_> {
    Unmet {
        line: failure.line,
        column: failure.column,
        field: &failure.field,
        about: &failure.about,
        expected: &failure.expected,
        got: &failure.got,
        trace: &failure.trace,
    }
}

/// What failed, for people.
fn told(results: &[TestResult]) -> String {
    let mut text = String::new();
    for result in results {
        for failure in &result.failures {
            let (file, line, column) = (&result.file, failure.line, failure.column);
            let place = format!("{file}:{line}:{column} {}", failure.field);
            text.push_str(&format!("\n{} `{}`: {place}\n", result.kind, result.name));
            text.push_str(&format!("  {}\n", failure.about));
            text.push_str(&format!("  expected  {}\n", failure.expected));
            text.push_str(&format!("  got       {}\n", failure.got));
            for line in &failure.trace {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    text
}

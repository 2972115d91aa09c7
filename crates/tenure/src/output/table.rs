//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

pub fn table(columns: &[String], rows: &[Value]) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(
        columns
            .iter()
            .map(|c| c.replace(['_', '.'], " ").to_uppercase()),
    );
    for row in rows {
        table.add_row(
            columns
                .iter()
                .map(|c| super::printable(&super::cell(row, c))),
        );
    }
    let text = table.to_string();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

/// One thing as `name  value` lines.
pub fn fields(columns: &[String], thing: &Value) -> String {
    let width = columns.iter().map(|c| c.chars().count()).max().unwrap_or(0);
    columns
        .iter()
        .map(|c| (c, super::printable(&super::cell(thing, c))))
        .filter(|(_, text)| !text.is_empty())
        .map(|(c, text)| {
            let name = c.replace(['_', '.'], " ");
            let indent = format!("\n{}", " ".repeat(width + 2));
            format!("{name:width$}  {}\n", text.replace('\n', &indent))
        })
        .collect()
}

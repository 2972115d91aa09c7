//! Markdown tables, for tickets and pull requests.

use serde_json::Value;

pub fn markdown(columns: &[String], rows: &[Value]) -> String {
    let mut out = line(columns.iter().map(|c| safe(c)));
    out.push('|');
    out.push_str(&"---|".repeat(columns.len()));
    out.push('\n');
    for row in rows {
        out.push_str(&line(
            columns.iter().map(|column| safe(&super::cell(row, column))),
        ));
    }
    out
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Text that ends neither its cell nor its line, and opens no HTML.
fn safe(text: &str) -> String {
    let text = text
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;");
    super::printable(&text)
}

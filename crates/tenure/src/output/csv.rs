//! CSV that a spreadsheet may open.

use serde_json::Value;

use crate::failure::Failure;

pub fn csv(columns: &[String], rows: &[Value]) -> Result<String, Failure> {
    // Lines end with LF, as those of all other formats: RFC 4180 has CR LF, which spreadsheets need no
    // longer, and of which `cut` and `read` would leave the CR in the last column.
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let fault = |e: &dyn std::fmt::Display| super::fault(&e.to_string());
    writer.write_record(columns).map_err(|e| fault(&e))?;
    for row in rows {
        let cells = columns
            .iter()
            .map(|column| harmless(super::cell(row, column)));
        writer.write_record(cells).map_err(|e| fault(&e))?;
    }
    let bytes = writer.into_inner().map_err(|e| fault(&e))?;
    String::from_utf8(bytes).map_err(|e| fault(&e))
}

/// A spreadsheet runs a cell that begins like a formula: a mark before it makes it text. Plain
/// numbers stay numbers.
fn harmless(cell: String) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    if formula && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell
    }
}

//! Conditions over lists of values.

use std::fmt::Write as _;

use crate::table::Cell;

/// The condition that a column is one of these values and others are as they are, and its arguments.
pub(super) fn one_of(
    fixed: &[(&str, Cell)],
    column: &str,
    values: &[String],
    end: &str,
) -> (String, Vec<Cell>) {
    let mut rest = String::from("WHERE ");
    // Padded to a power of two by repetition, so that few statements are ever prepared.
    let padded = fixed.len() + values.len().next_power_of_two();
    let mut args = Vec::with_capacity(padded);
    for (name, value) in fixed {
        args.push(value.clone());
        let _ = write!(rest, "{name} = ${} AND ", args.len());
    }
    let _ = write!(rest, "{column} IN (");
    args.extend(values.iter().cloned().map(Cell::Text));
    if let Some(last) = args.last().cloned() {
        args.resize(padded, last);
    }
    for number in fixed.len() + 1..=padded {
        let comma = if number > fixed.len() + 1 { "," } else { "" };
        let _ = write!(rest, "{comma}${number}");
    }
    let _ = write!(rest, ") {end}");
    (rest, args)
}

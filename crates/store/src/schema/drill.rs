//! What drills leave behind.

use crate::table::Table;
use crate::table::Type::{Int, Text};

/// Runs of drills. `open` is 1 until it has ended.
pub static DRILL_RUN: Table = Table {
    name: "drill_run",
    columns: &[
        ("drill", Text),
        ("number", Int),
        ("open", Int),
        ("state", Text),
    ],
    key: 2,
    indexes: &[&["open", "drill"]],
};

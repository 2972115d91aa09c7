//! The plainest executor of row operations: what both databases must amount to.

#![allow(clippy::expect_used)]

use std::collections::BTreeMap;

use model::{Event, Timestamp};

use super::project;
use crate::table::{Cell, RowOp};

/// Table → key → row, both spelt so that they sort.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ModelRows(pub BTreeMap<&'static str, BTreeMap<String, Vec<Cell>>>);

impl ModelRows {
    pub fn of(events: &[Event]) -> Self {
        let mut rows = Self::default();
        for (i, event) in events.iter().enumerate() {
            rows.take(i as u64 + 1, event);
        }
        rows
    }

    pub fn take(&mut self, seq: u64, event: &Event) {
        let at = Timestamp::from_micros(1_764_000_000_000_000 + seq.cast_signed());
        for op in project(seq, at, event).expect("a storable event") {
            self.execute(op);
        }
    }

    pub fn execute(&mut self, op: RowOp) {
        match op {
            RowOp::Put(table, row) => {
                self.0
                    .entry(table.name)
                    .or_default()
                    .insert(spell(&row[..table.key]), row);
            }
            RowOp::Delete(table, key) => {
                self.0.entry(table.name).or_default().remove(&spell(&key));
            }
            RowOp::DeleteWhere(table, column, value) => {
                let at = table.columns.iter().position(|(name, _)| *name == column);
                let at = at.expect("a column of the table");
                self.0
                    .entry(table.name)
                    .or_default()
                    .retain(|_, row| row[at] != value);
            }
        }
        self.0.retain(|_, rows| !rows.is_empty());
    }

    pub fn table(&self, name: &str) -> Vec<&Vec<Cell>> {
        self.0
            .get(name)
            .map(|rows| rows.values().collect())
            .unwrap_or_default()
    }
}

fn spell(key: &[Cell]) -> String {
    format!("{key:?}")
}

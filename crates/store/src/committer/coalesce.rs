//! Many row operations in order, as few bulk statements in any order.
//!
//! A bulk statement may not touch a row twice, and a batch often does (a step's intent and its
//! outcome). What is executed per table is therefore: first all deletes by column, then deletes
//! by key, then puts, where each key occurs once. The law: the rows afterwards equal those of
//! executing the operations one by one.

use std::collections::HashMap;

use crate::table::{Cell, RowOp, Table};

/// What happens to one table, in this order.
#[derive(Debug)]
pub(crate) struct TableChanges {
    /// The table.
    pub(crate) table: &'static Table,
    /// Delete all rows whose column has this value.
    pub(crate) delete_where: Vec<(&'static str, Cell)>,
    /// Delete the rows with these keys.
    pub(crate) delete: Vec<Vec<Cell>>,
    /// Insert or replace these rows.
    pub(crate) put: Vec<Vec<Cell>>,
}

struct Pending {
    changes: TableChanges,
    /// Key → the row to put, or `None` to delete; in order of first appearance.
    rows: Vec<(Vec<Cell>, Option<Vec<Cell>>)>,
    at: HashMap<Vec<Cell>, usize>,
}

impl Pending {
    fn new(table: &'static Table) -> Self {
        let changes = TableChanges {
            table,
            delete_where: Vec::new(),
            delete: Vec::new(),
            put: Vec::new(),
        };
        Self {
            changes,
            rows: Vec::new(),
            at: HashMap::new(),
        }
    }

    fn set(&mut self, key: Vec<Cell>, row: Option<Vec<Cell>>) {
        if let Some(&index) = self.at.get(&key) {
            self.rows[index].1 = row;
        } else {
            self.at.insert(key.clone(), self.rows.len());
            self.rows.push((key, row));
        }
    }

    fn delete_where(&mut self, column: &'static str, value: Cell) {
        // `column = NULL` is true of no row, in SQL and here.
        if value == Cell::Null {
            return;
        }
        if let Some(index) = self
            .changes
            .table
            .columns
            .iter()
            .position(|(n, _)| *n == column)
        {
            for (_, row) in &mut self.rows {
                if row
                    .as_ref()
                    .is_some_and(|row| row.get(index) == Some(&value))
                {
                    *row = None;
                }
            }
        }
        // Two erasures of one subject in a batch are one delete.
        if !self.changes.delete_where.contains(&(column, value.clone())) {
            self.changes.delete_where.push((column, value));
        }
    }

    fn finish(mut self) -> TableChanges {
        for (key, row) in self.rows {
            match row {
                Some(row) => self.changes.put.push(row),
                None => self.changes.delete.push(key),
            }
        }
        self.changes
    }
}

/// The changes per table, tables in order of first appearance.
pub(crate) fn coalesce(ops: Vec<RowOp>) -> Vec<TableChanges> {
    let mut tables: Vec<Pending> = Vec::new();
    let mut index: HashMap<&'static str, usize> = HashMap::new();
    for op in ops {
        let (RowOp::Put(table, _) | RowOp::Delete(table, _) | RowOp::DeleteWhere(table, ..)) = op;
        let at = *index.entry(table.name).or_insert_with(|| {
            tables.push(Pending::new(table));
            tables.len() - 1
        });
        let pending = &mut tables[at];
        match op {
            RowOp::Put(table, row) => {
                let key = row.iter().take(table.key).cloned().collect();
                pending.set(key, Some(row));
            }
            RowOp::Delete(_, key) => pending.set(key, None),
            RowOp::DeleteWhere(_, column, value) => pending.delete_where(column, value),
        }
    }
    tables.into_iter().map(Pending::finish).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Type;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    static ROOMS: Table = Table {
        name: "rooms",
        columns: &[("a", Type::Int), ("b", Type::Int), ("who", Type::Int)],
        key: 2,
        indexes: &[],
    };

    type Rows = BTreeMap<(i64, i64), Vec<Cell>>;

    fn key(row: &[Cell]) -> (i64, i64) {
        match (&row[0], &row[1]) {
            (Cell::Int(a), Cell::Int(b)) => (*a, *b),
            _ => unreachable!("keys here are integers"),
        }
    }

    fn one_by_one(rows: &mut Rows, op: &RowOp) {
        match op {
            RowOp::Put(_, row) => {
                rows.insert(key(row), row.clone());
            }
            RowOp::Delete(_, k) => {
                rows.remove(&key(k));
            }
            RowOp::DeleteWhere(table, column, value) => {
                let at = table.columns.iter().position(|(n, _)| n == column);
                rows.retain(|_, row| at.is_none_or(|at| row[at] != *value || *value == Cell::Null));
            }
        }
    }

    fn in_bulk(rows: &mut Rows, changes: &TableChanges) {
        let mut touched = std::collections::BTreeSet::new();
        for (column, value) in &changes.delete_where {
            one_by_one(
                rows,
                &RowOp::DeleteWhere(changes.table, column, value.clone()),
            );
        }
        for k in &changes.delete {
            assert!(touched.insert(key(k)), "a key is touched twice");
            one_by_one(rows, &RowOp::Delete(changes.table, k.clone()));
        }
        for row in &changes.put {
            assert!(touched.insert(key(row)), "a key is touched twice");
            one_by_one(rows, &RowOp::Put(changes.table, row.clone()));
        }
    }

    fn op() -> impl Strategy<Value = RowOp> {
        let cell = || prop_oneof![3 => (0..3i64).prop_map(Cell::Int), 1 => Just(Cell::Null)];
        let key = || (0..3i64, 0..2i64).prop_map(|(a, b)| vec![Cell::Int(a), Cell::Int(b)]);
        prop_oneof![
            4 => (key(), cell()).prop_map(|(mut row, who)| {
                row.push(who);
                RowOp::Put(&ROOMS, row)
            }),
            2 => key().prop_map(|k| RowOp::Delete(&ROOMS, k)),
            2 => (cell(), 0..3usize).prop_map(|(v, c)| {
                RowOp::DeleteWhere(&ROOMS, ROOMS.columns[c].0, v)
            }),
        ]
    }

    proptest! {
        #[test]
        fn bulk_equals_one_by_one(
            before in proptest::collection::vec(op(), 0..12),
            ops in proptest::collection::vec(op(), 0..24),
        ) {
            let mut expected = Rows::new();
            for op in &before {
                one_by_one(&mut expected, op);
            }
            let mut bulk = expected.clone();
            for op in &ops {
                one_by_one(&mut expected, op);
            }
            for changes in coalesce(ops) {
                in_bulk(&mut bulk, &changes);
            }
            prop_assert_eq!(bulk, expected);
        }
    }
}

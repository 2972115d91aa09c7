use std::collections::BTreeSet;

use super::*;

/// Whether an equality on `column` is answered by the key or an index.
pub fn is_indexed(table: &Table, column: &str) -> bool {
    table.columns[0].0 == column || table.indexes.iter().any(|index| index[0] == column)
}

#[test]
fn tables_are_well_formed() {
    let mut names = BTreeSet::new();
    for table in TABLES.iter().chain(OPERATIONAL) {
        assert!(names.insert(table.name), "{} is there twice", table.name);
        assert!(
            table.key >= 1 && table.key <= table.columns.len(),
            "{}",
            table.name
        );
        let columns: BTreeSet<_> = table.columns.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            columns.len(),
            table.columns.len(),
            "{}: a column twice",
            table.name
        );
        for index in table.indexes {
            assert!(!index.is_empty(), "{}", table.name);
            for column in *index {
                assert!(
                    columns.contains(column),
                    "{}.{column} is not there",
                    table.name
                );
            }
        }
    }
}

#[test]
fn erasure_finds_its_rows_by_index() {
    for table in TABLES {
        if table.columns.iter().any(|(name, _)| *name == "subject") {
            assert!(
                is_indexed(table, "subject"),
                "{}.subject has no index",
                table.name
            );
        }
    }
}

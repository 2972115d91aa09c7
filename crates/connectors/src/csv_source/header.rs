//! The header: where each mapped column is.

use std::collections::BTreeMap;

use model::source::CsvMapping;

use super::codes;
use super::flaws::{Flaws, Spot, shown};
use super::record::Record;

/// Where columns are.
pub(super) struct Columns {
    /// How many there are.
    pub count: usize,
    /// Header → its position, from 0.
    by_name: BTreeMap<String, usize>,
}

impl Columns {
    /// The position of a column that the mapping uses.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name.trim()).copied()
    }
}

/// Finds the mapping's columns, or says everything that is wrong with the header.
pub(super) fn columns(
    header: &Record<'_>,
    mapping: &CsvMapping,
    flaws: &mut Flaws<'_>,
) -> Option<Columns> {
    let before = flaws.mark();
    let mut by_name = BTreeMap::new();
    for (position, field) in header.fields.iter().enumerate() {
        let name = field.text.trim();
        if !name.is_empty() && by_name.insert(name.to_owned(), position).is_some() {
            let problem = format!("the column `{}` is there twice", shown(name));
            flaws.value(
                codes::COLUMN_DOUBLE,
                field.spot,
                name,
                problem,
                "rename one of them",
                None,
            );
        }
    }
    let spot = Spot {
        line: header.line,
        column: 1,
    };
    if let Some(declared) = &mapping.expect.header {
        let found: Vec<&str> = header
            .fields
            .iter()
            .map(|field| field.text.trim())
            .collect();
        if !declared
            .iter()
            .map(|name| name.trim())
            .eq(found.iter().copied())
        {
            let problem = changed(declared, &found);
            let fix = "ask what changed in the export; then declare the new header";
            flaws.value(codes::HEADER_CHANGED, spot, "", problem, fix, None);
        }
    }
    for column in mapping.columns() {
        if !by_name.contains_key(column.trim()) {
            let problem = format!("the column `{}` is not in the header", shown(column));
            let fix = missing_fix(column, &by_name, mapping);
            flaws.value(codes::COLUMN_MISSING, spot, column, problem, &fix, None);
        }
    }
    (flaws.mark() == before).then_some(Columns {
        count: header.fields.len(),
        by_name,
    })
}

fn changed(declared: &[String], found: &[&str]) -> String {
    let missing = declared.iter().find(|name| !found.contains(&name.trim()));
    let added = found
        .iter()
        .find(|name| !declared.iter().any(|d| d.trim() == **name));
    match (missing, added) {
        (Some(missing), _) => format!("the header has no `{}` any more", shown(missing)),
        (None, Some(added)) => format!("the header has a new column `{}`", shown(added)),
        (None, None) => "the columns stand in another order, or one is double".to_owned(),
    }
}

fn missing_fix(column: &str, there: &BTreeMap<String, usize>, mapping: &CsvMapping) -> String {
    if let [only] = there.keys().collect::<Vec<_>>().as_slice() {
        let others = [',', ';', '\t', '|']
            .into_iter()
            .filter(|d| *d != mapping.delimiter);
        if let Some(delimiter) = others.into_iter().find(|d| only.contains(*d)) {
            return format!("the delimiter seems to be {delimiter:?}; declare it");
        }
    }
    match there
        .keys()
        .find(|name| name.eq_ignore_ascii_case(column.trim()))
    {
        Some(name) => format!("there is `{}`; write it so in the mapping", shown(name)),
        None => {
            let names: Vec<String> = there.keys().take(40).map(|name| shown(name)).collect();
            format!("the header has: {}", names.join(", "))
        }
    }
}

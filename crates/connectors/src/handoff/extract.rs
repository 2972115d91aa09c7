//! An app's own list of its accounts, as its people export it.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use model::source::{CsvMapping, WorkerRow};
use model::{Code, Completeness, Diagnostic, Kind, Record, RemoteId, Value};
use ports::TargetError;
use ports::handoff::{Known, Register};

use super::sheet::NAME;
use crate::csv_source;

/// A word that says neither that an account may be used nor that it may not.
pub const STANDING: Code = Code("TNR-HANDOFF-0011");
/// What a mapping calls the column that says whether an account may be used.
const ACTIVE: &str = "active";

/// A list of accounts that was read. What it says is what is known of the app when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extract {
    records: BTreeMap<RemoteId, Record>,
    /// Accounts that are there and cannot be read.
    unreadable: BTreeSet<RemoteId>,
    completeness: Completeness,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The file is damaged as a whole, and nothing of it counts.
    pub refused: bool,
    /// How many rows there were, readable or not.
    pub read: u64,
}

impl Extract {
    /// Reads a file. `usable` and `closed` are the words of the column `active` of the mapping.
    #[must_use]
    pub fn read(
        place: &str,
        bytes: &[u8],
        mapping: &CsvMapping,
        (usable, closed): (&BTreeSet<String>, &BTreeSet<String>),
    ) -> Self {
        let delivery = csv_source::read(place, bytes, mapping);
        let keys = delivery
            .unreadable
            .iter()
            .filter_map(|row| row.key.as_deref());
        let mut extract = Self {
            records: BTreeMap::new(),
            unreadable: keys.map(RemoteId::from).collect(),
            completeness: delivery.completeness,
            diagnostics: delivery.diagnostics,
            refused: delivery.refused,
            read: delivery.read,
        };
        for row in &delivery.rows {
            let remote = RemoteId::from(row.key.as_str());
            let word = row.facts.text(ACTIVE).unwrap_or_default();
            let active = usable.contains(word);
            if !active && !closed.contains(word) {
                extract.diagnostics.push(unclear(place, row.line, mapping));
                extract.unreadable.insert(remote);
                continue;
            }
            extract.records.insert(remote, record(row, active));
        }
        extract
    }
}

fn record(row: &WorkerRow, active: bool) -> Record {
    let attributes = row.facts.attributes.iter();
    let attributes = attributes.filter(|(name, _)| *name != ACTIVE);
    let attributes: BTreeMap<String, Value> = attributes
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let name = attributes.get(NAME).and_then(Value::as_text);
    Record {
        kind: Kind::Account,
        remote: RemoteId::from(row.key.as_str()),
        external: None,
        name: name.unwrap_or_default().to_owned(),
        active,
        attributes,
        members: None,
        version: None,
    }
}

fn unclear(place: &str, line: u64, mapping: &CsvMapping) -> Diagnostic {
    let column = mapping
        .attributes
        .get(ACTIVE)
        .map(|field| field.column.as_str());
    Diagnostic {
        code: STANDING.0.to_owned(),
        place: place.to_owned(),
        line,
        column: 0,
        field: column.unwrap_or_default().to_owned(),
        problem: "nothing says what this word means for the account".to_owned(),
        fix: "add it to `yes` or `no` under `handoff.extract.active` of the app's document"
            .to_owned(),
    }
}

#[async_trait]
impl Register for Extract {
    async fn accounts(&self) -> Result<Known, TargetError> {
        let records = self.records.values().cloned().collect();
        let detail = match self.completeness {
            Completeness::Full => "",
            Completeness::Partial => "some rows have no key, or cannot be told apart",
            Completeness::Unknown => "the file has only some of the accounts",
        };
        Ok(Known {
            records,
            completeness: self.completeness,
            detail: detail.to_owned(),
        })
    }

    async fn account(&self, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        if self.unreadable.contains(remote) {
            return Err(TargetError::Malformed("its row cannot be read".to_owned()));
        }
        match self.records.get(remote) {
            Some(record) => Ok(Some(record.clone())),
            None if self.completeness == Completeness::Full => Ok(None),
            None => Err(TargetError::Unreachable(
                "the file has not every account".to_owned(),
            )),
        }
    }

    async fn named(&self, name: &str) -> Result<Vec<Record>, TargetError> {
        let found = self.records.values().filter(|record| record.name == name);
        Ok(found.cloned().collect())
    }
}

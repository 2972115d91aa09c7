//! The users and groups of a provider, in order of creation, found by id, name and key.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use protocol::scim::{Object, USER};
use serde_json::{Value, json};

/// One user or group.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) version: u64,
    /// Without `id`, `schemas` and `meta`.
    pub(crate) body: Object,
}

/// All users, or all groups.
#[derive(Debug)]
pub(crate) struct Table {
    naming: &'static str,
    exact: bool,
    rows: BTreeMap<u64, Row>,
    by_id: HashMap<String, u64>,
    by_name: HashMap<String, BTreeSet<u64>>,
    by_external: HashMap<String, BTreeSet<u64>>,
}

impl Table {
    pub(crate) fn new(naming: &'static str, exact: bool) -> Self {
        Self {
            naming,
            exact,
            rows: BTreeMap::new(),
            by_id: HashMap::new(),
            by_name: HashMap::new(),
            by_external: HashMap::new(),
        }
    }

    pub(crate) const fn naming(&self) -> &'static str {
        self.naming
    }

    fn fold(&self, name: &str) -> String {
        if self.exact {
            name.to_owned()
        } else {
            name.to_lowercase()
        }
    }

    fn keys(&self, body: &Object) -> (Option<String>, Option<String>) {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        (
            text(self.naming).map(|name| self.fold(name)),
            text("externalId").map(str::to_owned),
        )
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Row> {
        self.rows.get(self.by_id.get(id)?)
    }

    pub(crate) fn named(&self, name: &str) -> Vec<&Row> {
        let found = self.by_name.get(&self.fold(name));
        found
            .into_iter()
            .flatten()
            .filter_map(|no| self.rows.get(no))
            .collect()
    }

    pub(crate) fn external(&self, key: &str) -> Vec<&Row> {
        let found = self.by_external.get(key);
        found
            .into_iter()
            .flatten()
            .filter_map(|no| self.rows.get(no))
            .collect()
    }

    pub(crate) fn insert(&mut self, no: u64, row: Row) {
        let (name, external) = self.keys(&row.body);
        self.by_id.insert(row.id.clone(), no);
        if let Some(name) = name {
            self.by_name.entry(name).or_default().insert(no);
        }
        if let Some(key) = external {
            self.by_external.entry(key).or_default().insert(no);
        }
        self.rows.insert(no, row);
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<(u64, Row)> {
        let no = self.by_id.remove(id)?;
        let row = self.rows.remove(&no)?;
        let (name, external) = self.keys(&row.body);
        for (index, key) in [(&mut self.by_name, name), (&mut self.by_external, external)] {
            if let Some(key) = key
                && let Some(numbers) = index.get_mut(&key)
            {
                numbers.remove(&no);
                if numbers.is_empty() {
                    index.remove(&key);
                }
            }
        }
        Some((no, row))
    }

    pub(crate) fn replace(&mut self, id: &str, body: Object, version: u64) {
        if let Some((no, row)) = self.remove(id) {
            self.insert(
                no,
                Row {
                    id: row.id,
                    version,
                    body,
                },
            );
        }
    }
}

impl Row {
    /// The object as it is sent.
    pub(crate) fn show(&self, kind: &str, versions: bool) -> Object {
        let mut body = self.body.clone();
        body.insert("id".to_owned(), self.id.as_str().into());
        let core = if kind == "User" {
            USER.to_owned()
        } else {
            protocol::scim::GROUP.to_owned()
        };
        let extensions = self.body.keys().filter(|key| key.contains(':'));
        let schemas: Vec<Value> = std::iter::once(core)
            .chain(extensions.cloned())
            .map(Value::from)
            .collect();
        body.insert("schemas".to_owned(), schemas.into());
        let location = format!("{}/{kind}s/{}", crate::BASE, self.id);
        let mut meta = json!({ "resourceType": kind, "location": location });
        if versions {
            meta["version"] = self.tag().into();
        }
        body.insert("meta".to_owned(), meta);
        body
    }

    pub(crate) fn tag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

//! What rules give in the app of an estate.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::assign::assign;
use model::{Address, Assignment, SubjectId, Timestamp, Value, Want};

use super::estate::Estate;

impl Estate {
    /// What rules say of a person, without what people decided.
    pub(super) fn assignments(&self, subject: SubjectId, now: Timestamp) -> Vec<Assignment> {
        let Some(known) = self.people.get(&subject) else {
            return Vec::new();
        };
        assign(known.worker(), &self.loaded.book, &BTreeMap::new(), now).0
    }

    /// The addresses in this app that rules give a person, or of which they cannot tell.
    pub(super) fn given(&self, subject: SubjectId, now: Timestamp) -> BTreeSet<Address> {
        let assignments = self.assignments(subject, now).into_iter();
        assignments
            .filter(|a| matches!(a.want, Want::Present { .. } | Want::Untouched))
            .map(|a| a.about)
            .filter(|at| at.target == self.target)
            .collect()
    }

    /// Whether a rule gives this, or cannot tell.
    pub(super) fn gives(&self, subject: SubjectId, address: &Address, now: Timestamp) -> bool {
        self.given(subject, now).contains(address)
    }

    /// Our key for the group that the app calls `name`.
    pub(super) fn group_key(&self, name: &str) -> Option<&str> {
        let groups = &self.loaded.book.apps.get(&self.target)?.groups;
        let called = |attributes: &model::Attributes| {
            let display = attributes.get("displayName").and_then(Value::as_text);
            display.is_some_and(|d| d.eq_ignore_ascii_case(name))
        };
        groups
            .iter()
            .find(|(_, group)| called(&group.attributes))
            .map(|(key, _)| key.as_str())
    }
}

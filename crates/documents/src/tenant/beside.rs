//! What documents say of one person or account beside the rules.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use model::{Facts, TargetName, Timestamp, WorkerRef};

use super::Grant;

/// One person's account or group, beside the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalGrant {
    /// `metadata.name`.
    pub name: String,
    /// Who gets it.
    pub person: WorkerRef,
    /// What.
    pub gives: Grant,
    /// Who answers for it: somebody else.
    pub owner: WorkerRef,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// From this instant on it gives nothing.
    pub until: Timestamp,
}

/// A group of people that somebody lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    /// `metadata.name`.
    pub name: String,
    /// Who is in it, each once, as they are written; at most 1,000.
    pub members: Vec<WorkerRef>,
    /// Who answers for it.
    pub owner: WorkerRef,
    /// Why, in at most 500 characters.
    pub reason: String,
}

/// That nothing of what one person left behind is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// `metadata.name`.
    pub name: String,
    /// Whose accounts stay.
    pub person: WorkerRef,
    /// Who answers for it: somebody else.
    pub owner: WorkerRef,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// From this instant on it holds nothing.
    pub until: Timestamp,
}

/// An account that a workload uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// `metadata.name`.
    pub name: String,
    /// The app.
    pub app: TargetName,
    /// The account's name there, as it is written.
    pub account: String,
    /// Who answers for it.
    pub owner: WorkerRef,
    /// What it is for, in at most 500 characters.
    pub reason: String,
    /// From this instant on somebody has to look whether it is still needed.
    pub expires: Timestamp,
}

/// The accounts that workloads use, by app and by name in ASCII lower case, as SCIM compares
/// names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceAccounts(BTreeMap<TargetName, BTreeMap<String, ServiceAccount>>);

impl ServiceAccounts {
    /// The document about an account.
    #[must_use]
    pub fn of(&self, app: &TargetName, account: &str) -> Option<&ServiceAccount> {
        self.0.get(app)?.get(&account.to_ascii_lowercase())
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &ServiceAccount> {
        self.0.values().flat_map(BTreeMap::values)
    }

    /// Adds one; gives the one that is there already about the same account.
    pub(crate) fn add(&mut self, account: ServiceAccount) -> Option<&ServiceAccount> {
        let of_app = self.0.entry(account.app.clone()).or_default();
        match of_app.entry(account.account.to_ascii_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(account);
                None
            }
            Entry::Occupied(taken) => Some(taken.into_mut()),
        }
    }
}

/// Somebody who is not in HR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SponsoredPerson {
    /// `metadata.name`; their worker key in the source [`PEOPLE`].
    pub name: String,
    /// Who answers for them.
    pub sponsor: WorkerRef,
    /// Why they are here, in at most 500 characters.
    pub reason: String,
    /// The instant at which their last day ends.
    pub until: Timestamp,
    /// What would be told of them by a source.
    pub facts: Facts,
    /// What stands for their attributes, which are then empty: the document was read as it is
    /// stored.
    pub withheld: Option<String>,
}

/// The source of the people whom documents name. No `Source` document can be called so.
pub const PEOPLE: &str = "Person";

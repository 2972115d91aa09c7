//! An app that Tenure cannot reach.

use std::collections::BTreeSet;

use model::source::CsvMapping;

/// An app that nobody but its own people can reach: they get a file of what to do, answer it, and
/// send lists of its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOff {
    /// The person or team who does it.
    pub owner: String,
    /// So many days after a line was handed over, it is overdue; at least one.
    pub due_days: u16,
    /// How the columns of a list of its accounts are read: its `key` is what the app calls an
    /// account, its `attributes` are attribute paths, and [`ACTIVE`].
    pub extract: CsvMapping,
    /// The words for an account that may be used.
    pub usable: BTreeSet<String>,
    /// The words for one that may not.
    pub closed: BTreeSet<String>,
}

/// What the mapping of an extract calls the column that says whether an account may be used: no
/// attribute of an account may be called so.
pub const ACTIVE: &str = "active";

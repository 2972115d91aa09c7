//! What people decided about apps that were there before.

use crate::table::Table;
use crate::table::Type::{Int, Text};

/// Whose accounts are that were there before. `subject` is the person's, where it is one's.
pub static ACCOUNT_DECISION: Table = Table {
    name: "account_decision",
    columns: &[
        ("target", Text),
        ("remote", Text),
        ("at", Int),
        ("decided", Text),
        ("subject", Text),
    ],
    key: 2,
    indexes: &[&["subject"]],
};

/// Accounts and people who do not belong together.
pub static NOT_SAME: Table = Table {
    name: "not_same",
    columns: &[
        ("target", Text),
        ("remote", Text),
        ("subject", Text),
        ("at", Int),
        ("rejected", Text),
    ],
    key: 3,
    indexes: &[&["subject"]],
};

/// What becomes of access that no rule gives.
pub static ACCESS_DECISION: Table = Table {
    name: "access_decision",
    columns: &[
        ("target", Text),
        ("kind", Text),
        ("key", Text),
        ("at", Int),
        ("decided", Text),
        ("subject", Text),
    ],
    key: 3,
    indexes: &[&["subject"]],
};

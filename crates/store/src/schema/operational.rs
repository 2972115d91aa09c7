//! Tables that reads own: what is in them is not derived from the log, and a rebuild leaves it be.

use crate::table::Table;
use crate::table::Type::{Blob, Int, Text};

/// Sealed secrets. Not derived from the log: `tenure` sets them, and a rebuild leaves them be.
static SECRET: Table = Table {
    name: "secret",
    columns: &[
        ("name", Text),
        ("app", Text),
        ("host", Text),
        ("sealing_key", Text),
        ("sealed", Blob),
        ("at", Int),
    ],
    key: 1,
    indexes: &[],
};

/// When secrets end, where that was said. By the instant at which each was set: of one that was replaced
/// nothing holds any more.
static SECRET_END: Table = Table {
    name: "secret_end",
    columns: &[("name", Text), ("set_at", Int), ("expires", Int)],
    key: 2,
    indexes: &[],
};

/// What counted once and for a short time: proofs of clients. Forgotten after `until`.
static SPENT: Table = Table {
    name: "spent",
    columns: &[("space", Text), ("value", Blob), ("until", Int)],
    key: 2,
    indexes: &[&["until"]],
};

/// Devices that wait for somebody to type their code, a keyed digest of which is kept. `polled` is when each last
/// asked; forgotten after `until`.
static DEVICE: Table = Table {
    name: "device",
    columns: &[
        ("device", Text),
        ("code", Blob),
        ("until", Int),
        ("polled", Int),
        ("asked", Text),
    ],
    key: 1,
    indexes: &[&["code"], &["until"]],
};

/// Tables that reads own and the log knows nothing of.
pub static OPERATIONAL: &[&Table] = &[&SECRET, &SECRET_END, &SPENT, &DEVICE];

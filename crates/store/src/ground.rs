//! The tables beneath the projections: the log itself and what the write door needs.

use crate::table::{Table, Type};

/// The log.
pub(crate) static RECORD: Table = Table {
    name: "record",
    columns: &[
        ("seq", Type::Int),
        ("at", Type::Int),
        ("actor", Type::Text),
        ("kind", Type::Text),
        ("subject", Type::Text),
        ("body", Type::Text),
        ("sealed", Type::Blob),
        ("prev", Type::Blob),
        ("hash", Type::Blob),
    ],
    key: 1,
    indexes: &[&["subject", "seq"]],
};

/// One row: the end of the log. Whoever appends locks it.
pub(crate) static HEAD: Table = Table {
    name: "head",
    columns: &[
        ("id", Type::Int),
        ("seq", Type::Int),
        ("hash", Type::Blob),
        ("at", Type::Int),
    ],
    key: 1,
    indexes: &[],
};

/// Heads of streams.
pub(crate) static STREAM: Table = Table {
    name: "stream",
    columns: &[("name", Type::Text), ("head", Type::Int)],
    key: 1,
    indexes: &[],
};

/// Values that were used once, and by which record.
pub(crate) static ONE_TIME: Table = Table {
    name: "one_time",
    columns: &[
        ("space", Type::Text),
        ("value", Type::Blob),
        ("seq", Type::Int),
    ],
    key: 2,
    indexes: &[],
};

/// Leases. A row is never deleted, so that its fence never repeats.
pub(crate) static LEASE: Table = Table {
    name: "lease",
    columns: &[
        ("name", Type::Text),
        ("holder", Type::Text),
        ("fence", Type::Int),
        ("until", Type::Int),
    ],
    key: 1,
    indexes: &[],
};

/// Data keys, one per subject, sealed by the key ring.
pub(crate) static SUBJECT_KEY: Table = Table {
    name: "subject_key",
    columns: &[
        ("subject", Type::Text),
        ("minted", Type::Int),
        ("ring_key", Type::Text),
        ("sealed", Type::Blob),
    ],
    key: 1,
    indexes: &[],
};

/// What the database says of itself: the schema version.
pub(crate) static META: Table = Table {
    name: "meta",
    columns: &[("name", Type::Text), ("value", Type::Text)],
    key: 1,
    indexes: &[],
};

/// All of them.
pub(crate) static GROUND: &[&Table] = &[
    &RECORD,
    &HEAD,
    &STREAM,
    &ONE_TIME,
    &LEASE,
    &SUBJECT_KEY,
    &META,
];

//! What is kept of people signing in.

use crate::table::Table;
use crate::table::Type::{Blob, Int, Text};

/// Under which name somebody signs in: a keyed digest.
pub static LOGIN: Table = Table {
    name: "login",
    columns: &[("subject", Text), ("login", Blob)],
    key: 1,
    indexes: &[&["login", "subject"]],
};

/// What people sign in with. `live` is 1 until it ended; `handle` is what an authenticator names it by;
/// `verifier` is null once it ended or its owner was erased.
pub static CREDENTIAL: Table = Table {
    name: "credential",
    columns: &[
        ("credential", Text),
        ("subject", Text),
        ("live", Int),
        ("handle", Blob),
        ("state", Text),
        ("verifier", Text),
    ],
    key: 1,
    indexes: &[
        &["subject", "credential"],
        &["subject", "live", "credential"],
        &["handle"],
    ],
};

/// Temporary access passes.
pub static ACCESS_PASS: Table = Table {
    name: "access_pass",
    columns: &[
        ("pass", Text),
        ("subject", Text),
        ("secret", Blob),
        ("expires", Int),
    ],
    key: 1,
    indexes: &[&["subject", "pass"]],
};

/// Sessions. `open_until` is null for one that was ended before its time.
pub static SESSION: Table = Table {
    name: "session",
    columns: &[
        ("session", Text),
        ("subject", Text),
        ("open_until", Int),
        ("state", Text),
    ],
    key: 1,
    indexes: &[&["subject", "open_until"]],
};

/// Ends of sessions of which relying parties are told. `due` is null once all of them were; `state` is
/// null until somebody has looked who they are.
pub static LOGOUT: Table = Table {
    name: "logout",
    columns: &[
        ("session", Text),
        ("subject", Text),
        ("due", Int),
        ("state", Text),
    ],
    key: 1,
    indexes: &[&["subject"], &["due"]],
};

/// What relying parties were given. `live` is 1 until it ended.
pub static AUTHORIZATION: Table = Table {
    name: "authorization_of",
    columns: &[
        ("id", Text),
        ("subject", Text),
        ("session", Text),
        ("live", Int),
        ("state", Text),
    ],
    key: 1,
    indexes: &[&["subject"], &["session", "live"]],
};

/// Signing keys. `shown` is 1 until a key is gone.
pub static SIGNING_KEY: Table = Table {
    name: "signing_key",
    columns: &[("kid", Text), ("shown", Int), ("state", Text)],
    key: 1,
    indexes: &[&["shown", "kid"]],
};

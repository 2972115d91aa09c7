//! The current-state tables: what is true now, derived from the log alone.
//!
//! Every table here can be dropped and computed again from the log by [`crate::project`]. An
//! event must be able to write whole rows without reading, so what never changes (a plan) and
//! what does (how it stands) live in different tables.
//!
//! A table that holds anything about a person has a column called `subject`; erasure deletes by
//! it. Columns that deletion or a read looks up are indexed.

mod adoption;
mod drill;
mod operational;
mod sign_in;

pub use adoption::{ACCESS_DECISION, ACCOUNT_DECISION, NOT_SAME};
pub use drill::DRILL_RUN;
pub use operational::OPERATIONAL;
pub use sign_in::{ACCESS_PASS, AUTHORIZATION, CREDENTIAL, LOGIN, LOGOUT, SESSION, SIGNING_KEY};

use crate::table::Table;
use crate::table::Type::{Blob, Int, Text};

/// One employment or contract of a subject, as its source last told of it. `search` is what people
/// are found by, lower-cased.
pub static ENGAGEMENT: Table = Table {
    name: "engagement",
    columns: &[
        ("engagement", Text),
        ("subject", Text),
        ("source", Text),
        ("key", Text),
        ("facts", Text),
        ("digest", Blob),
        ("delivery", Text),
        ("change", Text),
        ("search", Text),
        ("seq", Int),
    ],
    key: 1,
    indexes: &[
        &["source", "key"],
        &["source", "engagement"],
        &["source", "subject"],
        &["subject"],
    ],
};

/// Engagements that a full delivery of their source no longer had, and which one that was.
pub static ENGAGEMENT_WITHDRAWN: Table = Table {
    name: "engagement_withdrawn",
    columns: &[
        ("engagement", Text),
        ("subject", Text),
        ("delivery", Text),
        ("seq", Int),
    ],
    key: 1,
    indexes: &[&["subject"]],
};

/// Who is terminated for cause, since when and by whom.
pub static TERMINATION: Table = Table {
    name: "termination",
    columns: &[
        ("subject", Text),
        ("author", Text),
        ("at", Int),
        ("reason", Text),
    ],
    key: 1,
    indexes: &[],
};

/// What people decided about workers who look like somebody who is known. `same` is 1 or 0.
pub static WORKER_MATCH: Table = Table {
    name: "worker_match",
    columns: &[
        ("source", Text),
        ("key", Text),
        ("subject", Text),
        ("same", Int),
    ],
    key: 3,
    indexes: &[&["subject"]],
};

/// People whose facts change meaning by themselves, and when they do next.
pub static PERSON_DUE: Table = Table {
    name: "person_due",
    columns: &[("subject", Text), ("next_change", Int)],
    key: 1,
    indexes: &[&["next_change", "subject"]],
};

/// Of whom something was told that lets expect something, by which record, and the instant it announced.
pub static NEWS: Table = Table {
    name: "news",
    columns: &[("seq", Int), ("subject", Text), ("next_change", Int)],
    key: 1,
    indexes: &[&["subject"], &["next_change", "seq"]],
};

/// Assignments that undos hold.
pub static PIN: Table = Table {
    name: "pin",
    columns: &[
        ("subject", Text),
        ("wave", Text),
        ("until", Int),
        ("assignments", Text),
    ],
    key: 2,
    indexes: &[],
};

/// The last observation of an object. `folded` is its name in ASCII lower case, `active` is 1
/// where it may be used and 0 where not. The record has no members: they are in [`MEMBERSHIP`].
pub static SHADOW: Table = Table {
    name: "shadow",
    columns: &[
        ("target", Text),
        ("kind", Text),
        ("remote", Text),
        ("subject", Text),
        ("folded", Text),
        ("active", Int),
        ("record", Text),
        ("seen_at", Int),
    ],
    key: 3,
    indexes: &[
        &["target", "kind", "folded"],
        &["target", "kind", "active"],
        &["subject"],
    ],
};

/// Who was last seen in which group: both as `target/remote id`, so that one column names an object.
pub static MEMBERSHIP: Table = Table {
    name: "membership",
    columns: &[("grp", Text), ("member", Text)],
    key: 2,
    indexes: &[&["member", "grp"]],
};

/// Which remote object an address means.
pub static LINK: Table = Table {
    name: "link",
    columns: &[
        ("target", Text),
        ("kind", Text),
        ("key", Text),
        ("remote", Text),
        ("ownership", Text),
        ("because", Text),
        ("subject", Text),
    ],
    key: 3,
    indexes: &[&["target", "kind", "remote"], &["subject"]],
};

/// When an account last lost a name that is given once: a keyed digest, which stays after an erasure.
pub static LOST_NAME: Table = Table {
    name: "lost_name",
    columns: &[("target", Text), ("name", Text), ("at", Int)],
    key: 2,
    indexes: &[],
};

/// Whose account that was.
pub static LOST_NAME_OF: Table = Table {
    name: "lost_name_of",
    columns: &[("target", Text), ("name", Text), ("subject", Text)],
    key: 2,
    indexes: &[&["subject"]],
};

/// The last observation run over a target and kind.
pub static OBSERVATION: Table = Table {
    name: "observation",
    columns: &[("target", Text), ("kind", Text), ("at", Int), ("run", Text)],
    key: 2,
    indexes: &[],
};

/// Every revision of the documents.
pub static DOCUMENTS: Table = Table {
    name: "documents",
    columns: &[
        ("revision", Int),
        ("author", Text),
        ("at", Int),
        ("documents", Text),
    ],
    key: 1,
    indexes: &[],
};

/// Every delivery.
pub static DELIVERY: Table = Table {
    name: "delivery",
    columns: &[
        ("delivery", Text),
        ("seq", Int),
        ("at", Int),
        ("received", Text),
    ],
    key: 1,
    indexes: &[&["seq"]],
};

/// Where writing is stopped. The target `''` stands for all. Read by the write door itself.
pub static STOP: Table = Table {
    name: "stop",
    columns: &[("target", Text), ("reason", Text)],
    key: 1,
    indexes: &[],
};

/// Waves that were proposed.
pub static WAVE: Table = Table {
    name: "wave",
    columns: &[
        ("wave", Text),
        ("seq", Int),
        ("at", Int),
        ("cause", Text),
        ("author", Text),
        ("steps", Int),
        ("removals", Int),
    ],
    key: 1,
    indexes: &[&["seq"]],
};

/// What the guard said of a wave last.
pub static WAVE_VERDICT: Table = Table {
    name: "wave_verdict",
    columns: &[("wave", Text), ("verdict", Text)],
    key: 1,
    indexes: &[],
};

/// Who released or refused a wave, or rows of it. `plans` is a JSON list, empty for all that waited.
pub static WAVE_DECISION: Table = Table {
    name: "wave_decision",
    columns: &[
        ("wave", Text),
        ("seq", Int),
        ("decider", Text),
        ("reason", Text),
        ("released", Int),
        ("at", Int),
        ("plans", Text),
    ],
    key: 2,
    indexes: &[&["at"]],
};

/// Plans as they were made. Inert until their wave has a row.
pub static PLAN: Table = Table {
    name: "plan",
    columns: &[
        ("plan", Text),
        ("wave", Text),
        ("about", Text),
        ("change", Text),
        ("seq", Int),
        ("subject", Text),
        ("body", Text),
    ],
    key: 1,
    indexes: &[&["wave", "plan"], &["about", "seq"], &["subject"]],
};

/// How a plan stands.
pub static PLAN_STATE: Table = Table {
    name: "plan_state",
    columns: &[("plan", Text), ("status", Text), ("detail", Text)],
    key: 1,
    indexes: &[],
};

/// Plans that are not closed, in the order in which they would be carried out: a queue that
/// stays short however many plans there have been.
pub static PLAN_OPEN: Table = Table {
    name: "plan_open",
    columns: &[
        ("plan", Text),
        ("wave", Text),
        ("about", Text),
        ("change_rank", Int),
        ("seq", Int),
        ("subject", Text),
    ],
    key: 1,
    indexes: &[
        &["change_rank", "seq"],
        &["wave", "change_rank"],
        &["about"],
        &["subject"],
    ],
};

/// Steps as they were made. `after` is a JSON list of numbers.
pub static STEP: Table = Table {
    name: "step",
    columns: &[
        ("plan", Text),
        ("no", Int),
        ("target", Text),
        ("kind", Text),
        ("key", Text),
        ("verb", Text),
        ("after", Text),
        ("subject", Text),
    ],
    key: 2,
    indexes: &[&["subject"]],
};

/// The last change of a step; steps that were never touched have no row.
pub static STEP_STATE: Table = Table {
    name: "step_state",
    columns: &[
        ("plan", Text),
        ("no", Int),
        ("status", Text),
        ("seq", Int),
        ("at", Int),
        ("changed", Text),
        ("subject", Text),
    ],
    key: 2,
    indexes: &[&["status", "seq"], &["subject"]],
};

/// What is to be done by hand, and what was done, until it is dropped. `owed`: when it is due; null
/// once it is done.
pub static TASK: Table = Table {
    name: "task",
    columns: &[
        ("task", Text),
        ("subject", Text),
        ("owed", Int),
        ("known", Text),
    ],
    key: 1,
    indexes: &[&["owed", "task"], &["subject"]],
};

/// Open findings; closed ones stay in the log only. `concern` spells subject and address, to
/// find the same condition again.
pub static FINDING: Table = Table {
    name: "finding",
    columns: &[
        ("finding", Text),
        ("seq", Int),
        ("at", Int),
        ("fingerprint", Text),
        ("concern", Text),
        ("opened", Text),
        ("subject", Text),
    ],
    key: 1,
    indexes: &[&["seq"], &["fingerprint", "concern", "seq"], &["subject"]],
};

/// What people are told of. `open` is 1 until it is over; `seq` is that of the last change.
pub static NOTICE: Table = Table {
    name: "notice",
    columns: &[
        ("notice", Text),
        ("open", Int),
        ("seq", Int),
        ("state", Text),
    ],
    key: 1,
    indexes: &[&["open", "seq"], &["seq"]],
};

/// The last sound delivery of each source.
pub static SOURCE_HEARD: Table = Table {
    name: "source_heard",
    columns: &[("source", Text), ("delivery", Text), ("at", Int)],
    key: 1,
    indexes: &[],
};

/// API tokens. `scopes` are words between spaces, with a space before and after.
pub static TOKEN: Table = Table {
    name: "token",
    columns: &[
        ("token", Text),
        ("seq", Int),
        ("secret", Blob),
        ("principal", Text),
        ("scopes", Text),
        ("issued", Int),
        ("expires", Int),
        ("networks", Text),
    ],
    key: 1,
    indexes: &[&["seq"], &["secret"], &["expires"]],
};

/// Tokens that were ended before their time.
pub static TOKEN_REVOKED: Table = Table {
    name: "token_revoked",
    columns: &[("token", Text), ("at", Int), ("reason", Text)],
    key: 1,
    indexes: &[],
};

/// Every projection.
pub static TABLES: &[&Table] = &[
    &ENGAGEMENT,
    &ENGAGEMENT_WITHDRAWN,
    &TERMINATION,
    &WORKER_MATCH,
    &PERSON_DUE,
    &NEWS,
    &PIN,
    &SHADOW,
    &MEMBERSHIP,
    &LINK,
    &LOST_NAME,
    &LOST_NAME_OF,
    &OBSERVATION,
    &DOCUMENTS,
    &DELIVERY,
    &STOP,
    &WAVE,
    &WAVE_VERDICT,
    &WAVE_DECISION,
    &PLAN,
    &PLAN_STATE,
    &PLAN_OPEN,
    &STEP,
    &STEP_STATE,
    &TASK,
    &FINDING,
    &NOTICE,
    &DRILL_RUN,
    &SOURCE_HEARD,
    &TOKEN,
    &TOKEN_REVOKED,
    &LOGIN,
    &CREDENTIAL,
    &ACCESS_PASS,
    &SESSION,
    &LOGOUT,
    &AUTHORIZATION,
    &SIGNING_KEY,
    &ACCOUNT_DECISION,
    &NOT_SAME,
    &ACCESS_DECISION,
];

#[cfg(test)]
mod tests;

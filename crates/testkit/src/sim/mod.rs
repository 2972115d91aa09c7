//! The whole-app simulation: one seed is one company, its people and apps, and a month of
//! everything that goes wrong; played on production code over an inline store, and judged by an
//! oracle that knows nothing of that code.
//!
//! [`play`] plays one run. The parts: [`hr`] makes the files, [`company`] says what people are
//! to have, [`oracle`] works out what should be the case, [`watch`] stands at the doors and
//! cries out when something happens that must never happen, [`judge`] compares the targets with
//! what should be there, [`script`] is what happens on each day.

pub mod company;
pub mod hr;
pub mod hunt;
pub mod judge;
pub mod oracle;
pub mod pulse;
pub mod scene;
pub mod script;
pub mod store;
pub mod target;
pub mod trouble;
pub mod watch;

pub use hunt::{Quarry, hunt};
pub use lifecycle::mutants::Mutant;
pub use script::play;

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Workers at the beginning.
    pub people: usize,
    /// Days.
    pub days: i64,
    /// Tells what happens, on standard error.
    pub trace: bool,
    /// Compares the projections with a rebuild at the end, and verifies the log, in every run;
    /// otherwise where the seed is a multiple of ten.
    pub deep: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            people: 200,
            days: 30,
            trace: false,
            deep: false,
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// The last record's hash: equal for equal seeds.
    pub journal: String,
    /// Events in the log.
    pub events: u64,
    /// Changes that the targets underwent.
    pub changes: u64,
    /// Requests that the targets got.
    pub requests: u64,
    /// Nodes that died.
    pub deaths: u64,
    /// What must never happen and did, first first.
    pub violations: Vec<String>,
}

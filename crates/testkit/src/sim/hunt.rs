//! The hunt: each committed wrong version of the engine must be caught.

use lifecycle::mutants::{Mutant, switch};

use super::{Settings, play};

/// How a hunt for one mutant ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Quarry {
    /// The mutant.
    pub mutant: String,
    /// The seed that caught it; `None`: it survived.
    pub seed: Option<u64>,
    /// Runs that were played.
    pub runs: u64,
    /// The first thing that must never happen and did.
    pub because: String,
}

/// Plays up to `most` runs, from `seed` on, on the engine with one rule broken, until one fails.
#[must_use]
pub fn hunt(mutant: Mutant, seed: u64, most: u64, settings: Settings) -> Quarry {
    let mut quarry = Quarry {
        mutant: format!("{mutant:?}"),
        seed: None,
        runs: 0,
        because: String::new(),
    };
    for seed in seed..seed + most {
        switch(Some(mutant));
        let report = play(seed, settings);
        switch(None);
        quarry.runs += 1;
        if let Some(because) = report.violations.into_iter().next() {
            quarry.seed = Some(seed);
            quarry.because = because;
            break;
        }
    }
    quarry
}

//! Runs of drills.

use std::collections::BTreeMap;

use model::event::DrillChanged;
use model::{DeliveryId, DrillPhase, DrillRun, Phase};

use super::{at, slack, subject};

/// The `n`th run of the drill `nightly`, as it begins.
pub fn drilled(n: u8) -> DrillChanged {
    let begun = at(i64::from(n));
    DrillChanged {
        run: DrillRun {
            drill: "nightly".to_owned(),
            number: u32::from(n),
            by: "system".to_owned(),
            reason: "its schedule".to_owned(),
            subject: subject(200),
            apps: vec![slack()],
            moves: true,
            within_minutes: 30,
            begun,
            phases: vec![DrillPhase {
                phase: Phase::Joiner,
                word: begun,
                delivery: DeliveryId::from_bits(u128::from(n)),
                apps: BTreeMap::new(),
                ended: None,
                why: String::new(),
            }],
            ended: None,
        },
    }
}

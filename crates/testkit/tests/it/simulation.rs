//! The whole-app simulation at a small size; `cargo xtask sim` plays it at its full one.

use testkit::sim::{Mutant, Settings, hunt, play};

const SMALL: Settings = Settings {
    people: 25,
    days: 6,
    trace: false,
    deep: true,
};

#[test]
fn nothing_happens_that_must_never_happen() {
    for seed in 1..=4 {
        let report = play(seed, SMALL);
        assert_eq!(
            report.violations,
            Vec::<String>::new(),
            "replay: sim --seed {seed} --people {} --days {} --trace",
            SMALL.people,
            SMALL.days
        );
        assert!(report.changes > 100, "{report:?}");
    }
}

#[test]
fn equal_seeds_write_equal_logs() {
    let one = play(7, SMALL);
    assert_eq!(one, play(7, SMALL));
    assert_ne!(one.journal, play(8, SMALL).journal);
}

#[test]
fn wrong_engines_are_caught() {
    for mutant in [
        Mutant::SkippedIntent,
        Mutant::DoubledRetry,
        Mutant::TrustedFilter,
        Mutant::NoReadBack,
    ] {
        let quarry = hunt(mutant, 1, 4, SMALL);
        assert!(
            quarry.seed.is_some(),
            "{mutant:?} survived {} runs",
            quarry.runs
        );
    }
}

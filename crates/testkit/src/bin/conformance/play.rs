//! Playing modules, and telling what came of them.

use std::cell::RefCell;
use std::thread;

use crate::cases::{Case, SLOW};
use crate::plans::{Plan, Way};
use crate::stage::Stage;
use crate::verdict::{Outcome, Verdict};
use crate::wire::{Meddler, Wire};
use crate::world::World;

/// What became of one module.
pub struct Played {
    pub module: &'static str,
    pub verdict: Verdict,
}

/// Plays one module, with somebody between who meddles, or nobody.
pub fn one(world: &World, way: Way, case: Case, meddler: Option<Meddler>) -> Verdict {
    let stage = Stage {
        world,
        wire: Wire {
            meddler,
            ..world.wire.clone()
        },
        form_post: way == Way::FormPost,
        signs: way == Way::Signed,
        warnings: RefCell::default(),
    };
    let outcome = case(&stage)?;
    let warnings = stage.warnings.into_inner();
    Ok(match outcome {
        Outcome::Passed if !warnings.is_empty() => Outcome::Warned(warnings.join("; ")),
        outcome => outcome,
    })
}

/// Plays these plans, in their order. What waits for half a minute or longer waits beside the rest; with `quick` it is
/// left out.
pub fn all(world: &World, plans: &[&Plan], quick: bool) -> Vec<Vec<Played>> {
    thread::scope(|scope| {
        let mut waiting = Vec::new();
        for plan in plans.iter().filter(|_| !quick) {
            let way = plan.way;
            for (name, case) in plan
                .modules
                .iter()
                .copied()
                .filter(|(name, _)| SLOW.contains(name))
            {
                let played = scope.spawn(move || one(world, way, case, None));
                waiting.push((plan.name, name, played));
            }
        }
        let mut played = Vec::new();
        for plan in plans {
            let quickly = plan.modules.iter().copied().map(|(module, case)| Played {
                module,
                verdict: match SLOW.contains(&module) {
                    true => Ok(Outcome::LeftOut("it waits for half a minute or longer")),
                    false => one(world, plan.way, case, None),
                },
            });
            played.push(quickly.collect::<Vec<_>>());
        }
        for (plan, module, slow) in waiting {
            // A module that panics is one that failed.
            let verdict = slow
                .join()
                .unwrap_or_else(|_| Err(crate::verdict::Failed::silent("a panic")));
            let own = plans
                .iter()
                .zip(&mut played)
                .filter(|(other, _)| other.name == plan);
            for one in own
                .flat_map(|(_, modules)| modules)
                .filter(|one| one.module == module)
            {
                one.verdict.clone_from(&verdict);
            }
        }
        played
    })
}

/// Numbers of one plan, or of all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub passed: usize,
    pub warned: usize,
    pub skipped: usize,
    pub left_out: usize,
    pub failed: usize,
}

impl Tally {
    pub fn of(played: &[Played]) -> Self {
        let mut tally = Self::default();
        for one in played {
            match &one.verdict {
                Ok(Outcome::Passed) => tally.passed += 1,
                Ok(Outcome::Warned(_)) => tally.warned += 1,
                Ok(Outcome::Skipped(_)) => tally.skipped += 1,
                Ok(Outcome::LeftOut(_)) => tally.left_out += 1,
                Err(_) => tally.failed += 1,
            }
        }
        tally
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            warned: self.warned + other.warned,
            skipped: self.skipped + other.skipped,
            left_out: self.left_out + other.left_out,
            failed: self.failed + other.failed,
        }
    }

    /// In words, without what there is none of.
    pub fn words(self) -> String {
        let parts = [
            (self.warned, "with a warning"),
            (self.skipped, "skipped as the suite skips them"),
            (self.left_out, "left out"),
            (self.failed, "FAILED"),
        ];
        let parts = parts.iter().filter(|(number, _)| *number > 0);
        let parts: Vec<_> = parts
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
        parts.join(", ")
    }
}

/// What became of a module that did not simply pass, in lines.
pub fn told(one: &Played) -> Option<String> {
    let module = one.module;
    Some(match &one.verdict {
        Ok(Outcome::Passed) => return None,
        Ok(Outcome::Warned(what)) => format!("  warning  {module}: {what}"),
        Ok(Outcome::Skipped(why)) => format!("  skipped  {module}: {why}"),
        Ok(Outcome::LeftOut(why)) => format!("  left out {module}: {why}"),
        Err(failed) => format!(
            "  FAILED   {module}\n           expected ({}): {}\n           came: {}",
            failed.clause, failed.expected, failed.came
        ),
    })
}

//! Proves a plan consistent in itself, before anyone judges whether it is wise.

use std::collections::BTreeSet;

use model::{Act, Kind, Plan};

/// The most steps a plan may have.
pub const MAX_STEPS: usize = 10_000;

/// What is wrong with a plan. A plan with a flaw is a defect of the planner: it is not proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// No steps, or more than [`MAX_STEPS`].
    #[error("a plan has between 1 and {MAX_STEPS} steps, not {0}")]
    Size(usize),
    /// Numbers are not 0, 1, 2, …
    #[error("step {0} does not carry its own number")]
    Number(u16),
    /// A step waits for itself or a later one, so nothing would ever begin.
    #[error("step {0} waits for step {1}, which does not come before it")]
    Order(u16, u16),
    /// The same act twice at one address.
    #[error("step {0} repeats an act at its address")]
    Repeats(u16),
    /// An act that its kind of address does not know.
    #[error("step {0} cannot `{1}` a {2}")]
    Misplaced(u16, &'static str, &'static str),
    /// A step without a reason.
    #[error("step {0} gives no reason")]
    Unexplained(u16),
    /// An address that is acted on but whose earlier state was not recorded.
    #[error("step {0} acts where nothing was looked at")]
    Unseen(u16),
}

/// Every flaw of a plan; empty for a sound one.
#[must_use]
pub fn check(plan: &Plan) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if plan.steps.is_empty() || plan.steps.len() > MAX_STEPS {
        flaws.push(Flaw::Size(plan.steps.len()));
    }
    let looked_at: BTreeSet<_> = plan.base.iter().map(|(address, _)| address).collect();
    let mut done = BTreeSet::new();
    for (i, step) in plan.steps.iter().enumerate() {
        if usize::from(step.no) != i {
            flaws.push(Flaw::Number(step.no));
        }
        for before in &step.after {
            if *before >= step.no {
                flaws.push(Flaw::Order(step.no, *before));
            }
        }
        // Two updates of one object are fine: values first, references after.
        let repeatable = matches!(step.act, Act::Update { .. });
        if !done.insert((&step.address, step.act.verb())) && !repeatable {
            flaws.push(Flaw::Repeats(step.no));
        }
        if !fits(&step.act, step.address.kind) {
            let kind = step.address.kind.as_str();
            flaws.push(Flaw::Misplaced(step.no, step.act.verb(), kind));
        }
        if step.because.is_empty() {
            flaws.push(Flaw::Unexplained(step.no));
        }
        if !looked_at.contains(&step.address) {
            flaws.push(Flaw::Unseen(step.no));
        }
    }
    flaws
}

const fn fits(act: &Act, kind: Kind) -> bool {
    match act {
        Act::Adopt { .. } => true,
        Act::Create { active: true, .. } | Act::Update { .. } => !matches!(kind, Kind::Grant),
        Act::Create { active: false, .. } | Act::Enable | Act::Disable | Act::Delete => {
            matches!(kind, Kind::Account)
        }
        Act::Grant | Act::Revoke => matches!(kind, Kind::Grant),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{address, reason};
    use model::canonical::Digest;
    use model::plan::Before;
    use model::{About, Cause, Change, Input, Step};

    fn sound() -> Plan {
        let step = |no, act, after| Step {
            no,
            address: address(),
            act,
            before: Before::Absent,
            after,
            because: vec![reason("rule/a")],
        };
        Plan {
            about: About::Subject(crate::fixtures::subject()),
            cause: Cause {
                input: Input::Clock,
                change: Change::Joiner,
            },
            revision: 1,
            zones: model::time::zones().to_owned(),
            base: vec![(address(), Digest::default())],
            steps: vec![
                step(
                    0,
                    Act::Create {
                        attributes: model::Attributes::new(),
                        active: true,
                    },
                    vec![],
                ),
                step(1, Act::Enable, vec![0]),
            ],
            salt: Digest::default(),
        }
    }

    #[test]
    fn a_sound_plan_has_no_flaw_and_each_flaw_is_named() {
        type Breakage = (fn(&mut Plan), Flaw);
        assert_eq!(check(&sound()), vec![]);
        let breakages: [Breakage; 7] = [
            (|p| p.steps.clear(), Flaw::Size(0)),
            (|p| p.steps[1].no = 5, Flaw::Number(5)),
            (|p| p.steps[0].after = vec![1], Flaw::Order(0, 1)),
            (|p| p.steps[0].act = Act::Enable, Flaw::Repeats(1)),
            (
                |p| p.steps[1].act = Act::Grant,
                Flaw::Misplaced(1, "grant", "account"),
            ),
            (|p| p.steps[0].because.clear(), Flaw::Unexplained(0)),
            (|p| p.base.clear(), Flaw::Unseen(0)),
        ];
        for (break_it, expected) in breakages {
            let mut plan = sound();
            break_it(&mut plan);
            assert!(check(&plan).contains(&expected), "{expected}");
        }
    }
}

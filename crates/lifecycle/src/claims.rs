//! What plans make one person's alone: a user name, and an account that was there before. Two
//! plans cannot both have it, so each names what it claims before anyone is proposed.

use std::collections::BTreeSet;

use model::{Act, Address, Attributes, Kind, Plan, RemoteId, Step, TargetName, Value};

/// The attribute that tells accounts of an app apart (RFC 7643 §4.1.1).
pub const USER_NAME: &str = "userName";

/// Something that one account, or one person, has alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// An existing account that nothing of ours is linked to.
    Account(TargetName, RemoteId),
    /// A user name, as [`Claim::name`] folds it.
    Name(TargetName, String),
}

impl Claim {
    /// A user name. ASCII case tells no two accounts apart, not even in an app where it could:
    /// people would take one for the other.
    #[must_use]
    pub fn name(target: &TargetName, name: &str) -> Self {
        Self::Name(target.clone(), name.to_ascii_lowercase())
    }
}

/// What a step claims.
#[must_use]
pub fn claim(step: &Step) -> Option<Claim> {
    let target = &step.address.target;
    if step.address.kind != Kind::Account {
        return None;
    }
    match &step.act {
        Act::Adopt { remote } => Some(Claim::Account(target.clone(), remote.clone())),
        _ => named(&step.act).map(|name| Claim::name(target, name)),
    }
}

/// What the steps of a plan claim, each with the step's number.
#[must_use]
pub fn claims(plan: &Plan) -> Vec<(u16, Claim)> {
    let found = plan.steps.iter();
    found.filter_map(|s| Some((s.no, claim(s)?))).collect()
}

/// The user name that an act gives.
#[must_use]
pub fn named(act: &Act) -> Option<&str> {
    let attributes: &Attributes = match act {
        Act::Create { attributes, .. } => attributes,
        Act::Update { set, .. } => set,
        _ => return None,
    };
    attributes.get(USER_NAME).and_then(Value::as_text)
}

/// The accounts that a step would refer to, and the group of which it would make somebody a member.
fn referred_by(step: &Step) -> impl Iterator<Item = Address> {
    let set = match &step.act {
        Act::Update { set, .. } => Some(set),
        _ => None,
    };
    let values = set.into_iter().flat_map(Attributes::values);
    let accounts = values.filter_map(|value| match value {
        Value::Subject { subject } => Some(Address::account(&step.address.target, *subject)),
        _ => None,
    });
    let joins = matches!(step.act, Act::Grant | Act::Adopt { .. });
    let group = step.address.key.granted_group().filter(|_| joins);
    accounts.chain(group.map(|name| Address::group(&step.address.target, name)))
}

/// The accounts and groups that a plan would refer to, whether they are there or not.
#[must_use]
pub fn referred(plan: &Plan) -> BTreeSet<Address> {
    plan.steps.iter().flat_map(referred_by).collect()
}

/// The steps that would refer to one of these accounts or groups.
#[must_use]
pub fn referring(plan: &Plan, to: &BTreeSet<Address>) -> BTreeSet<u16> {
    let refers = |step: &&Step| referred_by(step).any(|at| to.contains(&at));
    let steps = plan.steps.iter().filter(refers);
    steps.map(|step| step.no).collect()
}

/// The accounts and groups that a plan makes or takes over.
pub fn making(plan: &Plan) -> impl Iterator<Item = &Address> {
    let makes = |step: &&Step| {
        step.address.kind != Kind::Grant
            && matches!(step.act, Act::Create { .. } | Act::Adopt { .. })
    };
    plan.steps.iter().filter(makes).map(|step| &step.address)
}

/// Takes the user name out of those of these steps that change an account otherwise as well, and them
/// from `steps`: who does not get a name keeps the one they have, and everything else goes on.
pub fn keep_names(plan: &mut Plan, steps: &mut BTreeSet<u16>) {
    for step in &mut plan.steps {
        let Act::Update { set, unset } = &mut step.act else {
            continue;
        };
        let more = set.len() > 1 || !unset.is_empty();
        if steps.contains(&step.no) && more && set.remove(USER_NAME).is_some() {
            steps.remove(&step.no);
        }
    }
}

/// The plan without these steps and without whatever waits for one of them; `None` when nothing
/// is left. What does not wait for them goes on: above all what takes something away.
#[must_use]
pub fn without(mut plan: Plan, steps: &BTreeSet<u16>) -> Option<Plan> {
    let mut gone = steps.clone();
    // Steps wait for earlier ones only, so one pass finds them all.
    for step in &plan.steps {
        if step.after.iter().any(|no| gone.contains(no)) {
            gone.insert(step.no);
        }
    }
    plan.steps.retain(|step| !gone.contains(&step.no));
    let left: Vec<u16> = plan.steps.iter().map(|step| step.no).collect();
    let now = |old: u16| {
        let before = left.partition_point(|no| *no < old);
        u16::try_from(before).unwrap_or(u16::MAX)
    };
    for step in &mut plan.steps {
        step.no = now(step.no);
        for no in &mut step.after {
            *no = now(*no);
        }
    }
    let touched: BTreeSet<_> = plan.steps.iter().map(|step| &step.address).collect();
    plan.base.retain(|(address, _)| touched.contains(address));
    (!plan.steps.is_empty()).then_some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check;
    use crate::fixtures::{address, reason, subject, target};
    use model::canonical::Digest;
    use model::plan::Before;
    use model::{About, Cause, Change, Input, SubjectId};

    fn step(no: u16, address: Address, act: Act, after: &[u16]) -> Step {
        Step {
            no,
            address,
            act,
            before: Before::Absent,
            after: after.to_vec(),
            because: vec![reason("rule/a")],
        }
    }

    fn create(name: &str) -> Act {
        Act::Create {
            active: true,
            attributes: Attributes::from([(USER_NAME.to_owned(), name.into())]),
        }
    }

    /// An account in `chat` with a membership, one in `code`, and a membership that ends.
    fn plan() -> Plan {
        let code = TargetName::from("code");
        let ends = Address::grant(&target(), subject(), "old");
        let steps = vec![
            step(0, address(), create("Kim@x"), &[]),
            step(1, ends, Act::Revoke, &[]),
            step(2, Address::account(&code, subject()), create("kim"), &[]),
            step(
                3,
                Address::grant(&target(), subject(), "a"),
                Act::Grant,
                &[0],
            ),
            step(4, Address::grant(&code, subject(), "b"), Act::Grant, &[2]),
        ];
        let base = steps.iter().map(|s| (s.address.clone(), Digest::default()));
        Plan {
            about: About::Subject(subject()),
            cause: Cause {
                input: Input::Clock,
                change: Change::Mover,
            },
            revision: 1,
            zones: model::time::zones().to_owned(),
            base: base.collect(),
            steps,
            salt: Digest::default(),
        }
    }

    #[test]
    fn a_plan_claims_the_names_it_gives_and_the_accounts_it_takes_over() {
        let mut plan = plan();
        let code = TargetName::from("code");
        let wanted = vec![
            (0, Claim::name(&target(), "kIM@X")),
            (2, Claim::name(&code, "kim")),
        ];
        assert_eq!(claims(&plan), wanted);
        let remote = RemoteId::from("r1");
        plan.steps[0].act = Act::Adopt {
            remote: remote.clone(),
        };
        plan.steps[2].act = Act::Update {
            set: Attributes::from([(USER_NAME.to_owned(), "kim2".into())]),
            unset: Vec::new(),
        };
        // A grant that is taken over is no account.
        plan.steps[3].act = Act::Adopt {
            remote: remote.clone(),
        };
        let wanted = vec![
            (0, Claim::Account(target(), remote)),
            (2, Claim::name(&code, "kim2")),
        ];
        assert_eq!(claims(&plan), wanted);
    }

    #[test]
    fn what_waits_for_a_step_goes_with_it_and_everything_else_stays() {
        let left = without(plan(), &BTreeSet::from([0])).map(|plan| {
            assert_eq!(check(&plan), vec![]);
            assert_eq!(plan.base.len(), 3);
            let steps = plan.steps.into_iter();
            steps
                .map(|s| (s.address.to_string(), s.act.verb(), s.after))
                .collect::<Vec<_>>()
        });
        let all = plan().steps;
        let at = |no: usize| all[no].address.to_string();
        let wanted = vec![
            (at(1), "revoke", vec![]),
            (at(2), "create", vec![]),
            (at(4), "grant", vec![1]),
        ];
        assert_eq!(left, Some(wanted));
    }

    #[test]
    fn a_name_that_is_not_given_holds_back_nothing_else_of_its_account() {
        let mut plan = plan();
        let name = (USER_NAME.to_owned(), Value::from("kim2"));
        let title = ("title".to_owned(), Value::from("Sales"));
        let update = |set: &[&(String, Value)]| Act::Update {
            set: set.iter().map(|pair| (*pair).clone()).collect(),
            unset: Vec::new(),
        };
        plan.steps[0].act = update(&[&name, &title]);
        plan.steps[2].act = update(&[&name]);
        let mut steps = BTreeSet::from([0, 2]);
        keep_names(&mut plan, &mut steps);
        assert_eq!(plan.steps[0].act, update(&[&title]));
        assert_eq!(steps, BTreeSet::from([2]), "nothing would be left of it");
        assert_eq!(claims(&plan).len(), 1);
        // A step that is not meant keeps its name, and so does an account that is not there yet.
        plan.steps[0].act = update(&[&name, &title]);
        plan.steps[2].act = create("kim2");
        let (before, mut steps) = (plan.clone(), BTreeSet::from([2]));
        keep_names(&mut plan, &mut steps);
        assert_eq!((plan, steps), (before, BTreeSet::from([2])));
    }

    #[test]
    fn a_step_refers_to_accounts_and_groups_of_its_own_app_only() {
        let mut plan = plan();
        let boss = SubjectId::from_bits(1);
        let set = [("manager".to_owned(), Value::Subject { subject: boss })];
        plan.steps[2].act = Act::Update {
            set: set.into(),
            unset: Vec::new(),
        };
        let at = |target: &TargetName| BTreeSet::from([Address::account(target, boss)]);
        assert_eq!(referring(&plan, &at(&"code".into())), BTreeSet::from([2]));
        assert_eq!(referring(&plan, &at(&target())), BTreeSet::new());
        let group = |app: &TargetName, name| Address::group(app, name);
        let (a, b) = (group(&target(), "a"), group(&"code".into(), "b"));
        assert_eq!(referring(&plan, &[a.clone()].into()), BTreeSet::from([3]));
        let elsewhere = group(&"code".into(), "a");
        assert_eq!(referring(&plan, &[elsewhere].into()), BTreeSet::new());
        let mut all = at(&"code".into());
        all.extend([a, b]);
        assert_eq!(referred(&plan), all, "what is revoked is no reference");
    }

    #[test]
    fn a_plan_makes_the_accounts_that_it_creates_or_takes_over_and_no_membership() {
        let mut plan = plan();
        plan.steps[0].act = Act::Adopt {
            remote: RemoteId::from("r1"),
        };
        plan.steps[3].act = Act::Adopt {
            remote: RemoteId::from("r2"),
        };
        let code = Address::account(&TargetName::from("code"), subject());
        assert_eq!(making(&plan).collect::<Vec<_>>(), [&address(), &code]);
    }

    #[test]
    fn a_plan_of_which_nothing_is_left_is_none() {
        let all = BTreeSet::from([0, 1, 2]);
        assert_eq!(without(plan(), &all), None);
        assert_eq!(without(plan(), &BTreeSet::new()), Some(plan()));
    }
}

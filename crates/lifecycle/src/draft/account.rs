//! Steps for one account.

use std::collections::BTreeSet;

use model::attributes::Value;
use model::plan::Before;
use model::{Act, Address, Attributes, Ownership};

use super::deletion::delete;
use super::{Object, Seen, Steps, before_of};
use crate::resolve::{Resolved, Wanted};

/// Adds the steps that turn what is seen at `address` into what is wanted there.
pub(super) fn steps(steps: &mut Steps<'_>, address: &Address, wish: &Resolved, seen: &Seen) {
    match seen {
        Seen::Present {
            object: Some(object),
            ownership,
        } => existing(steps, address, wish, object, *ownership),
        Seen::Present { object: None, .. } => unread(steps, address, wish),
        Seen::Candidates(found) => unlinked(steps, address, wish, found),
        Seen::Barred => {
            // Making another of the same name beside it would be wrong in either case.
            if matches!(wish.wanted, Wanted::Present { .. }) {
                steps.obstacle(
                    "TNR-ADOPT-0001",
                    address,
                    "an existing account that matches this person is privileged or used by a workload, and no match gives such an account to anyone",
                    "decide whose it is with `tenure adopt APP --decisions FILE`, or mend the ServiceAccount document that names it",
                );
            }
        }
        Seen::Absent => {
            if let Wanted::Present {
                active,
                ahead,
                attributes,
                ..
            } = &wish.wanted
                && (*active || *ahead)
            {
                create(steps, address, attributes, *active, wish);
            }
        }
        Seen::Unknown => {
            if matches!(wish.wanted, Wanted::Present { .. }) {
                steps.obstacle(
                    "TNR-PLAN-0001",
                    address,
                    "the target was not listed completely, so whether the account exists is not known",
                    "observe the target again; an account is only created where none is proven to exist",
                );
            }
        }
    }
}

/// A linked account that could be read.
fn existing(
    steps: &mut Steps<'_>,
    address: &Address,
    wish: &Resolved,
    object: &Object,
    ownership: Option<Ownership>,
) {
    let goal = match &wish.wanted {
        Wanted::Untouched => return,
        // Whatever becomes of it, until then nobody may use it.
        Wanted::Absent if object.active => Goal::closed(),
        Wanted::Absent => return delete(steps, address, wish, object, ownership),
        Wanted::Present {
            active,
            attributes,
            unset,
            ..
        } => Goal {
            active: *active,
            attributes,
            unset,
        },
        Wanted::IfPresent {
            active,
            attributes,
            unset,
        } => Goal {
            active: *active,
            attributes,
            unset,
        },
    };
    change(steps, address, object, &goal, wish, None);
}

/// A linked account that could not be read. Disabling needs no more than the link: it is sent
/// all the same, and stays unknown until it is read back. Everything else waits.
fn unread(steps: &mut Steps<'_>, address: &Address, wish: &Resolved) {
    match &wish.wanted {
        Wanted::Untouched => {}
        // One that is to be deleted is closed meanwhile, and never deleted unread.
        Wanted::IfPresent { active: false, .. } | Wanted::Absent => {
            let before = Before::Present {
                active: true,
                attributes: Attributes::new(),
            };
            steps.push(address, Act::Disable, before, Vec::new(), &wish.because);
        }
        Wanted::Present { .. } | Wanted::IfPresent { .. } => {
            unreadable(steps, address);
        }
    }
}

/// No link, but accounts that match exactly.
fn unlinked(steps: &mut Steps<'_>, address: &Address, wish: &Resolved, found: &[Object]) {
    let goal = match &wish.wanted {
        // What is made ahead takes nothing over: someone may be using it until the first day, and
        // it would be closed to them.
        Wanted::Present {
            active,
            ahead: false,
            attributes,
            unset,
        } => Goal {
            active: *active,
            attributes,
            unset,
        },
        // Theirs by a decision, and kept no longer: first of all nobody may use it.
        Wanted::Absent => Goal::closed(),
        _ => return,
    };
    let [one] = found else {
        steps.obstacle(
            "TNR-PLAN-0002",
            address,
            "more than one existing account matches this person",
            "decide which account is theirs, then adopt it",
        );
        return;
    };
    let act = Act::Adopt {
        remote: one.remote.clone(),
    };
    let adopted = steps.push(address, act, Before::Absent, Vec::new(), &wish.because);
    change(steps, address, one, &goal, wish, Some(adopted));
}

fn unreadable(steps: &mut Steps<'_>, address: &Address) {
    steps.obstacle(
        "TNR-PLAN-0003",
        address,
        "the account is linked but could not be read",
        "look at the target's last observation; nothing is changed until it can be read",
    );
}

fn create(
    steps: &mut Steps<'_>,
    address: &Address,
    attributes: &Attributes,
    active: bool,
    wish: &Resolved,
) {
    // References to other accounts follow in a step of their own: two people who manage each
    // other could otherwise never be created.
    let (references, plain): (Attributes, Attributes) = attributes
        .clone()
        .into_iter()
        .partition(|(_, value)| matches!(value, Value::Subject { .. }));
    // Whoever is never to have an account here cannot be referred to.
    let observed = steps.observed;
    let references: Attributes = references
        .into_iter()
        .filter(|(_, value)| match value {
            Value::Subject { subject } => {
                let at = (address.target.clone(), *subject);
                observed.references.contains_key(&at) || observed.coming.contains(&at)
            }
            _ => true,
        })
        .collect();
    let act = Act::Create {
        attributes: plain,
        active,
    };
    let made = steps.push(address, act, Before::Absent, Vec::new(), &wish.because);
    if !references.is_empty() {
        let act = Act::Update {
            set: references,
            unset: Vec::new(),
        };
        let before = Before::Present {
            active,
            attributes: Attributes::new(),
        };
        steps.push(address, act, before, vec![made], &wish.because);
    }
}

/// What an existing account is to be like.
struct Goal<'a> {
    active: bool,
    attributes: &'a Attributes,
    unset: &'a BTreeSet<String>,
}

impl Goal<'_> {
    /// Nobody may use it, whatever else it is like.
    fn closed() -> Self {
        static NONE: Attributes = Attributes::new();
        static NOTHING: BTreeSet<String> = BTreeSet::new();
        Self {
            active: false,
            attributes: &NONE,
            unset: &NOTHING,
        }
    }
}

fn change(
    steps: &mut Steps<'_>,
    address: &Address,
    object: &Object,
    goal: &Goal<'_>,
    wish: &Resolved,
    adopted: Option<u16>,
) {
    let Goal {
        active,
        attributes,
        unset,
    } = *goal;
    let after: Vec<u16> = adopted.into_iter().collect();
    let set: Attributes = beside(attributes, &object.attributes)
        .filter(|(_, value, seen)| !same(steps, address, value, *seen))
        .map(|(path, value, _)| (path.clone(), value.clone()))
        .collect();
    let pending: Attributes = attributes
        .iter()
        .filter(|(_, value)| is_coming(steps, address, value))
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect();
    let unset: Vec<String> = unset
        .iter()
        .filter(|path| object.attributes.contains_key(*path))
        .cloned()
        .collect();
    let present = |active| Before::Present {
        active,
        attributes: Attributes::new(),
    };
    // Taking away comes first, giving back comes last.
    let mut after = after;
    if !active && object.active {
        let no = steps.push(address, Act::Disable, present(true), after, &wish.because);
        after = vec![no];
    }
    if !set.is_empty() || !unset.is_empty() {
        let before = before_of(object, &set, &unset);
        let act = Act::Update { set, unset };
        let no = steps.push(address, act, before, after, &wish.because);
        after = vec![no];
    }
    if active && !object.active {
        let no = steps.push(address, Act::Enable, present(false), after, &wish.because);
        after = vec![no];
    }
    // What another plan still has to make is waited for last, and holds up nothing else. Whether
    // there is such a plan, only the caller can tell.
    if !pending.is_empty() {
        let before = before_of(object, &pending, &[]);
        let act = Act::Update {
            set: pending,
            unset: Vec::new(),
        };
        steps.push(address, act, before, after, &wish.because);
    }
}

/// Whether a value refers to an account that does not exist yet and that rules give.
/// Each wanted value with the one that was seen. Both are in the order of their paths, so that each is
/// passed once: for everybody in every app this is most of a planning.
fn beside<'a>(
    wanted: &'a Attributes,
    seen: &'a Attributes,
) -> impl Iterator<Item = (&'a String, &'a Value, Option<&'a Value>)> {
    let mut seen = seen.iter().peekable();
    wanted.iter().map(move |(path, value)| {
        while seen.next_if(|(other, _)| *other < path).is_some() {}
        let found = seen.next_if(|(other, _)| *other == path);
        (path, value, found.map(|(_, value)| value))
    })
}

fn is_coming(steps: &Steps<'_>, address: &Address, value: &Value) -> bool {
    let Value::Subject { subject } = value else {
        return false;
    };
    let at = (address.target.clone(), *subject);
    !steps.observed.references.contains_key(&at) && steps.observed.coming.contains(&at)
}

fn same(steps: &Steps<'_>, address: &Address, wanted: &Value, seen: Option<&Value>) -> bool {
    match (wanted, seen) {
        (Value::Subject { subject }, seen) => {
            let known = steps
                .observed
                .references
                .get(&(address.target.clone(), *subject));
            match (known, seen) {
                (Some(remote), Some(Value::Text(text))) => remote.as_str() == text,
                (Some(_), _) => false,
                // The other account does not exist yet: no difference. Whether rules give it, see
                // `is_coming`.
                (None, _) => true,
            }
        }
        (wanted, Some(seen)) => wanted == seen,
        (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_attributes() -> impl Strategy<Value = Attributes> {
        let text = "[xy]".prop_map(Value::Text);
        proptest::collection::btree_map("[a-e]{1,2}", text, 0..8)
    }

    proptest! {
        #[test]
        fn each_value_is_beside_the_one_of_its_path(wanted in any_attributes(), seen in any_attributes()) {
            let found: Vec<_> = beside(&wanted, &seen).collect();
            let one_by_one = wanted.iter().map(|(path, value)| (path, value, seen.get(path)));
            prop_assert_eq!(found, one_by_one.collect::<Vec<_>>());
        }
    }
}

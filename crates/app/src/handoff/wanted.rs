//! Whether a line that nobody has answered is still wanted.
//!
//! A request that is under way at a machine is over in seconds; a line may lie on a desk for days, and
//! the world does not wait. What is not wanted any more is recalled, so that what is wanted now can be
//! planned: whoever leaves must not wait for their new title.

use std::collections::BTreeMap;

use lifecycle::assign::assign;
use lifecycle::resolve::{Wanted, resolve};
use model::{Act, Step};

use crate::{App, AppError};

impl App {
    /// Why a step is not wanted any more, for people; `None`: it is, or nobody can tell.
    pub(crate) async fn recalled(&self, step: &Step) -> Result<Option<&'static str>, AppError> {
        let account = &step.address;
        let loaded = self.loaded().await?;
        let Some(subject) = account.key.subject() else {
            return Ok(None);
        };
        let Some(person) = self.store.person(subject).await? else {
            return Ok(None);
        };
        let known = self.known(person).await?;
        let now = self.clock.now();
        let (mut assignments, undecided) =
            assign(known.worker(), &loaded.book, &BTreeMap::new(), now);
        if !undecided.is_empty() {
            return Ok(None);
        }
        for pin in self.store.pins(subject).await? {
            assignments.extend(pin.assignments);
        }
        let (desired, _) = resolve(assignments, now);
        Ok(why_not(step, desired.get(account).map(|wish| &wish.wanted)))
    }
}

fn why_not(step: &Step, wanted: Option<&Wanted>) -> Option<&'static str> {
    let gone = "nobody wants the account any more";
    let closed = "the account is to be closed by now";
    let open = "the account is to stay open by now";
    let other = "other values are wanted by now";
    let Some(wanted) = wanted else {
        // Nobody speaks of it: what is there may be anything's, what is not there is not made.
        return matches!(step.act, Act::Create { .. }).then_some(gone);
    };
    let (active, attributes) = match wanted {
        Wanted::Present {
            active, attributes, ..
        } => (*active, Some(attributes)),
        Wanted::IfPresent {
            active, attributes, ..
        } => {
            if matches!(step.act, Act::Create { .. }) {
                return Some(gone);
            }
            (*active, Some(attributes))
        }
        Wanted::Absent => (false, None),
        Wanted::Untouched => return None,
    };
    match &step.act {
        Act::Create {
            active: makes,
            attributes: made,
        } => {
            let differs = attributes.is_some_and(|now| differ(made, now));
            match (*makes && !active, differs) {
                (true, _) => Some(closed),
                (_, true) => Some(other),
                _ => None,
            }
        }
        Act::Enable => (!active).then_some(closed),
        Act::Disable => active.then_some(open),
        Act::Update { set, unset } => {
            let none = model::Attributes::new();
            let now = attributes.unwrap_or(&none);
            let filled = unset.iter().any(|path| now.contains_key(path));
            let unasked = || set.keys().all(|path| !now.contains_key(path));
            if differ(set, now) || filled {
                Some(other)
            } else {
                (!active && !set.is_empty() && unasked()).then_some(closed)
            }
        }
        Act::Delete => {
            (*wanted != Wanted::Absent).then_some("the account is not to be deleted any more")
        }
        Act::Adopt { .. } | Act::Grant | Act::Revoke => None,
    }
}

/// Whether a value that is spoken of in both differs. What only one speaks of, for example a name that
/// is given once, says nothing.
fn differ(asked: &model::Attributes, now: &model::Attributes) -> bool {
    let other =
        |(path, value): (&String, &model::Value)| now.get(path).is_some_and(|now| now != value);
    asked.iter().any(other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use model::plan::Before;
    use model::{Address, Attributes, SubjectId, TargetName, Value};

    use super::*;

    fn step(act: Act) -> Step {
        Step {
            no: 0,
            address: Address::account(&TargetName::from("plant"), SubjectId::from_bits(1)),
            act,
            before: Before::Absent,
            after: Vec::new(),
            because: Vec::new(),
        }
    }

    fn titled(title: &str) -> Attributes {
        Attributes::from([("title".to_owned(), Value::from(title))])
    }

    fn present(active: bool, title: &str) -> Wanted {
        Wanted::Present {
            active,
            ahead: !active,
            attributes: titled(title),
            unset: BTreeSet::new(),
        }
    }

    fn closed() -> Wanted {
        Wanted::IfPresent {
            active: false,
            attributes: Attributes::new(),
            unset: BTreeSet::new(),
        }
    }

    #[test]
    fn what_is_not_wanted_any_more_is_recalled_and_nothing_else_is() {
        let create = |active| Act::Create {
            attributes: titled("One"),
            active,
        };
        let update = || Act::Update {
            set: titled("One"),
            unset: Vec::new(),
        };
        let kept: [(Act, Option<Wanted>); 10] = [
            (create(true), Some(present(true, "One"))),
            (create(false), Some(present(true, "One"))),
            (create(true), Some(Wanted::Untouched)),
            (update(), Some(present(true, "One"))),
            (update(), Some(present(false, "One"))),
            (update(), None),
            (Act::Disable, Some(closed())),
            (Act::Disable, None),
            (Act::Enable, Some(present(true, "One"))),
            (Act::Delete, Some(Wanted::Absent)),
        ];
        for (act, wanted) in kept {
            assert_eq!(
                why_not(&step(act.clone()), wanted.as_ref()),
                None,
                "{act:?} {wanted:?}"
            );
        }
        let recalled: [(Act, Option<Wanted>); 10] = [
            (create(true), None),
            (create(true), Some(closed())),
            (create(true), Some(present(false, "One"))),
            (create(true), Some(present(true, "Two"))),
            (update(), Some(present(true, "Two"))),
            (update(), Some(closed())),
            (update(), Some(Wanted::Absent)),
            (Act::Disable, Some(present(true, "One"))),
            (Act::Enable, Some(closed())),
            (Act::Delete, Some(closed())),
        ];
        for (act, wanted) in recalled {
            let why = why_not(&step(act.clone()), wanted.as_ref());
            assert!(why.is_some(), "{act:?} {wanted:?}");
        }
    }
}

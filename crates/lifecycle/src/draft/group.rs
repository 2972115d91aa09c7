//! Steps for one group that documents declare. Groups are made and changed, never removed.

use model::plan::Before;
use model::{Act, Address, Attributes};

use super::{Seen, Steps, before_of};
use crate::resolve::{Resolved, Wanted};

pub(super) fn steps(
    steps: &mut Steps<'_>,
    address: &Address,
    wish: Option<&Resolved>,
    seen: &Seen,
) {
    let Some(wish) = wish else { return };
    let Wanted::Present { attributes, .. } = &wish.wanted else {
        return;
    };
    match seen {
        Seen::Absent => {
            let act = Act::Create {
                attributes: attributes.clone(),
                active: true,
            };
            steps.push(address, act, Before::Absent, Vec::new(), &wish.because);
        }
        Seen::Present {
            object: Some(object),
            ..
        } => {
            update(steps, address, object, attributes, &[], wish);
        }
        Seen::Candidates(found) if found.len() == 1 => {
            let one = &found[0];
            let act = Act::Adopt {
                remote: one.remote.clone(),
            };
            let no = steps.push(address, act, Before::Absent, Vec::new(), &wish.because);
            update(steps, address, one, attributes, &[no], wish);
        }
        Seen::Candidates(_) | Seen::Barred => steps.obstacle(
            "TNR-PLAN-0004",
            address,
            "more than one existing group has this name",
            "rename one of them in the target, or adopt the right one",
        ),
        Seen::Unknown | Seen::Present { object: None, .. } => steps.obstacle(
            "TNR-PLAN-0001",
            address,
            "the target was not listed completely, so whether the group exists is not known",
            "observe the target again; a group is only created where none is proven to exist",
        ),
    }
}

fn update(
    steps: &mut Steps<'_>,
    address: &Address,
    object: &super::Object,
    wanted: &Attributes,
    after: &[u16],
    wish: &Resolved,
) {
    let set: Attributes = wanted
        .iter()
        .filter(|(path, value)| object.attributes.get(*path) != Some(value))
        .map(|(path, value)| (path.clone(), value.clone()))
        .collect();
    if !set.is_empty() {
        let before = before_of(object, &set, &[]);
        let act = Act::Update {
            set,
            unset: Vec::new(),
        };
        steps.push(address, act, before, after.to_vec(), &wish.because);
    }
}

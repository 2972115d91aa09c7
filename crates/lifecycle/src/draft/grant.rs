//! Steps for one grant: that an account is a member of a group.

use model::plan::Before;
use model::{Act, Address, Attributes, Reason, RemoteId};

use super::{Seen, Steps};
use crate::mutants::{self, Mutant};
use crate::resolve::withdrawn;
use crate::resolve::{Resolved, Wanted};

pub(super) fn steps(
    steps: &mut Steps<'_>,
    address: &Address,
    wish: Option<&Resolved>,
    seen: &Seen,
) {
    let member = Before::Present {
        active: true,
        attributes: Attributes::new(),
    };
    match (wish.map(|w| &w.wanted), seen) {
        (Some(Wanted::Untouched), _) => {}
        (
            Some(Wanted::Present { .. }),
            Seen::Present {
                ownership: None, ..
            },
        ) => {
            // The membership exists and a rule gives it: from now on it is ours. Not before the
            // account is, which is not taken over ahead of the first day.
            if !has_account(steps, address) {
                return;
            }
            let because = because(wish);
            let remote = group_of(steps, address);
            let after = steps.making_account(address).into_iter().collect();
            steps.push(address, Act::Adopt { remote }, member, after, &because);
        }
        (Some(Wanted::Present { .. }), Seen::Present { .. }) => {}
        (Some(Wanted::Present { .. }), Seen::Absent | Seen::Candidates(_) | Seen::Barred) => {
            // Without an account, which something keeps from being made, nothing can be a member.
            if has_account(steps, address) {
                grant(steps, address, &because(wish));
            }
        }
        (Some(Wanted::Present { .. }), Seen::Unknown) => {
            if steps.making_account(address).is_some() {
                // An account that this plan makes is a member of nothing.
                grant(steps, address, &because(wish));
            } else {
                steps.obstacle(
                    "TNR-PLAN-0005",
                    address,
                    "the group's members were not listed completely",
                    "observe the target again",
                );
            }
        }
        // Not wanted, and ours: withdrawn. Not wanted and foreign: left alone, and reported.
        (Some(Wanted::Absent) | None, Seen::Present { ownership, .. })
            if ownership.is_some() || mutants::on(Mutant::ForeignRevoked) =>
        {
            let because = because(wish);
            steps.push(address, Act::Revoke, member, Vec::new(), &because);
        }
        (Some(Wanted::IfPresent { .. } | Wanted::Absent) | None, _) => {}
    }
}

/// Whether the account of a grant exists, or this plan makes it.
fn has_account(steps: &Steps<'_>, address: &Address) -> bool {
    let account = address
        .key
        .subject()
        .map(|subject| Address::account(&address.target, subject));
    let seen = account.and_then(|at| steps.observed.seen.get(&at));
    steps.making_account(address).is_some() || matches!(seen, Some(Seen::Present { .. }))
}

fn because(wish: Option<&Resolved>) -> Vec<Reason> {
    wish.map_or_else(|| vec![withdrawn()], |w| w.because.clone())
}

fn grant(steps: &mut Steps<'_>, address: &Address, because: &[Reason]) {
    let after = steps.making_account(address).into_iter().collect();
    steps.push(address, Act::Grant, Before::Absent, after, because);
}

/// The remote id of the group of a grant, where it is known.
fn group_of(steps: &Steps<'_>, address: &Address) -> RemoteId {
    let group = address.key.granted_group().unwrap_or_default();
    let at = Address::group(&address.target, group);
    match steps.observed.seen.get(&at) {
        Some(Seen::Present {
            object: Some(object),
            ..
        }) => object.remote.clone(),
        _ => RemoteId::from(""),
    }
}

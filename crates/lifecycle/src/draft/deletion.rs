//! Steps that destroy an account for good.

use std::collections::BTreeMap;

use model::plan::Before;
use model::{Act, Address, Ownership, Step};

use super::{Object, Proof, Steps, UNLISTED};
use crate::resolve::Resolved;

/// Deletes a disabled account that is ours, once a complete listing shows it so.
pub(super) fn delete(
    steps: &mut Steps<'_>,
    address: &Address,
    wish: &Resolved,
    object: &Object,
    ownership: Option<Ownership>,
) {
    if !matches!(ownership, Some(Ownership::Managed | Ownership::Adopted)) {
        steps.obstacle(
            "TNR-PLAN-0010",
            address,
            "the account is kept no longer, but it is not ours, and what is not ours is never deleted",
            "delete it in the app, or leave it there: it is disabled",
        );
        return;
    }
    match steps.observed.proofs.get(address) {
        Some(Proof::Disabled) => {
            let before = Before::Present {
                active: false,
                attributes: object.attributes.clone(),
            };
            steps.push(address, Act::Delete, before, Vec::new(), &wish.because);
        }
        Some(Proof::Workload) => steps.obstacle(
            "TNR-PLAN-0010",
            address,
            "the account is kept no longer, but a ServiceAccount document says that a workload uses it",
            "remove the document if nothing uses the account any more, or leave it there: it is disabled",
        ),
        Some(Proof::Unlisted) | None => steps.obstacle(
            UNLISTED,
            address,
            "the account is kept no longer, but no complete listing of the app shows it disabled yet",
            "see why the app cannot be listed completely with `tenure observe APP`; it stays, disabled, until then",
        ),
    }
}

/// A deletion is judged by itself, and waits for a person. Whatever else is to be done must not wait
/// with it, so it goes first, in a plan of its own; the next planning finds the deletion again.
pub(super) fn alone(steps: Vec<Step>) -> Vec<Step> {
    if steps.iter().all(|step| step.act == Act::Delete) {
        return steps;
    }
    let mut kept = Vec::with_capacity(steps.len());
    // Nothing waits for a deletion, so every number that is waited for is still there.
    let mut numbers: BTreeMap<u16, u16> = BTreeMap::new();
    for mut step in steps.into_iter().filter(|step| step.act != Act::Delete) {
        let no = u16::try_from(kept.len()).unwrap_or(u16::MAX);
        numbers.insert(step.no, no);
        step.no = no;
        for before in &mut step.after {
            *before = numbers.get(before).copied().unwrap_or(*before);
        }
        kept.push(step);
    }
    kept
}

//! From what is wanted and what is seen to the steps between them.

mod account;
mod deletion;
mod grant;
mod group;

use std::collections::{BTreeMap, BTreeSet};

use model::canonical::{self, Digest};
use model::plan::Before;
use model::{
    About, Act, Address, Attributes, Cause, Kind, Ownership, Plan, Reason, RemoteId, Step,
    SubjectId, TargetName,
};

use crate::resolve::{Desired, unwanted};
use crate::rulebook::{Mode, RuleBook};

/// An account or group as it was last seen, reduced to what decides.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Object {
    /// The target's id.
    pub remote: RemoteId,
    /// Accounts: whether it may be used.
    pub active: bool,
    /// Path → value.
    pub attributes: Attributes,
}

/// What is known about one address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The target was never listed completely, or the object could not be read.
    Unknown,
    /// A complete listing does not have it.
    Absent,
    /// It is there. Accounts and groups carry the object; grants do not.
    Present {
        /// The object; `None` for a grant, and for an account that is linked but unreadable.
        object: Option<Object>,
        /// Whose it is; `None` when nothing of ours is linked to it (a foreign grant).
        ownership: Option<Ownership>,
    },
    /// It is not linked, and these existing objects match it exactly.
    Candidates(Vec<Object>),
    /// It is not linked, and what matches it exactly may be given to nobody by a match.
    Barred,
}

/// What is known about an account that is to be deleted, beside how it was seen last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The last listing was complete and shows it disabled.
    Disabled,
    /// No complete listing shows it as it is now.
    Unlisted,
    /// A document says that a workload uses it.
    Workload,
}

/// Everything that is known about the addresses of one plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// What is at each address that is wanted or linked.
    pub seen: BTreeMap<Address, Seen>,
    /// Where other subjects' accounts are, for references: (target, subject) → remote id.
    pub references: BTreeMap<(TargetName, SubjectId), RemoteId>,
    /// Accounts of other subjects that rules give them, whether they exist or not. A plan that
    /// refers to one that does not is only worth making with another plan that makes it: see
    /// [`crate::claims::referred`].
    pub coming: BTreeSet<(TargetName, SubjectId)>,
    /// What is known about accounts that are to be deleted; of others nothing is proven.
    pub proofs: BTreeMap<Address, Proof>,
}

/// Something that keeps an address from being planned; becomes a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// A stable code.
    pub code: &'static str,
    /// Where.
    pub address: Address,
    /// What is in the way, without personal values.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// A plan, or none when nothing is to be done, and what was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The plan; `None` when no step is needed.
    pub plan: Option<Plan>,
    /// What could not be planned.
    pub obstacles: Vec<Obstacle>,
}

/// The code of an account that is to be deleted and that no complete listing shows disabled.
pub const UNLISTED: &str = "TNR-PLAN-0009";

/// The steps of one plan as they grow.
struct Steps<'a> {
    observed: &'a Observed,
    steps: Vec<Step>,
    obstacles: Vec<Obstacle>,
}

impl Steps<'_> {
    fn push(
        &mut self,
        address: &Address,
        act: Act,
        before: Before,
        after: Vec<u16>,
        because: &[Reason],
    ) -> u16 {
        let no = u16::try_from(self.steps.len()).unwrap_or(u16::MAX);
        self.steps.push(Step {
            no,
            address: address.clone(),
            act,
            before,
            after,
            because: because.to_vec(),
        });
        no
    }

    fn obstacle(&mut self, code: &'static str, address: &Address, problem: &str, fix: &str) {
        self.obstacles.push(Obstacle {
            code,
            address: address.clone(),
            problem: problem.to_owned(),
            fix: fix.to_owned(),
        });
    }

    /// The step of this plan that makes the account of `address`'s subject exist, if one does.
    fn making_account(&self, address: &Address) -> Option<u16> {
        let subject = address.key.subject()?;
        let account = Address::account(&address.target, subject);
        self.steps
            .iter()
            .find(|s| {
                s.address == account && matches!(s.act, Act::Create { .. } | Act::Adopt { .. })
            })
            .map(|s| s.no)
    }
}

/// Makes the plan that turns what is seen into what is wanted.
///
/// Addresses that are linked but that nobody wants are withdrawn: accounts disabled, grants
/// revoked; groups stay. Nothing is done in targets under `observe`. Only attributes that some
/// assignment owns are compared.
#[must_use]
pub fn draft(
    about: &About,
    desired: &Desired,
    observed: &Observed,
    book: &RuleBook,
    cause: &Cause,
    salt: Digest,
) -> Draft {
    let Steps {
        steps, obstacles, ..
    } = steps_between(desired, observed, book);
    let steps = deletion::alone(steps);
    if steps.is_empty() {
        return Draft {
            plan: None,
            obstacles,
        };
    }
    let base = base_of(&steps, observed);
    let plan = Plan {
        about: about.clone(),
        cause: cause.clone(),
        revision: book.revision,
        zones: model::time::zones().to_owned(),
        base,
        steps,
        salt,
    };
    Draft {
        plan: Some(plan),
        obstacles,
    }
}

/// Whether nothing is to be done and nothing is in the way: [`draft`] would give no plan and no
/// obstacle.
#[must_use]
pub fn is_as_wanted(desired: &Desired, observed: &Observed, book: &RuleBook) -> bool {
    let found = steps_between(desired, observed, book);
    found.steps.is_empty() && found.obstacles.is_empty()
}

fn steps_between<'a>(desired: &Desired, observed: &'a Observed, book: &RuleBook) -> Steps<'a> {
    let mut steps = Steps {
        observed,
        steps: Vec::new(),
        obstacles: Vec::new(),
    };
    let nobody = unwanted();
    let mut addresses: Vec<&Address> = desired.keys().chain(observed.seen.keys()).collect();
    // Accounts before grants, so that a grant can name the step that makes its account.
    addresses.sort_by_key(|a| (a.kind, *a));
    addresses.dedup();
    for address in addresses {
        let Some(app) = book.apps.get(&address.target) else {
            continue;
        };
        if app.mode == Mode::Observe {
            continue;
        }
        let wish = desired.get(address);
        let seen = observed.seen.get(address).unwrap_or(&Seen::Unknown);
        match address.kind {
            Kind::Account => account::steps(&mut steps, address, wish.unwrap_or(&nobody), seen),
            Kind::Group => group::steps(&mut steps, address, wish, seen),
            Kind::Grant => grant::steps(&mut steps, address, wish, seen),
        }
    }
    steps
}

/// The digest of what is known about an address; a plan remembers it as its base.
#[must_use]
pub fn base_digest(seen: &Seen) -> Digest {
    // `Seen` holds no floats and no maps with other than text keys, so it always has a digest.
    canonical::digest(seen).unwrap_or_default()
}

fn base_of(steps: &[Step], observed: &Observed) -> Vec<(Address, Digest)> {
    let mut base: Vec<_> = steps
        .iter()
        .map(|s| {
            let seen = observed.seen.get(&s.address).unwrap_or(&Seen::Unknown);
            (s.address.clone(), base_digest(seen))
        })
        .collect();
    base.sort();
    base.dedup();
    base
}

/// What was there of the attributes that a step changes.
fn before_of(object: &Object, set: &Attributes, unset: &[String]) -> Before {
    let attributes = set
        .keys()
        .chain(unset)
        .filter_map(|path| Some((path.clone(), object.attributes.get(path)?.clone())))
        .collect();
    Before::Present {
        active: object.active,
        attributes,
    }
}

#[cfg(test)]
mod tests;

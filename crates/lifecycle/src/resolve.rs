//! From many wishes to one desired state per address.
//!
//! Assignments are laid over one another from the weakest rank to the strongest. Within a rank
//! grants unite; two different values for one attribute are a conflict: a configuration error
//! that leaves the whole address untouched and names both reasons.

use std::collections::{BTreeMap, BTreeSet};

use model::attributes::Value;
use model::{Address, Assignment, Attributes, Rank, Reason, Timestamp, Want};

/// What is wanted at one address, after all wishes were weighed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// It exists, usable or not, with these attributes; paths in `unset` have no value.
    Present {
        /// For accounts: whether it may be used.
        active: bool,
        /// One that may not be used is made all the same where there is none.
        ahead: bool,
        /// Path → value.
        attributes: Attributes,
        /// Paths that must have no value.
        unset: BTreeSet<String>,
    },
    /// Nothing asks that it exist, but if it does, this holds of it.
    IfPresent {
        /// Whether it may be used. What nobody asks for may not: values that an undo holds are
        /// no reason to keep an account that no rule gives any more.
        active: bool,
        /// Path → value.
        attributes: Attributes,
        /// Paths that must have no value.
        unset: BTreeSet<String>,
    },
    /// It does not exist.
    Absent,
    /// It is left as it is.
    Untouched,
}

/// The wish of an address, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// What is wanted.
    pub wanted: Wanted,
    /// The reasons of every assignment that had a say, sorted.
    pub because: Vec<Reason>,
}

/// Address → wish. Addresses that nobody speaks of are not in it.
pub type Desired = BTreeMap<Address, Resolved>;

/// Two assignments of one rank want different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Where.
    pub address: Address,
    /// Which attribute; `active` for usability, empty for existence.
    pub attribute: String,
    /// One reason.
    pub one: Reason,
    /// The other.
    pub other: Reason,
}

/// What an assignment says of its address.
struct Wish {
    want: Want,
    because: Reason,
    rank: Rank,
}

/// Weighs assignments. The order in which they come does not matter (law `order_free`).
#[must_use]
pub fn resolve(
    assignments: impl IntoIterator<Item = Assignment>,
    now: Timestamp,
) -> (Desired, Vec<Conflict>) {
    let mut by_address: BTreeMap<Address, Vec<Wish>> = BTreeMap::new();
    for assignment in assignments {
        if assignment.until.is_none_or(|until| now < until) {
            let wish = Wish {
                want: assignment.want,
                because: assignment.because,
                rank: assignment.rank,
            };
            by_address.entry(assignment.about).or_default().push(wish);
        }
    }
    let mut conflicts = Vec::new();
    let desired = by_address.into_iter().map(|(address, wishes)| {
        let resolved =
            alone(wishes).unwrap_or_else(|wishes| weigh(&address, wishes, &mut conflicts));
        (address, resolved)
    });
    (desired.collect(), conflicts)
}

/// Lays the wishes of one address over one another.
fn weigh(address: &Address, mut wishes: Vec<Wish>, conflicts: &mut Vec<Conflict>) -> Resolved {
    wishes.sort_by(|a, b| (a.rank, &a.because).cmp(&(b.rank, &b.because)));
    let found = conflicts.len();
    let mut layers = Layers::default();
    for of_rank in wishes.chunk_by(|a, b| a.rank == b.rank) {
        layers.lay(address, of_rank, conflicts);
    }
    let mut because: Vec<_> = wishes.iter().map(|w| w.because.clone()).collect();
    if layers.exists.is_none() && layers.active.is_none() && !layers.untouched {
        because.push(withdrawn());
    }
    let wanted = if conflicts.len() > found {
        Wanted::Untouched
    } else {
        layers.into_wanted()
    };
    because.sort();
    because.dedup();
    Resolved { wanted, because }
}

/// What nearly every address comes to: one wish that it exist, with nobody to differ. `Err` gives other
/// wishes back.
fn alone(mut wishes: Vec<Wish>) -> Result<Resolved, Vec<Wish>> {
    match wishes.pop() {
        Some(Wish {
            want: Want::Present { active, attributes },
            because,
            ..
        }) if wishes.is_empty() => Ok(Resolved {
            wanted: Wanted::Present {
                active,
                ahead: false,
                attributes,
                unset: BTreeSet::new(),
            },
            because: vec![because],
        }),
        last => {
            wishes.extend(last);
            Err(wishes)
        }
    }
}

/// The wish of a linked address that no assignment speaks of.
#[must_use]
pub fn unwanted() -> Resolved {
    Resolved {
        wanted: Wanted::IfPresent {
            active: false,
            attributes: Attributes::new(),
            unset: BTreeSet::new(),
        },
        because: vec![withdrawn()],
    }
}

/// Why what no rule gives is taken away.
#[must_use]
pub fn withdrawn() -> Reason {
    Reason {
        by: "lifecycle/withdrawn".to_owned(),
        text: "no rule gives this any more".to_owned(),
        facts: Vec::new(),
    }
}

/// What the ranks so far want.
#[derive(Default)]
struct Layers<'a> {
    exists: Option<bool>,
    active: Option<bool>,
    /// Whoever said last that it may not be used said that it is made all the same.
    ahead: bool,
    values: BTreeMap<&'a str, Option<&'a Value>>,
    untouched: bool,
}

impl<'a> Layers<'a> {
    fn lay(&mut self, address: &Address, wishes: &'a [Wish], conflicts: &mut Vec<Conflict>) {
        let mut exists: Option<(bool, &Reason)> = None;
        let mut active: Option<(bool, &Reason)> = None;
        let mut values = Values::new();
        let mut untouched = false;
        let mut ahead = true;
        for wish in wishes {
            let why = &wish.because;
            let mut said = Vec::new();
            match &wish.want {
                Want::Present { active: usable, .. } => {
                    ahead = false;
                    said.extend(say(&mut exists, true, "", why));
                    said.extend(say(&mut active, *usable, "active", why));
                }
                Want::Enabled => said.extend(say(&mut active, true, "active", why)),
                Want::Disabled => {
                    ahead = false;
                    said.extend(say(&mut active, false, "active", why));
                }
                Want::Ahead => said.extend(say(&mut active, false, "active", why)),
                Want::Absent => said.extend(say(&mut exists, false, "", why)),
                Want::Untouched => untouched = true,
                Want::Values { .. } => {}
            }
            for (attribute, other) in said {
                conflicts.push(Conflict {
                    address: address.clone(),
                    attribute: attribute.to_owned(),
                    one: other.clone(),
                    other: why.clone(),
                });
            }
            conflicts.extend(add_values(&mut values, address, wish));
        }
        // Someone who does not know must not stop someone who does; someone who does not know
        // must stop everyone weaker.
        let knows = exists.is_some() || active.is_some() || !values.is_empty();
        self.untouched = if untouched && !knows {
            true
        } else {
            self.untouched && !knows
        };
        // Whoever says how it may be used says that it stays: nothing weaker destroys it.
        let weaker = self.exists.filter(|exists| *exists || active.is_none());
        self.exists = exists.map(|(e, _)| e).or(weaker);
        if let Some((usable, _)) = active {
            self.active = Some(usable);
            self.ahead = ahead && !usable;
        }
        let values = values.into_iter().map(|(path, (value, _))| (path, value));
        if self.values.is_empty() {
            self.values = values.collect();
        } else {
            self.values.extend(values);
        }
    }

    fn into_wanted(self) -> Wanted {
        if self.untouched {
            return Wanted::Untouched;
        }
        let own = |(path, value): (&&str, &Option<&Value>)| {
            value.map(|value| ((*path).to_owned(), value.clone()))
        };
        let attributes: Attributes = self.values.iter().filter_map(own).collect();
        let without = self.values.iter().filter(|(_, value)| value.is_none());
        let unset = without.map(|(path, _)| (*path).to_owned()).collect();
        match self.exists {
            Some(false) => Wanted::Absent,
            Some(true) => Wanted::Present {
                active: self.active.unwrap_or(true),
                ahead: self.ahead,
                attributes,
                unset,
            },
            None => Wanted::IfPresent {
                active: self.active.unwrap_or(false),
                attributes,
                unset,
            },
        }
    }
}

/// Path → value, with the reason of whoever said so first.
type Values<'a> = BTreeMap<&'a str, (Option<&'a Value>, &'a Reason)>;

/// Adds what a wish says of values; gives what others of its rank say differently.
fn add_values<'a>(values: &mut Values<'a>, address: &Address, wish: &'a Wish) -> Vec<Conflict> {
    let why = &wish.because;
    if let Want::Present { attributes, .. } = &wish.want
        && values.is_empty()
    {
        // Nobody else has said anything yet, and one map says nothing twice.
        let said = attributes.iter();
        *values = said
            .map(|(path, value)| (path.as_str(), (Some(value), why)))
            .collect();
        return Vec::new();
    }
    let mut conflicts = Vec::new();
    for (path, value) in values_of(&wish.want) {
        match values.get(path) {
            Some((said, by)) if *said != value => conflicts.push(Conflict {
                address: address.clone(),
                attribute: path.to_owned(),
                one: Reason::clone(by),
                other: why.clone(),
            }),
            _ => {
                values.insert(path, (value, why));
            }
        }
    }
    conflicts
}

/// Says one truth value; gives the attribute and the reason of whoever said otherwise before.
fn say<'a, 'b>(
    slot: &mut Option<(bool, &'a Reason)>,
    value: bool,
    attribute: &'b str,
    why: &'a Reason,
) -> Option<(&'b str, &'a Reason)> {
    match slot {
        Some((said, by)) if *said != value => Some((attribute, by)),
        _ => {
            *slot = Some((value, why));
            None
        }
    }
}

fn values_of(want: &Want) -> Vec<(&str, Option<&Value>)> {
    match want {
        Want::Present { attributes, .. } => attributes
            .iter()
            .map(|(path, value)| (path.as_str(), Some(value)))
            .collect(),
        Want::Values { set, unset } => set
            .iter()
            .map(|(path, value)| (path.as_str(), Some(value)))
            .chain(unset.iter().map(|path| (path.as_str(), None)))
            .collect(),
        Want::Enabled | Want::Disabled | Want::Ahead | Want::Absent | Want::Untouched => Vec::new(),
    }
}

#[cfg(test)]
mod tests;

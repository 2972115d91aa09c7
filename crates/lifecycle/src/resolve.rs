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

/// Weighs assignments. The order in which they come does not matter (law `order_free`).
#[must_use]
pub fn resolve(assignments: &[Assignment], now: Timestamp) -> (Desired, Vec<Conflict>) {
    let mut by_address: BTreeMap<&Address, Vec<&Assignment>> = BTreeMap::new();
    for assignment in assignments {
        if assignment.until.is_none_or(|until| now < until) {
            by_address
                .entry(&assignment.about)
                .or_default()
                .push(assignment);
        }
    }
    let mut desired = Desired::new();
    let mut conflicts = Vec::new();
    for (address, mut wishes) in by_address {
        wishes.sort_by(|a, b| (a.rank, &a.because).cmp(&(b.rank, &b.because)));
        let found = conflicts.len();
        let mut layers = Layers::default();
        for rank in [
            Rank::Birthright,
            Rank::Leaver,
            Rank::Undo,
            Rank::EmergencyStop,
        ] {
            let of_rank: Vec<_> = wishes.iter().copied().filter(|w| w.rank == rank).collect();
            if !of_rank.is_empty() {
                layers.lay(address, &of_rank, &mut conflicts);
            }
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
        desired.insert(address.clone(), Resolved { wanted, because });
    }
    (desired, conflicts)
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
    fn lay(&mut self, address: &Address, wishes: &[&'a Assignment], conflicts: &mut Vec<Conflict>) {
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
fn add_values<'a>(
    values: &mut Values<'a>,
    address: &Address,
    wish: &'a Assignment,
) -> Vec<Conflict> {
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
mod tests {
    use super::*;
    use crate::fixtures::{address, wish};
    use proptest::prelude::*;

    fn present(attributes: &[(&str, &str)]) -> Want {
        Want::Present {
            active: true,
            attributes: attributes
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).into()))
                .collect(),
        }
    }

    fn only(desired: &Desired) -> &Wanted {
        assert_eq!(desired.len(), 1);
        &desired[&address()].wanted
    }

    #[test]
    fn equals_unite_and_different_values_conflict() {
        let a = wish(Rank::Birthright, "rule/a", present(&[("title", "CEO")]));
        let b = wish(Rank::Birthright, "rule/b", present(&[("dept", "Board")]));
        let (desired, conflicts) = resolve(&[a.clone(), b], Timestamp::EPOCH);
        assert!(conflicts.is_empty());
        assert!(
            matches!(only(&desired), Wanted::Present { attributes, .. } if attributes.len() == 2)
        );

        let c = wish(Rank::Birthright, "rule/c", present(&[("title", "CTO")]));
        let (desired, conflicts) = resolve(&[a, c], Timestamp::EPOCH);
        assert_eq!(only(&desired), &Wanted::Untouched);
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0].attribute, "title");
        assert_eq!(
            (conflicts[0].one.by.as_str(), conflicts[0].other.by.as_str()),
            ("rule/a", "rule/c")
        );
    }

    #[test]
    fn a_leaver_is_disabled_and_undo_takes_that_back() {
        let leaver = wish(Rank::Leaver, "lifecycle/leaver", Want::Disabled);
        let (desired, _) = resolve(std::slice::from_ref(&leaver), Timestamp::EPOCH);
        assert!(matches!(
            only(&desired),
            Wanted::IfPresent { active: false, .. }
        ));

        let undo = wish(Rank::Undo, "undo/w", Want::Enabled);
        let stop = wish(Rank::EmergencyStop, "stop", Want::Disabled);
        let (desired, _) = resolve(&[leaver.clone(), undo.clone()], Timestamp::EPOCH);
        assert!(matches!(
            only(&desired),
            Wanted::IfPresent { active: true, .. }
        ));
        let (desired, _) = resolve(&[stop, leaver, undo], Timestamp::EPOCH);
        assert!(matches!(
            only(&desired),
            Wanted::IfPresent { active: false, .. }
        ));
    }

    #[test]
    fn what_is_kept_no_longer_is_absent_unless_someone_stronger_says_how_it_is_used() {
        let out = wish(Rank::Leaver, "lifecycle/leaver", Want::Disabled);
        let over = wish(Rank::Leaver, "lifecycle/retention", Want::Absent);
        let rule = wish(Rank::Birthright, "decision/adopt", present(&[]));
        let leaver = [rule, out, over];
        let (desired, conflicts) = resolve(&leaver, Timestamp::EPOCH);
        assert_eq!(only(&desired), &Wanted::Absent);
        assert_eq!(conflicts, []);
        for (want, active) in [(Want::Enabled, true), (Want::Disabled, false)] {
            let mut all = leaver.to_vec();
            all.push(wish(Rank::Undo, "undo/w", want));
            let (desired, _) = resolve(&all, Timestamp::EPOCH);
            let held = only(&desired);
            assert!(
                matches!(held, Wanted::IfPresent { active: a, .. } if *a == active),
                "{held:?}"
            );
        }
    }

    #[test]
    fn what_is_made_ahead_may_not_be_used_and_whoever_has_left_gets_nothing_made() {
        let rule = wish(Rank::Birthright, "rule/a", present(&[]));
        let ahead = wish(Rank::Leaver, "lifecycle/joiner", Want::Ahead);
        let made = |wishes: &[Assignment]| match only(&resolve(wishes, Timestamp::EPOCH).0) {
            Wanted::Present { active, ahead, .. } => Some((*active, *ahead)),
            _ => None,
        };
        assert_eq!(made(std::slice::from_ref(&rule)), Some((true, false)));
        assert_eq!(made(&[rule.clone(), ahead.clone()]), Some((false, true)));
        assert_eq!(made(std::slice::from_ref(&ahead)), None, "nobody gives it");
        // Whoever says `disabled` beside it or above it means no account that is yet to be made.
        for rank in [Rank::Leaver, Rank::Undo] {
            let out = wish(rank, "out", Want::Disabled);
            let all = [rule.clone(), ahead.clone(), out];
            assert_eq!(made(&all), Some((false, false)), "{rank:?}");
        }
        let undo = wish(Rank::Undo, "undo/w", Want::Enabled);
        assert_eq!(made(&[rule, ahead, undo]), Some((true, false)));
    }

    #[test]
    fn values_that_an_undo_holds_keep_no_account_that_no_rule_gives() {
        let held = Want::Values {
            set: Attributes::from([("title".to_owned(), Value::from("CEO"))]),
            unset: Vec::new(),
        };
        let (desired, _) = resolve(&[wish(Rank::Undo, "undo/w", held)], Timestamp::EPOCH);
        assert!(matches!(
            only(&desired),
            Wanted::IfPresent { active: false, .. }
        ));
        let because = &desired[&address()].because;
        assert!(because.iter().any(|r| r.by == "lifecycle/withdrawn"));
    }

    #[test]
    fn not_knowing_yields_to_knowing_but_stops_what_is_weaker() {
        let unsure = wish(Rank::Birthright, "rule/a", Want::Untouched);
        let sure = wish(Rank::Birthright, "rule/b", present(&[]));
        let (desired, _) = resolve(&[unsure.clone(), sure.clone()], Timestamp::EPOCH);
        assert!(matches!(only(&desired), Wanted::Present { .. }));
        let (desired, _) = resolve(&[unsure], Timestamp::EPOCH);
        assert_eq!(only(&desired), &Wanted::Untouched);
        let hold = wish(Rank::Undo, "undo/w", Want::Untouched);
        let (desired, _) = resolve(&[sure, hold], Timestamp::EPOCH);
        assert_eq!(only(&desired), &Wanted::Untouched);
    }

    #[test]
    fn what_has_run_out_has_no_say() {
        let mut short = wish(Rank::Undo, "undo/w", Want::Disabled);
        short.until = Some(Timestamp::from_micros(10));
        assert!(
            resolve(std::slice::from_ref(&short), Timestamp::from_micros(10))
                .0
                .is_empty()
        );
        assert_eq!(resolve(&[short], Timestamp::from_micros(9)).0.len(), 1);
    }

    fn any_want() -> impl Strategy<Value = Want> {
        let values = proptest::collection::btree_map("[ab]", "[xy]".prop_map(Value::Text), 0..3);
        prop_oneof![
            (any::<bool>(), values.clone())
                .prop_map(|(active, attributes)| Want::Present { active, attributes }),
            (values, proptest::collection::vec("[cd]", 0..2))
                .prop_map(|(set, unset)| Want::Values { set, unset }),
            Just(Want::Enabled),
            Just(Want::Disabled),
            Just(Want::Ahead),
            Just(Want::Absent),
            Just(Want::Untouched),
        ]
    }

    fn any_rank() -> impl Strategy<Value = Rank> {
        prop_oneof![
            Just(Rank::Birthright),
            Just(Rank::Leaver),
            Just(Rank::Undo),
            Just(Rank::EmergencyStop)
        ]
    }

    proptest! {
        #[test]
        fn order_free(
            wishes in proptest::collection::vec((any_rank(), "[a-f]", any_want()), 0..8),
            turn in any::<prop::sample::Index>(),
        ) {
            let mut list: Vec<_> =
                wishes.iter().map(|(rank, by, want)| wish(*rank, by, want.clone())).collect();
            let straight = resolve(&list, Timestamp::EPOCH).0;
            if !list.is_empty() {
                let by = turn.index(list.len());
                list.rotate_left(by);
            }
            prop_assert_eq!(&straight, &resolve(&list, Timestamp::EPOCH).0);
            list.reverse();
            prop_assert_eq!(&straight, &resolve(&list, Timestamp::EPOCH).0);
        }
    }
}

//! Whose the accounts of an app are that was there before Tenure.
//!
//! The same comparison by which the planner matches one person, seen from the accounts: each
//! person claims what equals the first of their match values that anything equals. An account is
//! told as someone's only where one person claims it and claims nothing else.

use std::collections::{BTreeMap, BTreeSet};

use model::event::Holder;
use model::{RemoteId, SubjectId};

/// An account as the comparison sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The app's id of it.
    pub remote: RemoteId,
    /// Its value at each of the app's match paths.
    pub values: Vec<Option<String>>,
    /// Whose it already is.
    pub linked: Option<SubjectId>,
    /// Whose someone said it is.
    pub decided: Option<Holder>,
    /// It has rights that nobody gets by a match.
    pub privileged: bool,
}

/// A person as the comparison sees them: the value an account of theirs would have at each of
/// the app's match paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// Who.
    pub subject: SubjectId,
    /// Path by path; `None` where nothing is known.
    pub values: Vec<Option<String>>,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Linked to a person already.
    Linked,
    /// Someone said whose it is; the next plan that needs it takes it over.
    Adopted,
    /// One person's, by the match attributes.
    Exact,
    /// Several people's, or one of several that one person matches.
    Ambiguous,
    /// Nobody matches.
    Orphan,
    /// Several people use it.
    Shared,
    /// A workload uses it.
    Service,
    /// No match gives it to anyone.
    Privileged,
    /// Not looked at any more.
    Ignored,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 9] = [
        Self::Linked,
        Self::Adopted,
        Self::Exact,
        Self::Ambiguous,
        Self::Orphan,
        Self::Shared,
        Self::Service,
        Self::Privileged,
        Self::Ignored,
    ];

    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Adopted => "adopted",
            Self::Exact => "exact",
            Self::Ambiguous => "ambiguous",
            Self::Orphan => "orphan",
            Self::Shared => "shared",
            Self::Service => "service",
            Self::Privileged => "privileged",
            Self::Ignored => "ignored",
        }
    }
}

/// What the comparison says of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correlated {
    /// The account.
    pub remote: RemoteId,
    /// What it is.
    pub class: Class,
    /// Whose it is, or everyone who matches it, sorted.
    pub people: Vec<SubjectId>,
    /// Other accounts that the same people match, sorted.
    pub rivals: Vec<RemoteId>,
}

/// Compares accounts with people. `rejected` are pairs that do not belong together, whatever
/// they match by. The answer has the order of the accounts; that of the people does not matter.
#[must_use]
pub fn correlate(
    accounts: &[Account],
    people: &[Claimant],
    rejected: &BTreeSet<(RemoteId, SubjectId)>,
) -> Vec<Correlated> {
    let index = index(accounts);
    let settled: BTreeSet<SubjectId> = accounts.iter().filter_map(holder).collect();
    let mut claims: BTreeMap<SubjectId, Vec<usize>> = BTreeMap::new();
    let mut claimants: Vec<Vec<SubjectId>> = vec![Vec::new(); accounts.len()];
    for person in people {
        let mut found = claimed(person, &index, accounts, rejected);
        // Whoever has an account claims no other; privileged ones are shown with their people.
        if settled.contains(&person.subject) {
            found.retain(|at| accounts[*at].privileged);
        }
        for at in &found {
            claimants[*at].push(person.subject);
        }
        claims.insert(person.subject, found);
    }
    let mut out = Vec::with_capacity(accounts.len());
    for (at, account) in accounts.iter().enumerate() {
        let mut people = std::mem::take(&mut claimants[at]);
        people.sort_unstable();
        let rivals: BTreeSet<&RemoteId> = people
            .iter()
            .filter_map(|subject| claims.get(subject))
            .flatten()
            .filter(|other| **other != at)
            .map(|other| &accounts[*other].remote)
            .collect();
        let class = class(account, people.len(), rivals.len());
        if let Some(subject) = holder(account) {
            people = vec![subject];
        }
        out.push(Correlated {
            remote: account.remote.clone(),
            class,
            people,
            rivals: rivals.into_iter().cloned().collect(),
        });
    }
    out
}

/// The person to whom an account belongs already.
fn holder(account: &Account) -> Option<SubjectId> {
    account.linked.or(match account.decided {
        Some(Holder::Person { subject }) => Some(subject),
        _ => None,
    })
}

fn class(account: &Account, people: usize, rivals: usize) -> Class {
    if account.linked.is_some() {
        return Class::Linked;
    }
    match &account.decided {
        Some(Holder::Person { .. }) => return Class::Adopted,
        Some(Holder::Orphan) => return Class::Orphan,
        Some(Holder::Shared) => return Class::Shared,
        Some(Holder::Service { .. }) => return Class::Service,
        Some(Holder::Privileged) => return Class::Privileged,
        Some(Holder::Ignored) => return Class::Ignored,
        Some(Holder::Undecided) | None => {}
    }
    match (account.privileged, people, rivals) {
        (true, _, _) => Class::Privileged,
        (false, 0, _) => Class::Orphan,
        (false, 1, 0) => Class::Exact,
        (false, _, _) => Class::Ambiguous,
    }
}

/// Path and value → the accounts that have it and may be asked about.
type Index<'a> = BTreeMap<(usize, String), Vec<usize>>;

fn index(accounts: &[Account]) -> Index<'_> {
    let mut index = Index::new();
    for (at, account) in accounts.iter().enumerate() {
        if account.linked.is_some() || account.decided.is_some() {
            continue;
        }
        for (path, value) in account.values.iter().enumerate() {
            if let Some(value) = value {
                let key = (path, value.to_ascii_lowercase());
                index.entry(key).or_default().push(at);
            }
        }
    }
    index
}

/// The accounts that equal the first of the person's values that any account equals.
fn claimed(
    person: &Claimant,
    index: &Index<'_>,
    accounts: &[Account],
    rejected: &BTreeSet<(RemoteId, SubjectId)>,
) -> Vec<usize> {
    for (path, value) in person.values.iter().enumerate() {
        let Some(value) = value else { continue };
        let found = index.get(&(path, value.to_ascii_lowercase()));
        let mut found = found.cloned().unwrap_or_default();
        found.retain(|at| !rejected.contains(&(accounts[*at].remote.clone(), person.subject)));
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn who(n: u8) -> SubjectId {
        SubjectId::from_bits(u128::from(n))
    }

    fn account(remote: &str, name: &str) -> Account {
        Account {
            remote: remote.into(),
            values: vec![Some(name.to_owned())],
            linked: None,
            decided: None,
            privileged: false,
        }
    }

    fn person(n: u8, name: &str) -> Claimant {
        Claimant {
            subject: who(n),
            values: vec![Some(name.to_owned())],
        }
    }

    fn classes(accounts: &[Account], people: &[Claimant]) -> Vec<Class> {
        let found = correlate(accounts, people, &BTreeSet::new());
        found.into_iter().map(|c| c.class).collect()
    }

    #[test]
    fn one_person_and_one_account_is_exact_and_anything_more_is_not() {
        let accounts = [
            account("1", "ana@x"),
            account("2", "Bo@x"),
            account("3", "c"),
        ];
        let people = [person(1, "ANA@x"), person(2, "bo@x"), person(3, "bo@X")];
        assert_eq!(
            classes(&accounts, &people),
            [Class::Exact, Class::Ambiguous, Class::Orphan]
        );
        let twins = [account("1", "ana@x"), account("2", "ANA@x")];
        let found = correlate(&twins, &people, &BTreeSet::new());
        assert!(found.iter().all(|c| c.class == Class::Ambiguous));
        assert_eq!(found[0].rivals, [RemoteId::from("2")]);
    }

    #[test]
    fn what_was_decided_or_is_privileged_is_nobodys_by_a_match() {
        let mut accounts = [account("1", "ana@x"), account("2", "ana@x")];
        accounts[0].decided = Some(Holder::Shared);
        assert_eq!(
            classes(&accounts, &[person(1, "ana@x")]),
            [Class::Shared, Class::Exact]
        );
        accounts[1].privileged = true;
        assert_eq!(
            classes(&accounts, &[person(1, "ana@x")]),
            [Class::Shared, Class::Privileged]
        );
    }

    #[test]
    fn a_person_who_has_an_account_claims_no_other() {
        let mut accounts = [account("1", "old"), account("2", "ana@x")];
        accounts[0].decided = Some(Holder::Person { subject: who(1) });
        let found = correlate(&accounts, &[person(1, "ana@x")], &BTreeSet::new());
        assert_eq!(found[0].class, Class::Adopted);
        assert_eq!(found[0].people, [who(1)]);
        assert_eq!(found[1].class, Class::Orphan);
    }

    #[test]
    fn a_rejected_pair_never_meets_and_the_other_one_is_exact_then() {
        let accounts = [account("1", "bo@x")];
        let people = [person(2, "bo@x"), person(3, "bo@x")];
        let rejected = BTreeSet::from([("1".into(), who(2))]);
        let found = correlate(&accounts, &people, &rejected);
        assert_eq!(
            (found[0].class, found[0].people.clone()),
            (Class::Exact, vec![who(3)])
        );
    }

    #[test]
    fn a_later_path_counts_only_where_no_earlier_one_finds_anything() {
        let two = |a: &str, b: &str| vec![Some(a.to_owned()), Some(b.to_owned())];
        let mut accounts = [account("1", "a"), account("2", "b")];
        accounts[0].values = two("a", "7");
        accounts[1].values = two("b", "7");
        let person = Claimant {
            subject: who(1),
            values: two("a", "7"),
        };
        assert_eq!(classes(&accounts, &[person]), [Class::Exact, Class::Orphan]);
    }

    proptest! {
        #[test]
        fn nobody_is_exact_twice_and_order_does_not_matter(
            names in proptest::collection::vec("[ab]{1,2}", 0..6),
            mut people in proptest::collection::vec("[ab]{1,2}", 0..6)
                .prop_map(|names| names.iter().enumerate()
                    .map(|(n, name)| person(u8::try_from(n).unwrap_or(0), name))
                    .collect::<Vec<_>>()),
        ) {
            let accounts: Vec<Account> = names.iter().enumerate()
                .map(|(n, name)| account(&n.to_string(), name)).collect();
            let straight = correlate(&accounts, &people, &BTreeSet::new());
            let exact: Vec<_> = straight.iter()
                .filter(|c| c.class == Class::Exact).map(|c| c.people[0]).collect();
            prop_assert_eq!(exact.iter().collect::<BTreeSet<_>>().len(), exact.len());
            people.reverse();
            prop_assert_eq!(straight, correlate(&accounts, &people, &BTreeSet::new()));
        }
    }
}

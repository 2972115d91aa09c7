//! What the accounts of a whole workforce would look like, gathered while a planning goes over
//! it: how often each value comes, who would have none, and who would share what tells accounts
//! apart.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use lifecycle::RuleBook;
use lifecycle::resolve::{Desired, Wanted};
use model::{Kind, SubjectId, TargetName};

/// Different values of one attribute that are counted one by one.
const MOST_VALUES: usize = 1_000;
/// People of one collision who are remembered.
const MOST_SHARING: usize = 20;

/// What was gathered.
#[derive(Default)]
pub(crate) struct Survey {
    /// Everyone who was looked at.
    pub people: u64,
    /// By app.
    pub apps: BTreeMap<TargetName, Accounts>,
}

/// The accounts that rules give in one app.
#[derive(Default)]
pub(crate) struct Accounts {
    pub total: u64,
    /// By attribute path.
    pub values: BTreeMap<String, Values>,
    /// By attribute path; only those by which accounts are matched.
    pub keys: BTreeMap<String, Keys>,
}

/// The values of one attribute.
#[derive(Default)]
pub(crate) struct Values {
    pub counts: HashMap<String, u64>,
    /// Accounts without a value.
    pub empty: u64,
    /// There are more different values than are counted.
    pub more: bool,
}

/// Who has which value of an attribute that tells accounts apart. Only a hash is kept of a value
/// that one person has: with 100,000 people and many apps the values themselves would not fit.
#[derive(Default)]
pub(crate) struct Keys {
    first: HashMap<u64, SubjectId>,
    pub shared: HashMap<u64, Sharing>,
}

/// People who would have the same value.
pub(crate) struct Sharing {
    pub value: String,
    pub total: u64,
    /// The first of them by their place in the workforce.
    pub people: Vec<SubjectId>,
}

impl Survey {
    /// Adds what one person is to have.
    pub fn add(&mut self, subject: SubjectId, desired: &Desired, book: &RuleBook) {
        self.people += 1;
        for (address, wish) in desired {
            let Wanted::Present {
                active, attributes, ..
            } = &wish.wanted
            else {
                continue;
            };
            // One that is taken over only to be disabled has no values of rules.
            if !active && attributes.is_empty() {
                continue;
            }
            let Some(app) = book.apps.get(&address.target) else {
                continue;
            };
            if address.kind != Kind::Account {
                continue;
            }
            let accounts = self.apps.entry(address.target.clone()).or_default();
            accounts.total += 1;
            for path in app.attributes.keys() {
                let value = attributes.get(path).map(ToString::to_string);
                if let Some(value) = &value
                    && app.matching.contains(path)
                {
                    let keys = accounts.keys.entry(path.clone()).or_default();
                    keys.add(subject, value);
                }
                accounts.values.entry(path.clone()).or_default().add(value);
            }
        }
    }
}

impl Values {
    fn add(&mut self, value: Option<String>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            self.empty += 1;
            return;
        };
        if let Some(count) = self.counts.get_mut(&value) {
            *count += 1;
        } else if self.counts.len() < MOST_VALUES {
            self.counts.insert(value, 1);
        } else {
            self.more = true;
        }
    }
}

impl Keys {
    /// Targets compare such values without regard to ASCII case, and so does the planner.
    fn add(&mut self, subject: SubjectId, value: &str) {
        let mut hasher = DefaultHasher::new();
        value.to_ascii_lowercase().hash(&mut hasher);
        let hash = hasher.finish();
        let Some(first) = self.first.get(&hash) else {
            self.first.insert(hash, subject);
            return;
        };
        let sharing = self.shared.entry(hash).or_insert_with(|| Sharing {
            value: value.to_owned(),
            total: 1,
            people: vec![*first],
        });
        sharing.total += 1;
        if sharing.people.len() < MOST_SHARING {
            sharing.people.push(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn subject(n: u128) -> SubjectId {
        SubjectId::from_bits(n)
    }

    #[test]
    fn values_that_are_shared_but_for_their_case_are_found() {
        let mut keys = Keys::default();
        keys.add(subject(1), "Ana@x");
        keys.add(subject(2), "bo@x");
        assert!(keys.shared.is_empty());
        for n in 3..30 {
            keys.add(subject(n), "ana@X");
        }
        let sharing = keys.shared.values().next().unwrap();
        assert_eq!((keys.shared.len(), sharing.total), (1, 28));
        assert_eq!(sharing.people.len(), MOST_SHARING);
        assert_eq!(sharing.people[..2], [subject(1), subject(3)]);
    }

    #[test]
    fn more_different_values_than_are_counted_are_told_and_the_others_counted() {
        let mut values = Values::default();
        for n in 0..MOST_VALUES {
            values.add(Some(n.to_string()));
        }
        assert!(!values.more);
        values.add(Some("another".to_owned()));
        values.add(Some("7".to_owned()));
        values.add(Some(String::new()));
        values.add(None);
        assert!(values.more);
        assert_eq!((values.counts["7"], values.empty), (2, 2));
    }
}

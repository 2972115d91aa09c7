//! Which rule would give most of what an app holds without one.
//!
//! The search is over conditions a person would write: one attribute equals one value, or two
//! of them do. It is bounded: [`MAX_ATOMS`] single conditions are looked at for each
//! entitlement, and pairs of the best [`MAX_PAIRED`].

use std::collections::{BTreeMap, BTreeSet};

/// The most single conditions that are weighed for one entitlement.
pub const MAX_ATOMS: usize = 400;
/// The most of them that are paired.
pub const MAX_PAIRED: usize = 20;
/// Longer values make no condition that anyone would read.
const MAX_VALUE: usize = 80;

/// What the people of a directory have in common: `attribute = value` → who, by their number.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    atoms: BTreeMap<(String, String), usize>,
    names: Vec<(String, String)>,
    who: Vec<Vec<u32>>,
    /// Person → their atoms.
    of: Vec<Vec<usize>>,
    /// Attribute → how many people have it.
    stated: BTreeMap<String, usize>,
}

/// A condition and what it would give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The condition, as a rule's `when` is written.
    pub when: String,
    /// How many of the unexplained ones it explains.
    pub explains: usize,
    /// How many are unexplained.
    pub of: usize,
    /// How many people it would give the entitlement to who do not have it.
    pub more: usize,
}

impl Directory {
    /// Adds a person with their attributes; gives their number.
    pub fn add<'a>(&mut self, attributes: impl Iterator<Item = (&'a str, &'a str)>) -> u32 {
        let number = u32::try_from(self.of.len()).unwrap_or(u32::MAX);
        let mut mine = Vec::new();
        for (name, value) in attributes {
            *self.stated.entry(name.to_owned()).or_default() += 1;
            if value.is_empty() || value.len() > MAX_VALUE || value.chars().any(char::is_control) {
                continue;
            }
            let key = (name.to_owned(), value.to_owned());
            let atom = *self.atoms.entry(key.clone()).or_insert_with(|| {
                self.names.push(key);
                self.who.push(Vec::new());
                self.names.len() - 1
            });
            self.who[atom].push(number);
            mine.push(atom);
        }
        self.of.push(mine);
        number
    }

    /// The condition that explains most of `unexplained` and gives least beyond `holders`, who
    /// are all who have the entitlement. `None` where no condition explains two of them, or
    /// each would give more than it explains.
    #[must_use]
    pub fn explain(
        &self,
        unexplained: &BTreeSet<u32>,
        holders: &BTreeSet<u32>,
    ) -> Option<Suggestion> {
        let singles = self.singles(unexplained);
        let mut best: Option<(i64, usize, Vec<usize>)> = None;
        let mut weigh = |atoms: Vec<usize>| {
            let (explains, more) = self.weigh(&atoms, unexplained, holders);
            if explains < 2 || more > explains {
                return;
            }
            let worth = count(explains) - count(more);
            // Equal worth: the shorter condition, then the one found first.
            let better = best.as_ref().is_none_or(|(w, n, _)| {
                (worth, std::cmp::Reverse(atoms.len())) > (*w, std::cmp::Reverse(*n))
            });
            if better {
                best = Some((worth, atoms.len(), atoms));
            }
        };
        for atom in &singles {
            weigh(vec![*atom]);
        }
        let few = &singles[..singles.len().min(MAX_PAIRED)];
        for (i, one) in few.iter().enumerate() {
            for other in &few[i + 1..] {
                if self.names[*one].0 != self.names[*other].0 {
                    weigh(vec![*one, *other]);
                }
            }
        }
        let (_, _, atoms) = best?;
        let (explains, more) = self.weigh(&atoms, unexplained, holders);
        let mut parts: Vec<String> = atoms.iter().map(|atom| self.spell(*atom)).collect();
        parts.sort();
        Some(Suggestion {
            when: parts.join(" && "),
            explains,
            of: unexplained.len(),
            more,
        })
    }

    /// The conditions that hold for at least two of them, those that hold for most first.
    fn singles(&self, unexplained: &BTreeSet<u32>) -> Vec<usize> {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for person in unexplained {
            for atom in self.of.get(*person as usize).into_iter().flatten() {
                *counts.entry(*atom).or_default() += 1;
            }
        }
        let mut singles: Vec<(usize, usize)> = counts.into_iter().filter(|(_, n)| *n > 1).collect();
        singles.sort_by(|a, b| (b.1, &self.names[a.0]).cmp(&(a.1, &self.names[b.0])));
        singles.truncate(MAX_ATOMS);
        singles.into_iter().map(|(atom, _)| atom).collect()
    }

    /// How many of the unexplained a condition explains, and how many more it would give.
    fn weigh(
        &self,
        atoms: &[usize],
        unexplained: &BTreeSet<u32>,
        holders: &BTreeSet<u32>,
    ) -> (usize, usize) {
        let shortest = atoms.iter().min_by_key(|atom| self.who[**atom].len());
        let all = |person: &u32| {
            let mine = &self.of[*person as usize];
            atoms.iter().all(|atom| mine.contains(atom))
        };
        let (mut explains, mut more) = (0, 0);
        for person in shortest.map(|atom| &self.who[*atom]).into_iter().flatten() {
            if !all(person) {
                continue;
            }
            if unexplained.contains(person) {
                explains += 1;
            } else if !holders.contains(person) {
                more += 1;
            }
        }
        (explains, more)
    }

    fn spell(&self, atom: usize) -> String {
        let (name, value) = &self.names[atom];
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        // Comparing what was not stated gives no answer, and no answer touches nothing.
        let everyone = self.stated.get(name) == Some(&self.of.len());
        let or = if everyone { "" } else { ".orValue(\"\")" };
        format!("person.{name}{or} == \"{value}\"")
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Department and city; the first ten are in Sales, every other one of all in Berlin.
    fn directory() -> Directory {
        let mut directory = Directory::default();
        for n in 0..30 {
            let dept = if n < 10 { "Sales" } else { "Works" };
            let city = if n % 2 == 0 { "Berlin" } else { "Linz" };
            let mut mine = vec![("department", dept), ("city", city)];
            if n == 7 {
                mine.push(("nick", "seven"));
            }
            directory.add(mine.into_iter());
        }
        directory
    }

    fn explain(holders: impl Iterator<Item = u32>) -> Option<Suggestion> {
        let holders: BTreeSet<u32> = holders.collect();
        directory().explain(&holders, &holders)
    }

    #[test]
    fn the_condition_that_gives_least_beyond_what_is_there_is_found() {
        let found = explain(0..10);
        let wanted = Suggestion {
            when: "person.department == \"Sales\"".to_owned(),
            explains: 10,
            of: 10,
            more: 0,
        };
        assert_eq!(found, Some(wanted));
        let found = explain((0..10).filter(|n| n % 2 == 0).chain([21]));
        let wanted = Suggestion {
            when: "person.city == \"Berlin\" && person.department == \"Sales\"".to_owned(),
            explains: 5,
            of: 6,
            more: 0,
        };
        assert_eq!(found, Some(wanted), "one stays unexplained");
        let found = explain((0..9).chain([20])).map(|s| (s.explains, s.of, s.more));
        assert_eq!(found, Some((9, 10, 1)));
    }

    #[test]
    fn what_has_no_rule_gets_none() {
        assert_eq!(explain([7].into_iter()), None, "one person is no rule");
        assert_eq!(
            explain([11, 12].into_iter()),
            None,
            "it would give more than it explains"
        );
    }

    #[test]
    fn values_that_are_not_everyones_and_quotes_are_spelt_so_that_they_compile() {
        let mut directory = Directory::default();
        for _ in 0..3 {
            directory.add([("team", "a \"b\" \\")].into_iter());
        }
        directory.add(std::iter::empty());
        let three: BTreeSet<u32> = (0..3).collect();
        let found = directory.explain(&three, &three).map(|s| s.when);
        let wanted = r#"person.team.orValue("") == "a \"b\" \\""#;
        assert_eq!(found.as_deref(), Some(wanted));
    }
}

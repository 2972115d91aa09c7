//! Whether somebody has just what they are to have, told at a glance.
//!
//! Of nearly everyone a planning of everyone finds that nothing is to be done, and finds it by putting
//! all of it together: assignments, wishes, addresses. For people of whom nothing but rules has a say
//! it is enough to look at what they have, and to compare it value by value with what rules and
//! mappings give. *No* only says that the long way has to be gone; *yes* is never said where that way
//! would find a step, an obstacle or an expression without an answer (law `at_a_glance`).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::facts::Standing;
use model::observation::{Glanced, Glimpse, Text};
use model::{RemoteId, SubjectId, TargetName, Timestamp, Value};
use rules::{Compared, Mapped};

use crate::assign::{Worker, just_holds};
use crate::names;
use crate::rulebook::{AppRules, Mode, RuleBook};

/// What somebody has in apps, as it was seen last.
#[derive(Debug, Default)]
pub struct Has<'a> {
    /// The apps in which an account is linked to them, in order, each once, with what is written of
    /// it; `None`: it could not be read.
    pub accounts: Vec<(&'a TargetName, Option<&'a str>)>,
    /// App and group of each membership that is linked and that they were seen to have, in order, each
    /// once, in apps of the rule book.
    pub grants: Vec<(&'a TargetName, &'a str)>,
    /// Where other people's accounts are that theirs refer to.
    pub references: BTreeMap<(&'a TargetName, SubjectId), RemoteId>,
}

/// Whether rules and mappings give somebody just what they have, where nothing else has a say: no undo,
/// decision, grace or plan, which is for the caller to know.
#[must_use]
pub fn is_settled(
    worker: Worker<'_>,
    book: &RuleBook,
    managers: &BTreeMap<String, SubjectId>,
    has: &Has<'_>,
    now: Timestamp,
) -> bool {
    let at_work = worker.facts.standing(now) == Ok(Standing::Active) && !worker.withdrawn;
    let only_rules =
        worker.terminated.is_none() && book.beside.grants_of(worker.names).next().is_none();
    let Some(given) = given(worker, book).filter(|_| at_work && only_rules) else {
        return false;
    };
    let mut accounts = has.accounts.iter().peekable();
    let mut groups = has.grants.iter().peekable();
    let mut rest = given.as_slice();
    for (target, app) in &book.apps {
        while accounts.next_if(|(at, _)| *at < target).is_some() {}
        let account = accounts.next_if(|(at, _)| *at == target);
        // What rules give in apps that no document describes any more is nobody's concern.
        rest = &rest[rest.partition_point(|(at, _)| *at < target)..];
        let (here, others) = rest.split_at(rest.partition_point(|(at, _)| *at == target));
        rest = others;
        let in_groups = here.iter().filter_map(|(_, group)| *group);
        let mut had = std::iter::from_fn(|| groups.next_if(|(at, _)| *at == target));
        let same_groups = in_groups.eq(had.by_ref().map(|(_, group)| *group));
        had.for_each(drop);
        let of = Account {
            worker,
            target,
            app,
        };
        let settled = match (app.mode, here.is_empty(), account) {
            // Nothing is done there; but what has no answer is told.
            (Mode::Observe, given_nothing, _) => given_nothing || of.is_answered(),
            (_, true, None) => same_groups,
            (_, false, Some((_, Some(written)))) => same_groups && of.is(written, managers, has),
            (_, true, Some(_)) | (_, false, _) => false,
        };
        if !settled {
            return false;
        }
    }
    groups.next().is_none()
}

/// The app and group of whatever rules give, in order, each once; an account that is given without a
/// group comes first. `None` where one of them has no answer.
fn given<'b>(
    worker: Worker<'_>,
    book: &'b RuleBook,
) -> Option<Vec<(&'b TargetName, Option<&'b str>)>> {
    let mut given = Vec::with_capacity(book.apps.len());
    for rule in &book.rules {
        if just_holds(worker, rule).ok()? {
            let grants = rule.grants.iter();
            given.extend(grants.map(|grant| (&grant.target, grant.group.as_deref())));
        }
    }
    given.sort_unstable();
    given.dedup();
    Some(given)
}

/// One account of one person that rules give.
#[derive(Clone, Copy)]
struct Account<'a> {
    worker: Worker<'a>,
    target: &'a TargetName,
    app: &'a AppRules,
}

impl Account<'_> {
    /// Whether it may be used and is as the app's mappings say.
    fn is(self, written: &str, managers: &BTreeMap<String, SubjectId>, has: &Has<'_>) -> bool {
        let Some(seen) = Glimpse::of(written) else {
            return false;
        };
        seen.active
            && self.is_named()
            && self.is_mapped(&seen.attributes)
            && self.refers(&seen.attributes, managers, has)
    }

    /// Whether everything that is said of it has an answer.
    fn is_answered(self) -> bool {
        let Worker { facts, key, .. } = self.worker;
        let manager = self.app.manager.iter().map(|(_, mapping)| mapping);
        let mut mappings = self.app.attributes.values().chain(manager);
        self.is_named() && mappings.all(|mapping| mapping.apply(facts, key).is_ok())
    }

    /// Whether there is a name for it, where names are given once; an account keeps the one it has.
    fn is_named(self) -> bool {
        let Worker { facts, key, .. } = self.worker;
        let unique = self.app.unique.as_ref();
        unique.is_none_or(|unique| names::forms(unique, facts, key).answer.is_ok())
    }

    /// Whether each mapping gives what is seen at its path. Both are in the order of their paths.
    fn is_mapped(self, seen: &[(Text<'_>, Glanced<'_>)]) -> bool {
        let Worker { facts, key, .. } = self.worker;
        let mut seen = seen.iter();
        let mut next = seen.next();
        self.app.attributes.iter().all(|(path, mapping)| {
            let found = loop {
                let Some((at, value)) = next else { break None };
                match (*at.0).cmp(path) {
                    Ordering::Less => next = seen.next(),
                    Ordering::Equal => break Some(value),
                    Ordering::Greater => break None,
                }
            };
            match mapping.compare(facts, key, found) {
                Ok(Compared::Same) => true,
                Ok(Compared::Missing) => found.is_none() || !self.app.clears.contains(path),
                Ok(Compared::Differs) | Err(_) => false,
            }
        })
    }

    /// Whether it refers to the manager's account, where it is to.
    fn refers(
        self,
        seen: &[(Text<'_>, Glanced<'_>)],
        managers: &BTreeMap<String, SubjectId>,
        has: &Has<'_>,
    ) -> bool {
        let Some((path, mapping)) = &self.app.manager else {
            return true;
        };
        if self.app.attributes.contains_key(path) {
            // Two speak of one path.
            return false;
        }
        let found = seen.binary_search_by(|(at, _)| (*at.0).cmp(path));
        let found = found.ok().map(|at| &seen[at].1);
        match mapping.apply(self.worker.facts, self.worker.key) {
            Ok(Mapped::Value(Value::Text(key))) => match managers.get(&key) {
                None => true,
                Some(boss) => match (has.references.get(&(self.target, *boss)), found) {
                    (Some(remote), Some(Glanced::Text(text))) => remote.as_str() == text,
                    _ => false,
                },
            },
            Ok(Mapped::Value(_)) => true,
            Ok(Mapped::Missing) => found.is_none() || !self.app.clears.contains(path),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;

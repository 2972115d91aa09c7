//! What one person is to have, from everything that has a say in it.

use std::collections::BTreeMap;

use lifecycle::RuleBook;
use lifecycle::assign::{Undecided, Worker, assign, wishes};
use lifecycle::beside::tell_what_ran_out;
use lifecycle::grace::{Grace, keep};
use lifecycle::resolve::{Conflict, Desired, Wanted, resolve};
use model::{Address, Assignment, Attributes, Kind, SubjectId, Timestamp};
use ports::store::{Decisions, Link};

use super::stated;

/// Everything that has a say in what one person is to have.
pub(crate) struct Say<'a> {
    pub worker: Worker<'a>,
    /// The subjects behind their managers' keys.
    pub managers: &'a BTreeMap<String, SubjectId>,
    /// What undos hold for them.
    pub pins: Vec<Assignment>,
    /// What people decided about their access.
    pub decisions: &'a Decisions,
    pub links: &'a [Link],
    /// What rules let them keep of theirs because they moved.
    pub graces: Vec<Grace<'a>>,
    /// What is not in the store yet.
    pub extra: &'a [Assignment],
}

/// What one person is to have.
pub(crate) struct Weighed {
    pub desired: Desired,
    pub undecided: Vec<Undecided>,
    pub conflicts: Vec<Conflict>,
    /// When the first of the assignments in force ends.
    pub ends: Option<Timestamp>,
}

impl Say<'_> {
    /// Whether nothing but rules, and what documents say beside them, has a say.
    pub fn is_of_rules_alone(&self) -> bool {
        let Decisions {
            accounts,
            rejected,
            access,
        } = self.decisions;
        let undecided = accounts.is_empty() && rejected.is_empty() && access.is_empty();
        undecided && self.pins.is_empty() && self.graces.is_empty() && self.extra.is_empty()
    }

    /// With every reason.
    pub fn explained(&self, book: &RuleBook, now: Timestamp) -> Weighed {
        let of_rules = assign(self.worker, book, self.managers, now);
        self.weighed(of_rules, book, now)
    }

    /// Without the reasons of rules: see [`wishes`]. What is wanted is the same.
    pub fn in_short(&self, book: &RuleBook, now: Timestamp) -> Weighed {
        let of_rules = wishes(self.worker, book, self.managers, now);
        self.weighed(of_rules, book, now)
    }

    fn weighed(
        &self,
        (mut assignments, undecided): (Vec<Assignment>, Vec<Undecided>),
        book: &RuleBook,
        now: Timestamp,
    ) -> Weighed {
        assignments.extend(self.pins.iter().cloned());
        let (decisions, links) = (self.decisions, self.links);
        if !self.graces.is_empty() {
            let theirs = links.iter().map(|link| link.address.clone()).collect();
            let kept = keep(self.worker, &self.graces, &assignments, &theirs, now);
            assignments.extend(kept);
        }
        let more = stated(self.worker, decisions, &assignments, links, book, now);
        assignments.extend(more);
        assignments.extend(self.extra.iter().cloned());
        let ends = assignments.iter().filter_map(|a| a.until);
        let ends = ends.filter(|until| *until > now).min();
        let (mut desired, conflicts) = resolve(assignments, now);
        tell_what_ran_out(self.worker, book, now, &mut desired);
        Weighed {
            desired,
            undecided,
            conflicts,
            ends,
        }
    }
}

impl Weighed {
    /// Everything could be decided.
    pub fn is_decided(&self) -> bool {
        self.undecided.is_empty() && self.conflicts.is_empty()
    }

    /// The addresses that are wanted to exist, with their attributes; and accounts that are kept no
    /// longer, because a decision may say that one is theirs which nothing is linked to.
    pub fn wanted(&self) -> BTreeMap<&Address, &Attributes> {
        static NONE: Attributes = Attributes::new();
        let wanted = self.desired.iter().filter_map(|(address, wish)| {
            let attributes = match &wish.wanted {
                Wanted::Present { attributes, .. } => attributes,
                Wanted::Untouched => &NONE,
                Wanted::Absent if address.kind == Kind::Account => &NONE,
                Wanted::IfPresent { .. } | Wanted::Absent => return None,
            };
            Some((address, attributes))
        });
        wanted.collect()
    }
}

//! What a planning of everyone leaves behind, so that the next one may pass over people for whom
//! nothing can have changed.
//!
//! It is kept in memory only and never decides what a plan contains: a node without it looks at
//! everyone. Whoever a planning found anything about stays *unsettled* and is looked at again
//! until it finds nothing; of all others the log tells whether something touched them since.

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, SubjectId, TargetName, Timestamp};
use ports::store::Person;

/// The key by which a source knows somebody: source and key.
pub(super) type KeyOf = (String, String);

/// Which listings were complete.
pub(super) type Listed = BTreeMap<(TargetName, Kind), bool>;

/// What a planning found about somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing to plan, nothing in the way and nothing under way.
    Settled,
    /// The plan that it would make is there already, waiting or refused, and depends on nobody
    /// else: it would be made again and dropped again until something of theirs moves, or until
    /// somebody does something with a plan.
    Waits,
    /// Anything else.
    Restless,
}

/// What one planning learned about the people at whom it looked.
#[derive(Default)]
pub(super) struct Notes {
    looked: BTreeSet<SubjectId>,
    waiting: BTreeSet<SubjectId>,
    unsettled: BTreeSet<SubjectId>,
    busy: BTreeSet<SubjectId>,
    lapses: BTreeMap<SubjectId, Timestamp>,
    managers: Vec<(KeyOf, SubjectId)>,
}

impl Notes {
    /// Somebody was looked at. `lapses`: when something of theirs changes by itself. The clock of
    /// this node decides about that: that another one's has ticked an instant off says nothing.
    /// `busy`: something of theirs was under way, and left out.
    pub(super) fn looked_at(
        &mut self,
        subject: SubjectId,
        rest: Rest,
        lapses: Option<Timestamp>,
        busy: bool,
    ) {
        self.looked.insert(subject);
        if busy {
            self.busy.insert(subject);
        }
        match rest {
            Rest::Settled => false,
            Rest::Waits => self.waiting.insert(subject),
            Rest::Restless => self.unsettled.insert(subject),
        };
        self.lapses.extend(lapses.map(|at| (subject, at)));
    }

    /// Adds what was learned about others.
    pub(super) fn absorb(&mut self, other: Self) {
        self.looked.extend(other.looked);
        self.waiting.extend(other.waiting);
        self.unsettled.extend(other.unsettled);
        self.busy.extend(other.busy);
        self.lapses.extend(other.lapses);
        self.managers.extend(other.managers);
    }

    /// Whether somebody was looked at.
    pub(super) fn has_looked_at(&self, subject: SubjectId) -> bool {
        self.looked.contains(&subject)
    }

    /// Whether somebody was looked at, and everything of theirs is as it should be.
    pub(super) fn is_settled(&self, subject: SubjectId) -> bool {
        let restless = self.waiting.contains(&subject) || self.unsettled.contains(&subject);
        self.looked.contains(&subject) && !restless
    }

    /// What is planned for somebody depends on whoever has this key.
    pub(super) fn depends_on(&mut self, subject: SubjectId, key: KeyOf) {
        self.managers.push((key, subject));
    }
}

/// What is remembered of the last planning of everyone.
pub(crate) struct Memory {
    /// The end of the log before that planning read anything.
    pub(super) head: u64,
    /// By which documents it planned.
    pub(super) revision: u64,
    /// Which listings were complete then.
    pub(super) listed: Listed,
    waiting: BTreeSet<SubjectId>,
    unsettled: BTreeSet<SubjectId>,
    /// Those of whom something was under way.
    busy: BTreeSet<SubjectId>,
    lapses: BTreeMap<SubjectId, Timestamp>,
    /// Who depends on whom. Never shrinks but with a planning of everyone: one name too many only
    /// costs a look.
    reports: BTreeMap<KeyOf, BTreeSet<SubjectId>>,
}

impl Memory {
    /// Nothing but where the log stood.
    pub(super) fn new(head: u64, revision: u64, listed: Listed) -> Self {
        Self {
            head,
            revision,
            listed,
            waiting: BTreeSet::new(),
            unsettled: BTreeSet::new(),
            busy: BTreeSet::new(),
            lapses: BTreeMap::new(),
            reports: BTreeMap::new(),
        }
    }

    /// A planning that began when the log ended at `head` has been written down.
    pub(super) fn learn(&mut self, head: u64, listed: Listed, notes: Notes) {
        self.head = head;
        self.listed = listed;
        self.waiting.retain(|s| !notes.looked.contains(s));
        self.unsettled.retain(|s| !notes.looked.contains(s));
        self.busy.retain(|s| !notes.looked.contains(s));
        self.lapses.retain(|s, _| !notes.looked.contains(s));
        self.waiting.extend(notes.waiting);
        self.unsettled.extend(notes.unsettled);
        self.busy.extend(notes.busy);
        self.lapses.extend(notes.lapses);
        for (key, subject) in notes.managers {
            self.reports.entry(key).or_default().insert(subject);
        }
    }

    /// Those whom nothing needs to have touched: they wait for something, or an instant of theirs
    /// has come. `plans`: something became of plans, so that those whose plan waits are meant too.
    pub(super) fn restless(&self, now: Timestamp, plans: bool) -> BTreeSet<SubjectId> {
        let waiting = self.waiting.iter().filter(|_| plans);
        let restless = self.unsettled.iter().chain(waiting).copied();
        restless.chain(self.lapsed(now)).collect()
    }

    /// Whether the last planning that looked at somebody left out what was under way: it may have been
    /// made from what is so no longer. Answered once.
    pub(crate) fn left_out(&mut self, subject: SubjectId) -> bool {
        self.busy.remove(&subject)
    }

    /// Those of whom an instant has come.
    pub(super) fn lapsed(&self, now: Timestamp) -> impl Iterator<Item = SubjectId> {
        let lapsed = self.lapses.iter().filter(move |(_, at)| **at <= now);
        lapsed.map(|(subject, _)| *subject)
    }

    /// Those for whom somebody is the manager, or above them.
    pub(super) fn reports_of(&self, person: &Person) -> impl Iterator<Item = SubjectId> {
        let keys = person.engagements.iter();
        let found = keys.filter_map(|e| self.reports.get(&(e.source.clone(), e.key.clone())));
        found.flatten().copied()
    }
}

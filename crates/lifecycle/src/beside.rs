//! What documents give one person beside the rules, until an instant; and what people answer for.

use std::collections::BTreeMap;

use model::facts::Standing;
use model::{
    Address, Assignment, Attributes, Kind, Rank, Reason, SubjectId, Timestamp, Value, Want,
    WorkerRef,
};

use crate::assign::Worker;
use crate::resolve::{Desired, Resolved, Wanted, withdrawn};
use crate::rulebook::{Entitlement, RuleBook};

/// One thing that a document gives one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalGrant {
    /// `metadata.name`.
    pub name: String,
    /// What.
    pub gives: Entitlement,
    /// Who answers for it.
    pub owner: WorkerRef,
    /// Why.
    pub reason: String,
    /// From this instant on it gives nothing.
    pub until: Timestamp,
}

/// That somebody's accounts are not deleted: they may be evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// `metadata.name`.
    pub name: String,
    /// Who answers for it.
    pub owner: WorkerRef,
    /// Why.
    pub reason: String,
    /// From this instant on it holds nothing.
    pub until: Timestamp,
}

/// Something that a person answers for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duty {
    /// What: `grant/NAME`, `hold/NAME`, `service/NAME`, `person/NAME`, `group/NAME`.
    pub of: String,
    /// From this instant on there is nothing to answer for.
    pub until: Timestamp,
    /// Nothing ends by itself then: somebody has to look.
    pub asks: bool,
}

/// What documents say of single people, by what sources call them.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// Who is given what.
    pub grants: BTreeMap<WorkerRef, Vec<PersonalGrant>>,
    /// Whose accounts are not deleted.
    pub holds: BTreeMap<WorkerRef, Vec<Hold>>,
    /// Who answers for what.
    pub duties: BTreeMap<WorkerRef, Vec<Duty>>,
    /// Who is listed in groups by hand: the group, and as which of its members, from 1.
    pub listed: BTreeMap<WorkerRef, Vec<(String, usize)>>,
}

impl Beside {
    /// What is given to whoever sources call this, also what has run out.
    pub fn grants_of<'a>(
        &'a self,
        names: &'a [WorkerRef],
    ) -> impl Iterator<Item = &'a PersonalGrant> {
        let found = names.iter().filter_map(|name| self.grants.get(name));
        found.flatten()
    }

    /// What keeps their accounts from being deleted, also what has run out.
    pub fn holds_of<'a>(&'a self, names: &'a [WorkerRef]) -> impl Iterator<Item = &'a Hold> {
        let found = names.iter().filter_map(|name| self.holds.get(name));
        found.flatten()
    }

    /// What they answer for, also what is over.
    pub fn duties_of<'a>(&'a self, names: &'a [WorkerRef]) -> impl Iterator<Item = &'a Duty> {
        let found = names.iter().filter_map(|name| self.duties.get(name));
        found.flatten()
    }

    /// Nothing is said of anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.holds.is_empty() && self.duties.is_empty()
    }

    /// The next instant after `now` at which something given to or held of them runs out, or at which
    /// somebody has to look at something that they answer for.
    #[must_use]
    pub fn next_end(&self, names: &[WorkerRef], now: Timestamp) -> Option<Timestamp> {
        let ends = self.grants_of(names).map(|grant| grant.until);
        let ends = ends.chain(self.holds_of(names).map(|hold| hold.until));
        let asks = self.duties_of(names).filter(|duty| duty.asks);
        let ends = ends.chain(asks.map(|duty| duty.until));
        ends.filter(|until| *until > now).min()
    }

    /// What somebody answers for who is not at work: nobody does. Not while it cannot be told
    /// where they stand.
    #[must_use]
    pub fn unanswered<'a>(&'a self, worker: Worker<'a>, now: Timestamp) -> Vec<&'a Duty> {
        let mut duties = self.duties_of(worker.names).peekable();
        if duties.peek().is_none() {
            return Vec::new();
        }
        let gone = match worker.facts.standing(now) {
            _ if worker.terminated.is_some() => true,
            Ok(standing) => worker.withdrawn || !at_work(standing),
            Err(_) => false,
        };
        if !gone {
            return Vec::new();
        }
        duties.filter(|duty| now < duty.until).collect()
    }
}

impl PersonalGrant {
    /// The account, and the membership where a group is given.
    #[must_use]
    pub fn addresses(&self, subject: SubjectId) -> Vec<Address> {
        let target = &self.gives.target;
        let mut all = vec![Address::account(target, subject)];
        let group = self.gives.group.as_ref();
        all.extend(group.map(|group| Address::grant(target, subject, group)));
        all
    }

    fn because(&self, text: String) -> Reason {
        let owner = Value::Text(self.owner.key.clone());
        Reason {
            by: format!("grant/{}", self.name),
            text,
            facts: vec![("owner".to_owned(), Some(owner))],
        }
    }
}

/// What documents give somebody who is at work.
pub(crate) fn give(worker: Worker<'_>, book: &RuleBook, now: Timestamp, out: &mut Vec<Assignment>) {
    if worker.facts.standing(now) == Ok(Standing::Upcoming) {
        return;
    }
    for grant in book.beside.grants_of(worker.names) {
        if grant.until <= now || !book.apps.contains_key(&grant.gives.target) {
            continue;
        }
        let because = grant.because(format!("until {}: {}", grant.until, grant.reason));
        for about in grant.addresses(worker.subject) {
            out.push(Assignment {
                subject: Some(worker.subject),
                about,
                want: Want::Present {
                    active: true,
                    attributes: Attributes::new(),
                },
                because: because.clone(),
                rank: Rank::Birthright,
                until: Some(grant.until),
            });
        }
    }
}

/// Gives what has run out and nobody wants any more its own reason. It decides nothing: what
/// nobody wants is withdrawn without it.
pub fn tell_what_ran_out(
    worker: Worker<'_>,
    book: &RuleBook,
    now: Timestamp,
    desired: &mut Desired,
) {
    let mut over: BTreeMap<Address, Vec<Reason>> = BTreeMap::new();
    for grant in book.beside.grants_of(worker.names) {
        if now < grant.until || !book.apps.contains_key(&grant.gives.target) {
            continue;
        }
        let because = grant.because(format!("ran out at {}", grant.until));
        for address in grant.addresses(worker.subject) {
            over.entry(address).or_default().push(because.clone());
        }
    }
    for (address, mut because) in over {
        if desired.contains_key(&address) {
            continue;
        }
        because.push(withdrawn());
        because.sort();
        let wanted = match address.kind {
            Kind::Grant => Wanted::Absent,
            Kind::Account | Kind::Group => crate::resolve::unwanted().wanted,
        };
        desired.insert(address, Resolved { wanted, because });
    }
}

#[cfg(test)]
mod tests;

/// On leave, somebody still answers for what is theirs.
fn at_work(standing: Standing) -> bool {
    matches!(standing, Standing::Active | Standing::OnLeave)
}

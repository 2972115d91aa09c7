//! What is known about the people of a chunk, read in a few queries for all of them instead of
//! in many for each.

use std::collections::{BTreeMap, BTreeSet};

use model::{Kind, Record, RemoteId, SubjectId, TargetName};
use ports::Store;
use ports::store::{Decisions, Link};

use crate::AppError;

/// An object of a target.
type At = (TargetName, RemoteId);

/// What was read ahead. Whatever is not in it has to be asked of the store.
#[derive(Default)]
pub(super) struct Ahead {
    links: BTreeMap<SubjectId, Vec<Link>>,
    /// The accounts that those links lead to; `None`: never seen.
    accounts: BTreeMap<At, Option<Record>>,
    /// The groups that those accounts are members of.
    groups: BTreeMap<At, Vec<RemoteId>>,
    /// What people decided about their access.
    decisions: BTreeMap<SubjectId, Decisions>,
}

impl Ahead {
    /// Reads what belongs to these people.
    pub(super) async fn of(store: &dyn Store, subjects: &[SubjectId]) -> Result<Self, AppError> {
        let mut ahead = Self {
            links: subjects.iter().map(|s| (*s, Vec::new())).collect(),
            ..Self::default()
        };
        let mut remotes: BTreeMap<TargetName, BTreeSet<RemoteId>> = BTreeMap::new();
        for link in store.links_about(subjects).await? {
            if link.address.kind == Kind::Account {
                let here = remotes.entry(link.address.target.clone()).or_default();
                here.insert(link.remote.clone());
            }
            let owner = link.address.key.subject();
            if let Some(links) = owner.and_then(|s| ahead.links.get_mut(&s)) {
                links.push(link);
            }
        }
        for (target, remotes) in remotes {
            let remotes: Vec<RemoteId> = remotes.into_iter().collect();
            let at = |remote: &RemoteId| (target.clone(), remote.clone());
            ahead.accounts.extend(remotes.iter().map(|r| (at(r), None)));
            ahead
                .groups
                .extend(remotes.iter().map(|r| (at(r), Vec::new())));
            for shadow in store.shadows(&target, Kind::Account, &remotes).await? {
                let record = shadow.record;
                ahead.accounts.insert(at(&record.remote), Some(record));
            }
            for (member, group) in store.memberships_of(&target, &remotes).await? {
                ahead.groups.entry(at(&member)).or_default().push(group);
            }
        }
        ahead.decisions = decided(store, subjects).await?;
        Ok(ahead)
    }

    /// What people decided about a subject's access.
    pub(super) fn decisions(&self, subject: SubjectId) -> Option<&Decisions> {
        self.decisions.get(&subject)
    }

    /// The links of a subject, by address.
    pub(super) fn links_of(&self, subject: SubjectId) -> Option<&Vec<Link>> {
        self.links.get(&subject)
    }

    /// The last observation of an account; `Some(None)`: there is none.
    pub(super) fn account(&self, target: &TargetName, remote: &RemoteId) -> Option<Option<Record>> {
        self.accounts
            .get(&(target.clone(), remote.clone()))
            .cloned()
    }

    /// The groups that an account was last seen to be a member of.
    pub(super) fn groups_of(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Option<&Vec<RemoteId>> {
        self.groups.get(&(target.clone(), remote.clone()))
    }
}

/// The decisions about these people, person by person.
async fn decided(
    store: &dyn Store,
    subjects: &[SubjectId],
) -> Result<BTreeMap<SubjectId, Decisions>, AppError> {
    let none = |subject: &SubjectId| (*subject, Decisions::default());
    let mut of: BTreeMap<SubjectId, Decisions> = subjects.iter().map(none).collect();
    let all = store.decisions_about(subjects).await?;
    for account in all.accounts {
        let subject = account.decided.subject();
        if let Some(mine) = subject.and_then(|s| of.get_mut(&s)) {
            mine.accounts.push(account);
        }
    }
    for pair in all.rejected {
        if let Some(mine) = of.get_mut(&pair.rejected.subject) {
            mine.rejected.push(pair);
        }
    }
    for access in all.access {
        let subject = access.decided.address.key.subject();
        if let Some(mine) = subject.and_then(|s| of.get_mut(&s)) {
            mine.access.push(access);
        }
    }
    Ok(of)
}

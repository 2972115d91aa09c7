//! What is known about the people of a chunk, read in a few queries for all of them instead of
//! in many for each.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::{Kind, Record, RemoteId, SubjectId, TargetName};
use ports::Store;
use ports::store::{Decisions, Link};

use crate::AppError;

/// What is known of the accounts of each target.
type PerAccount<T> = HashMap<TargetName, HashMap<RemoteId, T>>;

/// What was read ahead. Whatever is not in it has to be asked of the store.
#[derive(Default)]
pub(super) struct Ahead {
    links: HashMap<SubjectId, Arc<Vec<Link>>>,
    /// The accounts that those links lead to; `None`: never seen.
    accounts: PerAccount<Option<Record>>,
    /// The groups that those accounts are members of.
    groups: PerAccount<Vec<RemoteId>>,
    /// What people decided about their access.
    decisions: HashMap<SubjectId, Arc<Decisions>>,
}

impl Ahead {
    /// Reads what belongs to these people.
    pub(super) async fn of(store: &dyn Store, subjects: &[SubjectId]) -> Result<Self, AppError> {
        let mut links: HashMap<SubjectId, Vec<Link>> =
            subjects.iter().map(|s| (*s, Vec::new())).collect();
        let mut remotes: BTreeMap<TargetName, BTreeSet<RemoteId>> = BTreeMap::new();
        for link in store.links_about(subjects).await? {
            if link.address.kind == Kind::Account {
                let here = remotes.entry(link.address.target.clone()).or_default();
                here.insert(link.remote.clone());
            }
            let owner = link.address.key.subject();
            if let Some(links) = owner.and_then(|s| links.get_mut(&s)) {
                links.push(link);
            }
        }
        let mut ahead = Self {
            links: links.into_iter().map(|(s, l)| (s, Arc::new(l))).collect(),
            ..Self::default()
        };
        for (target, remotes) in remotes {
            let remotes: Vec<RemoteId> = remotes.into_iter().collect();
            let mut accounts: HashMap<RemoteId, Option<Record>> = remotes
                .iter()
                .map(|remote| (remote.clone(), None))
                .collect();
            let mut groups: HashMap<RemoteId, Vec<RemoteId>> = remotes
                .iter()
                .map(|remote| (remote.clone(), Vec::new()))
                .collect();
            for shadow in store.shadows(&target, Kind::Account, &remotes).await? {
                let record = shadow.record;
                accounts.insert(record.remote.clone(), Some(record));
            }
            for (member, group) in store.memberships_of(&target, &remotes).await? {
                groups.entry(member).or_default().push(group);
            }
            ahead.accounts.insert(target.clone(), accounts);
            ahead.groups.insert(target, groups);
        }
        let decided = decided(store, subjects).await?.into_iter();
        ahead.decisions = decided.map(|(s, d)| (s, Arc::new(d))).collect();
        Ok(ahead)
    }

    /// What people decided about a subject's access.
    pub(super) fn decisions(&self, subject: SubjectId) -> Option<&Arc<Decisions>> {
        self.decisions.get(&subject)
    }

    /// The links of a subject, by address.
    pub(super) fn links_of(&self, subject: SubjectId) -> Option<&Arc<Vec<Link>>> {
        self.links.get(&subject)
    }

    /// Gives away the last observation of an account; `Some(None)`: there is none. Each account is
    /// one person's, and looked at once; whoever asks again asks the store.
    pub(super) fn take_account(
        &mut self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Option<Option<Record>> {
        self.accounts.get_mut(target)?.remove(remote)
    }

    /// The groups that an account was last seen to be a member of.
    pub(super) fn groups_of(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Option<&Vec<RemoteId>> {
        self.groups.get(target)?.get(remote)
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

//! What is known about the people of a chunk, read in a few queries for all of them instead of
//! in many for each.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::{Kind, RemoteId, SubjectId, TargetName};
use ports::Store;
use ports::store::{Decisions, Link, Unread};

use crate::AppError;

/// What is known of an account that a link leads to.
#[derive(Default)]
struct Looked {
    /// `None`: never seen.
    record: Option<Unread>,
    /// The groups that it is a member of.
    groups: Vec<RemoteId>,
}

/// What was read ahead. Whatever is not in it has to be asked of the store.
#[derive(Default)]
pub(super) struct Ahead {
    links: HashMap<SubjectId, Arc<Vec<Link>>>,
    accounts: HashMap<TargetName, HashMap<RemoteId, Looked>>,
    /// What people decided about their access.
    decisions: HashMap<SubjectId, Arc<Decisions>>,
}

impl Ahead {
    /// Reads what belongs to these people.
    pub(super) async fn of(store: &dyn Store, subjects: &[SubjectId]) -> Result<Self, AppError> {
        let mut links: HashMap<SubjectId, Vec<Link>> =
            subjects.iter().map(|s| (*s, Vec::new())).collect();
        // Links come by address, so that all of one target follow one another.
        let mut remotes: Vec<(TargetName, Vec<RemoteId>)> = Vec::new();
        for link in store.links_about(subjects).await? {
            if link.address.kind == Kind::Account {
                let (target, remote) = (&link.address.target, link.remote.clone());
                match remotes.last_mut() {
                    Some((last, here)) if last == target => here.push(remote),
                    _ => remotes.push((target.clone(), vec![remote])),
                }
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
            let (records, memberships) = tokio::join!(
                store.unread(&target, Kind::Account, &remotes),
                store.memberships_of(&target, &remotes),
            );
            let (records, memberships) = (records?, memberships?);
            let looked = |remote| (remote, Looked::default());
            let mut accounts: HashMap<RemoteId, Looked> = remotes.into_iter().map(looked).collect();
            for record in records {
                if let Some(account) = accounts.get_mut(&record.remote) {
                    account.record = Some(record);
                }
            }
            for (member, group) in memberships {
                if let Some(account) = accounts.get_mut(&member) {
                    account.groups.push(group);
                }
            }
            ahead.accounts.insert(target, accounts);
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

    /// The last observation of an account; `Some(None)`: there is none.
    pub(super) fn account(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Option<Option<&Unread>> {
        let account = self.accounts.get(target)?.get(remote)?;
        Some(account.record.as_ref())
    }

    /// The groups that an account was last seen to be a member of.
    pub(super) fn groups_of(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Option<&Vec<RemoteId>> {
        Some(&self.accounts.get(target)?.get(remote)?.groups)
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

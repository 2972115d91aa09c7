//! What is known about an address, as the planner and the apply worker see it alike.

mod glance;
mod matching;
mod named;
mod proof;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::draft::{Object, Observed, Seen};
use lifecycle::mutants::{self, Mutant};
use model::event::Stated;
use model::{
    Address, Attributes, Completeness, Kind, Ownership, Record, RemoteId, SubjectId, TargetName,
    Value,
};
use ports::Store;
use ports::store::{Decisions, Link, Unread};

pub(super) use named::Name;

use super::ahead::Ahead;
use crate::AppError;
use crate::tenant::Loaded;

/// Looks at addresses through the store. Remembers for one planning what does not change in it.
pub(crate) struct Sight {
    store: Arc<dyn Store>,
    loaded: Arc<Loaded>,
    listed: BTreeMap<(TargetName, Kind), bool>,
    groups: BTreeMap<Address, Option<RemoteId>>,
    /// Where accounts are that others refer to.
    referred: BTreeMap<Address, Option<RemoteId>>,
    /// The privileged groups of each app, as the app calls them.
    privileged: BTreeMap<TargetName, BTreeSet<RemoteId>>,
    /// Accounts by the user names that were asked about, in ASCII lower case.
    named: BTreeMap<(TargetName, String), Vec<RemoteId>>,
    ahead: Ahead,
}

impl Sight {
    pub(crate) fn new(store: Arc<dyn Store>, loaded: Arc<Loaded>) -> Self {
        Self {
            store,
            loaded,
            listed: BTreeMap::new(),
            groups: BTreeMap::new(),
            referred: BTreeMap::new(),
            privileged: BTreeMap::new(),
            named: BTreeMap::new(),
            ahead: Ahead::default(),
        }
    }

    /// Reads at once what will be asked about these people one by one.
    pub(crate) async fn look_ahead(&mut self, subjects: &[SubjectId]) -> Result<(), AppError> {
        let ahead = Ahead::of(&*self.store, subjects).await?;
        self.looked_ahead(ahead);
        Ok(())
    }

    /// Takes what was read ahead.
    pub(super) fn looked_ahead(&mut self, ahead: Ahead) {
        self.named.clear();
        self.ahead = ahead;
    }

    /// What people decided about a subject's access.
    pub(crate) async fn decisions(&self, subject: SubjectId) -> Result<Arc<Decisions>, AppError> {
        match self.ahead.decisions(subject) {
            Some(decisions) => Ok(Arc::clone(decisions)),
            None => Ok(Arc::new(self.store.decisions_about(&[subject]).await?)),
        }
    }

    /// The links of a subject.
    pub(crate) async fn links(&self, subject: SubjectId) -> Result<Arc<Vec<Link>>, AppError> {
        match self.ahead.links_of(subject) {
            Some(links) => Ok(Arc::clone(links)),
            None => Ok(Arc::new(self.store.links_of(subject).await?)),
        }
    }

    /// Everything known about the addresses of one subject: those that are linked, and `wanted`,
    /// with the attributes that an account there is to have, by which an existing one is matched.
    pub(crate) async fn of_subject(
        &mut self,
        subject: SubjectId,
        wanted: &BTreeMap<&Address, &Attributes>,
    ) -> Result<Observed, AppError> {
        let links = self.links(subject).await?;
        let decisions = self.decisions(subject).await?;
        let mut observed = Observed::default();
        let mut accounts: BTreeMap<TargetName, RemoteId> = BTreeMap::new();
        let ours: BTreeMap<&Address, &Link> = links.iter().map(|l| (&l.address, l)).collect();
        let loaded = Arc::clone(&self.loaded);
        for target in loaded.book.apps.keys() {
            let address = Address::account(target, subject);
            let link = ours.get(&address).copied();
            if link.is_none() && !wanted.contains_key(&address) {
                continue;
            }
            let seen = match link {
                Some(link) => self.linked_account(target, link).await?,
                None => {
                    let wanted = wanted.get(&address).copied();
                    self.unlinked_account(target, subject, wanted, &decisions)
                        .await?
                }
            };
            match (&seen, link) {
                (_, Some(link)) => {
                    accounts.insert(target.clone(), link.remote.clone());
                }
                (Seen::Candidates(found), None) if found.len() == 1 => {
                    accounts.insert(target.clone(), found[0].remote.clone());
                }
                _ => {}
            }
            observed.seen.insert(address, seen);
        }
        let mut grants: Vec<&Address> = wanted
            .keys()
            .copied()
            .filter(|a| a.kind == Kind::Grant)
            .collect();
        grants.extend(
            links
                .iter()
                .map(|l| &l.address)
                .filter(|a| a.kind == Kind::Grant),
        );
        let foreign = self.foreign_grants(subject, &accounts).await?;
        grants.extend(&foreign);
        let rejected: BTreeSet<&Address> = rejected(&decisions).collect();
        grants.extend(&rejected);
        grants.sort();
        grants.dedup();
        for address in grants {
            if !self.loaded.book.apps.contains_key(&address.target) {
                continue;
            }
            let link = ours.get(address).copied();
            let account = accounts.get(&address.target);
            let mut seen = self.grant(address, link, account).await?;
            if let Seen::Present { ownership, .. } = &mut seen
                && rejected.contains(address)
            {
                // Someone rejected it, and by that made it ours to withdraw.
                ownership.get_or_insert(Ownership::Adopted);
            }
            observed.seen.insert(address.clone(), seen);
        }
        self.references(wanted, &mut observed).await?;
        Ok(observed)
    }

    async fn linked_account(&mut self, target: &TargetName, link: &Link) -> Result<Seen, AppError> {
        if mutants::on(Mutant::LeaverNeedsListing) && !self.listed(target, Kind::Account).await? {
            return Ok(Seen::Unknown);
        }
        self.linked(link).await
    }

    /// A mutant's: every membership of a declared group, whoever gave it.
    async fn foreign_grants(
        &self,
        subject: SubjectId,
        accounts: &BTreeMap<TargetName, RemoteId>,
    ) -> Result<Vec<Address>, AppError> {
        let mut found = Vec::new();
        if !mutants::on(Mutant::ForeignRevoked) {
            return Ok(found);
        }
        for target in accounts.keys() {
            let groups = self.loaded.book.apps.get(target).map(|app| &app.groups);
            for group in groups.into_iter().flat_map(BTreeMap::keys) {
                found.push(Address::grant(target, subject, group));
            }
        }
        Ok(found)
    }

    /// What is known about one declared group.
    pub(crate) async fn of_group(
        &mut self,
        address: &Address,
        attributes: &Attributes,
    ) -> Result<Seen, AppError> {
        if let Some(link) = self.store.link(address).await? {
            return self.linked(&link).await;
        }
        if !self.listed(&address.target, Kind::Group).await? {
            return Ok(Seen::Unknown);
        }
        let Some(Value::Text(name)) = attributes.get("displayName") else {
            return Ok(Seen::Absent);
        };
        let found = self
            .store
            .shadows_named(&address.target, Kind::Group, name)
            .await?;
        self.candidates(
            &address.target,
            Kind::Group,
            found.into_iter().map(|s| s.record),
        )
        .await
    }

    async fn linked(&mut self, link: &Link) -> Result<Seen, AppError> {
        let at = &link.address;
        let ahead = match at.kind {
            Kind::Account => self.ahead.account(&at.target, &link.remote),
            Kind::Group | Kind::Grant => None,
        };
        let record = match ahead {
            Some(unread) => unread.map(Unread::read).transpose()?,
            None => {
                let remotes = std::slice::from_ref(&link.remote);
                let found = self.store.shadows(&at.target, at.kind, remotes).await?;
                found.into_iter().next().map(|shadow| shadow.record)
            }
        };
        Ok(Seen::Present {
            object: record.map(object),
            ownership: Some(link.ownership),
        })
    }

    async fn grant(
        &mut self,
        address: &Address,
        link: Option<&Link>,
        account: Option<&RemoteId>,
    ) -> Result<Seen, AppError> {
        let name = address.key.granted_group().unwrap_or_default();
        let group = self.group(&Address::group(&address.target, name)).await?;
        let (Some(group), Some(account)) = (group, account) else {
            return Ok(if self.listed(&address.target, Kind::Account).await? {
                Seen::Absent
            } else {
                Seen::Unknown
            });
        };
        let member = match self.ahead.groups_of(&address.target, account) {
            Some(groups) => groups.contains(&group),
            None => {
                let groups = self.store.member_of(&address.target, account).await?;
                groups.contains(&group)
            }
        };
        if member {
            let ownership = link.map(|l| l.ownership);
            return Ok(Seen::Present {
                object: None,
                ownership,
            });
        }
        let listed = self.listed(&address.target, Kind::Group).await?;
        Ok(if listed { Seen::Absent } else { Seen::Unknown })
    }

    /// What the target calls a declared group: the one that is linked, or else the only one that
    /// its app's plan would take over. A membership of that one is seen now as it will be then,
    /// so that a plan for a member is not overtaken by the plan for the group.
    async fn group(&mut self, at: &Address) -> Result<Option<RemoteId>, AppError> {
        if let Some(known) = self.groups.get(at) {
            return Ok(known.clone());
        }
        let apps = &self.loaded.book.apps;
        let declared = apps
            .get(&at.target)
            .and_then(|app| app.groups.get(&at.key.0));
        let declared = declared.map(|group| group.attributes.clone());
        let seen = match declared {
            Some(attributes) => self.of_group(at, &attributes).await?,
            None => Seen::Unknown,
        };
        let found = match (self.store.link(at).await?, seen) {
            (Some(link), _) => Some(link.remote),
            (None, Seen::Candidates(found)) => match found.as_slice() {
                [one] => Some(one.remote.clone()),
                _ => None,
            },
            (None, _) => None,
        };
        self.groups.insert(at.clone(), found.clone());
        Ok(found)
    }

    async fn references(
        &mut self,
        wanted: &BTreeMap<&Address, &Attributes>,
        observed: &mut Observed,
    ) -> Result<(), AppError> {
        for (address, attributes) in wanted {
            for value in attributes.values() {
                let Value::Subject { subject } = value else {
                    continue;
                };
                let at = Address::account(&address.target, *subject);
                if let Some(remote) = self.referred(&at).await? {
                    let key = (address.target.clone(), *subject);
                    observed.references.insert(key, remote);
                }
            }
        }
        Ok(())
    }

    /// Where an account is that others refer to; `None`: it is not there.
    pub(super) async fn referred(&mut self, at: &Address) -> Result<Option<RemoteId>, AppError> {
        if let Some(known) = self.referred.get(at) {
            return Ok(known.clone());
        }
        let link = self.store.link(at).await?;
        let remote = link.map(|link| link.remote);
        self.referred.insert(at.clone(), remote.clone());
        Ok(remote)
    }

    /// Whether the last listing of a target was complete.
    pub(super) async fn listed(
        &mut self,
        target: &TargetName,
        kind: Kind,
    ) -> Result<bool, AppError> {
        let key = (target.clone(), kind);
        if let Some(listed) = self.listed.get(&key) {
            return Ok(*listed);
        }
        let run = self.store.last_observation(target, kind).await?;
        let listed = run.is_some_and(|r| r.run.completeness == Completeness::Full);
        self.listed.insert(key, listed);
        Ok(listed)
    }
}

/// The grants that someone rejected.
fn rejected(decisions: &Decisions) -> impl Iterator<Item = &Address> {
    let decided = decisions.access.iter().map(|d| &d.decided);
    decided
        .filter(|d| d.stated == Stated::Reject && d.address.kind == Kind::Grant)
        .map(|d| &d.address)
}

fn object(record: Record) -> Object {
    Object {
        remote: record.remote,
        active: record.active,
        attributes: record.attributes,
    }
}

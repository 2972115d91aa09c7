//! What somebody has in apps, as it lies in the store: enough to see that nothing is to be done.

use std::collections::BTreeMap;

use lifecycle::assign::Worker;
use lifecycle::mutants::{self, Mutant};
use lifecycle::settled::{Has, is_settled};
use model::{Address, Kind, RemoteId, SubjectId, TargetName, Timestamp};
use ports::store::{Link, Unread};

use super::Sight;
use crate::AppError;
use crate::tenant::Loaded;

impl Sight {
    /// Whether rules give somebody just what they have, as far as a glance tells. For whoever else has
    /// a say see [`is_settled`].
    pub(in crate::planner) async fn is_settled(
        &mut self,
        worker: Worker<'_>,
        managers: &BTreeMap<String, SubjectId>,
        links: &[Link],
        now: Timestamp,
    ) -> Result<bool, AppError> {
        // These do not keep to what a glance goes by.
        if mutants::on(Mutant::ForeignRevoked) || mutants::on(Mutant::LeaverNeedsListing) {
            return Ok(false);
        }
        let loaded = std::sync::Arc::clone(&self.loaded);
        for link in links {
            if let Some(group) = group_of(link) {
                self.group(&group).await?;
            }
        }
        let references = self.references_to(&loaded, managers).await?;
        let Some(mut has) = self.has(links) else {
            return Ok(false);
        };
        has.references = references;
        Ok(is_settled(worker, &loaded.book, managers, &has, now))
    }

    /// Where the managers' accounts are, in apps whose accounts refer to them.
    async fn references_to<'l>(
        &mut self,
        loaded: &'l Loaded,
        managers: &BTreeMap<String, SubjectId>,
    ) -> Result<BTreeMap<(&'l TargetName, SubjectId), RemoteId>, AppError> {
        let mut references = BTreeMap::new();
        for boss in managers.values() {
            let apps = loaded.book.apps.iter();
            for (target, _) in apps.filter(|(_, app)| app.manager.is_some()) {
                let at = Address::account(target, *boss);
                let remote = self.referred(&at).await?;
                references.extend(remote.map(|remote| ((target, *boss), remote)));
            }
        }
        Ok(references)
    }

    /// What is linked to somebody; `None` where some of it was not read ahead. Links come by address.
    fn has<'a>(&'a self, links: &'a [Link]) -> Option<Has<'a>> {
        let mut has = Has::default();
        // An account comes before the memberships of its app.
        let mut account = None;
        for link in links {
            let target = &link.address.target;
            if link.address.kind == Kind::Account {
                let unread = self.ahead.account(target, &link.remote)?;
                has.accounts.push((target, unread.map(Unread::written)));
                account = Some((target, &link.remote));
            }
            let (Some(at), Some((_, remote))) =
                (group_of(link), account.filter(|(here, _)| *here == target))
            else {
                continue;
            };
            let groups = self.ahead.groups_of(target, remote)?;
            let group = self.groups.get(&at)?.as_ref();
            if group.is_some_and(|group| groups.contains(group)) {
                has.grants.push((target, link.address.key.granted_group()?));
            }
        }
        Some(has)
    }
}

/// The group of a membership.
fn group_of(link: &Link) -> Option<Address> {
    let at = &link.address;
    let name = at.key.granted_group().filter(|_| at.kind == Kind::Grant)?;
    Some(Address::group(&at.target, name))
}

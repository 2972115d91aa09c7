//! Finding what exists and is linked to nobody: by exact match, and never by half of one.

use std::collections::BTreeSet;

use lifecycle::draft::Seen;
use lifecycle::mutants::{self, Mutant};
use model::event::Holder;
use model::{Attributes, Kind, Record, RemoteId, SubjectId, TargetName, Value};
use ports::store::Decisions;

use super::{Sight, object};
use crate::AppError;

impl Sight {
    pub(super) async fn unlinked_account(
        &mut self,
        target: &TargetName,
        subject: SubjectId,
        wanted: Option<&Attributes>,
        decisions: &Decisions,
    ) -> Result<Seen, AppError> {
        if !self.listed(target, Kind::Account).await? {
            return Ok(Seen::Unknown);
        }
        if let Some(decided) = self.decided(target, decisions).await? {
            return Ok(Seen::Candidates(vec![object(decided)]));
        }
        let (Some(wanted), Some(app)) = (wanted, self.loaded.book.apps.get(target)) else {
            return Ok(Seen::Absent);
        };
        for path in app.matching.clone() {
            let Some(Value::Text(value)) = wanted.get(&path) else {
                continue;
            };
            let found: Vec<Record> = if path == "userName" {
                self.accounts_named(target, value).await?
            } else {
                self.scan(target, &path, value).await?
            };
            let (open, barred) = self.open(target, subject, found, decisions).await?;
            if !open.is_empty() {
                return Ok(Seen::Candidates(open.into_iter().map(object).collect()));
            }
            if barred {
                return Ok(Seen::Barred);
            }
        }
        if mutants::on(Mutant::TrustedFilter) {
            let found = self
                .store
                .shadows_page(target, Kind::Account, None, 1)
                .await?;
            let found = found.into_iter().map(|s| s.record);
            return self.candidates(target, Kind::Account, found).await;
        }
        Ok(Seen::Absent)
    }

    /// The account that someone decided is this person's, if it is there and linked to nobody.
    async fn decided(
        &self,
        target: &TargetName,
        decisions: &Decisions,
    ) -> Result<Option<Record>, AppError> {
        let here = decisions.accounts.iter().map(|d| &d.decided);
        for decided in here.filter(|d| d.target == *target) {
            let remotes = std::slice::from_ref(&decided.remote);
            let link = self.store.link_to(target, Kind::Account, &decided.remote);
            if link.await?.is_some() {
                continue;
            }
            let found = self.store.shadows(target, Kind::Account, remotes).await?;
            let mine = found.into_iter().map(|shadow| shadow.record);
            if let Some(record) = mine.into_iter().find(|r| !self.is_service(target, r)) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Those of the accounts that a match may give to this person, and whether one of the others
    /// is privileged or used by a workload.
    async fn open(
        &mut self,
        target: &TargetName,
        subject: SubjectId,
        found: Vec<Record>,
        decisions: &Decisions,
    ) -> Result<(Vec<Record>, bool), AppError> {
        let (mut open, mut barred) = (Vec::new(), false);
        for record in found {
            let rejected = decisions
                .rejected
                .iter()
                .any(|r| r.rejected.target == *target && r.rejected.remote == record.remote);
            let link = self.store.link_to(target, Kind::Account, &record.remote);
            if rejected || link.await?.is_some() {
                continue;
            }
            if self.is_service(target, &record) {
                barred = true;
                continue;
            }
            let decided = self.store.decided_account(target, &record.remote).await?;
            match decided.map(|d| d.decided.holder) {
                Some(Holder::Person { subject: other }) if other == subject => open.push(record),
                Some(Holder::Privileged | Holder::Service { .. }) => barred = true,
                Some(_) => {}
                None if self.is_privileged(target, &record).await? => barred = true,
                None => open.push(record),
            }
        }
        Ok((open, barred))
    }

    /// Whether a document says that a workload uses the account: then it is nobody's, whatever
    /// was decided before.
    pub(super) fn is_service(&self, target: &TargetName, record: &Record) -> bool {
        let services = &self.loaded.tenant.service_accounts;
        services.of(target, &record.name).is_some()
    }

    /// Whether the app's document lists an account, or a group that it is a member of.
    pub(crate) async fn is_privileged(
        &mut self,
        target: &TargetName,
        record: &Record,
    ) -> Result<bool, AppError> {
        let Some(app) = self.loaded.tenant.apps.get(target) else {
            return Ok(false);
        };
        let listed = &app.privileged;
        if listed.names.contains(&record.name.to_ascii_lowercase()) {
            return Ok(true);
        }
        if listed.groups.is_empty() {
            return Ok(false);
        }
        if !self.privileged.contains_key(target) {
            let mut groups = BTreeSet::new();
            for name in &listed.groups {
                let found = self.store.shadows_named(target, Kind::Group, name).await?;
                groups.extend(found.into_iter().map(|s| s.record.remote));
            }
            self.privileged.insert(target.clone(), groups);
        }
        let of = self.store.member_of(target, &record.remote).await?;
        let privileged = self.privileged.get(target);
        Ok(privileged.is_some_and(|groups| of.iter().any(|g| groups.contains(g))))
    }

    /// Accounts whose attribute equals the value, ignoring ASCII case. Reads the whole target:
    /// only for apps that match on something else than `userName`.
    async fn scan(
        &self,
        target: &TargetName,
        path: &str,
        value: &str,
    ) -> Result<Vec<Record>, AppError> {
        let mut found = Vec::new();
        let mut after: Option<RemoteId> = None;
        loop {
            let page = self
                .store
                .shadows_page(target, Kind::Account, after.as_ref(), 5_000)
                .await?;
            let full = page.len() == 5_000;
            after = page.last().map(|s| s.record.remote.clone());
            found.extend(page.into_iter().map(|s| s.record).filter(|record| {
                let seen = record.attributes.get(path).and_then(Value::as_text);
                seen.is_some_and(|seen| seen.eq_ignore_ascii_case(value))
            }));
            if !full {
                return Ok(found);
            }
        }
    }

    /// Those of the objects that nothing of ours is linked to.
    pub(super) async fn candidates(
        &self,
        target: &TargetName,
        kind: Kind,
        found: impl Iterator<Item = Record>,
    ) -> Result<Seen, AppError> {
        let mut free = Vec::new();
        for record in found {
            if self
                .store
                .link_to(target, kind, &record.remote)
                .await?
                .is_none()
            {
                free.push(object(record));
            }
        }
        Ok(if free.is_empty() {
            Seen::Absent
        } else {
            Seen::Candidates(free)
        })
    }
}

//! Finding what exists and is linked to nobody: by exact match, and never by half of one.

use lifecycle::draft::Seen;
use lifecycle::mutants::{self, Mutant};
use model::{Attributes, Kind, Record, RemoteId, TargetName, Value};

use super::{Sight, object};
use crate::AppError;

impl Sight<'_> {
    pub(super) async fn unlinked_account(
        &mut self,
        target: &TargetName,
        wanted: Option<&Attributes>,
    ) -> Result<Seen, AppError> {
        if !self.listed(target, Kind::Account).await? {
            return Ok(Seen::Unknown);
        }
        let (Some(wanted), Some(app)) = (wanted, self.loaded.book.apps.get(target)) else {
            return Ok(Seen::Absent);
        };
        for path in app.matching.clone() {
            let Some(Value::Text(value)) = wanted.get(&path) else {
                continue;
            };
            let found = if path == "userName" {
                let found = self
                    .store
                    .shadows_named(target, Kind::Account, value)
                    .await?;
                found.into_iter().map(|s| s.record).collect()
            } else {
                self.scan(target, &path, value).await?
            };
            let seen = self
                .candidates(target, Kind::Account, found.into_iter())
                .await?;
            if seen != Seen::Absent {
                return Ok(seen);
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

//! Whose a user name is in an app, as it was last listed.

use model::{Kind, Record, RemoteId, TargetName};

use super::Sight;
use crate::AppError;

/// How a user name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::planner) enum Name {
    /// A complete listing has no other account of this name.
    Free,
    /// Another account has it.
    Taken,
    /// None is known, but the listing was not complete.
    Unknown,
}

impl Sight {
    /// How a name stands for the account `own`, or for one that does not exist yet.
    pub(in crate::planner) async fn name(
        &mut self,
        target: &TargetName,
        name: &str,
        own: Option<&RemoteId>,
    ) -> Result<Name, AppError> {
        let key = (target.clone(), name.to_ascii_lowercase());
        if !self.named.contains_key(&key) {
            self.accounts_named(target, name).await?;
        }
        let holders = self.named.get(&key).into_iter().flatten();
        if holders.into_iter().any(|holder| Some(holder) != own) {
            return Ok(Name::Taken);
        }
        Ok(if self.listed(target, Kind::Account).await? {
            Name::Free
        } else {
            Name::Unknown
        })
    }

    /// The accounts of this name. Whoever matches by it will ask about the same name again.
    pub(super) async fn accounts_named(
        &mut self,
        target: &TargetName,
        name: &str,
    ) -> Result<Vec<Record>, AppError> {
        let found = self
            .store
            .shadows_named(target, Kind::Account, name)
            .await?;
        let found: Vec<Record> = found.into_iter().map(|s| s.record).collect();
        let holders = found.iter().map(|record| record.remote.clone()).collect();
        let key = (target.clone(), name.to_ascii_lowercase());
        self.named.insert(key, holders);
        Ok(found)
    }
}

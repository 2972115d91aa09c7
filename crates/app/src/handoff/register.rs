//! What the store knows of an app that nobody can ask.

use std::sync::Arc;

use async_trait::async_trait;
use model::{Completeness, Kind, Record, RemoteId, TargetName};
use ports::handoff::{Known, Register};
use ports::store::{MAX_PAGE, StoreError};
use ports::{Store, TargetError};

/// The accounts that the last list showed, as answers have changed them since.
pub(crate) struct StoreRegister {
    store: Arc<dyn Store>,
    target: TargetName,
}

impl StoreRegister {
    pub(crate) fn new(store: Arc<dyn Store>, target: TargetName) -> Self {
        Self { store, target }
    }
}

fn away(error: StoreError) -> TargetError {
    TargetError::Unreachable(error.to_string())
}

#[async_trait]
impl Register for StoreRegister {
    async fn accounts(&self) -> Result<Known, TargetError> {
        let mut records: Vec<Record> = Vec::new();
        loop {
            let after = records.last().map(|record| record.remote.clone());
            let page = self
                .store
                .shadows_page(&self.target, Kind::Account, after.as_ref(), MAX_PAGE)
                .await
                .map_err(away)?;
            let last = page.len() < MAX_PAGE as usize;
            records.extend(page.into_iter().map(|shadow| shadow.record));
            if last {
                break;
            }
        }
        Ok(Known {
            records,
            completeness: Completeness::Unknown,
            detail: "this is what was known; only its people can list it".to_owned(),
        })
    }

    async fn account(&self, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        let found = self.store.shadow(&self.target, Kind::Account, remote).await;
        if let Some(shadow) = found.map_err(away)? {
            return Ok(Some(shadow.record));
        }
        let run = self
            .store
            .last_observation(&self.target, Kind::Account)
            .await;
        let full = run
            .map_err(away)?
            .is_some_and(|row| row.run.completeness == Completeness::Full);
        match full {
            true => Ok(None),
            false => Err(TargetError::Unreachable(
                "its people sent no complete list".to_owned(),
            )),
        }
    }

    async fn named(&self, name: &str) -> Result<Vec<Record>, TargetError> {
        let found = self
            .store
            .shadows_named(&self.target, Kind::Account, name)
            .await;
        Ok(found
            .map_err(away)?
            .into_iter()
            .map(|shadow| shadow.record)
            .collect())
    }
}

//! Records that are read only where somebody asks for what they say.

use std::fmt;

use model::{Record, RemoteId};

use super::StoreError;

/// The last observation of an object as it is written, to be read where somebody asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unread {
    /// The target's id.
    pub remote: RemoteId,
    written: String,
}

impl Unread {
    /// What a store holds of an object, as JSON.
    #[must_use]
    pub fn new(remote: RemoteId, written: String) -> Self {
        Self { remote, written }
    }

    /// A record as a store would hold it.
    ///
    /// # Errors
    /// `Damaged` when it cannot be written.
    pub fn of(record: &Record) -> Result<Self, StoreError> {
        let written = serde_json::to_string(record);
        let written = written.map_err(|e| StoreError::Damaged(format!("a record: {e}")))?;
        Ok(Self::new(record.remote.clone(), written))
    }

    /// The text itself.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What it says.
    ///
    /// # Errors
    /// `Damaged` when that does not decode.
    pub fn read(&self) -> Result<Record, StoreError> {
        // The error's own words would repeat the value.
        serde_json::from_str(&self.written).map_err(|e| {
            StoreError::Damaged(format!(
                "the record of `{:.200}` does not fit at byte {} ({:?})",
                self.remote.as_str(),
                e.column(),
                e.classify()
            ))
        })
    }
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unread").field(&self.remote).finish()
    }
}

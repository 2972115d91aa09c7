//! Backups: one file that either database can be restored from.
//!
//! A dump holds, from one snapshot, what cannot be computed again: the log, its keys, streams,
//! one-time values, leases and secrets. Projections are left out; restoring computes them. What
//! is personal is in it as ciphertext only; who restores it needs the same key ring.
//!
//! JSON lines: a header, then for each table a line that names it and a line per row (an array;
//! bytes as `{"b64": …}`), then a trailer with the number of rows and the hash of everything
//! before it, so that a dump that was cut short or changed is refused as a whole.

mod read;
mod write;

use model::Timestamp;
use model::canonical::Digest;
use ports::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::ground;
use crate::schema;
use crate::table::Table;
use crate::{OpenError, committer};

pub(crate) use read::Reader;
pub(crate) use write::Writer;

const FORMAT: &str = "tenure.dump/1";

/// The longest line that is read, in bytes: twice what an event may have, as base64.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The last record in it.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// Its instant.
    pub at: Timestamp,
    /// Rows in all.
    pub rows: u64,
}

/// Why a backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database to restore into cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file cannot be read or written.
    #[error("the backup file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// The database to restore into holds something.
    #[error("the database already holds {0} records: restore into an empty one")]
    NotEmpty(u64),
    /// The file is not a whole, unchanged backup.
    #[error("this is not a usable backup: {0}")]
    Unusable(String),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    schema: u64,
    seq: u64,
    hash: Digest,
    at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableLine {
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    rows: u64,
    sha256: Digest,
}

/// The tables in a dump, in its order: keys stand before the records that need them.
pub(crate) fn tables() -> impl Iterator<Item = &'static Table> {
    let ground: [&'static Table; 4] = [
        &ground::SUBJECT_KEY,
        &ground::STREAM,
        &ground::ONE_TIME,
        &ground::LEASE,
    ];
    ground
        .into_iter()
        .chain(schema::OPERATIONAL.iter().copied())
        .chain([&ground::RECORD])
}

impl From<&Header> for committer::Head {
    fn from(header: &Header) -> Self {
        Self {
            seq: header.seq,
            hash: header.hash,
            at: header.at,
        }
    }
}

//! Computing the projections again from the log, when their tables have changed.

use std::collections::BTreeMap;

use ports::store::StoreError;

use crate::committer::KeyRow;
use crate::log::{key_name, opened};
use crate::project::project;
use crate::rows;
use crate::sealer::Sealer;
use crate::table::{Row, RowOp};

/// Records per page.
pub(crate) const PAGE: i64 = 1_000;

/// Every data key there is.
pub(crate) const KEYS_SQL: &str = "SELECT subject, minted, ring_key, sealed FROM subject_key";

/// The page of records after `$1`, at most `$2`.
pub(crate) fn page_sql() -> String {
    format!(
        "SELECT {} FROM record WHERE seq > $1 ORDER BY seq LIMIT $2",
        rows::RECORD_COLUMNS
    )
}

/// The data keys in the answer to [`KEYS_SQL`], by subject.
pub(crate) fn keys(found: &[Row]) -> Result<BTreeMap<String, KeyRow>, StoreError> {
    let key = |row| {
        let subject = rows::text(row, 0, "subject_key.subject")?.to_owned();
        Ok((subject, rows::key(row, 1)?))
    };
    found.iter().map(key).collect()
}

/// What a page of records writes, and the number of its last record; `None` after the end.
pub(crate) fn ops(
    sealer: &Sealer,
    keys: &BTreeMap<String, KeyRow>,
    page: &[Row],
) -> Result<Option<(Vec<RowOp>, i64)>, StoreError> {
    let mut ops = Vec::new();
    let mut last = None;
    for row in page {
        let envelope = rows::envelope(row)?;
        let key = keys.get(&key_name(&envelope));
        let record = opened(sealer, envelope, key)?;
        let projected = project(record.seq, record.at, &record.event);
        ops.extend(
            projected.map_err(|e| StoreError::Damaged(format!("record {}: {e}", record.seq)))?,
        );
        last = Some(rows::int(row, 0, "record.seq")?);
    }
    Ok(last.map(|last| (ops, last)))
}

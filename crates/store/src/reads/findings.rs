//! Reads of findings.

use async_trait::async_trait;
use model::{Address, SubjectId};
use ports::store::{FindingRow, Findings, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, text};
use crate::project::concern;
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static FINDING: Select = Select {
    table: "finding",
    key: 1,
    columns: &["finding", "at", "opened"],
    from: "finding",
};

fn finding(row: &mut Fields) -> Read<FindingRow> {
    row.text()?;
    // The table holds open findings only.
    Ok(FindingRow {
        at: row.instant()?,
        opened: row.json()?,
        closed: None,
    })
}

#[async_trait]
impl Findings for TenureStore {
    async fn open_findings(&self, rows: u32) -> Read<Vec<FindingRow>> {
        FINDING
            .all(self.db(), "ORDER BY seq LIMIT $1", &[limit(rows)], finding)
            .await
    }

    async fn open_finding(
        &self,
        fingerprint: &str,
        subject: Option<SubjectId>,
        address: Option<&Address>,
    ) -> Read<Option<FindingRow>> {
        let args = [text(fingerprint), Cell::Text(concern(subject, address))];
        let rest = "WHERE fingerprint = $1 AND concern = $2 ORDER BY seq LIMIT 1";
        FINDING.one(self.db(), rest, &args, finding).await
    }
}

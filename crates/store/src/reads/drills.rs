//! Reads of runs of drills.

use async_trait::async_trait;
use ports::store::{DrillRow, Drills, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, text};

type Read<T> = Result<T, StoreError>;

/// The head is read in the same statement: whoever decides from this row can only be too old, and
/// then the append conflicts.
static RUN: Select = Select {
    table: "drill_run",
    key: 2,
    columns: &["d.drill", "d.number", "h.head", "d.state"],
    from: "drill_run d LEFT JOIN stream h ON h.name = 'drill/' || d.drill",
};

fn run(row: &mut Fields) -> Read<DrillRow> {
    row.text()?;
    row.number::<i64>()?;
    Ok(DrillRow {
        head: row.opt_number()?,
        run: row.json()?,
    })
}

#[async_trait]
impl Drills for TenureStore {
    async fn drill_runs(&self, drill: &str, rows: u32) -> Read<Vec<DrillRow>> {
        let rest = "WHERE d.drill = $1 ORDER BY d.number DESC LIMIT $2";
        let args = [text(drill), limit(rows)];
        RUN.all(self.db(), rest, &args, run).await
    }

    async fn open_drills(&self, rows: u32) -> Read<Vec<DrillRow>> {
        let rest = "WHERE d.open = 1 ORDER BY d.drill LIMIT $1";
        RUN.all(self.db(), rest, &[limit(rows)], run).await
    }
}

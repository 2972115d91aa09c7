//! Reads of tasks.

use async_trait::async_trait;
use model::{KnownTask, TaskId, Timestamp};
use ports::store::{StoreError, Tasks};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, text};
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static TASK: Select = Select {
    table: "task",
    key: 1,
    columns: &["task", "known"],
    from: "task",
};

fn task(row: &mut Fields) -> Read<KnownTask> {
    row.text()?;
    row.json()
}

#[async_trait]
impl Tasks for TenureStore {
    async fn task(&self, task: TaskId) -> Read<Option<KnownTask>> {
        let args = [text(task)];
        TASK.one(self.db(), "WHERE task = $1", &args, self::task)
            .await
    }

    async fn open_tasks(
        &self,
        until: Option<Timestamp>,
        after: Option<(Timestamp, TaskId)>,
        rows: u32,
    ) -> Read<Vec<KnownTask>> {
        let until = until.map_or(i64::MAX, Timestamp::as_micros);
        let mut args = vec![Cell::Int(until)];
        let mut rest = String::from("WHERE owed <= $1 ");
        if let Some((due, task)) = after {
            args.extend([Cell::Int(due.as_micros()), text(task)]);
            rest.push_str("AND (owed, task) > ($2, $3) ");
        }
        args.push(limit(rows));
        rest.push_str(&format!("ORDER BY owed, task LIMIT ${}", args.len()));
        TASK.all(self.db(), &rest, &args, self::task).await
    }
}

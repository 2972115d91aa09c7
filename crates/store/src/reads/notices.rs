//! Reads of what people are told of.

use async_trait::async_trait;
use model::NoticeId;
use ports::store::{NoticeRow, Notices, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, text};

type Read<T> = Result<T, StoreError>;

/// The head is read in the same statement: whoever decides from this row can only be too old, and
/// then the append conflicts.
static NOTICE: Select = Select {
    table: "notice",
    key: 1,
    columns: &["n.notice", "h.head", "n.state"],
    from: "notice n LEFT JOIN stream h ON h.name = 'notice/' || n.notice",
};

fn notice(row: &mut Fields) -> Read<NoticeRow> {
    Ok(NoticeRow {
        id: row.parsed()?,
        head: row.opt_number()?,
        state: row.json()?,
    })
}

#[async_trait]
impl Notices for TenureStore {
    async fn open_notices(&self, rows: u32) -> Read<Vec<NoticeRow>> {
        let rest = "WHERE n.open = 1 ORDER BY n.seq LIMIT $1";
        NOTICE.all(self.db(), rest, &[limit(rows)], notice).await
    }

    async fn notice(&self, id: NoticeId) -> Read<Option<NoticeRow>> {
        let rest = "WHERE n.notice = $1";
        NOTICE.one(self.db(), rest, &[text(id)], notice).await
    }

    async fn notices(&self, rows: u32) -> Read<Vec<NoticeRow>> {
        let rest = "ORDER BY n.seq DESC LIMIT $1";
        NOTICE.all(self.db(), rest, &[limit(rows)], notice).await
    }
}

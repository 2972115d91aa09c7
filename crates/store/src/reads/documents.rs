//! Reads of documents, deliveries and the kill switch.

use async_trait::async_trait;
use model::{DeliveryId, TargetName, Timestamp};
use ports::store::{DeliveryRow, Documents, DocumentsRow, StoreError};

use crate::TenureStore;
use crate::decode::{Fields, Select, limit, text};
use crate::table::Cell;

type Read<T> = Result<T, StoreError>;

static DOCUMENTS: Select = Select {
    table: "documents",
    key: 1,
    columns: &["revision", "author", "at", "documents"],
    from: "documents",
};

static DELIVERY: Select = Select {
    table: "delivery",
    key: 1,
    columns: &["delivery", "seq", "at", "received"],
    from: "delivery",
};

static HEARD: Select = Select {
    table: "source_heard",
    key: 0,
    columns: &["delivery", "at"],
    from: "source_heard",
};

static STOP: Select = Select {
    table: "stop",
    key: 1,
    columns: &["target", "reason"],
    from: "stop",
};

fn documents(row: &mut Fields) -> Read<DocumentsRow> {
    Ok(DocumentsRow {
        revision: row.number()?,
        author: row.text()?,
        at: row.instant()?,
        documents: row.json()?,
    })
}

fn delivery(row: &mut Fields) -> Read<DeliveryRow> {
    row.text()?;
    Ok(DeliveryRow {
        seq: row.number()?,
        at: row.instant()?,
        delivery: row.json()?,
    })
}

fn heard(row: &mut Fields) -> Read<(DeliveryId, Timestamp)> {
    Ok((row.parsed()?, row.instant()?))
}

fn stop(row: &mut Fields) -> Read<(Option<TargetName>, String)> {
    let target = row.text()?;
    let target = (!target.is_empty()).then_some(TargetName(target));
    Ok((target, row.text()?))
}

#[async_trait]
impl Documents for TenureStore {
    async fn documents(&self) -> Read<Option<DocumentsRow>> {
        DOCUMENTS
            .one(
                self.db(),
                "WHERE revision = (SELECT max(revision) FROM documents)",
                &[],
                documents,
            )
            .await
    }

    async fn documents_at(&self, revision: u64) -> Read<Option<DocumentsRow>> {
        // A revision beyond what can be stored was never stored.
        let Ok(revision) = i64::try_from(revision) else {
            return Ok(None);
        };
        DOCUMENTS
            .one(
                self.db(),
                "WHERE revision = $1",
                &[Cell::Int(revision)],
                documents,
            )
            .await
    }

    async fn delivery(&self, id: DeliveryId) -> Read<Option<DeliveryRow>> {
        DELIVERY
            .one(self.db(), "WHERE delivery = $1", &[text(id)], delivery)
            .await
    }

    async fn last_heard(&self, source: &str) -> Read<Option<(DeliveryId, Timestamp)>> {
        HEARD
            .one(self.db(), "WHERE source = $1", &[text(source)], heard)
            .await
    }

    async fn deliveries(&self, rows: u32) -> Read<Vec<DeliveryRow>> {
        DELIVERY
            .all(
                self.db(),
                "ORDER BY seq DESC LIMIT $1",
                &[limit(rows)],
                delivery,
            )
            .await
    }

    async fn stopped(&self) -> Read<Vec<(Option<TargetName>, String)>> {
        STOP.all(self.db(), "ORDER BY target", &[], stop).await
    }
}

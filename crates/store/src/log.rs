//! Reading the log: records as they are stored, and their events as far as keys exist.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use evidence::Envelope;
use model::canonical::Digest;
use model::{Actor, Event, SubjectId, Timestamp};
use ports::store::{Log, LogRecord, Stir, StoreError, Told};

use crate::TenureStore;
use crate::committer::{KeyRow, TENANT_KEY};
use crate::rows;
use crate::sealer::{Opened, Sealer};
use crate::table::{Cell, Row};

/// At most this many records are answered at once, whatever was asked for.
const MAX_PAGE: u32 = 10_000;
/// At most this many keys are asked for in one query.
const CHUNK: usize = 500;

#[async_trait]
impl Log for TenureStore {
    async fn records(&self, after: u64, limit: u32) -> Result<Vec<LogRecord>, StoreError> {
        let records = self.envelopes(after, limit).await?;
        self.decode(records).await
    }

    async fn closed_records(&self, after: u64, limit: u32) -> Result<Vec<LogRecord>, StoreError> {
        let records = self.envelopes(after, limit).await?;
        let closed = |record: Envelope| {
            opened(
                self.sealer(),
                Envelope {
                    sealed: None,
                    ..record
                },
                None,
            )
        };
        records.into_iter().map(closed).collect()
    }

    async fn stirs(&self, after: u64, limit: u32) -> Result<Vec<Stir>, StoreError> {
        let sql = "SELECT seq, kind, subject FROM record WHERE seq > $1 ORDER BY seq LIMIT $2";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let args = [Cell::Int(after), Cell::Int(limit.min(MAX_PAGE).into())];
        self.db()
            .query(sql, &args)
            .await?
            .iter()
            .map(stir)
            .collect()
    }

    async fn records_about(
        &self,
        subject: SubjectId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LogRecord>, StoreError> {
        let sql = format!(
            "SELECT {} FROM record WHERE subject = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
            rows::RECORD_COLUMNS
        );
        let before = before.and_then(|seq| i64::try_from(seq).ok());
        let args = [
            Cell::Text(subject.to_string()),
            Cell::Int(before.unwrap_or(i64::MAX)),
            Cell::Int(limit.min(MAX_PAGE).into()),
        ];
        let found = self.db().query(&sql, &args).await?;
        self.decode(found.iter().map(rows::envelope).collect::<Result<_, _>>()?)
            .await
    }

    async fn told_about(
        &self,
        subjects: &[SubjectId],
        kinds: &[&str],
        after: u64,
        limit: u32,
    ) -> Result<Vec<(SubjectId, Told)>, StoreError> {
        let after = Cell::Int(i64::try_from(after).unwrap_or(i64::MAX));
        let most = usize::try_from(limit.min(MAX_PAGE)).unwrap_or(0);
        let mut found = Vec::new();
        for chunk in subjects.chunks(CHUNK) {
            let left = most - found.len();
            let mut args = vec![after.clone(), Cell::Int(i64::try_from(left).unwrap_or(0))];
            args.extend(kinds.iter().map(|kind| Cell::Text((*kind).to_owned())));
            args.extend(chunk.iter().map(|subject| Cell::Text(subject.to_string())));
            let marks: Vec<String> = (1..=args.len()).map(|i| format!("${i}")).collect();
            let (kinds, subjects) = marks[2..].split_at(kinds.len());
            // Along the index by subject and number.
            let sql = format!(
                "SELECT seq, at, kind, subject, body FROM record WHERE subject IN ({}) \
                 AND seq > $1 AND kind IN ({}) ORDER BY subject, seq LIMIT $2",
                subjects.join(", "),
                kinds.join(", ")
            );
            found.extend(self.db().query_each(sql, args, |row| told(&row)).await?);
        }
        Ok(found)
    }

    async fn last_stir(
        &self,
        subject: SubjectId,
        kinds: &[&str],
    ) -> Result<Option<Stir>, StoreError> {
        let mut args = vec![Cell::Text(subject.to_string())];
        args.extend(kinds.iter().map(|kind| Cell::Text((*kind).to_owned())));
        let marks: Vec<String> = (2..=args.len()).map(|i| format!("${i}")).collect();
        let sql = format!(
            "SELECT seq, kind, subject FROM record WHERE subject = $1 AND kind IN ({}) \
             ORDER BY seq DESC LIMIT 1",
            marks.join(", ")
        );
        let found = self.db().query(&sql, &args).await?;
        found.first().map(stir).transpose()
    }

    async fn head(&self) -> Result<(u64, Digest), StoreError> {
        let head = rows::head(&self.db().query(rows::HEAD_SQL, &[]).await?)?;
        Ok((head.seq, head.hash))
    }
}

fn stir(row: &Row) -> Result<Stir, StoreError> {
    Ok(Stir {
        seq: rows::count(row, 0, "record.seq")?,
        kind: rows::text(row, 1, "record.kind")?.to_owned(),
        subject: rows::record_subject(row, 2)?,
    })
}

/// A record whose event is decoded as it stands, without what is sealed.
fn told(row: &Row) -> Result<(SubjectId, Told), StoreError> {
    let seq = rows::count(row, 0, "record.seq")?;
    let damaged = |why: String| StoreError::Damaged(format!("record {seq}: {why}"));
    let subject = rows::record_subject(row, 3)?;
    let subject = subject.ok_or_else(|| damaged("it has no subject".to_owned()))?;
    let kind = rows::text(row, 2, "record.kind")?;
    let body = rows::text(row, 4, "record.body")?;
    let event = Event::stored(kind, body).map_err(|e| damaged(e.to_string()))?;
    let at = Timestamp::from_micros(rows::int(row, 1, "record.at")?);
    Ok((subject, Told { seq, at, event }))
}

impl TenureStore {
    /// Records as they are stored, after `after`, at most `limit`, in order.
    ///
    /// # Errors
    /// When the database does not answer or a row does not decode.
    pub async fn envelopes(&self, after: u64, limit: u32) -> Result<Vec<Envelope>, StoreError> {
        let sql = format!(
            "SELECT {} FROM record WHERE seq > $1 ORDER BY seq LIMIT $2",
            rows::RECORD_COLUMNS
        );
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let args = [Cell::Int(after), Cell::Int(limit.min(MAX_PAGE).into())];
        self.db()
            .query(&sql, &args)
            .await?
            .iter()
            .map(rows::envelope)
            .collect()
    }

    pub(crate) async fn decode(
        &self,
        records: Vec<Envelope>,
    ) -> Result<Vec<LogRecord>, StoreError> {
        let names: BTreeSet<String> = records
            .iter()
            .filter(|r| r.sealed.is_some())
            .map(key_name)
            .collect();
        let keys = self.keys(names.into_iter().collect()).await?;
        let open = |record: Envelope| {
            let key = keys.get(&key_name(&record));
            opened(self.sealer(), record, key)
        };
        records.into_iter().map(open).collect()
    }

    /// The data keys that exist among these.
    pub(crate) async fn keys(
        &self,
        names: Vec<String>,
    ) -> Result<BTreeMap<String, KeyRow>, StoreError> {
        let mut keys = BTreeMap::new();
        for chunk in names.chunks(CHUNK) {
            let marks: Vec<String> = (1..=chunk.len()).map(|i| format!("${i}")).collect();
            let sql = format!(
                "SELECT subject, minted, ring_key, sealed FROM subject_key WHERE subject IN ({})",
                marks.join(", ")
            );
            let args: Vec<Cell> = chunk.iter().map(|name| Cell::Text(name.clone())).collect();
            for row in self.db().query(&sql, &args).await? {
                let key = rows::key(&row, 1)?;
                keys.insert(rows::text(&row, 0, "subject_key.subject")?.to_owned(), key);
            }
        }
        Ok(keys)
    }
}

/// A record with its event, decrypted with the subject's key as it is now.
pub(crate) fn opened(
    sealer: &Sealer,
    record: Envelope,
    key: Option<&KeyRow>,
) -> Result<LogRecord, StoreError> {
    let seq = record.seq;
    let damaged = |why: String| StoreError::Damaged(format!("record {seq}: {why}"));
    let actor: Actor = serde_json::from_str(&record.actor).map_err(|e| damaged(e.to_string()))?;
    let mut body = Cow::Borrowed(record.body.as_str());
    if let Some(sealed) = &record.sealed {
        let opened = sealer
            .open(&key_name(&record), key, &record.kind, sealed)
            .map_err(|e| damaged(e.to_string()))?;
        if let Opened::Known(text) = opened {
            let told = with_personal(&body, &text).map_err(|e| damaged(e.to_string()))?;
            body = Cow::Owned(told);
        }
    }
    let event = Event::stored(&record.kind, &body).map_err(|e| damaged(e.to_string()))?;
    Ok(LogRecord {
        seq,
        at: record.at,
        actor,
        event,
        hash: record.hash,
    })
}

/// The name of the data key that seals a record's personal part.
pub(crate) fn key_name(record: &Envelope) -> String {
    record
        .subject
        .map_or_else(|| TENANT_KEY.to_owned(), |subject| subject.to_string())
}

/// A body with what was sealed of it.
fn with_personal(body: &str, personal: &[u8]) -> Result<String, serde_json::Error> {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(body)?;
    fields.insert("personal".to_owned(), serde_json::from_slice(personal)?);
    serde_json::to_string(&fields)
}

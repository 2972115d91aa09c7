//! The log as it leaves for systems that watch over others: extracts of its records, in order, from
//! where the caller left off.
//!
//! Whoever follows the log is told of every record, their own calls included. A call that has
//! nothing but such calls to tell tells nothing: otherwise following would be what is followed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use model::Event;
use model::canonical::Digest;
use model::plan::StepRef;
use ports::store::LogRecord;
use protocol::siem::{Extract, KINDS, Recorded, extract, kind_of};

use crate::{App, AppError, ErrorKind};

/// Calls that may wait at the same time.
pub(crate) const WAITING: usize = 32;
/// Between two looks while waiting.
const LOOK: Duration = Duration::from_millis(500);

/// From where on, what, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct EventsAsked {
    /// After the record with this number; 0 for all.
    pub after: u64,
    /// The hash of that record, where the caller knows it.
    pub hash: Option<Digest>,
    /// Only these kinds, without their versions; every kind where empty.
    pub kinds: Vec<String>,
    /// Records of one answer, looked at or told.
    pub limit: u32,
    /// How long to wait while there is no news.
    pub wait: Duration,
    /// The pattern of the route through which the log is followed.
    pub route: &'static str,
}

/// The extracts, and where to go on.
#[derive(Debug, Clone)]
pub struct Extracts {
    /// In order.
    pub extracts: Vec<Extract>,
    /// The last record that was looked at: go on after it.
    pub next: u64,
    /// Its hash.
    pub hash: Digest,
    /// Whether there is more.
    pub more: bool,
}

impl App {
    /// Extracts of the records after one. Waits for news, at most as long as asked, and not once
    /// `stopping` says so.
    ///
    /// # Errors
    /// `Invalid` for a kind that there is none of; `Conflict` when the caller has been following
    /// another log, or this one has lost records; `Busy` when too many wait.
    pub async fn events(
        &self,
        tenant: &str,
        asked: &EventsAsked,
        stopping: impl Fn() -> bool + Send,
    ) -> Result<Extracts, AppError> {
        if let Some(kind) = asked.kinds.iter().find(|k| !KINDS.contains(&k.as_str())) {
            return Err(no_such_kind(kind));
        }
        let mut at = (asked.after, self.left_off(asked).await?);
        let _seat = match asked.wait.is_zero() {
            true => None,
            false => Some(self.following.try_acquire().map_err(|_| too_many())?),
        };
        let begun = Instant::now();
        loop {
            let records = self.store.closed_records(at.0, asked.limit).await?;
            let full = records.len() >= asked.limit as usize;
            let last = records.last().map_or(at, |r| (r.seq, r.hash));
            let mut told = records;
            told.retain(|record| is_wanted(record, &asked.kinds));
            let news = told.iter().any(|record| !is_following(record, asked.route));
            if news || full {
                return self.told(tenant, &told, last, full).await;
            }
            if told.is_empty() {
                at = last;
            }
            if begun.elapsed() >= asked.wait || stopping() {
                return self.told(tenant, &[], at, false).await;
            }
            tokio::time::sleep(LOOK.min(asked.wait)).await;
        }
    }

    /// The hash of the record after which the caller goes on, which must be one of this log.
    async fn left_off(&self, asked: &EventsAsked) -> Result<Digest, AppError> {
        let Some(before) = asked.after.checked_sub(1) else {
            return Ok(Digest::default());
        };
        let found = self.store.closed_records(before, 1).await?;
        match found.first() {
            Some(record) if asked.hash.is_none_or(|hash| hash == record.hash) => Ok(record.hash),
            Some(_) => Err(other_log(format!(
                "record {} has another hash",
                asked.after
            ))),
            None => Err(other_log(format!("there is no record {}", asked.after))),
        }
    }

    async fn told(
        &self,
        tenant: &str,
        records: &[LogRecord],
        (next, hash): (u64, Digest),
        more: bool,
    ) -> Result<Extracts, AppError> {
        let verbs = self.verbs(records).await?;
        let mut extracts = Vec::with_capacity(records.len());
        for record in records {
            let verb = match &record.event {
                Event::StepChanged(changed) => verbs.get(&changed.step).map(String::as_str),
                _ => None,
            };
            extracts.push(extract(recorded(record), tenant, verb).map_err(|e| {
                let problem = format!("record {} has no extract: {e}", record.seq);
                let fix = "please report this defect";
                AppError::new(ErrorKind::Broken, "TNR-APP-0099", problem, fix)
            })?);
        }
        Ok(Extracts {
            extracts,
            next,
            hash,
            more,
        })
    }

    /// What each step does. Whose plan was erased with its subject has no verb any more.
    async fn verbs(&self, records: &[LogRecord]) -> Result<BTreeMap<StepRef, String>, AppError> {
        let step = |record: &LogRecord| match &record.event {
            Event::StepChanged(changed) => Some(changed.step),
            _ => None,
        };
        let steps: BTreeSet<StepRef> = records.iter().filter_map(step).collect();
        let mut verbs = BTreeMap::new();
        for step in steps {
            let row = self.store.step(step).await?;
            verbs.extend(row.map(|row| (step, row.verb)));
        }
        Ok(verbs)
    }
}

fn recorded(record: &LogRecord) -> Recorded<'_> {
    Recorded {
        seq: record.seq,
        at: record.at,
        actor: &record.actor,
        event: &record.event,
        hash: record.hash,
    }
}

fn is_wanted(record: &LogRecord, kinds: &[String]) -> bool {
    let kind = kind_of(&record.event);
    kinds.is_empty() || kinds.iter().any(|wanted| *wanted == kind)
}

/// Whether the record is of a call that followed the log.
fn is_following(record: &LogRecord, route: &str) -> bool {
    matches!(&record.event, Event::CallMade(call) if call.status == 200 && call.route == route)
}

fn no_such_kind(kind: &str) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "TNR-EVENTS-0003",
        format!("there is no kind of event `{kind:.100}`"),
        format!("the kinds are: {}", KINDS.join(", ")),
    )
}

fn other_log(why: String) -> AppError {
    AppError::new(
        ErrorKind::Conflict,
        "TNR-EVENTS-0001",
        format!("this is not the log that was followed: {why}"),
        "after a restore, or against another server, begin anew with a new cursor",
    )
}

fn too_many() -> AppError {
    AppError::new(
        ErrorKind::Busy(Duration::from_secs(5)),
        "TNR-EVENTS-0002",
        format!("{WAITING} callers wait for news of the log already"),
        "stop a follower, or ask without waiting",
    )
}

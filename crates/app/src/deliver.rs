//! Taking in an HR delivery: rows become facts, differences become changes.

mod correlate;
mod differences;
mod outbox;
mod told;

use std::sync::Arc;

use model::canonical::{self, Digest};
use model::event::SourceHeard;
use model::{Actor, Change, Completeness, DeliveryId, Diagnostic, Event, SubjectId};
use ports::store::Stream;

pub(crate) use self::differences::{Differences, Feed, confirmed, has_left};
pub(crate) use self::outbox::Outbox;
pub(crate) use self::told::received;
use crate::{App, AppError};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Its id: the same bytes to the same source have the same one.
    pub delivery: DeliveryId,
    /// True when the file is damaged and no row counted.
    pub refused: bool,
    /// Rows read.
    pub rows: u64,
    /// People whose facts are new or changed, or who are missing.
    pub changes: Vec<RowChange>,
    /// How far absences were believed.
    pub completeness: Completeness,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Workers whom nobody can tell apart: nothing of their rows counts until a person decides.
    pub undecided: Vec<UndecidedWorker>,
}

/// One person whom a delivery says something new of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowChange {
    /// Who.
    pub subject: SubjectId,
    /// The worker's key.
    pub key: String,
    /// The name to show to people.
    pub name: String,
    /// What it means.
    pub change: Change,
}

/// A worker who is new in a source, and might be one of several people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedWorker {
    /// The worker's key.
    pub key: String,
    /// Who they might be.
    pub candidates: Vec<SubjectId>,
    /// Why that is not decided, in one sentence without values of people.
    pub problem: String,
}

impl App {
    /// Reads a delivery of `source` and, unless `dry_run`, accepts its facts. The same bytes
    /// again change nothing. Killed halfway, the same delivery sent again goes on.
    ///
    /// # Errors
    /// `Missing` for an unknown source. A damaged file is a report, not an error.
    pub async fn deliver(
        &self,
        actor: &Actor,
        source: &str,
        place: &str,
        bytes: &[u8],
        dry_run: bool,
    ) -> Result<DeliveryReport, AppError> {
        let loaded = self.loaded().await?;
        let document = loaded
            .tenant
            .sources
            .get(source)
            .ok_or_else(|| AppError::missing("source", source))?;
        let stream = Stream::new("source", source);
        let head = self.store.head_of(&stream).await?;
        let read = self.source.read(&document.csv, place, bytes);
        let digest = Digest::of(bytes);
        let id = DeliveryId::from_bits(canonical::digest(&(source, digest))?.to_bits());
        let mut found = Differences::new(self, document.into(), &loaded.book, id);
        let seen_before = self.store.delivery(id).await?.is_some();
        let store = Arc::clone(&self.store);
        let mut outbox = Outbox::new(store, actor.clone(), stream, head);
        let known = found.look(&read, (!dry_run).then_some(&mut outbox)).await?;
        let report = DeliveryReport {
            delivery: id,
            refused: read.refused,
            rows: read.read,
            completeness: read.completeness,
            diagnostics: read.diagnostics.clone(),
            changes: found.changes,
            undecided: found.undecided,
        };
        let nothing = report.changes.is_empty() && report.undecided.is_empty();
        if dry_run {
            return Ok(report);
        }
        let mut events = found.events;
        if !(nothing && seen_before) {
            events.push(received(actor, source, digest, &read, &report));
        } else if !read.refused && document.expect_every_hours.is_some() {
            events.push(Event::SourceHeard(SourceHeard {
                source: source.to_owned(),
                delivery: id,
            }));
        }
        // A file that came before changes no facts, but after another one it may be news that it
        // is sound, or that it is not.
        events.extend(
            self.delivery_findings(source, &read, &report, known)
                .await?,
        );
        outbox.close(events).await?;
        let changed: Vec<SubjectId> = report.changes.iter().map(|c| c.subject).collect();
        self.due_after_delivery(&changed, loaded.row.revision)
            .await?;
        Ok(report)
    }
}

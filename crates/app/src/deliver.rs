//! Taking in an HR delivery: rows become facts, differences become changes.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::classify::classify;
use lifecycle::mutants::{self, Mutant};
use model::canonical::{self, Digest};
use model::event::{DeliveryReceived, FactsAccepted, FactsWithdrawn, PinsLifted, WorkerFacts};
use model::facts::Standing;
use model::finding::Finding;
use model::source::Delivery;
use model::{
    Actor, Change, Completeness, DeliveryId, Diagnostic, Event, Personal, SubjectId, Timestamp,
};
use ports::store::{Append, Person, Stream};

use crate::{App, AppError, ErrorKind};

/// Events per append: small enough to be one quick transaction.
const CHUNK: usize = 500;

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
        let mapping = &loaded
            .tenant
            .sources
            .get(source)
            .ok_or_else(|| AppError::missing("source", source))?
            .csv;
        let stream = Stream::new("source", source);
        let mut head = self.store.head_of(&stream).await?;
        let read = self.source.read(mapping, place, bytes);
        let digest = Digest::of(bytes);
        let id = DeliveryId::from_bits(canonical::digest(&(source, digest))?.to_bits());
        let now = self.clock.now();
        let known = self.known(source).await?;
        let (mut events, changes) = self.differences(source, id, &read, &known, now)?;
        let report = DeliveryReport {
            delivery: id,
            refused: read.refused,
            rows: read.read,
            completeness: read.completeness,
            diagnostics: read.diagnostics.clone(),
            changes,
        };
        let seen_before = self.store.delivery(id).await?.is_some();
        if dry_run || (report.changes.is_empty() && seen_before) {
            return Ok(report);
        }
        for change in &report.changes {
            self.lift_pins(change, &mut events).await?;
        }
        events.push(received(actor, source, digest, &read, &report));
        events.extend(self.delivery_findings(source, &read, known.len()).await?);
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(CHUNK));
            let append = Append::of(actor.clone(), events).on(stream.clone(), head);
            head = Some(self.store.append(append).await?.last);
            events = rest;
        }
        Ok(report)
    }

    /// Everyone whom the source ever told us of, by key.
    async fn known(&self, source: &str) -> Result<BTreeMap<String, Person>, AppError> {
        let mut known = BTreeMap::new();
        let mut after = None;
        loop {
            let page = self.store.people_page(Some(source), after, 5_000).await?;
            let full = page.len() == 5_000;
            after = page.last().map(|p| p.subject);
            known.extend(page.into_iter().map(|p| (p.key.clone(), p)));
            if !full {
                return Ok(known);
            }
        }
    }

    fn differences(
        &self,
        source: &str,
        delivery: DeliveryId,
        read: &Delivery,
        known: &BTreeMap<String, Person>,
        now: Timestamp,
    ) -> Result<(Vec<Event>, Vec<RowChange>), AppError> {
        let mut events = Vec::new();
        let mut changes = Vec::new();
        for row in &read.rows {
            let personal = WorkerFacts {
                key: row.key.clone(),
                facts: row.facts.clone(),
            };
            let digest = self
                .keyring
                .keyed_digest("facts", &canonical::bytes(&(source, &personal))?);
            let before = known.get(&row.key);
            if before.is_some_and(|p| p.digest == digest && !p.withdrawn) {
                continue;
            }
            let broken = |problem: String| {
                AppError::new(
                    ErrorKind::Broken,
                    "TNR-APP-0040",
                    problem,
                    "report this defect",
                )
            };
            let change = classify(before.map(|p| (&p.facts, p.withdrawn)), &row.facts, now)
                .map_err(broken)?;
            let Some(change) = change else { continue };
            let subject = before.map_or_else(|| self.new_subject(now), |p| p.subject);
            changes.push(RowChange {
                subject,
                key: row.key.clone(),
                name: row.facts.display_name(),
                change,
            });
            events.push(Event::FactsAccepted(FactsAccepted {
                subject,
                source: source.to_owned(),
                delivery,
                change,
                next_change: row.facts.next_change(now).map_err(broken)?,
                digest,
                personal: Personal::Known(personal),
            }));
        }
        // An absence is believed only of a delivery that is proven complete, and never of a
        // worker whose row is there but cannot be read.
        if read.completeness == Completeness::Full && !read.refused {
            let unreadable = read.unreadable.iter().filter_map(|r| r.key.as_deref());
            let unreadable = unreadable.filter(|_| !mutants::on(Mutant::UnreadableIsMissing));
            let present: BTreeSet<&str> = read
                .rows
                .iter()
                .map(|r| r.key.as_str())
                .chain(unreadable)
                .collect();
            for person in known.values().filter(|p| !p.withdrawn) {
                let gone_already = person.facts.standing(now) == Ok(Standing::Ended);
                if present.contains(person.key.as_str()) || gone_already {
                    continue;
                }
                changes.push(RowChange {
                    subject: person.subject,
                    key: person.key.clone(),
                    name: person.facts.display_name(),
                    change: Change::MissingRow,
                });
                events.push(Event::FactsWithdrawn(FactsWithdrawn {
                    subject: person.subject,
                    source: source.to_owned(),
                    delivery,
                }));
            }
        }
        Ok((events, changes))
    }

    fn new_subject(&self, now: Timestamp) -> SubjectId {
        SubjectId::new(now, ports::clock::draw(&*self.entropy))
    }

    /// New word of a person's leaving ends every undo that held them: a pin must never outlive
    /// the next leaver.
    async fn lift_pins(&self, change: &RowChange, events: &mut Vec<Event>) -> Result<(), AppError> {
        let leaves = matches!(change.change, Change::Leaver | Change::MissingRow);
        if leaves && !mutants::on(Mutant::PinsOutlive) {
            for pin in self.store.pins(change.subject).await? {
                let (subject, wave) = (change.subject, pin.wave);
                events.push(Event::PinsLifted(PinsLifted { subject, wave }));
            }
        }
        Ok(())
    }

    async fn delivery_findings(
        &self,
        source: &str,
        read: &Delivery,
        known: usize,
    ) -> Result<Vec<Event>, AppError> {
        let mut findings = Vec::new();
        let mut open = |code: &str, problem: String, fix: &str| {
            findings.push(Finding {
                code: code.to_owned(),
                fingerprint: format!("{code}/{source}"),
                subject: None,
                address: None,
                problem,
                fix: fix.to_owned(),
            });
        };
        if read.refused {
            let stored = read.stored_diagnostics();
            let first = stored.first().map_or("", |d| d.problem.as_str());
            open(
                "TNR-SRC-0001",
                format!("a delivery of `{source}` was refused whole: {first}"),
                "ask for a sound file; the last facts stay in force",
            );
        } else if !read.unreadable.is_empty() {
            open(
                "TNR-SRC-0002",
                format!(
                    "{} rows of `{source}` cannot be read",
                    read.unreadable.len()
                ),
                "mend the rows named by the delivery's diagnostics; those people's last facts stay",
            );
        } else if read.rows.is_empty() && known > 0 {
            open(
                "TNR-SRC-0003",
                format!("a delivery of `{source}` has no rows, but {known} people are known"),
                "an empty file is not a company without people: check the export",
            );
        }
        let mut events = Vec::new();
        for finding in findings {
            events.extend(self.finding(finding).await?);
        }
        Ok(events)
    }
}

fn received(
    actor: &Actor,
    source: &str,
    digest: Digest,
    read: &Delivery,
    report: &DeliveryReport,
) -> Event {
    let missing = report
        .changes
        .iter()
        .filter(|c| c.change == Change::MissingRow)
        .count() as u64;
    Event::DeliveryReceived(DeliveryReceived {
        delivery: report.delivery,
        source: source.to_owned(),
        author: actor.principal.clone(),
        digest,
        completeness: read.completeness,
        refused: read.refused,
        rows: read.read,
        changed: report.changes.len() as u64 - missing,
        missing,
        diagnostics: read.stored_diagnostics(),
    })
}

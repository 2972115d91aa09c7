//! What documents say of people who are not in HR, told as a source tells it.

use documents::{Kind, PEOPLE, Part, Tenant, locate};
use model::source::{Delivery, WorkerRow};
use model::{Actor, Completeness, DeliveryId, Diagnostic, Event, canonical};
use ports::store::Stream;

use super::wrong;
use crate::deliver::{DeliveryReport, Differences, Feed, received};
use crate::tenant::Loaded;
use crate::{App, AppError};

/// What documents say of people that is new.
pub(crate) struct ToldOfPeople {
    /// For the reader; `None` when it is nothing.
    pub(crate) report: Option<DeliveryReport>,
    /// For the log.
    pub(crate) events: Vec<Event>,
    /// What the events must not race with.
    pub(crate) stream: Stream,
    /// Its head when they were made.
    pub(crate) head: Option<u64>,
}

impl App {
    /// Compares the people whom documents name with those of the documents before: a delivery of
    /// a source of its own, complete each time. Whoever is no longer named is missing from it.
    pub(crate) async fn told_of_people(
        &self,
        actor: &Actor,
        loaded: &Loaded,
    ) -> Result<ToldOfPeople, AppError> {
        let stream = Stream::new("source", PEOPLE);
        let head = self.store.head_of(&stream).await?;
        let mut told = ToldOfPeople {
            report: None,
            events: Vec::new(),
            stream,
            head,
        };
        let named = &loaded.tenant.people;
        if named.is_empty() && self.store.worker_digests(PEOPLE, None, 1).await?.is_empty() {
            return Ok(told);
        }
        let now = self.clock.now();
        let mut rows = Vec::new();
        for person in named.values() {
            // Whoever was gone before anybody told of them needs no telling.
            let over = person.until <= now;
            if over
                && self
                    .store
                    .person_by_key(PEOPLE, &person.name)
                    .await?
                    .is_none()
            {
                continue;
            }
            rows.push(WorkerRow {
                line: 0,
                key: person.name.clone(),
                facts: person.facts.clone(),
            });
        }
        let said = canonical::bytes(&rows)?;
        let digest = self.keyring.keyed_digest("people", &said);
        let id = DeliveryId::from_bits(canonical::digest(&(PEOPLE, digest))?.to_bits());
        let read = Delivery {
            read: rows.len() as u64,
            rows,
            unreadable: Vec::new(),
            diagnostics: Vec::new(),
            values: Vec::new(),
            diagnostics_left_off: 0,
            refused: false,
            completeness: Completeness::Full,
        };
        let feed = Feed {
            name: PEOPLE,
            engages: true,
            correlate: &[],
        };
        let mut found = Differences::new(self, feed, &loaded.book, id);
        found.look(&read, None).await?;
        let report = DeliveryReport {
            delivery: id,
            refused: false,
            rows: read.read,
            completeness: read.completeness,
            diagnostics: Vec::new(),
            changes: found.changes,
            undecided: found.undecided,
        };
        told.events = found.events;
        if !report.changes.is_empty() {
            let received = received(actor, PEOPLE, digest, &read, &report);
            told.events.push(received);
            told.report = Some(report);
        }
        Ok(told)
    }
}

/// Refuses people of whom nothing is said but that it is withheld: documents that were shown, and
/// not those that were written.
///
/// # Errors
/// `Invalid` with a diagnostic for each of them.
pub(super) fn refuse_withheld(tenant: &Tenant, files: &[(String, String)]) -> Result<(), AppError> {
    let withheld = tenant.people.values().filter(|p| p.withheld.is_some());
    let found: Vec<Diagnostic> = withheld
        .map(|person| {
            let path = [Part::Key("spec"), Part::Key("withheld")];
            let place = locate(files, (Kind::Person, &person.name), &path);
            Diagnostic {
                code: documents::report::VALUE.0.to_owned(),
                place: place.as_ref().map_or_else(String::new, |p| p.file.clone()),
                line: place.as_ref().map_or(0, |p| p.line),
                column: place.as_ref().map_or(0, |p| p.column),
                field: "spec.withheld".to_owned(),
                problem: "what is said of this person is withheld here".to_owned(),
                fix: "send the file as it was written: documents that are shown lack it".to_owned(),
            }
        })
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(wrong(found))
}

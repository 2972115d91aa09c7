//! What a delivery says that is new, person by person.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use lifecycle::classify::classify;
use lifecycle::due::next_due;
use lifecycle::identity::{Identity, identity};
use lifecycle::mutants::{self, Mutant};
use lifecycle::{RuleBook, Spans};
use model::canonical;
use model::event::{
    FactsAccepted, FactsWithdrawn, PinsLifted, TerminationEnd, TerminationEnded, WorkerFacts,
};
use model::facts::Standing;
use model::source::{Delivery, WorkerRow};
use model::{
    Change, Completeness, DeliveryId, Digest, Engagement, EngagementId, Event, Personal, SubjectId,
    Timestamp,
};
use ports::store::{MAX_PAGE, Person, WorkerDigest};

use super::correlate::Correlation;
use super::outbox::Outbox;
use super::{RowChange, UndecidedWorker};
use crate::due::told;
use crate::{App, AppError, ErrorKind};

/// Everyone whom the source ever told us of, by key.
type Known = HashMap<String, WorkerDigest>;

/// What tells of people, as far as it matters to whom its rows belong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Feed<'a> {
    /// The source's name.
    pub(crate) name: &'a str,
    /// Whether a row of it says that somebody works here.
    pub(crate) engages: bool,
    /// The sets of attributes by which a worker whom it has not named before is found.
    pub(crate) correlate: &'a [Vec<String>],
}

impl<'a> From<&'a documents::Source> for Feed<'a> {
    fn from(source: &'a documents::Source) -> Self {
        Self {
            name: &source.name,
            engages: source.engages,
            correlate: &source.correlate,
        }
    }
}

/// The differences between what is known and what a delivery says.
pub(crate) struct Differences<'a> {
    app: &'a App,
    feed: Feed<'a>,
    book: &'a RuleBook,
    /// How far from a first or last day something is due.
    spans: Spans,
    delivery: DeliveryId,
    now: Timestamp,
    /// The people concerned, as they are with what was found so far.
    people: BTreeMap<SubjectId, Person>,
    /// What the log is to be told.
    pub(crate) events: Vec<Event>,
    /// The same for the answer.
    pub(crate) changes: Vec<RowChange>,
    /// Rows whose worker might be one of several people.
    pub(crate) undecided: Vec<UndecidedWorker>,
}

impl<'a> Differences<'a> {
    pub(crate) fn new(
        app: &'a App,
        feed: Feed<'a>,
        book: &'a RuleBook,
        delivery: DeliveryId,
    ) -> Self {
        Self {
            app,
            feed,
            book,
            spans: book.spans(),
            delivery,
            now: app.clock.now(),
            people: BTreeMap::new(),
            events: Vec::new(),
            changes: Vec::new(),
            undecided: Vec::new(),
        }
    }

    /// Looks at the whole delivery; answers how many workers the source had told of before, as far
    /// as the delivery is about them: of a file of changes, those whom it names. The facts of
    /// before are read only of those of whom something new is said: a file is mostly what was
    /// known. What is found is handed to the outbox on the way, if there is one; the last of it
    /// stays in [`Differences::events`].
    pub(crate) async fn look(
        &mut self,
        read: &Delivery,
        mut outbox: Option<&mut Outbox>,
    ) -> Result<usize, AppError> {
        let known = match read.completeness {
            Completeness::Full => self.known().await?,
            Completeness::Partial | Completeness::Unknown => self.known_of(read).await?,
        };
        let mut news = Vec::new();
        for row in &read.rows {
            match known.get(&row.key) {
                // Whom the source never named is news whatever the row says.
                None => news.push((row, None, None)),
                Some(before) => {
                    let digest = self.digest(row)?;
                    if before.digest != digest || before.withdrawn {
                        news.push((row, Some(digest), Some(before)));
                    }
                }
            }
        }
        let missing = missing(read, &known);
        let told = news.iter().filter_map(|(_, _, before)| *before);
        let touched: BTreeSet<SubjectId> = told
            .chain(missing.iter().copied())
            .map(|w| w.subject)
            .collect();
        let touched: Vec<SubjectId> = touched.into_iter().collect();
        let people = self.app.store.people(&touched).await?;
        self.people = people.into_iter().map(|p| (p.subject, p)).collect();
        let unknown = news.iter().filter(|(_, _, before)| before.is_none());
        let unknown: Vec<&WorkerRow> = unknown.map(|(row, _, _)| *row).collect();
        let correlation = Correlation::of(self.app, self.feed, &unknown).await?;
        let mut fresh = self.new_subjects(unknown.len()).into_iter();
        for (row, digest, before) in news {
            let at = match before {
                Some(worker) => Some((worker.subject, worker.engagement)),
                None => self.whose(row, &correlation, &mut fresh).await?,
            };
            if let Some((subject, engagement)) = at {
                let digest = digest.map_or_else(|| self.digest(row), Ok)?;
                self.accept(row, digest, subject, engagement).await?;
            }
            if let Some(outbox) = &mut outbox {
                outbox.take_full(&mut self.events).await?;
            }
        }
        for worker in missing {
            self.withdraw(worker).await?;
            if let Some(outbox) = &mut outbox {
                outbox.take_full(&mut self.events).await?;
            }
        }
        Ok(known.len())
    }

    /// Of the workers whom a delivery names, those of whom the source has told.
    async fn known_of(&self, read: &Delivery) -> Result<Known, AppError> {
        let keys: Vec<&str> = read.rows.iter().map(|row| row.key.as_str()).collect();
        let found = self
            .app
            .store
            .worker_digests_of(self.feed.name, &keys)
            .await?;
        Ok(found.into_iter().map(|w| (w.key.clone(), w)).collect())
    }

    async fn known(&self) -> Result<Known, AppError> {
        let mut known = Known::new();
        let mut after = None;
        loop {
            let source = self.feed.name;
            let page = self
                .app
                .store
                .worker_digests(source, after, MAX_PAGE)
                .await?;
            let full = page.len() == MAX_PAGE as usize;
            after = page.last().map(|w| w.engagement);
            known.extend(page.into_iter().map(|w| (w.key.clone(), w)));
            if !full {
                return Ok(known);
            }
        }
    }

    fn digest(&self, row: &WorkerRow) -> Result<Digest, AppError> {
        let stated = canonical::bytes(&(self.feed.name, row))?;
        Ok(self.app.keyring.keyed_digest("facts", &stated))
    }

    /// So many new ids, in order: whoever comes with one file is stored side by side, and a file
    /// of a whole company is not spread over every page of every index.
    fn new_subjects(&self, many: usize) -> Vec<SubjectId> {
        let draw = || ports::clock::draw(&*self.app.entropy);
        let mut drawn: Vec<SubjectId> = (0..many)
            .map(|_| SubjectId::new(self.now, draw()))
            .collect();
        drawn.sort_unstable();
        drawn
    }

    /// Whose row it is, of a worker whom the source did not name before; `None`: nobody's until
    /// a person decides.
    async fn whose(
        &mut self,
        row: &WorkerRow,
        correlation: &Correlation<'_>,
        fresh: &mut impl Iterator<Item = SubjectId>,
    ) -> Result<Option<(SubjectId, EngagementId)>, AppError> {
        let found = match correlation.find(row) {
            Ok(found) => found,
            Err(undecided) => {
                self.undecided.push(undecided);
                return Ok(None);
            }
        };
        let subject = match found {
            Some(subject) => subject,
            None if !self.feed.engages => {
                self.undecided.push(UndecidedWorker {
                    key: row.key.clone(),
                    candidates: Vec::new(),
                    problem: "the source engages nobody, and nobody is known by what it says"
                        .to_owned(),
                });
                return Ok(None);
            }
            None => {
                let Some(subject) = fresh.next() else {
                    return Err(broken(
                        "there are more new workers than were counted".to_owned(),
                    ));
                };
                // The only engagement of its subject has their id: one draw less, and the way it
                // was when each had one.
                return Ok(Some((subject, EngagementId::only_of(subject))));
            }
        };
        if !self.people.contains_key(&subject)
            && let Some(person) = self.app.store.person(subject).await?
        {
            self.people.insert(subject, person);
        }
        let random = ports::clock::draw(&*self.app.entropy);
        Ok(Some((subject, EngagementId::new(self.now, random))))
    }

    async fn accept(
        &mut self,
        row: &WorkerRow,
        digest: Digest,
        subject: SubjectId,
        id: EngagementId,
    ) -> Result<(), AppError> {
        let before = self.identity(subject);
        let came = self.last_day_came(subject, before.as_ref());
        let source = self.feed.name.to_owned();
        let person = self.people.entry(subject).or_insert_with(|| Person {
            subject,
            engagements: Vec::new(),
            news: id,
            next_change: None,
            termination: None,
            tasks: Vec::new(),
        });
        person.engagements.retain(|e| e.id != id);
        person.engagements.push(Engagement {
            id,
            source: source.clone(),
            key: row.key.clone(),
            facts: Arc::new(row.facts.clone()),
            digest,
            withdrawn: false,
            delivery: self.delivery,
            change: Change::Mover,
        });
        let Some(after) = self.identity(subject) else {
            return Err(broken(format!("{subject} has no engagement")));
        };
        let known = before.as_ref().map(|i| (&*i.facts, i.withdrawn));
        let change = classify(known, &after.facts, self.now).map_err(broken)?;
        // Whoever has left stays so until the new first day: only the row tells of the return.
        let left = |i: &Identity| i.withdrawn || has_left(i, self.now);
        let returns = row.facts.standing(self.now) == Ok(Standing::Upcoming);
        let change = match change {
            _ if returns && before.as_ref().is_some_and(left) => Change::Rehire,
            Some(change) => change,
            // What is said of one engagement may leave everything else as it was.
            None => Change::Mover,
        };
        self.changes.push(RowChange {
            subject,
            key: row.key.clone(),
            name: after.facts.display_name(),
            change,
        });
        self.events.push(Event::FactsAccepted(FactsAccepted {
            subject,
            engagement: id,
            source,
            delivery: self.delivery,
            change,
            next_change: self.next_change(subject)?,
            digest,
            personal: Personal::Known(WorkerFacts {
                key: row.key.clone(),
                facts: row.facts.clone(),
            }),
        }));
        let leaves = came || is_leaving(change);
        self.follow(subject, leaves, came || has_left(&after, self.now))
            .await
    }

    /// Whether a last day of somebody has come that no timer has looked at yet. It counts as if one had:
    /// what new word means must not depend on whether a node was awake in between.
    fn last_day_came(&self, subject: SubjectId, before: Option<&Identity>) -> bool {
        let due = self.people.get(&subject).and_then(|p| p.next_change);
        due.is_some_and(|due| due <= self.now) && before.is_some_and(|b| has_left(b, self.now))
    }

    async fn withdraw(&mut self, worker: &WorkerDigest) -> Result<(), AppError> {
        let subject = worker.subject;
        let Some(person) = self.people.get_mut(&subject) else {
            return Ok(());
        };
        let engagement = person
            .engagements
            .iter_mut()
            .find(|e| e.id == worker.engagement);
        let Some(engagement) = engagement else {
            return Ok(());
        };
        if engagement.facts.standing(self.now) == Ok(Standing::Ended) {
            return Ok(());
        }
        engagement.withdrawn = true;
        let Some(after) = self.identity(subject) else {
            return Ok(());
        };
        // Who is still engaged elsewhere is not missing.
        let change = match after.withdrawn {
            true => Change::MissingRow,
            false => Change::Mover,
        };
        self.changes.push(RowChange {
            subject,
            key: worker.key.clone(),
            name: after.facts.display_name(),
            change,
        });
        self.events.push(Event::FactsWithdrawn(FactsWithdrawn {
            subject,
            engagement: worker.engagement,
            source: self.feed.name.to_owned(),
            delivery: self.delivery,
        }));
        self.follow(subject, is_leaving(change), has_left(&after, self.now))
            .await
    }

    /// What new word of a person ends: an undo never outlives the next leaver, and a termination
    /// for cause is over once HR says that they have left.
    async fn follow(
        &mut self,
        subject: SubjectId,
        leaves: bool,
        left: bool,
    ) -> Result<(), AppError> {
        if leaves && !mutants::on(Mutant::PinsOutlive) {
            for pin in self.app.store.pins(subject).await? {
                let wave = pin.wave;
                let lifted = PinsLifted { subject, wave };
                self.events.push(Event::PinsLifted(lifted));
            }
        }
        let person = self.people.get_mut(&subject);
        let terminated = person.and_then(|p| p.termination.take_if(|_| left));
        if terminated.is_some() {
            self.events.push(confirmed(subject));
        }
        Ok(())
    }

    fn identity(&self, subject: SubjectId) -> Option<Identity> {
        let person = self.people.get(&subject)?;
        identity(&person.engagements, &self.book.sources, self.now)
    }

    fn next_change(&self, subject: SubjectId) -> Result<Option<Timestamp>, AppError> {
        let Some(person) = self.people.get(&subject) else {
            return Ok(None);
        };
        next_due(told(person), &self.spans, &self.book.beside, self.now).map_err(broken)
    }
}

fn is_leaving(change: Change) -> bool {
    matches!(change, Change::Leaver | Change::MissingRow)
}

/// Whether HR says in so many words that someone has left.
pub(crate) fn has_left(identity: &Identity, now: Timestamp) -> bool {
    identity.facts.standing(now) == Ok(Standing::Ended)
}

/// HR confirmed a termination for cause.
pub(crate) fn confirmed(subject: SubjectId) -> Event {
    Event::TerminationEnded(TerminationEnded {
        subject,
        how: TerminationEnd::Confirmed,
        by: "system".to_owned(),
        personal: Personal::Known("HR says that they have left".to_owned()),
    })
}

/// Whom a delivery does not have. An absence is believed only of a delivery that is proven
/// complete, and never of a worker whose row is there but cannot be read.
fn missing<'k>(read: &Delivery, known: &'k Known) -> Vec<&'k WorkerDigest> {
    if read.completeness != Completeness::Full || read.refused {
        return Vec::new();
    }
    let unreadable = read.unreadable.iter().filter_map(|r| r.key.as_deref());
    let unreadable = unreadable.filter(|_| !mutants::on(Mutant::UnreadableIsMissing));
    let rows = read.rows.iter().map(|r| r.key.as_str());
    let present: HashSet<&str> = rows.chain(unreadable).collect();
    let mut missing: Vec<&WorkerDigest> = known
        .values()
        .filter(|w| !w.withdrawn && !present.contains(w.key.as_str()))
        .collect();
    missing.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    missing
}

fn broken(problem: String) -> AppError {
    let fix = "report this defect";
    AppError::new(ErrorKind::Broken, "TNR-APP-0040", problem, fix)
}

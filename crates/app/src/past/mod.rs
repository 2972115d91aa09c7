//! How something stood, or will stand, at another instant.
//!
//! Two questions are kept apart: what holds *as of* an instant, and what was *known at* one. Both are
//! answered from what is kept anyway: the records about this person, and the revisions of the
//! documents. See ADR 0018.

mod engagements;
mod replay;
mod settled;

use std::collections::BTreeSet;
use std::sync::Arc;

use lifecycle::identity::Sources;

use model::time::DateTime;
use model::{Address, Event, Kind, RemoteId, Timestamp};
use ports::store::{DocumentsRow, LogRecord, Person};

pub(crate) use replay::Replay;

use crate::observe::stand_in;
use crate::tenant::{Loaded, compile};
use crate::{App, AppError, ErrorKind, Known};

/// What a store answers at once; a person with more records than this is not reconstructed.
const MOST_RECORDS: u32 = 10_000;

/// Which instants are asked for, in the words of whoever asks: RFC 3339, or a minute or day on the
/// person's own wall clock. A day is its first minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct When<'a> {
    /// What holds then; now where not given.
    pub as_of: Option<&'a str>,
    /// What was known then; now where not given.
    pub known_at: Option<&'a str>,
}

/// Which instants an answer is about, and what it cannot say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What holds then.
    pub as_of: Timestamp,
    /// What was known then.
    pub known_at: Timestamp,
    /// The revision of the documents in force; `None`: there were none.
    pub revision: Option<u64>,
    /// What the answer cannot say, for people.
    pub not_known: Vec<String>,
}

/// A person at another instant.
pub struct Past {
    /// Put together from what was known.
    pub known: Known,
    /// What was theirs in targets.
    pub(crate) replay: Replay,
    /// The documents in force then.
    pub(crate) loaded: Option<Arc<Loaded>>,
    /// The instants.
    pub told: Told,
}

impl Past {
    /// What was theirs in targets: accounts and grants, by address.
    pub fn links(&self) -> Vec<ports::store::Link> {
        self.replay.links.values().cloned().collect()
    }
}

impl App {
    /// A person as they stood, or will stand, at another instant.
    ///
    /// # Errors
    /// `Missing` when nobody is named so, or nothing was known of them; `Invalid` for what is no
    /// instant; `Broken` when the documents of then are not understood any more.
    pub async fn person_at(&self, text: &str, when: When<'_>) -> Result<Past, AppError> {
        let now = self.clock.now();
        let Known { person, identity } = self.one_person(text).await?;
        let zone = &identity.facts.zone;
        let at = |name, text: Option<&str>| text.map_or(Ok(now), |text| instant(name, text, zone));
        let (as_of, known_at) = (at("as_of", when.as_of)?, at("known_at", when.known_at)?);
        if known_at > now {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-PAST-0001",
                format!("nobody knows yet what will be known at {known_at}"),
                "leave `known_at` out, or name an instant that has passed",
            ));
        }
        // What has no day of its own counts from when it was learnt.
        let learnt = as_of.min(known_at);
        let records = self.history(&person, learnt).await?;
        let mut replay = Replay::over(&records, learnt, known_at);
        let row = self.documents_then(learnt).await?;
        let loaded = row.map(compile).transpose().map_err(forgotten)?;
        let loaded = loaded.map(Arc::new);
        let sources = loaded
            .as_ref()
            .map_or_else(Sources::new, |loaded| loaded.book.sources.clone());
        let engagements = replay.engagements(as_of);
        let termination = replay.termination.take();
        let Some(identity) = lifecycle::identity::identity(&engagements, &sources, as_of) else {
            return Err(unheard_of(replay.first, known_at));
        };
        let mut told = Told {
            as_of,
            known_at,
            revision: loaded.as_ref().map(|loaded| loaded.row.revision),
            not_known: replay.gaps(as_of),
        };
        told.add_what_is_never_known(now);
        if loaded.as_ref().is_some_and(|l| l.book.asks_for_chain) {
            told.not_known.push(
                "the managers above the person, which only the managers' own records tell: what \
                 asks for `person.manager_chain` has no answer"
                    .to_owned(),
            );
        }
        let decided = self.store.decisions_about(&[person.subject]).await?;
        told.not_known.extend(replay.taken_back(&decided.accounts));
        let known = Known {
            person: Person {
                subject: person.subject,
                news: identity.engagement,
                engagements,
                next_change: None,
                termination,
                tasks: replay.tasks(),
            },
            identity,
        };
        Ok(Past {
            known,
            replay,
            loaded,
            told,
        })
    }

    /// The records about a person, oldest first, with those about their accounts from before it was
    /// known whose they are.
    async fn history(
        &self,
        person: &Person,
        learnt: Timestamp,
    ) -> Result<Vec<LogRecord>, AppError> {
        let mut records = self.whole_history(person.subject).await?;
        let mut accounts: BTreeSet<(Address, RemoteId)> = BTreeSet::new();
        for record in records.iter().filter(|record| record.at <= learnt) {
            if let Event::ObjectLinked(linked) = &record.event
                && linked.address.kind == Kind::Account
            {
                accounts.insert((linked.address.clone(), linked.remote.clone()));
            }
        }
        for (address, remote) in accounts {
            let before = stand_in(&address.target, &remote)?;
            records.extend(self.whole_history(before).await?);
        }
        records.sort_by_key(|record| record.seq);
        Ok(records)
    }

    async fn whole_history(&self, of: model::SubjectId) -> Result<Vec<LogRecord>, AppError> {
        let records = self.store.records_about(of, None, MOST_RECORDS).await?;
        if records.len() >= MOST_RECORDS as usize {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-PAST-0003",
                format!("{of} has {MOST_RECORDS} records or more, which are not read at once"),
                "read them in pieces with `tenure log --person WHO --after SEQ`",
            ));
        }
        Ok(records)
    }

    /// The documents in force at an instant. Revisions follow each other in time, so a few reads find
    /// the one.
    async fn documents_then(&self, at: Timestamp) -> Result<Option<DocumentsRow>, AppError> {
        let Some(current) = self.store.documents().await? else {
            return Ok(None);
        };
        if current.at <= at {
            return Ok(Some(current));
        }
        let (mut below, mut above) = (0, current.revision);
        let mut found = None;
        while below + 1 < above {
            let middle = below + (above - below) / 2;
            let row = self.store.documents_at(middle).await?;
            let row = row.ok_or_else(|| lost(middle))?;
            if row.at <= at {
                below = middle;
                found = Some(row);
            } else {
                above = middle;
            }
        }
        Ok(found)
    }
}

impl Told {
    fn add_what_is_never_known(&mut self, now: Timestamp) {
        let learnt = self.as_of.min(self.known_at);
        let mut say = |text: &str| self.not_known.push(text.to_owned());
        if self.as_of > now {
            say("what apps will hold then; shown is what was last seen");
        }
        if learnt < now {
            say(
                "what an app held between two looks; shown is what the last look before then found \
                 different",
            );
            say("which waves waited for a decision then");
        }
    }
}

fn instant(name: &str, text: &str, zone: &str) -> Result<Timestamp, AppError> {
    let wrong = |why: String| {
        AppError::new(
            ErrorKind::Invalid,
            "TNR-PAST-0001",
            format!("`{name}` is no instant: `{text:.100}`{why}"),
            "write 2026-10-01T12:00:00Z, or 2026-10-01T12:00 or 2026-10-01 on the person's own wall \
             clock",
        )
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let civil: DateTime = text.parse().map_err(|_| wrong(String::new()))?;
    Timestamp::in_zone(civil, zone).map_err(|e| wrong(format!(": {e}")))
}

fn unheard_of(first: Option<Timestamp>, known_at: Timestamp) -> AppError {
    let (problem, fix) = match first {
        Some(first) => (
            format!("at {known_at} nothing was known of this person"),
            format!("they were first heard of at {first}"),
        ),
        None => (
            "what sources told of this person is not in the log any more".to_owned(),
            "an erased person cannot be reconstructed".to_owned(),
        ),
    };
    AppError::new(ErrorKind::Missing, "TNR-PAST-0002", problem, fix)
}

fn forgotten(error: AppError) -> AppError {
    let fix = "ask for a later instant; the documents of then stand in the log";
    AppError::new(ErrorKind::Conflict, "TNR-PAST-0003", error.to_string(), fix)
        .with(error.diagnostics().to_vec())
}

fn lost(revision: u64) -> AppError {
    let problem = format!("revision {revision} of the documents is not in the store");
    AppError::new(
        ErrorKind::Broken,
        "TNR-PAST-0003",
        problem,
        "report this defect",
    )
}

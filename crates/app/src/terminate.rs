//! Termination for cause: someone is out now, whatever HR says.

use lifecycle::mutants::{self, Mutant};
use model::event::{PinsLifted, SubjectTerminated, TerminationEnd, TerminationEnded};
use model::{Actor, Event, Personal, SubjectId, Verdict};
use ports::store::{Append, Stream};

use crate::planner::{Planning, Scope};
use crate::{App, AppError, ErrorKind, Known, WavePreview};

/// What a termination for cause did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminationReport {
    /// Who.
    pub subject: SubjectId,
    /// The name to show to people.
    pub name: String,
    /// What is, or would be, taken away. A wave that the guard allows has begun.
    pub waves: Vec<WavePreview>,
}

/// The kind under which the end of a termination is stored.
pub(crate) const TERMINATION_ENDED: &str = "termination.ended/1";

impl App {
    /// Terminates a person for cause: their accounts are disabled and their groups revoked at
    /// once, before everything else that waits, and nothing that HR says later gives them
    /// anything back until HR says that they have left or somebody lifts it.
    ///
    /// What the guard allows begins at once. It still asks for protected people and for whoever
    /// is a group's last administrator.
    ///
    /// # Errors
    /// `Missing` or `Conflict` when the text does not name one person; `Conflict` when they are
    /// terminated already and nothing of it is left to plan.
    pub async fn terminate(
        &self,
        actor: &Actor,
        text: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<TerminationReport, AppError> {
        let Known { person, identity } = self.one_person(text).await?;
        let subject = person.subject;
        let name = identity.facts.display_name();
        if let Some(stands) = &person.termination {
            // Whoever was stopped between the event and the plan goes on here.
            let waves = self.plan_urgently(actor, subject, dry_run).await?;
            if !waves.is_empty() {
                return Ok(TerminationReport {
                    subject,
                    name,
                    waves,
                });
            }
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-TERM-0001",
                format!("they were terminated on {} by {}", stands.at, stands.by),
                "look at what is left with `tenure why access PERSON APP`",
            ));
        }
        if !dry_run {
            let mut events = vec![Event::SubjectTerminated(SubjectTerminated {
                subject,
                by: actor.principal.clone(),
                personal: Personal::Known(reason.to_owned()),
            })];
            if !mutants::on(Mutant::PinsOutlive) {
                for pin in self.store.pins(subject).await? {
                    let wave = pin.wave;
                    events.push(Event::PinsLifted(PinsLifted { subject, wave }));
                }
            }
            let append = Append::of(actor.clone(), events).bumping(Stream::new("person", subject));
            self.store.append(append).await?;
        }
        let waves = self.plan_urgently(actor, subject, dry_run).await?;
        Ok(TerminationReport {
            subject,
            name,
            waves,
        })
    }

    /// Takes a termination for cause back: from here on HR's word counts again.
    ///
    /// # Errors
    /// `Denied` for whoever terminated them; `Conflict` when they are not terminated.
    pub async fn lift_termination(
        &self,
        actor: &Actor,
        text: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<TerminationReport, AppError> {
        let Known { person, identity } = self.one_person(text).await?;
        let subject = person.subject;
        let Some(termination) = person.termination else {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-TERM-0002",
                "this person is not terminated for cause",
                "see where they stand with `tenure show person PERSON`",
            ));
        };
        if termination.by == actor.principal {
            return Err(AppError::new(
                ErrorKind::Denied,
                "TNR-TERM-0003",
                "whoever terminated someone may not lift it",
                "ask someone else who has the scope `approve`",
            ));
        }
        let mut waves = Vec::new();
        if !dry_run {
            let event = Event::TerminationEnded(TerminationEnded {
                subject,
                how: TerminationEnd::Lifted,
                by: actor.principal.clone(),
                personal: Personal::Known(reason.to_owned()),
            });
            let stream = Stream::new("person", subject);
            let append = Append::of(actor.clone(), vec![event]).bumping(stream);
            self.store.append(append).await?;
            waves = self.plan_for(actor, vec![subject], false).await?;
        }
        Ok(TerminationReport {
            subject,
            name: identity.facts.display_name(),
            waves,
        })
    }

    /// Who lifted the last termination of a person; `None` where HR confirmed it, or there was none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn lifted_by(&self, subject: SubjectId) -> Result<Option<String>, AppError> {
        let Some(told) = self.store.last_stir(subject, &[TERMINATION_ENDED]).await? else {
            return Ok(None);
        };
        let found = self.store.records(told.seq.saturating_sub(1), 1).await?;
        let lifted = |event: Event| match event {
            Event::TerminationEnded(ended) if ended.how == TerminationEnd::Lifted => Some(ended.by),
            _ => None,
        };
        Ok(found
            .into_iter()
            .next()
            .and_then(|record| lifted(record.event)))
    }

    /// Plans for one person without waiting for a planning of everyone that is under way; that
    /// one is overtaken and has to be done again.
    async fn plan_urgently(
        &self,
        actor: &Actor,
        subject: SubjectId,
        dry_run: bool,
    ) -> Result<Vec<WavePreview>, AppError> {
        /// Plannings that come in between are few.
        const TRIES: u32 = 20;
        let mut tries = 0;
        loop {
            let planning = Planning {
                urgent: true,
                terminating: dry_run.then(|| actor.principal.clone()),
                ..Planning::of(Scope::Subjects(vec![subject]), dry_run)
            };
            let waves = self.plan_with(actor, planning, Default::default()).await;
            match waves {
                Err(error) if error.kind() == ErrorKind::Conflict && tries < TRIES => tries += 1,
                waves => return waves,
            }
        }
    }
}

/// Whether a wave needs nobody's word to begin because of its cause.
pub(crate) fn begins_at_once(wave: &model::Cause, verdict: &Verdict) -> bool {
    wave.change == model::Change::Termination && matches!(verdict, Verdict::Allow { .. })
}

//! A run begins, and each phase is told: facts, a delivery and the run's own record in one append.

use std::collections::BTreeMap;

use documents::{DRILLS, Drill};
use model::event::DrillChanged;
use model::source::{Delivery, WorkerRow};
use model::{
    Actor, Completeness, DeliveryId, DrillPhase, DrillRun, Event, Facts, Phase, SubjectId,
    Timestamp, canonical,
};
use ports::store::{Append, DrillRow, Stream};

use super::persona;
use crate::deliver::{DeliveryReport, Differences, Feed, received};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// What is told of the person, before it is written.
struct Word {
    subject: SubjectId,
    delivery: DeliveryId,
    events: Vec<Event>,
    /// Their source, and where it ended when it was compared.
    stream: Stream,
    head: Option<u64>,
}

/// The stream under which the runs of one drill come one after the other.
fn stream(drill: &str) -> Stream {
    Stream::new("drill", drill)
}

fn begun(phase: Phase, at: Timestamp, delivery: DeliveryId) -> DrillPhase {
    DrillPhase {
        phase,
        word: at,
        delivery,
        apps: BTreeMap::new(),
        ended: None,
        why: String::new(),
    }
}

impl App {
    /// Begins a run of a drill now: the person joins. Planning, waves and requests follow as for
    /// anybody of whom a source tells.
    ///
    /// # Errors
    /// `Missing` for an unknown drill; `Conflict` while a run of it is under way, or while nothing is
    /// written to one of its apps; `Invalid` where no app would have to follow.
    pub async fn run_drill(
        &self,
        actor: &Actor,
        name: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<DrillRun, AppError> {
        let loaded = self.loaded().await?;
        let drill = loaded.tenant.drills.get(name);
        let drill = drill.ok_or_else(|| AppError::missing("drill", name))?;
        let last = self.last_run(name).await?;
        if let Some(row) = last.as_ref().filter(|row| row.run.ended.is_none()) {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-DRILL-0001",
                format!("run {} of `{name}` is under way", row.run.number),
                format!("wait for it; `tenure drill show {name}` says how it stands"),
            ));
        }
        let now = self.clock.now();
        let facts = persona::joined(drill, now)?;
        let apps = persona::apps(drill, &loaded, &facts, now)?;
        if let Some(why) = self.writing_stopped(&apps).await? {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-DRILL-0002",
                format!("`{name}` is held: {why}"),
                "run it once `tenure resume-writing` has ended that",
            ));
        }
        let number = last.as_ref().map_or(0, |row| row.run.number) + 1;
        let word = self
            .word(actor, &loaded, (name, number, Phase::Joiner), facts)
            .await?;
        let run = DrillRun {
            drill: name.to_owned(),
            number,
            by: actor.principal.clone(),
            reason: reason.to_owned(),
            subject: word.subject,
            apps,
            moves: !drill.moves.is_empty(),
            within_minutes: drill.within_minutes,
            begun: now,
            phases: vec![begun(Phase::Joiner, now, word.delivery)],
            ended: None,
        };
        if !dry_run {
            let head = last.and_then(|row| row.head);
            self.tell_phase(actor, &loaded, (head, &run), word).await?;
        }
        Ok(run)
    }

    /// Tells the next phase of a run. Whose document is gone only leaves.
    pub(super) async fn next_phase(
        &self,
        loaded: &Loaded,
        head: Option<u64>,
        mut run: DrillRun,
        phase: Phase,
    ) -> Result<DrillRun, AppError> {
        let now = self.clock.now();
        let person = self.store.person(run.subject).await?;
        let told = person.and_then(|p| p.engagements.into_iter().find(|e| e.source == DRILLS));
        let Some(told) = told else {
            // Erased: there is nothing left that could leave.
            run.ended = Some(now);
            self.keep_run(head, &run).await?;
            return Ok(run);
        };
        let drill: Option<&Drill> = loaded.tenant.drills.get(&run.drill);
        let (phase, facts) = match (phase, drill) {
            (Phase::Mover, Some(drill)) if persona::moved(&told.facts, drill) != *told.facts => {
                (phase, persona::moved(&told.facts, drill))
            }
            // A document that is gone, or says nothing new any more, keeps nobody at work.
            _ => (Phase::Leaver, persona::left(&told.facts, now)?),
        };
        // Whoever began it caused all of it.
        let actor = Actor::named(&run.by);
        let what = (run.drill.as_str(), run.number, phase);
        let word = self.word(&actor, loaded, what, facts).await?;
        run.phases.push(begun(phase, now, word.delivery));
        self.tell_phase(&actor, loaded, (head, &run), word).await?;
        Ok(run)
    }

    /// Writes down how a run stands.
    pub(super) async fn keep_run(&self, head: Option<u64>, run: &DrillRun) -> Result<(), AppError> {
        let event = Event::DrillChanged(DrillChanged { run: run.clone() });
        let append = Append::of(Actor::system(), vec![event]).on(stream(&run.drill), head);
        self.store.append(append).await?;
        Ok(())
    }

    /// What a phase says that is new, as a delivery of a source of its own: one row, of changes. It
    /// says nothing of anybody who is not in it.
    async fn word(
        &self,
        actor: &Actor,
        loaded: &Loaded,
        (drill, number, phase): (&str, u32, Phase),
        facts: Facts,
    ) -> Result<Word, AppError> {
        let stream = Stream::new("source", DRILLS);
        let head = self.store.head_of(&stream).await?;
        let row = WorkerRow {
            line: 0,
            key: drill.to_owned(),
            facts,
        };
        let said = canonical::bytes(&row)?;
        let digest = self.keyring.keyed_digest("drill", &said);
        let id = canonical::digest(&(DRILLS, drill, number, phase.as_str()))?;
        let delivery = DeliveryId::from_bits(id.to_bits());
        let read = Delivery {
            rows: vec![row],
            unreadable: Vec::new(),
            read: 1,
            diagnostics: Vec::new(),
            values: Vec::new(),
            diagnostics_left_off: 0,
            refused: false,
            completeness: Completeness::Partial,
        };
        let feed = Feed {
            name: DRILLS,
            engages: true,
            // Nobody whom another source tells of is this person.
            correlate: &[],
        };
        let mut found = Differences::new(self, feed, &loaded.book, delivery);
        found.look(&read, None).await?;
        let Some(subject) = found.changes.first().map(|change| change.subject) else {
            return Err(AppError::new(
                ErrorKind::Broken,
                "TNR-DRILL-0004",
                format!("the {} of `{drill}` says nothing new", phase.as_str()),
                "report this defect",
            ));
        };
        let report = DeliveryReport {
            delivery,
            refused: false,
            rows: read.read,
            completeness: read.completeness,
            diagnostics: Vec::new(),
            changes: found.changes,
            undecided: found.undecided,
        };
        let mut events = found.events;
        events.push(received(actor, DRILLS, digest, &read, &report));
        Ok(Word {
            subject,
            delivery,
            events,
            stream,
            head,
        })
    }

    /// Writes what is told with how the run stands by it: of two nodes that tell it one is first, and
    /// nobody finds one without the other.
    async fn tell_phase(
        &self,
        actor: &Actor,
        loaded: &Loaded,
        (head, run): (Option<u64>, &DrillRun),
        word: Word,
    ) -> Result<(), AppError> {
        let mut events = word.events;
        events.push(Event::DrillChanged(DrillChanged { run: run.clone() }));
        let append = Append::of(actor.clone(), events)
            .on(word.stream, word.head)
            .on(stream(&run.drill), head);
        self.store.append(append).await?;
        self.due_after_delivery(&[word.subject], loaded.row.revision)
            .await
    }

    /// Why nothing is written to one of these apps, if it is stopped.
    pub(super) async fn writing_stopped(
        &self,
        apps: &[model::TargetName],
    ) -> Result<Option<String>, AppError> {
        let stopped = self.store.stopped().await?;
        let why = stopped.into_iter().find_map(|(at, why)| match at {
            None => Some(format!("nothing is written to any app: {why}")),
            Some(at) if apps.contains(&at) => Some(format!("nothing is written to {at}: {why}")),
            Some(_) => None,
        });
        Ok(why)
    }

    /// The last run of a drill, if there was one.
    pub(super) async fn last_run(&self, drill: &str) -> Result<Option<DrillRow>, AppError> {
        Ok(self.store.drill_runs(drill, 1).await?.pop())
    }
}

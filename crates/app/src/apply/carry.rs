//! One plan in one go: feed the reducer, make its events durable, carry its effects out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use lifecycle::advance::{Effect, Input, Progress, ReadBack, StepState, advance};
use lifecycle::draft::base_digest;
use lifecycle::mutants::{self, Mutant};
use model::event::PlanChanged;
use model::finding::Finding;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Act, Actor, Address, Attributes, Event, Kind, PlanId, TargetName, Timestamp};
use ports::store::{Append, AppendError, Expect, PlanRow, Stream};

use super::{Carried, Closed, Worker};
use crate::observe::listings;
use crate::planner::Sight;
use crate::{AppError, ErrorKind};

/// How soon to come back when nothing says better.
const SOON: Duration = Duration::from_secs(1);

/// Why a go ended before the plan did.
enum Stop {
    /// Come back then.
    At(Timestamp),
    Failed(AppError),
}

/// One plan under way.
pub(super) struct Run {
    pub(super) progress: Progress,
    head: Option<u64>,
    /// Events that go along with the next append.
    held: Vec<Event>,
    /// Apps of whose accounts they tell by somebody's word, and how far their lists had come before.
    heard: BTreeMap<TargetName, Option<u64>>,
    sent: u64,
    /// Some step waits for an object that another plan makes.
    pub(super) waits: bool,
    /// Some step waited for something that no other plan would be without.
    helpless: bool,
}

impl Worker {
    /// Moves a plan as far as it goes now.
    pub(super) async fn carry(&self, id: PlanId) -> Result<Carried, AppError> {
        let Some(row) = self.app.store.plan(id).await? else {
            return Ok(Carried::closed());
        };
        if row.status != PlanStatus::Released {
            return Ok(Carried::closed());
        }
        let Some(mut run) = load(&row) else {
            self.close_erased(&row).await?;
            return Ok(Carried::closed());
        };
        let begun = run.progress.steps.iter().any(|s| s.attempt > 0);
        let first = match begun {
            true => Input::Look,
            false => self
                .moved(&run.progress)
                .await?
                .map_or(Input::Look, Input::Moved),
        };
        let stopped = self.go(&mut run, first).await;
        let (sent, waits) = (run.sent, run.waits && run.sent == 0);
        let carried = |again| Ok(Carried { again, sent, waits });
        match stopped {
            Ok(()) => {
                self.note_closed(&run);
                carried(None)
            }
            Err(Stop::At(at)) => carried(Some(at)),
            Err(Stop::Failed(error)) => match error.kind() {
                // Someone else moved the plan, or the store hiccuped: what we think we know is
                // worth nothing now. Read it again.
                ErrorKind::Conflict | ErrorKind::Busy(_) | ErrorKind::Unknown => {
                    carried(Some(self.app.clock.now().plus(SOON)))
                }
                _ => Err(error),
            },
        }
    }

    fn note_closed(&self, run: &Run) {
        let progress = &run.progress;
        if let About::Subject(subject) = progress.plan.about
            && let Ok(mut closed) = self.closed.lock()
        {
            let stale = progress.closed == Some(PlanStatus::Stale) && !run.helpless;
            let disables = progress.plan.steps.iter().any(|s| s.act == Act::Disable);
            let left = Closed {
                plan: progress.id,
                stale,
                applied: progress.closed == Some(PlanStatus::Applied),
                disables,
            };
            closed.insert(subject, left);
        }
    }

    async fn go(&self, run: &mut Run, first: Input) -> Result<(), Stop> {
        let mut inputs = VecDeque::from([first]);
        let mut wait = None;
        while let Some(mut input) = inputs.pop_front() {
            let now = self.app.clock.now();
            if let Some(halt) = self.hold_back(run).await.map_err(Stop::Failed)? {
                run.helpless = halt.helpless;
                inputs.push_front(input);
                input = Input::Moved(halt.detail);
            }
            // What was read may let a step begin that has not asked for the target's budget, or for
            // the trial of a half-open breaker: where there is one, it is taken in without a fence,
            // and the next look asks.
            let concludes = match &input {
                Input::Read(no, _) => self.is_pressed(&run.progress, *no),
                _ => false,
            };
            let fences = match concludes {
                true => BTreeMap::new(),
                false => {
                    let (fences, closed) = self.fences(&run.progress, now).await?;
                    wait = closed;
                    fences
                }
            };
            let answered = matches!(input, Input::Answered(..));
            let (events, effects) = advance(&mut run.progress, input, &fences, now);
            run.held.extend(events);
            // An answer that is read back at once is written down together with what was read:
            // killed in between, the intent alone says to read first.
            let reads_on = answered
                && !effects.is_empty()
                && effects.iter().all(|e| matches!(e, Effect::Read(_)));
            if !reads_on {
                self.write(run, &fences).await?;
            }
            if concludes && run.progress.closed.is_none() {
                inputs.push_back(Input::Look);
            }
            for effect in effects {
                match effect {
                    Effect::Send(no) => {
                        run.sent += 1;
                        inputs.push_back(self.send(run, no).await.map_err(Stop::Failed)?);
                    }
                    Effect::Read(no) => {
                        let found = self.look_back(run, no).await.map_err(Stop::Failed)?;
                        inputs.push_back(Input::Read(no, found));
                    }
                    Effect::Wait(until) => wait = Some(wait.map_or(until, |w| w.min(until))),
                    Effect::Report(no) => {
                        let events = self.report(run, no).await.map_err(Stop::Failed)?;
                        run.held.extend(events);
                    }
                }
            }
        }
        self.write(run, &BTreeMap::new()).await?;
        if run.progress.closed.is_some() {
            return Ok(());
        }
        let soon = self.app.clock.now().plus(SOON);
        Err(Stop::At(wait.unwrap_or(soon)))
    }

    /// Reads a step back; what was seen is held for the next append.
    async fn look_back(&self, run: &mut Run, no: u16) -> Result<ReadBack, AppError> {
        let target = &run.progress.plan.steps[usize::from(no)].address.target;
        let by_hand = self.lane(target).is_some_and(|lane| lane.hands.is_some());
        let heard = match by_hand {
            true => {
                let lists = listings(target, Kind::Account);
                Some((target.clone(), self.app.store.head_of(&lists).await?))
            }
            false => None,
        };
        let (found, events) = self.look(run, no).await?;
        if let Some((target, head)) = heard.filter(|_| !events.is_empty()) {
            run.heard.entry(target).or_insert(head);
        }
        run.held.extend(events);
        Ok(found)
    }

    fn is_pressed(&self, progress: &Progress, no: u16) -> bool {
        let target = &progress.plan.steps[usize::from(no)].address.target;
        self.lane(target).is_none_or(|lane| lane.is_pressed())
    }

    /// The fences of the targets that may be written to now, and when a closed one opens.
    async fn fences(
        &self,
        progress: &Progress,
        now: Timestamp,
    ) -> Result<(BTreeMap<TargetName, u64>, Option<Timestamp>), Stop> {
        let mut fences = BTreeMap::new();
        let mut opens: Option<Timestamp> = None;
        let mut asked = BTreeSet::new();
        let steps = progress.plan.steps.iter().zip(&progress.steps);
        // A step that cannot begin yet asks for nothing: it would take the one trial of a half-open
        // breaker from the read-back that it waits for.
        let open = steps.enumerate().filter(|(no, (_, state))| {
            let pending = state.status == StepStatus::Pending;
            !state.status.is_final() && (!pending || progress.may_begin(*no, now))
        });
        let mut open: Vec<_> = open.map(|(_, step)| step).collect();
        open.sort_by_key(|(_, state)| state.status != StepStatus::Pending);
        for (step, state) in open {
            let target = &step.address.target;
            if !asked.insert(target) {
                continue;
            }
            // Several plans share one request for members, so none of them has a place for it.
            let plan = (step.address.kind != Kind::Grant).then_some(progress.id);
            let admitted = match self.lane(target) {
                Some(lane) if state.status == StepStatus::Pending => lane
                    .admit(&*self.app.store, &self.settings, plan, now)
                    .await
                    .map_err(Stop::Failed)?,
                // What was sent is only read back, which begins nothing; but it takes the lease,
                // or nobody would ever conclude what a dead node sent.
                Some(lane) => lane
                    .hold(&*self.app.store, &self.settings, now)
                    .await
                    .map_err(Stop::Failed)?,
                None => Err(now.plus(SOON)),
            };
            match admitted {
                Ok(fence) => {
                    fences.insert(target.clone(), fence);
                }
                Err(at) => opens = Some(opens.map_or(at, |o| o.min(at))),
            }
        }
        Ok((fences, opens))
    }

    /// Makes what is held durable. Intents are only written under the target's fence and while
    /// writing to it is not stopped.
    async fn write(&self, run: &mut Run, fences: &BTreeMap<TargetName, u64>) -> Result<(), Stop> {
        if run.held.is_empty() {
            return Ok(());
        }
        let events = std::mem::take(&mut run.held);
        let mut append = Append::of(Actor::system(), Vec::new());
        for event in &events {
            if let Event::StepChanged(change) = event
                && change.status == StepStatus::Sent
            {
                let target = &change.address.target;
                let fence = fences.get(target).copied().unwrap_or_default();
                if !mutants::on(Mutant::IgnoredFence) {
                    let lease = format!("target/{target}");
                    append = append.expecting(Expect::Fence(lease, fence));
                }
                if !mutants::on(Mutant::IgnoredSwitch) {
                    append = append.expecting(Expect::Writing(target.clone()));
                }
            }
        }
        append.events = events;
        append = append.on(Stream::new("plan", run.progress.id), run.head);
        for (target, head) in std::mem::take(&mut run.heard) {
            append = self.app.as_word(append, &target, head);
        }
        match self.app.store.append(append).await {
            Ok(committed) => {
                run.head = Some(committed.last);
                Ok(())
            }
            Err(AppendError::FenceLost(name)) => {
                let target = TargetName(name.trim_start_matches("target/").to_owned());
                if let Some(lane) = self.lane(&target) {
                    lane.lose_lease();
                }
                Err(Stop::At(self.app.clock.now().plus(SOON)))
            }
            Err(AppendError::WritingStopped(target)) => {
                let until = self.app.clock.now().plus(SOON);
                if let Some(lane) = self.lane(&target) {
                    lane.close_until(until);
                }
                Err(Stop::At(until))
            }
            Err(error) => Err(Stop::Failed(error.into())),
        }
    }

    /// Whether what the plan was computed from is still so; `Some` says what is not.
    async fn moved(&self, progress: &Progress) -> Result<Option<String>, AppError> {
        let About::Subject(subject) = progress.plan.about else {
            return Ok(None);
        };
        if mutants::on(Mutant::StaleBase) {
            return Ok(None);
        }
        let loaded = self.app.loaded().await?;
        let made: Vec<&Address> = progress
            .plan
            .steps
            .iter()
            .filter(|s| matches!(s.act, Act::Create { .. } | Act::Adopt { .. }))
            .map(|s| &s.address)
            .collect();
        let nothing = Attributes::new();
        let base = progress.plan.base.iter();
        let wanted = base.map(|(address, _)| (address, &nothing)).collect();
        let now = Sight::new(Arc::clone(&self.app.store), loaded)
            .of_subject(subject, &wanted)
            .await?;
        for (address, digest) in &progress.plan.base {
            // An object that this plan makes or adopts is looked for again when it is sent.
            let here = |a: &&&Address| a.target == address.target;
            if made.contains(&address) || made.iter().any(|a| here(&a)) {
                continue;
            }
            let seen = now.seen.get(address).map(base_digest);
            if seen != Some(*digest) {
                return Ok(Some(format!(
                    "{address} is no longer what the plan was made from"
                )));
            }
        }
        Ok(None)
    }

    async fn close_erased(&self, row: &PlanRow) -> Result<(), AppError> {
        let event = Event::PlanChanged(PlanChanged {
            plan: row.id,
            status: PlanStatus::Superseded,
            detail: "the person was erased".to_owned(),
        });
        let append =
            Append::of(Actor::system(), vec![event]).on(Stream::new("plan", row.id), row.head);
        self.app.store.append(append).await?;
        Ok(())
    }

    /// The finding for a step that failed for good.
    async fn report(&self, run: &Run, no: u16) -> Result<Vec<Event>, AppError> {
        let step = &run.progress.plan.steps[usize::from(no)];
        let (code, detail) = match &run.progress.steps[usize::from(no)].outcome {
            Some(model::Outcome::Refused { code, detail }) => (code.clone(), detail.clone()),
            _ => (
                "TNR-STEP-0001".to_owned(),
                "it was not read back as wanted".to_owned(),
            ),
        };
        let finding = Finding {
            fingerprint: format!("{code}/{}/{}", step.address.target, step.act.verb()),
            code,
            subject: step.address.key.subject(),
            address: Some(step.address.clone()),
            problem: format!(
                "{} at {} failed: {detail}",
                step.act.verb(),
                step.address.target
            ),
            fix: "mend what the target names, then plan again".to_owned(),
        };
        Ok(self.app.finding(finding).await?.into_iter().collect())
    }
}

fn load(row: &PlanRow) -> Option<Run> {
    let plan = row.plan.known()?.clone();
    let steps = row
        .steps
        .iter()
        .map(|s| {
            s.last
                .as_ref()
                .map_or_else(StepState::pending, StepState::stored)
        })
        .collect();
    let progress = Progress {
        id: row.id,
        plan,
        steps,
        closed: None,
        stale: false,
    };
    Some(Run {
        progress,
        head: row.head,
        held: Vec::new(),
        heard: BTreeMap::new(),
        sent: 0,
        waits: false,
        helpless: false,
    })
}

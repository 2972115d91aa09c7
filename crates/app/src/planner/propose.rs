//! Writing waves down: plans first, then the proposal that makes them visible.

use std::collections::BTreeSet;

use documents::Apply;
use lifecycle::guard::guard;
use model::event::{PlanChanged, PlanDrafted, StepHead, WaveJudged, WaveProposed, WaveReleased};
use model::plan::{About, PlanStatus};
use model::{Actor, Cause, Event, Personal, Verdict, Wave, WaveId};
use ports::store::{Append, Stream};

use super::waves::by_cause;
use super::{Drafted, Pass, PlanPreview, WavePreview};
use crate::tasks::TASKS;
use crate::terminate::begins_at_once;
use crate::{App, AppError};

/// Plans per append.
const CHUNK: usize = 200;

/// A wave before it is written down.
pub(super) struct Proposal {
    cause: Cause,
    author: String,
    verdict: Verdict,
    /// Why it begins without a person; `None`: somebody has to start it.
    pub(super) begins: Option<&'static str>,
    pub(super) plans: Vec<Drafted>,
}

impl Pass {
    /// Groups the drafts into waves, has them judged, and proposes them unless `dry_run`.
    pub(super) async fn propose(
        mut self,
        actor: &Actor,
        dry_run: bool,
        stream: Stream,
        head: Option<u64>,
    ) -> Result<Vec<WavePreview>, AppError> {
        let app = self.app.clone();
        let mut door = Planner {
            app: &app,
            actor,
            stream,
            head,
        };
        if !dry_run {
            self.close_overtaken(&mut door).await?;
        }
        let mut proposals = Vec::new();
        for (cause, plans) in by_cause(std::mem::take(&mut self.drafted)) {
            let author = self.author(&cause).await?;
            let facts = self.facts(&cause, &plans).await?;
            let verdict = guard(&facts, &self.loaded.policy, self.app.clock.now());
            proposals.push(Proposal {
                begins: self.begins(&cause, &verdict),
                cause,
                author,
                verdict,
                plans,
            });
        }
        let mut previews = Vec::new();
        // The guard counts who loses and who is made: references change nothing of what it said.
        for proposal in self.refer_to_what_begins(proposals).await? {
            let Proposal {
                cause,
                author,
                verdict,
                begins,
                plans,
            } = proposal;
            let ids = plans.iter().map(|p| p.id).collect();
            let wave = Wave {
                cause: cause.clone(),
                author: author.clone(),
                plans: ids,
            };
            let id = wave.id()?;
            if !dry_run {
                door.wave(id, &wave, &plans, &verdict).await?;
                if let Some(reason) = begins {
                    door.release(id, &plans, reason).await?;
                }
            }
            let obstacles = self.obstacles_of(&plans);
            let plans = plans
                .into_iter()
                .map(|p| PlanPreview {
                    id: p.id,
                    name: p.name,
                    plan: p.plan,
                })
                .collect();
            previews.push(WavePreview {
                wave: id,
                cause,
                author,
                verdict,
                plans,
                obstacles,
            });
        }
        if !dry_run {
            self.app.bell.notify_waiters();
        }
        Ok(previews)
    }

    /// Why a wave begins without a person, if it does.
    fn begins(&self, cause: &Cause, verdict: &Verdict) -> Option<&'static str> {
        let automatic = self.loaded.tenant.guard.apply == Apply::Automatic;
        if begins_at_once(cause, verdict) {
            Some("a termination for cause begins at once")
        } else if automatic && matches!(verdict, Verdict::Allow { .. }) {
            Some("the guard allows it and the tenant applies automatically")
        } else {
            None
        }
    }

    fn obstacles_of(&self, plans: &[Drafted]) -> Vec<lifecycle::draft::Obstacle> {
        self.obstacles
            .iter()
            .filter(|(about, _)| plans.iter().any(|p| p.plan.about == *about))
            .map(|(_, obstacle)| obstacle.clone())
            .collect()
    }

    /// Opens and drops what is done by hand. A finding that is closed with its task is not closed
    /// once more.
    async fn write_tasks(&mut self, door: &mut Planner<'_>) -> Result<(), AppError> {
        let events = std::mem::take(&mut self.tasks);
        let closed = |event: &Event| match event {
            Event::FindingClosed(closed) => Some(closed.id),
            _ => None,
        };
        let with: BTreeSet<_> = events.iter().filter_map(closed).collect();
        self.mended
            .retain(|event| closed(event).is_none_or(|id| !with.contains(&id)));
        for chunk in events.chunks(CHUNK) {
            let mut append = Append::of(door.actor.clone(), chunk.to_vec());
            append = append.bumping(Stream(TASKS.to_owned()));
            for event in chunk {
                if let Event::TaskDropped(dropped) = event {
                    append = append.bumping(Stream::new("task", dropped.task));
                }
            }
            door.append(append).await?;
        }
        Ok(())
    }

    /// Closes plans that are overtaken and opens what was found.
    async fn close_overtaken(&mut self, door: &mut Planner<'_>) -> Result<(), AppError> {
        for chunk in self.superseded.chunks(CHUNK) {
            let mut append = Append::of(door.actor.clone(), Vec::new());
            for (plan, head) in chunk {
                append = append.on(Stream::new("plan", plan), *head);
                append.events.push(Event::PlanChanged(PlanChanged {
                    plan: *plan,
                    status: PlanStatus::Superseded,
                    detail: "a newer look took its place".to_owned(),
                }));
            }
            door.append(append).await?;
        }
        self.write_tasks(door).await?;
        let mut events = std::mem::take(&mut self.mended);
        let mut opened = BTreeSet::new();
        for finding in std::mem::take(&mut self.findings) {
            let address = finding.address.as_ref().map(ToString::to_string);
            let key = (finding.fingerprint.clone(), finding.subject, address);
            if opened.insert(key) {
                events.extend(self.app.finding(finding).await?);
            }
        }
        for chunk in events.chunks(CHUNK) {
            door.append(Append::of(door.actor.clone(), chunk.to_vec()))
                .await?;
        }
        Ok(())
    }
}

/// Appends of one planning, all on the stream `planner`, so that two nodes never plan at once.
struct Planner<'a> {
    app: &'a App,
    actor: &'a Actor,
    stream: Stream,
    head: Option<u64>,
}

impl Planner<'_> {
    async fn append(&mut self, append: Append) -> Result<(), AppError> {
        let append = append.on(self.stream.clone(), self.head);
        self.head = Some(self.app.store.append(append).await?.last);
        Ok(())
    }

    async fn wave(
        &mut self,
        id: WaveId,
        wave: &Wave,
        plans: &[Drafted],
        verdict: &Verdict,
    ) -> Result<(), AppError> {
        for chunk in plans.chunks(CHUNK) {
            let mut append = Append::of(self.actor.clone(), Vec::new());
            for plan in chunk {
                append = append.on(Stream::new("plan", plan.id), None);
                append.events.push(drafted(id, plan));
            }
            self.append(append).await?;
        }
        let removes = |p: &&Drafted| p.plan.removes() && matches!(p.plan.about, About::Subject(_));
        let proposed = Event::WaveProposed(WaveProposed {
            wave: id,
            cause: Cause::clone(&wave.cause),
            author: wave.author.clone(),
            plans: plans.len() as u64,
            removals: plans.iter().filter(removes).count() as u64,
            steps: plans.iter().map(|p| p.plan.steps.len() as u64).sum(),
        });
        let judged = Event::WaveJudged(WaveJudged {
            wave: id,
            verdict: verdict.clone(),
        });
        self.append(Append::of(self.actor.clone(), vec![proposed, judged]))
            .await
    }

    /// Starts an allowed wave without a person.
    async fn release(
        &mut self,
        wave: WaveId,
        plans: &[Drafted],
        reason: &str,
    ) -> Result<(), AppError> {
        let decision = Event::WaveReleased(WaveReleased {
            wave,
            released: true,
            plans: Vec::new(),
            by: "system".to_owned(),
            reason: reason.to_owned(),
        });
        let mut events = vec![decision];
        for plan in plans {
            events.push(Event::PlanChanged(PlanChanged {
                plan: plan.id,
                status: PlanStatus::Released,
                detail: "automatic".to_owned(),
            }));
        }
        for (chunk, plans) in events.chunks(CHUNK).zip(chunks_of(plans)) {
            let mut append = Append::of(Actor::system(), chunk.to_vec());
            for plan in plans {
                append = append.bumping(Stream::new("plan", plan.id));
            }
            self.append(append).await?;
        }
        Ok(())
    }
}

/// The plans whose events are in each chunk of `[decision, plan, plan, …]`.
fn chunks_of(plans: &[Drafted]) -> impl Iterator<Item = &[Drafted]> {
    let (first, rest) = plans.split_at(plans.len().min(CHUNK - 1));
    std::iter::once(first).chain(rest.chunks(CHUNK))
}

fn drafted(wave: WaveId, drafted: &Drafted) -> Event {
    let steps = drafted
        .plan
        .steps
        .iter()
        .map(|step| StepHead {
            no: step.no,
            address: step.address.clone(),
            verb: step.act.verb().to_owned(),
            after: step.after.clone(),
        })
        .collect();
    Event::PlanDrafted(PlanDrafted {
        plan: drafted.id,
        wave,
        about: drafted.plan.about.clone(),
        change: drafted.plan.cause.change,
        steps,
        personal: Personal::Known(drafted.plan.clone()),
    })
}

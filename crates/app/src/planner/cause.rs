//! What to call the cause of a plan: for the reader and the guard. It never decides what a plan
//! contains.

use lifecycle::assign::kept_no_longer_since;
use lifecycle::classify::at_instant;
use lifecycle::due::next_day;
use lifecycle::identity::{Identity, identity as who};
use lifecycle::manual::done_last;
use model::event::{AccessDecided, Stated};
use model::facts::Standing;
use model::plan::{About, PlanStatus};
use model::{Act, Cause, Change, Input, Kind, Plan, WaveId};
use ports::store::{Person, PlanRow};

use super::Pass;
use crate::AppError;
use crate::deliver::has_left;
use crate::identity::worker;
use crate::terminate::TERMINATION_ENDED;

/// The cause of what happens because a last day has come.
const LEFT: Cause = Cause {
    input: Input::Clock,
    change: Change::Leaver,
};

/// The cause of what happens because something that a document gave has run out.
const RAN_OUT: Cause = Cause {
    input: Input::Clock,
    change: Change::Rule,
};

/// The cause of what happens because somebody moved, and what they kept for a while has ended.
const GRACE_OVER: Cause = Cause {
    input: Input::Clock,
    change: Change::Mover,
};

/// What was told of them last.
fn news(person: &Person, identity: &Identity) -> Cause {
    let told = person.engagements.iter().find(|e| e.id == person.news);
    let (delivery, change) = match told {
        // One of several engagements that its source no longer has, while others go on, is no
        // missing person.
        Some(e) if e.change == Change::MissingRow && !identity.withdrawn => {
            (e.delivery, Change::Mover)
        }
        Some(e) => (e.delivery, e.change),
        None => return LEFT,
    };
    Cause {
        input: Input::Delivery(delivery),
        change,
    }
}

/// Whether a plan lets an account be used, or stops that.
fn opens_or_closes(plan: &Plan) -> bool {
    let opens = |act: &Act| matches!(act, Act::Create { .. } | Act::Enable | Act::Disable);
    let mut steps = plan.steps.iter();
    steps.any(|step| step.address.kind == Kind::Account && opens(&step.act))
}

impl Pass {
    /// What to call the cause of a plan about this person. Only asked when there is a plan.
    pub(super) async fn cause(
        &self,
        person: &Person,
        identity: &Identity,
        about: &About,
        plan: &Plan,
    ) -> Result<Cause, AppError> {
        if plan.deletes() {
            return self.let_go(person, identity, plan).await;
        }
        if self.is_terminated(person) {
            return Ok(Cause {
                input: Input::Termination(person.subject),
                change: Change::Termination,
            });
        }
        if let Some((wave, _)) = &self.undo {
            return Ok(Cause {
                input: Input::Undo(*wave),
                change: Change::Undo,
            });
        }
        let news = news(person, identity);
        let last = self.app.store.plans_about(about, 1).await?;
        let now = self.app.clock.now();
        let ended = has_left(identity, now);
        // Someone whose last day has come is an explicit leaver, whatever else was said of them:
        // they never share the cause, nor the refusal, of a missing row.
        let or_ended = |cause: Cause| match cause.change {
            Change::Leaver => cause,
            _ if ended => LEFT,
            _ => cause,
        };
        let Some(last) = last.into_iter().next() else {
            return Ok(or_ended(news));
        };
        if !ended && self.ran_out(identity, plan, last.wave).await? {
            return Ok(RAN_OUT);
        }
        if !ended && self.is_grace_over(person, plan, last.wave).await? {
            return Ok(GRACE_OVER);
        }
        if let Some(told) = self.told(person, identity, plan, &last, &news).await? {
            return Ok(or_ended(told));
        }
        if let Some(by) = self.decider(person, plan).await? {
            return Ok(Cause {
                input: Input::Decision(by),
                change: Change::Drift,
            });
        }
        let Some(before) = last.plan.known() else {
            return Ok(news);
        };
        // Whatever brought it about (the last day that was announced earlier has come, an undo has
        // ended, someone enabled the account again): who has left is a leaver, and whom the last
        // full file does not have is missing. Documents that came in between make no rule of it,
        // nor drift, which another limit watches.
        let gone = match news.change {
            _ if !plan.removes() => None,
            _ if ended => Some(LEFT),
            Change::MissingRow => Some(news.clone()),
            _ => None,
        };
        if before.revision != self.loaded.row.revision {
            return Ok(gone.unwrap_or_else(|| self.rule_changed()));
        }
        if last.status != PlanStatus::Applied {
            // It was tried and did not get there: still the same cause.
            return Ok(or_ended(before.cause.clone()));
        }
        if let Some(gone) = gone {
            return Ok(gone);
        }
        if let Some(cause) = self.turned(person, identity, plan, last.wave).await? {
            return Ok(cause);
        }
        if let Some(cause) = self.waited_for(person.subject, plan, &news).await? {
            return Ok(cause);
        }
        self.drifted(identity, plan, &last).await
    }

    /// The cause of a deletion: the clock, or whoever made it due at once, so that they may not
    /// release it. That is whoever pushed documents or delivered facts since it was due; or else
    /// whoever said since then that what it waited for was done.
    async fn let_go(
        &self,
        person: &Person,
        identity: &Identity,
        plan: &Plan,
    ) -> Result<Cause, AppError> {
        let now = self.app.clock.now();
        let worker = worker(person, identity);
        let since = plan.steps.iter().filter_map(|step| {
            kept_no_longer_since(worker, &self.loaded.book, &step.address.target, now)
        });
        let since = since.min().unwrap_or(now);
        let documents = &self.loaded.row;
        let mut said = vec![(documents.at, Input::Documents(documents.revision))];
        if let Input::Delivery(id) = news(person, identity).input
            && let Some(told) = self.app.store.delivery(id).await?
        {
            said.push((told.at, Input::Delivery(id)));
        }
        said.retain(|(at, _)| since <= *at);
        if said.is_empty() {
            let done = plan.steps.iter().filter_map(|step| {
                let done = done_last(worker, &self.loaded.book, &step.address.target)?;
                Some((done.at, Input::Decision(done.by.clone())))
            });
            said.extend(done.filter(|(at, _)| since <= *at));
        }
        let last = said.into_iter().max_by_key(|(at, _)| *at);
        Ok(Cause {
            input: last.map_or(Input::Clock, |(_, input)| input),
            change: Change::Deletion,
        })
    }

    /// The cause where something was said of them since their last wave.
    async fn told(
        &self,
        person: &Person,
        identity: &Identity,
        plan: &Plan,
        last: &PlanRow,
        news: &Cause,
    ) -> Result<Option<Cause>, AppError> {
        let subject = person.subject;
        let Some(told) = self.app.news_since(subject, Some(last.drafted)).await? else {
            return Ok(None);
        };
        if told.kind == TERMINATION_ENDED && self.app.lifted_by(subject).await?.is_some() {
            return Ok(Some(Cause {
                input: Input::Termination(subject),
                change: Change::Undo,
            }));
        }
        // A file that said something else meanwhile is not what sends somebody on leave.
        let away = match news.change {
            Change::Mover => self.turned(person, identity, plan, last.wave).await?,
            _ => None,
        };
        let away = away.filter(|c| matches!(c.change, Change::Leave | Change::Return));
        Ok(Some(away.unwrap_or_else(|| news.clone())))
    }

    /// What the clock alone has brought about since the person's last wave.
    async fn turned(
        &self,
        person: &Person,
        identity: &Identity,
        plan: &Plan,
        last: WaveId,
    ) -> Result<Option<Cause>, AppError> {
        let Some(wave) = self.app.store.wave(last).await? else {
            return Ok(None);
        };
        let then = who(&person.engagements, &self.loaded.book.sources, wave.at);
        let now = self.app.clock.now();
        // Where the zone is unknown nothing is planned, so there is no cause to look for.
        let (Some(Ok(before)), Ok(after)) = (
            then.map(|then| then.facts.standing(wave.at)),
            identity.facts.standing(now),
        ) else {
            return Ok(None);
        };
        let due = next_day(&person.engagements, &self.spans.leads, wave.at).unwrap_or(None);
        let change = match at_instant(before, after) {
            // Where an app keeps accounts as they are, a leave has no wave of its own, and what
            // comes later is not its doing.
            Some(Change::Leave | Change::Return) if !opens_or_closes(plan) => return Ok(None),
            Some(change) => change,
            None if due.is_none_or(|due| due > now) => return Ok(None),
            // What is made before a first day that is still to come.
            None if after == Standing::Upcoming => Change::Joiner,
            // One of several engagements has begun or ended.
            None => Change::Mover,
        };
        let input = Input::Clock;
        Ok(Some(Cause { input, change }))
    }

    /// Whether a plan does nothing but withdraw what was kept after a move until after their last
    /// wave.
    async fn is_grace_over(
        &self,
        person: &Person,
        plan: &Plan,
        last: WaveId,
    ) -> Result<bool, AppError> {
        let book = &self.loaded.book;
        if !book.has_grace() {
            return Ok(false);
        }
        let Some(wave) = self.app.store.wave(last).await? else {
            return Ok(false);
        };
        let withdraws = self
            .app
            .withdraws_what_was_kept(person, plan, book, wave.at);
        withdraws.await
    }

    /// Who decided what the plan withdraws: they may not release it.
    async fn decider(&self, person: &Person, plan: &Plan) -> Result<Option<String>, AppError> {
        if !plan.removes() {
            return Ok(None);
        }
        let decisions = self.sight.decisions(person.subject).await?;
        let mut rejected = decisions
            .access
            .iter()
            .map(|d| &d.decided)
            .filter(|d| d.stated == Stated::Reject);
        let withdrawn = |d: &AccessDecided| {
            let mut removals = plan.steps.iter().filter(|s| s.act.removes());
            removals.any(|s| s.address == d.address)
        };
        Ok(rejected.find(|d| withdrawn(d)).map(|d| d.by.clone()))
    }

    /// The cause where nothing was said of them: somebody above them has moved, an account that they
    /// refer to has come to be, or the app was changed.
    async fn drifted(
        &self,
        identity: &Identity,
        plan: &Plan,
        last: &PlanRow,
    ) -> Result<Cause, AppError> {
        if let Some(cause) = self.moved_above(identity, plan, last).await? {
            return Ok(cause);
        }
        if let Some(cause) = self.came_to_be(plan, last).await? {
            return Ok(cause);
        }
        if let Some(step) = plan.steps.first() {
            let target = &step.address.target;
            if let Some(row) = self
                .app
                .store
                .last_observation(target, Kind::Account)
                .await?
            {
                let input = Input::Observation(target.clone(), row.run.run);
                return Ok(Cause {
                    input,
                    change: Change::Drift,
                });
            }
        }
        Ok(Cause {
            input: Input::Clock,
            change: Change::Drift,
        })
    }

    pub(super) fn rule_changed(&self) -> Cause {
        Cause {
            input: Input::Documents(self.loaded.row.revision),
            change: Change::Rule,
        }
    }
}

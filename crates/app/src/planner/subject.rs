//! Planning for people, and for the groups that documents declare.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::assign::{Terminated, Undecided, Worker, assign_groups, manager_keys, wishes};
use lifecycle::draft::{Observed, Obstacle, UNLISTED, draft, is_as_wanted};
use lifecycle::due::next_due;
use lifecycle::grace::Grace;
use lifecycle::identity::Identity;
use lifecycle::resolve::{Conflict, Desired, Wanted, resolve};
use lifecycle::{RuleBook, Spans};
use model::canonical::Digest;
use model::finding::Finding;
use model::plan::{About, PlanStatus};
use model::{Assignment, Kind, SubjectId, TargetName, Timestamp};
use ports::store::{Link, Person, PlanRow};

use super::Pass;
use super::beside::unknown_manager;
use super::chunks::Chunk;
use super::memory::Rest;
use super::settle::Sketch;
use super::weigh::Say;
use crate::AppError;
use crate::deliver::has_left;
use crate::due::{is_earlier, told};
use crate::identity::worker;

/// An expression gives no answer for somebody.
pub(super) const UNDECIDED: &str = "TNR-RULE-0001";
/// Rules want different things for somebody.
pub(super) const DISAGREEING: &str = "TNR-RULE-0002";

impl Pass {
    /// Plans for the groups that documents declare, one plan per app.
    pub(super) async fn groups(&mut self) -> Result<(), AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        for (target, app) in &loaded.book.apps {
            let about = About::Target(target.clone());
            let assignments = assign_groups(target, app);
            let (desired, _) = resolve(assignments, self.app.clock.now());
            let mut observed = Observed::default();
            for (address, wish) in &desired {
                let Wanted::Present { attributes, .. } = &wish.wanted else {
                    continue;
                };
                let seen = self.sight.of_group(address, attributes).await?;
                observed.seen.insert(address.clone(), seen);
            }
            let open = self
                .app
                .store
                .open_plans_about(std::slice::from_ref(&about))
                .await?;
            if open.iter().any(|p| p.status == PlanStatus::Released) {
                continue;
            }
            self.draft(about, &desired, &observed, &open, None).await?;
        }
        Ok(())
    }

    /// Plans for a chunk of people.
    pub(super) async fn subjects(&mut self, chunk: Chunk) -> Result<(), AppError> {
        let mut open: BTreeMap<About, Vec<PlanRow>> = BTreeMap::new();
        for plan in chunk.open {
            open.entry(plan.about.clone()).or_default().push(plan);
        }
        self.sight.looked_ahead(chunk.ahead);
        let extra = std::sync::Arc::clone(&self.extra);
        for person in &chunk.people {
            let about = About::Subject(person.subject);
            let mine = open.remove(&about).unwrap_or_default();
            let extra = extra.get(&person.subject).map_or(&[][..], Vec::as_slice);
            self.subject(person, about, &mine, extra).await?;
        }
        Ok(())
    }

    async fn subject(
        &mut self,
        person: &Person,
        about: About,
        open: &[PlanRow],
        extra: &[Assignment],
    ) -> Result<(), AppError> {
        let now = self.app.clock.now();
        let loaded = std::sync::Arc::clone(&self.loaded);
        let found_before = self.findings.len();
        let mut identity = self.app.identity(person, &loaded.book.sources)?;
        self.managers_above(person, &mut identity).await?;
        let terminated_by = self.terminating.clone();
        let worker = seen_by_rules(person, &identity, terminated_by.as_deref(), now);
        let managers = self.managers(person.subject, worker, &identity).await?;
        let decisions = self.sight.decisions(person.subject).await?;
        let links = self.sight.links(person.subject).await?;
        let say = Say {
            worker,
            managers: &managers,
            pins: self.pins(person.subject).await?,
            decisions: &decisions,
            links: &links,
            graces: self
                .graces(person, worker, &links, &loaded.book, now)
                .await?,
            extra,
        };
        self.beside(person, worker, now);
        // Of whom something was found is looked at again until it is gone.
        let answered = self.findings.len() == found_before;
        if self.is_settled(person, &say, open, now).await? {
            self.found_settled(person, answered, now);
            return Ok(());
        }
        let mut short = say.in_short(&loaded.book, now);
        let lapses = lapses(short.ends, person, &loaded.book, &self.spans, now);
        if let Some(survey) = &mut self.survey {
            survey.add(person.subject, &short.desired, &loaded.book);
        }
        let mut observed = self
            .sight
            .of_subject(person.subject, &short.wanted())
            .await?;
        self.sight.prove(&short.desired, &mut observed).await?;
        observed.coming.extend(self.coming(&managers));
        let said = (&short.desired, &observed);
        let undecided = self.by_hand(person, worker, said, open).await?;
        // What is being carried out in an app is left to finish there, and the next planning sees
        // where it led. One app that is down must not keep a leaver in all the others.
        let (under_way, waiting): (Vec<PlanRow>, Vec<PlanRow>) = open
            .iter()
            .cloned()
            .partition(|p| p.status == PlanStatus::Released);
        self.claimed_by(person.subject, &under_way);
        leave_busy(&under_way, &mut short.desired, &mut observed);
        let decided = lapses.is_ok() && short.is_decided();
        let settled = open.is_empty()
            && short.is_decided()
            && is_as_wanted(&short.desired, &observed, &loaded.book);
        let found = if settled {
            Rest::Settled
        } else {
            let mut weighed = say.explained(&loaded.book, now);
            self.found(person.subject, &weighed.undecided, &weighed.conflicts);
            leave_busy(&under_way, &mut weighed.desired, &mut observed);
            let who = Some((person, &identity));
            self.draft(about, &weighed.desired, &observed, &waiting, who)
                .await?
        };
        let rest = match found {
            Rest::Settled if !open.is_empty() => Rest::Restless,
            found if decided && answered && !undecided && under_way.is_empty() => found,
            _ => Rest::Restless,
        };
        let (at, busy) = (lapses.unwrap_or(None), !under_way.is_empty());
        self.notes.looked_at(person.subject, rest, at, busy);
        Ok(())
    }

    /// What rules let somebody keep because they moved; and whether that makes them due earlier.
    async fn graces<'b>(
        &mut self,
        person: &Person,
        worker: Worker<'_>,
        links: &[Link],
        book: &'b RuleBook,
        now: Timestamp,
    ) -> Result<Vec<Grace<'b>>, AppError> {
        let graces = self
            .app
            .in_grace(person, worker, book, links, (None, now))
            .await?;
        let ends = graces.iter().map(|grace| grace.until).min();
        if is_earlier(ends, person.next_change, now) {
            self.late.push(person.subject);
        }
        Ok(graces)
    }

    /// The subjects behind the keys of somebody's managers.
    async fn managers(
        &mut self,
        subject: SubjectId,
        worker: Worker<'_>,
        identity: &Identity,
    ) -> Result<BTreeMap<String, SubjectId>, AppError> {
        let mut managers = BTreeMap::new();
        let mut unknown = false;
        for key in manager_keys(worker, &std::sync::Arc::clone(&self.loaded).book) {
            let known_as = (identity.source.clone(), key.clone());
            self.notes.depends_on(subject, known_as);
            match self.boss(&identity.source, &key).await? {
                Some(boss) => _ = managers.insert(key, boss),
                None => unknown = true,
            }
        }
        let now = self.app.clock.now();
        if unknown && !identity.withdrawn && !has_left(identity, now) {
            let finding = unknown_manager(subject, &identity.source);
            self.findings.push(finding);
        }
        Ok(managers)
    }

    /// The accounts that rules give the managers of somebody.
    pub(super) fn coming<'p>(
        &'p self,
        managers: &'p BTreeMap<String, SubjectId>,
    ) -> impl Iterator<Item = (TargetName, SubjectId)> + 'p {
        managers.values().flat_map(|boss| {
            let apps = self.entitled.get(boss).into_iter().flatten();
            apps.map(|app| (app.clone(), *boss))
        })
    }

    /// What undos hold for somebody.
    async fn pins(&self, subject: SubjectId) -> Result<Vec<Assignment>, AppError> {
        let held = self.pinned.as_ref().is_none_or(|p| p.contains(&subject));
        if !held {
            return Ok(Vec::new());
        }
        let pins = self.app.store.pins(subject).await?;
        Ok(pins.into_iter().flat_map(|pin| pin.assignments).collect())
    }

    /// Whether a person is terminated for cause, or about to be.
    pub(super) fn is_terminated(&self, person: &Person) -> bool {
        person.termination.is_some() || self.terminating.is_some()
    }

    /// The manager whom a source knows by this key; remembered with what rules give them.
    async fn boss(&mut self, source: &str, key: &str) -> Result<Option<SubjectId>, AppError> {
        let at = (source.to_owned(), key.to_owned());
        if let Some(known) = self.bosses.get(&at) {
            return Ok(*known);
        }
        let found = self.app.store.person_by_key(source, key).await?;
        let subject = found.as_ref().map(|boss| boss.subject);
        if let Some(boss) = found {
            let now = self.app.clock.now();
            let mut identity = self.app.identity(&boss, &self.loaded.book.sources)?;
            let book = &self.loaded.book;
            self.app
                .climb(book, &mut self.chains, &boss, &mut identity)
                .await?;
            let given = entitled(worker(&boss, &identity), &self.loaded.book, now);
            self.entitled.insert(boss.subject, given);
        }
        self.bosses.insert(at, subject);
        Ok(subject)
    }

    /// Drafts the plan about a person or a target, and says what it found.
    async fn draft(
        &mut self,
        about: About,
        desired: &Desired,
        observed: &Observed,
        open: &[PlanRow],
        who: Option<(&Person, &Identity)>,
    ) -> Result<Rest, AppError> {
        let salt = Digest(ports::clock::draw(&*self.app.entropy));
        let unnamed = self.rule_changed();
        let found = draft(&about, desired, observed, &self.loaded.book, &unnamed, salt);
        let clear = found.obstacles.is_empty();
        for obstacle in found.obstacles {
            let at = &obstacle.address;
            if let (UNLISTED, true, About::Subject(subject)) = (obstacle.code, self.looks, &about) {
                let here = self.unlisted.entry(at.target.clone()).or_default();
                here.insert(*subject);
                continue;
            }
            self.in_the_way(&about, obstacle);
        }
        let Some(mut plan) = found.plan else {
            self.supersede(open, None);
            return Ok(if clear { Rest::Settled } else { Rest::Restless });
        };
        if let Some((person, identity)) = who {
            plan.cause = self.cause(person, identity, &about, &plan).await?;
        }
        let worker_keys = who.map(|(person, _)| person.engagements.iter().map(|e| e.key.clone()));
        let forms = who.map(|(_, identity)| self.forms(identity, &plan));
        let sketch = Sketch {
            plan,
            open: open.to_vec(),
            name: who.map_or_else(|| about.to_string(), |(_, i)| i.facts.display_name()),
            worker_keys: worker_keys.into_iter().flatten().collect(),
            key: who.map_or_else(String::new, |(_, i)| i.key.clone()),
            starts: who.and_then(|(_, i)| i.facts.starts),
            forms: forms.unwrap_or_default(),
        };
        let waits = self.sketched(sketch, observed).await?;
        Ok(if waits && clear {
            Rest::Waits
        } else {
            Rest::Restless
        })
    }

    /// Notes what keeps something from being planned.
    pub(super) fn in_the_way(&mut self, about: &About, obstacle: Obstacle) {
        self.findings.push(obstacle_finding(about, &obstacle));
        self.obstacles.push((about.clone(), obstacle));
    }

    fn found(&mut self, subject: SubjectId, undecided: &[Undecided], conflicts: &[Conflict]) {
        for u in undecided {
            let at = if u.path.is_empty() {
                String::new()
            } else {
                format!(" for `{}`", u.path)
            };
            self.findings.push(Finding {
                code: UNDECIDED.to_owned(),
                fingerprint: format!("{UNDECIDED}/{}{}", u.by, u.path),
                subject: Some(subject),
                address: None,
                problem: format!("`{}` gives no answer{at}: {}", u.by, u.problem),
                fix: "mend the expression or the person's facts; until then nothing is touched"
                    .to_owned(),
            });
        }
        for c in conflicts {
            self.findings.push(Finding {
                code: DISAGREEING.to_owned(),
                fingerprint: format!("{DISAGREEING}/{}/{}/{}", c.one.by, c.other.by, c.attribute),
                subject: Some(subject),
                address: Some(c.address.clone()),
                problem: format!(
                    "`{}` and `{}` want different things for `{}`",
                    c.one.by, c.other.by, c.attribute
                ),
                fix: "make the rules agree; until then the address is not touched".to_owned(),
            });
        }
    }
}

/// A person as the rules see them, if somebody is about to terminate them.
fn seen_by_rules<'a>(
    person: &'a Person,
    identity: &'a Identity,
    terminating: Option<&'a str>,
    now: Timestamp,
) -> Worker<'a> {
    let about_to = terminating.map(|by| Terminated { by, at: now });
    let worker = worker(person, identity);
    Worker {
        terminated: worker.terminated.or(about_to),
        ..worker
    }
}

/// When something about a person changes by itself next: an assignment ends, or one of their days
/// comes.
pub(super) fn lapses(
    ends: Option<Timestamp>,
    person: &Person,
    book: &RuleBook,
    spans: &Spans,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let day = next_due(told(person), spans, &book.beside, now)?;
    Ok(ends.into_iter().chain(day).min())
}

/// Leaves out the apps in which plans still have something to do.
fn leave_busy(plans: &[PlanRow], desired: &mut Desired, observed: &mut Observed) {
    let busy = busy_targets(plans);
    desired.retain(|address, _| !busy.contains(&address.target));
    let seen = &mut observed.seen;
    seen.retain(|address, _| !busy.contains(&address.target));
}

/// The apps in which plans still have something to do.
fn busy_targets(plans: &[PlanRow]) -> BTreeSet<TargetName> {
    let steps = plans.iter().flat_map(|p| &p.steps);
    let open = steps.filter(|s| !s.status.is_final());
    open.map(|s| s.address.target.clone()).collect()
}

/// The apps in which a person is to have an account, which is made where there is none: not where
/// they are on leave, say, and accounts are disabled meanwhile.
fn entitled(worker: Worker<'_>, book: &RuleBook, now: Timestamp) -> Vec<TargetName> {
    let (assignments, _) = wishes(worker, book, &BTreeMap::new(), now);
    let (desired, _) = resolve(assignments, now);
    let made = |wanted: &Wanted| matches!(wanted, Wanted::Present { active, ahead, .. } if *active || *ahead);
    let accounts = desired.iter().filter(|(at, _)| at.kind == Kind::Account);
    let made = accounts.filter(|(_, wish)| made(&wish.wanted));
    made.map(|(at, _)| at.target.clone()).collect()
}

fn obstacle_finding(about: &About, obstacle: &Obstacle) -> Finding {
    let subject = match about {
        About::Subject(subject) => Some(*subject),
        About::Target(_) => None,
    };
    Finding {
        code: obstacle.code.to_owned(),
        fingerprint: format!("{}/{}", obstacle.code, obstacle.address.target),
        subject,
        address: Some(obstacle.address.clone()),
        problem: obstacle.problem.clone(),
        fix: obstacle.fix.clone(),
    }
}

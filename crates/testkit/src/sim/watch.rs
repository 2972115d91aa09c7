//! The watch stands at both doors, the store's and the targets', and cries out the moment
//! something happens that must never happen.

mod follow;
mod seats;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::plan::{About, PlanStatus, StepStatus};
use model::{
    Act, Address, Attributes, Event, Key, Kind, Ownership, Personal, Plan, PlanId, RemoteId,
    StepRef, SubjectId, TargetName, Timestamp, WaveId,
};
use ports::Clock as _;
use ports::store::{Append, Committed};
use ports::target::Operation;

use super::company;
use super::oracle::{Oracle, Owner, Standing, Wish};
use super::pulse::Me;
use super::target::{Change, Thing};
use crate::time::SimClock;

const HALF_DAY: i64 = super::hr::DAY / 2;

/// A plan as the log tells it.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Whom it is about.
    pub about: About,
    /// Its wave.
    pub wave: WaveId,
    /// When it was drafted, by the true clock.
    pub at: i64,
    /// How it stands.
    pub status: PlanStatus,
    /// What it says.
    pub plan: Option<Plan>,
    /// The accounts it changes, as the log knew them when it was drafted.
    pub base: Vec<(Address, Option<Known>)>,
    /// Something of it was sent.
    pub begun: bool,
    /// How its steps stand, as far as anything happened to them.
    pub steps: BTreeMap<u16, StepStatus>,
}

/// What the log knows of an account: what the target calls it, whether it may be used, and its
/// attributes.
pub type Known = (RemoteId, bool, Attributes);

/// An open intent.
struct Intent {
    verb: String,
    seq: u64,
}

/// The watch.
pub struct Watch {
    clock: Arc<SimClock>,
    /// What should be the case.
    pub oracle: Oracle,
    /// What must never happen, and did.
    pub violations: Vec<String>,
    /// Every plan.
    pub plans: BTreeMap<PlanId, Planned>,
    /// The plans about one subject, oldest first.
    pub about: BTreeMap<SubjectId, Vec<PlanId>>,
    /// Plans that a person, or the guard and then a person, let go.
    pub let_go: BTreeSet<PlanId>,
    /// Those that were asked for one by one.
    pub asked: BTreeSet<PlanId>,
    intents: BTreeMap<Address, BTreeMap<StepRef, Intent>>,
    links: BTreeMap<(TargetName, RemoteId), Address>,
    /// Accounts as the log knows them.
    seen: BTreeMap<(TargetName, RemoteId), (bool, Attributes)>,
    grants: BTreeSet<Address>,
    keys: BTreeMap<String, SubjectId>,
    leases: BTreeMap<String, (String, u64)>,
    /// Where writing is stopped, since which record.
    stops: BTreeMap<Option<TargetName>, u64>,
    /// Accounts that requests of ours made usable, and that nobody has closed since.
    given: BTreeSet<(TargetName, RemoteId)>,
    /// Targets whose listing hid objects, until one did not.
    pub lied: BTreeSet<TargetName>,
    /// Events that the store acknowledged.
    pub committed: u64,
    /// The last record.
    pub last: u64,
    /// Changes that targets underwent.
    pub changes: u64,
    /// Tells what happens.
    pub trace: bool,
}

impl Watch {
    /// A watch that has seen nothing.
    #[must_use]
    pub fn new(clock: Arc<SimClock>, trace: bool) -> Self {
        Self {
            clock,
            oracle: Oracle::default(),
            violations: Vec::new(),
            plans: BTreeMap::new(),
            about: BTreeMap::new(),
            let_go: BTreeSet::new(),
            asked: BTreeSet::new(),
            intents: BTreeMap::new(),
            links: BTreeMap::new(),
            seen: BTreeMap::new(),
            grants: BTreeSet::new(),
            keys: BTreeMap::new(),
            leases: BTreeMap::new(),
            stops: BTreeMap::new(),
            given: BTreeSet::new(),
            lied: BTreeSet::new(),
            committed: 0,
            last: 0,
            changes: 0,
            trace,
        }
    }

    /// The true time, in microseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.clock.now().as_micros()
    }

    /// Says what happens, if someone listens.
    pub fn tell(&self, text: impl FnOnce() -> String) {
        if self.trace {
            eprintln!("{} {}", self.clock.now(), text());
        }
    }

    /// Cries out.
    pub fn violation(&mut self, text: String) {
        self.tell(|| format!("VIOLATION {text}"));
        self.violations.push(format!("{} {text}", self.clock.now()));
    }

    /// A lease was granted or renewed.
    pub fn granted(&mut self, name: &str, holder: &str, fence: u64) {
        let known = self.leases.get(name);
        if known.is_some_and(|(by, old)| *old > fence || (*old == fence && by != holder)) {
            self.violation(format!(
                "the lease {name} was given out under fence {fence} again"
            ));
        }
        self.leases
            .insert(name.to_owned(), (holder.to_owned(), fence));
    }

    /// A listing hid objects and said that it was complete.
    pub fn listing_lied(&mut self, target: &TargetName) {
        self.tell(|| format!("{target} hides objects in a listing"));
        self.lied.insert(target.clone());
    }

    /// An append is durable.
    pub fn appended(&mut self, append: &Append, committed: Committed) {
        self.committed += append.events.len() as u64;
        if committed.first != self.last + 1 {
            let (last, first) = (self.last, committed.first);
            self.violation(format!(
                "record {first} was acknowledged after record {last}"
            ));
        }
        self.last = committed.last;
        for (i, event) in append.events.iter().enumerate() {
            self.event(event, committed.first + i as u64);
        }
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one short arm for each kind of event"
    )]
    fn event(&mut self, event: &Event, seq: u64) {
        match event {
            Event::FactsAccepted(e) => {
                if let Personal::Known(facts) = &e.personal {
                    self.oracle.subjects.insert(e.subject, facts.key.clone());
                    self.keys.insert(facts.key.clone(), e.subject);
                }
            }
            Event::SubjectTerminated(e) => {
                let now = self.now();
                if let Some(key) = self.oracle.subjects.get(&e.subject).cloned() {
                    self.oracle.terminated(&key, now);
                }
            }
            Event::TerminationEnded(e) => self.termination_ended(e),
            Event::WaveReleased(e) if e.released => self.begun_at_once(e),
            Event::PlanDrafted(e) => {
                let planned = Planned {
                    about: e.about.clone(),
                    wave: e.wave,
                    at: self.now(),
                    status: PlanStatus::Waiting,
                    base: self.base_of(e.personal.known()),
                    plan: e.personal.known().cloned(),
                    begun: false,
                    steps: BTreeMap::new(),
                };
                self.plans.insert(e.plan, planned);
                if let About::Subject(subject) = e.about {
                    self.about.entry(subject).or_default().push(e.plan);
                }
            }
            Event::PlanChanged(e) => {
                self.tell(|| format!("{} is {}: {}", e.plan, e.status.as_str(), e.detail));
                if let Some(plan) = self.plans.get_mut(&e.plan) {
                    plan.status = e.status;
                }
            }
            Event::StepChanged(e) => {
                self.tell(|| {
                    let (status, at) = (e.status.as_str(), &e.address);
                    format!("{} {at} {status} {}", e.step, e.detail)
                });
                if e.status == StepStatus::Sent {
                    let full = self.begun_without_a_seat(e.step);
                    if let Some(full) = full {
                        self.violation(full);
                    }
                    let moved = self.overtaken(e.step.plan);
                    let open = self.intents.entry(e.address.clone()).or_default();
                    let verb = self.plans.get(&e.step.plan).and_then(|p| {
                        let step = p.plan.as_ref()?.steps.get(usize::from(e.step.no))?;
                        Some(step.act.verb().to_owned())
                    });
                    let verb = verb.unwrap_or_default();
                    open.insert(e.step, Intent { verb, seq });
                    if let Some(address) = moved {
                        let plan = e.step.plan;
                        self.violation(format!(
                            "{plan} was begun, but {address} is not what it was made from"
                        ));
                    }
                } else if let Some(open) = self.intents.get_mut(&e.address) {
                    open.remove(&e.step);
                }
                if let Some(plan) = self.plans.get_mut(&e.step.plan) {
                    plan.begun |= e.status == StepStatus::Sent;
                    plan.steps.insert(e.step.no, e.status);
                }
            }
            Event::ObjectObserved(e) if e.kind == Kind::Account => {
                if let Personal::Known(record) = &e.personal {
                    let at = (e.target.clone(), e.remote.clone());
                    let seen = (record.active, record.attributes.clone());
                    self.seen.insert(at, seen);
                }
            }
            Event::ObjectVanished(e) => {
                self.seen.remove(&(e.target.clone(), e.remote.clone()));
            }
            Event::ObjectLinked(e) if e.address.kind != Kind::Grant => {
                let at = (e.address.target.clone(), e.remote.clone());
                if e.ownership != Ownership::Foreign
                    && let Some(owner) = self.oracle.owners.get_mut(&at)
                {
                    owner.ours = true;
                }
                if e.address.kind == Kind::Group {
                    let name = e.address.key.0.clone();
                    self.oracle.groups.insert(at.clone(), name);
                }
                self.links.insert(at, e.address.clone());
            }
            Event::ObjectLinked(e) => self.granted_now_ours(&e.address, &e.remote),
            Event::ObjectUnlinked(e) => {
                self.links.retain(|_, address| *address != e.address);
                self.grants.remove(&e.address);
            }
            Event::WritingStopped(e) => {
                self.stops.entry(e.target.clone()).or_insert(seq);
            }
            Event::WritingResumed(e) => match &e.target {
                None => self.stops.clear(),
                Some(_) => {
                    self.stops.remove(&e.target);
                }
            },
            _ => {}
        }
    }

    /// What the log knows of the account at an address.
    fn known(&self, address: &Address) -> Option<Known> {
        let here = self
            .links
            .range((address.target.clone(), RemoteId(String::new()))..);
        let mut here = here.take_while(|((target, _), _)| *target == address.target);
        let (at, _) = here.find(|(_, linked)| *linked == address)?;
        let (active, attributes) = self.seen.get(at)?.clone();
        Some((at.1.clone(), active, attributes))
    }

    /// The accounts that a plan changes, and that it neither makes nor takes over.
    fn base_of(&self, plan: Option<&Plan>) -> Vec<(Address, Option<Known>)> {
        let steps = || plan.into_iter().flat_map(|plan| &plan.steps);
        let makes = |act: &Act| matches!(act, Act::Create { .. } | Act::Adopt { .. });
        let made: BTreeSet<&TargetName> = steps()
            .filter(|s| makes(&s.act))
            .map(|s| &s.address.target)
            .collect();
        let changed: BTreeSet<&Address> = steps()
            .map(|s| &s.address)
            .filter(|a| a.kind == Kind::Account && !made.contains(&a.target))
            .collect();
        let known = |a: &&Address| ((*a).clone(), self.known(a));
        changed.iter().map(known).collect()
    }

    /// An account that is not what a plan was made from, if the plan is only now begun.
    fn overtaken(&self, plan: PlanId) -> Option<Address> {
        let planned = self.plans.get(&plan)?;
        if planned.begun {
            return None;
        }
        let differs = |(address, known): &&(Address, Option<Known>)| self.known(address) != *known;
        planned.base.iter().find(differs).map(|(a, _)| a.clone())
    }

    /// A membership that was foreign is Tenure's from now on.
    fn granted_now_ours(&mut self, address: &Address, group: &RemoteId) {
        let Some(subject) = address.key.subject() else {
            return;
        };
        self.grants.insert(address.clone());
        let account = Address::account(&address.target, subject);
        let member = self.links.iter().find(|(_, at)| **at == account);
        if let Some(((_, member), _)) = member {
            let foreign = (address.target.clone(), group.clone(), member.clone());
            self.oracle.foreign.remove(&foreign);
        }
    }

    /// The accounts that the log links to people in a target, by worker key.
    #[must_use]
    pub fn linked_accounts(&self, target: &TargetName) -> BTreeMap<&str, &RemoteId> {
        let here = self.links.iter().filter(|((t, _), _)| t == target);
        here.filter(|(_, address)| address.kind == Kind::Account)
            .filter_map(|((_, remote), address)| {
                let subject = address.key.subject()?;
                Some((self.oracle.subjects.get(&subject)?.as_str(), remote))
            })
            .collect()
    }

    /// Whether the log says that a membership is Tenure's.
    #[must_use]
    pub fn is_granted(&self, target: &TargetName, key: &str, group: &str) -> bool {
        let subject = self.keys.get(key);
        subject.is_some_and(|s| self.grants.contains(&Address::grant(target, *s, group)))
    }

    /// Whether a plan was carried out and nothing of its person is held by an undo.
    #[must_use]
    pub fn can_be_undone(&self, id: PlanId, plan: &Planned, now: i64) -> bool {
        let About::Subject(subject) = plan.about else {
            return false;
        };
        let Some(key) = self.oracle.subjects.get(&subject) else {
            return false;
        };
        let last = self.about.get(&subject).and_then(|plans| plans.last());
        plan.status == PlanStatus::Applied && last == Some(&id) && !self.oracle.is_held(key, now)
    }

    /// A wave was undone; gives the keys of its people.
    pub fn undone(&mut self, wave: WaveId, at: i64) -> Vec<String> {
        let mut people = Vec::new();
        for planned in self.plans.values().filter(|p| p.wave == wave) {
            let (About::Subject(subject), Some(plan)) = (&planned.about, &planned.plan) else {
                continue;
            };
            let Some(key) = self.oracle.subjects.get(subject).cloned() else {
                continue;
            };
            let idle = |s: &StepStatus| matches!(s, StepStatus::Pending | StepStatus::Skipped);
            let steps = planned.steps.iter().filter(|(_, s)| !idle(s));
            let sent = steps.map(|(no, _)| *no).collect();
            self.oracle.undone(&key, plan, &sent, at);
            people.push(key);
        }
        people
    }
}

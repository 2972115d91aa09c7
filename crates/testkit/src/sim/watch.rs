//! The watch stands at both doors, the store's and the targets', and cries out the moment
//! something happens that must never happen.

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

    fn event(&mut self, event: &Event, seq: u64) {
        match event {
            Event::FactsAccepted(e) => {
                if let Personal::Known(facts) = &e.personal {
                    self.oracle.subjects.insert(e.subject, facts.key.clone());
                    self.keys.insert(facts.key.clone(), e.subject);
                }
            }
            Event::PlanDrafted(e) => {
                let planned = Planned {
                    about: e.about.clone(),
                    wave: e.wave,
                    at: self.now(),
                    status: PlanStatus::Waiting,
                    base: self.base_of(e.personal.known()),
                    plan: e.personal.known().cloned(),
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
        let begun = |s: &StepStatus| *s != StepStatus::Pending;
        if planned.steps.values().any(begun) {
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

    /// The addresses that a request is about, and the verb of each.
    fn addresses(
        &self,
        target: &TargetName,
        operation: &Operation,
    ) -> Vec<(Option<Address>, &'static str)> {
        let at = |remote: &RemoteId| self.links.get(&(target.clone(), remote.clone())).cloned();
        match operation {
            Operation::Create { kind, external, .. } => {
                let address = Address {
                    target: target.clone(),
                    kind: *kind,
                    key: Key(external.clone()),
                };
                vec![(Some(address), "create")]
            }
            Operation::Update { remote, .. } => vec![(at(remote), "update")],
            Operation::SetActive { remote, active } => {
                vec![(at(remote), if *active { "enable" } else { "disable" })]
            }
            Operation::Delete { remote, .. } => vec![(at(remote), "delete")],
            Operation::Members { group, add, remove } => {
                let grant = |member: &RemoteId| {
                    let subject = at(member)?.key.subject()?;
                    Some(Address::grant(target, subject, &at(group)?.key.0))
                };
                add.iter()
                    .map(|m| (grant(m), "grant"))
                    .chain(remove.iter().map(|m| (grant(m), "revoke")))
                    .collect()
            }
        }
    }

    /// A node sends a request.
    pub fn requested(&mut self, me: &Me, target: &TargetName, operation: &Operation) {
        let lease = format!("target/{target}");
        let holds = self
            .leases
            .get(&lease)
            .is_some_and(|(by, _)| *by == me.holder);
        if !holds {
            let who = &me.holder;
            self.violation(format!("{who} writes to {target} without its lease"));
        }
        for (address, verb) in self.addresses(target, operation) {
            let Some(address) = address else {
                self.violation(format!(
                    "{target}: {verb} of an object that the log does not link: {operation:?}"
                ));
                continue;
            };
            let intent = self
                .intents
                .get(&address)
                .into_iter()
                .flatten()
                .find(|(_, intent)| intent.verb == verb)
                .map(|(step, intent)| (*step, intent.seq));
            let Some((step, seq)) = intent else {
                self.violation(format!("{verb} at {address} without an intent in the log"));
                continue;
            };
            if !self.let_go.contains(&step.plan) {
                let plan = step.plan;
                self.violation(format!("{verb} at {address}: nobody let {plan} go"));
            }
            for stop in [None, Some(target.clone())] {
                if self.stops.get(&stop).is_some_and(|since| *since < seq) {
                    self.violation(format!("{verb} at {address} while writing is stopped"));
                }
            }
        }
    }

    /// A target was changed by a request of ours.
    pub fn changed(
        &mut self,
        node: usize,
        target: &TargetName,
        things: &BTreeMap<RemoteId, Thing>,
        changes: &[Change],
        now: Timestamp,
    ) {
        for change in changes {
            self.changes += 1;
            self.tell(|| format!("node {node}: {target} {change:?}"));
            let wrong = match change {
                Change::Created(remote, kind) => self.created(target, remote, *kind, things),
                Change::Updated(remote) => self.updated(target, remote),
                Change::Active(remote, active) => {
                    self.switched(target, remote, *active, now.as_micros())
                }
                Change::Deleted(remote) => Some(format!("{target}: {remote} was deleted")),
                Change::Joined(group, member) => {
                    self.moved(target, group, member, true, now.as_micros())
                }
                Change::Left(group, member) => {
                    self.moved(target, group, member, false, now.as_micros())
                }
            };
            if let Some(wrong) = wrong {
                self.violation(wrong);
            }
        }
    }

    fn created(
        &mut self,
        target: &TargetName,
        remote: &RemoteId,
        kind: Kind,
        things: &BTreeMap<RemoteId, Thing>,
    ) -> Option<String> {
        let thing = things.get(remote)?;
        if kind == Kind::Group {
            let display = thing.text("displayName");
            let declared = company::groups(target.as_str())
                .iter()
                .any(|(_, name)| *name == display);
            let same = |t: &&Thing| t.kind == Kind::Group && t.text("displayName") == display;
            if !declared || things.values().filter(same).count() > 1 {
                return Some(format!(
                    "{target}: the group `{display}` was made once more"
                ));
            }
            return None;
        }
        let Some(key) = self.oracle.by_mail(thing.text("userName")).cloned() else {
            return Some(format!("{target}: an account of nobody was made"));
        };
        if self.oracle.account(target, &key).is_some() {
            return Some(format!("{target}: a second account of {key} was made"));
        }
        let subject = thing.external.as_deref().and_then(|e| e.parse().ok());
        if subject.and_then(|s: SubjectId| self.oracle.subjects.get(&s)) != Some(&key) {
            return Some(format!(
                "{target}: the account of {key} carries another's key"
            ));
        }
        let owner = Owner {
            key: key.clone(),
            ours: true,
            name: String::new(),
        };
        self.oracle
            .owners
            .insert((target.clone(), remote.clone()), owner);
        let wished = |w: &Wish| w.enabled;
        self.unless(&key, target, self.now(), wished, "an account was made for")
    }

    fn updated(&self, target: &TargetName, remote: &RemoteId) -> Option<String> {
        let at = (target.clone(), remote.clone());
        let known = self.oracle.owners.contains_key(&at) || self.oracle.groups.contains_key(&at);
        (!known).then(|| format!("{target}: {remote} is not ours and was changed"))
    }

    fn switched(
        &mut self,
        target: &TargetName,
        remote: &RemoteId,
        active: bool,
        now: i64,
    ) -> Option<String> {
        let owner = self.oracle.owners.get(&(target.clone(), remote.clone()));
        let Some(key) = owner.map(|o| o.key.clone()) else {
            return Some(format!("{target}: {remote} is not ours and was switched"));
        };
        let what = if active { "enabled:" } else { "disabled:" };
        if !active {
            self.lost(&key, target, now, |w| !w.enabled);
        }
        self.unless(&key, target, now, |w| w.enabled == active, what)
    }

    fn moved(
        &mut self,
        target: &TargetName,
        group: &RemoteId,
        member: &RemoteId,
        joined: bool,
        now: i64,
    ) -> Option<String> {
        let owner = self.oracle.owners.get(&(target.clone(), member.clone()));
        let name = self.oracle.groups.get(&(target.clone(), group.clone()));
        let (Some(key), Some(name)) = (owner.map(|o| o.key.clone()), name.cloned()) else {
            return Some(format!(
                "{target}: the membership of {member} in {group} is not ours and was changed"
            ));
        };
        let foreign = (target.clone(), group.clone(), member.clone());
        if !joined && self.oracle.foreign.contains(&foreign) {
            return Some(format!(
                "{target}: a foreign membership of {key} in {name} was taken away"
            ));
        }
        if !joined {
            self.lost(&key, target, now, |w| !w.groups.contains(&name));
        }
        let what = if joined {
            "given a group:"
        } else {
            "taken out of a group:"
        };
        self.unless(
            &key,
            target,
            now,
            |w| w.groups.contains(&name) == joined,
            what,
        )
    }

    /// Says so unless something like it could rightly be wanted since the plan was drafted.
    fn unless(
        &self,
        key: &str,
        target: &TargetName,
        now: i64,
        wished: impl Fn(&Wish) -> bool,
        what: &str,
    ) -> Option<String> {
        let from = self.since(key, now);
        let wishes = self.oracle.wishes(key, target.as_str(), from, now);
        if wishes.iter().any(|(w, _)| wished(w)) {
            return None;
        }
        let standing = wishes.last().map(|(_, s)| *s);
        Some(format!("{what} {key} in {target}, who is {standing:?}"))
    }

    /// Someone lost something. If only because no row tells of them, and nobody was asked, it
    /// counts against what the guard lets pass.
    fn lost(&mut self, key: &str, target: &TargetName, now: i64, gone: impl Fn(&Wish) -> bool) {
        let from = self.since(key, now);
        let wishes = self.oracle.wishes(key, target.as_str(), from, now);
        let mut reasons = wishes
            .iter()
            .filter(|(w, _)| gone(w))
            .map(|(_, s)| *s)
            .peekable();
        if reasons.peek().is_none() || !reasons.all(|s| s == Standing::Withdrawn) {
            return;
        }
        if self.open_plans(key).any(|(id, _)| self.asked.contains(&id)) {
            return;
        }
        self.oracle.unasked.push((now, key.to_owned()));
        let lost = self.oracle.unasked_since(now - HALF_DAY);
        let managed = self.oracle.managed();
        if lost > company::REMOVALS && lost * 100 > company::REMOVALS_PERCENT * managed {
            self.violation(format!(
                "{lost} people of {managed} accounts lost access for want of a row, and nobody was asked"
            ));
        }
    }

    /// Since when the plans that are open about someone were drafted.
    fn since(&self, key: &str, now: i64) -> i64 {
        self.open_plans(key).map(|(_, p)| p.at).min().unwrap_or(now)
    }

    fn open_plans(&self, key: &str) -> impl Iterator<Item = (PlanId, &Planned)> {
        let subject = self.keys.get(key);
        subject
            .and_then(|s| self.about.get(s))
            .into_iter()
            .flatten()
            .filter_map(|id| Some((*id, self.plans.get(id)?)))
            .filter(|(_, p)| p.status == PlanStatus::Released)
    }

    /// Whether someone's plans wait for a person, or a person refused the last one.
    #[must_use]
    pub fn is_frozen(&self, subject: SubjectId) -> bool {
        let plans = self.about.get(&subject);
        let mut plans = plans
            .into_iter()
            .flatten()
            .filter_map(|id| self.plans.get(id));
        let waits = plans.clone().any(|p| p.status == PlanStatus::Waiting);
        waits
            || plans
                .next_back()
                .is_some_and(|p| p.status == PlanStatus::Refused)
    }

    /// As [`Watch::is_frozen`], by worker key.
    #[must_use]
    pub fn is_key_frozen(&self, key: &str) -> bool {
        self.keys.get(key).is_some_and(|s| self.is_frozen(*s))
    }

    /// What the log says of someone's plans and a file of their facts, for whoever has to find
    /// out what went wrong.
    #[must_use]
    pub fn story(&self, key: &str) -> String {
        let plans = self.keys.get(key).and_then(|s| self.about.get(s));
        let plans = plans.into_iter().flatten().filter_map(|id| {
            let plan = self.plans.get(id)?;
            Some(format!("{id} {}", plan.status.as_str()))
        });
        let plans: Vec<String> = plans.collect();
        let last = self.oracle.people.get(key).and_then(|p| p.last());
        format!("plans: {}; facts: {last:?}", plans.join(", "))
    }
}

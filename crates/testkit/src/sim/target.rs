//! A target system with a temperament. Every change it undergoes is told to the watch.

mod answers;
mod line;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::attributes::Value;
use model::{Attributes, Kind, Outcome, Record, RemoteId, TargetName, Timestamp, Version};
use ports::target::{Capabilities, Operation};
use ports::{Clock as _, TargetError};

use super::pulse::Me;
use super::watch::Watch;
use crate::time::{SeededEntropy, SimClock};

use answers::{done, doubts_of, gone, later, unknown};
pub use line::Line;

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Account or group.
    pub kind: Kind,
    /// Our key, if it carries one.
    pub external: Option<String>,
    /// Whether it may be used.
    pub active: bool,
    /// Path → value.
    pub attributes: Attributes,
    /// Members of a group.
    pub members: BTreeSet<RemoteId>,
    version: u64,
}

impl Thing {
    /// An attribute as text; empty when it has none.
    #[must_use]
    pub fn text(&self, path: &str) -> &str {
        self.attributes
            .get(path)
            .and_then(Value::as_text)
            .unwrap_or("")
    }
}

/// What one request did to the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new object.
    Created(RemoteId, Kind),
    /// Attributes of an object are different now.
    Updated(RemoteId),
    /// An account may, or may not, be used now.
    Active(RemoteId, bool),
    /// An object is gone.
    Deleted(RemoteId),
    /// An account is a member of a group now.
    Joined(RemoteId, RemoteId),
    /// An account is no longer a member of a group.
    Left(RemoteId, RemoteId),
}

/// How often requests go wrong: each once in so many times; 0: never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rates {
    /// Done, and the answer is lost.
    pub lost_answer: u64,
    /// Never arrives.
    pub lost_request: u64,
    /// Says done and does nothing.
    pub lie: u64,
    /// Arrives twice.
    pub twice: u64,
    /// 429.
    pub busy: u64,
    /// A read fails.
    pub read: u64,
    /// A listing breaks off.
    pub breaks: u64,
    /// A page lacks objects, and the listing says that it is complete.
    pub truncates: u64,
}

/// How the target stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// It answers.
    #[default]
    Up,
    /// It does not.
    Down,
    /// 429 with a time to wait until then.
    Storm(Timestamp),
}

#[derive(Default)]
struct State {
    things: BTreeMap<RemoteId, Thing>,
    next: u64,
    rates: Rates,
    health: Health,
    /// What was sent and never answered, until it is read back.
    doubts: BTreeSet<String>,
    /// What some listing has shown.
    shown: BTreeSet<RemoteId>,
    requests: u64,
}

/// A target system.
pub struct SimTarget {
    /// Its name.
    pub name: TargetName,
    capabilities: Capabilities,
    /// Groups keep our key.
    group_keys: bool,
    /// A request takes at most this long.
    latency: u64,
    state: Mutex<State>,
    clock: Arc<SimClock>,
    chance: Arc<SeededEntropy>,
    watch: Arc<Mutex<Watch>>,
}

const PAGE: usize = 50;

impl SimTarget {
    /// An empty target.
    #[must_use]
    pub fn new(
        name: &str,
        clock: Arc<SimClock>,
        chance: Arc<SeededEntropy>,
        watch: Arc<Mutex<Watch>>,
    ) -> Self {
        Self {
            name: TargetName::from(name),
            capabilities: Capabilities {
                kinds: vec![Kind::Account, Kind::Group],
                filter: name != "wiki",
                patch: name != "crm",
                versions: matches!(name, "chat" | "code" | "pay"),
                delete: true,
                members_per_request: if name == "code" { 3 } else { 100 },
                settle: Duration::ZERO,
                requests_per_second: None,
                concurrency: if name == "mail" { 1 } else { 16 },
                write_only: Vec::new(),
            },
            group_keys: matches!(name, "chat" | "pay"),
            latency: if name == "pay" { 900_000 } else { 60_000 },
            state: Mutex::new(State::default()),
            clock,
            chance,
            watch,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets how often requests go wrong.
    pub fn behave(&self, rates: Rates) {
        self.state().rates = rates;
    }

    /// Sets how it stands.
    pub fn set_health(&self, health: Health) {
        self.state().health = health;
    }

    /// Whether it answers now.
    #[must_use]
    pub fn is_up(&self) -> bool {
        match self.state().health {
            Health::Up => true,
            Health::Down => false,
            Health::Storm(until) => self.clock.now() >= until,
        }
    }

    /// Everything that is there.
    #[must_use]
    pub fn things(&self) -> BTreeMap<RemoteId, Thing> {
        self.state().things.clone()
    }

    /// Looks at what is there without a copy.
    pub fn with<T>(&self, look: impl FnOnce(&BTreeMap<RemoteId, Thing>) -> T) -> T {
        look(&self.state().things)
    }

    /// Puts an object there behind Tenure's back.
    pub fn plant(&self, kind: Kind, active: bool, attributes: Attributes) -> RemoteId {
        self.state().insert(Thing {
            kind,
            external: None,
            active,
            attributes,
            members: BTreeSet::new(),
            version: 1,
        })
    }

    /// Changes an object behind Tenure's back.
    pub fn tamper(&self, remote: &RemoteId, change: impl FnOnce(&mut Thing)) {
        if let Some(thing) = self.state().things.get_mut(remote) {
            thing.version += 1;
            change(thing);
            if thing.kind == Kind::Account && !thing.active {
                self.watch().closed_by_hand(&self.name, remote);
            }
        }
    }

    /// Removes an object behind Tenure's back.
    pub fn remove(&self, remote: &RemoteId) {
        self.state().remove(remote);
        self.watch().closed_by_hand(&self.name, remote);
    }

    /// How many requests it got.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    fn hits(&self, one_in: u64) -> bool {
        one_in > 0 && self.chance.one_in(one_in)
    }

    /// A request takes time.
    fn pass_time(&self) {
        let micros = self.chance.below(self.latency);
        self.clock.advance(Duration::from_micros(micros));
    }

    fn refuses_to_read(&self) -> Option<TargetError> {
        self.pass_time();
        let now = self.clock.now();
        let mut state = self.state();
        state.requests += 1;
        let unreachable = |why: &str| Some(TargetError::Unreachable(why.to_owned()));
        match state.health {
            Health::Down => return unreachable("it is down"),
            Health::Storm(until) if until > now => {
                return Some(TargetError::Busy {
                    wait: until.since(now).min(Duration::from_secs(600)),
                    detail: "too many requests".to_owned(),
                });
            }
            Health::Up | Health::Storm(_) => {}
        }
        let one_in = state.rates.read;
        drop(state);
        if self.hits(one_in) {
            return unreachable("the connection broke");
        }
        None
    }

    /// What becomes of a request that changes something.
    fn carry(&self, me: &Me, operation: &Operation) -> Outcome {
        self.pass_time();
        let now = self.clock.now();
        let mut state = self.state();
        state.requests += 1;
        let rates = state.rates;
        match state.health {
            Health::Down if self.chance.one_in(2) => return later(Duration::from_secs(30)),
            Health::Down => return unknown("it is down"),
            Health::Storm(until) if until > now => {
                return later(until.since(now).min(Duration::from_secs(600)));
            }
            Health::Up | Health::Storm(_) => {}
        }
        if self.hits(rates.busy) {
            return later(Duration::from_secs(1 + self.chance.below(20)));
        }
        for doubt in doubts_of(operation) {
            if state.doubts.contains(&doubt) {
                let text = format!("{}: `{doubt}` is sent again without a look", self.name);
                self.watch().violation(text);
            }
        }
        if self.hits(rates.lie) {
            return Outcome::Done {
                remote: None,
                version: None,
            };
        }
        if self.hits(rates.lost_request) {
            state.doubts.extend(doubts_of(operation));
            return unknown("timed out");
        }
        let (mut outcome, mut changes) = self.carry_out(&mut state, operation);
        // Where groups keep no key of ours, nobody can tell a repeated request from a new one.
        let keyless = matches!(
            operation,
            Operation::Create {
                kind: Kind::Group,
                ..
            }
        );
        if self.hits(rates.twice) && (self.group_keys || !keyless) {
            let (again, more) = self.carry_out(&mut state, operation);
            outcome = again;
            changes.extend(more);
        }
        self.watch()
            .changed(me.no, &self.name, &state.things, &changes, now);
        if self.hits(rates.lost_answer) {
            state.doubts.extend(doubts_of(operation));
            return unknown("timed out");
        }
        outcome
    }

    fn carry_out(&self, state: &mut State, operation: &Operation) -> (Outcome, Vec<Change>) {
        match operation {
            Operation::Create {
                kind,
                external,
                active,
                attributes,
            } => self.create(state, *kind, external, *active, attributes),
            Operation::Update {
                remote,
                set,
                unset,
                expect,
                ..
            } => {
                let Some(thing) = state.things.get_mut(remote) else {
                    return (gone(), Vec::new());
                };
                let version = Version(thing.version.to_string());
                if expect.as_ref().is_some_and(|e| *e != version) && self.capabilities.versions {
                    let detail = format!("version {version}");
                    return (Outcome::Stale { detail }, Vec::new());
                }
                let before = thing.attributes.clone();
                thing.attributes.extend(set.clone());
                thing.attributes.retain(|path, _| !unset.contains(path));
                thing.version += 1;
                let changed = before != thing.attributes;
                let change = changed.then(|| Change::Updated(remote.clone()));
                (done(remote), change.into_iter().collect())
            }
            Operation::SetActive { remote, active } => {
                let Some(thing) = state.things.get_mut(remote) else {
                    return (gone(), Vec::new());
                };
                let changed = thing.active != *active;
                thing.active = *active;
                thing.version += 1;
                let change = changed.then(|| Change::Active(remote.clone(), *active));
                (done(remote), change.into_iter().collect())
            }
            Operation::Delete { remote, .. } => match state.remove(remote) {
                true => (done(remote), vec![Change::Deleted(remote.clone())]),
                false => (Outcome::AlreadyDone { remote: None }, Vec::new()),
            },
            Operation::Members { group, add, remove } => members(state, group, add, remove),
        }
    }

    fn create(
        &self,
        state: &mut State,
        kind: Kind,
        external: &str,
        active: bool,
        attributes: &Attributes,
    ) -> (Outcome, Vec<Change>) {
        let keeps_key = kind == Kind::Account || self.group_keys;
        let ours = |t: &&Thing| t.kind == kind && t.external.as_deref() == Some(external);
        if let Some((remote, _)) = state.things.iter().find(|(_, t)| ours(t)) {
            let remote = Some(remote.clone());
            return (Outcome::AlreadyDone { remote }, Vec::new());
        }
        let name = attributes.get("userName").map(ToString::to_string);
        let taken = |t: &Thing| t.kind == kind && Some(t.text("userName").to_lowercase()) == name;
        if name.is_some() && state.things.values().any(taken) {
            let refused = Outcome::Refused {
                code: "SIM-409".to_owned(),
                detail: "the user name is taken".to_owned(),
            };
            return (refused, Vec::new());
        }
        let remote = state.insert(Thing {
            kind,
            external: keeps_key.then(|| external.to_owned()),
            active,
            attributes: attributes.clone(),
            members: BTreeSet::new(),
            version: 1,
        });
        let outcome = Outcome::Done {
            remote: Some(remote.clone()),
            version: None,
        };
        (outcome, vec![Change::Created(remote, kind)])
    }
}

fn members(
    state: &mut State,
    group: &RemoteId,
    add: &[RemoteId],
    remove: &[RemoteId],
) -> (Outcome, Vec<Change>) {
    if add.iter().any(|m| !state.things.contains_key(m)) {
        let refused = Outcome::Refused {
            code: "SIM-404".to_owned(),
            detail: "a member does not exist".to_owned(),
        };
        return (refused, Vec::new());
    }
    let Some(thing) = state.things.get_mut(group) else {
        return (gone(), Vec::new());
    };
    let mut changes = Vec::new();
    for member in add {
        if thing.members.insert(member.clone()) {
            changes.push(Change::Joined(group.clone(), member.clone()));
        }
    }
    for member in remove {
        if thing.members.remove(member) {
            changes.push(Change::Left(group.clone(), member.clone()));
        }
    }
    thing.version += 1;
    (done(group), changes)
}

impl State {
    fn insert(&mut self, thing: Thing) -> RemoteId {
        self.next += 1;
        let remote = RemoteId(format!("r{:06}", self.next));
        self.things.insert(remote.clone(), thing);
        remote
    }

    fn remove(&mut self, remote: &RemoteId) -> bool {
        for thing in self.things.values_mut() {
            thing.members.remove(remote);
        }
        self.things.remove(remote).is_some()
    }

    fn record(&self, remote: &RemoteId) -> Option<Record> {
        let thing = self.things.get(remote)?;
        let name = match thing.kind {
            Kind::Account => "userName",
            Kind::Group | Kind::Grant => "displayName",
        };
        Some(Record {
            kind: thing.kind,
            remote: remote.clone(),
            external: thing.external.clone(),
            name: thing.text(name).to_owned(),
            active: thing.active,
            attributes: thing.attributes.clone(),
            members: (thing.kind == Kind::Group).then(|| thing.members.iter().cloned().collect()),
            version: Some(Version(thing.version.to_string())),
        })
    }
}

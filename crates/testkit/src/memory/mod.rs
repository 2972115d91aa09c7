//! A target system in memory, with faults on order. Answers at once, on the calling thread.

mod mood;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use model::attributes::Value;
use model::{Answer, Attributes, Completeness, Kind, Outcome, Record, RemoteId};
use ports::target::{Capabilities, Cursor, Heard, Listed, Match, Operation, Probe};
use ports::{Target, TargetError};

pub use mood::Mood;
use state::State;

/// What goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is done, and the answer is lost.
    LostAnswer,
    /// It never arrives, and nobody can tell.
    LostRequest,
    /// "Too many requests": nothing is done.
    Busy(Duration),
    /// It says that it did it, and did nothing.
    Lie,
    /// It arrives twice.
    Twice,
    /// A listing ends early and does not say so in its total.
    Truncated,
    /// A listing breaks off with an error.
    Broken,
    /// An account that is made disabled can be used all the same.
    Opens,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
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

/// A target system in memory.
pub struct Memory {
    capabilities: Capabilities,
    /// The attribute that names accounts; unique among them.
    state: Mutex<State>,
}

const PAGE: usize = 50;

impl Memory {
    /// An empty target that can do everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            capabilities: Capabilities {
                kinds: vec![Kind::Account, Kind::Group],
                filter: true,
                patch: true,
                versions: true,
                delete: true,
                members_per_request: 100,
                settle: Duration::ZERO,
                requests_per_second: None,
                concurrency: 16,
                write_only: Vec::new(),
            },
            state: Mutex::new(State::default()),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        match self.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        }
    }

    /// Orders faults for the next requests, in this order.
    pub fn order(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// From here on no account is taken that has this value; `taken` again if it is.
    pub fn refuse(&self, path: &str, value: &str, taken: bool) {
        let value = (path.to_owned(), value.to_owned());
        let mut state = self.state();
        match taken {
            true => state.refused.remove(&value),
            false => state.refused.insert(value),
        };
    }

    /// From here on it answers like this to everything; `None`: as it should.
    pub fn answer(&self, mood: Option<Mood>) {
        self.state().mood = mood;
    }

    /// What it lets others know beside its answers.
    pub fn show(&self, change: impl FnOnce(&mut Heard)) {
        change(&mut self.state().heard);
    }

    /// Everything that is there.
    #[must_use]
    pub fn objects(&self) -> BTreeMap<RemoteId, Object> {
        self.state().objects.clone()
    }

    /// Whether an object may be used; `None`: it is not there.
    #[must_use]
    pub fn is_active(&self, remote: &RemoteId) -> Option<bool> {
        self.state().objects.get(remote).map(|o| o.active)
    }

    /// The account with this user name.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<Object> {
        let wanted = Value::Text(name.to_owned());
        self.state()
            .objects
            .values()
            .find(|o| o.kind == Kind::Account && o.attributes.get("userName") == Some(&wanted))
            .cloned()
    }

    /// The user names of the members of the group with this display name, sorted.
    #[must_use]
    pub fn members_of(&self, display: &str) -> Vec<String> {
        let state = self.state();
        let wanted = Value::Text(display.to_owned());
        let group = state
            .objects
            .values()
            .find(|o| o.kind == Kind::Group && o.attributes.get("displayName") == Some(&wanted));
        let mut names: Vec<String> = group
            .iter()
            .flat_map(|g| &g.members)
            .filter_map(|m| state.objects.get(m)?.attributes.get("userName"))
            .map(ToString::to_string)
            .collect();
        names.sort();
        names
    }

    /// Every operation that changed something or was asked to, in order.
    #[must_use]
    pub fn journal(&self) -> Vec<Operation> {
        self.state().journal.clone()
    }

    /// Forgets the journal.
    pub fn clear_journal(&self) {
        self.state().journal.clear();
    }

    /// Puts an object there behind Tenure's back.
    pub fn plant(&self, kind: Kind, active: bool, attributes: Attributes) -> RemoteId {
        let mut state = self.state();
        state.insert(Object {
            kind,
            external: None,
            active,
            attributes,
            members: BTreeSet::new(),
            version: 1,
        })
    }

    /// Changes an object behind Tenure's back.
    pub fn tamper(&self, remote: &RemoteId, change: impl FnOnce(&mut Object)) {
        if let Some(object) = self.state().objects.get_mut(remote) {
            object.version += 1;
            change(object);
        }
    }

    /// Removes an object behind Tenure's back.
    pub fn remove(&self, remote: &RemoteId) {
        self.state().objects.remove(remote);
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Target for Memory {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn heard(&self) -> Heard {
        self.state().heard
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        Ok(Probe {
            name: "memory".to_owned(),
            differs: Vec::new(),
        })
    }

    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        let mut state = self.state();
        if let Some(mood) = &state.mood {
            return Err(mood.to_read());
        }
        let fault = state.faults.pop_front();
        match fault {
            Some(Fault::Busy(wait)) => {
                return Err(TargetError::Busy {
                    wait,
                    detail: "slow down".to_owned(),
                });
            }
            Some(Fault::Broken | Fault::LostRequest | Fault::LostAnswer) => {
                return Err(TargetError::Unreachable("the connection broke".to_owned()));
            }
            _ => {}
        }
        let all: Vec<RemoteId> = state
            .objects
            .iter()
            .filter(|(_, o)| o.kind == kind)
            .map(|(r, _)| r.clone())
            .collect();
        let start: usize = from.and_then(|c| c.0.parse().ok()).unwrap_or(0);
        let end = (start + PAGE).min(all.len());
        let mut page: Vec<RemoteId> = all[start.min(all.len())..end].to_vec();
        let truncated = fault == Some(Fault::Truncated) && !page.is_empty();
        if truncated {
            page.truncate(page.len() / 2);
        }
        let records = page.iter().filter_map(|r| state.record(r)).collect();
        let next = (end < all.len() && !truncated).then(|| Cursor(end.to_string()));
        let completeness = match (&next, truncated) {
            (Some(_), _) => Completeness::Partial,
            // A truncated listing that still promises its total is caught by the connector; one
            // that does not look truncated is what reading each missing object by id is for.
            (None, true) => Completeness::Full,
            (None, false) => Completeness::Full,
        };
        Ok(Listed {
            records,
            next,
            completeness,
            detail: String::new(),
        })
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        let mut state = self.state();
        state.reads += 1;
        if let Some(mood) = &state.mood {
            return Err(mood.to_read());
        }
        if let Some(fault) = state.faults.pop_front() {
            match fault {
                Fault::Busy(wait) => {
                    return Err(TargetError::Busy {
                        wait,
                        detail: "slow down".to_owned(),
                    });
                }
                Fault::Broken | Fault::LostRequest | Fault::LostAnswer => {
                    return Err(TargetError::Unreachable("the connection broke".to_owned()));
                }
                Fault::Lie | Fault::Twice | Fault::Truncated | Fault::Opens => {}
            }
        }
        Ok(state.record(remote).filter(|r| r.kind == kind))
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        let state = self.state();
        if let Some(mood) = &state.mood {
            return Err(mood.to_read());
        }
        let matches = |remote: &RemoteId, object: &Object| {
            object.kind == kind
                && match by {
                    Match::External(external) => object.external.as_ref() == Some(external),
                    Match::Name(name) => state
                        .record(remote)
                        .is_some_and(|r| r.name.eq_ignore_ascii_case(name)),
                }
        };
        let found = state.objects.iter().filter(|(r, o)| matches(r, o));
        Ok(found
            .filter_map(|(remote, _)| state.record(remote))
            .collect())
    }

    async fn apply(&self, operation: &Operation, _deadline: Duration) -> Answer {
        self.carried(operation).into()
    }
}

impl Memory {
    fn carried(&self, operation: &Operation) -> Outcome {
        let mut state = self.state();
        state.journal.push(operation.clone());
        if let Some(mood) = &state.mood {
            return mood.to_write();
        }
        if let Some(path) = state.refuses(operation) {
            return Outcome::Refused {
                code: "SCIM-400".to_owned(),
                detail: format!("HTTP 400 invalidValue: {path} cannot be (value)"),
            };
        }
        match state.faults.pop_front() {
            None | Some(Fault::Truncated) => state.carry_out(operation),
            Some(Fault::Twice) => {
                state.carry_out(operation);
                state.carry_out(operation)
            }
            Some(Fault::Opens) => {
                let done = state.carry_out(operation);
                if let (Operation::Create { .. }, Outcome::Done { remote, .. }) = (operation, &done)
                    && let Some(made) = remote.as_ref().and_then(|r| state.objects.get_mut(r))
                {
                    made.active = true;
                }
                done
            }
            Some(Fault::LostAnswer) => {
                state.carry_out(operation);
                Outcome::Unknown {
                    detail: "timed out".to_owned(),
                }
            }
            Some(Fault::LostRequest | Fault::Broken) => Outcome::Unknown {
                detail: "timed out".to_owned(),
            },
            Some(Fault::Busy(wait)) => Outcome::Later {
                wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                detail: "429".to_owned(),
                whole_target: true,
            },
            Some(Fault::Lie) => Outcome::Done {
                remote: None,
                version: None,
            },
        }
    }
}

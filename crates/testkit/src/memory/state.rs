//! The objects of a target in memory, and what becomes of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use model::{Attributes, Kind, Outcome, Record, RemoteId, Version};
use ports::target::{Heard, Operation};

use super::{Fault, Mood, Object};

#[derive(Default)]
pub(super) struct State {
    pub(super) objects: BTreeMap<RemoteId, Object>,
    pub(super) next: u64,
    pub(super) faults: VecDeque<Fault>,
    /// Values that no account may have: path and text.
    pub(super) refused: BTreeSet<(String, String)>,
    pub(super) journal: Vec<Operation>,
    pub(super) reads: u64,
    /// What it answers to everything, whatever is asked.
    pub(super) mood: Option<Mood>,
    pub(super) heard: Heard,
}

impl State {
    pub(super) fn insert(&mut self, object: Object) -> RemoteId {
        self.next += 1;
        let remote = RemoteId(format!("r{:06}", self.next));
        self.objects.insert(remote.clone(), object);
        remote
    }

    pub(super) fn record(&self, remote: &RemoteId) -> Option<Record> {
        let object = self.objects.get(remote)?;
        let name = match object.kind {
            Kind::Account => "userName",
            Kind::Group | Kind::Grant => "displayName",
        };
        Some(Record {
            kind: object.kind,
            remote: remote.clone(),
            external: object.external.clone(),
            name: object
                .attributes
                .get(name)
                .map(ToString::to_string)
                .unwrap_or_default(),
            active: object.active,
            attributes: object.attributes.clone(),
            members: (object.kind == Kind::Group).then(|| object.members.iter().cloned().collect()),
            version: Some(Version(object.version.to_string())),
        })
    }

    pub(super) fn carry_out(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::Create {
                kind,
                external,
                active,
                attributes,
            } => self.create(*kind, external, *active, attributes),
            Operation::Update {
                remote,
                set,
                unset,
                expect,
                ..
            } => {
                let Some(object) = self.objects.get_mut(remote) else {
                    return gone();
                };
                let version = Version(object.version.to_string());
                if expect.as_ref().is_some_and(|e| *e != version) {
                    return Outcome::Stale {
                        detail: format!("version {version}"),
                    };
                }
                for (path, value) in set {
                    object.attributes.insert(path.clone(), value.clone());
                }
                for path in unset {
                    object.attributes.remove(path);
                }
                object.version += 1;
                done(remote)
            }
            Operation::SetActive { remote, active } => {
                let Some(object) = self.objects.get_mut(remote) else {
                    return gone();
                };
                object.active = *active;
                object.version += 1;
                done(remote)
            }
            Operation::Delete { remote, .. } => match self.objects.remove(remote) {
                Some(_) => done(remote),
                None => Outcome::AlreadyDone { remote: None },
            },
            Operation::Members { group, add, remove } => {
                if add.iter().any(|m| !self.objects.contains_key(m)) {
                    return Outcome::Refused {
                        code: "MEM-404".to_owned(),
                        detail: "a member does not exist".to_owned(),
                    };
                }
                let Some(object) = self.objects.get_mut(group) else {
                    return gone();
                };
                object.members.extend(add.iter().cloned());
                object.members.retain(|m| !remove.contains(m));
                object.version += 1;
                done(group)
            }
        }
    }

    fn create(
        &mut self,
        kind: Kind,
        external: &str,
        active: bool,
        attributes: &Attributes,
    ) -> Outcome {
        let ours = |o: &&Object| o.kind == kind && o.external.as_deref() == Some(external);
        if let Some((remote, _)) = self.objects.iter().find(|(_, o)| ours(o)) {
            return Outcome::AlreadyDone {
                remote: Some(remote.clone()),
            };
        }
        let name = attributes.get("userName");
        let taken = |o: &Object| o.kind == kind && o.attributes.get("userName") == name;
        if name.is_some() && self.objects.values().any(taken) {
            return Outcome::Refused {
                code: "MEM-409".to_owned(),
                detail: "the user name is taken".to_owned(),
            };
        }
        let remote = self.insert(Object {
            kind,
            external: Some(external.to_owned()),
            active,
            attributes: attributes.clone(),
            members: BTreeSet::new(),
            version: 1,
        });
        Outcome::Done {
            remote: Some(remote),
            version: Some(Version("1".to_owned())),
        }
    }
}

impl State {
    /// The path whose value in this operation is refused.
    pub(super) fn refuses(&self, operation: &Operation) -> Option<String> {
        let (Operation::Create {
            attributes: sent, ..
        }
        | Operation::Update { set: sent, .. }) = operation
        else {
            return None;
        };
        let mut sent = sent.iter();
        sent.find(|(path, value)| {
            let sent = ((*path).clone(), value.to_string());
            self.refused.contains(&sent)
        })
        .map(|(path, _)| path.clone())
    }
}

fn done(remote: &RemoteId) -> Outcome {
    Outcome::Done {
        remote: Some(remote.clone()),
        version: None,
    }
}

fn gone() -> Outcome {
    Outcome::Stale {
        detail: "there is no such object".to_owned(),
    }
}

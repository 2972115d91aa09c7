//! What the records about one person say of them, up to an instant.

use std::collections::BTreeMap;

use model::Event;
use model::event::{Holder, Stated, StepChanged};
use model::task::{Done, KnownTask};
use model::{Address, EngagementId, Personal, RemoteId, TargetName, TaskId, Timestamp};
use ports::store::{DecidedAccess, DecidedAccount, Decisions, Link, LogRecord, Pin, Termination};

use super::engagements::{Saying, Sayings};

/// How one remote account was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Whether it was usable.
    pub(crate) active: bool,
    /// When a look found it so, and different from before.
    pub(crate) at: Timestamp,
}

/// A person's records, put together. Facts are those known at one instant; everything else is as it
/// was at `learnt`.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    sayings: BTreeMap<EngagementId, Sayings>,
    learnt: Timestamp,
    /// When anything was told of them first.
    pub(super) first: Option<Timestamp>,
    pub(super) termination: Option<Termination>,
    pins: BTreeMap<model::WaveId, Pin>,
    access: BTreeMap<Address, DecidedAccess>,
    accounts: BTreeMap<(TargetName, RemoteId), DecidedAccount>,
    tasks: BTreeMap<TaskId, KnownTask>,
    pub(crate) links: BTreeMap<Address, Link>,
    seen: BTreeMap<(TargetName, RemoteId), Seen>,
    steps: BTreeMap<Address, Steps>,
}

/// What was done at one address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Steps {
    /// The last change that was read back as wanted.
    pub(crate) verified: Option<(StepChanged, Timestamp)>,
    /// The last change since, if it was not.
    pub(crate) pending: Option<StepChanged>,
}

impl Replay {
    /// Reads records, oldest first: what sources say up to `known_at`, everything else up to
    /// `learnt`, which is not later.
    pub(crate) fn over(records: &[LogRecord], learnt: Timestamp, known_at: Timestamp) -> Self {
        let mut replay = Self {
            learnt,
            ..Self::default()
        };
        for record in records {
            replay.facts(record, known_at);
            if record.at <= learnt {
                replay.people(record);
                replay.by_hand(record);
                replay.objects(record);
            }
        }
        replay
    }

    fn facts(&mut self, record: &LogRecord, known_at: Timestamp) {
        let (engagement, saying) = match &record.event {
            Event::FactsAccepted(e) => (e.engagement, Saying::facts(record.at, e)),
            Event::FactsAcceptedV1(e) => {
                let e = e.now();
                (e.engagement, Saying::facts(record.at, &e))
            }
            Event::FactsWithdrawn(e) => (e.engagement, Some(Saying::withdrawn(record.at, e))),
            Event::FactsWithdrawnV1(e) => {
                let e = e.now();
                (e.engagement, Some(Saying::withdrawn(record.at, &e)))
            }
            _ => return,
        };
        let Some(saying) = saying else { return };
        self.first = self.first.or(Some(record.at));
        if record.at <= known_at {
            self.sayings.entry(engagement).or_default().push(saying);
        }
    }

    fn people(&mut self, record: &LogRecord) {
        match &record.event {
            Event::SubjectTerminated(e) => {
                self.termination = Some(Termination {
                    by: e.by.clone(),
                    at: record.at,
                    reason: e.personal.known().cloned().unwrap_or_default(),
                });
            }
            Event::TerminationEnded(_) => self.termination = None,
            Event::PinsSet(e) => {
                if let Personal::Known(assignments) = &e.personal {
                    let pin = Pin {
                        wave: e.wave,
                        until: e.until,
                        assignments: assignments.clone(),
                    };
                    self.pins.insert(e.wave, pin);
                }
            }
            Event::PinsLifted(e) => {
                self.pins.remove(&e.wave);
            }
            Event::AccessDecided(e) if e.stated == Stated::Undecided => {
                self.access.remove(&e.address);
            }
            Event::AccessDecided(e) => {
                let decided = DecidedAccess {
                    at: record.at,
                    decided: e.clone(),
                };
                self.access.insert(e.address.clone(), decided);
            }
            Event::AccountDecided(e) if matches!(e.holder, Holder::Person { .. }) => {
                let decided = DecidedAccount {
                    at: record.at,
                    decided: e.clone(),
                };
                self.accounts
                    .insert((e.target.clone(), e.remote.clone()), decided);
            }
            _ => {}
        }
    }

    fn by_hand(&mut self, record: &LogRecord) {
        let (task, done) = match &record.event {
            Event::TaskOpened(e) => (&e.task, None),
            Event::TaskDone(e) => {
                let done = Done {
                    by: e.by.clone(),
                    at: e.at,
                    reason: e.reason.clone(),
                    personal: e.personal.clone(),
                };
                (&e.task, Some(done))
            }
            Event::TaskDropped(e) => {
                self.tasks.remove(&e.task);
                return;
            }
            _ => return,
        };
        let task = task.clone();
        self.tasks.insert(task.id, KnownTask { task, done });
    }

    fn objects(&mut self, record: &LogRecord) {
        match &record.event {
            Event::ObjectLinked(e) => {
                let link = Link {
                    address: e.address.clone(),
                    remote: e.remote.clone(),
                    ownership: e.ownership,
                    because: e.because.clone(),
                };
                self.links.insert(e.address.clone(), link);
            }
            Event::ObjectUnlinked(e) => {
                self.links.remove(&e.address);
            }
            Event::ObjectObserved(e) => {
                if let Personal::Known(seen) = &e.personal {
                    let seen = Seen {
                        active: seen.active,
                        at: e.seen_at,
                    };
                    self.seen.insert((e.target.clone(), e.remote.clone()), seen);
                }
            }
            Event::StepChanged(e) => {
                let steps = self.steps.entry(e.address.clone()).or_default();
                if e.status.is_done() {
                    steps.verified = Some((e.clone(), record.at));
                    steps.pending = None;
                } else {
                    steps.pending = Some(e.clone());
                }
            }
            _ => {}
        }
    }

    /// What undos held.
    pub(crate) fn pins(&self) -> impl Iterator<Item = &Pin> {
        self.pins.values()
    }

    /// What was to be done by hand, and what was done.
    pub(super) fn tasks(&self) -> Vec<KnownTask> {
        self.tasks.values().cloned().collect()
    }

    /// What people had decided about them.
    pub(crate) fn decisions(&self) -> Decisions {
        Decisions {
            accounts: self.accounts.values().cloned().collect(),
            rejected: Vec::new(),
            access: self.access.values().cloned().collect(),
        }
    }

    /// Decisions that an account is theirs and that do not stand any more. That one was taken back is
    /// told of the account, not of the person.
    pub(super) fn taken_back(&self, standing: &[DecidedAccount]) -> Vec<String> {
        let gone = self.accounts.values().filter(|d| !standing.contains(d));
        gone.map(|d| {
            let (remote, target) = (&d.decided.remote, &d.decided.target);
            format!(
                "whether `{remote}` in `{target}` still was theirs by a decision, taken back since"
            )
        })
        .collect()
    }

    /// How an account was last seen.
    pub(crate) fn seen(&self, target: &TargetName, remote: &RemoteId) -> Option<Seen> {
        self.seen.get(&(target.clone(), remote.clone())).copied()
    }

    /// What was done at an address.
    pub(crate) fn steps(&self, address: &Address) -> Steps {
        self.steps.get(address).cloned().unwrap_or_default()
    }

    /// Their engagements as of an instant.
    pub(super) fn engagements(&self, as_of: Timestamp) -> Vec<model::Engagement> {
        let all = self.sayings.iter();
        let mut engagements: Vec<model::Engagement> = all
            .filter_map(|(id, sayings)| sayings.at(*id, as_of, self.learnt))
            .collect();
        engagements.sort_by(|a, b| (&a.source, &a.key, a.id).cmp(&(&b.source, &b.key, b.id)));
        engagements
    }

    /// What the facts of then cannot say, for people.
    pub(super) fn gaps(&self, as_of: Timestamp) -> Vec<String> {
        let mut all = self.sayings.values();
        let changed = all.any(|sayings| sayings.changed_since(self.learnt));
        let mut all = self.sayings.values();
        let unknown = all.any(|sayings| sayings.began_unknown(as_of));
        let mut all = self.sayings.values();
        let moved = all.any(|sayings| sayings.first_day_moved(as_of));
        let mut gaps = Vec::new();
        if moved {
            gaps.push(
                "whether a first day that was told later is that of a new job or was corrected; they \
                 count as at work since the earlier one"
                    .to_owned(),
            );
        }
        if changed {
            gaps.push(
                "since which day an attribute holds, which HR does not say; each counts from when it \
                 was learnt, and what was corrected since is shown as it was"
                    .to_owned(),
            );
        }
        if unknown {
            gaps.push(
                "when work began: no first day was told, so they count as at work before they were \
                 first heard of"
                    .to_owned(),
            );
        }
        gaps
    }
}

//! Apps that write down what really happened in them, on their own: when an account was opened or shut,
//! by whomever, and when they were asked and what they showed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::Connect;
use async_trait::async_trait;
use model::{Answer, Kind, Outcome, Record, RemoteId, Secret, TargetName, Timestamp};
use ports::target::{Capabilities, Cursor, Listed, Match, Operation, Probe};
use ports::{Clock as _, Target, TargetError};
use testkit::{Company, Memory, SimClock};

/// What an app has written down of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// When it was last asked to shut it.
    pub asked: Option<Timestamp>,
    /// When it was really shut last, at somebody's request or by hand.
    pub shut: Option<Timestamp>,
    /// When it was first read as shut since then.
    pub read: Option<Timestamp>,
    /// When it was first listed as shut, or not at all, since then.
    pub listed: Option<Timestamp>,
}

/// An app in memory that keeps a diary.
pub struct Diary {
    pub memory: Arc<Memory>,
    clock: Arc<SimClock>,
    seen: Mutex<BTreeMap<RemoteId, Seen>>,
    /// It answers nothing.
    pub down: AtomicBool,
    /// It answers no listing.
    pub unlisted: AtomicBool,
}

impl Diary {
    /// What it has written down of an account.
    pub fn seen(&self, remote: &RemoteId) -> Seen {
        let seen = self.seen.lock().unwrap();
        seen.get(remote).copied().unwrap_or_default()
    }

    /// Does something in the app, and writes down what it did to an account.
    fn watching<T>(&self, remote: &RemoteId, work: impl FnOnce() -> T) -> T {
        let before = self.memory.is_active(remote);
        let done = work();
        let after = self.memory.is_active(remote);
        if before == Some(true) && after != Some(true) {
            let mut seen = self.seen.lock().unwrap();
            let seen = seen.entry(remote.clone()).or_default();
            seen.shut = Some(self.clock.now());
            (seen.read, seen.listed) = (None, None);
        }
        done
    }

    /// Somebody opens or shuts an account, behind Tenure's back.
    pub fn by_hand(&self, remote: &RemoteId, active: bool) {
        self.watching(remote, || self.memory.tamper(remote, |o| o.active = active));
    }

    /// Somebody deletes an account, behind Tenure's back.
    pub fn delete(&self, remote: &RemoteId) {
        self.watching(remote, || self.memory.remove(remote));
    }

    fn up(&self) -> Result<(), TargetError> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(TargetError::Unreachable("nobody answers".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Target for Diary {
    fn capabilities(&self) -> &Capabilities {
        self.memory.capabilities()
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        self.memory.probe().await
    }

    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        self.up()?;
        if self.unlisted.load(Ordering::SeqCst) {
            return Err(TargetError::Unreachable("no list".to_owned()));
        }
        let found = self.memory.list(kind, from).await;
        if let Ok(page) = &found
            && page.next.is_none()
        {
            let now = self.clock.now();
            let mut seen = self.seen.lock().unwrap();
            for (remote, seen) in seen.iter_mut() {
                if self.memory.is_active(remote) != Some(true) && seen.shut.is_some() {
                    seen.listed = seen.listed.or(Some(now));
                }
            }
        }
        found
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        self.up()?;
        let found = self.memory.read(kind, remote).await;
        if let Ok(record) = &found
            && record.as_ref().is_none_or(|record| !record.active)
        {
            let mut seen = self.seen.lock().unwrap();
            let seen = seen.entry(remote.clone()).or_default();
            seen.read = seen.read.or(Some(self.clock.now()));
        }
        found
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        self.up()?;
        self.memory.find(kind, by).await
    }

    async fn apply(&self, operation: &Operation, deadline: Duration) -> Answer {
        if self.up().is_err() {
            let detail = "timed out".to_owned();
            return Outcome::Unknown { detail }.into();
        }
        let remote = match operation {
            Operation::SetActive { remote, active } => {
                if !active {
                    let mut seen = self.seen.lock().unwrap();
                    let asked = &mut seen.entry(remote.clone()).or_default().asked;
                    *asked = Some(self.clock.now());
                }
                remote
            }
            Operation::Delete { remote, .. } => remote,
            _ => return self.memory.apply(operation, deadline).await,
        };
        // Answers at once, so nothing comes in between.
        let before = self.memory.is_active(remote);
        let outcome = self.memory.apply(operation, deadline).await;
        if before == Some(true) && self.memory.is_active(remote) != Some(true) {
            let mut seen = self.seen.lock().unwrap();
            let seen = seen.entry(remote.clone()).or_default();
            seen.shut = Some(self.clock.now());
            (seen.read, seen.listed) = (None, None);
        }
        outcome
    }
}

/// All apps of a company, each with its diary.
pub struct Apps(pub BTreeMap<TargetName, Arc<Diary>>);

impl Apps {
    pub fn of(company: &Company, clock: &Arc<SimClock>) -> Self {
        let diary = |(name, memory): (&TargetName, &Arc<Memory>)| {
            let diary = Diary {
                memory: Arc::clone(memory),
                clock: Arc::clone(clock),
                seen: Mutex::default(),
                down: AtomicBool::new(false),
                unlisted: AtomicBool::new(false),
            };
            (name.clone(), Arc::new(diary))
        };
        Self(company.targets.iter().map(diary).collect())
    }
}

#[async_trait]
impl Connect for Apps {
    async fn connect(
        &self,
        app: &documents::App,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let diary = self.0.get(&app.name).cloned();
        let diary = diary.ok_or_else(|| format!("no target `{}`", app.name))?;
        Ok(diary)
    }
}

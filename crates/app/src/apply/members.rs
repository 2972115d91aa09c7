//! Member changes of one group, gathered: while one request is under way, those who come wait
//! and go together in the next. A group of thousands is filled in chunks, and read back once
//! for all who wait, not once for each.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use model::{Answer, Kind, Outcome, RemoteId};
use ports::target::Operation;
use ports::{Clock, TargetError};
use tokio::sync::{Mutex as Turn, oneshot};

use super::lane::Lane;

/// A waiting change and who waits for it.
struct Change {
    member: RemoteId,
    add: bool,
    /// `None`: it could not be sent any more.
    answer: oneshot::Sender<Option<Answer>>,
}

type Sight = Result<Option<Option<Vec<RemoteId>>>, TargetError>;

#[derive(Default)]
struct Group {
    changes: Vec<Change>,
    readers: Vec<oneshot::Sender<Sight>>,
    writing: std::sync::Arc<Turn<()>>,
    reading: std::sync::Arc<Turn<()>>,
}

/// The groups of one target.
pub(crate) struct Members {
    most: usize,
    groups: Mutex<BTreeMap<RemoteId, Group>>,
}

impl Members {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            groups: Mutex::new(BTreeMap::new()),
        }
    }

    /// Adds or removes one member, together with whoever else waits for this group. `None`: it
    /// was not sent, because by then the lane was closed or its lease had run out.
    pub(crate) async fn change(
        &self,
        lane: &Lane,
        clock: &dyn Clock,
        group: &RemoteId,
        (member, add): (&RemoteId, bool),
        deadline: Duration,
    ) -> Option<Answer> {
        let (answer, mut answered) = oneshot::channel();
        let change = Change {
            member: member.clone(),
            add,
            answer,
        };
        let Some(turn) = self.with(group, |g| {
            g.changes.push(change);
            g.writing.clone()
        }) else {
            return Some(lost());
        };
        let _turn = turn.lock().await;
        // Someone before us may have taken our change along.
        if let Ok(answer) = answered.try_recv() {
            return answer;
        }
        // The place is waited for here, where others can still join: before the turn, everyone
        // would hold one alone.
        let _permit = lane.enter(None, clock.now()).await?;
        let chunk = self
            .with(group, |g| take(&mut g.changes, self.most))
            .unwrap_or_default();
        let list = |add: bool| -> Vec<RemoteId> {
            chunk
                .iter()
                .filter(|c| c.add == add)
                .map(|c| c.member.clone())
                .collect()
        };
        let operation = Operation::Members {
            group: group.clone(),
            add: list(true),
            remove: list(false),
        };
        let answer = match lane.may_send(clock.now(), deadline) {
            true => Some(lane.target.apply(&operation, deadline).await),
            false => None,
        };
        for change in chunk {
            // A waiter that is gone was cancelled; its intent is in the log and is read back.
            let _ = change.answer.send(answer.clone());
        }
        answered.try_recv().unwrap_or_else(|_| Some(lost()))
    }

    /// The members of a group, read at some moment after this call began. `Ok(None)`: the group
    /// is gone. `Ok(Some(None))`: the target does not say.
    pub(crate) async fn read(&self, lane: &Lane, clock: &dyn Clock, group: &RemoteId) -> Sight {
        let (answer, mut answered) = oneshot::channel();
        let gone = || TargetError::Unreachable("the read was interrupted".to_owned());
        let Some(turn) = self.with(group, |g| {
            g.readers.push(answer);
            g.reading.clone()
        }) else {
            return Err(gone());
        };
        let _turn = turn.lock().await;
        if let Ok(sight) = answered.try_recv() {
            return sight;
        }
        let _permit = lane.enter(None, clock.now()).await;
        let readers = self
            .with(group, |g| std::mem::take(&mut g.readers))
            .unwrap_or_default();
        let sight = match lane.may_read(clock.now()) {
            Ok(()) => {
                let sight = lane.target.read(Kind::Group, group).await;
                lane.learn_read(sight.as_ref().err(), clock.now());
                sight.map(|r| r.map(|r| r.members))
            }
            Err(closed) => Err(closed),
        };
        for reader in readers {
            let _ = reader.send(sight.clone());
        }
        answered.try_recv().unwrap_or_else(|_| Err(gone()))
    }

    fn with<T>(&self, group: &RemoteId, f: impl FnOnce(&mut Group) -> T) -> Option<T> {
        let mut groups = self.groups.lock().ok()?;
        Some(f(groups.entry(group.clone()).or_default()))
    }
}

/// The first changes of a group, each member at most once: adding and removing one member in
/// one request would leave the order to the target.
fn take(changes: &mut Vec<Change>, most: usize) -> Vec<Change> {
    changes.retain(|c| !c.answer.is_closed());
    let mut chunk: Vec<Change> = Vec::new();
    let mut rest = Vec::new();
    for change in changes.drain(..) {
        let fits = chunk.len() < most && !chunk.iter().any(|c| c.member == change.member);
        if fits {
            chunk.push(change)
        } else {
            rest.push(change)
        }
    }
    *changes = rest;
    chunk
}

fn lost() -> Answer {
    let outcome = Outcome::Unknown {
        detail: "the request was interrupted".to_owned(),
    };
    outcome.into()
}

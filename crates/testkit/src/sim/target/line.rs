//! One node's connection to a target: what it asks, and what it is answered.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use model::{Answer, Completeness, Kind, Record, RemoteId};
use ports::target::{Capabilities, Cursor, Listed, Match, Operation, Probe};
use ports::{Target, TargetError};

use super::answers::doubts_of;
use super::{PAGE, SimTarget};
use crate::sim::pulse::{Blow, Me};

/// One node's connection to a target.
pub struct Line {
    /// The target.
    pub target: Arc<SimTarget>,
    /// The node.
    pub me: Arc<Me>,
}

impl Line {
    async fn ask<T>(
        &self,
        answer: impl FnOnce(&SimTarget) -> Result<T, TargetError>,
    ) -> Result<T, TargetError> {
        let blow = self.me.enter().await;
        let answer = match self.target.refuses_to_read() {
            Some(error) => Err(error),
            None => answer(&self.target),
        };
        self.me.leave(blow).await;
        answer
    }
}

#[async_trait]
impl Target for Line {
    fn capabilities(&self) -> &Capabilities {
        &self.target.capabilities
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        self.ask(|_| {
            Ok(Probe {
                name: "sim".to_owned(),
                differs: Vec::new(),
            })
        })
        .await
    }

    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        self.ask(|target| target.page(kind, from)).await
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        self.ask(|target| {
            let mut state = target.state();
            let id = remote.0.as_str();
            let about = |doubt: &String| doubt.split(' ').any(|word| word == id);
            state.doubts.retain(|doubt| !about(doubt));
            Ok(state.record(remote).filter(|r| r.kind == kind))
        })
        .await
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        self.ask(|target| {
            let mut state = target.state();
            if let Match::External(external) = by {
                let doubt = format!("create {} {external}", kind.as_str());
                state.doubts.remove(&doubt);
            }
            let matches = |remote: &&RemoteId| {
                let Some(thing) = state.things.get(remote) else {
                    return false;
                };
                thing.kind == kind
                    && match by {
                        Match::External(external) => thing.external.as_ref() == Some(external),
                        Match::Name(name) => state
                            .record(remote)
                            .is_some_and(|r| r.name.eq_ignore_ascii_case(name)),
                    }
            };
            let found = state.things.keys().filter(matches);
            Ok(found.filter_map(|remote| state.record(remote)).collect())
        })
        .await
    }

    async fn apply(&self, operation: &Operation, _deadline: Duration) -> Answer {
        // Whoever speaks is judged by what is true when the request leaves, not when it arrives.
        if !self.me.is_dead() {
            self.target
                .watch()
                .requested(&self.me, &self.target.name, operation);
        }
        let blow = self.me.enter().await;
        let outcome = self.target.carry(&self.me, operation);
        if blow != Blow::None {
            self.target.state().doubts.extend(doubts_of(operation));
        }
        self.me.leave(blow).await;
        outcome.into()
    }
}

impl SimTarget {
    /// A page. One that is cut off hides only objects that an earlier listing has shown: of an
    /// object that no answer ever named, nobody could know that it is missing.
    fn page(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        let rates = self.state().rates;
        if self.hits(rates.breaks) {
            return Err(TargetError::Unreachable("the listing broke off".to_owned()));
        }
        let truncated = self.hits(rates.truncates);
        let mut state = self.state();
        let all: Vec<RemoteId> = state
            .things
            .iter()
            .filter(|(_, t)| t.kind == kind)
            .map(|(remote, _)| remote.clone())
            .collect();
        let start: usize = from.and_then(|c| c.0.parse().ok()).unwrap_or(0);
        let end = (start + PAGE).min(all.len());
        let mut page = all[start.min(end)..end].to_vec();
        if truncated {
            page.truncate(page.len() / 2);
            let cut_off = all.iter().skip(start + page.len());
            page.extend(cut_off.filter(|r| !state.shown.contains(*r)).cloned());
        }
        state.shown.extend(page.iter().cloned());
        let records = page.iter().filter_map(|r| state.record(r)).collect();
        let next = (end < all.len() && !truncated).then(|| Cursor(end.to_string()));
        // A listing that was cut off and still claims its total is the worst there is.
        let completeness = match &next {
            Some(_) => Completeness::Partial,
            None => Completeness::Full,
        };
        if truncated {
            drop(state);
            self.watch().listing_lied(&self.name);
        }
        Ok(Listed {
            records,
            next,
            completeness,
            detail: String::new(),
        })
    }
}

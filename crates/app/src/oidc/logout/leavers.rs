//! Ending the sessions of whoever may be signed in no longer, so that relying parties are told of it.
//!
//! Here nobody waits for that: whether somebody may be signed in is asked at every use. But relying
//! parties have sessions of their own, and go on with them until they are told. So whoever the log has
//! news of, and whose day has come, is looked at at once; and everybody who is signed in from time to
//! time, in case a node was away for both.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Actor, SessionId, SubjectId, Timestamp};
use ports::store::MAX_PAGE;
use tokio::sync::watch;

use super::Teller;
use crate::{AppError, Known};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// People who are read at once, and sessions of a page of everybody's.
const PAGE: u32 = 200;
/// Sessions of one person that are ended in one go.
const MANY: u32 = 1_000;
/// Everybody who is signed in is looked at that often.
const ROUND: Duration = Duration::from_secs(3_600);
/// Whoever may be signed in only until something is decided is looked at that often.
const AGAIN: Duration = Duration::from_secs(5);
/// A session that ran out so long ago at most is ended all the same: what was given in it may go on.
const LAPSED: Duration = Duration::from_secs(24 * 3_600);

/// What has been looked at. Only a memory aid: a node that begins looks at everybody.
#[derive(Default)]
pub(super) struct Watch {
    /// The log, up to this record; `None`: nothing yet.
    seen: Option<u64>,
    /// People whose day had come at the last look.
    due: BTreeSet<SubjectId>,
    /// People who are signed in only until something is decided, and when they were looked at.
    waiting: BTreeSet<SubjectId>,
    waited: Option<Timestamp>,
    /// Where the round over everybody is, while one is under way.
    round: Option<Option<SessionId>>,
    /// When the last one began.
    began: Option<Timestamp>,
}

impl Teller {
    pub(super) async fn watch_leavers(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.end_leavers().await {
                tracing::error!(error.code = error.code(), error = %error, "logout.leavers_failed");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Ends the sessions of whoever may be signed in no longer, as far as there is news of them. Where
    /// nobody wants to be told, nothing is gained by it.
    ///
    /// # Errors
    /// When the store does not answer; the next look goes on.
    pub(super) async fn end_leavers(&self) -> Result<(), AppError> {
        let mut watch = self.watch.lock().await;
        if !self.app.tells_relying_parties().await {
            *watch = Watch::default();
            return Ok(());
        }
        let now = self.app.now();
        self.news(&mut watch).await?;
        let due: BTreeSet<SubjectId> = self.due_people(now).await?;
        let new = due.difference(&watch.due).copied().collect::<Vec<_>>();
        self.look_at(&new, &mut watch).await?;
        watch.due = due;
        if watch.waited.is_none_or(|last| now.since(last) >= AGAIN) {
            let waiting: Vec<_> = std::mem::take(&mut watch.waiting).into_iter().collect();
            watch.waited = Some(now);
            let looked = self.look_at(&waiting, &mut watch).await;
            if looked.is_err() {
                watch.waiting.extend(waiting);
            }
            looked?;
        }
        self.go_round(&mut watch, now).await
    }

    async fn due_people(&self, now: Timestamp) -> Result<BTreeSet<SubjectId>, AppError> {
        let due = self.app.store.people_due(now, MAX_PAGE).await?;
        Ok(due.into_iter().collect())
    }

    /// Looks at whoever the log has news of.
    async fn news(&self, watch: &mut Watch) -> Result<(), AppError> {
        let (head, _) = self.app.store.head().await?;
        let Some(mut seen) = watch.seen else {
            // What was before is seen by the round that begins now.
            watch.seen = Some(head);
            return Ok(());
        };
        while seen < head {
            let page = self.app.store.news(seen, head, MAX_PAGE).await?;
            let people: BTreeSet<SubjectId> = page.iter().map(|(_, subject)| *subject).collect();
            let people: Vec<_> = people.into_iter().collect();
            self.look_at(&people, watch).await?;
            seen = match page.last() {
                Some((last, _)) if page.len() == MAX_PAGE as usize => *last,
                _ => head,
            };
            watch.seen = Some(seen);
        }
        Ok(())
    }

    /// A page of everybody's sessions, while a round is under way.
    async fn go_round(&self, watch: &mut Watch, now: Timestamp) -> Result<(), AppError> {
        if watch.began.is_none_or(|began| now.since(began) >= ROUND) && watch.round.is_none() {
            (watch.began, watch.round) = (Some(now), Some(None));
        }
        let Some(after) = watch.round else {
            return Ok(());
        };
        let page = self.app.store.open_sessions(now, after, PAGE).await?;
        let people: BTreeSet<SubjectId> = page.iter().map(|row| row.state.subject).collect();
        let people: Vec<_> = people.into_iter().collect();
        self.look_at(&people, watch).await?;
        let more = page.len() == PAGE as usize;
        watch.round = page.last().filter(|_| more).map(|last| Some(last.id));
        Ok(())
    }

    /// Ends the sessions of those among them who may be signed in no longer.
    async fn look_at(&self, people: &[SubjectId], watch: &mut Watch) -> Result<(), AppError> {
        let app = &self.app;
        for chunk in people.chunks(PAGE as usize) {
            let sources = app.sources().await?;
            for person in app.store.people(chunk).await? {
                let Ok(identity) = app.identity(&person, &sources) else {
                    continue;
                };
                let (subject, known) = (person.subject, Known { person, identity });
                let Some(bar) = app.bar_of(&known).await? else {
                    if known.identity.withdrawn {
                        watch.waiting.insert(subject);
                    }
                    continue;
                };
                let since = app.now().minus(LAPSED);
                for row in app.store.sessions_of(subject, since, MANY).await? {
                    app.end(&Actor::system(), row, bar.as_str()).await?;
                }
            }
        }
        Ok(())
    }
}

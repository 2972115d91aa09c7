//! Telling people: what is so, who is to be told, and who was.
//!
//! Each second a node compares what is so with the notices that are open. Whatever changes is an
//! append under the notice's own stream, and messages go out under one lease: of several nodes one
//! is first, and the others find it done. An intent is durable before the first byte leaves.

mod answer;
mod expected;
mod occurrences;
mod person;
mod recovery;
mod said;
mod send;
mod standing;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use lifecycle::notices::{Alarm, Occurrence, Turn, again, raise, turn};
use model::event::NoticeChanged;
use model::notice::Happened;
use model::{Actor, Event, Notice, NoticeId, Occasion, Timestamp};
use ports::store::{Append, AppendError, Expect, Fence, MAX_PAGE, NoticeRow, Stream};
use tokio::sync::watch;

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};
pub(crate) use expected::Expected;
pub(crate) use person::{Change, RECENT};
pub(crate) use recovery::mailed_code;
pub(crate) use said::{Happening, Said};
pub use words::read_messages;

/// The lease under which messages go out: one node at a time.
const LEASE: &str = "notices";
/// How long it lasts: longer than a message may take, and short enough that whoever takes the place
/// of a node that died tells within a minute.
const TTL: Duration = Duration::from_secs(30);
/// The longest that one message may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Notices that are carried on at the same time.
const PARALLEL: usize = 8;
/// How long a notice is left alone after a failure of ours.
const ASIDE: Duration = Duration::from_secs(5);
/// The longest pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// Changes of one notice in one go: an interruption, an escalation, an intent, an outcome.
const MOST_TURNS: usize = 8;

/// What tells people.
pub struct Notifier {
    app: Arc<App>,
    holder: String,
}

/// What is so now, and how documents want people to be told.
struct Now {
    loaded: Arc<Loaded>,
    lasting: BTreeSet<NoticeId>,
    lease: Fence,
    /// When the lease runs out by this node's own clock: the database's may show another time.
    until: Timestamp,
}

impl Notifier {
    /// Tells people for a tenant; `holder` names this node in leases.
    #[must_use]
    pub fn new(app: Arc<App>, holder: &str) -> Self {
        let holder = holder.to_owned();
        Self { app, holder }
    }

    /// Tells people until `stop` says so, and finishes what it is sending.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.pass().await {
                Ok(next) => next.map_or(PAUSE, |at| at.since(self.app.clock.now()).min(PAUSE)),
                Err(error) => {
                    tracing::error!(error.code = error.code(), error = %error, "notices.failed");
                    PAUSE
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause.max(Duration::from_millis(100))) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Does everything that can be done now, and says when to come again, if that is known.
    ///
    /// # Errors
    /// When the store does not answer. Nothing is lost: the next pass goes on.
    pub async fn pass(&self) -> Result<Option<Timestamp>, AppError> {
        let loaded = match self.app.loaded().await {
            Ok(loaded) => loaded,
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let now = self.app.clock.now();
        // First what is open: what another node raises from here on is not judged in this pass.
        let open = self.app.store.open_notices(MAX_PAGE).await?;
        let (occurrences, mut next) = self.app.occurrences(&loaded, now).await?;
        let lasting = self.app.lasting(&loaded, &occurrences, &open, now).await?;
        let new = self.to_tell(&occurrences, &open, &loaded, now).await?;
        let mut busy = Vec::new();
        for row in open {
            match turn_of(&row.state, &loaded, &lasting, now) {
                Turn::Rest(at) => next = next.into_iter().chain(at).min(),
                Turn::Change(..) | Turn::Send(_) => busy.push(row),
            }
        }
        if busy.is_empty() && new.is_empty() {
            return Ok(next);
        }
        let store = &self.app.store;
        let Some(lease) = store.acquire(LEASE, &self.holder, TTL).await? else {
            return Ok(Some(now.plus(PAUSE)));
        };
        let at = Now {
            loaded,
            lasting,
            lease,
            until: now.plus(TTL),
        };
        let carried = self.carry_all(busy, new, &at).await;
        // Also after a failure: whoever else can tell need not wait until it runs out.
        store.release(LEASE, &self.holder, lease.fence).await?;
        Ok(next.into_iter().chain(carried?).min())
    }

    /// Raises what is to be told and carries everything on. Gives when to come again.
    async fn carry_all(
        &self,
        mut busy: Vec<NoticeRow>,
        new: Vec<(&Occurrence, Option<NoticeRow>)>,
        at: &Now,
    ) -> Result<Option<Timestamp>, AppError> {
        for (occurrence, known) in new {
            busy.extend(self.raise(occurrence, known, at).await?);
        }
        let carried: Vec<Option<Timestamp>> = futures_util::stream::iter(busy)
            .map(|row| self.carry(row, at))
            .buffer_unordered(PARALLEL)
            .collect()
            .await;
        Ok(carried.into_iter().flatten().min())
    }

    /// What is so and was never told, or is to be told again; with how it stands, where it was told.
    async fn to_tell<'o>(
        &self,
        occurrences: &'o [Occurrence],
        open: &[NoticeRow],
        loaded: &Loaded,
        now: Timestamp,
    ) -> Result<Vec<(&'o Occurrence, Option<NoticeRow>)>, AppError> {
        let mut new = Vec::new();
        for occurrence in occurrences {
            let id = id_of(occurrence);
            let known = match open.iter().find(|row| row.id == id) {
                Some(row) => Some(row.clone()),
                None => self.app.store.notice(id).await?,
            };
            if raised(known.as_ref(), occurrence, loaded, now).is_some() {
                new.push((occurrence, known));
            }
        }
        Ok(new)
    }

    async fn raise(
        &self,
        occurrence: &Occurrence,
        known: Option<NoticeRow>,
        at: &Now,
    ) -> Result<Option<NoticeRow>, AppError> {
        let now = self.app.clock.now();
        let Some(state) = raised(known.as_ref(), occurrence, &at.loaded, now) else {
            return Ok(None);
        };
        let row = known.unwrap_or_else(|| NoticeRow {
            id: state.id(),
            head: None,
            state: state.clone(),
        });
        self.change(&row, Happened::Raised, state, at).await
    }

    /// Carries one notice on as far as it goes now. What fails is told to the log and tried again:
    /// one notice must not hold up the others.
    async fn carry(&self, row: NoticeRow, at: &Now) -> Option<Timestamp> {
        let id = row.id;
        match self.try_carry(row, at).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(notice.id = %id, error.code = error.code(), error = %error, "notice.set_aside");
                Some(self.app.clock.now().plus(ASIDE))
            }
        }
    }

    async fn try_carry(&self, mut row: NoticeRow, at: &Now) -> Result<Option<Timestamp>, AppError> {
        for _ in 0..MOST_TURNS {
            let now = self.app.clock.now();
            let soon = Some(now.plus(Duration::from_secs(1)));
            let next = match turn_of(&row.state, &at.loaded, &at.lasting, now) {
                Turn::Rest(next) => return Ok(next),
                Turn::Change(happened, state) => self.change(&row, happened, state, at).await?,
                // What is begun under this lease must end under it.
                Turn::Send(_) if at.until <= now.plus(DEADLINE) => None,
                Turn::Send(state) => match self.change(&row, Happened::Sending, state, at).await? {
                    Some(row) => Some(self.send(row, &at.loaded).await?),
                    None => None,
                },
            };
            match next {
                Some(next) => row = next,
                // Somebody else was first.
                None => return Ok(soon),
            }
        }
        Ok(Some(self.app.clock.now().plus(ASIDE)))
    }

    /// Appends how a notice stands now, if nothing came in between; `None` otherwise.
    async fn change(
        &self,
        row: &NoticeRow,
        happened: Happened,
        state: Notice,
        at: &Now,
    ) -> Result<Option<NoticeRow>, AppError> {
        let append = changed(row, happened, &state)
            .expecting(Expect::Fence(LEASE.to_owned(), at.lease.fence));
        match self.app.store.append(append).await {
            Ok(committed) => Ok(Some(NoticeRow {
                id: row.id,
                head: Some(committed.last),
                state,
            })),
            Err(AppendError::Conflict { .. } | AppendError::FenceLost(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl App {
    /// The same append with a notice that begins with it: neither is there without the other. Where no document
    /// wants anybody to be told, there is none.
    pub(crate) fn telling(&self, append: Append, loaded: &Loaded, of: &Occurrence) -> Append {
        let Some(alarm) = alarm(loaded, of.occasion) else {
            return append;
        };
        let state = raise(of, &alarm, self.clock.now());
        let (id, head) = (state.id(), None);
        let row = NoticeRow {
            id,
            head,
            state: state.clone(),
        };
        let mut append = append.on(stream(id), head);
        append
            .events
            .extend(changed(&row, Happened::Raised, &state).events);
        append
    }
}

fn stream(id: NoticeId) -> Stream {
    Stream::new("notice", id)
}

fn changed(row: &NoticeRow, happened: Happened, state: &Notice) -> Append {
    let event = Event::NoticeChanged(NoticeChanged {
        notice: row.id,
        happened,
        state: state.clone(),
    });
    Append::of(Actor::system(), vec![event]).on(stream(row.id), row.head)
}

/// What is so as a notice that begins now, for the first time or again; `None` where nobody is told.
fn raised(
    known: Option<&NoticeRow>,
    occurrence: &Occurrence,
    loaded: &Loaded,
    now: Timestamp,
) -> Option<Notice> {
    let alarm = alarm(loaded, occurrence.occasion)?;
    match known {
        None => Some(raise(occurrence, &alarm, now)),
        Some(row) => again(&row.state, occurrence, &alarm, now),
    }
}

fn id_of(occurrence: &Occurrence) -> NoticeId {
    Notice::id_of(occurrence.occasion, &occurrence.about)
}

fn turn_of(notice: &Notice, loaded: &Loaded, lasting: &BTreeSet<NoticeId>, now: Timestamp) -> Turn {
    let alarm = alarm(loaded, notice.occasion);
    turn(notice, alarm.as_ref(), lasting.contains(&notice.id()), now)
}

/// How documents want people to be told of an occasion.
fn alarm(loaded: &Loaded, occasion: Occasion) -> Option<Alarm> {
    // Of what is theirs people are told as the policy says, and nobody has to answer.
    if occasion.is_own() {
        let tell = loaded.tenant.sign_on.as_ref()?.tell_people.as_ref()?;
        return Some(Alarm {
            channels: vec![tell.channel.clone()],
            escalation: None,
            repeat: None,
        });
    }
    let found = document(loaded, occasion)?;
    Some(Alarm {
        channels: found.channels.clone(),
        escalation: found.escalation.as_ref().map(|(minutes, to)| {
            let within = Duration::from_secs(u64::from(*minutes) * 60);
            (within, to.clone())
        }),
        // What has happened is told once, and does not go on.
        repeat: found
            .repeat_after_hours
            .filter(|_| occasion != Occasion::BreakGlass)
            .map(|hours| Duration::from_secs(u64::from(hours) * 3_600)),
    })
}

fn document(loaded: &Loaded, occasion: Occasion) -> Option<&documents::Alarm> {
    let alarms = loaded.tenant.alarms.values();
    alarms.into_iter().find(|a| a.about.contains(&occasion))
}

//! `tenure events`: the log as it leaves for systems that watch over others, followed from a cursor.
//!
//! The cursor moves when the sink has what lies before it, never earlier: whatever happens to either
//! side, nothing is passed over. What may come twice is said in docs/how-to/siem.md.

mod cursor;
mod file;
mod place;
mod sink;

use std::path::PathBuf;
use std::time::Duration;

use api::{EventsAnswer, WireEvent};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Desk;
use crate::failure::{Exit, Failure};
use crate::output::Format;
use cursor::Cursor;
use place::Place;
use sink::Sink;

/// Records of one answer.
const PAGE: &str = "500";
/// Seconds for which the server waits for news.
const WAIT: &str = "20";
/// First and longest pause before a server or a receiver that is away is asked again.
const PAUSE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// `tenure events`.
#[derive(Debug, clap::Args)]
pub struct Events {
    /// Go on with what happens from now on, until stopped.
    #[arg(long)]
    follow: bool,
    /// Begin after this record, where nothing was followed yet; at the beginning without.
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// The schema of the events.
    #[arg(long, value_enum, default_value = "native")]
    format: Schema,
    /// Only events of these kinds, for example step.changed; may be repeated.
    #[arg(long = "kind", value_name = "KIND", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Where they go: - for stdout, a file, syslog+tls://HOST or HOST:PORT, relp+tls://HOST:PORT, or
    /// without TLS on this host syslog+tcp://localhost:PORT, relp+tcp://localhost:PORT.
    #[arg(long, value_name = "SINK", default_value = "-")]
    to: String,
    /// The file that remembers what the sink has. Files have one of their own: FILE.cursor.
    #[arg(long, value_name = "FILE")]
    cursor: Option<PathBuf>,
    /// The certificate authority (PEM) of the receiver, instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Our own certificate (PEM), for a receiver that asks for one.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key (PEM).
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

/// The schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Schema {
    /// Our own words.
    Native,
    /// OCSF 1.9.0.
    Ocsf,
    /// Elastic Common Schema 8.17.
    Ecs,
}

impl Schema {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Ocsf => "ocsf",
            Self::Ecs => "ecs",
        }
    }
}

/// Runs `tenure events`.
pub async fn run(desk: &Desk, asked: Events) -> Result<Exit, Failure> {
    if !matches!(desk.output.format, None | Some(Format::Ndjson)) || !desk.output.columns.is_empty()
    {
        return Err(Failure::usage(
            "events are written as NDJSON, whole",
            "leave -o and --columns out; `tenure log` writes records as tables",
        ));
    }
    // First of all: from here on a signal ends it in order.
    let mut stop = Stop::take()?;
    let mut sink = Sink::open(&asked, desk.client.host())?;
    let cursor = match asked.cursor.clone().or_else(|| sink.own_cursor()) {
        Some(path) => Some(Cursor::open(path)?),
        None if sink.is_remote() => {
            return Err(Failure::usage(
                "a receiver does not say what it has",
                "give --cursor FILE, which remembers it",
            ));
        }
        None => None,
    };
    // Behind the lock of the cursor: a line that was cut off is taken away.
    let line = sink.last()?;
    let place = place::begin(&asked, cursor.as_ref(), line)?;
    let mut follower = Follower {
        desk,
        asked: &asked,
        cursor,
        place,
        trouble: String::new(),
        pause: PAUSE.0,
    };
    let ended = follower.follow(&mut sink, &mut stop).await;
    sink.end().await;
    ended
}

struct Follower<'a> {
    desk: &'a Desk,
    asked: &'a Events,
    cursor: Option<Cursor>,
    place: Place,
    /// What was said last of what is in the way.
    trouble: String,
    pause: Duration,
}

impl Follower<'_> {
    async fn follow(&mut self, sink: &mut Sink, stop: &mut Stop) -> Result<Exit, Failure> {
        loop {
            let page = tokio::select! {
                page = self.page() => page,
                () = stop.asked() => return Ok(Exit::Fine),
            };
            let page = match page {
                Ok(page) => page,
                Err(failure) if self.asked.follow && failure.passing => {
                    if self.wait(&failure.problem, stop).await {
                        return Ok(Exit::Fine);
                    }
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            if self.hand_on(sink, &page.events, &page.tenant, stop).await? {
                return Ok(Exit::Fine);
            }
            self.moves(Place {
                after: page.next,
                hash: Some(page.hash),
            })?;
            if !self.asked.follow && !page.more {
                return Ok(Exit::Fine);
            }
        }
    }

    async fn page(&self) -> Result<EventsAnswer, Failure> {
        let after = self.place.after.to_string();
        let kinds = self.asked.kinds.join(",");
        let mut query = vec![
            ("after", after.as_str()),
            ("limit", PAGE),
            ("format", self.asked.format.as_str()),
        ];
        if let Some(hash) = &self.place.hash {
            query.push(("hash", hash));
        }
        if !kinds.is_empty() {
            query.push(("kinds", &kinds));
        }
        if self.asked.follow {
            query.push(("wait", WAIT));
        }
        self.desk.client.get(&["events"], &query).await
    }

    /// Hands events on until the sink has all of them; whether it was stopped before.
    async fn hand_on(
        &mut self,
        sink: &mut Sink,
        events: &[WireEvent],
        tenant: &str,
        stop: &mut Stop,
    ) -> Result<bool, Failure> {
        let mut rest = events;
        while !rest.is_empty() {
            let handed = sink.take(rest, tenant).await?;
            let (taken, left) = rest.split_at(handed.taken.min(rest.len()));
            if let Some(last) = taken.last() {
                self.moves(Place {
                    after: last.seq,
                    hash: Some(last.hash.clone()),
                })?;
            }
            rest = left;
            match handed.trouble {
                Some(trouble) if self.asked.follow && trouble.passing => {
                    if self.wait(&trouble.what, stop).await {
                        return Ok(true);
                    }
                }
                Some(trouble) => return Err(sink.away(&trouble.what)),
                None => self.goes_on(),
            }
        }
        Ok(false)
    }

    /// The sink has everything up to here.
    fn moves(&mut self, place: Place) -> Result<(), Failure> {
        if place == self.place {
            return Ok(());
        }
        if let Some(cursor) = &self.cursor {
            cursor.save(&place)?;
        }
        self.place = place;
        Ok(())
    }

    /// Says what is in the way, once, and waits; whether it was stopped.
    async fn wait(&mut self, trouble: &str, stop: &mut Stop) -> bool {
        if self.trouble != trouble {
            let told = crate::output::printable(trouble);
            eprintln!("waiting after record {}: {told}", self.place.after);
            trouble.clone_into(&mut self.trouble);
        }
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE.1);
        tokio::select! {
            () = tokio::time::sleep(pause) => false,
            () = stop.asked() => true,
        }
    }

    fn goes_on(&mut self) {
        self.pause = PAUSE.0;
        if !self.trouble.is_empty() {
            eprintln!("going on after record {}", self.place.after);
            self.trouble.clear();
        }
    }
}

/// That somebody wants the follower to end. What is being handed on is finished first.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn take() -> Result<Self, Failure> {
        let take = |kind| {
            signal(kind).map_err(|e| Failure::new("TNR-CLI-0002", e.to_string(), "report it"))
        };
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

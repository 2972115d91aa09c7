//! The test binary as another process that writes, to be killed or raced with.
//!
//! [`spawn`] runs [`writes_until_told_otherwise`] in a new process. It appends without pause and
//! prints a line for each append that was answered.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use model::canonical::Digest;
use model::event::CallMade;
use model::{Actor, Event, Timestamp};
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::store::{Append, AppendError, Door as _, OneTime};
use store::{PostgresOptions, TenureStore};

use crate::harness::ports;

const PLACE: &str = "TENURE_TEST_PLACE";
const SEED: &str = "TENURE_TEST_SEED";
const APPENDS: &str = "TENURE_TEST_APPENDS";
/// Where acknowledgements are also written, so that a recorded disk has them in their order.
pub const ACKS: &str = "TENURE_TEST_ACKS";

/// A writing process and what it prints.
pub struct Writer {
    pub child: Child,
    lines: BufReader<ChildStdout>,
}

impl Writer {
    /// The sequence number of the next acknowledged append; `None` when the process has ended.
    pub fn acked(&mut self) -> Option<u64> {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some(seq) = line.trim().strip_prefix("acked ") {
                return Some(seq.parse().unwrap());
            }
            line.clear();
        }
        None
    }

    /// SIGKILL, now.
    pub fn kill(mut self) -> Vec<u64> {
        self.child.kill().unwrap();
        // What it printed before it died was acknowledged, too.
        let rest = std::iter::from_fn(|| self.acked()).collect();
        self.child.wait().unwrap();
        rest
    }
}

/// Starts a process that makes this many appends to the store at this path or URL.
pub fn spawn(place: &str, seed: u64, appends: u64, env: &[(&str, &Path)]) -> Writer {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "child::writes_until_told_otherwise",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env(PLACE, place)
        .env(SEED, seed.to_string())
        .env(APPENDS, appends.to_string())
        .stdout(Stdio::piped());
    for (name, value) in env {
        command.env(name, value);
    }
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    Writer { child, lines }
}

fn event(seed: u64, n: u64) -> Event {
    match n % 3 {
        0 => Event::FactsAccepted(samples::accepted((n % 9) as u8 + 1)),
        1 => Event::ObjectObserved(samples::observed((n % 50) as u8, None)),
        _ => Event::CallMade(CallMade {
            about: None,
            method: "GET".to_owned(),
            // Some appends need one page of the database, some several.
            route: "x".repeat((n * 37 % 6000) as usize),
            status: 200,
            remote: seed.to_string(),
            reason: None,
        }),
    }
}

/// One writer's appends. Every tenth is contested: all writers try to spend the same value.
async fn write(store: &TenureStore, seed: u64, n: u64, acks: Option<&std::fs::File>) {
    let actor = Actor::named(&format!("writer-{seed}"));
    let mut append = Append::of(actor, vec![event(seed, n), event(seed, n + 1)]);
    if n.is_multiple_of(10) {
        append = append.consuming(OneTime {
            space: "race",
            value: Digest::of(&n.to_be_bytes()),
        });
    }
    match store.append(append).await {
        Ok(done) => {
            if let Some(mut acks) = acks {
                acks.write_all(&done.last.to_be_bytes()).unwrap();
            }
            println!("acked {}", done.last);
        }
        Err(AppendError::AlreadyUsed("race")) => {}
        Err(other) => panic!("{other}"),
    }
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn writes_until_told_otherwise() {
    let var = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (place, seed) = (var(PLACE), var(SEED).parse::<u64>().unwrap());
    let appends: u64 = var(APPENDS).parse().unwrap();
    let acks = std::env::var_os(ACKS).map(|path| {
        std::fs::File::options()
            .append(true)
            .create(true)
            .open(path)
            .unwrap()
    });
    let now = samples::at(0);
    let ports = ports(
        Arc::new(ManualClock::at(Timestamp::from_micros(now.as_micros()))),
        seed,
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = if place.starts_with("postgres://") {
            TenureStore::open_postgres(&place, PostgresOptions::default(), ports)
                .await
                .unwrap()
        } else {
            TenureStore::open_sqlite(Path::new(&place), ports).unwrap()
        };
        let mut tasks = Vec::new();
        for task in 0..4 {
            let (store, acks) = (store.clone(), acks.as_ref().map(|f| f.try_clone().unwrap()));
            tasks.push(tokio::spawn(async move {
                for n in (task..appends).step_by(4) {
                    write(&store, seed, n, acks.as_ref()).await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

//! Appends per second through the write door, each of one small event, each durable before it
//! is answered.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use model::event::CallMade;
use model::{Actor, Event, Timestamp};
use ports::conformance::cluster::Cluster;
use ports::store::{Append, Door as _};
use ports::{Clock, Entropy};
use store::{LocalKeyRing, PostgresOptions, StorePorts, TenureStore};
use tokio::runtime::Runtime;

use crate::{Failure, Figure, disk};

/// How long each measurement runs.
const TIME: Duration = Duration::from_secs(3);
/// How long the disk is measured, before and after.
const SYNC_TIME: Duration = Duration::from_secs(1);
/// Numbers of concurrent writers, the one that counts first.
const WRITERS: [usize; 3] = [64, 16, 1];

/// The system's clock. The committer asks it once per batch, so the questions are the batches.
#[derive(Default)]
struct Counting(AtomicU64);

impl Clock for Counting {
    fn now(&self) -> Timestamp {
        self.0.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// No event of this bench is sealed, so nothing drawn here matters.
struct Zeroes;

impl Entropy for Zeroes {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn ports(clock: Arc<Counting>) -> Result<StorePorts, Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(Zeroes);
    let keyring = Arc::new(LocalKeyRing::new(&[7; 32], &[], Arc::clone(&entropy))?);
    Ok(StorePorts {
        clock,
        entropy,
        keyring,
    })
}

/// On an SQLite file.
pub fn sqlite() -> Result<Vec<Figure>, Failure> {
    let dir = tempfile::tempdir()?;
    let runtime = runtime()?;
    measure("append_sqlite", dir.path(), |number, writers| {
        let clock = Arc::new(Counting::default());
        let path = dir.path().join(format!("{number}.db"));
        let store = TenureStore::open_sqlite(&path, ports(Arc::clone(&clock))?)?;
        let run = write(&[(&runtime, store.clone())], &clock, writers)?;
        runtime.block_on(store.close());
        Ok(run)
    })
}

/// On a PostgreSQL of its own, as it is shipped (`fsync` on).
pub fn postgres() -> Result<Vec<Figure>, Failure> {
    let dir = tempfile::tempdir()?;
    let cluster = Cluster::start(dir.path())?;
    let runtime = runtime()?;
    measure("append_pg", dir.path(), |_, writers| {
        let clock = Arc::new(Counting::default());
        let store = connect(&runtime, &cluster.database(), &clock)?;
        write(&[(&runtime, store)], &clock, writers)
    })
}

/// Two nodes, each with a runtime of its own, on one PostgreSQL.
pub fn postgres_two_nodes() -> Result<Vec<Figure>, Failure> {
    let dir = tempfile::tempdir()?;
    let cluster = Cluster::start(dir.path())?;
    let (one, two) = (runtime()?, runtime()?);
    measure("append_pg_two_nodes", dir.path(), |_, writers| {
        let clock = Arc::new(Counting::default());
        let url = cluster.database();
        let nodes = [
            (&one, connect(&one, &url, &clock)?),
            (&two, connect(&two, &url, &clock)?),
        ];
        write(&nodes, &clock, writers)
    })
}

fn connect(runtime: &Runtime, url: &str, clock: &Arc<Counting>) -> Result<TenureStore, Failure> {
    let ports = ports(Arc::clone(clock))?;
    let store = TenureStore::open_postgres(url, PostgresOptions::default(), ports);
    Ok(runtime.block_on(store)?)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// What came of one measurement.
struct Run {
    appends: u64,
    batches: u64,
    time: Duration,
    latencies: Vec<Duration>,
}

fn measure(
    name: &str,
    dir: &Path,
    mut run: impl FnMut(usize, usize) -> Result<Run, Failure>,
) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for (number, writers) in WRITERS.into_iter().enumerate() {
        let before = disk::sync_rate(dir, SYNC_TIME)?;
        let mut done = run(number, writers)?;
        let after = disk::sync_rate(dir, SYNC_TIME)?;
        let syncs = f64::midpoint(before, after);
        #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
        let (appends, batches) = (done.appends as f64, done.batches.max(1) as f64);
        let batch = appends / batches;
        let suffix = if number == 0 {
            String::new()
        } else {
            format!("_{writers}")
        };
        figures.push(Figure {
            name: format!("{name}{suffix}"),
            value: appends / done.time.as_secs_f64(),
            unit: "events/s",
            bound: format!("{syncs:.0} syncs/s of the disk x {batch:.1} appends per batch"),
            bound_value: Some(syncs * batch),
        });
        done.latencies.sort_unstable();
        let p99 = done.latencies.get(done.latencies.len() * 99 / 100).copied();
        figures.push(Figure {
            name: format!("{name}{suffix}_p99"),
            value: p99.unwrap_or_default().as_secs_f64() * 1000.0,
            unit: "ms",
            bound: "one sync of the disk".to_owned(),
            bound_value: Some(1000.0 / syncs),
        });
    }
    Ok(figures)
}

/// `writers` tasks, dealt out to the nodes, each appending again as soon as it is answered.
fn write(
    nodes: &[(&Runtime, TenureStore)],
    clock: &Counting,
    writers: usize,
) -> Result<Run, Failure> {
    let batches = clock.0.load(Ordering::Relaxed);
    let start = Instant::now();
    let end = start + TIME;
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let (runtime, store) = &nodes[writer % nodes.len()];
        let store = store.clone();
        tasks.push((
            *runtime,
            runtime.spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    let asked = Instant::now();
                    store
                        .append(Append::of(Actor::system(), vec![small()]))
                        .await?;
                    latencies.push(asked.elapsed());
                }
                Ok::<_, ports::store::AppendError>(latencies)
            }),
        ));
    }
    let mut latencies = Vec::new();
    for (runtime, task) in tasks {
        latencies.extend(runtime.block_on(task)??);
    }
    let time = start.elapsed();
    let batches = clock.0.load(Ordering::Relaxed) - batches;
    Ok(Run {
        appends: latencies.len() as u64,
        batches,
        time,
        latencies,
    })
}

fn small() -> Event {
    Event::CallMade(CallMade {
        about: None,
        method: "GET".to_owned(),
        route: "/api/v1/people/{subject}".to_owned(),
        status: 200,
        remote: "127.0.0.1".to_owned(),
        reason: None,
    })
}

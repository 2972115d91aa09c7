//! `tenure serve`: the server, the apply worker and the timers, until a signal stops them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::{Worker, WorkerSettings};
use connectors::BreachedFile;
use server::{Behind, Bound, Front, Limits, Metrics, Pipeline, ROUTES, Rate, Rooms, Tls, TlsFiles};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::compose::{self, House};
use super::{directory, signer};
use crate::config::Config;
use crate::explain;
use crate::failure::Failure;

/// How often certificate files are looked at.
const LOOK: Duration = Duration::from_secs(30);
/// How long the worker may take to finish what it is sending.
const FINISH: Duration = Duration::from_secs(30);

/// Serves.
pub async fn run(path: &Path, log: Option<String>) -> Result<(), Failure> {
    let config = Config::load(path)?;
    crate::log::start(
        log.as_deref().unwrap_or(&config.log_format),
        &config.log_level,
    )?;
    let lock = directory::lock(&config.directory)?;
    let signals = Signals::take()?;
    let house = compose::open(&config).await?;
    signer::look(&config, &house.app);
    let mut standing = Standing::up(&config, &house).await?;
    standing.work(&config, &house);
    for url in &standing.admin_urls {
        tracing::info!(
            tenant = config.tenant,
            "listening for administrators on {url}"
        );
    }
    for url in &standing.mutual_urls {
        tracing::info!(
            tenant = config.tenant,
            "listening for client certificates on {url}"
        );
    }
    for url in &standing.urls {
        tracing::info!(tenant = config.tenant, "listening on {url}");
    }
    notify("READY=1");
    standing.until_stopped(signals).await;
    house.store.close().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// A server, and the worker beside it once it was told to work.
pub struct Standing {
    /// Where it listens.
    pub urls: Vec<String>,
    /// Where it listens for administrators alone, if anywhere.
    pub admin_urls: Vec<String>,
    /// Where clients may present certificates, if anywhere.
    pub mutual_urls: Vec<String>,
    poke: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    serving: Vec<JoinHandle<usize>>,
    /// Tells that nobody is served any more, and who waits for that.
    served: watch::Sender<bool>,
    trail: JoinHandle<()>,
    running: Arc<AtomicBool>,
    ended: watch::Sender<bool>,
    worker: Option<JoinHandle<()>>,
}

impl Standing {
    /// Starts the server over a house. It answers; nothing is carried out yet.
    pub async fn up(config: &Config, house: &House) -> Result<Self, Failure> {
        let limits = Arc::new(limits(config));
        let tls = match &config.tls {
            None => None,
            Some(pair) => Some(Arc::new(Tls::load(files(pair))?)),
        };
        passwords(config)?;
        let bound = Bound::bind(&config.listen, tls.clone(), Arc::clone(&limits)).await?;
        let apart = admin_door(config, tls.clone(), &limits).await?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (poke, poked) = watch::channel(0u64);
        let mutual = mutual_door(config, &limits, &poked).await?;
        if let Some(tls) = tls {
            // Nobody else sets it: a second value cannot come.
            let _ = house.shown.0.set(Arc::clone(&tls));
            tokio::spawn(async move { tls.watch(LOOK, poked).await });
        }
        let (stop, stopped) = watch::channel(false);
        let (ended, _) = watch::channel(false);
        let running = Arc::new(AtomicBool::new(false));
        let urls = |bound: &Bound| {
            let addresses = bound.addresses().into_iter();
            addresses
                .map(|address| format!("{scheme}://{address}"))
                .collect()
        };
        let (urls, admin_urls) = (urls(&bound), apart.as_ref().map_or_else(Vec::new, urls));
        let metrics = Arc::new(Metrics::new(
            ROUTES.iter().map(|r| (r.method.as_str(), r.pattern)),
        ));
        let mut serving = Vec::new();
        let pipeline = pipeline(config, house, &running, &limits, &metrics);
        let front = front(config, house, limits);
        let mut mutual_urls = Vec::new();
        if let Some(mutual) = mutual {
            let addresses = mutual.addresses().into_iter();
            mutual_urls.extend(addresses.map(|address| format!("https://{address}")));
            let behind = Behind::Certificates(Arc::clone(&front));
            let router = server::router(Arc::clone(&pipeline), explain::PAGES, &behind);
            let (metrics, stopped) = (Arc::clone(&metrics), stopped.clone());
            serving.push(tokio::spawn(mutual.serve(router, metrics, stopped)));
        }
        let behind = match apart {
            None => Behind::All(front),
            Some(apart) => {
                let pages = explain::PAGES;
                let router = server::router(Arc::clone(&pipeline), pages, &Behind::Administration);
                let (metrics, stopped) = (Arc::clone(&metrics), stopped.clone());
                serving.push(tokio::spawn(apart.serve(router, metrics, stopped)));
                Behind::SignIn(front)
            }
        };
        let router = server::router(pipeline, explain::PAGES, &behind);
        serving.push(tokio::spawn(bound.serve(router, metrics, stopped)));
        let (served, nobody_left) = watch::channel(false);
        let app = Arc::clone(&house.app);
        let trail = tokio::spawn(async move { app.keep_trail(nobody_left).await });
        Ok(Self {
            urls,
            admin_urls,
            mutual_urls,
            poke,
            stop,
            serving,
            served,
            trail,
            running,
            ended,
            worker: None,
        })
    }

    /// Starts the worker.
    pub fn work(&mut self, config: &Config, house: &House) {
        self.running.store(true, Ordering::SeqCst);
        let (stop, running) = (self.stop.subscribe(), Arc::clone(&self.running));
        let worker = start_worker(config, house, stop, running, self.ended.clone());
        self.worker = Some(worker);
    }

    /// Serves until a signal comes or the worker ends, and then finishes what is in flight.
    pub async fn until_stopped(self, signals: Signals) {
        let mut ended = self.ended.subscribe();
        signals.wait(&self.poke, &mut ended).await;
        tracing::info!("stopping: finishing what is in flight");
        notify("STOPPING=1");
        self.down().await;
    }

    /// Finishes what is in flight.
    pub async fn down(self) {
        // An error means that everyone who listens is gone already.
        let _ = self.stop.send(true);
        let mut cut = 0;
        for serving in self.serving {
            cut += serving.await.unwrap_or(0);
        }
        if cut > 0 {
            tracing::warn!(connections = cut, "connections were cut off");
        }
        self.served.send_replace(true);
        if tokio::time::timeout(FINISH, self.trail).await.is_err() {
            tracing::warn!("the last records of grants could not be written");
        }
        if let Some(worker) = self.worker
            && tokio::time::timeout(FINISH, worker).await.is_err()
        {
            tracing::warn!(
                "the worker did not finish in time; the next start goes on from the log"
            );
        }
    }
}

/// The sockets for administrators, where they have their own: other people's connections take none of
/// their room.
async fn admin_door(
    config: &Config,
    tls: Option<Arc<Tls>>,
    limits: &Arc<Limits>,
) -> Result<Option<Bound>, Failure> {
    if config.admin_listen.is_empty() {
        return Ok(None);
    }
    let bound = Bound::bind(&config.admin_listen, tls, Arc::clone(limits)).await?;
    Ok(Some(bound.only_from(config.admin_networks.clone())))
}

fn files((certificate, key): &(PathBuf, PathBuf)) -> TlsFiles {
    TlsFiles {
        certificate: certificate.clone(),
        key: key.clone(),
    }
}

/// The sockets at which clients may present certificates, where there are some.
async fn mutual_door(
    config: &Config,
    limits: &Arc<Limits>,
    poked: &watch::Receiver<u64>,
) -> Result<Option<Bound>, Failure> {
    let Some(mutual) = &config.mutual else {
        return Ok(None);
    };
    let tls = Arc::new(Tls::asking(files(&mutual.tls))?);
    let bound = Bound::bind(&mutual.listen, Some(Arc::clone(&tls)), Arc::clone(limits)).await?;
    let poked = poked.clone();
    tokio::spawn(async move { tls.watch(LOOK, poked).await });
    Ok(Some(bound))
}

fn pipeline(
    config: &Config,
    house: &House,
    running: &Arc<AtomicBool>,
    limits: &Arc<Limits>,
    metrics: &Arc<Metrics>,
) -> Arc<Pipeline<Rooms>> {
    let rooms = Rooms {
        app: Arc::clone(&house.app),
        tenant: config.tenant.clone(),
        worker: Arc::clone(running),
    };
    let boot = u64::try_from(house.app.now().as_micros()).unwrap_or(0);
    let (metrics, public_url) = (Arc::clone(metrics), config.public_url.clone());
    let (rooms, limits) = (Arc::new(rooms), Arc::clone(limits));
    Arc::new(Pipeline::new(
        rooms, ROUTES, limits, metrics, public_url, boot,
    ))
}

fn front(config: &Config, house: &House, limits: Arc<Limits>) -> Arc<Front> {
    let (app, tenant) = (Arc::clone(&house.app), config.tenant.clone());
    Arc::new(Front::new(app, tenant, &config.public_url, limits))
}

/// A list of lost passwords that is none shows when a node begins, not when the first person is refused.
fn passwords(config: &Config) -> Result<(), Failure> {
    let Some(path) = &config.breached_passwords else {
        return Ok(());
    };
    BreachedFile::at(path).check().map_err(|why| {
        let problem = format!("the list of passwords that nobody may have is none: {why}");
        let fix = "name the file of Have I Been Pwned with SHA-1 hashes, sorted by hash, in \
                   `sign_in.breached_passwords`";
        Failure::new("TNR-SIGN-0042", problem, fix)
    })
}

fn limits(config: &Config) -> Limits {
    let usual = Limits::default();
    let rate = |per_second: f64| Rate {
        per_second,
        burst: per_second * 4.0,
    };
    Limits {
        delivery: config.delivery_mib << 20,
        connections: config.connections,
        connections_per_address: usual.connections_per_address.min(config.connections),
        principal: rate(config.calls_per_second),
        address: rate(config.calls_per_second_of_address),
        ..usual
    }
}

fn start_worker(
    config: &Config,
    house: &House,
    stop: watch::Receiver<bool>,
    running: Arc<AtomicBool>,
    ended: watch::Sender<bool>,
) -> tokio::task::JoinHandle<()> {
    // Unique per process: two nodes on one database must not take each other's leases.
    let holder = format!("{}-{}", std::process::id(), house.app.now().as_micros());
    let mut settings = WorkerSettings::new(&holder);
    settings.parallel = config.parallel;
    settings.deadline = config.deadline;
    settings.lease = config.lease;
    let worker = Worker::new(Arc::clone(&house.app), settings);
    tokio::spawn(async move {
        // A task of its own: the flag must fall even when the worker panics.
        let _ = tokio::spawn(async move { worker.run(stop).await }).await;
        running.store(false, Ordering::SeqCst);
        // Also where nobody listens yet: a worker may end before anybody waits for it.
        ended.send_replace(true);
    })
}

/// The signals that a server obeys.
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes them over from the system.
    pub fn take() -> Result<Self, Failure> {
        let take = |kind| {
            signal(kind).map_err(|e| Failure::new("TNR-CLI-0002", e.to_string(), "report it"))
        };
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
            hangup: take(SignalKind::hangup())?,
        })
    }

    /// Returns when the server is to stop: at a signal, or when the worker has ended by itself,
    /// because a server that carries nothing out must not look alive.
    async fn wait(mut self, poke: &watch::Sender<u64>, worker: &mut watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
                _ = self.hangup.recv() => poke.send_modify(|count| *count += 1),
                _ = worker.wait_for(|ended| *ended) => {
                    tracing::error!("the worker has ended; stopping");
                    return;
                }
            }
        }
    }
}

/// Tells systemd, where it asked to be told (sd_notify(3)).
pub fn notify(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Ok(socket) = std::os::unix::net::UnixDatagram::unbound() {
        let _ = socket.send_to(state.as_bytes(), path);
    }
}

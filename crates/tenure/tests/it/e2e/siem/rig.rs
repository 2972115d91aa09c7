//! A server with a fixed address, somebody who keeps it busy, and a follower of its log.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::http::send;
use super::super::plant::Plant;

/// Number and hash of a record.
pub type Mark = (u64, String);

pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Sends a signal by name.
pub fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a process that has just been started handles SIGTERM: before, it has nothing in hand.
fn wait_for_handler(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.unwrap().trim(), 16).unwrap();
        // SIGTERM is 15, and the first signal has the lowest bit.
        if caught & (1 << 14) != 0 {
            return;
        }
        let most = Duration::from_secs(60);
        assert!(begun.elapsed() < most, "it does not handle SIGTERM");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Small and seeded, so that a run can be had again.
pub struct Chance(u64);

impl Chance {
    /// The seed is told; `TENURE_TEST_SEED` sets it.
    pub fn of_this_run() -> Self {
        let set = std::env::var("TENURE_TEST_SEED").ok();
        let seed = set.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            now.unwrap().as_millis() as u64
        });
        println!("TENURE_TEST_SEED={seed}");
        Self(seed)
    }

    /// From 0 up to this, exclusive.
    pub fn below(&mut self, end: u64) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub fn pause(&mut self, most: u64) {
        std::thread::sleep(Duration::from_millis(self.below(most)));
    }
}

/// Somebody who calls the API all the time; each call is a record.
pub struct Busy {
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicU32>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    pub fn with(plant: &Plant) -> Self {
        let (stop, calls) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU32::new(0)),
        );
        let url = format!("{}/api/v1/status", plant.url);
        let authorization = format!("Authorization: Bearer {}", plant.token);
        let (ends, counts) = (Arc::clone(&stop), Arc::clone(&calls));
        let thread = std::thread::spawn(move || {
            while !ends.load(Ordering::SeqCst) {
                // The server is away at times.
                match send("GET", &url, &[&authorization], b"") {
                    Ok(answer) if answer.status == 200 => {
                        counts.fetch_add(1, Ordering::SeqCst);
                    }
                    _ => std::thread::sleep(Duration::from_millis(5)),
                }
            }
        });
        Self {
            stop,
            calls,
            thread: Some(thread),
        }
    }

    /// Waits until so many more calls were answered.
    pub fn go_on(&self, calls: u32) {
        let end = self.calls.load(Ordering::SeqCst) + calls;
        let begun = Instant::now();
        while self.calls.load(Ordering::SeqCst) < end {
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody answers");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn end(mut self) -> u32 {
        self.stop.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap();
        self.calls.load(Ordering::SeqCst)
    }
}

/// A server and a follower.
pub struct Rig {
    pub plant: Plant,
    pub home: tempfile::TempDir,
    words: Vec<String>,
    follower: Option<Child>,
}

impl Rig {
    /// `to` is where the events go.
    pub fn new(words: &[&str]) -> Self {
        let mut plant = Plant::init(None);
        let listen = format!("127.0.0.1:{}", free_port());
        plant.settings = vec![("TENURE_LISTEN", listen)];
        plant.serve();
        Self {
            plant,
            home: tempfile::tempdir().unwrap(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            follower: None,
        }
    }

    /// What the followers have said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.talk()).unwrap_or_default()
    }

    fn talk(&self) -> PathBuf {
        self.home.path().join("follower.log")
    }

    /// Starts the follower.
    pub fn follow(&mut self) {
        let mut words = vec!["events", "--follow"];
        words.extend(self.words.iter().map(String::as_str));
        let talk = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.talk())
            .unwrap();
        let child = self
            .plant
            .command(&self.plant.token, &words)
            .current_dir(self.home.path())
            .stdout(Stdio::null())
            .stderr(talk)
            .spawn()
            .unwrap();
        self.follower = Some(child);
    }

    /// SIGTERM: it finishes what it has in hand.
    pub fn stop_follower(&mut self) {
        if let Some(mut child) = self.follower.take() {
            wait_for_handler(&child);
            signal(&child, "-TERM");
            let code = child.wait().unwrap().code();
            assert_eq!(code, Some(0), "{}", self.said());
        }
    }

    /// SIGKILL.
    pub fn kill_follower(&mut self) {
        if let Some(mut child) = self.follower.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The follower has not ended by itself.
    pub fn still_follows(&mut self) {
        if let Some(child) = &mut self.follower {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", self.said());
        }
    }

    fn head(&self) -> u64 {
        let status = self.plant.api("GET", "/status", &Value::Null).unwrap();
        status.json()["log_head"].as_u64().unwrap()
    }

    /// Waits until the sink has everything up to now, and gives the last record that it has to have.
    pub fn settled(&mut self, has: impl Fn() -> Vec<Mark>) -> u64 {
        self.head();
        let last = self.head();
        let begun = Instant::now();
        while has().iter().map(|mark| mark.0).max().unwrap_or(0) < last {
            let most = Duration::from_secs(60);
            assert!(begun.elapsed() < most, "no record {last}:\n{}", self.said());
            self.still_follows();
            std::thread::sleep(Duration::from_millis(50));
        }
        last
    }

    /// The log up to a record, as it tells itself.
    pub fn log(&self, last: u64) -> Vec<Mark> {
        let mut marks = Vec::new();
        while (marks.len() as u64) < last {
            let path = format!("/log?after={}&limit=1000", marks.len());
            let page = self.plant.api("GET", &path, &Value::Null).unwrap().json();
            for row in page["items"].as_array().unwrap() {
                let hash = row["hash"].as_str().unwrap().to_owned();
                marks.push((row["seq"].as_u64().unwrap(), hash));
            }
        }
        marks.truncate(usize::try_from(last).unwrap());
        marks
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.kill_follower();
    }
}

/// Nothing is lost and nothing came twice.
#[track_caller]
pub fn is_the_log(got: &[Mark], log: &[Mark]) {
    let got: Vec<&Mark> = got.iter().filter(|m| m.0 <= log.len() as u64).collect();
    let wrong = got.iter().zip(log).position(|(got, log)| *got != log);
    let wrong = wrong.map(|at| (at, &got[at.saturating_sub(2)..(at + 3).min(got.len())]));
    assert_eq!(wrong, None, "the sink is not the log");
    assert_eq!(got.len(), log.len());
}

/// How many came more than once, when nothing is lost and what came again is the same.
#[track_caller]
pub fn came_again(got: &[Mark], log: &[Mark]) -> usize {
    let mut once: Vec<&Mark> = got.iter().filter(|m| m.0 <= log.len() as u64).collect();
    let all = once.len();
    once.sort();
    once.dedup();
    let once: Vec<Mark> = once.into_iter().cloned().collect();
    is_the_log(&once, log);
    all - once.len()
}

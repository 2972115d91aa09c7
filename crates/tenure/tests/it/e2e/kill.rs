//! SIGKILL at random moments of applies, plannings and imports: nothing acknowledged is lost,
//! nothing is doubled, and the end is what follows from the file.
//!
//! `TENURE_KILLS` says how many kills of applies there are on each store, `TENURE_SEED` repeats
//! a run's choices.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster;
use super::company::{Company, DEPARTMENTS, EASY};
use super::peer::Peer;
use super::plant::Plant;
use super::wire::Wire;

/// Kills of applies on each store, if not told otherwise. Each takes five seconds, most of them
/// spent waiting for the lease of the dead; `TENURE_KILLS=100` is the full measure.
const KILLS: u64 = 12;
/// The longest that nothing is sent while there is something to do: a dead node's lease, the
/// pauses of a breaker that timeouts on a busy machine have opened, and some more.
const SILENCE: Duration = Duration::from_secs(120);

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number")),
    )
}

/// SplitMix64: a run is repeated by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % most as u64).unwrap()
    }

    fn millis(&mut self, most: usize) -> Duration {
        Duration::from_millis(self.below(most) as u64)
    }
}

struct Storm {
    peer: Peer,
    wire: Wire,
    plant: Plant,
    company: Company,
    dice: Dice,
    /// Kills while an apply was under way.
    kills: u64,
    /// What the API has acknowledged.
    waves: BTreeSet<String>,
    deliveries: BTreeSet<String>,
}

impl Storm {
    fn begin(name: &'static str, postgres: Option<&str>) -> Option<Self> {
        let mut peer = Peer::find("TENURE_PEER_SCIM2", "scim2-server")?;
        // Few at a time, so that a slow server answers each within the short deadline below.
        peer.concurrency = Some(3);
        let seed = number("TENURE_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("{name}: TENURE_SEED={seed}");
        let wire = Wire::to(peer.host());
        let company = Company::of(60, &peer.tag);
        let mut plant = Plant::init(postgres);
        // Short, so that a killed node is soon replaced. The default is a minute.
        plant.settings = vec![
            ("TENURE_WORKER_DEADLINE_MS", "1500".to_owned()),
            ("TENURE_WORKER_LEASE_MS", "3200".to_owned()),
        ];
        plant.serve();
        plant.set_up(&company, &peer.over(&wire), EASY);
        Some(Self {
            peer,
            wire,
            plant,
            company,
            dice: Dice(seed),
            kills: 0,
            waves: BTreeSet::new(),
            deliveries: BTreeSet::new(),
        })
    }

    fn kill(&mut self) {
        self.plant.kill();
        self.plant.serve();
    }

    /// Calls until there is an answer. While `kills` last, the node is killed at a random
    /// moment of the call.
    fn insist(
        &mut self,
        mut kills: usize,
        call: impl Fn(&Plant) -> std::io::Result<Value> + Sync,
    ) -> Value {
        loop {
            if kills > 0 {
                kills -= 1;
                let wait = self.dice.millis(60);
                std::thread::scope(|scope| {
                    let (plant, call) = (&self.plant, &call);
                    let begun = scope.spawn(move || call(plant));
                    std::thread::sleep(wait);
                    plant.kill_only();
                    // Whatever it answered: it is asked again.
                    let _ = begun.join().unwrap();
                });
                self.kill();
                continue;
            }
            if let Ok(answer) = call(&self.plant) {
                return answer;
            }
        }
    }

    fn deliver(&mut self, kills: usize) {
        let csv = self.company.csv();
        let answer = self.insist(kills, move |plant| {
            let answer = plant.deliver(&csv)?;
            assert!(answer.status < 300, "{}", answer.text());
            Ok(answer.json())
        });
        assert_eq!(answer["refused"], false, "{answer}");
        let id = answer["delivery"].as_str().unwrap().to_owned();
        self.deliveries.insert(id);
    }

    /// Plans and starts every wave; false when there is nothing to do.
    fn start(&mut self, kills: usize) -> bool {
        let answer = self.insist(kills, |plant| {
            let answer = plant.api("POST", "/plans", &json!({"reason": "T-1"}))?;
            if answer.status == 409 {
                // The timers of the same node planned at the same time.
                return Err(std::io::Error::other(answer.text()));
            }
            assert_eq!(answer.status, 200, "{}", answer.text());
            Ok(answer.json())
        });
        let planned = answer["waves"].as_array().unwrap().clone();
        for wave in &planned {
            assert_eq!(wave["verdict"], "allow", "{wave}");
            self.waves.insert(wave["wave"].as_str().unwrap().to_owned());
        }
        // Also those that an earlier planning proposed and whose answer was lost.
        let mut started = false;
        for wave in self.open() {
            if wave["status"] == "ready" {
                started = true;
                let id = wave["wave"].as_str().unwrap().to_owned();
                let path = format!("/waves/{id}/apply");
                self.insist(0, |plant| {
                    let answer = plant.api("POST", &path, &json!({"reason": "T-2"}))?;
                    assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
                    Ok(Value::Null)
                });
                self.waves.insert(id);
            }
        }
        started
    }

    fn open(&mut self) -> Vec<Value> {
        let answer = self.insist(0, |plant| {
            Ok(plant
                .api("GET", "/waves?open=true&limit=1000", &Value::Null)?
                .json())
        });
        answer["items"].as_array().unwrap().clone()
    }

    fn running(&mut self) -> bool {
        self.open().iter().any(|wave| wave["status"] == "running")
    }

    /// Kills the node again and again while waves are carried out, `most` times in all.
    fn strike(&mut self, most: u64) {
        let mut heard = Instant::now();
        while self.kills < most && self.running() {
            let before = self.wire.sent();
            if !self.wire.wait(before, Duration::from_millis(500)) {
                let open = self.open();
                assert!(heard.elapsed() < SILENCE, "it stands still: {open:?}");
                continue;
            }
            heard = Instant::now();
            std::thread::sleep(self.dice.millis(400));
            self.kill();
            self.kills += u64::from(self.running());
        }
        let end = Instant::now() + SILENCE;
        while self.running() {
            assert!(Instant::now() < end, "still under way: {:?}", self.open());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Some join, move, leave; everyone has the chance to come back changed.
    fn change(&mut self) {
        let next = self.company.workers.len();
        for number in next..next + 6 {
            self.company.join(number);
        }
        // First, so that nobody moves and leaves in one file: whoever leaves stays as they were.
        for _ in 0..4 {
            let number = 6 + self.dice.below(next - 6);
            self.company.workers.get_mut(&number).unwrap().ended = true;
        }
        for _ in 0..24 {
            let number = 6 + self.dice.below(next - 6);
            let department = self.dice.below(DEPARTMENTS.len());
            if !self.company.workers[&number].ended {
                self.company.moves(number, department);
            }
        }
    }

    /// Everything that was answered is still so.
    fn acknowledged(&self) {
        for wave in &self.waves {
            let answer = self
                .plant
                .api("GET", &format!("/waves/{wave}"), &Value::Null);
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200, "{wave}: {}", answer.text());
            assert_eq!(answer.json()["status"], "closed", "{wave}");
        }
        let path = "/deliveries?limit=1000";
        let known = self.plant.api("GET", path, &Value::Null).unwrap().json();
        let known: BTreeSet<String> = known["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["delivery"].as_str().unwrap().to_owned())
            .collect();
        assert!(self.deliveries.is_subset(&known), "a delivery is lost");
    }
}

fn rages(name: &'static str, postgres: Option<&str>) {
    let Some(mut storm) = Storm::begin(name, postgres) else {
        return;
    };
    let began = Instant::now();
    let wanted = number("TENURE_KILLS").unwrap_or(KILLS);
    let mut rounds = 0;
    while storm.kills < wanted || rounds == 0 {
        rounds += 1;
        assert!(rounds < 1000, "the kills miss: {}", storm.kills);
        storm.deliver(if rounds < 6 { 2 } else { 0 });
        let mut turns = 0;
        while storm.start(if rounds < 6 && turns == 0 { 2 } else { 0 }) {
            turns += 1;
            assert!(turns < 10, "the second plan is never empty");
            // A round is killed ten times at the most, so that the end is reached often.
            let most = wanted.min(storm.kills + 10);
            storm.strike(most);
        }
        let state = storm.peer.state();
        let when = format!("{name}: round {rounds}, {} kills", storm.kills);
        println!("{when}, {:?}", began.elapsed());
        state.expect(&storm.company.wanted(true), &when);
        storm.change();
    }
    println!(
        "{name}: {} kills in {rounds} rounds, {} waves, {:?}",
        storm.kills,
        storm.waves.len(),
        began.elapsed()
    );
    storm.acknowledged();
    storm.plant.stop();
    storm.plant.verify();
    storm.peer.tidy();
}

#[test]
fn killed_on_sqlite() {
    rages("SQLite", None);
}

#[test]
fn killed_on_postgresql() {
    if let Some(cluster) = cluster::shared() {
        rages("PostgreSQL", Some(&cluster.database()));
    }
}

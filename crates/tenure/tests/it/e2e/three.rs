//! Three hundred people, six departments with a group each, in three servers that are not ours.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::cluster;
use super::company::{CAREFUL, Company, DEPARTMENTS, State};
use super::peer::Peer;
use super::plant::Plant;

const MOST: Duration = Duration::from_secs(400);

struct Story {
    name: String,
    peer: Peer,
    plant: Plant,
    approver: String,
    began: Instant,
}

impl Story {
    fn begin(name: &str, peer: Peer, postgres: Option<&str>, company: &Company) -> Self {
        let mut plant = Plant::init(postgres);
        let approver = plant.token_of("bea", &["read", "approve"]);
        plant.serve();
        plant.set_up(company, &peer, CAREFUL);
        Self {
            name: name.to_owned(),
            peer,
            plant,
            approver,
            began: Instant::now(),
        }
    }

    fn lap(&self, what: &str) {
        println!("{}: {what} at {:?}", self.name, self.began.elapsed());
    }

    /// What the app must hold.
    fn wanted(&self, company: &Company) -> State {
        company.wanted(self.peer.profile != "canaille")
    }

    /// Starts every wave of a planning, the held ones by the second principal, and waits for the
    /// end. Gives the verdict of each change.
    fn carry_out(&self, planned: &[Value]) -> BTreeMap<String, String> {
        let mut verdicts = BTreeMap::new();
        for row in planned {
            let word = |key: &str| row[key].as_str().unwrap().to_owned();
            let (wave, verdict) = (word("wave"), word("verdict"));
            if verdict == "ask" {
                let refused = self.plant.run(&["apply", &wave, "--reason", "T-2"]);
                refused.expect(4);
                let own = self.plant.run(&["approve", &wave, "--reason", "T-2"]);
                own.expect(4);
                let words = ["approve", &wave, "--reason", "T-3", "--no-wait"];
                self.plant.run_as(&self.approver, &words).expect(0);
            } else {
                let words = ["apply", &wave, "--reason", "T-2", "--no-wait"];
                self.plant.run(&words).expect(0);
            }
            verdicts.insert(word("change"), verdict);
        }
        self.plant.settle(MOST);
        for wave in self.plant.run(&["waves"]).expect(0).rows() {
            let whole = wave["status"] == "closed" && wave["applied"] == wave["plans"];
            let shown = [
                "-o",
                "table",
                "waves",
                "show",
                wave["wave"].as_str().unwrap(),
            ];
            assert!(whole, "{wave}\n{}", self.plant.run(&shown).out);
        }
        verdicts
    }

    fn nothing_left(&self) {
        let again = self.plant.run(&["plan"]).expect(0);
        assert_eq!(again.rows().len(), 0, "{}", again.out);
    }
}

/// Ten joiners, twenty movers, ten leavers with a last day, and two rows that are gone.
fn second_file(first: &Company) -> (Company, Vec<usize>) {
    let mut next = first.clone();
    let movers: Vec<usize> = (40..60).collect();
    for &number in &movers {
        next.moves(number, (number + 1) % DEPARTMENTS.len());
    }
    for number in 100..110 {
        next.workers.get_mut(&number).unwrap().ended = true;
    }
    for number in [120, 121] {
        next.workers.get_mut(&number).unwrap().missing = true;
    }
    for number in 300..310 {
        next.join(number);
    }
    (next, movers)
}

fn tell(name: &str, variable: &str, profile: &'static str, postgres: Option<&str>) {
    let Some(peer) = Peer::find(variable, profile) else {
        return;
    };
    let first = Company::of(300, &peer.tag);
    let story = Story::begin(name, peer, postgres, &first);
    let plant = &story.plant;

    assert_eq!(plant.import(&first).expect(0).rows().len(), 300);
    let planned = plant.run(&["plan"]).expect(2).rows();
    story.lap("planned");
    let verdicts = story.carry_out(&planned);
    assert!(verdicts.values().all(|v| v == "allow"), "{verdicts:?}");
    story.lap("300 people are in");
    let state = story.peer.state();
    state.expect(&story.wanted(&first), "after the first file");
    story.nothing_left();

    let (second, movers) = second_file(&first);
    assert_eq!(plant.import(&second).expect(0).rows().len(), 42);
    let planned = plant.run(&["plan"]).expect(2).rows();
    let verdicts = story.carry_out(&planned);
    assert_eq!(verdicts["leaver"], "ask", "ten people, 4 %");
    assert_eq!(verdicts["mover"], "ask", "twenty people lose a group");
    assert_eq!(verdicts["missing_row"], "allow", "two people");
    assert_eq!(verdicts["joiner"], "allow");
    story.lap("the second file is in");
    let state = story.peer.state();
    state.expect(&story.wanted(&second), "after the second file");
    story.nothing_left();

    let wave = planned.iter().find(|row| row["change"] == "mover").unwrap();
    let undone = ["undo", wave["wave"].as_str().unwrap(), "--reason", "T-4"];
    let back = plant.run(&undone).expect(2).rows();
    story.carry_out(&back);
    story.lap("the movers are taken back");
    let mut before = second.clone();
    for number in movers {
        before
            .workers
            .insert(number, first.workers[&number].clone());
    }
    let state = story.peer.state();
    state.expect(&story.wanted(&before), "after the undo");
    story.nothing_left();
    explain(plant);
    let Story {
        peer, mut plant, ..
    } = story;
    plant.stop();
    plant.verify();
    peer.tidy();
}

/// Of someone who was moved and moved back, and of someone who left.
fn explain(plant: &Plant) {
    let why = |person: &str| {
        let words = ["-o", "table", "why", "access", person, "app"];
        plant.run(&words).expect(0).out
    };
    let moved = why("00045");
    for words in ["rule/everyone", "undo/", "People", "read back as wanted"] {
        assert!(moved.contains(words), "{words}:\n{moved}");
    }
    let left = why("00105");
    for words in ["leaver", "disabled"] {
        assert!(left.contains(words), "{words}:\n{left}");
    }
}

#[test]
fn scim2_server_on_sqlite() {
    tell("scim2-server", "TENURE_PEER_SCIM2", "scim2-server", None);
}

#[test]
fn scim2_server_on_postgresql() {
    if let Some(cluster) = cluster::shared() {
        let url = cluster.database();
        let name = "scim2-server on PostgreSQL";
        tell(name, "TENURE_PEER_SCIM2", "scim2-server", Some(&url));
    }
}

#[test]
fn canaille_on_sqlite() {
    tell("canaille", "TENURE_PEER_CANAILLE", "canaille", None);
}

#[test]
fn scimmy_on_sqlite() {
    tell("SCIMMY", "TENURE_PEER_SCIMMY", "scimmy", None);
}

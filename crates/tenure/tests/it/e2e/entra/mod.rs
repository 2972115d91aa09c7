//! The published Entra inbound samples: refused as they are, repaired, and provisioned into
//! servers that were there before, with everything that ten years leave behind.

mod documents;
mod estate;
mod repair;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use self::documents::DEPARTMENTS;
use self::estate::Estate;
use self::repair::{FILES, Worker};
use super::peer::Peer;
use super::plant::Plant;

const MOST: Duration = Duration::from_secs(600);

struct Story {
    peer: Peer,
    plant: Plant,
    approver: String,
    company: Vec<Worker>,
    estate: Estate,
    began: Instant,
}

impl Story {
    fn lap(&self, what: &str) {
        println!(
            "{}: {what} at {:?}",
            self.peer.profile,
            self.began.elapsed()
        );
    }

    fn push(&self, mode: &str) {
        documents::write(&self.plant.tenant(), &self.peer, mode);
        self.plant.push();
    }

    /// The listing with the decisions that `decide` gives, sent back.
    fn decide(
        &self,
        listing: &[&str],
        decide: impl Fn(&Row) -> Option<(String, &'static str)>,
    ) -> usize {
        let listed = self
            .plant
            .run(&[&["adopt", "app", "-o", "csv"], listing].concat());
        let mut reader = csv::Reader::from_reader(listed.out.as_bytes());
        let header = reader.headers().unwrap().clone();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header).unwrap();
        let mut decided = 0;
        for row in reader.deserialize() {
            let mut row: Row = row.unwrap();
            if let Some((decision, owner)) = decide(&row) {
                row.insert("decision".to_owned(), decision);
                row.insert("owner".to_owned(), owner.to_owned());
                decided += 1;
            }
            writer.write_record(header.iter().map(|h| &row[h])).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let file = self.plant.file("decisions.csv", &text);
        let words = ["adopt", "app", "--decisions", &file, "--reason", "CHG-7"];
        let said = self.plant.run(&words).expect(0);
        assert!(
            said.err.contains(&format!("{decided} decided, ")),
            "{}",
            said.err
        );
        decided
    }

    /// Carries out every wave, what the guard holds by somebody else's word.
    fn carry_out(&self, planned: &[Value]) {
        for row in planned {
            let wave = row["wave"].as_str().unwrap();
            let allowed = row["verdict"] == "allow";
            let verb = if allowed { "apply" } else { "approve" };
            let token = if allowed {
                &self.plant.token
            } else {
                &self.approver
            };
            let words = [verb, wave, "--reason", "CHG-8", "--no-wait"];
            self.plant.run_as(token, &words).expect(0);
        }
        self.plant.settle(MOST);
        self.plant.tell_unapplied();
        let again = self.plant.run(&["plan"]).expect(0);
        assert_eq!(again.rows().len(), 0, "{}", again.out);
    }

    /// The steps of a planning: what they do → how many.
    fn steps(&self, planned: &[Value]) -> BTreeMap<String, usize> {
        let mut steps = BTreeMap::new();
        for row in planned {
            let wave = row["wave"].as_str().unwrap();
            let path = format!("/waves/{wave}/plans?limit=1000");
            let plans = self.plant.api("GET", &path, &Value::Null).unwrap().json();
            assert_eq!(plans["next"], Value::Null, "a wave of more than one page");
            let plans = plans["items"].as_array().unwrap();
            for step in plans.iter().flat_map(|p| p["steps"].as_array().unwrap()) {
                let kind = step["address"].as_str().unwrap().split('/').nth(1).unwrap();
                let what = format!("{} {kind}", step["verb"].as_str().unwrap());
                *steps.entry(what).or_default() += 1;
            }
        }
        steps
    }
}

type Row = BTreeMap<String, String>;

fn begin(variable: &str, profile: &'static str) -> Option<Story> {
    let folder = repair::samples()?;
    let peer = Peer::find(variable, profile)?;
    let company = repair::company(&folder);
    let began = Instant::now();
    let estate = estate::preload(&peer, &company);
    let mut plant = Plant::init(None);
    let approver = plant.token_of("bea", &["read", "approve"]);
    plant.serve();
    documents::write(&plant.tenant(), &peer, "observe");
    plant.push();
    plant.give_secret(&peer);
    let story = Story {
        peer,
        plant,
        approver,
        company,
        estate,
        began,
    };
    story.lap("900 accounts are there");
    for (_, source, _) in FILES {
        let csv = repair::csv(&story.company, source, &story.peer.tag);
        story.plant.import_of(source, &csv).expect(0);
    }
    assert_eq!(story.plant.run(&["people"]).expect(0).rows().len(), 1_000);
    Some(story)
}

/// From the first look to the first plan that may write.
fn adopted(story: &Story) {
    story.plant.run(&["observe", "app"]).expect(0);
    assert_eq!(
        story.plant.run(&["plan"]).expect(0).rows().len(),
        0,
        "it observes"
    );
    let keys: BTreeMap<&str, &str> = story
        .estate
        .lost
        .iter()
        .map(|key| (story.estate.of[key].as_str(), key.as_str()))
        .collect();
    story.decide(&[], |row| {
        let name = row["name"].as_str();
        let owner = match story.estate.others.get(name) {
            Some(&"gone") => return Some(("orphan".to_owned(), "")),
            Some(&"shared") => return Some(("shared".to_owned(), "")),
            Some(&"robot") => return Some(("service".to_owned(), "platform team")),
            Some(_) => return None,
            None => keys.get(name)?,
        };
        Some((format!("adopt {owner}"), ""))
    });
    story.push("enforce");
    let planned = story.plant.run(&["plan"]).expect(2).rows();
    let steps = story.steps(&planned);
    println!("the first plan: {steps:?}");
    assert_eq!(
        steps["create account"], 26,
        "who works here and has no account"
    );
    for removal in ["disable", "delete", "revoke"] {
        assert!(
            !steps.keys().any(|what| what.starts_with(removal)),
            "{steps:?}"
        );
    }
    story.carry_out(&planned);
    story.lap("the first plan is carried out");
    let state = story.peer.state();
    assert_eq!(state.accounts.len(), 926, "nobody has a second account");
    for (name, held) in &story.estate.before.accounts {
        let gone = story
            .company
            .iter()
            .any(|w| !w.active() && w.email(&story.peer.tag) == *name);
        if gone || story.estate.others.contains_key(name) {
            assert_eq!(
                state.accounts.get(name),
                Some(held),
                "nobody decided about {name}"
            );
        }
    }
}

/// Decides about whoever left and about what was given by hand, until the app is exact.
fn exact(story: &Story) {
    let tag = &story.peer.tag;
    let left: BTreeMap<String, &str> = story
        .company
        .iter()
        .filter(|w| !w.active())
        .map(|w| (w.email(tag), w.key.as_str()))
        .collect();
    let forgotten = story.decide(&[], |row| {
        left.get(&row["name"])
            .map(|key| (format!("adopt {key}"), ""))
    });
    assert_eq!(forgotten, 380);
    let planned = story.plant.run(&["plan"]).expect(2).rows();
    let steps = story.steps(&planned);
    assert_eq!(steps["disable account"], 380, "{steps:?}");
    assert!(
        planned.iter().all(|row| row["verdict"] == "ask"),
        "380 people are asked about"
    );
    story.carry_out(&planned);
    story.lap("whoever left is cut off");

    // Three departments keep who is in their group by hand; three do not.
    let keeps: BTreeSet<&str> = DEPARTMENTS.into_iter().step_by(2).collect();
    let groups: BTreeMap<String, &str> = DEPARTMENTS
        .into_iter()
        .map(|department| (documents::key(department, tag), department))
        .collect();
    let by_hand = story.decide(&["--unexplained"], |row| {
        let found = groups
            .iter()
            .find(|(key, d)| **key == row["group"] || documents::group(d, tag) == row["group"]);
        let keep = keeps.contains(found?.1);
        Some(if keep {
            ("keep".to_owned(), "team leads")
        } else {
            ("reject".to_owned(), "")
        })
    });
    assert_eq!(by_hand, 150);
    let planned = story.plant.run(&["plan"]).expect(2).rows();
    assert_eq!(story.steps(&planned)["revoke grant"], 75);
    story.carry_out(&planned);
    story.lap("the groups are exact");
    let wanted = story
        .estate
        .wanted(&story.company, tag, |d| keeps.contains(d));
    story.peer.state().expect(&wanted, "in the end");
}

fn tell(variable: &str, profile: &'static str) {
    let Some(story) = begin(variable, profile) else {
        return;
    };
    adopted(&story);
    exact(&story);
    let Story {
        peer, mut plant, ..
    } = story;
    plant.stop();
    plant.verify();
    peer.tidy();
}

#[test]
fn as_they_are_each_file_is_refused_with_its_duplicates_named() {
    let Some(folder) = repair::samples() else {
        return;
    };
    let mut plant = Plant::init(None);
    plant.serve();
    let peer = Peer::at(
        "http://127.0.0.1:1/v2".to_owned(),
        "scimmy",
        super::peer::Access::Bearer(String::new()),
    );
    documents::write(&plant.tenant(), &peer, "observe");
    let path = plant.tenant().join("tenant.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace(
            "    email: {column: Email, required: true}\n",
            "    email: {column: UserID, required: true}\n",
        )
        .replace("  ends: {column: LastDay, format: iso}\n", "")
        .replace("zone: {column: Zone}", "zone: {default: UTC}");
    std::fs::write(&path, text).unwrap();
    plant.push();
    for ((file, source, _), doubles) in FILES.iter().zip([44, 42, 52]) {
        let csv = std::fs::read_to_string(folder.join(file)).unwrap();
        let said = plant.import_of(source, &csv);
        assert_eq!(said.code, 1, "{}{}", said.out, said.err);
        let named = said.err.matches("stands in lines").count();
        assert_eq!(named, doubles, "{file}:\n{}", said.err);
    }
    assert_eq!(
        plant.run(&["people"]).expect(0).rows().len(),
        0,
        "nobody came in"
    );
}

#[test]
fn scim2_server() {
    tell("TENURE_PEER_SCIM2", "scim2-server");
}

#[test]
fn scimmy() {
    tell("TENURE_PEER_SCIMMY", "scimmy");
}

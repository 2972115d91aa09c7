//! What the wiki held before Tenure came, and what people decide about it.
//!
//! How much of each was planted is written down here, so that what Tenure makes of it can be compared
//! with the truth.

use std::collections::{BTreeMap, BTreeSet};

use app::DecisionRow;
use model::Kind;
use serde_json::{Value, json};

use super::apps::{Double, ENTERPRISE};
use super::company::hr::Hr;
use super::company::{Department, Worker, cast};
use crate::failure::Failure;

/// Accounts that several people use.
const SHARED: [&str; 4] = [
    "reception.berlin",
    "reception.boston",
    "meeting-rooms",
    "news",
];
/// Accounts that workloads use; the first is a document's, the others are decided about.
const SERVICE: [&str; 4] = ["svc-backup", "svc-builds", "svc-metrics", "svc-translate"];
/// People of other departments in the group of Engineering.
const STRANGERS: usize = 8;
/// People in a project that no rule knows.
const FALCON: usize = 9;

/// What was planted.
#[derive(Debug, Default)]
pub struct Estate {
    /// Accounts that match one person exactly.
    pub exact: usize,
    /// Accounts of people under an older name: account, and the worker's key.
    pub renamed: Vec<(String, String)>,
    /// Accounts of people who left before the first day.
    pub former: Vec<String>,
    /// Accounts that several people use.
    pub shared: Vec<String>,
    /// Accounts that workloads use and that no document names.
    pub service: Vec<String>,
    /// The account of a workload that a document names.
    pub declared: String,
    /// The account that belongs to the app itself.
    pub root: String,
    /// Accounts of people among the app's administrators: account, and the worker's key.
    pub admins: Vec<(String, String)>,
    /// Members of the group of Engineering who work elsewhere: account, and the worker's key.
    pub strangers: Vec<(String, String)>,
    /// Members of the project.
    pub falcon: Vec<String>,
    /// Members of the office in Berlin.
    pub berlin: usize,
}

/// Fills the wiki.
pub fn plant(wiki: &Double, hr: &Hr) -> Result<Estate, Failure> {
    let mut estate = Estate::default();
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    // The newest tenth never got an account, and neither did those to whom it happens last.
    let there = &hr.workers[..hr.workers.len() * 9 / 10];
    for (number, worker) in there.iter().enumerate() {
        let cast = number < cast::AT_FIRST.len();
        let name = match number % 30 {
            7 if !cast => format!("{}.before@northwind.example", worker.key.to_lowercase()),
            n if n % 5 == 0 => capital(&worker.email),
            _ => worker.email.clone(),
        };
        let renamed = name.contains(".before@");
        let id = wiki.plant(Kind::Account, &account(&name, worker, &ids))?;
        let admin = [cast::HEADS[0], cast::HEADS[3]].contains(&worker.key.as_str());
        if admin {
            estate.admins.push((id.clone(), worker.key.clone()));
        } else if renamed {
            estate.renamed.push((id.clone(), worker.key.clone()));
        } else {
            estate.exact += 1;
        }
        ids.insert(&worker.key, id);
    }
    let bare =
        |name: &str| json!({"schemas": [protocol::scim::USER], "userName": name, "active": true});
    let make = |names: &[&str]| -> Result<Vec<String>, Failure> {
        let made = names
            .iter()
            .map(|name| wiki.plant(Kind::Account, &bare(name)));
        made.collect()
    };
    estate.shared = make(&SHARED)?;
    estate.service = make(&SERVICE[1..])?;
    estate.declared = wiki.plant(Kind::Account, &bare(SERVICE[0]))?;
    estate.root = wiki.plant(Kind::Account, &bare("root"))?;
    for number in 0..there.len() / 25 {
        let name = format!("left{}@northwind.example", 2001 + number);
        estate.former.push(wiki.plant(Kind::Account, &bare(&name))?);
    }
    groups(wiki, there, &ids, &mut estate)?;
    Ok(estate)
}

fn groups(
    wiki: &Double,
    there: &[Worker],
    ids: &BTreeMap<&str, String>,
    estate: &mut Estate,
) -> Result<(), Failure> {
    let of = |who: &dyn Fn(&Worker) -> bool| -> Vec<String> {
        let found = there.iter().filter(|w| who(w));
        found
            .filter_map(|w| ids.get(w.key.as_str()).cloned())
            .collect()
    };
    let within = |department| move |w: &Worker| w.department == department;
    // Whose accounts are under the right name, and to whom nothing else happens.
    let quiet: Vec<(&String, &str)> = there[cast::AT_FIRST.len()..]
        .iter()
        .filter(|w| w.department == Department::Operations)
        .filter_map(|w| Some((ids.get(w.key.as_str())?, w.key.as_str())))
        .filter(|(id, _)| !estate.renamed.iter().any(|(renamed, _)| renamed == *id))
        .collect();
    let strangers = quiet.iter().take(STRANGERS);
    estate.strangers = strangers
        .map(|(id, key)| ((*id).clone(), (*key).to_owned()))
        .collect();
    estate.falcon = quiet
        .iter()
        .rev()
        .take(FALCON)
        .map(|(id, _)| (*id).clone())
        .collect();
    let mut engineering = of(&within(Department::Engineering));
    engineering.extend(estate.strangers.iter().map(|(id, _)| id.clone()));
    let berlin = of(&|w| w.site.name == "Berlin");
    estate.berlin = berlin.len();
    let mut admins: Vec<String> = estate.admins.iter().map(|(id, _)| id.clone()).collect();
    admins.push(estate.root.clone());
    for (name, members) in [
        ("Engineering", engineering),
        ("Support", of(&within(Department::Support))),
        ("Berlin Office", berlin),
        ("Project Falcon", estate.falcon.clone()),
        ("Wiki Admins", admins),
    ] {
        let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
        let group = json!({
            "schemas": [protocol::scim::GROUP], "displayName": name, "members": members,
        });
        wiki.plant(Kind::Group, &group)?;
    }
    Ok(())
}

fn account(name: &str, worker: &Worker, ids: &BTreeMap<&str, String>) -> Value {
    let mut enterprise = json!({"employeeNumber": worker.key});
    if let Some(manager) = ids.get(worker.manager.as_str()) {
        enterprise["manager"] = json!({"value": manager});
    }
    json!({
        "schemas": [protocol::scim::USER, ENTERPRISE],
        "userName": name,
        "active": true,
        "displayName": worker.latin,
        ENTERPRISE: enterprise,
    })
}

/// As somebody wrote it by hand once.
fn capital(address: &str) -> String {
    let mut letters = address.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

impl Estate {
    /// Accounts that are no person's.
    pub fn nobodys(&self) -> BTreeSet<&str> {
        let all = self.former.iter().chain(&self.shared).chain(&self.service);
        let all = all.chain([&self.root, &self.declared]);
        all.map(String::as_str).collect()
    }

    /// How many accounts there are of each class, by its name.
    pub fn classes(&self) -> BTreeMap<&'static str, usize> {
        // An account under an older name matches nobody, and neither does a shared one.
        let nobody =
            self.renamed.len() + self.former.len() + self.shared.len() + self.service.len();
        BTreeMap::from([
            ("exact", self.exact),
            ("orphan", nobody),
            ("privileged", self.admins.len() + 1),
            ("service", 1),
        ])
    }

    /// What people decide about the accounts, as they fill in a sheet.
    pub fn decisions(&self) -> Vec<DecisionRow> {
        let mut rows = Vec::new();
        let mut decide = |account: &str, decision: &str, owner: &str| {
            rows.push(row(rows.len(), account, "", decision, owner));
        };
        for (account, key) in self.renamed.iter().chain(&self.admins) {
            decide(account, &format!("adopt {key}"), "");
        }
        for account in &self.former {
            decide(account, "orphan", "");
        }
        for account in &self.shared {
            decide(account, "shared", "");
        }
        for account in &self.service {
            decide(account, "service", cast::HEADS[0]);
        }
        decide(&self.root, "privileged", "");
        rows
    }

    /// What people decide about memberships that no rule explains.
    pub fn access(&self) -> Vec<DecisionRow> {
        let falcon = self
            .falcon
            .iter()
            .map(|id| (id, "Project Falcon", "keep", cast::HEADS[0]));
        let admins = self
            .admins
            .iter()
            .map(|(id, _)| (id, "Wiki Admins", "keep", cast::HEADS[6]));
        let strangers = self.strangers.iter();
        let strangers = strangers.map(|(id, _)| (id, "Engineering", "reject", ""));
        let all = falcon.chain(admins).chain(strangers).enumerate();
        all.map(|(number, (account, group, decision, owner))| {
            row(number, account, group, decision, owner)
        })
        .collect()
    }

    /// How many memberships and accounts nothing explains, before and after the rule for Berlin.
    pub fn unexplained(&self) -> (usize, usize) {
        let rest = self.strangers.len() + self.falcon.len() + self.admins.len();
        (self.berlin + rest, rest)
    }
}

fn row(number: usize, account: &str, group: &str, decision: &str, owner: &str) -> DecisionRow {
    DecisionRow {
        line: number as u64 + 2,
        account: account.to_owned(),
        group: group.to_owned(),
        decision: decision.to_owned(),
        owner: owner.to_owned(),
        until: String::new(),
        reason: String::new(),
    }
}

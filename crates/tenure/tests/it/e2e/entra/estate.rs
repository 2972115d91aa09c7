//! What the server holds before Tenure comes: nine hundred accounts and three hundred memberships
//! that somebody gave by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::documents::{DEPARTMENTS, group};
use super::repair::Worker;
use crate::e2e::company::{Held, State};
use crate::e2e::peer::Peer;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// People who work here and have an account, of the 496.
const WORKING: usize = 470;
/// The first of them have it under an old name with their number on it, the next without.
const RENAMED: usize = 30;
const LOST: usize = 20;
/// People who left, of the 504, and whose account was forgotten.
const FORGOTTEN: usize = 380;
/// Accounts of each kind that are no person's.
const OTHERS: [(&str, usize); 4] = [("gone", 20), ("shared", 10), ("robot", 19), ("root", 1)];
/// Memberships by hand in the groups of departments, and in a group that no document declares.
const BY_HAND: usize = 150;

/// The server's state, and who has what in it.
pub struct Estate {
    /// All accounts and groups as they were made.
    pub before: State,
    /// Worker key → name of the account that was there.
    pub of: BTreeMap<String, String>,
    /// Keys of those whose account nothing connects with them.
    pub lost: Vec<String>,
    /// Names of accounts that are no person's → what they are.
    pub others: BTreeMap<String, &'static str>,
    /// Department → names of members whom no rule put there.
    pub by_hand: BTreeMap<&'static str, BTreeSet<String>>,
    /// Name of the undeclared group.
    pub project: String,
}

/// Fills the server.
pub fn preload(peer: &Peer, company: &[Worker]) -> Estate {
    let tag = &peer.tag;
    let working: Vec<&Worker> = company
        .iter()
        .filter(|w| w.active())
        .take(WORKING)
        .collect();
    let left = company.iter().filter(|w| !w.active()).take(FORGOTTEN);
    let mut estate = Estate {
        before: State::default(),
        of: BTreeMap::new(),
        lost: Vec::new(),
        others: BTreeMap::new(),
        by_hand: BTreeMap::new(),
        project: format!("Old Project {tag}"),
    };
    let mut bodies: Vec<(String, Value)> = Vec::new();
    for (at, worker) in working.iter().copied().chain(left).enumerate() {
        let (name, number) = match at {
            _ if at < RENAMED => (format!("former{at}.{tag}"), number_of(worker, tag)),
            _ if at < RENAMED + LOST => (format!("unlike{at}.{tag}"), String::new()),
            _ => (worker.email(tag), String::new()),
        };
        if (RENAMED..RENAMED + LOST).contains(&at) {
            estate.lost.push(worker.key.clone());
        }
        estate.of.insert(worker.key.clone(), name.clone());
        bodies.push((name.clone(), user(&name, &number)));
    }
    for (kind, count) in OTHERS {
        for number in 0..count {
            let name = match kind {
                "root" => format!("root.{tag}"),
                _ => format!("{kind}{number}.{tag}"),
            };
            estate.others.insert(name.clone(), kind);
            bodies.push((name.clone(), user(&name, "")));
        }
    }
    assert_eq!(bodies.len(), 900);
    let made: Vec<Value> = bodies.iter().map(|(_, body)| body.clone()).collect();
    let ids = peer.fill("/Users", &made);
    let ids: BTreeMap<String, String> = bodies.into_iter().map(|(name, _)| name).zip(ids).collect();
    groups(peer, &mut estate, &working, &ids);
    estate.before = peer.state();
    estate
}

/// The servers live on, so a number is of one run.
fn number_of(worker: &Worker, tag: &str) -> String {
    format!("{}.{tag}", worker.key)
}

fn user(name: &str, number: &str) -> Value {
    let mut body = json!({"schemas": [USER], "userName": name, "active": true,
        "displayName": format!("As {name} was"), "name": {"givenName": "As", "familyName": "Was"},
        "emails": [{"value": format!("{name}@old.example"), "type": "work"}]});
    if !number.is_empty() {
        body["schemas"] = json!([USER, ENTERPRISE]);
        body[ENTERPRISE] = json!({"employeeNumber": number});
    }
    body
}

/// Every second worker is in the group of their department already; a hundred and fifty are in
/// the group of the next one too, and as many in a project.
fn groups(peer: &Peer, estate: &mut Estate, working: &[&Worker], ids: &BTreeMap<String, String>) {
    let name_of = |worker: &Worker| estate.of[&worker.key].clone();
    let mut members: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for (number, department) in DEPARTMENTS.into_iter().enumerate() {
        let next = DEPARTMENTS[(number + 1) % DEPARTMENTS.len()];
        let own = working.iter().filter(|w| w.department == department);
        let share = BY_HAND / DEPARTMENTS.len();
        let strangers: BTreeSet<String> = own.clone().take(share).map(|w| name_of(w)).collect();
        assert_eq!(strangers.len(), share);
        let own = own.step_by(2).map(|w| name_of(w));
        members.entry(department).or_default().extend(own);
        members.entry(next).or_default().extend(strangers.clone());
        estate.by_hand.insert(next, strangers);
    }
    let project: BTreeSet<String> = working
        .iter()
        .rev()
        .take(BY_HAND)
        .map(|w| name_of(w))
        .collect();
    let displays = members
        .into_iter()
        .map(|(d, names)| (group(d, &peer.tag), names));
    let bodies: Vec<Value> = displays
        .chain([(estate.project.clone(), project)])
        .map(|(display, names)| {
            let members: Vec<Value> = names.iter().map(|n| json!({"value": ids[n]})).collect();
            json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
                "displayName": display, "members": members})
        })
        .collect();
    peer.fill("/Groups", &bodies);
}

impl Estate {
    /// What the server must hold in the end, from the repaired rows, what was there, and what
    /// was decided: memberships by hand stay where their department `keeps` them.
    pub fn wanted(&self, company: &[Worker], tag: &str, keeps: impl Fn(&str) -> bool) -> State {
        let mut wanted = State::default();
        let emails: BTreeMap<&str, String> = company
            .iter()
            .map(|w| (w.key.as_str(), w.email(tag)))
            .collect();
        let mut named: BTreeMap<&str, &str> = BTreeMap::new();
        for worker in company {
            let had = self.of.get(&worker.key);
            let email = &emails[worker.key.as_str()];
            if let Some(name) = had {
                named.insert(name, email);
            }
            match (worker.active(), had) {
                (true, _) => {
                    let held = held(worker, tag, emails.get(worker.manager.as_str()));
                    wanted.accounts.insert(email.clone(), held);
                }
                (false, Some(name)) => {
                    let mut held = self.before.accounts[name].clone();
                    held.active = false;
                    wanted.accounts.insert(name.clone(), held);
                }
                (false, None) => {}
            }
        }
        for name in self.others.keys() {
            let held = self.before.accounts[name].clone();
            wanted.accounts.insert(name.clone(), held);
        }
        let renamed = |name: &String| named[name.as_str()].to_owned();
        for department in DEPARTMENTS {
            let by_rule = company
                .iter()
                .filter(|w| w.active() && w.department == department);
            let mut members: BTreeSet<String> = by_rule.map(|w| w.email(tag)).collect();
            if keeps(department) {
                members.extend(self.by_hand[department].iter().map(renamed));
            }
            wanted.groups.insert(group(department, tag), members);
        }
        let project = self.before.groups[&self.project].iter().map(renamed);
        wanted
            .groups
            .insert(self.project.clone(), project.collect());
        wanted
    }
}

fn held(worker: &Worker, tag: &str, manager: Option<&String>) -> Held {
    Held {
        active: true,
        given: worker.given.clone(),
        family: worker.family.clone(),
        display: format!("{} {}", worker.given, worker.family),
        email: worker.email(tag),
        title: worker.title.clone(),
        department: worker.department.clone(),
        number: number_of(worker, tag),
        manager: manager.cloned().unwrap_or_default(),
    }
}

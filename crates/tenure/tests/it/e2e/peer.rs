//! SCIM servers that are not ours, and what they hold, asked without our connector.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::Value;

use super::cluster::REQUIRE;
use super::company::{Held, State};
use super::http::{Answer, send};
use super::wire::Wire;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// One server.
pub struct Peer {
    pub base: String,
    /// The name of the profile that fits it.
    pub profile: &'static str,
    pub access: Access,
    /// In every name of this run: the servers keep what other runs made.
    pub tag: String,
    /// At most so many requests at the same time; as its profile says where missing.
    pub concurrency: Option<u32>,
    /// While this is held, no other test of this binary changes the server: a listing that is
    /// read page by page while others add and remove skips what moved.
    _turn: Option<MutexGuard<'static, ()>>,
}

/// Waits for the server's turn.
fn turn(variable: &str) -> MutexGuard<'static, ()> {
    static TURNS: Mutex<BTreeMap<String, &'static Mutex<()>>> = Mutex::new(BTreeMap::new());
    let turn = {
        let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || &*Box::leak(Box::new(Mutex::new(())));
        *turns.entry(variable.to_owned()).or_insert_with(new)
    };
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How it knows us.
pub enum Access {
    Bearer(String),
    Client {
        token_url: String,
        id: String,
        secret: String,
    },
}

/// What `target/peers/env` and the environment say; the environment wins.
pub fn told(name: &str) -> Option<String> {
    if let Ok(value) = std::env::var(name) {
        return Some(value);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/peers/env");
    let text = std::fs::read_to_string(file).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    line.map(str::to_owned)
}

impl Peer {
    /// The server that this variable tells of, or the reason to skip.
    pub fn find(variable: &str, profile: &'static str) -> Option<Self> {
        let Some(base) = told(variable) else {
            let why =
                format!("{variable} is not set: start the peers with `cargo xtask peers start`");
            assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        let access = match told(&format!("{variable}_TOKEN_URL")) {
            Some(token_url) => Access::Client {
                token_url,
                id: told(&format!("{variable}_CLIENT")).unwrap(),
                secret: told(&format!("{variable}_SECRET")).unwrap(),
            },
            None => Access::Bearer(told(&format!("{variable}_TOKEN")).unwrap()),
        };
        let mut peer = Self::at(base, profile, access);
        peer._turn = Some(turn(variable));
        Some(peer)
    }

    pub fn at(base: String, profile: &'static str, access: Access) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let tag = format!("{:x}", now.as_micros());
        Self {
            base,
            profile,
            access,
            tag,
            concurrency: None,
            _turn: None,
        }
    }

    /// The same server, reached over this address.
    pub fn over(&self, wire: &Wire) -> Self {
        let Access::Bearer(token) = &self.access else {
            panic!("its token's address would not be the wire's");
        };
        Self {
            base: self.base.replace(self.host(), &wire.address),
            profile: self.profile,
            access: Access::Bearer(token.clone()),
            tag: self.tag.clone(),
            concurrency: self.concurrency,
            _turn: None,
        }
    }

    /// The secret that Tenure is given.
    pub fn secret(&self) -> &str {
        match &self.access {
            Access::Bearer(token) => token,
            Access::Client { secret, .. } => secret,
        }
    }

    /// `host:port`.
    pub fn host(&self) -> &str {
        self.base
            .trim_start_matches("http://")
            .split('/')
            .next()
            .unwrap()
    }

    fn authorization(&self) -> String {
        match &self.access {
            Access::Bearer(token) => format!("Authorization: Bearer {token}"),
            Access::Client {
                token_url,
                id,
                secret,
            } => {
                let both =
                    base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}"));
                let headers = [
                    format!("Authorization: Basic {both}"),
                    "Content-Type: application/x-www-form-urlencoded".to_owned(),
                ];
                let headers = headers.each_ref().map(String::as_str);
                let answer = send(
                    "POST",
                    token_url,
                    &headers,
                    b"grant_type=client_credentials",
                );
                let token = answer.unwrap().json()["access_token"].clone();
                format!("Authorization: Bearer {}", token.as_str().unwrap())
            }
        }
    }

    fn get(&self, authorization: &str, path: &str) -> Value {
        let url = format!("{}{path}", self.base);
        let answer: Answer = send("GET", &url, &[authorization], b"").unwrap();
        assert_eq!(answer.status, 200, "{url}: {}", answer.text());
        answer.json()
    }

    /// Makes these, as whoever filled the server before Tenure did, and gives their ids.
    pub fn fill(&self, path: &str, bodies: &[Value]) -> Vec<String> {
        let authorization = self.authorization();
        let headers = [
            authorization.as_str(),
            "Content-Type: application/scim+json",
        ];
        let url = format!("{}{path}", self.base);
        let make = |body: &Value| {
            let answer = send("POST", &url, &headers, body.to_string().as_bytes()).unwrap();
            assert_eq!(answer.status, 201, "{body}: {}", answer.text());
            text(&answer.json()["id"])
        };
        bodies.iter().map(make).collect()
    }

    /// Every resource of a type, whoever made it.
    pub fn all(&self, path: &str) -> Vec<Value> {
        let authorization = self.authorization();
        let mut found: Vec<Value> = Vec::new();
        loop {
            // canaille answers 500 to paging parameters, and everything without.
            let query = match self.profile {
                "canaille" => String::new(),
                _ => format!("?startIndex={}&count=100", found.len() + 1),
            };
            let page = self.get(&authorization, &format!("{path}{query}"));
            let total = usize::try_from(page["totalResults"].as_u64().unwrap()).unwrap();
            let rows = page["Resources"].as_array().cloned().unwrap_or_default();
            let empty = rows.is_empty();
            found.extend(rows);
            if found.len() >= total || empty {
                assert_eq!(found.len(), total, "{}{path}", self.base);
                return found;
            }
        }
    }

    /// What the server holds of this run. Panics where two accounts or groups have one name.
    pub fn state(&self) -> State {
        let users = self.all("/Users");
        let name_of = |user: &Value| user["userName"].as_str().unwrap_or_default().to_owned();
        let mut names = BTreeMap::new();
        for user in &users {
            names.insert(text(&user["id"]), name_of(user));
            // canaille names members by `userName`.
            names.insert(name_of(user), name_of(user));
        }
        let mut state = State::default();
        for user in users.iter().filter(|u| name_of(u).contains(&self.tag)) {
            let known = state.accounts.insert(name_of(user), held(user, &names));
            assert!(known.is_none(), "two accounts of {}", name_of(user));
        }
        for group in self.all("/Groups") {
            let display = text(&group["displayName"]);
            if !display.contains(&self.tag) {
                continue;
            }
            let listed = group["members"].as_array().cloned().unwrap_or_default();
            let members: BTreeSet<String> = listed
                .iter()
                .map(|m| names[&text(&m["value"])].clone())
                .collect();
            assert_eq!(members.len(), listed.len(), "a member twice in {display}");
            let known = state.groups.insert(display.clone(), members);
            assert!(known.is_none(), "two groups {display}");
        }
        state
    }

    /// The servers live on: what stays in them slows every later run.
    pub fn tidy(&self) {
        let authorization = self.authorization();
        for (path, name) in [("/Groups", "displayName"), ("/Users", "userName")] {
            for found in self.all(path) {
                if text(&found[name]).contains(&self.tag) {
                    let url = format!("{}{path}/{}", self.base, text(&found["id"]));
                    send("DELETE", &url, &[&authorization], b"").unwrap();
                }
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn held(user: &Value, names: &BTreeMap<String, String>) -> Held {
    let extension = &user[ENTERPRISE];
    let manager = match &extension["manager"] {
        Value::Object(manager) => text(&manager["value"]),
        other => text(other),
    };
    Held {
        active: user["active"].as_bool().unwrap_or(true),
        given: text(&user["name"]["givenName"]),
        family: text(&user["name"]["familyName"]),
        display: text(&user["displayName"]),
        email: text(&user["emails"][0]["value"]),
        title: text(&user["title"]),
        department: text(&extension["department"]),
        number: text(&extension["employeeNumber"]),
        manager: names.get(&manager).cloned().unwrap_or(manager),
    }
}

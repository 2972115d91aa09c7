//! A generated company: its HR file, its documents, and what its app must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::peer::{Access, Peer};

/// What an app holds: accounts by `userName`, groups by `displayName` with their members.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub accounts: BTreeMap<String, Held>,
    pub groups: BTreeMap<String, BTreeSet<String>>,
}

/// What one account looks like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    pub active: bool,
    pub given: String,
    pub family: String,
    pub display: String,
    pub email: String,
    pub title: String,
    pub department: String,
    pub number: String,
    pub manager: String,
}

impl State {
    /// Panics with what differs, not with everything.
    #[track_caller]
    pub fn expect(&self, wanted: &Self, when: &str) {
        let mut text = String::new();
        differences(&mut text, "account", &self.accounts, &wanted.accounts);
        differences(&mut text, "group", &self.groups, &wanted.groups);
        assert!(text.is_empty(), "{when}:\n{text}");
    }
}

fn differences<T: PartialEq + std::fmt::Debug>(
    text: &mut String,
    what: &str,
    found: &BTreeMap<String, T>,
    wanted: &BTreeMap<String, T>,
) {
    let names: BTreeSet<&String> = found.keys().chain(wanted.keys()).collect();
    for name in names {
        let (found, wanted) = (found.get(name), wanted.get(name));
        if found != wanted {
            writeln!(
                text,
                "{what} {name}:\n  found  {found:?}\n  wanted {wanted:?}"
            )
            .unwrap();
        }
    }
}

pub const DEPARTMENTS: [&str; 6] = [
    "Engineering",
    "Sales",
    "Finance",
    "People",
    "Legal",
    "Support",
];

/// One row of the HR file.
#[derive(Debug, Clone)]
pub struct Worker {
    pub number: usize,
    pub department: usize,
    pub title: String,
    /// The last day is in the past.
    pub ended: bool,
    /// The row is not in the file any more.
    pub missing: bool,
}

/// Everyone who ever worked here, by number.
#[derive(Debug, Clone)]
pub struct Company {
    tag: String,
    pub workers: BTreeMap<usize, Worker>,
}

impl Company {
    pub fn of(workers: usize, tag: &str) -> Self {
        let mut company = Self {
            tag: tag.to_owned(),
            workers: BTreeMap::new(),
        };
        for number in 0..workers {
            company.join(number);
        }
        company
    }

    pub fn join(&mut self, number: usize) {
        let worker = Worker {
            number,
            department: number % DEPARTMENTS.len(),
            title: format!("Grade {}", number % 7),
            ended: false,
            missing: false,
        };
        self.workers.insert(number, worker);
    }

    pub fn moves(&mut self, number: usize, department: usize) {
        let worker = self.workers.get_mut(&number).unwrap();
        worker.department = department;
        worker.title = format!("Grade {} of {}", number % 7, DEPARTMENTS[department]);
    }

    fn email(&self, number: usize) -> String {
        format!("w{number:03}.{}@example.com", self.tag)
    }

    fn group(&self, department: usize) -> String {
        format!("{} {}", DEPARTMENTS[department], self.tag)
    }

    /// The first six lead the departments and never leave.
    fn manager(worker: &Worker) -> Option<usize> {
        (worker.number >= DEPARTMENTS.len()).then_some(worker.department)
    }

    fn names(number: usize) -> (String, String) {
        // Letters, marks and a quote that careless software breaks.
        const GIVEN: [&str; 5] = ["Ana", "Bjørn", "Çelik", "Dóra", "Ewa"];
        const FAMILY: [&str; 4] = ["O'Neill", "Müller", "Nguyễn", "Smith-Okafor"];
        let given = format!("{}{number}", GIVEN[number % GIVEN.len()]);
        (given, FAMILY[number % FAMILY.len()].to_owned())
    }

    /// The HR file.
    pub fn csv(&self) -> String {
        let mut text =
            "Personnel No;First Name;Last Name;E-Mail;Department;Job Title;Manager No;Start Date;End Date\n"
                .to_owned();
        for worker in self.workers.values().filter(|w| !w.missing) {
            let (given, family) = Self::names(worker.number);
            let manager = Self::manager(worker).map_or(String::new(), |m| format!("{m:05}"));
            writeln!(
                text,
                "{:05};{given};{family};{};{};{};{manager};01.03.2019;{}",
                worker.number,
                self.email(worker.number),
                DEPARTMENTS[worker.department],
                worker.title,
                if worker.ended { "01.10.2025" } else { "" },
            )
            .unwrap();
        }
        text
    }

    /// What the app must hold, from nothing but the rows: whoever left keeps a disabled account
    /// as it was, and is in no group.
    pub fn wanted(&self, managers: bool) -> State {
        let mut state = State::default();
        for department in 0..DEPARTMENTS.len() {
            state.groups.insert(self.group(department), BTreeSet::new());
        }
        for worker in self.workers.values() {
            let (given, family) = Self::names(worker.number);
            let active = !worker.ended && !worker.missing;
            let email = self.email(worker.number);
            let manager = Self::manager(worker).filter(|_| managers);
            let held = Held {
                active,
                display: format!("{given} {family}"),
                given,
                family,
                email: email.clone(),
                title: worker.title.clone(),
                department: DEPARTMENTS[worker.department].to_owned(),
                number: format!("{:05}", worker.number),
                manager: manager.map_or(String::new(), |m| self.email(m)),
            };
            if active {
                let group = self.group(worker.department);
                state.groups.get_mut(&group).unwrap().insert(email.clone());
            }
            state.accounts.insert(email, held);
        }
        state
    }

    /// Writes the tenant's documents for this app.
    pub fn documents(&self, directory: &Path, peer: &Peer, guard: &str) {
        std::fs::create_dir_all(directory).unwrap();
        let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).unwrap();
        write("guard.yaml", guard);
        write("hr.yaml", HR);
        let mut rules = String::from(EVERYONE);
        let mut groups = String::new();
        for (number, department) in DEPARTMENTS.iter().enumerate() {
            // The name is also our key for the group at the server, which keeps other runs' groups.
            let name = format!("{}-{}", department.to_lowercase(), self.tag);
            write!(rules, "---\nkind: BirthrightRule\nmetadata:\n  name: {name}\nspec:\n  \
                           when: person.department == \"{department}\"\n  grants:\n    - {{app: app, group: {name}}}\n")
            .unwrap();
            writeln!(groups, "    {name}: {{display: {}}}", self.group(number)).unwrap();
        }
        write("rules.yaml", &rules);
        let auth = match &peer.access {
            Access::Bearer(_) => "bearer: {secret: app-secret}".to_owned(),
            Access::Client { token_url, id, .. } => format!(
                "client_credentials: {{token_url: \"{token_url}\", client_id: {id}, secret: app-secret}}"
            ),
        };
        let manager = match peer.profile {
            "canaille" => "",
            _ => "    manager: person.manager\n",
        };
        let limits = peer.concurrency.map_or(String::new(), |most| {
            format!("  limits: {{concurrency: {most}}}\n")
        });
        let app = APP
            .replace("@URL@", &peer.base)
            .replace("@AUTH@", &auth)
            .replace("@PROFILE@", peer.profile)
            .replace("@MANAGER@", manager)
            .replace("@LIMITS@", &limits)
            .replace("@GROUPS@", &groups);
        write("app.yaml", &app);
    }
}

/// Creations pass; what takes away from more than five people, and from more than 1 %, is asked.
pub const CAREFUL: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 5, max_share_percent: 1}
  creations: {max_count: 1000, max_share_percent: 100}
  apply: manual
";

/// Everything passes.
pub const EASY: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 1000, max_share_percent: 100}
  creations: {max_count: 1000, max_share_percent: 100}
  apply: manual
";

const HR: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  delimiter: ";"
  key: Personnel No
  attributes:
    given_name: {column: First Name, required: true}
    family_name: {column: Last Name, required: true}
    email: {column: E-Mail, required: true}
    department: {column: Department, required: true}
    title: {column: Job Title}
    manager: {column: Manager No}
  starts: {column: Start Date, format: dd.mm.yyyy}
  ends: {column: End Date, format: dd.mm.yyyy}
  zone: {default: Europe/Berlin}
  delivery: full
"#;

const EVERYONE: &str = "kind: BirthrightRule
metadata: {name: everyone}
spec:
  when: \"true\"
  grants:
    - {app: app}
";

const APP: &str = r#"kind: App
metadata: {name: app}
spec:
  scim:
    url: "@URL@"
    auth:
      @AUTH@
    profile: @PROFILE@
    allow_private: true
  mode: enforce
  account:
    match: [userName]
    attributes:
      userName: person.email
      name.givenName: person.given_name
      name.familyName: person.family_name
      displayName: person.given_name + " " + person.family_name
      emails[type eq "work"].value: person.email
      title: person.title
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber: person.worker_key
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: person.department
@MANAGER@@LIMITS@  groups:
@GROUPS@"#;

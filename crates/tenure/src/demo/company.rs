//! A company drawn from a seed: people, their HR file, and what a night changes in it.

/// One worker as HR knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The worker's key.
    pub key: String,
    /// Given name.
    pub given: &'static str,
    /// Family name.
    pub family: &'static str,
    /// Department.
    pub department: &'static str,
    /// The manager's key.
    pub manager: String,
    /// Last day of work, as written in the file.
    pub end: String,
    /// Where they work.
    pub site: &'static str,
}

impl Row {
    /// Their mail address.
    pub fn email(&self) -> String {
        format!(
            "{}.{}@northwind.example",
            fold(self.given),
            fold(self.family)
        )
    }
}

const GIVEN: [&str; 20] = [
    "Ana", "Bo", "Chiara", "David", "Emre", "Fatima", "Gustav", "Hana", "Ines", "Jonas", "Kenji",
    "Leila", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Søren", "Zoë",
];
const FAMILY: [&str; 15] = [
    "Sommer",
    "Lindqvist",
    "Rossi",
    "Okafor",
    "Yılmaz",
    "Haddad",
    "Berg",
    "Novák",
    "Marques",
    "Tanaka",
    "Petrov",
    "Nguyen",
    "Iyer",
    "Dubois",
    "Müller",
];
const DEPARTMENTS: [&str; 4] = ["Engineering", "Sales", "Finance", "Support"];
const SITES: [&str; 4] = ["Berlin", "Melbourne", "Boston", "Kathmandu"];

/// The company on its first day: `n` people with different names.
pub fn draw(seed: u64, n: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut state = seed;
    while rows.len() < n {
        let given = GIVEN[next(&mut state, GIVEN.len())];
        let family = FAMILY[next(&mut state, FAMILY.len())];
        if rows.iter().any(|r| r.given == given && r.family == family) {
            continue;
        }
        let i = rows.len();
        let department = DEPARTMENTS[i % DEPARTMENTS.len()];
        let manager = if i < DEPARTMENTS.len() {
            String::new()
        } else {
            key(i % DEPARTMENTS.len())
        };
        let site = SITES[next(&mut state, SITES.len())];
        rows.push(Row {
            key: key(i),
            given,
            family,
            department,
            manager,
            end: String::new(),
            site,
        });
    }
    rows
}

fn key(i: usize) -> String {
    format!("NW{:04}", 1001 + i)
}

/// SplitMix64: the same seed draws the same company everywhere.
fn next(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let n = u64::try_from(below).unwrap_or(1).max(1);
    usize::try_from((z ^ (z >> 31)) % n).unwrap_or(0)
}

fn fold(name: &str) -> String {
    rules::text::slug(name).unwrap_or_default()
}

/// The HR export.
pub fn csv(rows: &[Row]) -> Vec<u8> {
    let mut text =
        "Personnel No;First Name;Last Name;E-Mail;Department;Manager No;Site;End Date\n".to_owned();
    for r in rows {
        text.push_str(&format!(
            "{};{};{};{};{};{};{};{}\n",
            r.key,
            r.given,
            r.family,
            r.email(),
            r.department,
            r.manager,
            r.site,
            r.end
        ));
    }
    text.into_bytes()
}

/// The tenant's documents, with the app at `url`.
pub fn documents(url: &str) -> Vec<(String, String)> {
    vec![
        ("hr.yaml".to_owned(), HR.to_owned()),
        ("wiki.yaml".to_owned(), WIKI.replace("@URL@", url)),
        ("rules.yaml".to_owned(), RULES.to_owned()),
        ("guard.yaml".to_owned(), GUARD.to_owned()),
    ]
}

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
    department: {column: Department}
    manager: {column: Manager No}
  ends: {column: End Date, format: dd.mm.yyyy, at: "17:00"}
  zone:
    by:
      column: Site
      map:
        Berlin: Europe/Berlin
        Melbourne: Australia/Melbourne
        Boston: America/New_York
        Kathmandu: Asia/Kathmandu
  delivery: full
"#;

const WIKI: &str = r#"kind: App
metadata: {name: wiki}
spec:
  scim:
    url: @URL@
    auth: {bearer: {secret: wiki-token}}
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
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: person.department
    manager: person.manager
  groups:
    engineering: {display: Engineering}
    sales: {display: Sales}
"#;

const RULES: &str = r#"kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: wiki}]}
---
kind: BirthrightRule
metadata: {name: engineers}
spec:
  when: person.department == "Engineering"
  grants: [{app: wiki, group: engineering}]
---
kind: BirthrightRule
metadata: {name: sellers}
spec:
  when: person.department == "Sales"
  grants: [{app: wiki, group: sales}]
"#;

const GUARD: &str = r#"kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 5, max_share_percent: 5}
  creations: {max_count: 100, max_share_percent: 100}
  apply: manual
"#;

//! Tenant directories, from text to a checked tenant.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alarms;
mod beside;
mod break_glass;
mod client_certificates;
mod client_keys;
mod client_registrations;
mod drills;
mod examples;
mod expectations;
mod groups;
mod handoff;
mod identity_providers;
mod laws;
mod mistakes;
mod password_directories;
mod people;
mod relying_parties;
mod relying_party_mistakes;
mod saml2int;
mod service_providers;
mod sign_on;

const SOURCE: &str = r#"
kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: ID
  attributes:
    email: {column: Mail, required: true}
    given_name: {column: First}
    department: {column: Dept}
    grade: {column: Grade, type: int}
    nickname: {column: Nick, self_editable: true}
  zone: {default: Europe/Berlin}
  delivery: full
"#;

const APP: &str = r#"
kind: App
metadata: {name: wiki}
spec:
  scim:
    url: https://wiki.example/scim/v2/
    auth: {bearer: {secret: wiki-token}}
  mode: observe
  account:
    match: [userName]
    attributes:
      userName: person.email
  groups:
    engineering: {display: Engineering}
"#;

const RULE: &str = r#"
kind: BirthrightRule
metadata: {name: engineers}
spec:
  when: person.department == "Engineering"
  grants:
    - {app: wiki, group: engineering}
"#;

const GUARD: &str = r#"
kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 3, max_share_percent: 1}
  last_admin: [{app: wiki, group: engineering}]
  freeze: [{from: 2026-12-20T00:00:00Z, to: 2027-01-06T00:00:00Z, reason: holidays}]
"#;

const MAPPING_TEST: &str = r#"
kind: MappingTest
metadata: {name: account}
spec:
  app: wiki
  person:
    worker_key: "1"
    zone: Europe/Berlin
    attributes: {email: ana@example.com, grade: 7}
  expect:
    attributes: {userName: ana@example.com}
"#;

const LIFECYCLE_TEST: &str = r#"
kind: LifecycleTest
metadata: {name: leaver}
spec:
  person:
    worker_key: "1"
    zone: Australia/Melbourne
    starts: 2026-03-02
    ends: 2026-12-18
    attributes: {email: ana@example.com, department: Engineering}
  moments:
    - at: 2026-03-02
      expect:
        wiki: {account: present, groups: [engineering], because: [rule/engineers]}
    - at: 2026-12-01T09:00
      change: {attributes: {department: Sales}, unset: [grade], ends: never}
      expect:
        wiki: {account: disabled, groups: []}
"#;

/// The errors as `line:column field: problem; fix [code]`, one a line.
fn told(files: &[(&str, &str)]) -> String {
    let errors = documents::load(files).expect_err("the documents are wrong");
    let line = |d: &model::Diagnostic| {
        let at = format!("{}:{}:{}", d.place, d.line, d.column);
        format!("{at} {}: {}; {} [{}]", d.field, d.problem, d.fix, d.code)
    };
    errors.iter().map(line).collect::<Vec<_>>().join("\n")
}

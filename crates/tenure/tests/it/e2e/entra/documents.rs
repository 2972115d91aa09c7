//! The tenant's documents: three sources, six departments with a group each, one app.

use std::fmt::Write as _;
use std::path::Path;

use super::repair::FILES;
use crate::e2e::peer::Peer;

pub const DEPARTMENTS: [&str; 6] = [
    "Finance",
    "Human Resources",
    "Manufacturing",
    "Product Engineering",
    "Product Marketing",
    "Sales",
];

/// The name of a department's group at the server.
pub fn group(department: &str, tag: &str) -> String {
    format!("{department} {tag}")
}

/// Our name for it, and Tenure's key at the server.
pub fn key(department: &str, tag: &str) -> String {
    format!("{}-{tag}", department.to_lowercase().replace(' ', "-"))
}

/// Writes them for this app, in this mode.
pub fn write(directory: &Path, peer: &Peer, mode: &str) {
    std::fs::create_dir_all(directory).unwrap();
    let mut text = GUARD.to_owned();
    for (_, source, _) in FILES {
        text.push_str(&SOURCE.replace("@SOURCE@", source));
    }
    let mut groups = String::new();
    for department in DEPARTMENTS {
        let (name, display) = (key(department, &peer.tag), group(department, &peer.tag));
        write!(
            text,
            "---\nkind: BirthrightRule\nmetadata: {{name: {name}}}\nspec:\n  when: \
             person.department == \"{department}\"\n  grants: [{{app: app, group: {name}}}]\n"
        )
        .unwrap();
        writeln!(groups, "    {name}: {{display: {display}}}").unwrap();
    }
    let app = APP
        .replace("@URL@", &peer.base)
        .replace("@PROFILE@", peer.profile)
        .replace("@MODE@", mode)
        .replace("@TAG@", &peer.tag)
        .replace("@GROUPS@", &groups);
    text.push_str(&app);
    std::fs::write(directory.join("tenant.yaml"), text).unwrap();
}

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 5, max_share_percent: 1}
  creations: {max_count: 100, max_share_percent: 100}
  apply: manual
---
kind: BirthrightRule
metadata: {name: everyone}
spec:
  when: \"true\"
  grants: [{app: app}]
";

const SOURCE: &str = "---
kind: Source
metadata: {name: @SOURCE@}
spec:
  format: csv
  key: WorkerID
  attributes:
    given_name: {column: FirstName, required: true}
    family_name: {column: LastName, required: true}
    email: {column: Email, required: true}
    department: {column: Department, required: true}
    title: {column: JobTitle}
    manager: {column: ManagerID}
  starts: {column: HireDate, format: iso}
  ends: {column: LastDay, format: iso}
  zone: {column: Zone}
  delivery: full
";

const APP: &str = r#"---
kind: App
metadata: {name: app}
spec:
  scim:
    url: "@URL@"
    auth: {bearer: {secret: app-secret}}
    profile: @PROFILE@
    allow_private: true
  mode: @MODE@
  account:
    match:
      - userName
      - urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber
    attributes:
      userName: person.email
      name.givenName: person.given_name
      name.familyName: person.family_name
      displayName: person.given_name + " " + person.family_name
      emails[type eq "work"].value: person.email
      title: person.title
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber: person.worker_key + ".@TAG@"
      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: person.department
    manager: person.manager
  privileged: {names: [root.@TAG@]}
  groups:
@GROUPS@"#;

//! The simulated company: its documents, and what they mean in plain Rust.
//!
//! The two are written down twice on purpose. The documents are what the engine reads; the
//! functions are what the oracle judges by, and nothing of the engine is in them.

use std::collections::{BTreeMap, BTreeSet};

/// The apps of the company.
pub const TARGETS: [&str; 6] = ["chat", "code", "crm", "mail", "pay", "wiki"];

/// The departments.
pub const DEPARTMENTS: [&str; 6] = [
    "Engineering",
    "Sales",
    "Support",
    "Ops",
    "Finance",
    "Warehouse",
];

/// The zones people work in, and how far they are ahead of UTC in winter, in hours. None of
/// them changes its clocks between 23 November and the end of January.
pub const ZONES: [(&str, i64); 4] = [
    ("Europe/Berlin", 1),
    ("America/New_York", -5),
    ("Asia/Tokyo", 9),
    ("Europe/London", 0),
];

/// What the guard lets pass unasked: people who lose something, in 24 hours, by count …
pub const REMOVALS: u64 = 3;
/// … or by share of the people with managed accounts, in percent.
pub const REMOVALS_PERCENT: u64 = 1;

/// What someone of this department and level is to have: app → groups in it.
#[must_use]
pub fn entitled(department: &str, lead: bool) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut out: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    out.entry("mail").or_default();
    let chat = out.entry("chat").or_default();
    match department {
        "Engineering" => chat.insert("eng"),
        "Sales" => chat.insert("sales"),
        _ => chat.insert("others"),
    };
    if lead {
        chat.insert("leads");
    }
    match department {
        "Engineering" => {
            out.entry("code").or_default().insert("dev");
        }
        "Ops" => {
            out.entry("code").or_default().insert("deploy");
        }
        "Sales" => {
            out.entry("crm").or_default().insert("sellers");
        }
        "Support" => {
            out.entry("crm").or_default();
        }
        "Finance" => {
            let pay = out.entry("pay").or_default();
            if lead {
                pay.insert("approvers");
            }
        }
        _ => {}
    }
    if department != "Warehouse" {
        out.entry("wiki").or_default();
    }
    out
}

/// The declared groups of an app: key and display name.
#[must_use]
pub fn groups(target: &str) -> &'static [(&'static str, &'static str)] {
    match target {
        "chat" => &[
            ("eng", "Engineering"),
            ("leads", "Leads"),
            ("others", "Everyone else"),
            ("sales", "Sales"),
        ],
        "code" => &[("deploy", "Deployers"), ("dev", "Developers")],
        "crm" => &[("sellers", "Sellers")],
        "pay" => &[("approvers", "Approvers")],
        _ => &[],
    }
}

/// Whether an account in this app carries its owner's manager.
#[must_use]
pub fn has_manager(target: &str) -> bool {
    matches!(target, "chat" | "wiki")
}

/// How many accounts may be used in an app, where there are only so many: fewer than the people who are
/// to have one and the accounts that nobody knows, in most runs.
#[must_use]
pub fn seats(target: &str) -> Option<usize> {
    (target == "crm").then_some(64)
}

/// The documents.
#[must_use]
pub fn documents() -> Vec<(String, String)> {
    documents_for(&TARGETS)
}

/// The documents of a company that has only these apps.
#[must_use]
pub fn documents_for(targets: &[&str]) -> Vec<(String, String)> {
    let mut files = vec![
        ("hr.yaml".to_owned(), SOURCE.to_owned()),
        ("rules.yaml".to_owned(), rules(targets)),
        ("guard.yaml".to_owned(), GUARD.to_owned()),
    ];
    for target in targets {
        files.push((format!("{target}.yaml"), app(target)));
    }
    files
}

/// Name, condition, grants (app and, where there is one, group).
type Rule = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const RULES: [Rule; 10] = [
    ("everyone", "true", &[("mail", ""), ("chat", "")]),
    (
        "engineers",
        r#"person.department.orValue("") == "Engineering""#,
        &[("chat", "eng"), ("code", "dev")],
    ),
    (
        "sellers",
        r#"person.department.orValue("") == "Sales""#,
        &[("chat", "sales"), ("crm", "sellers")],
    ),
    (
        "others",
        r#"person.department.orValue("") != "Sales" && person.department.orValue("") != "Engineering""#,
        &[("chat", "others")],
    ),
    (
        "leads",
        r#"person.level.orValue("") == "lead""#,
        &[("chat", "leads")],
    ),
    (
        "deployers",
        r#"person.department.orValue("") == "Ops""#,
        &[("code", "deploy")],
    ),
    (
        "support",
        r#"person.department.orValue("") == "Support""#,
        &[("crm", "")],
    ),
    (
        "finance",
        r#"person.department.orValue("") == "Finance""#,
        &[("pay", "")],
    ),
    (
        "approvers",
        r#"person.department.orValue("") == "Finance" && person.level.orValue("") == "lead""#,
        &[("pay", "approvers")],
    ),
    (
        "readers",
        r#"person.department.orValue("") != "Warehouse""#,
        &[("wiki", "")],
    ),
];

fn rules(targets: &[&str]) -> String {
    let mut documents = Vec::new();
    for (name, when, grants) in RULES {
        let mut given = Vec::new();
        for (app, group) in grants.iter().filter(|(app, _)| targets.contains(app)) {
            given.push(match *group {
                "" => format!("{{app: {app}}}"),
                group => format!("{{app: {app}, group: {group}}}"),
            });
        }
        if !given.is_empty() {
            documents.push(format!(
                "kind: BirthrightRule\nmetadata: {{name: {name}}}\nspec:\n  when: '{when}'\n  grants: [{}]\n",
                given.join(", ")
            ));
        }
    }
    documents.join("---\n")
}

fn app(name: &str) -> String {
    let mode = if name == "pay" { "confirm" } else { "enforce" };
    let mut text = format!(
        "kind: App
metadata: {{name: {name}}}
spec:
  scim:
    url: http://127.0.0.1:1/{name}
    auth: {{bearer: {{secret: {name}-token}}}}
    allow_private: true
  mode: {mode}
  account:
    match: [userName]
    attributes:
      userName: person.email
      name.givenName: person.given_name
      name.familyName: person.family_name
      title: person.department
"
    );
    if has_manager(name) {
        text.push_str("    manager: person.manager\n");
    }
    if name == "crm" {
        text.push_str("  limits: {requests_per_second: 50}\n");
    }
    if let Some(seats) = seats(name) {
        text.push_str(&format!("  seats: {seats}\n"));
    }
    let declared = groups(name);
    if !declared.is_empty() {
        text.push_str("  groups:\n");
        for (key, display) in declared {
            text.push_str(&format!("    {key}: {{display: {display}}}\n"));
        }
    }
    text
}

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 3, max_share_percent: 1}
  creations: {max_count: 60, max_share_percent: 20}
  window_hours: 24
  apply: manual
";

const SOURCE: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: first, required: true}
    family_name: {column: last, required: true}
    email: {column: mail, required: true}
    department: {column: dept, required: true}
    level: {column: level}
    manager: {column: boss}
  starts: {column: start, format: iso}
  ends: {column: end, format: iso, at: "17:00"}
  zone: {column: zone, default: Europe/Berlin}
  delivery: full
"#;

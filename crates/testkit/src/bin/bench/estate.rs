//! A large company whose apps are as they should be.
//!
//! The steady state is written as the events that observing and linking would have written; that a
//! planning then finds nothing shows that they are right.

use std::sync::Arc;

use app::App;
use lifecycle::rulebook::AppRules;
use model::event::{ObjectLinked, ObjectObserved, ObservationFinished};
use model::{
    Actor, Address, Attributes, Completeness, Event, Kind, Ownership, Personal, Record, RemoteId,
    RunId, TargetName, Value,
};
use ports::store::{Append, Door as _, People as _, Person};
use rules::Mapped;
use store::TenureStore;
use testkit::node::Company;

use crate::Failure;
use crate::rig::{SOURCE, hr_file};

/// How many work there.
pub const PEOPLE: usize = 100_000;

/// What somebody is called as long as nothing happens.
pub fn title(i: usize) -> String {
    format!("Title {}", i % 300)
}

/// Its apps, empty: nothing of a planning asks them.
pub fn company(apps: usize) -> Arc<Company> {
    let names: Vec<String> = (0..apps).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Arc::new(Company::with(&names))
}

fn name(app: usize) -> String {
    format!("app{app:02}")
}

/// The company's facts, and accounts in every app that are as they should be.
pub async fn settle(app: &App, store: &TenureStore, apps: usize) -> Result<(), Failure> {
    let actor = Actor::named("bench");
    app.accept_documents(&actor, documents(apps, "changes"), false)
        .await?;
    let file = hr_file(PEOPLE, title);
    let told = app.deliver(&actor, "hr", "hr.csv", file.as_bytes(), false);
    if told.await?.changes.len() != PEOPLE {
        return Err("the first delivery is not new".into());
    }
    let loaded = app.loaded().await?;
    let mut after = None;
    loop {
        let people = store.people_page(None, after, 500).await?;
        after = people.last().map(|p| p.subject);
        let mut events = Vec::new();
        for (target, rules) in &loaded.book.apps {
            for person in &people {
                events.extend(account(app, target, rules, person)?);
            }
        }
        for chunk in events.chunks(2_000) {
            let append = Append::of(actor.clone(), chunk.to_vec());
            store.append(append).await?;
        }
        if people.len() < 500 {
            break;
        }
    }
    let mut rest = Vec::new();
    for target in loaded.book.apps.keys() {
        rest.extend(group(app, target));
        for kind in [Kind::Account, Kind::Group] {
            rest.push(Event::ObservationFinished(ObservationFinished {
                run: RunId::from_bits(rest.len() as u128 + 1),
                target: target.clone(),
                kind,
                started: app.now(),
                read: 0,
                changed: 0,
                vanished: 0,
                completeness: Completeness::Full,
                detail: String::new(),
                certificate_ends: None,
                clock_ahead_s: None,
            }));
        }
    }
    store.append(Append::of(actor, rest)).await?;
    Ok(())
}

/// An account as a target holds it that did what it was told, and that it is ours.
///
/// # Errors
/// When a mapping has no answer for them.
pub fn account(
    app: &App,
    target: &TargetName,
    rules: &AppRules,
    person: &Person,
) -> Result<[Event; 2], Failure> {
    let told = person.engagements.first().ok_or("a person without facts")?;
    let mut attributes = Attributes::new();
    for (path, mapping) in &rules.attributes {
        if let Mapped::Value(value) = mapping.apply(&told.facts, &told.key)? {
            attributes.insert(path.clone(), value);
        }
    }
    let address = Address::account(target, person.subject);
    Ok(ours(app, address, attributes, "userName"))
}

/// The declared group, which is empty.
fn group(app: &App, target: &TargetName) -> [Event; 2] {
    let display = ("displayName".to_owned(), Value::from("Wide"));
    ours(
        app,
        Address::group(target, "wide"),
        [display].into(),
        "displayName",
    )
}

/// That something is there, and that it is ours.
fn ours(app: &App, address: Address, attributes: Attributes, naming: &str) -> [Event; 2] {
    let remote = RemoteId(format!("r-{}", address.key.0));
    let name = attributes.get(naming).and_then(Value::as_text);
    let record = Record {
        kind: address.kind,
        remote: remote.clone(),
        external: None,
        name: name.unwrap_or("").to_owned(),
        active: true,
        attributes,
        members: None,
        version: None,
    };
    let observed = Event::ObjectObserved(ObjectObserved {
        target: address.target.clone(),
        kind: address.kind,
        remote: remote.clone(),
        subject: address.key.subject(),
        seen_at: app.now(),
        personal: Personal::Known(record),
    });
    let linked = Event::ObjectLinked(ObjectLinked {
        address,
        remote,
        ownership: Ownership::Managed,
        because: "bench".to_owned(),
    });
    [observed, linked]
}

/// Per app twenty copies and two functions, and eight conditions over all of its accounts.
pub fn documents(apps: usize, delivery: &str) -> Vec<(String, String)> {
    let source = SOURCE.replace("delivery: full", &format!("delivery: {delivery}"));
    let facts = [
        "email",
        "given_name",
        "family_name",
        "title",
        "department",
        "division",
        "cost_center",
        "employee_type",
        "location",
        "phone",
    ];
    let mut files = vec![
        ("hr.yaml".to_owned(), source),
        ("guard.yaml".to_owned(), GUARD.to_owned()),
    ];
    for app in (0..apps).map(name) {
        let copies = (1..20).map(|i| format!("      x.a{i:02}: person.{}\n", facts[i % 10]));
        let copies: String = copies.collect();
        files.push((
            format!("{app}.yaml"),
            APP.replace("@APP@", &app).replace("@COPIES@", &copies),
        ));
        let rules = CONDITIONS.iter().enumerate().map(|(n, when)| {
            format!(
                "---\nkind: BirthrightRule\nmetadata: {{name: {app}-{n}}}\nspec:\n  when: {when}\n  \
                 grants: [{{app: {app}}}]\n"
            )
        });
        files.push((format!("{app}-rules.yaml"), rules.collect()));
    }
    files
}

const APP: &str = "kind: App
metadata: {name: @APP@}
spec:
  scim:
    url: http://127.0.0.1:1/v2
    auth: {bearer: {secret: bench}}
    allow_private: true
  mode: enforce
  account:
    match: [userName]
    attributes:
      userName: person.email
@COPIES@      x.handle: slug(person.given_name + \".\" + person.family_name)
      x.sort: lower(transliterate(person.family_name))
  groups:
    wide: {display: Wide}
";

/// The first holds for everyone.
pub const CONDITIONS: [&str; 8] = [
    "person.email != \"\"",
    "person.department == \"dep07\" && person.location == \"Berlin\"",
    "person.employee_type == \"contractor\"",
    "person.cost_center in [\"CC001\", \"CC017\", \"CC142\"]",
    "person.title.startsWith(\"Title 1\")",
    "person.division == \"div3\" || person.division == \"div4\"",
    "person.location != \"Boston\" && person.department != \"dep11\"",
    "has(person.phone) && person.phone.contains(\"42\")",
];

/// One rule more.
pub const WIDER: &str = "kind: BirthrightRule
metadata: {name: wide}
spec:
  when: person.department == \"dep07\"
  grants: [{app: app00, group: wide}]
";

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  creations: {max_count: 1000000, max_share_percent: 100}
";

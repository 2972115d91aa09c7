//! How everybody stands on the last morning, as read from the apps and not from Tenure.

use std::collections::BTreeSet;

use model::Kind;
use protocol::scim::Object;
use serde_json::Value;

use super::super::apps::{Double, ENTERPRISE, is_active, text};
use super::super::company::{Department, Worker, cast};
use super::super::outcomes::Outcomes;
use super::super::stage::Stage;
use crate::failure::Failure;

/// What is found where an app holds what HR means.
const AGREES: &str = "as HR means it";

/// Compares each app with what HR means, and looks at those to whom the story happened.
pub async fn check(stage: &Stage, outcomes: &mut Outcomes) -> Result<(), Failure> {
    let now = stage.app().now();
    let at_work = stage.hr.at_work(now)?;
    let in_code = |w: &Worker| {
        let keeps = stage.hr.keeps.get(&w.key).is_some_and(|until| now < *until);
        keeps || w.department == Department::Engineering
    };
    let in_crm =
        |w: &Worker| w.department == Department::Sales && !cast::NO_SEAT.contains(&w.key.as_str());
    let emails = |who: &dyn Fn(&Worker) -> bool| -> BTreeSet<String> {
        let found = at_work.iter().filter(|w| who(w));
        found.map(|w| w.email.clone()).collect()
    };
    let engineers = at_work.iter().filter(|w| in_code(w));
    let engineers: BTreeSet<String> = engineers.map(|w| w.key.clone()).collect();
    let code = stage.apps.get("code")?;
    outcomes.same("code", AGREES, compare(&engineers, &usable(code, &number)));
    for (app, wanted) in [
        ("chat", emails(&|_| true)),
        ("crm", emails(&in_crm)),
        ("wiki", emails(&|_| true)),
    ] {
        let nobodys = stage.estate.nobodys();
        let name = |user: &Object| {
            let id = text(user, "id")?;
            let name = text(user, "userName")?.to_lowercase();
            // Ids are an app's own: those of the wiki mean nothing elsewhere.
            (app != "wiki" || !nobodys.contains(id)).then_some(name)
        };
        let found = usable(stage.apps.get(app)?, &name);
        outcomes.same(app, AGREES, compare(&wanted, &found));
    }
    foreign(stage, outcomes)?;
    named(stage, outcomes)?;
    let unexplained = stage.app().unexplained("wiki").await?.rows;
    let unexplained: Vec<String> = unexplained
        .into_iter()
        .map(|row| {
            format!(
                "{} {}",
                row.name.to_lowercase(),
                row.group.unwrap_or_default()
            )
        })
        .collect();
    let own = stage
        .hr
        .worker(cast::UNREADABLE)
        .map_or("", |w| w.email.as_str());
    let own = format!("{own} Wiki Admins");
    outcomes.same("unexplained access at the end", own, unexplained.join(", "));
    Ok(())
}

/// What nobody decided to take away is there still.
fn foreign(stage: &Stage, outcomes: &mut Outcomes) -> Result<(), Failure> {
    let wiki = stage.apps.get("wiki")?;
    let nobodys = stage.estate.nobodys();
    let there = wiki.objects(Kind::Account);
    let there = there.iter().filter(|user| is_active(user));
    let there = there.filter(|user| text(user, "id").is_some_and(|id| nobodys.contains(id)));
    outcomes.same(
        "accounts in the wiki that are nobody's",
        nobodys.len(),
        there.count(),
    );
    let engineering = members(wiki, "Engineering");
    let strangers = stage.estate.strangers.iter();
    let strangers = strangers.filter(|(id, key)| {
        let hired = stage
            .hr
            .worker(key)
            .is_some_and(|w| w.department == Department::Engineering);
        engineering.contains(id) && !hired
    });
    outcomes.same(
        "strangers in the group of Engineering",
        0,
        strangers.count(),
    );
    let falcon = members(wiki, "Project Falcon");
    let kept = stage
        .estate
        .falcon
        .iter()
        .filter(|id| falcon.contains(*id))
        .count();
    outcomes.same("members of the project", stage.estate.falcon.len(), kept);
    Ok(())
}

/// Those to whom it happened.
fn named(stage: &Stage, outcomes: &mut Outcomes) -> Result<(), Failure> {
    let email = |key: &str| stage.hr.worker(key).map_or("", |w| w.email.as_str());
    let mut left = vec![
        cast::AZORES,
        cast::MELBOURNE,
        cast::LORD_HOWE,
        cast::KATHMANDU,
        cast::NAMESAKE,
    ];
    left.extend(cast::FOR_CAUSE);
    left.extend(cast::ANNOUNCED);
    for app in ["wiki", "chat"] {
        let double = stage.apps.get(app)?;
        for key in &left {
            outcomes.same(
                format!("{key} in {app}"),
                "disabled",
                state(double, email(key)),
            );
        }
        for key in [cast::RETURNED, cast::ON_LEAVE, cast::MISTAKEN, cast::AHEAD] {
            outcomes.same(
                format!("{key} in {app}"),
                "active",
                state(double, email(key)),
            );
        }
        let auditor = state(double, "eva.evers@audit.example");
        outcomes.same(
            format!("{} in {app}", cast::CONTRACTOR),
            "disabled",
            auditor,
        );
    }
    let wiki = stage.apps.get("wiki")?;
    let support = members(wiki, "Support");
    let mistaken = wiki.account(email(cast::MISTAKEN));
    let mistaken = mistaken.as_ref().and_then(|user| text(user, "id"));
    let back = mistaken.is_some_and(|id| support.contains(id));
    outcomes.same(
        format!("{} in the group of Support", cast::MISTAKEN),
        true,
        back,
    );
    let code = stage.apps.get("code")?;
    for (key, name) in [
        (cast::NAMESAKE, "jan-novak"),
        (cast::NEW_NAMESAKE, "jan-novak2"),
    ] {
        let users = code.objects(Kind::Account);
        let user = users
            .iter()
            .find(|user| number(user).as_deref() == Some(key));
        let found = user
            .and_then(|user| text(user, "userName"))
            .unwrap_or("nothing");
        outcomes.same(format!("what {key} is called in code"), name, found);
    }
    let returned = email(cast::RETURNED);
    let twice = wiki.objects(Kind::Account);
    let twice = twice.iter().filter(|user| {
        text(user, "userName").is_some_and(|own| own.eq_ignore_ascii_case(returned))
    });
    outcomes.same(
        format!("accounts of {} in the wiki", cast::RETURNED),
        1,
        twice.count(),
    );
    Ok(())
}

fn state(app: &Double, name: &str) -> &'static str {
    match app.account(name) {
        None => "absent",
        Some(user) if is_active(&user) => "active",
        Some(_) => "disabled",
    }
}

/// Accounts that may be used, by what `name` says of each.
fn usable(app: &Double, name: &dyn Fn(&Object) -> Option<String>) -> BTreeSet<String> {
    let users = app.objects(Kind::Account);
    users
        .iter()
        .filter(|user| is_active(user))
        .filter_map(name)
        .collect()
}

fn number(user: &Object) -> Option<String> {
    let enterprise = user.get(ENTERPRISE)?.as_object()?;
    text(enterprise, "employeeNumber").map(str::to_owned)
}

fn members(app: &Double, group: &str) -> BTreeSet<String> {
    let groups = app.objects(Kind::Group);
    let group = groups
        .iter()
        .find(|one| text(one, "displayName") == Some(group));
    let members = group
        .and_then(|one| one.get("members"))
        .and_then(Value::as_array);
    let members = members.into_iter().flatten();
    members
        .filter_map(|one| one.get("value")?.as_str())
        .map(str::to_owned)
        .collect()
}

/// Who is there and should not be, and the other way round.
fn compare(wanted: &BTreeSet<String>, found: &BTreeSet<String>) -> String {
    let some = |names: Vec<&String>| -> String {
        let some: Vec<&str> = names.iter().take(3).map(|name| name.as_str()).collect();
        format!("{} ({})", names.len(), some.join(", "))
    };
    let extra: Vec<&String> = found.difference(wanted).collect();
    let lacking: Vec<&String> = wanted.difference(found).collect();
    match (extra.as_slice(), lacking.as_slice()) {
        ([], []) => AGREES.to_owned(),
        _ => format!("too many: {}; too few: {}", some(extra), some(lacking)),
    }
}

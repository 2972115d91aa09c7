//! People, why they have access, and erasure.

use std::sync::Arc;

use api::{
    AccessAnswer, AccessItem, EraseAnswer, EraseRequest, Page, PersonAccess, PersonAnswer,
    PersonSummary, Problem, WireStanding,
};
use app::WhyItem;
use app::rows::Person;
use model::facts::Standing;
use model::{Kind, SubjectId, Timestamp};
use serde_json::json;

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn list(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let limit = call.limit()?;
    let now = rooms.app.now();
    let store = rooms.app.store();
    if let Some(text) = call.asked("match") {
        let found = store.people_matching(text, limit).await.map_err(fail)?;
        return Reply::json(&Page::whole(summaries(&found, now)));
    }
    let after = call.asked_as::<SubjectId>("after")?;
    let found = store
        .people_page(call.asked("source"), after, limit + 1)
        .await
        .map_err(fail)?;
    let page = Page::cut(summaries(&found, now), limit as usize, |p| {
        p.subject.clone()
    });
    Reply::json(&page)
}

fn summaries(people: &[Person], now: Timestamp) -> Vec<PersonSummary> {
    people.iter().map(|person| summary(person, now)).collect()
}

fn summary(person: &Person, now: Timestamp) -> PersonSummary {
    PersonSummary {
        subject: person.subject.to_string(),
        source: person.source.clone(),
        key: person.key.clone(),
        name: person.facts.display_name(),
        email: person.facts.text("email").map(str::to_owned),
        standing: if person.withdrawn {
            WireStanding::Withdrawn
        } else {
            standing(person.facts.standing(now).ok())
        },
    }
}

fn standing(standing: Option<Standing>) -> WireStanding {
    match standing {
        Some(Standing::Upcoming) => WireStanding::Upcoming,
        Some(Standing::Active) => WireStanding::Active,
        Some(Standing::Ended) => WireStanding::Ended,
        None => WireStanding::Unknown,
    }
}

pub async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let person = rooms
        .app
        .one_person(call.text("person")?)
        .await
        .map_err(fail)?;
    let links = rooms
        .app
        .store()
        .links_of(person.subject)
        .await
        .map_err(fail)?;
    let access = links
        .iter()
        .map(|link| PersonAccess {
            app: link.address.target.to_string(),
            what: what(link.address.kind, link.address.key.granted_group()),
            remote: link.remote.to_string(),
            ownership: link.ownership.as_str().to_owned(),
            because: link.because.clone(),
        })
        .collect();
    Reply::json(&PersonAnswer {
        person: summary(&person, rooms.app.now()),
        starts: person.facts.starts.map(|at| at.to_string()),
        ends: person.facts.ends.map(|at| at.to_string()),
        zone: person.facts.zone.clone(),
        attributes: json!(person.facts.attributes),
        access,
    })
}

fn what(kind: Kind, group: Option<&str>) -> String {
    match (kind, group) {
        (Kind::Grant, Some(group)) => group.to_owned(),
        (kind, _) => kind.as_str().to_owned(),
    }
}

pub async fn why(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let (person, app) = (
        call.asked("person").unwrap_or_default(),
        call.asked("app").unwrap_or_default(),
    );
    let why = rooms.app.why_access(person, app).await.map_err(fail)?;
    Reply::json(&AccessAnswer {
        subject: why.subject.to_string(),
        key: why.key,
        name: why.name,
        app: app.to_owned(),
        standing: standing(why.standing),
        items: why.items.iter().map(item).collect(),
        not_given: why.not_given.iter().map(words::reason).collect(),
    })
}

fn item(item: &WhyItem) -> AccessItem {
    let verified = item.verified.as_ref();
    let pending = item.pending.as_ref().map(|step| {
        let status = step.status.as_str();
        format!(
            "step {} is {status} after {} attempts: {}",
            step.step, step.attempt, step.detail
        )
    });
    AccessItem {
        address: item.address.to_string(),
        what: what(item.address.kind, item.address.key.granted_group()),
        wanted: item.wanted.to_owned(),
        because: item.because.iter().map(words::reason).collect(),
        seen: item.seen.to_owned(),
        ownership: item.ownership.map_or("", |o| o.as_str()).to_owned(),
        verified_at: verified.map_or(String::new(), |(_, at)| at.to_string()),
        verified_by: verified.map_or(String::new(), |(step, _)| step.step.to_string()),
        pending: pending.unwrap_or_default(),
    }
}

pub async fn erase(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: EraseRequest = call.json()?;
    if asked.dry_run {
        let person = rooms.app.one_person(&asked.person).await.map_err(fail)?;
        let subject = person.subject.to_string();
        return Reply::json(&EraseAnswer {
            subject,
            erased: false,
        });
    }
    let erased = rooms
        .app
        .erase(call.actor(), &asked.person, &asked.reason)
        .await;
    let subject = erased.map_err(fail)?.to_string();
    Reply::json(&EraseAnswer {
        subject,
        erased: true,
    })
}

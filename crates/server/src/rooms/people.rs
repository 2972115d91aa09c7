//! People, why they have access, and erasure.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{
    AccessAnswer, AccessItem, EraseAnswer, EraseRequest, Page, PersonAccess, PersonAnswer,
    PersonSummary, Problem, WireEngagement, WireLeave, WireStanding, WireTermination, WireWhen,
};
use app::rows::Person;
use app::{Known, Told, When, WhyItem};
use model::facts::{Leave, Standing};
use model::plan::StepStatus;
use model::{Engagement, Kind, SubjectId, Timestamp};
use serde_json::json;

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn list(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let limit = call.limit()?;
    let store = rooms.app.store();
    if let Some(text) = call.asked("match") {
        let found = store.people_matching(text, limit).await.map_err(fail)?;
        return Reply::json(&Page::whole(summaries(&rooms, found).await?));
    }
    let after = call.asked_as::<SubjectId>("after")?;
    let found = store
        .people_page(call.asked("source"), after, limit + 1)
        .await
        .map_err(fail)?;
    let page = Page::cut(summaries(&rooms, found).await?, limit as usize, |p| {
        p.subject.clone()
    });
    Reply::json(&page)
}

async fn summaries(rooms: &Rooms, people: Vec<Person>) -> Result<Vec<PersonSummary>, Problem> {
    let now = rooms.app.now();
    let known = rooms.app.known_all(people).await.map_err(fail)?;
    Ok(known.iter().map(|known| summary(known, now)).collect())
}

fn summary(known: &Known, now: Timestamp) -> PersonSummary {
    let identity = &known.identity;
    PersonSummary {
        subject: known.person.subject.to_string(),
        source: identity.source.clone(),
        key: identity.key.clone(),
        name: identity.facts.display_name(),
        email: identity.facts.text("email").map(str::to_owned),
        standing: match identity.withdrawn {
            _ if known.person.termination.is_some() => WireStanding::Terminated,
            true => WireStanding::Withdrawn,
            false => standing(identity.facts.standing(now).ok()),
        },
    }
}

fn engagement(engagement: &Engagement, known: &Known, now: Timestamp) -> WireEngagement {
    let facts = &engagement.facts;
    WireEngagement {
        source: engagement.source.clone(),
        key: engagement.key.clone(),
        standing: match engagement.withdrawn {
            true => WireStanding::Withdrawn,
            false => standing(facts.standing(now).ok()),
        },
        starts: facts.starts.map(|at| at.to_string()),
        ends: facts.ends.map(|at| at.to_string()),
        leave: facts.leave.map(leave),
        zone: facts.zone.clone(),
        main: known.identity.engagement == engagement.id,
    }
}

fn leave(leave: Leave) -> WireLeave {
    WireLeave {
        from: leave.from.to_string(),
        to: leave.to.map(|at| at.to_string()),
    }
}

fn standing(standing: Option<Standing>) -> WireStanding {
    match standing {
        Some(Standing::Upcoming) => WireStanding::Upcoming,
        Some(Standing::Active) => WireStanding::Active,
        Some(Standing::OnLeave) => WireStanding::OnLeave,
        Some(Standing::Ended) => WireStanding::Ended,
        None => WireStanding::Unknown,
    }
}

/// What the query says of another instant; nothing where it says nothing.
fn when(call: &Call) -> Option<When<'_>> {
    let when = When {
        as_of: call.asked("as_of"),
        known_at: call.asked("known_at"),
    };
    (when != When::default()).then_some(when)
}

fn told(told: Told) -> WireWhen {
    WireWhen {
        as_of: told.as_of.to_string(),
        known_at: told.known_at.to_string(),
        revision: told.revision,
        not_known: told.not_known,
    }
}

pub async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let text = call.text("person")?;
    let (known, links, when) = match when(&call) {
        Some(when) => {
            let past = rooms.app.person_at(text, when).await.map_err(fail)?;
            (past.known.clone(), past.links(), Some(past.told))
        }
        None => {
            let known = rooms.app.one_person(text).await.map_err(fail)?;
            let links = rooms.app.store().links_of(known.person.subject);
            (known, links.await.map_err(fail)?, None)
        }
    };
    let (person, identity) = (&known.person, &known.identity);
    let waits = match &when {
        Some(_) => Vec::new(),
        None => rooms
            .app
            .seats_awaited(person.subject)
            .await
            .map_err(fail)?,
    };
    let waits = waits.iter();
    let now = when.as_ref().map_or(rooms.app.now(), |when| when.as_of);
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
    let provenance = rooms.app.provenance(person).await.map_err(fail)?;
    let provenance = provenance.into_iter();
    let provenance: BTreeMap<String, String> = provenance
        .map(|(name, from)| (name, format!("{}/{}", from.source, from.key)))
        .collect();
    let engagements = person.engagements.iter();
    Reply::json(&PersonAnswer {
        person: summary(&known, now),
        starts: identity.facts.starts.map(|at| at.to_string()),
        ends: identity.facts.ends.map(|at| at.to_string()),
        leave: identity.facts.leave.map(leave),
        zone: identity.facts.zone.clone(),
        attributes: json!(identity.facts.attributes),
        provenance: json!(provenance),
        engagements: engagements.map(|e| engagement(e, &known, now)).collect(),
        terminated: person.termination.as_ref().map(|t| WireTermination {
            by: t.by.clone(),
            at: t.at.to_string(),
            reason: t.reason.clone(),
        }),
        access,
        waits: waits
            .map(|seat| (seat.app.to_string(), seat.to_string()))
            .collect(),
        when: when.map(told),
    })
}

pub(super) fn what(kind: Kind, group: Option<&str>) -> String {
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
    let why = match when(&call) {
        Some(when) => rooms.app.why_access_at(person, app, when).await,
        None => rooms.app.why_access(person, app).await,
    };
    let why = why.map_err(fail)?;
    Reply::json(&AccessAnswer {
        subject: why.subject.to_string(),
        key: why.key,
        name: why.name,
        app: app.to_owned(),
        standing: match why.terminated {
            true => WireStanding::Terminated,
            false => standing(why.standing),
        },
        items: why.items.iter().map(item).collect(),
        not_given: why.not_given.iter().map(words::reason).collect(),
        when: why.told.map(told),
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
    let waits = item.waits.as_ref().map(|(verb, wave)| {
        format!("{verb} is proposed in {wave}, which nobody has decided about")
    });
    let seat = item.seat.as_ref().map(ToString::to_string);
    AccessItem {
        address: item.address.to_string(),
        what: what(item.address.kind, item.address.key.granted_group()),
        wanted: item.wanted.to_owned(),
        because: item.because.iter().map(words::reason).collect(),
        seen: item.seen.to_owned(),
        seen_at: item.seen_at.map_or(String::new(), |at| at.to_string()),
        ownership: item.ownership.map_or("", |o| o.as_str()).to_owned(),
        verified_at: verified.map_or(String::new(), |(_, at)| at.to_string()),
        by_word: verified.is_some_and(|(step, _)| step.status == StepStatus::Confirmed),
        verified_by: verified.map_or(String::new(), |(step, _)| step.step.to_string()),
        pending: waits.or(seat).or(pending).unwrap_or_default(),
    }
}

pub async fn erase(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: EraseRequest = call.json()?;
    if asked.dry_run {
        let known = rooms.app.one_person(&asked.person).await.map_err(fail)?;
        let subject = known.person.subject.to_string();
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

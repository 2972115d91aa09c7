//! Why one step was planned, and what became of it.

use std::sync::Arc;

use api::{
    Problem, WhyChangeAnswer, WireChanged, WireDecided, WireExchange, WireMoment, WireWord,
    schema_of,
};
use app::{Changed, Moment, WhyChange, Word};
use model::{Exchange, PlanId, StepRef, Timestamp};
use serde_json::json;

use super::shape::get;
use super::{Rooms, fail, people, words};
use crate::route::{Call, Reply, Route};

/// One step of a plan.
pub const SHOW: Route<Rooms> = get(
    "/api/v1/plans/{plan}/steps/{step}",
    "whyChange",
    "Tells why one step of a plan was planned, by whom it was released, and what became of it.",
    &[],
    schema_of::<WhyChangeAnswer>,
    |rooms, call| Box::pin(show(rooms, call)),
);

async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let step = StepRef {
        plan: call.id::<PlanId>("plan")?,
        no: call.id::<u16>("step")?,
    };
    let why = rooms.app.why_change(step).await.map_err(fail)?;
    Reply::json(&answer(why))
}

fn answer(why: WhyChange) -> WhyChangeAnswer {
    let status = why.status().to_owned();
    let (address, wave) = (&why.stands.address, &why.wave);
    let verdict = wave.verdict.as_ref();
    let decision = why.decision.as_ref();
    WhyChangeAnswer {
        step: why.step.to_string(),
        plan: why.plan.id.to_string(),
        no: why.step.no,
        wave: wave.wave.to_string(),
        about: why.plan.about.to_string(),
        app: address.target.to_string(),
        what: match address.kind {
            model::Kind::Group => address.key.to_string(),
            kind => people::what(kind, address.key.granted_group()),
        },
        address: address.to_string(),
        verb: why.stands.verb.clone(),
        status,
        plan_status: why.plan.status.as_str().to_owned(),
        attempts: why.stands.last.as_ref().map_or(0, |last| last.attempt),
        change: why.plan.change.as_str().to_owned(),
        cause: wave.cause.to_string(),
        changes: why
            .changes
            .map(|changes| changes.into_iter().map(changed).collect()),
        because: why.because.iter().map(words::reason).collect(),
        documents: why.documents.map(|decided| {
            let (author, at) = decided.sent.unzip();
            WireDecided {
                revision: decided.revision,
                author: author.unwrap_or_default(),
                at: text(at),
            }
        }),
        told: why.told.into_iter().map(word).collect(),
        verdict: verdict.map_or("", |verdict| verdict.as_str()).to_owned(),
        verdict_because: verdict.map_or(Vec::new(), |verdict| verdict.because().to_vec()),
        author: wave.author.clone(),
        decided: decision.map_or("", |decision| decision.word()).to_owned(),
        decided_by: decision.map_or(String::new(), |decision| decision.by.clone()),
        decided_at: text(decision.map(|decision| decision.at)),
        decided_because: decision.map_or(String::new(), |decision| decision.reason.clone()),
        timeline: why.timeline.into_iter().map(moment).collect(),
        not_kept: why.not_kept,
        next: why.next,
        name: why.name,
        key: why.key,
    }
}

fn changed(row: Changed) -> WireChanged {
    WireChanged {
        path: row.path,
        before: json!(row.before),
        after: json!(row.after),
    }
}

fn word(word: Word) -> WireWord {
    WireWord {
        at: word.at.to_string(),
        by: word.by,
        delivery: word.delivery,
        what: word.what.to_owned(),
        change: word.change.map_or("", |change| change.as_str()).to_owned(),
    }
}

fn moment(moment: Moment) -> WireMoment {
    WireMoment {
        at: moment.at.to_string(),
        seq: moment.seq,
        what: moment.what.to_owned(),
        by: moment.by,
        attempt: moment.attempt,
        request: moment.request,
        exchanges: moment.exchanges.into_iter().map(exchange).collect(),
        answer: moment.answer.to_owned(),
        class: moment.class,
        said: moment.said,
        next_at: text(moment.next_at),
        step: moment.other.map_or(String::new(), |step| step.to_string()),
    }
}

fn exchange(exchange: Exchange) -> WireExchange {
    WireExchange {
        method: exchange.method,
        path: exchange.path,
        status: exchange.status,
    }
}

fn text(at: Option<Timestamp>) -> String {
    at.map_or(String::new(), |at| at.to_string())
}

//! What documents would do, before they are accepted.

use std::sync::Arc;

use api::{
    AppPreview, AttributePreview, CollisionPreview, ForeseenWave, PeopleList, PersonPreview,
    PreviewAnswer, PreviewProblem, PreviewRequest, Problem, ValueCount,
};
use app::{AppOutlook, Collision, Histogram, Named, Names, Trouble, WavePreview};

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn lifecycle(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: PreviewRequest = call.json()?;
    let files = asked.files.into_iter().map(|file| (file.path, file.text));
    let preview = rooms
        .app
        .preview(call.actor(), files.collect())
        .await
        .map_err(fail)?;
    Reply::json(&PreviewAnswer {
        revision: preview.revision,
        people: preview.people,
        open_waves: preview.open_waves,
        waves: preview.waves.iter().map(wave).collect(),
        apps: preview.apps.into_iter().map(app).collect(),
        problems: preview.problems.into_iter().map(problem).collect(),
        undeclared: preview
            .undeclared
            .into_iter()
            .map(|name| name.to_string())
            .collect(),
    })
}

fn wave(preview: &WavePreview) -> ForeseenWave {
    let told = words::preview(preview);
    ForeseenWave {
        cause: told.cause,
        change: told.change,
        verdict: told.verdict,
        because: told.because,
        plans: preview.plans.len() as u64,
        steps: told.steps,
        removals: told.removals,
    }
}

fn app(outlook: AppOutlook) -> AppPreview {
    let requests = outlook.requests.into_iter();
    let requests: std::collections::BTreeMap<String, u64> =
        requests.map(|(verb, n)| (verb.to_owned(), n)).collect();
    AppPreview {
        app: outlook.app.to_string(),
        mode: outlook.mode.as_str().to_owned(),
        listed: outlook.listed,
        accounts: outlook.accounts,
        gain: people(outlook.gain),
        lose: people(outlook.lose),
        change: people(outlook.change),
        requests_total: requests.values().sum(),
        requests,
        per_second: outlook.per_second,
        seconds: outlook.seconds,
        attributes: outlook.attributes.into_iter().map(attribute).collect(),
        collisions: outlook.collisions.into_iter().map(collision).collect(),
        collisions_total: outlook.collisions_total,
    }
}

fn people(names: Names) -> PeopleList {
    let person = |named: Named| PersonPreview {
        subject: named.subject.to_string(),
        name: named.name,
        what: named.what,
        change: named.change.as_str().to_owned(),
    };
    PeopleList {
        total: names.total,
        people: names.people.into_iter().map(person).collect(),
    }
}

fn attribute(histogram: Histogram) -> AttributePreview {
    let top = histogram.top.into_iter();
    AttributePreview {
        path: histogram.path,
        empty: histogram.empty,
        different: histogram.different,
        more: histogram.more,
        top: top
            .map(|(value, count)| ValueCount { value, count })
            .collect(),
    }
}

fn collision(collision: Collision) -> CollisionPreview {
    CollisionPreview {
        path: collision.path,
        value: collision.value,
        total: collision.total,
        people: collision.people,
    }
}

pub(super) fn problem(trouble: Trouble) -> PreviewProblem {
    PreviewProblem {
        code: trouble.code,
        problem: trouble.problem,
        fix: trouble.fix,
        total: trouble.total,
        people: trouble.people,
    }
}

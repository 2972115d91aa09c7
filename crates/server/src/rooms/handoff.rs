//! Apps that nobody but their own people can reach.

use std::sync::Arc;

use api::{
    AnswersAnswer, ExtractAnswer, Page, Problem, SheetAnswer, WireAnswer, WireLine, schema_of,
};
use app::OpenLine;
use model::{Scope, TargetName, Timestamp};

use super::shape::{AFTER, LIMIT, get, needed, parameter};
use super::{Rooms, fail, words};
use crate::problem;
use crate::route::{Call, Method, Parameter, Reply, Route, Takes};

/// Between the two parts of a cursor.
const AND: char = ',';
const PLACE: Parameter = parameter("place", "What the file is called; shown in errors.");
const DRY_RUN: Parameter = parameter(
    "dry_run",
    "`true`: check and say what would be; change nothing.",
);

/// The lines that are not answered.
pub const LINES: Route<Rooms> = get(
    "/api/v1/handoff/{app}/lines",
    "listLines",
    "Lists what the people of an app are asked to do and have not answered.",
    &[LIMIT, AFTER],
    schema_of::<Page<WireLine>>,
    |rooms, call| Box::pin(lines(rooms, call)),
);

/// The same as the file for them.
pub const SHEET: Route<Rooms> = get(
    "/api/v1/handoff/{app}/sheet",
    "getSheet",
    "Writes the file for an app's people: everything they have not answered.",
    &[],
    schema_of::<SheetAnswer>,
    |rooms, call| Box::pin(sheet(rooms, call)),
);

/// What they answered. The body is the file itself, so everything else is in the query. It can say
/// that access has ended, so it takes the scope that decides about access.
pub const ANSWERS: Route<Rooms> = Route {
    method: Method::Post,
    pattern: "/api/v1/handoff/{app}/answers",
    operation: "takeAnswers",
    summary: "Takes in what an app's people answered.",
    scope: Scope::Approve,
    reason: true,
    long: true,
    query: &[
        PLACE,
        DRY_RUN,
        parameter("reason", "Why, for example a ticket. Names nobody."),
    ],
    takes: Takes::Delivery,
    status: 200,
    answer: schema_of::<AnswersAnswer>,
    handler: |rooms, call| Box::pin(answers(rooms, call)),
};

/// Their list of accounts.
pub const EXTRACTS: Route<Rooms> = Route {
    method: Method::Post,
    pattern: "/api/v1/handoff/{app}/extracts",
    operation: "takeExtract",
    summary: "Takes in a list of an app's accounts, as the app exports it.",
    scope: Scope::Plan,
    reason: false,
    long: true,
    query: &[
        needed("taken_at", "When the app made the list: RFC 3339."),
        PLACE,
        DRY_RUN,
        parameter("reason", "Why."),
    ],
    takes: Takes::Delivery,
    status: 200,
    answer: schema_of::<ExtractAnswer>,
    handler: |rooms, call| Box::pin(extract(rooms, call)),
};

fn target(call: &Call) -> Result<TargetName, Problem> {
    Ok(TargetName::from(call.text("app")?))
}

async fn lines(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let limit = call.limit()? as usize;
    let after = call.asked("after").map(cursor).transpose()?;
    let found = rooms.app.open_lines(&target(&call)?).await.map_err(fail)?;
    let later = |open: &OpenLine| {
        after.is_none_or(|(due, line)| (open.line.due, open.line.id.as_str()) > (due, line))
    };
    let page = found.into_iter().filter(later).take(limit + 1);
    let lines: Vec<WireLine> = page.map(line).collect::<Result<_, _>>()?;
    Reply::json(&Page::cut(lines, limit, |line| {
        format!("{}{AND}{}", line.due, line.line)
    }))
}

fn cursor(text: &str) -> Result<(Timestamp, &str), Problem> {
    let parts = text.split_once(AND);
    let read = parts.and_then(|(due, line)| Some((due.parse().ok()?, line)));
    read.ok_or_else(|| problem::parameter("`after` is not the `next` of a page"))
}

fn line(open: OpenLine) -> Result<WireLine, Problem> {
    let set = serde_json::to_value(&open.line.set);
    Ok(WireLine {
        line: open.line.id,
        status: if open.overdue { "overdue" } else { "open" }.to_owned(),
        handed: open.handed.to_string(),
        due: open.line.due.to_string(),
        task: open.line.task.to_owned(),
        account: open.line.account,
        name: open.line.name,
        why: open.line.why,
        subject: open.subject.map_or_else(String::new, |s| s.to_string()),
        set: set.map_err(|e| problem::fault(&format!("the values have no JSON form: {e}")))?,
        clear: open.line.clear,
    })
}

async fn sheet(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let (sheet, lines) = rooms.app.sheet(&target(&call)?).await.map_err(fail)?;
    let sheet = String::from_utf8(sheet);
    let sheet = sheet.map_err(|_| problem::fault("the file is not UTF-8"))?;
    Reply::json(&SheetAnswer { lines, sheet })
}

async fn answers(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let place = call.asked("place").unwrap_or("the answers");
    let reason = call.asked("reason").unwrap_or_default();
    let dry_run = call.flag("dry_run")?;
    let report = rooms
        .app
        .take_answers(
            call.actor(),
            &target(&call)?,
            (place, &call.body),
            reason,
            dry_run,
        )
        .await
        .map_err(fail)?;
    let row = |row: app::AnswerRow| WireAnswer {
        line: row.line,
        answer: row.said.as_str().to_owned(),
        taken: row.taken.as_str().to_owned(),
    };
    Reply::json(&AnswersAnswer {
        refused: report.refused,
        answers: report.rows.into_iter().map(row).collect(),
        unanswered: report.unanswered,
        diagnostics: report.diagnostics.into_iter().map(Into::into).collect(),
        dry_run,
    })
}

async fn extract(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let place = call.asked("place").unwrap_or("the list");
    let dry_run = call.flag("dry_run")?;
    let taken = call.asked_as::<Timestamp>("taken_at")?;
    let taken = taken.ok_or_else(|| problem::parameter("`taken_at` is missing"))?;
    let report = rooms
        .app
        .take_extract(
            call.actor(),
            &target(&call)?,
            (place, &call.body),
            taken,
            dry_run,
        )
        .await
        .map_err(fail)?;
    let run = report.run.as_ref();
    Reply::json(&ExtractAnswer {
        refused: report.refused,
        read: report.read,
        changed: run.map_or(0, |run| run.changed),
        vanished: run.map_or(0, |run| run.vanished),
        verified: report.verified,
        completeness: run
            .map_or("", |run| words::completeness(run.completeness))
            .to_owned(),
        detail: run.map_or_else(String::new, |run| run.detail.clone()),
        diagnostics: report.diagnostics.into_iter().map(Into::into).collect(),
        dry_run,
    })
}

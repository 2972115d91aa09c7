//! Documents, deliveries and observations.

use std::sync::Arc;

use api::{
    DeliveryAnswer, DeliverySummary, DocumentFile, DocumentsAnswer, DocumentsInForce, FactChange,
    FileChange, ObserveRequest, ObservedRun, Page, PersonChange, Problem, PutDocuments,
    WireUndecided, schema_of,
};
use model::{Scope, TargetName};

use super::shape::{needed, parameter};
use super::{Rooms, fail, words};
use crate::route::{Call, Method, Reply, Route, Takes};

/// The body is the file itself, so everything else is in the query.
pub const DELIVER: Route<Rooms> = Route {
    method: Method::Post,
    pattern: "/api/v1/deliveries",
    operation: "deliver",
    summary: "Takes in an HR file.",
    scope: Scope::Plan,
    reason: false,
    long: true,
    query: &[
        needed("source", "The name of the source's document."),
        parameter("place", "What the file is called; shown in errors."),
        parameter(
            "dry_run",
            "`true`: check and say what would be; change nothing.",
        ),
        parameter("reason", "Why."),
    ],
    takes: Takes::Delivery,
    status: 200,
    answer: schema_of::<DeliveryAnswer>,
    handler: |rooms, call| Box::pin(deliver(rooms, call)),
};

pub async fn put(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: PutDocuments = call.json()?;
    let files = asked
        .files
        .into_iter()
        .map(|file| (file.path, file.text))
        .collect();
    let report = rooms
        .app
        .accept_documents(call.actor(), files, asked.dry_run)
        .await
        .map_err(fail)?;
    let (sources, apps, rules) = report.counts;
    Reply::json(&DocumentsAnswer {
        revision: report.revision,
        changed: report.changed,
        files: report
            .files
            .into_iter()
            .map(|(path, change)| FileChange {
                path,
                change: change.to_owned(),
            })
            .collect(),
        people: report
            .people
            .into_iter()
            .flat_map(|told| told.changes)
            .map(|row| PersonChange {
                document: row.key,
                change: row.change.as_str().to_owned(),
            })
            .collect(),
        sources: sources as u64,
        apps: apps as u64,
        rules: rules as u64,
        tests: report.tests as u64,
        notes: report.notes,
        dry_run: asked.dry_run,
    })
}

pub async fn show(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let row = rooms.app.store().documents().await.map_err(fail)?;
    Reply::json(&row.map_or_else(
        || DocumentsInForce {
            revision: 0,
            author: String::new(),
            at: String::new(),
            files: Vec::new(),
        },
        |row| {
            DocumentsInForce {
                revision: row.revision,
                author: row.author,
                at: row.at.to_string(),
                files: row
                    .documents
                    .into_iter()
                    .map(|d| DocumentFile {
                        path: d.name,
                        text: d.text,
                    })
                    .collect(),
            }
        },
    ))
}

pub async fn deliver(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let source = call.asked("source").unwrap_or_default();
    let place = call.asked("place").unwrap_or("the delivery");
    let dry_run = call.flag("dry_run")?;
    let report = rooms
        .app
        .deliver(call.actor(), source, place, &call.body, dry_run)
        .await
        .map_err(fail)?;
    Reply::json(&DeliveryAnswer {
        delivery: report.delivery.to_string(),
        source: source.to_owned(),
        completeness: words::completeness(report.completeness).to_owned(),
        refused: report.refused,
        rows: report.rows,
        changes: report
            .changes
            .into_iter()
            .map(|row| FactChange {
                subject: row.subject.to_string(),
                key: row.key,
                name: row.name,
                change: row.change.as_str().to_owned(),
            })
            .collect(),
        diagnostics: report.diagnostics.into_iter().map(Into::into).collect(),
        undecided: report
            .undecided
            .into_iter()
            .map(|worker| WireUndecided {
                key: worker.key,
                candidates: worker.candidates.iter().map(ToString::to_string).collect(),
                problem: worker.problem,
            })
            .collect(),
        dry_run,
    })
}

pub async fn deliveries(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let rows = rooms
        .app
        .store()
        .deliveries(call.limit()?)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(|row| DeliverySummary {
        delivery: row.delivery.delivery.to_string(),
        source: row.delivery.source,
        author: row.delivery.author,
        at: row.at.to_string(),
        completeness: words::completeness(row.delivery.completeness).to_owned(),
        refused: row.delivery.refused,
        rows: row.delivery.rows,
        changed: row.delivery.changed,
        missing: row.delivery.missing,
        diagnostics: row.delivery.diagnostics.len() as u64,
    });
    Reply::json(&Page::whole(rows.collect()))
}

pub async fn observe(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: ObserveRequest = call.json()?;
    let target = TargetName(asked.target);
    let runs = rooms
        .app
        .observe(call.actor(), &target)
        .await
        .map_err(fail)?;
    let runs = runs.into_iter().map(|run| ObservedRun {
        target: run.target.to_string(),
        kind: run.kind.as_str().to_owned(),
        started: run.started.to_string(),
        read: run.read,
        changed: run.changed,
        vanished: run.vanished,
        completeness: words::completeness(run.completeness).to_owned(),
        detail: run.detail,
    });
    Reply::json(&Page::whole(runs.collect()))
}

//! Status, targets, findings, the kill switch, the log.

use std::sync::Arc;

use api::{
    CloseFinding, Done, LogEntry, Page, Problem, StatusAnswer, StoppedTarget, TargetSummary,
    WireFinding, WritingRequest,
};
use app::rows::{LogRecord, ObservationRow, WaveFilter};
use app::{ErrorKind, TargetStatus};
use model::{FindingId, TargetName};
use serde_json::Value;

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn status(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let store = rooms.app.store();
    let (log_head, log_hash) = store.head().await.map_err(fail)?;
    let open = WaveFilter {
        open: true,
        limit: 1000,
        ..WaveFilter::default()
    };
    let stopped = store.stopped().await.map_err(fail)?;
    Reply::json(&StatusAnswer {
        tenant: rooms.tenant.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        revision: store
            .documents()
            .await
            .map_err(fail)?
            .map_or(0, |row| row.revision),
        log_head,
        log_hash: log_hash.to_string(),
        waves_open: store.waves(open).await.map_err(fail)?.len() as u64,
        findings_open: store.open_findings(1000).await.map_err(fail)?.len() as u64,
        stopped: stopped
            .into_iter()
            .map(|(target, reason)| StoppedTarget {
                target: target.map(|t| t.0),
                reason,
            })
            .collect(),
        principal: call.actor().principal.clone(),
        scopes: call
            .caller
            .scopes
            .iter()
            .map(|s| s.as_str().to_owned())
            .collect(),
    })
}

pub async fn targets(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let targets = match rooms.app.targets().await {
        // Before the first documents there are none: not an error of who asks.
        Err(error) if error.code() == "TNR-APP-0002" => Vec::new(),
        targets => targets.map_err(fail)?,
    };
    Reply::json(&Page::whole(targets.into_iter().map(target).collect()))
}

fn target(status: TargetStatus) -> TargetSummary {
    let runs: Vec<&ObservationRow> = [&status.accounts, &status.groups]
        .into_iter()
        .flatten()
        .collect();
    let read = |row: &Option<ObservationRow>| row.as_ref().map_or(0, |row| row.run.read);
    let worst = runs
        .iter()
        .map(|row| words::completeness(row.run.completeness))
        .find(|w| *w != "full");
    let details: Vec<_> = runs
        .iter()
        .map(|row| row.run.detail.as_str())
        .filter(|d| !d.is_empty())
        .collect();
    TargetSummary {
        target: status.name.to_string(),
        mode: status.mode.to_owned(),
        stopped: status.stopped.clone().unwrap_or_default(),
        observed_at: runs
            .iter()
            .map(|row| row.at)
            .min()
            .map_or(String::new(), |at| at.to_string()),
        accounts: read(&status.accounts),
        groups: read(&status.groups),
        completeness: worst
            .unwrap_or(if runs.is_empty() { "" } else { "full" })
            .to_owned(),
        detail: details.join("; "),
        url: status.url,
    }
}

pub async fn findings(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let rows = rooms
        .app
        .store()
        .open_findings(call.limit()?)
        .await
        .map_err(fail)?;
    let rows = rows.into_iter().map(|row| WireFinding {
        id: row.opened.id.to_string(),
        at: row.at.to_string(),
        subject: row
            .opened
            .finding
            .subject
            .map_or(String::new(), |s| s.to_string()),
        address: row
            .opened
            .finding
            .address
            .map_or(String::new(), |a| a.to_string()),
        code: row.opened.finding.code,
        problem: row.opened.finding.problem,
        fix: row.opened.finding.fix,
    });
    Reply::json(&Page::whole(rows.collect()))
}

pub async fn close_finding(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: CloseFinding = call.json()?;
    let id = call.id::<FindingId>("finding")?;
    rooms
        .app
        .close_finding(call.actor(), id, &asked.reason)
        .await
        .map_err(fail)?;
    Reply::json(&Done {
        done: format!("closed {id}"),
        dry_run: false,
    })
}

pub async fn stop(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: WritingRequest = call.json()?;
    let target = known_target(&rooms, asked.target).await?;
    let done = match provider_of(target.as_ref()) {
        Some(provider) => format!("nobody is sent to `{provider}`: people sign in here"),
        None => format!("writing to {} is stopped", place_of(target.as_ref())),
    };
    if !asked.dry_run {
        rooms
            .app
            .stop_writing(call.actor(), target, &asked.reason)
            .await
            .map_err(fail)?;
    }
    Reply::json(&Done {
        done,
        dry_run: asked.dry_run,
    })
}

pub async fn resume(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: WritingRequest = call.json()?;
    let target = asked.target.map(TargetName);
    let stopped = rooms.app.store().stopped().await.map_err(fail)?;
    if !stopped.iter().any(|(at, _)| *at == target) {
        return Err(Problem::new(
            409,
            "TNR-API-0016",
            "not stopped",
            "writing is not stopped there, so it cannot be resumed",
        )
        .fix(
            "`tenure status` lists where writing is stopped; a stop of every app is lifted for \
              every app",
        ));
    }
    let done = match provider_of(target.as_ref()) {
        Some(provider) => format!("people are sent to `{provider}` again, as the documents say"),
        None => format!("writing to {} is resumed", place_of(target.as_ref())),
    };
    if !asked.dry_run {
        rooms
            .app
            .resume_writing(call.actor(), target, &asked.reason)
            .await
            .map_err(fail)?;
    }
    Reply::json(&Done {
        done,
        dry_run: asked.dry_run,
    })
}

fn place_of(target: Option<&TargetName>) -> String {
    target.map_or("every app".to_owned(), ToString::to_string)
}

/// The identity provider that a switch is of, where it is of one.
fn provider_of(target: Option<&TargetName>) -> Option<&str> {
    target?.as_str().strip_prefix(app::IDENTITY_PROVIDER)
}

/// A stop of an app that is misspelt would stop nothing, when seconds count.
async fn known_target(rooms: &Rooms, name: Option<String>) -> Result<Option<TargetName>, Problem> {
    let Some(name) = name else { return Ok(None) };
    if let Some(provider) = name.strip_prefix(app::IDENTITY_PROVIDER) {
        let loaded = rooms.app.loaded().await.map_err(fail)?;
        if loaded.tenant.identity_providers.contains_key(provider) {
            return Ok(Some(TargetName(name)));
        }
    }
    let targets = match rooms.app.targets().await {
        Err(error) if error.kind() == ErrorKind::Missing => Vec::new(),
        targets => targets.map_err(fail)?,
    };
    if targets.iter().any(|t| t.name.as_str() == name) {
        return Ok(Some(TargetName(name)));
    }
    let known: Vec<_> = targets.iter().map(|t| t.name.as_str()).collect();
    Err(Problem::new(
        404,
        "TNR-APP-0001",
        "not found",
        format!("there is no app `{name:.100}`"),
    )
    .fix(format!(
        "the apps are: {}. Without a name every app is stopped",
        known.join(", ")
    )))
}

pub async fn log(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let limit = call.limit()?;
    let after = call.asked_as::<u64>("after")?;
    if let Some(person) = call.asked("person") {
        let known = rooms.app.one_person(person).await.map_err(fail)?;
        let records = rooms
            .app
            .store()
            .records_about(known.person.subject, after, limit + 1)
            .await;
        let records = rooms.app.with_addresses(records.map_err(fail)?).await;
        let page = page(&records.map_err(fail)?, limit)?;
        return Ok(page.about(known.person.subject));
    }
    let after = after.unwrap_or(0);
    let records = rooms
        .app
        .store()
        .records(after, limit + 1)
        .await
        .map_err(fail)?;
    let records = rooms.app.with_addresses(records).await.map_err(fail)?;
    page(&records, limit)
}

fn page(records: &[LogRecord], limit: u32) -> Result<Reply, Problem> {
    let entries = records.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    Reply::json(&Page::cut(entries, limit as usize, |entry| {
        entry.seq.to_string()
    }))
}

fn entry(record: &LogRecord) -> Result<LogEntry, Problem> {
    let mut event = serde_json::to_value(&record.event).map_err(|e| {
        crate::problem::fault(&format!("record {} has no JSON form: {e}", record.seq))
    })?;
    let kind = event
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    Ok(LogEntry {
        seq: record.seq,
        at: record.at.to_string(),
        principal: record.actor.principal.clone(),
        token: record.actor.token.map_or(String::new(), |t| t.to_string()),
        kind,
        body: event.get_mut("body").map(Value::take).unwrap_or_default(),
        hash: record.hash.to_string(),
    })
}

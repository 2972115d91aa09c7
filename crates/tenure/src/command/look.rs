//! Looking: people, findings, targets, status, the log.

use api::{
    DeliverySummary, LogEntry, Page, PersonAnswer, PersonSummary, StatusAnswer, TargetSummary,
    WireFinding,
};

use super::{Desk, When, tell_when};
use crate::failure::{Exit, Failure};
use crate::output::Format;

/// `tenure people [TEXT]`.
pub async fn people(
    desk: &Desk,
    text: Option<&str>,
    source: Option<&str>,
) -> Result<Exit, Failure> {
    let query: Vec<(&str, &str)> = [("match", text), ("source", source)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    let rows: Vec<PersonSummary> = desk.client.all(&["people"], &query).await?;
    desk.output.list(
        &rows,
        &["key", "name", "email", "standing", "source", "subject"],
    )?;
    Ok(Exit::Fine)
}

/// `tenure show PERSON`.
pub async fn person(desk: &Desk, person: &str, when: &When) -> Result<Exit, Failure> {
    let query: Vec<(&str, &str)> = when.query().collect();
    let answer: PersonAnswer = desk.client.get(&["people", person], &query).await?;
    let fields = [
        "subject",
        "name",
        "key",
        "source",
        "email",
        "standing",
        "terminated.reason",
        "terminated.by",
        "terminated.at",
        "starts",
        "ends",
        "leave",
        "zone",
        "attributes",
        "waits",
    ];
    desk.output.show(&answer, &fields)?;
    if desk.output.format() == Format::Table && desk.output.columns.is_empty() {
        desk.output.list(
            &answer.access,
            &["app", "what", "ownership", "remote", "because"],
        )?;
    }
    tell_when(answer.when.as_ref());
    Ok(Exit::Fine)
}

/// `tenure findings`.
pub async fn findings(desk: &Desk) -> Result<Exit, Failure> {
    let rows: Vec<WireFinding> = desk.client.all(&["findings"], &[]).await?;
    desk.output.list(
        &rows,
        &["id", "code", "at", "subject", "address", "problem", "fix"],
    )?;
    Ok(if rows.is_empty() {
        Exit::Fine
    } else {
        Exit::Present
    })
}

/// `tenure targets`.
pub async fn targets(desk: &Desk) -> Result<Exit, Failure> {
    let rows: Page<TargetSummary> = desk.client.get(&["targets"], &[]).await?;
    let columns = [
        "target",
        "mode",
        "accounts",
        "groups",
        "completeness",
        "observed_at",
        "stopped",
        "detail",
    ];
    desk.output.list(&rows.items, &columns)?;
    Ok(Exit::Fine)
}

/// `tenure deliveries`.
pub async fn deliveries(desk: &Desk) -> Result<Exit, Failure> {
    let rows: Vec<DeliverySummary> = desk.client.all(&["deliveries"], &[]).await?;
    let columns = [
        "delivery",
        "source",
        "at",
        "author",
        "rows",
        "changed",
        "missing",
        "refused",
        "diagnostics",
    ];
    desk.output.list(&rows, &columns)?;
    Ok(Exit::Fine)
}

/// `tenure status`.
pub async fn status(desk: &Desk) -> Result<Exit, Failure> {
    let answer: StatusAnswer = desk.client.get(&["status"], &[]).await?;
    let fields = [
        "tenant",
        "version",
        "revision",
        "waves_open",
        "findings_open",
        "stopped",
        "log_head",
        "log_hash",
        "principal",
        "scopes",
    ];
    desk.output.show(&answer, &fields)?;
    Ok(Exit::Fine)
}

/// `tenure log`.
pub async fn log(
    desk: &Desk,
    after: Option<u64>,
    limit: u32,
    person: Option<&str>,
) -> Result<Exit, Failure> {
    let limit_text = limit.to_string();
    let rows: Page<LogEntry> = if let Some(person) = person {
        let after = after.map(|after| after.to_string());
        let mut asked = vec![("person", person), ("limit", &limit_text)];
        asked.extend(after.as_deref().map(|after| ("after", after)));
        desk.client.get(&["log"], &asked).await?
    } else {
        let after = match after {
            Some(after) => after,
            None => {
                let status: StatusAnswer = desk.client.get(&["status"], &[]).await?;
                status.log_head.saturating_sub(u64::from(limit))
            }
        };
        let after = after.to_string();
        desk.client
            .get(&["log"], &[("after", &after), ("limit", &limit_text)])
            .await?
    };
    desk.output
        .list(&rows.items, &["seq", "at", "principal", "kind", "body"])?;
    Ok(Exit::Fine)
}

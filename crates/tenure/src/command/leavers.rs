//! `tenure leavers`.

use api::{LeaversAnswer, WireLeaver};
use serde_json::{Value, json};

use super::Desk;
use super::digest::Since;
use crate::failure::{Exit, Failure};
use crate::output::{Format, to_value};

/// The ledger of leavers. Tables, CSV and Markdown have one row for each account of each leaver, and
/// one for a leaver without any; JSON is the whole answer.
pub async fn leavers(desk: &Desk, since: &Since, until: Option<&str>) -> Result<Exit, Failure> {
    let mut query = vec![("since", since.since.as_str()), ("zone", &since.zone)];
    query.extend(until.map(|until| ("until", until)));
    let answer: LeaversAnswer = desk.client.get(&["leavers"], &query).await?;
    let columns = [
        "key",
        "name",
        "kind",
        "local",
        "zone",
        "state",
        "app",
        "account",
        "sent_at",
        "confirmed_at",
        "verified_at",
        "seconds",
        "wave",
        "released_by",
        "why",
    ];
    match desk.output.format() {
        Format::Json | Format::Yaml if desk.output.columns.is_empty() => {
            desk.output.show(&answer, &[])?;
        }
        Format::Ndjson if desk.output.columns.is_empty() => {
            desk.output.list(&answer.leavers, &columns)?;
        }
        _ => desk.output.list(&rows(&answer.leavers)?, &columns)?,
    }
    eprintln!("{}", told(&answer));
    Ok(match answer.exposed {
        0 => Exit::Fine,
        _ => Exit::Present,
    })
}

/// One row for each account.
fn rows(leavers: &[WireLeaver]) -> Result<Vec<Value>, Failure> {
    let mut rows = Vec::new();
    for leaver in leavers {
        let mut row = to_value(leaver)?;
        let accounts = match row.as_object_mut() {
            Some(fields) => fields.remove("accounts"),
            None => None,
        };
        let accounts = accounts
            .and_then(|a| a.as_array().cloned())
            .unwrap_or_default();
        let none = json!({"app": "", "state": "none", "sent_at": "", "confirmed_at": "", "verified_at": ""});
        let accounts = if accounts.is_empty() {
            vec![none]
        } else {
            accounts
        };
        for account in accounts {
            let mut row = row.clone();
            // The leaver has a state of their own.
            row["account"] = account["state"].clone();
            for field in ["app", "sent_at", "confirmed_at", "verified_at"] {
                row[field] = account[field].clone();
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn told(answer: &LeaversAnswer) -> String {
    let left = match answer.left {
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    };
    let mut text = format!("{left} left from {} to {}.", answer.from, answer.to);
    if let Some(times) = &answer.times {
        text = format!(
            "{text} Of {} who are done: half within {} s, 95 % within {} s, 99 % within {} s, all within \
             {} s.",
            times.done,
            times.p50_seconds,
            times.p95_seconds,
            times.p99_seconds,
            times.longest_seconds
        );
    }
    match answer.exposed {
        0 => format!("{text} Nothing is exposed."),
        n => format!("{text} EXPOSED: {n} of them may still use an account."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_account_has_its_row_and_whoever_has_none_has_one() {
        let leaver = |key: &str, accounts: Value| -> WireLeaver {
            serde_json::from_value(json!({
                "kind": "leaver", "subject": "s", "name": "n", "key": key, "at": "a",
                "local": "l", "zone": "UTC", "start": "a", "due": "d", "state": "late",
                "done_at": "", "seconds": null, "plan": "p", "wave": "w", "proposed_at": "",
                "released_by": "", "released_at": "", "why": "because", "accounts": accounts,
            }))
            .unwrap()
        };
        let ended = |app: &str, state: &str| json!({"app": app, "state": state, "sent_at": "1", "verified_at": "2"});
        let two = json!([ended("chat", "disabled"), ended("code", "exposed")]);
        let rows = rows(&[leaver("w1", two), leaver("w2", json!([]))]).unwrap();
        let told: Vec<_> = rows
            .iter()
            .map(|r| {
                (
                    r["key"].as_str().unwrap(),
                    r["app"].as_str().unwrap(),
                    r["account"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("w1", "chat", "disabled"),
                ("w1", "code", "exposed"),
                ("w2", "", "none")
            ]
        );
        assert!(
            rows.iter()
                .all(|row| row["state"] == "late" && row.get("accounts").is_none())
        );
    }
}

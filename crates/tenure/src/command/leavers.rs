//! `tenure leavers`.

use api::{LeaversAnswer, WireLeaver};
use serde_json::{Value, json};

use super::Desk;
use super::digest::Since;
use crate::failure::{Exit, Failure};
use crate::output::{Format, to_value};

/// The ledger of leavers. Tables, CSV and Markdown have one row for each account of each leaver, one for
/// a leaver without any, and one for everything that remains; JSON is the whole answer.
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
        "verified_at",
        "remains",
        "until",
        "seconds",
        "at_most",
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

/// One row for each account, and one for everything that remains.
fn rows(leavers: &[WireLeaver]) -> Result<Vec<Value>, Failure> {
    let mut rows = Vec::new();
    for leaver in leavers {
        let mut row = to_value(leaver)?;
        let mut take = |name: &str| {
            let fields = row.as_object_mut().and_then(|fields| fields.remove(name));
            let list = fields.and_then(|list| list.as_array().cloned());
            list.unwrap_or_default()
        };
        let (mut accounts, remains) = (take("accounts"), take("remains"));
        if accounts.is_empty() {
            accounts.push(json!({"app": "", "state": "none", "sent_at": "", "verified_at": ""}));
        }
        for account in accounts {
            let mut row = row.clone();
            // The leaver has a state of their own.
            row["account"] = account["state"].clone();
            for field in ["app", "sent_at", "verified_at"] {
                row[field] = account[field].clone();
            }
            for field in ["remains", "until"] {
                row[field] = "".into();
            }
            rows.push(row);
        }
        for rest in remains {
            let mut row = row.clone();
            for field in ["account", "sent_at", "verified_at"] {
                row[field] = "".into();
            }
            let named = |field: &str| rest[field].as_str().unwrap_or_default().to_owned();
            row["remains"] = format!("{}: {}", named("kind"), named("what")).into();
            for field in ["app", "until", "why"] {
                row[field] = rest[field].clone();
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
        let at_most = match times.at_most {
            0 => String::new(),
            n => format!(" (of {n} only when they were seen shut is known)"),
        };
        text = format!(
            "{text} Of {} who are done{at_most}: half within {} s, 95 % within {} s, 99 % within {} s, all within \
             {} s.",
            times.done,
            times.p50_seconds,
            times.p95_seconds,
            times.p99_seconds,
            times.longest_seconds
        );
    }
    text = match answer.exposed {
        0 => format!("{text} Nothing is exposed."),
        n => format!("{text} EXPOSED: {n} of them may still use an account."),
    };
    if answer.remaining > answer.exposed {
        let more = answer.remaining - answer.exposed;
        text = format!("{text} Of {more} more something remains: see `remains` and `until`.");
    }
    for unread in &answer.unread {
        text = format!("{text}\nNot readable: {}: {}.", unread.app, unread.why);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_account_and_all_that_remains_has_its_row_and_whoever_has_none_has_one() {
        let leaver = |key: &str, accounts: Value| -> WireLeaver {
            serde_json::from_value(json!({
                "kind": "leaver", "subject": "s", "name": "n", "key": key, "at": "a",
                "local": "l", "zone": "UTC", "start": "a", "due": "d", "state": "late",
                "done_at": "", "at_most": false, "seconds": null, "plan": "p", "wave": "w", "proposed_at": "",
                "released_by": "", "released_at": "", "why": "because", "accounts": accounts,
                "remains": [{"app": "chat", "kind": "lingering", "what": "sessions",
                    "until": "unknown", "why": "nobody knows"}],
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
                    r["remains"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("w1", "chat", "disabled", ""),
                ("w1", "code", "exposed", ""),
                ("w1", "chat", "", "lingering: sessions"),
                ("w2", "", "none", ""),
                ("w2", "chat", "", "lingering: sessions"),
            ]
        );
        assert!(
            rows.iter()
                .all(|row| row["state"] == "late" && row.get("accounts").is_none())
        );
    }
}

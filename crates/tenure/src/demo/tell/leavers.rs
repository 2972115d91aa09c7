//! The ledger of leavers, one line for each.

use api::{LeaversAnswer, WireLeaver};
use serde_json::{Value, json};

use super::paragraph;
use crate::output::Section;

/// Leavers that are told one by one, those whom it took longest first.
const MOST: usize = 24;

/// Tells it.
pub fn tell(answer: &LeaversAnswer) -> String {
    let (done, exposed): (Vec<&WireLeaver>, Vec<&WireLeaver>) =
        answer.leavers.iter().partition(|one| one.seconds.is_some());
    let rows: Vec<Value> = done.iter().take(MOST).map(|one| row(one)).collect();
    let mut text = Section {
        title: String::new(),
        columns: &[
            "key",
            "name",
            "out_at",
            "on_the_clock_of",
            "gone_from",
            "after",
        ],
        rows,
    }
    .table();
    if done.len() > MOST {
        text.push_str(&format!("  and {} more\n", done.len() - MOST));
    }
    if let Some(times) = &answer.times {
        let told = format!(
            "{} left; of {} who are out, half within {} and all within {}.",
            answer.left,
            times.done,
            took(times.p50_seconds),
            took(times.longest_seconds),
        );
        text.push_str(&paragraph("  ", &told));
    }
    if let Some(first) = exposed.first() {
        let told = format!(
            "{} may still use accounts, {} first: {}.",
            exposed.len(),
            first.name,
            first.why
        );
        text.push_str(&paragraph("  ", &told));
    }
    text
}

fn row(leaver: &WireLeaver) -> Value {
    let apps: Vec<&str> = leaver.accounts.iter().map(|one| one.app.as_str()).collect();
    json!({
        "key": leaver.key,
        "name": short(&leaver.name),
        "out_at": leaver.local.replace('T', " ").chars().take(16).collect::<String>(),
        "on_the_clock_of": leaver.zone,
        "gone_from": apps.join(" "),
        "after": took(leaver.seconds.unwrap_or_default()),
    })
}

/// A name of which no more is shown than its column has room for.
fn short(name: &str) -> String {
    const ROOM: usize = 20;
    match name.chars().count() {
        0..=ROOM => name.to_owned(),
        _ => format!("{}…", name.chars().take(ROOM - 1).collect::<String>()),
    }
}

/// `0 s`, `5 h 15 min`.
fn took(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
    }
}

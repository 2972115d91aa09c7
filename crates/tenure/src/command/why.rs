//! `tenure why access PERSON APP`.

use api::{AccessAnswer, AccessItem, WireReason};
use serde_json::Value;

use super::{Desk, When, tell_when};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// Asks, and tells the answer in sentences on a terminal.
pub async fn access(desk: &Desk, person: &str, app: &str, when: &When) -> Result<Exit, Failure> {
    let mut query = vec![("person", person), ("app", app)];
    query.extend(when.query());
    let answer: AccessAnswer = desk.client.get(&["why", "access"], &query).await?;
    if desk.output.format() == Format::Table && desk.output.columns.is_empty() {
        print(&printable(&tell(&answer)))?;
    } else {
        desk.output.show(
            &answer,
            &["subject", "name", "app", "standing", "items", "not_given"],
        )?;
    }
    tell_when(answer.when.as_ref());
    Ok(Exit::Fine)
}

/// An answer in sentences.
pub fn tell(answer: &AccessAnswer) -> String {
    let mut text = format!(
        "{} ({}, {}) and {}: at work: {}\n",
        answer.name,
        answer.key,
        answer.subject,
        answer.app,
        answer.standing.as_str()
    );
    for item in &answer.items {
        tell_item(item, answer.when.is_some(), &mut text);
    }
    for reason in &answer.not_given {
        text.push_str(&format!(
            "  not given by {}: {}{}\n",
            reason.by,
            reason.text,
            facts(reason)
        ));
    }
    text
}

fn tell_item(item: &AccessItem, dated: bool, text: &mut String) {
    text.push_str(&format!(
        "\n  {}: wanted {}, seen {}",
        item.what, item.wanted, item.seen
    ));
    if !item.ownership.is_empty() {
        text.push_str(&format!(", {}", item.ownership));
    }
    text.push('\n');
    // Now, a look at the app itself tells more.
    if dated && !item.seen_at.is_empty() {
        text.push_str(&format!("    seen so by the look of {}\n", item.seen_at));
    }
    for reason in &item.because {
        text.push_str(&format!(
            "    because {}: {}{}\n",
            reason.by,
            reason.text,
            facts(reason)
        ));
    }
    if item.because.is_empty() {
        text.push_str("    no rule wants it\n");
    }
    if !item.pending.is_empty() {
        text.push_str(&format!("    not finished: {}\n", item.pending));
    }
    if !item.verified_at.is_empty() {
        // What is not finished yet wants something else than what was read back before it.
        let before = if item.pending.is_empty() {
            ""
        } else {
            "before that, "
        };
        let how = match item.by_word {
            true => "done by its people's word, and not read back, at",
            false => "read back as wanted at",
        };
        text.push_str(&format!(
            "    {before}{how} {} (step {})\n",
            item.verified_at, item.verified_by
        ));
    }
}

/// The facts that a reason looked at, in brackets; empty where there are none.
pub(super) fn facts(reason: &WireReason) -> String {
    let Some(facts) = reason.facts.as_object().filter(|f| !f.is_empty()) else {
        return String::new();
    };
    let told = facts.iter().map(|(name, value)| match value {
        Value::Null => format!("{name} is not stated"),
        Value::String(value) => format!("{name} = {value}"),
        value => format!("{name} = {value}"),
    });
    format!(" ({})", told.collect::<Vec<_>>().join(", "))
}

//! `tenure why change STEP`.

use api::{WhyChangeAnswer, WireExchange, WireMoment, WireWord};
use model::StepRef;
use model::handoff::step_of;
use serde_json::{Value, json};

use super::Desk;
use super::why::facts;
use crate::failure::{Exit, Failure};
use crate::output::{Format, Section, print, printable};

/// Asks, and tells the answer in tables on a terminal.
pub async fn change(desk: &Desk, step: &str) -> Result<Exit, Failure> {
    let step = read(step)?;
    let (plan, no) = (step.plan.to_string(), step.no.to_string());
    let answer: WhyChangeAnswer = desk
        .client
        .get(&["plans", &plan, "steps", &no], &[])
        .await?;
    match desk.output.format() {
        Format::Table | Format::Md if desk.output.columns.is_empty() => {
            let markdown = desk.output.format() == Format::Md;
            print(&tell(&answer, markdown))?;
        }
        Format::Csv if desk.output.columns.is_empty() => {
            let problem = "what is told of a step is several tables, and CSV is one";
            let fix = "ask for `-o json`, which has all of it, or `-o md`, which people can read";
            return Err(Failure::usage(problem, fix));
        }
        _ => desk.output.show(
            &answer,
            &[
                "step",
                "status",
                "verb",
                "address",
                "name",
                "cause",
                "verdict",
                "decided_by",
                "attempts",
                "next",
            ],
        )?,
    }
    Ok(Exit::Fine)
}

/// A step as other commands print it, `pln_…#0`, or as the files of apps that only their own people
/// can reach do, `pln_….0`.
fn read(text: &str) -> Result<StepRef, Failure> {
    let step = text.parse::<StepRef>().or_else(|_| step_of(text));
    step.map_err(|_| {
        Failure::usage(
            format!("`{text:.60}` is no step"),
            "write a plan's id and the step's number in it (`pln_…#0`), as `tenure waves show`, `tenure \
             why access` and `tenure digest` print it",
        )
    })
}

/// The answer for people.
fn tell(answer: &WhyChangeAnswer, markdown: bool) -> String {
    let mut sections = Vec::new();
    let mut add = |title: &str, columns: &'static [&'static str], rows: Vec<Value>| {
        if !rows.is_empty() {
            let title = title.to_owned();
            sections.push(Section {
                title,
                columns,
                rows,
            });
        }
    };
    add(
        "Changes",
        &["attribute", "before", "after"],
        changes(answer),
    );
    add("Why", &["what", "who", "at", "text"], reasons(answer));
    let moments = answer.timeline.iter().map(moment).collect();
    add(
        "Timeline",
        &[
            "at", "what", "who", "attempt", "answer", "class", "next_at", "text",
        ],
        moments,
    );
    let mut text = printable(&head(answer));
    text.push('\n');
    text.push_str(&Section::render(&sections, markdown));
    if !answer.not_kept.is_empty() {
        text.push('\n');
    }
    for gap in &answer.not_kept {
        text.push_str(&printable(&format!("Not in the log: {gap}.\n")));
    }
    if !answer.next.is_empty() {
        text.push_str(&printable(&format!("\nNext: {}.\n", answer.next)));
    }
    text
}

/// Who, where, what, and how it stands.
fn head(answer: &WhyChangeAnswer) -> String {
    let who = match (answer.name.as_str(), answer.key.as_str()) {
        ("", _) => answer.about.clone(),
        (name, "") => name.to_owned(),
        (name, key) => format!("{name} ({key}, {})", answer.about),
    };
    let what = match answer.what.as_str() {
        "account" => "account".to_owned(),
        group => format!("group {group}"),
    };
    let tried = match answer.attempts {
        0 => String::new(),
        1 => ", tried once".to_owned(),
        many => format!(", tried {many} times"),
    };
    format!(
        "{who}: {} {} {what}: {}{tried}\n{} of {}, whose plan is {}\n",
        answer.verb, answer.app, answer.status, answer.step, answer.wave, answer.plan_status
    )
}

fn changes(answer: &WhyChangeAnswer) -> Vec<Value> {
    let shown = |value: &Value| match value {
        Value::Null => json!("none"),
        value => match value.get("subject") {
            Some(subject) => subject.clone(),
            None => value.clone(),
        },
    };
    let rows = answer.changes.iter().flatten();
    rows.map(|row| {
        json!({
            "attribute": row.path, "before": shown(&row.before), "after": shown(&row.after),
        })
    })
    .collect()
}

/// From what made it necessary to who let it go.
fn reasons(answer: &WhyChangeAnswer) -> Vec<Value> {
    let row = |what: &str, who: &str, at: &str, text: &str| json!({"what": what, "who": who, "at": at, "text": text});
    let mut rows = vec![row("cause", &answer.author, "", &answer.cause)];
    for reason in &answer.because {
        let text = format!("{}{}", reason.text, facts(reason));
        rows.push(row(&reason.by, "", "", &text));
    }
    if let Some(decided) = &answer.documents {
        let text = format!("revision {}", decided.revision);
        rows.push(row("documents", &decided.author, &decided.at, &text));
    }
    for word in &answer.told {
        rows.push(row("facts", &word.by, &word.at, &said(word)));
    }
    if !answer.verdict.is_empty() {
        let text = format!("{} — {}", answer.verdict, answer.verdict_because.join("; "));
        rows.push(row("guard", "", "", &text));
    }
    if !answer.decided_by.is_empty() {
        let (by, at) = (&answer.decided_by, &answer.decided_at);
        rows.push(row(&answer.decided, by, at, &answer.decided_because));
    }
    rows
}

fn said(word: &WireWord) -> String {
    let what = match word.what.as_str() {
        "missing" => "missing from".to_owned(),
        "told" => format!("{} in", word.change),
        other => return format!("{other} for cause"),
    };
    format!("{what} {}", word.delivery)
}

fn moment(moment: &WireMoment) -> Value {
    let exchanges = moment.exchanges.iter().map(exchange);
    let parts = std::iter::once(moment.request.clone())
        .chain(exchanges)
        .chain([moment.said.clone()]);
    let parts = parts.filter(|part| !part.is_empty());
    let attempt = match moment.attempt {
        0 => String::new(),
        attempt => attempt.to_string(),
    };
    json!({
        "at": moment.at, "what": moment.what, "who": moment.by, "attempt": attempt,
        "answer": moment.answer, "class": moment.class, "next_at": moment.next_at,
        "text": parts.collect::<Vec<_>>().join("; "),
    })
}

/// `PATCH /scim/v2/Users/1 → 204`.
fn exchange(exchange: &WireExchange) -> String {
    let status = exchange
        .status
        .map_or("no answer".to_owned(), |s| s.to_string());
    format!("{} {} → {status}", exchange.method, exchange.path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_step_is_named_as_it_is_printed_anywhere() {
        let plan = model::PlanId::from_bits(7);
        for text in [format!("{plan}#3"), format!("{plan}.3")] {
            let step = read(&text).unwrap();
            assert_eq!((step.plan, step.no), (plan, 3));
        }
        for text in [plan.to_string(), format!("{plan}#"), "pln_1#0".to_owned()] {
            let failure = read(&text).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{text}");
        }
    }

    #[test]
    fn what_is_empty_is_not_told() {
        let answer: WhyChangeAnswer = serde_json::from_value(json!({
            "step": "pln_1#0", "plan": "pln_1", "no": 0, "wave": "wav_1", "about": "sub_1",
            "name": "", "key": "", "app": "wiki", "what": "account", "address": "wiki/account/sub_1",
            "verb": "disable", "status": "verified", "plan_status": "applied", "attempts": 1,
            "change": "leaver", "cause": "leaver (clock)", "changes": null, "because": [],
            "documents": null, "told": [], "verdict": "", "verdict_because": [], "author": "system",
            "decided": "", "decided_by": "", "decided_at": "", "decided_because": "", "timeline": [],
            "not_kept": ["what it changed, and why: the person was erased"], "next": "",
        }))
        .unwrap();
        let text = tell(&answer, false);
        assert!(
            text.starts_with("sub_1: disable wiki account: verified, tried once\n"),
            "{text}"
        );
        assert!(text.contains("Not in the log: what it changed"), "{text}");
        for absent in ["Changes", "Timeline", "Next", "guard", "documents"] {
            assert!(!text.contains(absent), "{absent}: {text}");
        }
        assert!(tell(&answer, true).contains("## Why"), "{text}");
    }
}

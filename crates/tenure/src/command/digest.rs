//! `tenure digest` and `tenure retry GROUP`.

use std::collections::BTreeMap;

use api::{DigestAnswer, DigestCount, DigestPerson, PlanChangeAnswer, RetryRequest};
use serde_json::{Value, json};

use super::work::previews;
use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Section, print};

/// The columns of what failed.
const FAILED: &[&str] = &[
    "group",
    "count",
    "people",
    "first_seen",
    "step",
    "problem",
    "fix",
];
/// Names that are written out in one cell.
const NAMED: usize = 5;

/// The time that is asked about.
#[derive(Debug, Clone, clap::Args)]
pub struct Since {
    /// From when: yesterday, today, 12h, 3d, 2026-10-01, 2026-10-01T08:30 or 2026-10-01T08:30:00Z.
    #[arg(long, value_name = "INSTANT", default_value = "yesterday")]
    pub since: String,
    /// The zone of days and minutes, for example Europe/Berlin.
    #[arg(long, default_value = "UTC", env = "TENURE_ZONE")]
    pub zone: String,
}

/// `tenure digest`.
pub async fn digest(desk: &Desk, since: &Since, until: Option<&str>) -> Result<Exit, Failure> {
    let mut query = vec![("since", since.since.as_str()), ("zone", &since.zone)];
    query.extend(until.map(|until| ("until", until)));
    let answer: DigestAnswer = desk.client.get(&["digest"], &query).await?;
    match desk.output.format() {
        Format::Table | Format::Md if desk.output.columns.is_empty() => {
            let markdown = desk.output.format() == Format::Md;
            print(&tell(&answer, markdown)?)?;
        }
        Format::Csv if desk.output.columns.is_empty() => {
            let problem = "a digest is several tables, and CSV is one";
            let fix = "ask for `-o json`, which has all of it, or `-o md`, which people can read";
            return Err(Failure::usage(problem, fix));
        }
        _ => desk.output.show(
            &answer,
            &[
                "from",
                "to",
                "needs_a_person",
                "counts",
                "people",
                "failures",
                "waves",
                "findings",
                "silent",
            ],
        )?,
    }
    Ok(match answer.needs_a_person {
        true => Exit::Present,
        false => Exit::Fine,
    })
}

/// `tenure retry GROUP`.
pub async fn retry(
    desk: &Desk,
    group: &str,
    since: &Since,
    change: Change,
) -> Result<Exit, Failure> {
    let body = RetryRequest {
        group: group.to_owned(),
        since: Some(since.since.clone()),
        zone: Some(since.zone.clone()),
        dry_run: change.dry_run,
        reason: change.reason,
    };
    let answer: PlanChangeAnswer = desk.client.post(&["digest", "retry"], &body).await?;
    previews(desk, &answer.waves)?;
    let would = if answer.dry_run { "would be" } else { "is" };
    match answer.waves.as_slice() {
        [] => eprintln!("Nothing is left to do for the people of {group}."),
        waves => {
            let many = waves.len();
            eprintln!(
                "{many} waves: what failed {would} planned for again; see `tenure waves --open`."
            );
        }
    }
    // As `tenure plan`: what is proposed, or would be, waits for somebody.
    Ok(match answer.waves.is_empty() {
        true => Exit::Fine,
        false => Exit::Present,
    })
}

/// The digest for people. A night in which all went well is one line.
fn tell(answer: &DigestAnswer, markdown: bool) -> Result<String, Failure> {
    if !answer.needs_a_person && answer.people.is_empty() {
        return Ok(format!(
            "Everything is as it should be since {}: {}. Nothing failed, nothing waits for a \
             person, nothing is silent.\n",
            answer.from,
            expected(&answer.counts)
        ));
    }
    let time = format!("From {} to {}", answer.from, answer.to);
    let (mut head, mut sections) = (String::new(), Vec::new());
    if answer.counts.is_empty() {
        head = format!("{time}: {}.\n\n", expected(&answer.counts));
    } else {
        let columns = &[
            "kind",
            "clock_hours",
            "expected",
            "done",
            "done_late",
            "open",
            "late",
            "refused",
        ];
        sections.push(Section::of(time, columns, &answer.counts)?);
    }
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
        "Late",
        &[
            "state", "kind", "name", "key", "local", "zone", "due", "exposed", "why",
        ],
        late(&answer.people)?,
    );
    add("Failed", FAILED, rows(&answer.failures)?);
    add(
        "Waits for a person",
        &["status", "cause", "at", "plans", "because", "fix"],
        rows(&answer.waves)?,
    );
    add(
        "Findings",
        &["code", "count", "people", "oldest", "problem", "fix"],
        rows(&answer.findings)?,
    );
    add(
        "Silent",
        &["kind", "what", "since", "people", "problem", "fix"],
        rows(&answer.silent)?,
    );
    Ok(head + &Section::render(&sections, markdown))
}

/// `3 leavers and 1 mover expected, all done in time`.
fn expected(counts: &[DigestCount]) -> String {
    if counts.is_empty() {
        return "nobody was to come, move or leave".to_owned();
    }
    let of = |count: &DigestCount| {
        let word = count.kind.replace('_', " ");
        match count.expected {
            1 => format!("1 {word}"),
            n => format!("{n} {word}s"),
        }
    };
    let kinds: Vec<String> = counts.iter().map(of).collect();
    let open: u64 = counts.iter().map(|count| count.open).sum();
    let refused: u64 = counts.iter().map(|count| count.refused).sum();
    let mut stand = match open {
        0 => "all done in time".to_owned(),
        n => format!("done in time but for {n} whose time is not over"),
    };
    if refused > 0 {
        stand = format!("{stand}, {refused} refused by a person");
    }
    format!("{} expected, {stand}", kinds.join(", "))
}

/// The rows of those who are late. Of many with one and the same reason some are named and the others
/// counted: a rule that is wrong, or an app that is away, is one thing to mend. Whoever is exposed has a
/// row of their own.
fn late(people: &[DigestPerson]) -> Result<Vec<Value>, Failure> {
    let cause = |p: &DigestPerson| (p.state.clone(), p.kind.clone(), p.why.clone());
    let mut groups = BTreeMap::new();
    for person in people.iter().filter(|p| p.exposed.is_empty()) {
        *groups.entry(cause(person)).or_insert(0) += 1;
    }
    let mut told = BTreeMap::new();
    let mut rows = Vec::new();
    for person in people {
        let mut row = crate::output::to_value(person)?;
        let all = groups.get(&cause(person)).copied().unwrap_or(0);
        if person.exposed.is_empty() && all > NAMED {
            let before = told.entry(cause(person)).or_insert(0);
            *before += 1;
            if *before > NAMED + 1 {
                continue;
            }
            if *before == NAMED + 1 {
                row["name"] = format!("and {} more", all - NAMED).into();
                for field in ["key", "local", "zone", "due"] {
                    row[field] = "".into();
                }
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Rows whose lists of people are short.
pub(super) fn rows<T: serde::Serialize>(things: &[T]) -> Result<Vec<Value>, Failure> {
    let row = |thing: &T| {
        let mut row = crate::output::to_value(thing)?;
        if let Some(people) = row.get_mut("people")
            && let Some(names) = people.as_array()
            && names.len() > NAMED
        {
            let mut short = names[..NAMED].to_vec();
            short.push(json!(format!("and {} more", names.len() - NAMED)));
            *people = Value::Array(short);
        }
        Ok(row)
    };
    things.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer() -> DigestAnswer {
        let text = json!({
            "from": "2026-04-01T22:00:00Z", "to": "2026-04-02T06:30:00Z",
            "at": "2026-04-02T06:30:00Z", "needs_a_person": false,
            "counts": [{"kind": "leaver", "clock_hours": 4, "expected": 2, "done": 2,
                "done_late": 0, "open": 0, "late": 0, "refused": 0}],
            "people": [], "failures": [], "waves": [], "findings": [], "silent": [],
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_quiet_night_is_one_line() {
        let quiet = tell(&answer(), false).unwrap();
        assert_eq!(
            quiet,
            "Everything is as it should be since 2026-04-01T22:00:00Z: 2 leavers expected, all done \
             in time. Nothing failed, nothing waits for a person, nothing is silent.\n"
        );
        let mut empty = answer();
        empty.counts.clear();
        assert!(tell(&empty, false).unwrap().contains("nobody was to come"));
    }

    #[test]
    fn of_many_who_are_late_for_one_reason_some_are_named_and_none_who_is_exposed_is_left_out() {
        let person = |n: usize, kind: &str, exposed: &[&str], why: &str| -> DigestPerson {
            let text = json!({
                "state": "late", "kind": kind, "subject": "s", "name": format!("{kind}{n}"),
                "key": format!("w{n}"), "at": "a", "local": "l", "zone": "UTC", "start": "a", "due": "d",
                "done_at": "", "why": why, "exposed": exposed, "wave": "",
            });
            serde_json::from_value(text).unwrap()
        };
        let full = "create in chat failed";
        let mut people: Vec<_> = (0..300).map(|n| person(n, "joiner", &[], full)).collect();
        people.insert(
            3,
            person(0, "joiner", &[], "its wave waits for a person's word"),
        );
        people.extend((0..7).map(|n| person(n, "leaver", &["chat"], "disable in chat failed")));
        let rows = late(&people).unwrap();
        let names: Vec<&str> = rows.iter().map(|r| r["name"].as_str().unwrap()).collect();
        let joiners = [
            "joiner0",
            "joiner1",
            "joiner2",
            "joiner0",
            "joiner3",
            "joiner4",
            "and 295 more",
        ];
        assert_eq!(names[..7], joiners);
        assert_eq!(rows[6]["why"], full);
        assert_eq!(
            (&rows[6]["key"], &rows[6]["kind"]),
            (&json!(""), &json!("joiner"))
        );
        assert_eq!(
            names[7..],
            (0..7).map(|n| format!("leaver{n}")).collect::<Vec<_>>()
        );
        // JSON is the answer itself, and has them all.
        assert_eq!(late(&people[..6]).unwrap().len(), 6);
    }

    #[test]
    fn what_needs_a_person_is_told_and_empty_sections_are_not() {
        let mut answer = answer();
        answer.needs_a_person = true;
        let people: Vec<String> = (0..9).map(|n| format!("w{n}")).collect();
        answer.silent = vec![api::DigestSilence {
            kind: "unplanned".to_owned(),
            what: String::new(),
            since: String::new(),
            count: 9,
            people,
            problem: "what is new of 9 people was not planned for".to_owned(),
            fix: "`tenure plan`".to_owned(),
        }];
        let text = tell(&answer, true).unwrap();
        assert!(
            text.contains("## Silent") && !text.contains("## Failed"),
            "{text}"
        );
        assert!(
            text.contains("w4; and 4 more") && !text.contains("w5"),
            "{text}"
        );
        let text = tell(&answer, false).unwrap();
        assert!(
            text.contains("\nSilent\n") && text.contains("EXPECTED"),
            "{text}"
        );
        answer.counts.clear();
        let text = tell(&answer, false).unwrap();
        let head = "From 2026-04-01T22:00:00Z to 2026-04-02T06:30:00Z: nobody was to come, move or leave.\n\n\
                    Silent\n";
        assert!(
            text.starts_with(head) && !text.contains("EXPECTED"),
            "{text}"
        );
    }
}

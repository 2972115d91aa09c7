//! `tenure rehearse --days 90`: the coming days, played ahead.

use api::{RehearsalAnswer, RehearsalDay};
use serde_json::{Value, json};

use super::{Desk, spinner};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Section, print, to_value};

/// Names that are written out in one cell.
const NAMED: usize = 5;

/// Which days.
#[derive(Debug, Clone, clap::Args)]
pub struct Coming {
    /// How many days, 1 to 366.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub days: u16,
    /// The zone in which days begin, for example Europe/Berlin.
    #[arg(long, default_value = "UTC", env = "TENURE_ZONE")]
    pub zone: String,
}

/// `tenure rehearse`.
pub async fn rehearse(desk: &Desk, coming: &Coming) -> Result<Exit, Failure> {
    let days = coming.days.to_string();
    let query = [("days", days.as_str()), ("zone", &coming.zone)];
    let life = spinner("playing the coming days");
    let answer: Result<RehearsalAnswer, _> = desk.client.get(&["rehearsal"], &query).await;
    life.finish_and_clear();
    let answer = answer?;
    match desk.output.format() {
        Format::Table | Format::Md if desk.output.columns.is_empty() => {
            let markdown = desk.output.format() == Format::Md;
            print(&tell(&answer, markdown)?)?;
        }
        _ => desk.output.show(
            &answer,
            &[
                "from",
                "to",
                "needs_a_person",
                "looks",
                "open_plans",
                "days",
                "managers",
                "ending",
                "not_played",
            ],
        )?,
    }
    Ok(match answer.needs_a_person {
        true => Exit::Present,
        false => Exit::Fine,
    })
}

/// The days for people.
fn tell(answer: &RehearsalAnswer, markdown: bool) -> Result<String, Failure> {
    let mut sections = Vec::new();
    let mut add = |title: String, columns: &'static [&'static str], rows: Vec<Value>| {
        if !rows.is_empty() {
            sections.push(Section {
                title,
                columns,
                rows,
            });
        }
    };
    add(
        format!("From {} to {}", answer.from, answer.to),
        &[
            "day",
            "joiners",
            "movers",
            "leavers",
            "deletions",
            "tasks",
            "requests",
            "names",
        ],
        answer.days.iter().map(day).collect::<Result<_, _>>()?,
    );
    let held = each(&answer.days, |day| &day.held)?;
    add(
        "Waits for a person".to_owned(),
        &["day", "verdict", "cause", "plans", "removals", "because"],
        held,
    );
    add(
        "In the way".to_owned(),
        &["day", "code", "total", "people", "problem", "fix"],
        each(&answer.days, |day| &day.problems)?,
    );
    add(
        "Managers who leave without a successor".to_owned(),
        &["at", "name", "key", "reports", "people"],
        short(&answer.managers)?,
    );
    add(
        "Ends".to_owned(),
        &["at", "what", "asks"],
        short(&answer.ending)?,
    );
    let slow = |day: &RehearsalDay| {
        let apps = day.apps.iter().filter(|app| app.slow);
        apps.cloned().collect::<Vec<_>>()
    };
    let slow: Vec<RehearsalDay> = answer
        .days
        .iter()
        .map(|day| with_apps(day, slow(day)))
        .collect();
    add(
        "Takes longer than a leaver may".to_owned(),
        &["day", "app", "requests", "per_second", "seconds"],
        each(&slow, |day| &day.apps)?,
    );
    let not = answer.not_played.iter().map(|what| json!({"what": what}));
    add("Not played".to_owned(), &["what"], not.collect());
    Ok(framed(answer, Section::render(&sections, markdown)))
}

/// What stands before and after the tables.
fn framed(answer: &RehearsalAnswer, mut text: String) -> String {
    if answer.days.is_empty() {
        let nothing = format!("Nothing happens from {} to {}.\n\n", answer.from, answer.to);
        text.insert_str(0, &nothing);
    }
    if answer.open_plans > 0 {
        let open = answer.open_plans;
        text.push_str(&format!(
            "\n{open} plans are open today; they are played as carried out at once.\n"
        ));
    }
    text
}

fn with_apps(day: &RehearsalDay, apps: Vec<api::RehearsalApp>) -> RehearsalDay {
    RehearsalDay {
        apps,
        ..day.clone()
    }
}

/// One line for one day.
fn day(day: &RehearsalDay) -> Result<Value, Failure> {
    let people = day.changes.iter().flat_map(|change| &change.people);
    let mut names: Vec<&str> = people.map(|person| person.name.as_str()).collect();
    names.dedup();
    let more = names.len().saturating_sub(NAMED);
    let mut names: Vec<String> = names.iter().take(NAMED).map(|n| (*n).to_owned()).collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    let requests: u64 = day.apps.iter().map(|app| app.requests).sum();
    let mut row = to_value(day)?;
    if let Some(row) = row.as_object_mut() {
        row.insert("requests".to_owned(), json!(requests));
        row.insert("names".to_owned(), json!(names));
    }
    Ok(row)
}

/// The rows of one kind of all days, each with its day.
fn each<T: serde::Serialize>(
    days: &[RehearsalDay],
    of: impl Fn(&RehearsalDay) -> &Vec<T>,
) -> Result<Vec<Value>, Failure> {
    let mut rows = Vec::new();
    for day in days {
        for mut row in short(of(day))? {
            if let Some(row) = row.as_object_mut() {
                row.insert("day".to_owned(), json!(day.day));
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Rows whose lists of people are short.
fn short<T: serde::Serialize>(things: &[T]) -> Result<Vec<Value>, Failure> {
    super::digest::rows(things)
}

//! The digest, for a hundred columns.

use api::{DigestAnswer, DigestPerson};
use model::Timestamp;

use super::paragraph;
use crate::failure::Failure;

/// Names that are written out.
const NAMED: usize = 3;

/// Tells it.
pub fn tell(answer: &DigestAnswer) -> Result<String, Failure> {
    let mut text =
        String::from("  KIND         CLOCK  EXPECTED  DONE  OF THEM LATE  OPEN  LATE  REFUSED\n");
    for row in &answer.counts {
        text.push_str(&format!(
            "  {:<12} {:>3} h  {:>8}  {:>4}  {:>12}  {:>4}  {:>4}  {:>7}\n",
            row.kind,
            row.clock_hours,
            row.expected,
            row.done,
            row.done_late,
            row.open,
            row.late,
            row.refused
        ));
    }
    let mut add = |label: &str, what: &str, fix: &str| {
        text.push_str(&paragraph(&format!("  {label:<11}"), what));
        if !fix.is_empty() {
            text.push_str(&paragraph("             fix: ", fix));
        }
    };
    for person in &answer.people {
        add(&person.state.replace('_', " "), &late(person)?, &person.why);
    }
    for failure in &answer.failures {
        let what = format!(
            "{}, {}: {}",
            failure.group,
            names(&failure.people),
            failure.problem
        );
        add("failed", &what, &failure.fix);
    }
    for wave in &answer.waves {
        let because = wave.because.join("; ");
        let what = format!("{}, {} people: {because}", wave.cause, wave.plans);
        add(&wave.status, &what, &wave.fix);
    }
    for finding in &answer.findings {
        let who = match finding.people.as_slice() {
            [] => String::new(),
            people => format!(", {}", names(people)),
        };
        let what = format!("{}{who}: {}", finding.code, finding.problem);
        add("finding", &what, &finding.fix);
    }
    for silence in &answer.silent {
        add("silent", &silence.problem, &silence.fix);
    }
    Ok(text)
}

fn late(person: &DigestPerson) -> Result<String, Failure> {
    let DigestPerson {
        name,
        key,
        kind,
        local,
        zone,
        ..
    } = person;
    let mut text = format!("{name} ({key}), {kind} at {local} {zone}");
    if let (Ok(due), Ok(done)) = (
        person.due.parse::<Timestamp>(),
        person.done_at.parse::<Timestamp>(),
    ) {
        let late = done.since(due).as_secs() / 60;
        text.push_str(&format!(
            ", done {} h {:02} min after its clock had run out",
            late / 60,
            late % 60
        ));
    }
    Ok(text)
}

fn names(people: &[String]) -> String {
    let mut text = people
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if people.len() > NAMED {
        text.push_str(&format!(" and {} more", people.len() - NAMED));
    }
    text
}

//! `tenure lifecycle preview DIR`: what documents would do, before they are pushed.

use std::path::{Path, PathBuf};

use api::{AppPreview, PeopleList, PreviewAnswer, PreviewRequest};

use super::input::read_directory;
use super::{Desk, spinner};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// People of each list who are named for people; programs get all that the server names.
const NAMES: usize = 20;
/// Values of an attribute that are shown to people.
const VALUES: usize = 5;

/// Who has what because of who they are.
#[derive(Debug, clap::Subcommand)]
pub enum Lifecycle {
    /// Tells what the documents of a directory would do to everyone; changes nothing.
    Preview {
        /// The tenant directory.
        directory: PathBuf,
    },
}

/// Shows one row for each app, and for people what is behind it.
pub async fn preview(desk: &Desk, directory: &Path) -> Result<Exit, Failure> {
    let body = PreviewRequest {
        files: read_directory(directory)?,
    };
    let life = spinner("looking at everyone");
    let answer: Result<PreviewAnswer, _> = desk.client.post(&["lifecycle", "preview"], &body).await;
    life.finish_and_clear();
    let answer = answer?;
    let columns = [
        "app",
        "accounts",
        "gain.total",
        "lose.total",
        "change.total",
        "requests_total",
        "seconds",
        "collisions_total",
    ];
    desk.output.list(&answer.apps, &columns)?;
    if desk.output.format() == Format::Table && desk.output.columns.is_empty() {
        print(&printable(&told(&answer)))?;
    }
    let (people, revision) = (answer.people, answer.revision);
    eprintln!(
        "{people} people were looked at. Nothing was changed; this would be revision {revision}."
    );
    if answer.open_waves > 0 {
        let n = answer.open_waves;
        eprintln!("{n} waves are open already; what they do is not in this preview.");
    }
    let quiet = |app: &AppPreview| app.requests_total == 0 && app.collisions_total == 0;
    let nothing = answer.waves.is_empty() && answer.problems.is_empty();
    Ok(match nothing && answer.apps.iter().all(quiet) {
        true => Exit::Fine,
        false => Exit::Present,
    })
}

fn told(answer: &PreviewAnswer) -> String {
    let mut text = String::new();
    for app in &answer.apps {
        text.push_str(&format!("\n{}\n", app.app));
        if app.mode == "observe" {
            text.push_str(
                "  ! it is only observed: nothing is planned for it before its `mode` is `confirm` \
                 or `enforce`\n",
            );
        }
        if !app.listed {
            text.push_str("  ! it was not listed completely: `tenure observe` it, or send a list with `tenure handoff \
                 extract`, to know more\n");
        }
        list(&mut text, "lose", &app.lose);
        list(&mut text, "gain", &app.gain);
        list(&mut text, "change", &app.change);
        for collision in &app.collisions {
            let (path, value, total) = (&collision.path, &collision.value, collision.total);
            let people = collision.people.join(", ");
            text.push_str(&format!(
                "  ! {total} people share {path} {value:?}: {people}\n"
            ));
        }
        attributes(&mut text, app);
        requests(&mut text, app);
    }
    for wave in &answer.waves {
        let because = wave.because.join("; ");
        text.push_str(&format!(
            "\n{}  {} plans, {} steps, {} of them take something away\n  guard: {} — {because}\n",
            wave.cause, wave.plans, wave.steps, wave.removals, wave.verdict
        ));
    }
    for problem in &answer.problems {
        let (total, code, fix) = (problem.total, &problem.code, &problem.fix);
        let people = problem.people.join(", ");
        text.push_str(&format!(
            "\n! {total} times: {} [{code}]\n",
            problem.problem
        ));
        text.push_str(&format!("  fix: {fix}\n  {people}\n"));
    }
    for app in &answer.undeclared {
        text.push_str(&format!(
            "\n! no document declares `{app}` any more: what people have there stays\n"
        ));
    }
    text
}

fn list(text: &mut String, verb: &str, people: &PeopleList) {
    if people.total == 0 {
        return;
    }
    text.push_str(&format!("  {} people {verb}\n", people.total));
    for person in people.people.iter().take(NAMES) {
        let (name, what) = (&person.name, person.what.join(", "));
        text.push_str(&format!("    {name}: {what} ({})\n", person.change));
    }
    let shown = people.people.len().min(NAMES) as u64;
    if shown < people.total {
        let rest = people.total - shown;
        text.push_str(&format!(
            "    and {rest} more; `-o json` names more of them\n"
        ));
    }
}

fn attributes(text: &mut String, app: &AppPreview) {
    for attribute in &app.attributes {
        let more = if attribute.more { "more than " } else { "" };
        text.push_str(&format!(
            "  {}: {more}{} different values, {} empty\n",
            attribute.path, attribute.different, attribute.empty
        ));
        for top in attribute.top.iter().take(VALUES) {
            text.push_str(&format!("    {:>7}  {}\n", top.count, top.value));
        }
    }
}

fn requests(text: &mut String, app: &AppPreview) {
    if app.requests_total == 0 {
        return;
    }
    let verbs: Vec<String> = app
        .requests
        .iter()
        .map(|(verb, n)| format!("{n} {verb}"))
        .collect();
    let time = match (app.seconds, app.per_second) {
        (Some(seconds), Some(rate)) => format!("at most {seconds} s at {rate} requests a second"),
        _ => "no rate limit is stated, so how long it takes is not known".to_owned(),
    };
    text.push_str(&format!(
        "  at most {} requests ({}); {time}\n",
        app.requests_total,
        verbs.join(", ")
    ));
}

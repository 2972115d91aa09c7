//! Termination for cause, and whether a worker is somebody who is known.

use api::{Done, MatchRequest, TerminateRequest, TerminationAnswer, WavePreviewAnswer};

use clap::{Args, Subcommand};

use super::manage::told;
use super::work::previews;
use super::{Change, Desk};
use crate::failure::{Exit, Failure};

/// What follows `tenure leaver`.
#[derive(Debug, Subcommand)]
pub enum LeaverCommand {
    /// Terminates a person for cause: out now, whatever HR says, until HR says so too or somebody
    /// else lifts it.
    Now {
        /// Subject id, worker key, mail address or name.
        person: String,
        #[command(flatten)]
        change: Change,
    },
    /// Takes a termination for cause back. Not for whoever did it.
    Lift {
        /// Subject id, worker key, mail address or name.
        person: String,
        #[command(flatten)]
        change: Change,
    },
}

/// What follows `tenure person`.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Says that a worker whom a source has not told of before is this person.
    Join(Match),
    /// Says that a worker is not this person, for good.
    Separate(Match),
}

/// A worker and a person.
#[derive(Debug, Args)]
pub struct Match {
    /// Subject id, worker key, mail address or name.
    pub person: String,
    /// The source that names the worker.
    #[arg(long)]
    pub source: String,
    /// The worker's key in it.
    #[arg(long)]
    pub key: String,
    #[command(flatten)]
    pub change: Change,
}

/// `tenure leaver now PERSON` and `tenure leaver lift PERSON`.
pub async fn leaver(
    desk: &Desk,
    verb: &str,
    person: String,
    change: Change,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = TerminateRequest {
        person,
        dry_run: change.dry_run,
        reason,
    };
    let answer: TerminationAnswer = desk.client.post(&["people", verb], &body).await?;
    previews(desk, &answer.waves)?;
    let would = if answer.dry_run { "would be" } else { "is" };
    let what = match verb {
        "terminate" => "terminated for cause",
        _ => "no longer terminated for cause",
    };
    eprintln!("{} ({}) {would} {what}.", answer.name, answer.subject);
    let asked = answer.waves.iter().any(|wave| wave.verdict != "allow");
    if asked && !answer.dry_run {
        eprintln!("The guard asks for someone else's word first: `tenure approve WAVE`.");
    }
    Ok(ending(verb, &answer))
}

/// As every command that proposes: 2 where something waits for somebody, or would be done. What the
/// guard allows of a termination has begun; what brings access back has not.
fn ending(verb: &str, answer: &TerminationAnswer) -> Exit {
    let begun = verb == "terminate" && !answer.dry_run;
    let left = |wave: &WavePreviewAnswer| !begun || wave.verdict != "allow";
    match answer.waves.iter().any(left) {
        true => Exit::Present,
        false => Exit::Fine,
    }
}

/// `tenure person join PERSON` and `tenure person separate PERSON`.
pub async fn decide(desk: &Desk, same: bool, worker: Match) -> Result<Exit, Failure> {
    let reason = worker.change.needed_reason()?;
    let body = MatchRequest {
        source: worker.source,
        key: worker.key,
        person: worker.person,
        same,
        dry_run: worker.change.dry_run,
        reason,
    };
    let done: Done = desk.client.post(&["people", "match"], &body).await?;
    told(&done);
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(dry_run: bool, verdicts: &[&str]) -> TerminationAnswer {
        let wave = |verdict: &&str| WavePreviewAnswer {
            wave: "wav_1".to_owned(),
            cause: String::new(),
            change: String::new(),
            verdict: (*verdict).to_owned(),
            because: Vec::new(),
            author: String::new(),
            steps: 1,
            removals: 1,
            names: Vec::new(),
            obstacles: Vec::new(),
        };
        TerminationAnswer {
            subject: String::new(),
            name: String::new(),
            waves: verdicts.iter().map(wave).collect(),
            dry_run,
        }
    }

    #[test]
    fn it_ends_with_2_when_something_is_left_to_do_or_would_be_done() {
        let cases: [(&str, bool, &[&str], Exit); 8] = [
            ("terminate", true, &["allow"], Exit::Present),
            ("terminate", true, &["ask"], Exit::Present),
            ("terminate", true, &[], Exit::Fine),
            ("terminate", false, &["allow"], Exit::Fine),
            ("terminate", false, &["allow", "ask"], Exit::Present),
            ("lift-termination", true, &["allow"], Exit::Present),
            ("lift-termination", false, &["allow"], Exit::Present),
            ("lift-termination", false, &[], Exit::Fine),
        ];
        for (verb, dry_run, verdicts, exit) in cases {
            let found = ending(verb, &answer(dry_run, verdicts));
            assert_eq!(found, exit, "{verb} {dry_run} {verdicts:?}");
        }
    }
}

//! Termination for cause, and whether a worker is somebody who is known.

use api::{Done, MatchRequest, TerminateRequest, TerminationAnswer};

use super::manage::told;
use super::work::previews;
use super::{Change, Desk};
use crate::cli::Match;
use crate::failure::{Exit, Failure};

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
        return Ok(Exit::Present);
    }
    Ok(Exit::Fine)
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

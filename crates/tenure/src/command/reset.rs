//! Resets that take two people, and links to identity providers by hand.

use std::time::Duration;

use api::{
    AgreeReset, AgreedReset, AskReset, AskedReset, EndCredentialAnswer, LinkPerson, LinkedPerson,
    Page, UnlinkPerson, WireReset,
};
use serde::Serialize;

use super::sign_in::{tell_dropped, tell_ended};
use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// `tenure sign-in reset`.
pub(super) async fn ask(
    desk: &Desk,
    person: &str,
    (credentials, life): (Vec<String>, Duration),
    change: Change,
) -> Result<Exit, Failure> {
    let body = AskReset {
        credentials,
        minutes: u32::try_from(life.as_secs() / 60).unwrap_or(u32::MAX),
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["people", person, "resets"];
    let asked: AskedReset = desk.client.post(&path, &body).await?;
    let (login, who) = (printable(&asked.login), &asked.subject);
    if change.dry_run {
        eprintln!("A reset of {login} ({who}) would be asked for.");
        return Ok(Exit::Fine);
    }
    eprintln!(
        "Somebody else has to agree before {}: `tenure sign-in agree {who} {}`.\n\
         Give {login} this first half of the pass; it is shown this once:",
        asked.ends, asked.reset
    );
    let fields = ["reset", "subject", "login", "half", "ends"];
    shown(desk, &asked, &asked.half, &fields)
}

/// `tenure sign-in agree`.
pub(super) async fn agree(
    desk: &Desk,
    person: &str,
    reset: &str,
    change: Change,
) -> Result<Exit, Failure> {
    let body = AgreeReset {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["people", person, "resets", reset, "agree"];
    let agreed: AgreedReset = desk.client.post(&path, &body).await?;
    let (login, who) = (printable(&agreed.login), &agreed.subject);
    let would = if agreed.dry_run { "would be" } else { "are" };
    eprintln!("{} of their credentials {would} ended.", agreed.credentials);
    tell_ended(agreed.sessions, who, agreed.dry_run);
    if agreed.dry_run {
        return Ok(Exit::Fine);
    }
    eprintln!(
        "Give {login} this second half of the pass; with the first it counts once, until {}. It is shown this once:",
        agreed.expires
    );
    let fields = [
        "reset",
        "subject",
        "login",
        "half",
        "expires",
        "credentials",
        "sessions",
    ];
    shown(desk, &agreed, &agreed.half, &fields)
}

fn shown<T: Serialize>(desk: &Desk, all: &T, half: &str, fields: &[&str]) -> Result<Exit, Failure> {
    match desk.output.format() {
        Format::Table => print(&format!("{half}\n"))?,
        _ => desk.output.show(all, fields)?,
    }
    Ok(Exit::Fine)
}

/// `tenure sign-in resets`.
pub(super) async fn list(desk: &Desk, person: &str) -> Result<Exit, Failure> {
    let page: Page<WireReset> = desk.client.get(&["people", person, "resets"], &[]).await?;
    let columns = ["reset", "asked_by", "ends", "agreed_by", "agreed", "reason"];
    desk.output.list(&page.items, &columns)?;
    Ok(Exit::Fine)
}

/// `tenure sign-in link`.
pub(super) async fn link(
    desk: &Desk,
    person: &str,
    (identity_provider, sub): (String, String),
    change: Change,
) -> Result<Exit, Failure> {
    let body = LinkPerson {
        identity_provider,
        sub,
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let linked: LinkedPerson = desk
        .client
        .post(&["people", person, "links"], &body)
        .await?;
    let who = &linked.subject;
    match linked.dry_run {
        true => eprintln!("{who} would be linked."),
        false => eprintln!("{who} is linked, as {}.", linked.credential),
    }
    Ok(Exit::Fine)
}

/// `tenure sign-in unlink`.
pub(super) async fn unlink(
    desk: &Desk,
    person: &str,
    (identity_provider, sessions): (String, bool),
    change: Change,
) -> Result<Exit, Failure> {
    let body = UnlinkPerson {
        identity_provider,
        sessions,
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["people", person, "links", "end"];
    let answer: EndCredentialAnswer = desk.client.post(&path, &body).await?;
    tell_dropped(&answer, sessions);
    Ok(Exit::Fine)
}

//! Tokens, the kill switch, erasure, closing findings.

use api::{
    CloseFinding, Done, EraseAnswer, EraseRequest, IssueToken, IssuedToken, RevokeToken,
    SecretName, TokenSummary, WritingRequest,
};

use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::host::system::SystemClock;
use crate::output::{Format, print};
use ports::Clock as _;

pub(super) fn told(done: &Done) {
    eprintln!(
        "{}{}.",
        if done.dry_run { "would be: " } else { "" },
        done.done
    );
}

/// `tenure stop-writing [APP]` and `tenure resume-writing [APP]`.
pub async fn writing(
    desk: &Desk,
    verb: &str,
    target: Option<String>,
    change: Change,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = WritingRequest {
        target,
        dry_run: change.dry_run,
        reason,
    };
    let done: Done = desk.client.post(&["writing", verb], &body).await?;
    told(&done);
    Ok(Exit::Fine)
}

/// `tenure erase PERSON`.
pub async fn erase(desk: &Desk, person: String, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = EraseRequest {
        person,
        dry_run: change.dry_run,
        reason,
    };
    let answer: EraseAnswer = desk.client.post(&["people", "erase"], &body).await?;
    let would = if answer.erased { "is" } else { "would be" };
    eprintln!("{} {would} erased.", answer.subject);
    Ok(Exit::Fine)
}

/// `tenure findings close ID`.
pub async fn close_finding(desk: &Desk, id: &str, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    if change.dry_run {
        eprintln!("would be: closed {id} (not checked)");
        return Ok(Exit::Fine);
    }
    let done: Done = desk
        .client
        .post(&["findings", id, "close"], &CloseFinding { reason })
        .await?;
    told(&done);
    Ok(Exit::Fine)
}

/// `tenure token list`.
pub async fn tokens(desk: &Desk) -> Result<Exit, Failure> {
    let rows: Vec<TokenSummary> = desk.client.all(&["tokens"], &[]).await?;
    desk.output.list(
        &rows,
        &[
            "token",
            "principal",
            "scopes",
            "issued",
            "expires",
            "networks",
            "revoked",
        ],
    )?;
    Ok(Exit::Fine)
}

/// `tenure token create`.
pub async fn create_token(
    desk: &Desk,
    principal: String,
    scopes: Vec<String>,
    days: u32,
    networks: Vec<String>,
    change: Change,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let life = std::time::Duration::from_secs(u64::from(days) * 24 * 3600);
    let expires = SystemClock.now().plus(life).to_string();
    let body = IssueToken {
        principal,
        scopes,
        expires,
        networks,
        dry_run: change.dry_run,
        reason,
    };
    let issued: IssuedToken = desk.client.post(&["tokens"], &body).await?;
    if change.dry_run {
        eprintln!("A token until {} would be made.", issued.expires);
        return Ok(Exit::Fine);
    }
    eprintln!(
        "{} is valid until {}; it is shown this once:",
        issued.token, issued.expires
    );
    if desk.output.format() == Format::Table {
        print(&format!("{}\n", issued.secret))?;
    } else {
        desk.output.show(&issued, &["token", "secret", "expires"])?;
    }
    Ok(Exit::Fine)
}

/// `tenure token revoke ID`.
pub async fn revoke_token(desk: &Desk, id: &str, change: Change) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = RevokeToken {
        dry_run: change.dry_run,
        reason,
    };
    let done: Done = desk.client.post(&["tokens", id, "revoke"], &body).await?;
    told(&done);
    Ok(Exit::Fine)
}

/// `tenure secret list`.
pub async fn secrets(desk: &Desk) -> Result<Exit, Failure> {
    let page: api::Page<SecretName> = desk.client.get(&["secrets"], &[]).await?;
    desk.output
        .list(&page.items, &["name", "app", "host", "expires"])?;
    Ok(Exit::Fine)
}

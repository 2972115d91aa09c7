//! People signing in: passes for them, and secrets for what they sign in to.

use std::time::Duration;

use api::{IssuePass, IssuedPass, MadeClientSecret, MakeClientSecret};
use clap::Subcommand;

use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// What follows `tenure sign-in`.
#[derive(Debug, Subcommand)]
pub enum SignInCommand {
    /// Makes a pass with which somebody enrols what they sign in with; it is shown once.
    Pass {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// How long it counts: minutes (90m) or hours (8h), at most 72h.
        #[arg(long = "for", value_name = "TIME", default_value = "8h", value_parser = life)]
        life: Duration,
        #[command(flatten)]
        change: Change,
    },
}

/// What follows `tenure relying-party`.
#[derive(Debug, Subcommand)]
pub enum RelyingPartyCommand {
    /// Makes its secret, in the place of any before it; it is shown once.
    Secret {
        /// The name of its document.
        name: String,
        #[command(flatten)]
        change: Change,
    },
}

/// `90m` or `8h`. Whether it is too long, the server says.
fn life(text: &str) -> Result<Duration, String> {
    let wrong = || "write minutes or hours, for example 90m or 8h".to_owned();
    let seconds = match text.char_indices().next_back() {
        Some((at, 'm')) => (at, 60),
        Some((at, 'h')) => (at, 3600),
        _ => return Err(wrong()),
    };
    let number: u16 = text[..seconds.0].parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds.1))
}

/// `tenure sign-in …`.
pub async fn sign_in(desk: &Desk, command: SignInCommand) -> Result<Exit, Failure> {
    match command {
        SignInCommand::Pass {
            person,
            life,
            change,
        } => pass(desk, &person, life, change).await,
    }
}

/// `tenure relying-party …`.
pub async fn relying_party(desk: &Desk, command: RelyingPartyCommand) -> Result<Exit, Failure> {
    match command {
        RelyingPartyCommand::Secret { name, change } => secret(desk, &name, change).await,
    }
}

async fn pass(desk: &Desk, person: &str, life: Duration, change: Change) -> Result<Exit, Failure> {
    let body = IssuePass {
        minutes: u32::try_from(life.as_secs() / 60).unwrap_or(u32::MAX),
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let made: IssuedPass = desk
        .client
        .post(&["people", person, "passes"], &body)
        .await?;
    let login = printable(&made.login);
    if change.dry_run {
        let (who, until) = (&made.subject, &made.expires);
        eprintln!("A pass for {login} ({who}) until {until} would be made.");
        return Ok(Exit::Fine);
    }
    eprintln!(
        "{login} signs in with this pass once, until {}; it is shown this once:",
        made.expires
    );
    match desk.output.format() {
        Format::Table => print(&format!("{}\n", made.secret))?,
        _ => desk.output.show(
            &made,
            &["pass", "subject", "login", "secret", "expires", "url"],
        )?,
    }
    match made.url.as_str() {
        "" => eprintln!(
            "Nobody can use it yet: set `public_url` to an address that browsers can trust."
        ),
        url => eprintln!("They go to {url}, and choose there what they sign in with from then on."),
    }
    Ok(Exit::Fine)
}

async fn secret(desk: &Desk, name: &str, change: Change) -> Result<Exit, Failure> {
    let body = MakeClientSecret {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["relying-parties", name, "secret"];
    let made: MadeClientSecret = desk.client.post(&path, &body).await?;
    let client = printable(&made.client_id);
    if change.dry_run {
        eprintln!("A secret for `{name}` (client id {client}) would be made.");
        return Ok(Exit::Fine);
    }
    eprintln!("`{name}` proves with it that it is {client}; it is shown this once:");
    match desk.output.format() {
        Format::Table => print(&format!("{}\n", made.secret))?,
        _ => desk
            .output
            .show(&made, &["relying_party", "client_id", "secret"])?,
    }
    eprintln!("The secret before it, if there was one, no longer counts.");
    Ok(Exit::Fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_minutes_or_hours() {
        let seconds = |text| life(text).map(|life| life.as_secs()).ok();
        assert_eq!(seconds("90m"), Some(90 * 60));
        assert_eq!(seconds("8h"), Some(8 * 3600));
        for wrong in ["", "h", "8", "8d", "-1h", "1.5h", "8 h", "99999h", "8ü"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}

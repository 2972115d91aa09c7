//! People signing in: passes for them, where they are signed in, and with what.

use std::time::Duration;

use api::{
    EndCredential, EndCredentialAnswer, EndSessions, EndSessionsAnswer, IssuePass, IssuedPass,
    Page, WireCredential, WireGiven, WireSession,
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::manage::writing;
use super::{Change, Desk, reset};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Section, print, printable};

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
    /// Asks for a reset of what somebody privileged signs in with: another person has to agree within a day. Prints the
    /// first half of a pass; whoever agrees is shown the second.
    Reset {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// A credential that they sign in with no more; may be repeated. Those that are not named stay.
        #[arg(long = "drop", value_name = "CREDENTIAL")]
        drop: Vec<String>,
        /// How long the pass counts: minutes (90m) or hours (8h), at most 72h.
        #[arg(long = "for", value_name = "TIME", default_value = "8h", value_parser = life)]
        life: Duration,
        #[command(flatten)]
        change: Change,
    },
    /// Agrees to a reset that somebody else asked for. Prints the second half of the pass.
    Agree {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// The reset, as `tenure sign-in resets` lists it.
        reset: String,
        #[command(flatten)]
        change: Change,
    },
    /// Lists the resets of somebody, oldest first.
    Resets {
        /// Subject id, worker key, mail address or name.
        person: String,
    },
    /// Links somebody to what an identity provider calls them.
    Link {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// The identity provider.
        provider: String,
        /// What it calls them (`sub`), to the letter.
        subject: String,
        #[command(flatten)]
        change: Change,
    },
    /// Undoes the link of somebody to an identity provider.
    Unlink {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// The identity provider.
        provider: String,
        /// Sign them out everywhere too.
        #[arg(long)]
        end_sessions: bool,
        #[command(flatten)]
        change: Change,
    },
    /// Lists where somebody is signed in, newest first, and which apps have something of it.
    Sessions {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// List what was ended too, and whether each app was told.
        #[arg(long)]
        ended: bool,
    },
    /// Signs somebody out everywhere. They may sign in again.
    End {
        /// Subject id, worker key, mail address or name.
        person: String,
        #[command(flatten)]
        change: Change,
    },
    /// Lists what somebody signs in with, and what they did before.
    Credentials {
        /// Subject id, worker key, mail address or name.
        person: String,
    },
    /// Sends nobody to an identity provider any more: whoever signs in there signs in here, from now on.
    Here {
        /// The identity provider.
        provider: String,
        #[command(flatten)]
        change: Change,
    },
    /// Sends people to an identity provider again, as the documents route them.
    There {
        /// The identity provider.
        provider: String,
        #[command(flatten)]
        change: Change,
    },
    /// Ends a credential, or a link to an identity provider: nobody signs in with it any more.
    Drop {
        /// Its id, as `tenure sign-in credentials` lists it.
        credential: String,
        /// Sign its owner out everywhere too.
        #[arg(long)]
        end_sessions: bool,
        #[command(flatten)]
        change: Change,
    },
}

/// Under which name the server's switch has an identity provider.
fn switch_of(provider: &str) -> String {
    format!("identity-provider/{provider}")
}

/// `90m` or `8h`. Whether it is too long, the server says.
fn life(text: &str) -> Result<Duration, String> {
    let wrong = || "write minutes or hours, for example 90m or 8h".to_owned();
    let (number, seconds) = match (text.strip_suffix('m'), text.strip_suffix('h')) {
        (Some(minutes), _) => (minutes, 60),
        (_, Some(hours)) => (hours, 3600),
        _ => return Err(wrong()),
    };
    let number: u16 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// `tenure sign-in …`.
pub async fn sign_in(desk: &Desk, command: SignInCommand) -> Result<Exit, Failure> {
    match command {
        SignInCommand::Pass {
            person,
            life,
            change,
        } => pass(desk, &person, life, change).await,
        SignInCommand::Reset {
            person,
            drop,
            life,
            change,
        } => reset::ask(desk, &person, (drop, life), change).await,
        SignInCommand::Agree {
            person,
            reset,
            change,
        } => reset::agree(desk, &person, &reset, change).await,
        SignInCommand::Resets { person } => reset::list(desk, &person).await,
        SignInCommand::Link {
            person,
            provider,
            subject,
            change,
        } => reset::link(desk, &person, (provider, subject), change).await,
        SignInCommand::Unlink {
            person,
            provider,
            end_sessions,
            change,
        } => reset::unlink(desk, &person, (provider, end_sessions), change).await,
        SignInCommand::Sessions { person, ended } => sessions(desk, &person, ended).await,
        SignInCommand::End { person, change } => end(desk, &person, change).await,
        SignInCommand::Credentials { person } => credentials(desk, &person).await,
        SignInCommand::Here { provider, change } => {
            writing(desk, "stop", Some(switch_of(&provider)), change).await
        }
        SignInCommand::There { provider, change } => {
            writing(desk, "resume", Some(switch_of(&provider)), change).await
        }
        SignInCommand::Drop {
            credential,
            end_sessions,
            change,
        } => drop(desk, &credential, end_sessions, change).await,
    }
}

async fn pass(desk: &Desk, person: &str, life: Duration, change: Change) -> Result<Exit, Failure> {
    let body = IssuePass {
        minutes: u32::try_from(life.as_secs() / 60).unwrap_or(u32::MAX),
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["people", person, "passes"];
    let made: IssuedPass = desk.client.post(&path, &body).await?;
    let login = printable(&made.login);
    let (who, until) = (&made.subject, &made.expires);
    if change.dry_run {
        eprintln!("A pass for {login} ({who}) until {until} would be made.");
        return Ok(Exit::Fine);
    }
    eprintln!("{login} signs in with this pass once, until {until}; it is shown this once:");
    match desk.output.format() {
        Format::Table => print(&format!("{}\n", made.secret))?,
        _ => desk.output.show(
            &made,
            &["pass", "subject", "login", "secret", "expires", "url"],
        )?,
    }
    match made.url.as_str() {
        "" => eprintln!("Nobody can use it yet: set `public_url` to an address for browsers."),
        url => eprintln!("They go to {url}, and choose there what they sign in with from then on."),
    }
    Ok(Exit::Fine)
}

async fn sessions(desk: &Desk, person: &str, ended: bool) -> Result<Exit, Failure> {
    let path = ["people", person, "sessions"];
    let query: &[(&str, &str)] = match ended {
        true => &[("ended", "true")],
        false => &[],
    };
    let page: Page<WireSession> = desk.client.get(&path, query).await?;
    let columns: &[&str] = match ended {
        true => &["session", "began", "factors", "ends", "ended", "why"],
        false => &["session", "began", "factors", "idle_ends", "ends"],
    };
    desk.output.list(&page.items, columns)?;
    if desk.output.format() != Format::Table {
        return Ok(Exit::Fine);
    }
    if page.items.is_empty() {
        eprintln!("They are signed in nowhere.");
        return Ok(Exit::Fine);
    }
    let given: Vec<Value> = page.items.iter().flat_map(given).collect();
    if !given.is_empty() {
        let title = "At relying parties".to_owned();
        let columns = &[
            "session",
            "relying_party",
            "status",
            "at",
            "exposed_until",
            "detail",
        ];
        let section = Section::of(title, columns, &given)?;
        print(&format!("\n{}", Section::render(&[section], false)))?;
    }
    Ok(Exit::Fine)
}

/// What each relying party has of a session, a row each.
fn given(session: &WireSession) -> Vec<Value> {
    let given = session.relying_parties.iter();
    let row = |given: &WireGiven| {
        json!({
            "session": session.session,
            "relying_party": given.relying_party,
            "status": given.status.replace('_', " "),
            "at": given.at,
            "exposed_until": given.exposed_until,
            "detail": given.detail,
        })
    };
    given.map(row).collect()
}

async fn end(desk: &Desk, person: &str, change: Change) -> Result<Exit, Failure> {
    let body = EndSessions {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["people", person, "sessions", "end"];
    let answer: EndSessionsAnswer = desk.client.post(&path, &body).await?;
    tell_ended(answer.sessions, &answer.subject, answer.dry_run);
    Ok(Exit::Fine)
}

async fn credentials(desk: &Desk, person: &str) -> Result<Exit, Failure> {
    let path = ["people", person, "credentials"];
    let page: Page<WireCredential> = desk.client.get(&path, &[]).await?;
    desk.output.list(
        &page.items,
        &["credential", "kind", "name", "made", "ended", "why"],
    )?;
    if page.items.is_empty() && desk.output.format() == Format::Table {
        eprintln!(
            "They have nothing to sign in with: give them a pass with `tenure sign-in pass`."
        );
    }
    Ok(Exit::Fine)
}

async fn drop(
    desk: &Desk,
    credential: &str,
    sessions: bool,
    change: Change,
) -> Result<Exit, Failure> {
    let body = EndCredential {
        sessions,
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["credentials", credential, "end"];
    let answer: EndCredentialAnswer = desk.client.post(&path, &body).await?;
    tell_dropped(&answer, sessions);
    Ok(Exit::Fine)
}

/// Says what was ended, or would be.
pub(super) fn tell_dropped(answer: &EndCredentialAnswer, sessions: bool) {
    let (kind, subject) = (answer.kind.replace('_', " "), &answer.subject);
    let would = if answer.dry_run { "would be" } else { "is" };
    eprintln!(
        "The {kind} {} of {subject} {would} ended.",
        answer.credential
    );
    if sessions {
        tell_ended(answer.sessions, subject, answer.dry_run);
    }
}

pub(super) fn tell_ended(sessions: u64, subject: &str, dry_run: bool) {
    let (count, are) = match sessions {
        1 => ("1 session".to_owned(), "is"),
        more => (format!("{more} sessions"), "are"),
    };
    let would = if dry_run { "would be" } else { are };
    eprintln!("{count} of {subject} {would} ended.");
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

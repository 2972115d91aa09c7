//! Clients that register themselves.

use api::{EndRegistration, MadeInitialAccess, MakeInitialAccess, Page, WireRegistration};
use clap::Subcommand;

use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, print, printable};

/// What follows `tenure client-registration`.
#[derive(Debug, Subcommand)]
pub enum RegistrationCommand {
    /// Lists the clients that have registered themselves, and the tokens with which more may.
    List,
    /// Makes a token with which clients may register themselves; it is shown once.
    Token {
        /// The name of the `ClientRegistration` document that says what they get.
        name: String,
        /// How many clients may register with it: 1 to 100.
        #[arg(long, default_value_t = 1)]
        uses: u16,
        /// How long it counts, in hours: at most 720.
        #[arg(long, default_value_t = 24)]
        hours: u16,
        #[command(flatten)]
        change: Change,
    },
    /// Ends a client that has registered itself, or a token with which one may.
    End {
        /// Its name, as `list` shows it: `reg_…`.
        id: String,
        #[command(flatten)]
        change: Change,
    },
}

const SHOWN: [&str; 7] = [
    "id",
    "kind",
    "registration",
    "client_name",
    "redirect_uris",
    "uses",
    "ends",
];

/// `tenure client-registration …`.
pub async fn registration(desk: &Desk, command: RegistrationCommand) -> Result<Exit, Failure> {
    match command {
        RegistrationCommand::List => list(desk).await,
        RegistrationCommand::Token {
            name,
            uses,
            hours,
            change,
        } => token(desk, &name, (uses, hours), change).await,
        RegistrationCommand::End { id, change } => end(desk, &id, change).await,
    }
}

async fn list(desk: &Desk) -> Result<Exit, Failure> {
    let path = ["client-registrations"];
    let page: Page<WireRegistration> = desk.client.get(&path, &[]).await?;
    desk.output.list(&page.items, &SHOWN)?;
    if page.items.is_empty() && desk.output.format() == Format::Table {
        eprintln!("No client has registered itself, and none may.");
    }
    Ok(Exit::Fine)
}

async fn token(
    desk: &Desk,
    name: &str,
    (uses, hours): (u16, u16),
    change: Change,
) -> Result<Exit, Failure> {
    let body = MakeInitialAccess {
        uses,
        hours,
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["client-registrations", name, "token"];
    let made: MadeInitialAccess = desk.client.post(&path, &body).await?;
    let ends = printable(&made.ends);
    if change.dry_run {
        eprintln!("A token would be made that counts until {ends}.");
        return Ok(Exit::Fine);
    }
    let place = printable(&made.registration_endpoint);
    eprintln!(
        "{uses} clients may register with it at {place} until {ends}; it is shown this once:"
    );
    match desk.output.format() {
        Format::Table => print(&format!("{}\n", made.token))?,
        _ => desk
            .output
            .show(&made, &["id", "token", "ends", "registration_endpoint"])?,
    }
    Ok(Exit::Fine)
}

async fn end(desk: &Desk, id: &str, change: Change) -> Result<Exit, Failure> {
    let body = EndRegistration {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let path = ["client-registrations", id, "end"];
    let ended: WireRegistration = desk.client.post(&path, &body).await?;
    let what = match change.dry_run {
        true => "Would be ended:",
        false => "Ended; nothing that was given to it counts any more:",
    };
    eprintln!("{what}");
    desk.output.list(&[ended], &SHOWN)?;
    Ok(Exit::Fine)
}

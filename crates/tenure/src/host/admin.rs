//! `tenure admin recover`: the way in for an administrator when every other is shut.

use clap::Subcommand;
use model::Actor;

use super::{compose, directory};
use crate::cli::OnHost;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// What is done for administrators, on the host alone.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Lets somebody in again: a pass to enrol with and a token that may do everything, each for an hour.
    /// On SQLite while the server is stopped.
    Recover {
        /// Subject id, worker key, mail address or name.
        person: String,
        /// Why; it stands in the log.
        #[arg(long, required = true)]
        reason: String,
        /// The server.
        #[command(flatten)]
        host: OnHost,
    },
}

/// Runs it.
pub async fn run(command: AdminCommand) -> Result<(), Failure> {
    let AdminCommand::Recover {
        person,
        reason,
        host,
    } = command;
    let config = Config::load(&host.config)?;
    let _lock = match config.postgres {
        None => Some(directory::lock(&config.directory)?),
        Some(_) => None,
    };
    let house = compose::open(&config).await?;
    let actor = Actor::named("host");
    let recovered = house.app.recover(&actor, &person, &reason).await;
    house.store.close().await;
    let recovered = recovered?;
    let pass = &recovered.pass;
    output::print(&format!(
        "{} is let in until {}; both are shown this once.\n\
         At the pages, as `{}`, with the pass:\n  {}\n\
         On the command line, with the token {}:\n  {}\n",
        pass.subject,
        pass.expires,
        pass.login,
        pass.secret.expose(),
        recovered.token,
        recovered.secret.expose()
    ))
}

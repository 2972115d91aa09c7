//! Three answers to "why".

use api::AccessAnswer;

use super::{say, wrapped};
use crate::client::Client;
use crate::command::why;
use crate::failure::Failure;

/// Asks the server, and tells what it says.
pub async fn ask(client: &Client, person: &str, app: &str) -> Result<AccessAnswer, Failure> {
    let query = [("person", person), ("app", app)];
    let answer: AccessAnswer = client.get(&["why", "access"], &query).await?;
    say(&format!("\n  $ tenure why access {person} {app}\n"))?;
    say(&wrapped(&why::tell(&answer)))?;
    Ok(answer)
}

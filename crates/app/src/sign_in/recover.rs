//! Getting in again from the host, when nobody else can let an administrator in.

use std::time::Duration;

use lifecycle::notices::Occurrence;
use model::{Actor, Occasion, Scope, Secret, TokenId};
use ports::store::Append;

use super::pass::GivenPass;
use crate::{App, AppError};

/// How long what is given counts.
const LIFE: Duration = Duration::from_secs(3600);

/// What an administrator gets in with again; each is shown once.
#[derive(Debug)]
pub struct Recovery {
    /// The token's id.
    pub token: TokenId,
    /// What the command line is given; it may do everything.
    pub secret: Secret,
    /// What they enrol with at the pages.
    pub pass: GivenPass,
}

impl App {
    /// Lets a person in from the host: a pass for a new credential, and a token with every scope in their
    /// name, each for an hour. Nobody is let in so unheard of: the notice is raised first.
    ///
    /// # Errors
    /// As [`App::issue_pass`]; whoever has left stays out. `Unavailable` when the store does not answer.
    pub async fn recover(
        &self,
        actor: &Actor,
        person: &str,
        reason: &str,
    ) -> Result<Recovery, AppError> {
        let checked = self.pass_check(person, LIFE).await?;
        let loaded = self.loaded().await?;
        let subject = checked.subject;
        let used = Occurrence {
            occasion: Occasion::BreakGlass,
            about: format!("{subject} recovered {}", self.clock.now()),
            text: format!("somebody on the server's host has let {subject} in"),
            advice: format!(
                "ask who it was, and if nobody knows, `tenure sign-in end {subject}` and `tenure token list`"
            ),
        };
        let append = Append::of(actor.clone(), Vec::new());
        let append = self.telling(append, &loaded, &used);
        if !append.events.is_empty() {
            self.store.append(append).await?;
        }
        let pass = self.given(actor, checked, reason).await?;
        let issued = self.issue_token(None, actor, &pass.login, &Scope::ALL, LIFE, &[]);
        let (token, secret) = issued.await?;
        Ok(Recovery {
            token,
            secret,
            pass,
        })
    }
}

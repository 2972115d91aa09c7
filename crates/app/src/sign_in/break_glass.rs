//! Break-glass accounts: the few whom no rule, no missing row and no missing account keeps out.
//!
//! Whoever is one has to prove what the documents say of these accounts, and nothing that says less counts;
//! whoever has left or was terminated is out all the same. Nobody is in unheard of: the notice of it is raised
//! in the append that begins the session.

use documents::BreakGlass;
use lifecycle::notices::Occurrence;
use model::{Actor, Notice, Occasion, SessionId, SubjectId};
use ports::store::{Append, Person};

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, Known};

/// What documents say of break-glass accounts, if this person is one.
pub(super) fn break_glass<'l>(loaded: &'l Loaded, person: &Person) -> Option<&'l BreakGlass> {
    let glass = loaded.tenant.sign_on.as_ref()?.break_glass.as_ref()?;
    let mut theirs = person.engagements.iter();
    let named = theirs.any(|of| {
        let mut people = glass.people.iter();
        people.any(|who| who.source == of.source && who.key == of.key)
    });
    named.then_some(glass)
}

impl App {
    /// Whether somebody is a break-glass account by the documents in force.
    pub(super) async fn is_break_glass(&self, person: &Person) -> Result<bool, AppError> {
        match self.loaded().await {
            Ok(loaded) => Ok(break_glass(&loaded, person).is_some()),
            Err(error) if error.kind() == ErrorKind::Missing => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The append that begins a session; where it is a break-glass account's, with the notice of that.
    pub(crate) async fn heard_of(
        &self,
        append: Append,
        known: &Known,
        session: SessionId,
    ) -> Result<Append, AppError> {
        let loaded = self.loaded().await?;
        if break_glass(&loaded, &known.person).is_none() {
            return Ok(append);
        }
        let subject = known.person.subject;
        let used = Occurrence {
            occasion: Occasion::BreakGlass,
            about: session.to_string(),
            text: format!("the break-glass account {subject} has signed in"),
            advice: format!(
                "ask whoever keeps it, and if they know nothing of it, `tenure sign-in end {subject}`"
            ),
        };
        Ok(self.telling(append, &loaded, &used))
    }

    /// Raises the notice that somebody tried in vain to sign in with a break-glass account, where it is one:
    /// once an hour, so that whoever guesses cannot bury other notices.
    pub(crate) async fn refusal_heard_of(&self, subject: SubjectId) -> Result<(), AppError> {
        // Without documents nobody gets in, and nobody is a break-glass account.
        let Ok(loaded) = self.loaded().await else {
            return Ok(());
        };
        let sign_on = loaded.tenant.sign_on.as_ref();
        if sign_on.is_none_or(|sign_on| sign_on.break_glass.is_none()) {
            return Ok(());
        }
        let person = self.store.person(subject).await?;
        if person.is_none_or(|person| break_glass(&loaded, &person).is_none()) {
            return Ok(());
        }
        // To the hour: 2026-01-12T09.
        let hour: String = self.clock.now().to_string().chars().take(13).collect();
        let refused = Occurrence {
            occasion: Occasion::BreakGlass,
            about: format!("{subject} refused {hour}"),
            text: format!(
                "somebody tried in vain to sign in with the break-glass account {subject}"
            ),
            advice: format!("ask whoever keeps it, and look at `tenure log --person {subject}`"),
        };
        let id = Notice::id_of(refused.occasion, &refused.about);
        if self.store.notice(id).await?.is_some() {
            return Ok(());
        }
        let append = Append::of(Actor::named(&subject.to_string()), Vec::new());
        let append = self.telling(append, &loaded, &refused);
        if append.events.is_empty() {
            return Ok(());
        }
        match self.store.append(append).await.map_err(AppError::from) {
            // Another attempt of this hour has raised it.
            Err(error) if error.kind() != ErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }
}

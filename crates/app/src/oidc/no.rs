//! Somebody who does not want to go on.

use rules::sign_on::{Denial, SignOn};

use super::authorize::{Answer, Asker};
use super::steps::{Step, nothing};
use super::wanted::WhyNot;
use crate::sign_in::{Asking, Attempt, Judged};
use crate::{App, AppError};

/// Whether somebody asked who is told when the person says no: an app that waits for an answer. Whoever began here, or
/// typed the code of a device, leaves by going away.
pub(super) fn is_told(attempt: &Attempt) -> bool {
    match &attempt.request {
        Some(Asking::Oidc(_) | Asking::SamlRedirect(_) | Asking::SamlPost(_)) => true,
        Some(Asking::SamlStart(_) | Asking::Device(_)) | None => false,
    }
}

impl App {
    /// Says no, on a page that asks: whoever asked is told `access_denied` (RFC 6749 §4.1.2.1), or by SAML
    /// `RequestDenied`, and nothing of who it was. Where that is known, it is written down.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn say_no(&self, attempt: &str, asker: Asker<'_>) -> Result<Answer, AppError> {
        let Step { attempt, wanted } = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        let Some(wanted) = wanted.filter(|_| is_told(&attempt)) else {
            return Ok(self.begin(asker, None));
        };
        if let Some(subject) = attempt.subject
            && let Ok(known) = self.member(subject).await?
        {
            let judged = self
                .judge_for(&known, Some(&wanted), &attempt.factors, asker)
                .await?;
            let event = said_no(judged).event(subject, None, None);
            self.append_with(nothing(subject), event).await?;
        }
        self.turn_away(&wanted, WhyNot::SaidNo).await
    }
}

fn said_no(mut judged: Judged) -> Judged {
    judged.answer = SignOn::Denied(Denial::ByRule);
    "the person said no".clone_into(&mut judged.reason);
    judged
}

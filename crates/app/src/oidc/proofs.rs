//! What somebody proves with, sent from a page.

use model::Secret;
use rules::sign_on::{SignOn, Strength};

use super::authorize::{Answer, Ask, Asker, Wrong};
use super::steps::{Step, named, nothing, or_again, proves};
use super::wanted::Wanted;
use crate::sign_in::Attempt;
use crate::{App, AppError, ErrorKind};

impl App {
    /// A name and a password.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn send_password(
        &self,
        attempt: &str,
        name: &str,
        password: &Secret,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let mut step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        // Whoever has never been here may have a password elsewhere.
        let named = match self.asks_a_directory().await? {
            true => self.subject_searched(name).await?,
            false => self.subject_named(name).await?,
        };
        let proved = match self.password_is(named, password, asker.from).await {
            Ok(proved) => proved,
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => {
                return Ok(self.name_again(&step, name, Wrong::Busy));
            }
            Err(error) => return Err(error),
        };
        let (Some(subject), Some((used, made))) = (named, proved) else {
            return Ok(self.name_again(&step, name, Wrong::Password));
        };
        proves(&mut step.attempt, subject, used);
        // It was moved here by two at once: the other one was first.
        let again = || self.begin(asker, Some(Wrong::TooOld));
        or_again(self.go_on(step, asker, made).await, again)
    }

    /// What an authenticator signed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn send_passkey(
        &self,
        attempt: &str,
        response: &[u8],
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let mut step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        let answers = self.passkey_answers(&step.attempt, response, asker.from);
        let Some((subject, used, made)) = answers.await? else {
            return self.asked_again(step, asker, Wrong::Passkey).await;
        };
        proves(&mut step.attempt, subject, used);
        let answered = self.go_on(step, asker, made).await;
        self.or_once_more(answered, attempt, asker, Wrong::Passkey)
            .await
    }

    /// A code of a device, or of a paper.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn send_code(
        &self,
        attempt: &str,
        code: &str,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let mut step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        // Codes are never the first proof: whoever guesses one must know a password before.
        let Some(subject) = step
            .attempt
            .subject
            .filter(|_| !step.attempt.factors.is_empty())
        else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let Some((used, one)) = self.code_counts(subject, code, asker.from).await? else {
            return self.asked_again(step, asker, Wrong::Code).await;
        };
        proves(&mut step.attempt, subject, used);
        let made = nothing(subject).consuming(one);
        let answered = self.go_on(step, asker, made).await;
        self.or_once_more(answered, attempt, asker, Wrong::Code)
            .await
    }

    /// Who tries, as far as an attempt has proved it: guesses are counted for each person.
    #[must_use]
    pub fn who_tries(&self, attempt: &str, browser: &str) -> Option<String> {
        let attempt = self.attempt(attempt, browser)?;
        attempt.subject.map(|subject| subject.to_string())
    }

    fn name_again(&self, step: &Step, typed: &str, wrong: Wrong) -> Answer {
        let asked = self.asks(&step.attempt, step.wanted.as_ref(), Ask::Name, Some(wrong));
        named(asked, typed)
    }

    /// Whoever brought something that was used before is asked once more, where they were.
    async fn or_once_more(
        &self,
        answered: Result<Answer, AppError>,
        attempt: &str,
        asker: Asker<'_>,
        wrong: Wrong,
    ) -> Result<Answer, AppError> {
        match answered {
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            answered => return answered,
        }
        match self.step(attempt, asker).await? {
            Ok(step) => self.asked_again(step, asker, wrong).await,
            Err(answer) => Ok(answer),
        }
    }

    /// The page from which something wrong came, again, with another challenge.
    pub(super) async fn asked_again(
        &self,
        mut step: Step,
        asker: Asker<'_>,
        wrong: Wrong,
    ) -> Result<Answer, AppError> {
        step.attempt.challenge = ports::clock::draw(&*self.entropy);
        let (attempt, wanted) = (&step.attempt, step.wanted.as_ref());
        if attempt.factors.is_empty() {
            return Ok(self.asks(attempt, wanted, Ask::Name, Some(wrong)));
        }
        let strength = self.still_demanded(attempt, wanted, asker).await?;
        self.asks_more(attempt, wanted, strength, Some(wrong)).await
    }

    /// What is demanded of somebody who has proved so much: the page offers nothing that is too weak.
    async fn still_demanded(
        &self,
        attempt: &Attempt,
        wanted: Option<&Wanted>,
        asker: Asker<'_>,
    ) -> Result<Strength, AppError> {
        let known = match attempt.subject {
            Some(subject) => self.member(subject).await?.ok(),
            None => None,
        };
        let Some(known) = known else {
            return Ok(Strength::PhishingResistant);
        };
        let factors = &attempt.factors;
        let judged = self.judge_for(&known, wanted, factors, asker).await?;
        Ok(match judged.answer {
            SignOn::StepUp(demand) => demand.strength,
            SignOn::Allowed | SignOn::Denied(_) => Strength::MultiFactor,
        })
    }
}

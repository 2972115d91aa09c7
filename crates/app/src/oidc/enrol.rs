//! The first credential of somebody who was handed a pass. The pass is used up with it.

use model::sign_in::{Factor, FactorUse};
use model::{Digest, Secret, SubjectId};
use ports::store::{Append, OneTime};

use super::authorize::{Answer, Ask, Asker, Wrong};
use super::steps::{Step, barred, named, or_again, proves};
use crate::sign_in::UNREADABLE;
use crate::{App, AppError, ErrorKind, Known};

impl App {
    /// A name and a temporary access pass.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn send_pass(
        &self,
        attempt: &str,
        name: &str,
        pass: &str,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let mut step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        let named_so = self.subject_named(name).await?;
        let found = match named_so {
            Some(subject) => self.pass_of(subject, pass).await?.map(|one| (subject, one)),
            None => None,
        };
        let Some((subject, one)) = found else {
            return self
                .is_none_of_theirs(&step, name, named_so, (Ask::Name, Wrong::Pass))
                .await;
        };
        self.begins_to_enrol(&mut step, subject, one).await
    }

    /// The page on which somebody types a code that they were mailed, in the browser from which they asked for it.
    /// `attempt`: how far they had come; without one they begin anew.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn mailed_page(
        &self,
        attempt: Option<&str>,
        name: &str,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let step = match attempt {
            Some(attempt) => match self.step(attempt, asker).await? {
                Ok(step) => step,
                Err(answer) => return Ok(answer),
            },
            None => Step {
                attempt: self.new_attempt(asker.browser, None),
                wanted: None,
            },
        };
        let asked = self.asks(&step.attempt, step.wanted.as_ref(), Ask::Mailed, None);
        Ok(named(asked, name))
    }

    /// A name and a code that was mailed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn send_mailed(
        &self,
        attempt: &str,
        name: &str,
        code: &str,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let mut step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(answer),
        };
        let named_so = self.subject_named(name).await?;
        let found = match named_so {
            Some(subject) => {
                let one = self.mailed_pass_of(subject, code, asker.browser).await?;
                one.map(|one| (subject, one))
            }
            None => None,
        };
        let Some((subject, one)) = found else {
            return self
                .is_none_of_theirs(&step, name, named_so, (Ask::Mailed, Wrong::Mailed))
                .await;
        };
        self.begins_to_enrol(&mut step, subject, one).await
    }

    /// Somebody typed what is no pass of theirs.
    async fn is_none_of_theirs(
        &self,
        step: &Step,
        name: &str,
        named_so: Option<SubjectId>,
        (ask, wrong): (Ask, Wrong),
    ) -> Result<Answer, AppError> {
        if let Some(subject) = named_so {
            self.refusal_heard_of(subject).await?;
        }
        let asked = self.asks(&step.attempt, step.wanted.as_ref(), ask, Some(wrong));
        Ok(named(asked, name))
    }

    /// Whoever brought a pass chooses what they sign in with from then on.
    async fn begins_to_enrol(
        &self,
        step: &mut Step,
        subject: SubjectId,
        one: OneTime,
    ) -> Result<Answer, AppError> {
        step.attempt.subject = Some(subject);
        step.attempt.pass = Some(one.value);
        step.attempt.factors.clear();
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => return Ok(barred(bar)),
        };
        self.enrols(step, &known, None).await
    }

    /// A new password.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn enrol_password(
        &self,
        attempt: &str,
        (password, again): (&Secret, &Secret),
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let (mut step, subject, pass, known) = match self.enrolling(attempt, asker).await? {
            // A pass makes one password: the second way in is a passkey.
            Ok(enrolling) if enrolling.2.is_some() => enrolling,
            Ok(_) => return Ok(self.begin(asker, Some(Wrong::Pass))),
            Err(answer) => return Ok(answer),
        };
        if password.expose() != again.expose() {
            return self.enrols(&step, &known, Some(Wrong::Differ)).await;
        }
        let login = self.keep_login(&known).await?;
        let made = match self.new_password(&known, &login, password).await {
            Ok(append) => append,
            Err(error) if error.kind() == ErrorKind::Invalid || error.code() == UNREADABLE => {
                let told = match error.kind() {
                    ErrorKind::Invalid => error.to_string(),
                    _ => format!("{error} ({UNREADABLE})"),
                };
                let wrong = Some(Wrong::Refused(told));
                return self.enrols(&step, &known, wrong).await;
            }
            Err(error) => return Err(error),
        };
        self.enrolled(&mut step, subject, Factor::Password);
        self.with_pass(step, asker, pass, made).await
    }

    /// A new passkey.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn enrol_passkey(
        &self,
        attempt: &str,
        response: &[u8],
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let (mut step, subject, pass, known) = match self.enrolling(attempt, asker).await? {
            Ok(enrolling) => enrolling,
            Err(answer) => return Ok(answer),
        };
        let made = self.new_passkey(&step.attempt, subject, response, "first passkey");
        match made.await? {
            Ok(made) => {
                self.enrolled(&mut step, subject, Factor::Passkey);
                self.with_pass(step, asker, pass, made).await
            }
            Err(why) => {
                step.attempt.challenge = ports::clock::draw(&*self.entropy);
                let wrong = Some(Wrong::Refused(why));
                match pass {
                    Some(_) => self.enrols(&step, &known, wrong).await,
                    None => self.asked_again(step, asker, Wrong::Passkey).await,
                }
            }
        }
    }

    /// One-time codes, once one of them came back, beside the password that the pass made. They take the place of
    /// none: whoever has some proves with them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn enrol_codes(
        &self,
        attempt: &str,
        (sealed, code): (&str, &str),
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let (mut step, subject) = match self.enrolling(attempt, asker).await? {
            // A pass alone makes no second factor: it is used up with the first.
            Ok((_, _, Some(_), _)) => return Ok(self.begin(asker, Some(Wrong::Pass))),
            Ok((step, subject, None, _)) => (step, subject),
            Err(answer) => return Ok(answer),
        };
        let theirs = self.credentials(subject).await?;
        if theirs.iter().any(|row| row.state.factor == Factor::Totp) {
            return self.asked_again(step, asker, Wrong::Code).await;
        }
        match self.kept_device_codes(subject, sealed, code).await? {
            Some(made) => {
                self.enrolled(&mut step, subject, Factor::Totp);
                self.with_pass(step, asker, None, made).await
            }
            None => self.asked_again(step, asker, Wrong::Code).await,
        }
    }

    /// Who enrols, with which pass.
    async fn enrolling(
        &self,
        attempt: &str,
        asker: Asker<'_>,
    ) -> Result<Result<(Step, SubjectId, Option<Digest>, Known), Answer>, AppError> {
        let step = match self.step(attempt, asker).await? {
            Ok(step) => step,
            Err(answer) => return Ok(Err(answer)),
        };
        let (pass, subject) = (step.attempt.pass, step.attempt.subject);
        let subject = subject.filter(|_| pass.is_some() || step.attempt.enrols);
        let Some(subject) = subject else {
            return Ok(Err(self.begin(asker, Some(Wrong::TooOld))));
        };
        if let Some(pass) = pass
            && !self.pass_still_counts(subject, pass).await?
        {
            return Ok(Err(self.begin(asker, Some(Wrong::Pass))));
        }
        Ok(match self.member(subject).await? {
            Ok(known) => Ok((step, subject, pass, known)),
            Err(bar) => Err(barred(bar)),
        })
    }

    /// A credential that was just made proves who made it.
    fn enrolled(&self, step: &mut Step, subject: SubjectId, factor: Factor) {
        step.attempt.pass = None;
        step.attempt.enrols = true;
        let at = self.now();
        proves(&mut step.attempt, subject, FactorUse { factor, at });
    }

    async fn with_pass(
        &self,
        step: Step,
        asker: Asker<'_>,
        pass: Option<Digest>,
        mut made: Append,
    ) -> Result<Answer, AppError> {
        made.consume.extend(pass.map(|value| OneTime {
            space: "access-pass",
            value,
        }));
        let made = self.announced(made).await?;
        let again = || self.begin(asker, Some(Wrong::Pass));
        or_again(self.go_on(step, asker, made).await, again)
    }

    async fn enrols(
        &self,
        step: &Step,
        known: &Known,
        wrong: Option<Wrong>,
    ) -> Result<Answer, AppError> {
        let login = self.keep_login(known).await?;
        let options = self.passkey_made(&step.attempt, known, &login).await?;
        let mut answer = self.asks(&step.attempt, step.wanted.as_ref(), Ask::Enrol, wrong);
        if let Answer::Ask { offers, .. } = &mut answer {
            offers.passkey = options.map(|options| options.to_string());
        }
        Ok(named(answer, &login))
    }
}

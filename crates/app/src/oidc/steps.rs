//! What somebody sends from a page, and what comes next.

use model::sign_in::{Factor, FactorUse};
use model::{Actor, Secret, SubjectId};
use ports::store::{Append, OneTime, SessionRow};
use rules::sign_on::Denial;
use rules::sign_on::SignOn;

use super::authorize::{Answer, Ask, Asker, Sent, Wrong};
use crate::sign_in::{Attempt, Next, Opened, next};
use crate::{App, AppError, ErrorKind, Known};

impl App {
    /// Begins signing in to Tenure's own pages.
    #[must_use]
    pub fn begin(&self, asker: Asker<'_>, wrong: Option<Wrong>) -> Answer {
        let attempt = Attempt::new(self.now(), self.browser(asker.browser), None);
        self.asks(&attempt, None, Ask::Name, wrong)
    }

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
        let Some(mut attempt) = self.attempt(attempt, asker.browser) else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let sent = match self.sent_in(&attempt).await? {
            Ok(sent) => sent,
            Err(answer) => return Ok(answer),
        };
        let named = self.subject_named(name).await?;
        let proved = match self.password_is(named, password, asker.from).await {
            Ok(proved) => proved,
            Err(error) if matches!(error.kind(), ErrorKind::Busy(_)) => {
                return Ok(self.asks_again(&attempt, sent.as_ref(), name, Wrong::Busy));
            }
            Err(error) => return Err(error),
        };
        let (Some(subject), Some(used)) = (named, proved) else {
            return Ok(self.asks_again(&attempt, sent.as_ref(), name, Wrong::Password));
        };
        self.proves(&mut attempt, subject, used);
        self.go_on(attempt, sent, asker, None).await
    }

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
        let Some(mut attempt) = self.attempt(attempt, asker.browser) else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let sent = match self.sent_in(&attempt).await? {
            Ok(sent) => sent,
            Err(answer) => return Ok(answer),
        };
        let named = self.subject_named(name).await?;
        let found = match named {
            Some(subject) => self.pass_of(subject, pass).await?.map(|one| (subject, one)),
            None => None,
        };
        let Some((subject, one)) = found else {
            return Ok(self.asks_again(&attempt, sent.as_ref(), name, Wrong::Pass));
        };
        attempt.subject = Some(subject);
        attempt.pass = Some(one.value);
        attempt.factors.clear();
        Ok(self.enrols(&attempt, sent.as_ref(), name, None))
    }

    /// A new password, of somebody who was handed a pass. The pass is used up with it.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn enrol_password(
        &self,
        attempt: &str,
        name: &str,
        (password, again): (&Secret, &Secret),
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let Some(mut attempt) = self.attempt(attempt, asker.browser) else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let sent = match self.sent_in(&attempt).await? {
            Ok(sent) => sent,
            Err(answer) => return Ok(answer),
        };
        let (Some(subject), Some(pass)) = (attempt.subject, attempt.pass) else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        if password.expose() != again.expose() {
            return Ok(self.enrols(&attempt, sent.as_ref(), name, Some(Wrong::Differ)));
        }
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => return Ok(barred(bar)),
        };
        let login = self.keep_login(&known).await?;
        let made = match self.new_password(&known, &login, password).await {
            Ok(append) => append.consuming(OneTime {
                space: "access-pass",
                value: pass,
            }),
            Err(error) if error.kind() == ErrorKind::Invalid => {
                let wrong = Some(Wrong::Refused(error.to_string()));
                return Ok(self.enrols(&attempt, sent.as_ref(), &login, wrong));
            }
            Err(error) => return Err(error),
        };
        attempt.pass = None;
        let used = FactorUse {
            factor: Factor::Password,
            at: self.now(),
        };
        self.proves(&mut attempt, subject, used);
        match self.go_on(attempt, sent, asker, Some(made)).await {
            // Somebody was first with this pass.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                Ok(self.begin(asker, Some(Wrong::Pass)))
            }
            answer => answer,
        }
    }

    /// What comes next; `made` goes into the same append as what somebody is given, or in alone.
    async fn go_on(
        &self,
        attempt: Attempt,
        sent: Option<Sent>,
        asker: Asker<'_>,
        made: Option<Append>,
    ) -> Result<Answer, AppError> {
        let Some(subject) = attempt.subject else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => return Ok(barred(bar)),
        };
        let (session, signed_in) = self.session_for(&attempt, &known).await?;
        let opened = Opened {
            row: session,
            known,
        };
        let judged = self
            .judge_for(&opened, sent.as_ref(), &attempt.factors, asker)
            .await?;
        match next(&attempt, Some(judged.answer)) {
            Next::In => {
                let mut append = self.begins(&opened.row);
                if let Some(made) = made {
                    append = together(made, append);
                }
                self.replaced(asker, &opened).await?;
                match sent {
                    Some(sent) => {
                        let Opened { row, known } = opened;
                        let begun = Some((signed_in, append));
                        self.issue(&sent, known, row, judged, begun).await
                    }
                    None => {
                        append
                            .events
                            .push(judged.event(subject, Some(opened.row.id), None));
                        self.store.append(append).await?;
                        Ok(Answer::Home {
                            signed_in: Some(signed_in),
                        })
                    }
                }
            }
            Next::More(strength) => {
                self.kept(made).await?;
                self.recorded(judged, &opened, None).await?;
                Ok(self.asks(&attempt, sent.as_ref(), Ask::More(strength), None))
            }
            Next::Denied | Next::Name | Next::Enrol => {
                self.kept(made).await?;
                let why = match judged.answer {
                    SignOn::Denied(Denial::ByRule | Denial::NoRule) => judged.reason.clone(),
                    SignOn::Allowed | SignOn::StepUp(_) => "nothing was proved".to_owned(),
                };
                self.recorded(judged, &opened, None).await?;
                Ok(Answer::Refused { why, person: true })
            }
        }
    }

    async fn kept(&self, made: Option<Append>) -> Result<(), AppError> {
        if let Some(made) = made {
            self.store.append(made).await?;
        }
        Ok(())
    }

    /// The session in which an attempt ends: the one in which more was proved, while it is open and the
    /// same person's; otherwise a new one. A browser that proved something holds another cookie than
    /// before.
    async fn session_for(
        &self,
        attempt: &Attempt,
        known: &Known,
    ) -> Result<(SessionRow, crate::sign_in::SignedIn), AppError> {
        self.new_session(known.person.subject, attempt.factors.clone())
            .await
    }

    /// Ends the session that the browser held before.
    async fn replaced(&self, asker: Asker<'_>, _now: &Opened) -> Result<(), AppError> {
        match asker.session {
            Some(cookie) => self.sign_out(cookie).await,
            None => Ok(()),
        }
    }

    fn proves(&self, attempt: &mut Attempt, subject: SubjectId, used: FactorUse) {
        // Whoever proves to be somebody else begins anew.
        if attempt.subject != Some(subject) {
            attempt.factors.clear();
        }
        attempt.subject = Some(subject);
        attempt.factors.push(used);
    }

    /// The request that an attempt answers, read again.
    async fn sent_in(&self, attempt: &Attempt) -> Result<Result<Option<Sent>, Answer>, AppError> {
        match &attempt.request {
            None => Ok(Ok(None)),
            Some(raw) => Ok(self.sent(raw.as_bytes()).await?.map(Some)),
        }
    }

    fn asks_again(
        &self,
        attempt: &Attempt,
        sent: Option<&Sent>,
        typed: &str,
        wrong: Wrong,
    ) -> Answer {
        named(self.asks(attempt, sent, Ask::Name, Some(wrong)), typed)
    }

    fn enrols(
        &self,
        attempt: &Attempt,
        sent: Option<&Sent>,
        typed: &str,
        wrong: Option<Wrong>,
    ) -> Answer {
        named(self.asks(attempt, sent, Ask::Enrol, wrong), typed)
    }
}

/// The same page with what somebody typed as their name.
fn named(mut answer: Answer, typed: &str) -> Answer {
    if let Answer::Ask { name, .. } = &mut answer {
        typed.clone_into(name);
    }
    answer
}

fn barred(bar: crate::sign_in::Bar) -> Answer {
    Answer::Refused {
        why: bar.as_str().to_owned(),
        person: true,
    }
}

/// Two appends as one, by the actor of the first.
fn together(mut one: Append, other: Append) -> Append {
    one.expect.extend(other.expect);
    one.consume.extend(other.consume);
    one.bump.extend(other.bump);
    one.events.extend(other.events);
    one
}

/// The actor that a person is in the log.
pub(super) fn actor(subject: SubjectId) -> Actor {
    Actor::named(&subject.to_string())
}

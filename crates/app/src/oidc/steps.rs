//! What comes next, once somebody has sent something from a page.

use model::sign_in::FactorUse;
use model::{Actor, SubjectId};
use ports::store::Append;
use rules::sign_on::{Denial, SignOn, Strength};

use super::authorize::{Answer, Ask, Asker, Wrong};
use super::wanted::{Wanted, WhyNot};
use crate::sign_in::{Attempt, Door, Judged, NewCodes, Next, Opened, SignedIn, next};
use crate::{App, AppError, ErrorKind, Known};

/// What a step has to work with: how far somebody has come, and the request that they answer.
pub(super) struct Step {
    pub attempt: Attempt,
    pub wanted: Option<Wanted>,
}

impl App {
    /// Begins signing in to Tenure's own pages.
    #[must_use]
    pub fn begin(&self, asker: Asker<'_>, wrong: Option<Wrong>) -> Answer {
        let attempt = self.new_attempt(asker.browser, None);
        self.asks(&attempt, None, Ask::Name, wrong)
    }

    /// Reads what a page held, and the request again; or what is answered in place of a step.
    pub(super) async fn step(
        &self,
        attempt: &str,
        asker: Asker<'_>,
    ) -> Result<Result<Step, Answer>, AppError> {
        match self.attempt(attempt, asker.browser) {
            Some(attempt) => self.step_of(attempt, asker).await,
            None => Ok(Err(self.begin(asker, Some(Wrong::TooOld)))),
        }
    }

    /// The same, of somebody who was away.
    pub(super) async fn step_of(
        &self,
        attempt: Attempt,
        asker: Asker<'_>,
    ) -> Result<Result<Step, Answer>, AppError> {
        if !self.still_stands(&attempt).await? {
            return Ok(Err(self.begin(asker, Some(Wrong::TooOld))));
        }
        let wanted = match &attempt.request {
            None => None,
            Some(asking) => match self.wanted(asking, attempt.begun).await? {
                Ok(wanted) => Some(wanted),
                Err(answer) => return Ok(Err(answer)),
            },
        };
        Ok(Ok(Step { attempt, wanted }))
    }

    /// What comes next. `made` is what this step uses up and writes down: it goes into the same append as
    /// what comes of it, so that neither is there without the other.
    pub(super) async fn go_on(
        &self,
        step: Step,
        asker: Asker<'_>,
        made: Append,
    ) -> Result<Answer, AppError> {
        let Step { attempt, wanted } = step;
        let Some(subject) = attempt.subject else {
            return Ok(self.begin(asker, Some(Wrong::TooOld)));
        };
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => {
                self.refusal_heard_of(subject).await?;
                return Ok(barred(bar));
            }
        };
        let (row, signed_in) = self.new_session(subject, attempt.factors.clone()).await?;
        let opened = Opened { row, known };
        let factors = &attempt.factors;
        let judged = self
            .judge_for(&opened.known, wanted.as_ref(), factors, asker)
            .await?
            .vouched(attempt.vouched.as_ref());
        let upstream = self.upstream_of(&opened.known).await?;
        let door = upstream.as_ref().map_or(Door::Here, |_| Door::Upstream);
        match next(&attempt, Some(judged.answer), door) {
            Next::In if !self.is_meant_by(wanted.as_ref(), &opened).await? => {
                let step = Step { attempt, wanted };
                self.of_another(step, (subject, judged), made, asker).await
            }
            Next::In => {
                self.renamed(&opened).await?;
                let append = together(made, self.begins(&opened.row));
                let append = self.heard_of(append, &opened.known, opened.row.id).await?;
                let answer = match wanted {
                    Some(wanted) => {
                        let Opened { row, known } = opened;
                        self.let_in(&wanted, known, row, judged, Some((signed_in, append)))
                            .await?
                    }
                    None => self.home(opened, judged, signed_in, append).await?,
                };
                // The browser holds another session now, whoever was signed in there before.
                if let Some(cookie) = asker.session.filter(|_| answer.begins_session()) {
                    self.end_held(cookie, "somebody signed in anew").await?;
                }
                Ok(answer)
            }
            Next::More(strength) => {
                self.append_with(made, judged.event(subject, None, None))
                    .await?;
                let step = Step { attempt, wanted };
                self.more_of(step, &opened.known, strength).await
            }
            Next::Upstream | Next::Name => {
                let step = Step { attempt, wanted };
                self.by_other_door(step, (subject, judged), made, upstream, asker)
                    .await
            }
            Next::Denied | Next::Enrol => {
                self.refusal_heard_of(subject).await?;
                let why = judged.reason.clone();
                self.append_with(made, judged.event(subject, None, None))
                    .await?;
                match wanted {
                    Some(wanted) => self.turn_away(&wanted, WhyNot::NotTheirs).await,
                    None => Ok(Answer::Refused { why, person: true }),
                }
            }
        }
    }

    /// The page that asks for more; or what whoever asked is told where the person has nothing to answer it with.
    async fn more_of(
        &self,
        step: Step,
        known: &Known,
        strength: Strength,
    ) -> Result<Answer, AppError> {
        let Step { attempt, wanted } = step;
        if let Some(wanted) = wanted.as_ref().filter(|_| !attempt.enrols)
            && self.is_out_of_reach(wanted, known, strength).await?
        {
            return self.turn_away(wanted, WhyNot::Unmet).await;
        }
        // What was asked for once is not asked for again with the same challenge.
        let mut attempt = attempt;
        attempt.challenge = ports::clock::draw(&*self.entropy);
        self.asks_more(&attempt, wanted.as_ref(), strength, None)
            .await
    }

    /// Whether whoever asked may be told of the person who has signed in.
    async fn is_meant_by(
        &self,
        wanted: Option<&Wanted>,
        opened: &Opened,
    ) -> Result<bool, AppError> {
        match wanted {
            Some(Wanted::Oidc(sent)) => self.is_meant(sent, opened).await,
            _ => Ok(true),
        }
    }

    /// Somebody who is not the one whom the request is about.
    async fn of_another(
        &self,
        step: Step,
        (subject, judged): (SubjectId, Judged),
        made: Append,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let judged = about_another(judged);
        self.append_with(made, judged.event(subject, None, None))
            .await?;
        match step.wanted {
            Some(wanted) => self.turn_away(&wanted, WhyNot::SomebodyElse).await,
            None => Ok(self.begin(asker, None)),
        }
    }

    /// Somebody who proved something at the wrong door: they prove it at the other provider, or here.
    async fn by_other_door(
        &self,
        step: Step,
        (subject, judged): (SubjectId, Judged),
        made: Append,
        upstream: Option<documents::IdentityProvider>,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let judged = match &upstream {
            Some(provider) => judged.elsewhere(&provider.name),
            None => judged.here(),
        };
        self.append_with(made, judged.event(subject, None, None))
            .await?;
        match upstream {
            Some(provider) => self.leaves(step, &provider, asker).await,
            None => Ok(self.begins_again(&step, asker, Wrong::Here)),
        }
    }

    /// Keeps the name that their facts give somebody by now. Whoever has none, or another one's, is in by the
    /// name that they typed.
    async fn renamed(&self, opened: &Opened) -> Result<(), AppError> {
        match self.keep_login(&opened.known).await {
            Err(error) if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    async fn home(
        &self,
        opened: Opened,
        judged: crate::sign_in::Judged,
        signed_in: SignedIn,
        mut append: Append,
    ) -> Result<Answer, AppError> {
        let (subject, session) = (opened.known.person.subject, opened.row.id);
        append
            .events
            .push(judged.event(subject, Some(session), None));
        self.store.append(append).await?;
        Ok(Answer::Home {
            signed_in: Some(signed_in),
        })
    }

    pub(super) async fn append_with(
        &self,
        mut made: Append,
        event: model::Event,
    ) -> Result<(), AppError> {
        made.events.push(event);
        self.store.append(made).await?;
        Ok(())
    }

    /// What somebody may make who has just used a pass: a passkey, as what a browser is asked for, and one-time
    /// codes. Where more is demanded than a password, whoever is new would otherwise never get in.
    async fn to_make(
        &self,
        attempt: &Attempt,
    ) -> Result<(Option<String>, Option<NewCodes>), AppError> {
        let Some(subject) = attempt.subject.filter(|_| attempt.enrols) else {
            return Ok((None, None));
        };
        let Ok(known) = self.member(subject).await? else {
            return Ok((None, None));
        };
        let login = self.keep_login(&known).await?;
        let options = self.passkey_made(attempt, &known, &login).await?;
        let codes = self.new_codes(subject, &login);
        Ok((options.map(|options| options.to_string()), Some(codes)))
    }

    /// A page that asks for more than was proved, offering what the person has.
    pub(super) async fn asks_more(
        &self,
        attempt: &Attempt,
        wanted: Option<&Wanted>,
        strength: Strength,
        wrong: Option<Wrong>,
    ) -> Result<Answer, AppError> {
        use model::Factor;
        let theirs = match attempt.subject {
            Some(subject) => self.credentials(subject).await?,
            None => Vec::new(),
        };
        let has = |factor| theirs.iter().any(|row| row.state.factor == factor);
        let resists = strength == Strength::PhishingResistant;
        let mut answer = self.asks(attempt, wanted, Ask::More(strength), wrong);
        let (passkey, codes) = self.to_make(attempt).await?;
        if let Answer::Ask { offers, .. } = &mut answer {
            if !has(Factor::Passkey) {
                offers.makes = passkey.is_some();
                offers.passkey = passkey;
            }
            // Codes do not resist phishing, and take the place of none that are there.
            offers.set_up = codes
                .filter(|_| !resists && !has(Factor::Totp))
                .map(Box::new);
            offers.codes = !resists && (has(Factor::Totp) || has(Factor::RecoveryCode));
        }
        Ok(answer)
    }
}

/// Adds what was proved; whoever proves to be somebody else begins anew.
pub(super) fn proves(attempt: &mut Attempt, subject: SubjectId, used: FactorUse) {
    if attempt.subject != Some(subject) {
        attempt.factors.clear();
    }
    attempt.subject = Some(subject);
    attempt.factors.push(used);
}

/// The same page with what somebody typed as their name.
pub(super) fn named(mut answer: Answer, typed: &str) -> Answer {
    if let Answer::Ask { name, .. } = &mut answer {
        typed.clone_into(name);
    }
    answer
}

/// The record of somebody who proved who they are, where whoever asked meant somebody else.
fn about_another(mut judged: Judged) -> Judged {
    judged.answer = SignOn::Denied(Denial::ByRule);
    "the app asked for somebody else".clone_into(&mut judged.reason);
    judged
}

pub(super) fn barred(bar: crate::sign_in::Bar) -> Answer {
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

/// What a step writes down that writes nothing by itself.
pub(super) fn nothing(subject: SubjectId) -> Append {
    Append::of(actor(subject), Vec::new())
}

/// The answer to whoever brought something that was used before.
pub(super) fn or_again(
    answered: Result<Answer, AppError>,
    again: impl FnOnce() -> Answer,
) -> Result<Answer, AppError> {
    match answered {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(again()),
        answered => answered,
    }
}

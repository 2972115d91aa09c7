//! Taking in what an app's people answered.
//!
//! An answer is their word. It becomes the step's outcome and is carried on by the worker, as a
//! machine's answer is; what they wrote beside it is kept, sealed, as evidence.

use model::event::{LineAnswered, StepChanged};
use model::handoff::{Said, line_id, step_of};
use model::plan::StepStatus;
use model::{
    Act, Actor, Address, Diagnostic, Event, Kind, Outcome, Personal, RemoteId, Step, SubjectId,
    TargetName,
};
use ports::handoff::Reply;
use ports::store::{Append, AppendError, PlanRow, StepRow, Stream};

use super::by_hand;
use crate::observe::listings;
use crate::{App, AppError};

/// A line that nobody can answer: unknown, of another app, or answered otherwise before.
const NO_LINE: &str = "TNR-HANDOFF-0012";
/// An answer that does not fit its line.
const UNFIT: &str = "TNR-HANDOFF-0013";
/// The codes under which what was not done is told; the note may name people and is not part of them.
const REFUSED: &str = "HANDOFF-REFUSED";
const IMPOSSIBLE: &str = "HANDOFF-IMPOSSIBLE";
/// Tries of one append, against a worker that writes to the same plan.
const TRIES: u32 = 5;

/// What a file of answers came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnswersReport {
    /// The file is damaged as a whole, and nothing of it was taken in.
    pub refused: bool,
    /// Each answer that counts, in the order of the file.
    pub rows: Vec<AnswerRow>,
    /// Lines to which nothing was answered yet.
    pub unanswered: u64,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The line.
    pub line: String,
    /// What they answered.
    pub said: Said,
    /// What became of it.
    pub taken: Taken,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It counts.
    New,
    /// The same was answered before.
    Again,
    /// The line was recalled meanwhile: what was done is known now, and planned for.
    Late,
}

impl Taken {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Again => "again",
            Self::Late => "late",
        }
    }
}

/// Who brought the answers, and why they may be believed.
struct Bearer<'a> {
    actor: &'a Actor,
    reason: &'a str,
    dry_run: bool,
}

/// What is wrong with one answer: code, problem, what to do.
type Flaw = (&'static str, String, &'static str);

impl App {
    /// Takes a file of answers in. Each counts alone: one that is wrong does not keep the others out.
    ///
    /// # Errors
    /// `Missing` or `Invalid` for an app that is not kept by hand. A damaged file is no error: the
    /// report says so.
    pub async fn take_answers(
        &self,
        actor: &Actor,
        name: &TargetName,
        (place, bytes): (&str, &[u8]),
        reason: &str,
        dry_run: bool,
    ) -> Result<AnswersReport, AppError> {
        let loaded = self.loaded().await?;
        let delimiter = by_hand(&loaded, name)?.extract.delimiter;
        let read = self.paperwork()?.replies(delimiter, place, bytes);
        let mut report = AnswersReport {
            refused: read.refused,
            unanswered: read.unanswered,
            diagnostics: read.diagnostics,
            rows: Vec::new(),
        };
        let bearer = Bearer {
            actor,
            reason,
            dry_run,
        };
        let mut late: Vec<SubjectId> = Vec::new();
        let mut stopped = Ok(());
        for reply in read.replies {
            let taken = match self.take_answer(&bearer, name, &reply).await {
                Ok(taken) => taken,
                Err(error) => {
                    stopped = Err(error);
                    break;
                }
            };
            match taken {
                Ok((taken, subject)) => {
                    if taken == Taken::Late {
                        late.extend(subject);
                    }
                    report.rows.push(AnswerRow {
                        line: reply.line,
                        said: reply.said,
                        taken,
                    });
                }
                Err(flaw) => report.diagnostics.push(diagnosed(place, &reply, flaw)),
            }
        }
        if !dry_run {
            self.bell.notify_waiters();
            self.plan_late(actor, late).await;
        }
        // What was taken in before stays so: the same file again answers those lines again.
        stopped.map(|()| report)
    }

    /// What was done stays done if planning fails now: the next planning finds what follows.
    async fn plan_late(&self, actor: &Actor, people: Vec<SubjectId>) {
        if people.is_empty() {
            return;
        }
        if let Err(error) = self.plan_for(actor, people, false).await {
            tracing::warn!(error.code = error.code(), "handoff.not_planned_for");
        }
    }

    async fn take_answer(
        &self,
        bearer: &Bearer<'_>,
        name: &TargetName,
        reply: &Reply,
    ) -> Result<Result<(Taken, Option<SubjectId>), Flaw>, AppError> {
        let Ok(at) = step_of(&reply.line) else {
            return Ok(Err(no_line("there is no such line")));
        };
        for _ in 0..TRIES {
            let plan = self.store.plan(at.plan).await?;
            let found = plan.as_ref().and_then(|plan| {
                let row = plan.steps.get(usize::from(at.no))?;
                let step = plan.plan.known()?.steps.get(usize::from(at.no))?;
                Some((plan, row, step))
            });
            let Some((plan, row, step)) = found else {
                return Ok(Err(no_line("there is no such line")));
            };
            if row.address.target != *name {
                return Ok(Err(no_line("this is a line of another app")));
            }
            let taken = match self.fits(row, step, reply).await? {
                Ok(taken) => taken,
                Err(flaw) => return Ok(Err(flaw)),
            };
            let subject = row.address.key.subject();
            if taken == Taken::Again || bearer.dry_run {
                return Ok(Ok((taken, subject)));
            }
            match self
                .write_answer(bearer, (plan, row, step), reply, taken)
                .await
            {
                // The worker has written to the plan meanwhile: look again.
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(Ok((taken, subject))),
            }
        }
        let busy = "the plan of this line is being written to".to_owned();
        Ok(Err((NO_LINE, busy, "send the file again")))
    }

    /// Whether an answer can be taken as one to this step.
    async fn fits(
        &self,
        row: &StepRow,
        step: &Step,
        reply: &Reply,
    ) -> Result<Result<Taken, Flaw>, AppError> {
        let outcome = row.last.as_ref().and_then(|last| last.outcome.as_ref());
        let before = match (row.status, outcome) {
            (StepStatus::Handed, _) => None,
            (StepStatus::Verified | StepStatus::Confirmed, _) => Some(Said::Done),
            (_, Some(outcome)) => said(outcome),
            _ => None,
        };
        if let Some(before) = before {
            let made = match outcome {
                Some(Outcome::Confirmed { remote }) => remote.clone(),
                _ => None,
            };
            if made.is_some() && reply.remote.is_some() && made != reply.remote {
                return Ok(Err(no_line(
                    "this line was answered before, with another account: correct it in the app, \
                     or say whose it is with `tenure adopt`",
                )));
            }
            return Ok(match before == reply.said {
                true => Ok(Taken::Again),
                false => Err(no_line(&format!("this line was answered before: {before}"))),
            });
        }
        let taken = match row.status {
            StepStatus::Handed => Taken::New,
            // Recalled: it was in a file, and may have been done all the same.
            StepStatus::Skipped if matches!(outcome, Some(Outcome::Handed)) => Taken::Late,
            _ => return Ok(Err(no_line("this line was never handed over"))),
        };
        let fits = self.names_its_account(&row.address, step, reply).await?;
        Ok(fits.map(|()| taken))
    }

    /// An account that was made has a name of the app's own, and one that nobody else has.
    async fn names_its_account(
        &self,
        address: &Address,
        step: &Step,
        reply: &Reply,
    ) -> Result<Result<(), Flaw>, AppError> {
        let creates = matches!(step.act, Act::Create { .. });
        let unfit = |problem: &str, fix| Ok(Err((UNFIT, problem.to_owned(), fix)));
        match (&reply.remote, creates, reply.said) {
            (None, true, Said::Done) => unfit(
                "nothing says what the app calls the account that was made",
                "write it into `new account`, as lists of its accounts have it",
            ),
            (Some(_), _, said) if said != Said::Done => unfit(
                "there is a new account, though it was not done",
                "say `done`, or leave `new account` empty",
            ),
            (Some(remote), true, _) => {
                let fix = "write what the app calls the account that was made for this line";
                match self.cannot_be_made(step, remote).await? {
                    Some(why) => unfit(why, fix),
                    None if self.is_being_linked(address, remote).await? => {
                        unfit("another line was answered with this account", fix)
                    }
                    None => Ok(Ok(())),
                }
            }
            (Some(remote), false, _) => {
                let link = self.store.link(address).await?;
                match link.is_some_and(|link| link.remote == *remote) {
                    true => Ok(Ok(())),
                    false => unfit(
                        "this line makes no account, and is about another one",
                        "leave `new account` empty",
                    ),
                }
            }
            (None, ..) => Ok(Ok(())),
        }
    }

    /// Where answers are told that name an account, without its name.
    fn named_by(&self, target: &TargetName, remote: &RemoteId) -> Stream {
        let account = format!("{target}/{remote}");
        let digest = self
            .keyring
            .keyed_digest("made account", account.as_bytes());
        Stream::new("made", digest)
    }

    /// Whether another line was answered with this account, and the worker has not come to it.
    async fn is_being_linked(
        &self,
        address: &Address,
        remote: &RemoteId,
    ) -> Result<bool, AppError> {
        let named = self.named_by(&address.target, remote);
        let Some(last) = self.store.head_of(&named).await? else {
            return Ok(false);
        };
        for record in self.store.records(last.saturating_sub(3), 3).await? {
            if let Event::LineAnswered(told) = record.event
                && told.address != *address
                && told.remote.as_ref() == Some(remote)
            {
                let step = self.store.step(told.step).await?;
                return Ok(step.is_some_and(|row| row.status == StepStatus::Answered));
            }
        }
        Ok(false)
    }

    /// The head of a stream that an append is to expect.
    async fn head_for(&self, stream: &Stream) -> Result<Option<u64>, AppendError> {
        let head = self.store.head_of(stream).await;
        head.map_err(|error| AppendError::Busy(error.to_string()))
    }

    async fn write_answer(
        &self,
        bearer: &Bearer<'_>,
        (plan, row, step): (&PlanRow, &StepRow, &Step),
        reply: &Reply,
        taken: Taken,
    ) -> Result<(), AppendError> {
        let Some(last) = &row.last else {
            return Ok(());
        };
        let remote = match step.act {
            Act::Create { .. } => reply.remote.clone(),
            _ => None,
        };
        let mut events = vec![
            Event::LineAnswered(LineAnswered {
                step: last.step,
                address: row.address.clone(),
                said: reply.said,
                remote: remote.clone(),
                by: bearer.actor.principal.clone(),
                at: self.clock.now(),
                reason: bearer.reason.to_owned(),
                personal: Personal::Known(reply.evidence.clone()),
            }),
            Event::StepChanged(StepChanged {
                status: match taken {
                    Taken::Late => StepStatus::Skipped,
                    Taken::New | Taken::Again => StepStatus::Answered,
                },
                not_before: None,
                looks: 0,
                outcome: Some(outcome(reply.said, remote.as_ref())),
                detail: match taken {
                    Taken::Late => last.detail.clone(),
                    Taken::New | Taken::Again => String::new(),
                },
                ..last.clone()
            }),
        ];
        let target = &row.address.target;
        let listed = self.head_for(&listings(target, Kind::Account)).await?;
        // The worker learns from a line that it waits for; nobody waits for one that was recalled.
        let learnt = taken == Taken::Late && reply.said == Said::Done;
        if learnt {
            let word = self.by_word(step, remote.as_ref()).await;
            events.extend(word.map_err(|error| AppendError::Busy(error.to_string()))?);
        }
        let append = Append::of(bearer.actor.clone(), events);
        let mut append = append.on(Stream::new("plan", plan.id), plan.head);
        if learnt {
            append = self.as_word(append, target, listed);
        }
        if let Some(remote) = &remote {
            // Of two who name one account at once, the second is looked at again.
            let named = self.named_by(target, remote);
            let head = self.head_for(&named).await?;
            append = append.on(named, head);
        }
        self.store.append(append).await?;
        if let Ok(mut answered) = self.answered.lock() {
            answered.push(plan.id);
        }
        Ok(())
    }
}

fn outcome(said: Said, remote: Option<&RemoteId>) -> Outcome {
    let not = |code: &str, detail: &str| Outcome::Refused {
        code: code.to_owned(),
        detail: detail.to_owned(),
    };
    match said {
        Said::Done => Outcome::Confirmed {
            remote: remote.cloned(),
        },
        Said::Refused => not(REFUSED, "its people will not do it; the log has their note"),
        Said::Impossible => not(
            IMPOSSIBLE,
            "its people cannot do it; the log has their note",
        ),
    }
}

/// What was answered, if that is how a step ended.
fn said(outcome: &Outcome) -> Option<Said> {
    match outcome {
        Outcome::Confirmed { .. } => Some(Said::Done),
        Outcome::Refused { code, .. } if code == REFUSED => Some(Said::Refused),
        Outcome::Refused { code, .. } if code == IMPOSSIBLE => Some(Said::Impossible),
        _ => None,
    }
}

fn no_line(problem: &str) -> Flaw {
    let fix = "send the file that belongs to this app; `tenure handoff list` shows its open lines";
    (NO_LINE, problem.to_owned(), fix)
}

fn diagnosed(place: &str, reply: &Reply, (code, problem, fix): Flaw) -> Diagnostic {
    Diagnostic {
        code: code.to_owned(),
        place: place.to_owned(),
        line: reply.at,
        column: 0,
        field: step_of(&reply.line).map(line_id).unwrap_or_default(),
        problem,
        fix: fix.to_owned(),
    }
}

//! Apps that nobody but their own people can reach: what they are asked to do, what they answer, and
//! what their own lists of accounts show.
//!
//! A line *is* a step that was handed over: there is no second book of them that could say something
//! else, and no file is remembered. A file is written whenever somebody asks for it, and the line of a
//! step is called the same in each ([`model::handoff::line_id`]).

mod answers;
mod extract;
mod register;
mod shown;
mod wanted;
mod word;

use std::sync::Arc;
use std::time::Duration;

use documents::HandOff;
use model::event::FindingClosed;
use model::finding::Finding;
use model::handoff::line_id;
use model::plan::StepStatus;
use model::{Act, Attributes, Change, Event, Kind, RemoteId, Step, StepRef, TargetName, Timestamp};
use ports::handoff::{Line, Paperwork};
use ports::store::{MAX_PAGE, PlanRow, StandingStep};

use crate::{App, AppError, ErrorKind, Loaded};

pub use answers::{AnswerRow, AnswersReport, Taken};
pub use extract::ExtractReport;
pub(crate) use register::StoreRegister;
pub(crate) use shown::Shown;

/// Somebody was to do something by hand in an app by now.
pub(crate) const OVERDUE: &str = "TNR-HANDOFF-0001";
/// Lines of one file.
const MOST: usize = 20_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A line that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLine {
    /// As it is written into the file.
    pub line: Line,
    /// The step that it stands for.
    pub step: StepRef,
    /// Whose account it is about.
    pub subject: Option<model::SubjectId>,
    /// When it was handed over.
    pub handed: Timestamp,
    /// It should be answered by now.
    pub overdue: bool,
}

impl App {
    /// The lines of an app that are not answered, those first that are due first.
    ///
    /// # Errors
    /// `Missing` for an unknown app, `Invalid` for one that is not kept by hand, or for more lines
    /// than a file may have.
    pub async fn open_lines(&self, name: &TargetName) -> Result<Vec<OpenLine>, AppError> {
        let loaded = self.loaded().await?;
        let due_days = by_hand(&loaded, name)?.due_days;
        let now = self.clock.now();
        let mut lines = Vec::new();
        for found in self.steps_at(name, StepStatus::Handed, None).await? {
            if lines.len() >= MOST {
                return Err(AppError::new(
                    ErrorKind::Invalid,
                    "TNR-HANDOFF-0002",
                    format!("`{name}` has more than {MOST} lines that are not answered"),
                    "take in what was answered, or a list of its accounts that shows what was done",
                ));
            }
            let step = found.last.step;
            let Some(plan) = self.store.plan(step.plan).await? else {
                continue;
            };
            let due = due(found.at, due_days);
            if let Some(line) = self.line(&plan, step, due).await? {
                lines.push(OpenLine {
                    line,
                    step,
                    subject: found.last.address.key.subject(),
                    handed: found.at,
                    overdue: due <= now,
                });
            }
        }
        lines.sort_by(|a, b| (a.line.due, &a.line.id).cmp(&(b.line.due, &b.line.id)));
        Ok(lines)
    }

    /// The file for an app's people: every line that is not answered.
    ///
    /// # Errors
    /// As [`App::open_lines`].
    pub async fn sheet(&self, name: &TargetName) -> Result<(Vec<u8>, u64), AppError> {
        let loaded = self.loaded().await?;
        let handoff = by_hand(&loaded, name)?;
        let lines = self.open_lines(name).await?;
        let lines: Vec<Line> = lines.into_iter().map(|open| open.line).collect();
        let sheet = self.paperwork()?.sheet(&handoff.extract, &lines);
        Ok((sheet, lines.len() as u64))
    }

    /// Lines of each app that are overdue: how many, and since when the first is.
    pub(crate) async fn overdue_lines(
        &self,
        loaded: &Loaded,
    ) -> Result<Vec<(TargetName, u64, Timestamp)>, AppError> {
        let now = self.clock.now();
        let mut late = Vec::new();
        for (name, app) in &loaded.tenant.apps {
            let Some(handoff) = app.handoff() else {
                continue;
            };
            let open = self.steps_at(name, StepStatus::Handed, None).await?;
            let due = open.iter().map(|step| due(step.at, handoff.due_days));
            let due: Vec<Timestamp> = due.filter(|due| *due <= now).collect();
            if let Some(first) = due.iter().min() {
                late.push((name.clone(), due.len() as u64, *first));
            }
        }
        Ok(late)
    }

    /// The steps of an app that stand so, the newest first; `since`: only those that changed then or
    /// later.
    async fn steps_at(
        &self,
        name: &TargetName,
        status: StepStatus,
        since: Option<Timestamp>,
    ) -> Result<Vec<StandingStep>, AppError> {
        let mut found = Vec::new();
        let mut before = None;
        loop {
            let page = self.store.steps_that_are(status, before, MAX_PAGE).await?;
            let last = page.len() < MAX_PAGE as usize;
            before = page.last().map(|step| step.seq);
            let old = |at: Timestamp| since.is_some_and(|since| at < since);
            let passed = page.last().is_some_and(|step| old(step.at));
            let here = page.into_iter();
            found.extend(here.filter(|s| s.last.address.target == *name && !old(s.at)));
            if last || passed {
                return Ok(found);
            }
        }
    }

    /// What a step is called in a file; `None` where its person was erased.
    async fn line(
        &self,
        plan: &PlanRow,
        step: StepRef,
        due: Timestamp,
    ) -> Result<Option<Line>, AppError> {
        let Some(written) = plan.plan.known() else {
            return Ok(None);
        };
        let Some(what) = written.steps.get(usize::from(step.no)) else {
            return Ok(None);
        };
        let remote = self
            .store
            .link(&what.address)
            .await?
            .map(|link| link.remote);
        let name = match &remote {
            Some(remote) => {
                let target = &what.address.target;
                let seen = self.store.shadow(target, Kind::Account, remote).await?;
                seen.map(|shadow| shadow.record.name).unwrap_or_default()
            }
            None => String::new(),
        };
        Ok(Some(as_line(what, step, remote, name, plan.change, due)))
    }

    pub(crate) fn paperwork(&self) -> Result<Arc<dyn Paperwork>, AppError> {
        self.connect.paperwork().ok_or_else(|| {
            AppError::new(
                ErrorKind::Invalid,
                "TNR-HANDOFF-0003",
                "this node writes no files for people",
                "ask a node that does",
            )
        })
    }

    /// The finding that somebody was to do a step by now.
    pub(crate) fn line_overdue(step: &Step, due: Timestamp, owner: &str) -> Finding {
        let (target, verb) = (&step.address.target, step.act.verb());
        Finding {
            code: OVERDUE.to_owned(),
            fingerprint: format!("{OVERDUE}/{target}/{verb}"),
            subject: step.address.key.subject(),
            address: Some(step.address.clone()),
            problem: format!("{verb} in `{target}` is overdue since {due}: {owner} was to do it"),
            fix: format!(
                "ask them; take their answer in with `tenure handoff confirm {target} FILE`, or a list \
                 of its accounts with `tenure handoff extract`"
            ),
        }
    }

    /// Closes the finding that a line is overdue, if it is open.
    pub(crate) async fn line_is_over(
        &self,
        step: &Step,
        because: &str,
    ) -> Result<Option<Event>, AppError> {
        let finding = Self::line_overdue(step, Timestamp::EPOCH, "");
        let open = self
            .store
            .open_finding(
                &finding.fingerprint,
                finding.subject,
                finding.address.as_ref(),
            )
            .await?;
        let closed = |id| {
            Event::FindingClosed(FindingClosed {
                id,
                reason: because.to_owned(),
            })
        };
        Ok(open.map(|row| closed(row.opened.id)))
    }
}

/// How an app is kept by hand.
pub(crate) fn by_hand<'l>(loaded: &'l Loaded, name: &TargetName) -> Result<&'l HandOff, AppError> {
    let app = loaded.tenant.apps.get(name);
    let app = app.ok_or_else(|| AppError::missing("app", name.as_str()))?;
    app.handoff().ok_or_else(|| {
        AppError::new(
            ErrorKind::Invalid,
            "TNR-HANDOFF-0004",
            format!("`{name}` is reached by SCIM: nobody is asked to do anything there by hand"),
            "name an app whose document has `handoff`",
        )
    })
}

/// From when a line is overdue.
pub(crate) fn due(handed: Timestamp, days: u16) -> Timestamp {
    handed.plus(DAY * u32::from(days))
}

fn as_line(
    step: &Step,
    at: StepRef,
    remote: Option<RemoteId>,
    name: String,
    change: Change,
    due: Timestamp,
) -> Line {
    let (task, set, clear) = match &step.act {
        Act::Create { attributes, active } => {
            let task = if *active { "create" } else { "create disabled" };
            (task, attributes.clone(), Vec::new())
        }
        Act::Update { set, unset } => ("change", set.clone(), unset.clone()),
        act => (act.verb(), Attributes::new(), Vec::new()),
    };
    Line {
        id: line_id(at),
        due,
        task,
        account: remote.map(|remote| remote.0).unwrap_or_default(),
        name,
        why: change.as_str().to_owned(),
        set,
        clear,
    }
}

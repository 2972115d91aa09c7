//! What happened to one step, in order, from the records that tell of it. Pure.

use model::event::StepChanged;
use model::plan::{PlanStatus, StepStatus};
use model::{Act, Event, Outcome, Step, Timestamp, Verdict};
use ports::store::{PlanRow, StepRow, Told, WaveDecision, WaveRow};

use super::report::{Moment, NextPlan};
use crate::digest::class_of;

/// What is read of one step.
pub(super) struct Records<'a> {
    pub(super) plan: &'a PlanRow,
    pub(super) stands: &'a StepRow,
    pub(super) wave: &'a WaveRow,
    /// When the plan was made, and by whom.
    pub(super) drafted: (Timestamp, String),
    /// The guard's first word.
    pub(super) judged: Option<(u64, Timestamp, Verdict)>,
    pub(super) decision: Option<&'a WaveDecision>,
    /// Records about the subject, of which those about the step are taken.
    pub(super) told: &'a [Told],
    /// When the plan was overtaken, and its record.
    pub(super) closed: Option<(u64, Timestamp)>,
    /// Who took the wave back, and the record.
    pub(super) undone: Vec<(u64, Timestamp, String)>,
    pub(super) next: Option<&'a NextPlan>,
}

/// Everything that happened, by its record.
pub(super) fn timeline(records: &Records<'_>) -> Vec<Moment> {
    let mut all = before_it_began(records);
    let act = records.plan.plan.known().and_then(|plan| {
        let no = records.stands.no;
        plan.steps.iter().find(|step| step.no == no)
    });
    let mut seen = false;
    for told in records.told {
        if let Some(moment) = of_record(told, records, act) {
            seen = true;
            all.push(moment);
        }
    }
    // The groups of an app are nobody's: of their steps only the last state is found.
    if let (false, Some(last), Some(at)) = (seen, &records.stands.last, records.stands.at) {
        all.push(of_step(0, at, last, act));
    }
    if let Some((seq, at)) = records.closed {
        let mut moment = Moment::new(seq, at, records.plan.status.as_str());
        records.plan.detail.clone_into(&mut moment.said);
        all.push(moment);
    }
    for (seq, at, by) in &records.undone {
        let mut moment = Moment::new(*seq, *at, "undone");
        by.clone_into(&mut moment.by);
        moment.said = format!("{} was taken back", records.wave.wave);
        all.push(moment);
    }
    if let Some(next) = records.next {
        let mut moment = Moment::new(next.seq, next.at, "planned_next");
        moment.other = Some(next.step);
        moment.said = format!("{} ({}), as {}", next.verb, next.change.as_str(), next.step);
        all.push(moment);
    }
    all.sort_by_key(|moment| (moment.at, moment.seq));
    all
}

fn before_it_began(records: &Records<'_>) -> Vec<Moment> {
    let (at, by) = &records.drafted;
    let mut planned = Moment::new(records.plan.drafted, *at, "planned");
    by.clone_into(&mut planned.by);
    let mut proposed = Moment::new(records.wave.seq, records.wave.at, "proposed");
    records.wave.author.clone_into(&mut proposed.by);
    proposed.said = format!("{}, in {}", records.wave.cause, records.wave.wave);
    let mut all = vec![planned, proposed];
    if let Some((seq, at, verdict)) = &records.judged {
        let what = match verdict {
            Verdict::Allow { .. } => "allowed",
            Verdict::Ask { .. } => "held",
            Verdict::Halt { .. } => "halted",
        };
        let mut moment = Moment::new(*seq, *at, what);
        "guard".clone_into(&mut moment.by);
        moment.said = verdict.because().join("; ");
        all.push(moment);
    }
    if let Some(decision) = records.decision {
        let mut moment = Moment::new(decision.seq, decision.at, decision.word());
        decision.by.clone_into(&mut moment.by);
        decision.reason.clone_into(&mut moment.said);
        all.push(moment);
    }
    all
}

fn of_record(told: &Told, records: &Records<'_>, act: Option<&Step>) -> Option<Moment> {
    let mine = |plan, no| plan == records.plan.id && no == records.stands.no;
    match &told.event {
        Event::StepChanged(e) if mine(e.step.plan, e.step.no) => {
            Some(of_step(told.seq, told.at, e, act))
        }
        Event::LineAnswered(e) if mine(e.step.plan, e.step.no) => {
            let mut moment = Moment::new(told.seq, told.at, "line");
            e.by.clone_into(&mut moment.by);
            moment.answer = e.said.as_str();
            e.reason.clone_into(&mut moment.said);
            Some(moment)
        }
        _ => None,
    }
}

fn of_step(seq: u64, at: Timestamp, e: &StepChanged, act: Option<&Step>) -> Moment {
    let what = match e.status {
        StepStatus::Pending => "waits",
        StepStatus::Sent => "intent",
        StepStatus::Answered if e.looks > 0 => "not_shown",
        StepStatus::Answered => "answered",
        status => status.as_str(),
    };
    let mut moment = Moment::new(seq, at, what);
    moment.attempt = e.attempt;
    moment.next_at = e.not_before;
    moment.exchanges.clone_from(&e.exchanges);
    // What was wanted, not what an earlier attempt was told, is what a read-back proves.
    if e.status.is_done() {
        return moment;
    }
    match e.status {
        StepStatus::Sent => moment.request = act.map(request).unwrap_or_default(),
        _ => moment.answer = e.outcome.as_ref().map_or("", answer),
    }
    let failed = matches!(
        e.outcome,
        Some(
            Outcome::Refused { .. }
                | Outcome::Later { .. }
                | Outcome::Unknown { .. }
                | Outcome::Stale { .. }
        )
    );
    let (class, said) = class_of(e);
    if failed || e.status == StepStatus::Failed {
        moment.class = class;
    }
    moment.said = match &e.outcome {
        // The code stands in a column of its own.
        Some(Outcome::Refused { code, .. }) => {
            let begins = format!("{code}: ");
            e.detail
                .strip_prefix(&begins)
                .unwrap_or(&e.detail)
                .to_owned()
        }
        _ if e.detail.is_empty() && failed => said,
        _ => e.detail.clone(),
    };
    moment
}

const fn answer(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done { .. } => "done",
        Outcome::AlreadyDone { .. } => "already_done",
        Outcome::Stale { .. } => "stale",
        Outcome::Refused { .. } => "refused",
        Outcome::Later { .. } => "later",
        Outcome::Handed => "handed",
        Outcome::Confirmed { .. } => "confirmed",
        Outcome::Unknown { .. } => "unknown",
    }
}

/// What is asked of the app, without values: `update account: title, department`.
fn request(step: &Step) -> String {
    let what = match step.address.key.granted_group() {
        Some(group) => format!("{} {group}", step.act.verb()),
        None => format!("{} {}", step.act.verb(), step.address.kind.as_str()),
    };
    // Without the name of their schema (`urn:…:User:department`).
    let short = |path: &String| path.rsplit(':').next().unwrap_or(path).to_owned();
    match &step.act {
        Act::Adopt { .. } => format!("{what}: nothing is sent"),
        Act::Create { attributes, .. } => {
            let paths: Vec<String> = attributes.keys().map(short).collect();
            format!("{what}: {}", paths.join(", "))
        }
        Act::Update { set, unset } => {
            let set = set.keys().map(short);
            let cleared = unset.iter().map(|path| format!("{} cleared", short(path)));
            format!(
                "{what}: {}",
                set.chain(cleared).collect::<Vec<_>>().join(", ")
            )
        }
        _ => what,
    }
}

/// Whether a plan was closed by nothing that happened to its steps.
pub(super) const fn was_overtaken(status: PlanStatus) -> bool {
    matches!(status, PlanStatus::Superseded | PlanStatus::Stale)
}

//! Plans, steps, and what is seen in apps.

use model::event::{
    MembersObserved, NameLost, ObjectLinked, ObjectObserved, ObjectVanished, ObservationFinished,
    PlanChanged, PlanDrafted, StepChanged, WaveJudged, WaveProposed, WaveReleased,
};
use model::plan::{About, PlanStatus, StepStatus};
use model::{Address, Completeness, Kind, Outcome, Task, Verdict};

use super::{Act, Class, Ending, Severity, Thing, What, id};

pub(super) fn drafted(event: &PlanDrafted) -> What {
    let what = What::new(Thing::Plan, event.plan, Act::Create)
        .with("wave", id(event.wave))
        .with("change", event.change.as_str())
        .with("steps", event.steps.len());
    match &event.about {
        About::Subject(subject) => what.about(Some(*subject)),
        About::Target(target) => what.inside(target),
    }
}

pub(super) fn proposed(event: &WaveProposed) -> What {
    What::new(Thing::Wave, event.wave, Act::Create)
        .with("change", event.cause.change.as_str())
        .with("author", event.author.as_str())
        .with("plans", event.plans)
        .with("removals", event.removals)
        .with("steps", event.steps)
}

pub(super) fn judged(event: &WaveJudged) -> What {
    let severity = match event.verdict {
        Verdict::Allow { .. } => Severity::Informational,
        Verdict::Ask { .. } => Severity::Medium,
        Verdict::Halt { .. } => Severity::High,
    };
    What::new(Thing::Wave, event.wave, Act::Other("judge"))
        .matters(severity)
        .with("verdict", event.verdict.as_str())
        .with("reasons", event.verdict.because().len())
}

pub(super) fn released(event: &WaveReleased) -> What {
    let act = if event.released { "release" } else { "refuse" };
    let what = What::new(Thing::Wave, event.wave, Act::Other(act))
        .matters(Severity::Low)
        .because(&event.reason);
    match event.plans.len() {
        0 => what.with("plans", "all"),
        some => what.with("plans", some),
    }
}

pub(super) fn plan_changed(event: &PlanChanged) -> What {
    let (ending, severity) = match event.status {
        PlanStatus::Waiting | PlanStatus::Released => (Ending::Open, Severity::Informational),
        PlanStatus::Failed => (Ending::Failure, Severity::Low),
        PlanStatus::Refused | PlanStatus::Stale | PlanStatus::Superseded => {
            (Ending::Failure, Severity::Informational)
        }
        PlanStatus::Applied => (Ending::Success, Severity::Informational),
    };
    What::new(Thing::Plan, event.plan, Act::Update)
        .ends(ending)
        .matters(severity)
        .with("status", event.status.as_str())
}

/// A step is an account's or a group's event when it has ended: verified, or failed for good. What
/// lies before is the step's own: an answer is not success, and nobody should count a disabled
/// account three times.
pub(super) fn step(event: &StepChanged, verb: Option<&str>) -> What {
    let ending = match event.status {
        StepStatus::Verified => Ending::Success,
        StepStatus::Failed => Ending::Failure,
        StepStatus::Pending | StepStatus::Sent | StepStatus::Answered | StepStatus::Skipped => {
            let what = What::new(Thing::Step, event.step, Act::Update).ends(Ending::Open);
            return attempt(what, event).with("does", verb.unwrap_or("unknown"));
        }
    };
    let address = &event.address;
    let act = act_of(verb);
    let what = match address.kind {
        Kind::Account => What::new(Thing::Account, &address.key, act).class(Class::User),
        Kind::Grant => What::new(Thing::Membership, &address.key, act)
            .class(Class::Group)
            .group(address.key.granted_group().unwrap_or_default()),
        Kind::Group => What::new(Thing::Group, &address.key, act)
            .class(Class::Group)
            .group(address.key.0.as_str()),
    };
    let severity = match ending {
        Ending::Failure => Severity::Low,
        Ending::Success | Ending::Open => Severity::Informational,
    };
    let what = what.ends(ending).matters(severity);
    attempt(what, event).with("step", id(event.step))
}

fn act_of(verb: Option<&str>) -> Act {
    match verb {
        Some("create") => Act::Create,
        Some("update") => Act::Update,
        Some("enable") => Act::Enable,
        Some("disable") => Act::Disable,
        Some("delete") => Act::Delete,
        Some("grant") => Act::Add,
        Some("revoke") => Act::Remove,
        Some("adopt") => Act::Other("adopt"),
        _ => Act::Unknown,
    }
}

fn attempt(what: What, event: &StepChanged) -> What {
    let address = &event.address;
    let remote = match &event.outcome {
        Some(Outcome::Done { remote, .. } | Outcome::AlreadyDone { remote }) => remote.as_ref(),
        _ => None,
    };
    // For a grant it is the group's id.
    let remote = remote.filter(|_| address.kind == Kind::Account);
    let what = what
        .about(address.key.subject())
        .inside(&address.target)
        .account(remote.map(|remote| remote.as_str()))
        .with("status", event.status.as_str())
        .with("attempt", event.attempt);
    match &event.outcome {
        Some(Outcome::Refused { code, .. }) => what.with("code", code.as_str()),
        _ => what,
    }
}

pub(super) fn observed(event: &ObjectObserved) -> What {
    object(event.kind, event.remote.as_str(), Act::Read)
        .about(event.subject)
        .inside(&event.target)
}

pub(super) fn vanished(event: &ObjectVanished) -> What {
    object(event.kind, event.remote.as_str(), Act::Other("vanish"))
        .inside(&event.target)
        .matters(Severity::Low)
}

fn object(kind: Kind, remote: &str, act: Act) -> What {
    match kind {
        Kind::Account => What::new(Thing::Account, remote, act).account(Some(remote)),
        Kind::Group | Kind::Grant => What::new(Thing::Group, remote, act),
    }
}

pub(super) fn name_lost(event: &NameLost) -> What {
    What::new(Thing::App, &event.target, Act::Other("lose-name"))
        .about(event.subject)
        .inside(&event.target)
}

pub(super) fn members(event: &MembersObserved) -> What {
    What::new(Thing::Group, &event.group, Act::Read)
        .inside(&event.target)
        .with("added", event.added.len())
        .with("removed", event.removed.len())
}

pub(super) fn linked(address: &Address, link: Option<&ObjectLinked>) -> What {
    let act = if link.is_some() { "link" } else { "unlink" };
    let thing = match address.kind {
        Kind::Account => Thing::Account,
        Kind::Grant => Thing::Membership,
        Kind::Group => Thing::Group,
    };
    let what = What::new(thing, &address.key, Act::Other(act))
        .about(address.key.subject())
        .inside(&address.target);
    let Some(link) = link else { return what };
    let account = (address.kind == Kind::Account).then_some(link.remote.as_str());
    what.account(account)
        .with("ownership", link.ownership.as_str())
}

pub(super) fn observation(event: &ObservationFinished) -> What {
    let (completeness, severity) = match event.completeness {
        Completeness::Full => ("full", Severity::Informational),
        Completeness::Partial => ("partial", Severity::Low),
        Completeness::Unknown => ("unknown", Severity::Informational),
    };
    What::new(Thing::App, &event.target, Act::Read)
        .inside(&event.target)
        .matters(severity)
        .with("run", id(event.run))
        .with("of", event.kind.as_str())
        .with("read", event.read)
        .with("changed", event.changed)
        .with("vanished", event.vanished)
        .with("completeness", completeness)
}

pub(super) fn task(task: &Task, act: Act) -> What {
    What::new(Thing::Task, task.id, act)
        .about(Some(task.subject))
        .inside(&task.target)
        .with("due", id(task.due))
}

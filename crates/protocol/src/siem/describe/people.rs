//! People, and what was decided about what they had before. Why somebody decided about one person
//! stays in the log.

use model::event::{
    AccessDecided, AccountDecided, Holder, MatchRejected, Stated, TerminationEnd, TerminationEnded,
    WorkerMatched,
};
use model::{Change, SubjectId};

use super::{Act, Severity, Thing, What};

pub(super) fn accepted(subject: SubjectId, source: &str, change: Change) -> What {
    let act = match change {
        Change::Joiner => Act::Create,
        _ => Act::Update,
    };
    What::person(subject, act)
        .with("source", source)
        .with("change", change.as_str())
}

pub(super) fn withdrawn(subject: SubjectId, source: &str) -> What {
    What::person(subject, Act::Update)
        .with("source", source)
        .with("change", Change::MissingRow.as_str())
}

pub(super) fn terminated(subject: SubjectId) -> What {
    What::person(subject, Act::Other("terminate")).matters(Severity::Medium)
}

pub(super) fn termination_ended(event: &TerminationEnded) -> What {
    let (how, severity) = match event.how {
        TerminationEnd::Confirmed => ("confirmed", Severity::Informational),
        TerminationEnd::Lifted => ("lifted", Severity::Medium),
    };
    What::person(event.subject, Act::Other("end-termination"))
        .matters(severity)
        .with("how", how)
}

pub(super) fn matched(event: &WorkerMatched) -> What {
    What::person(event.subject, Act::Other("match"))
        .with("source", event.source.as_str())
        .with("same", event.same)
}

pub(super) fn account_decided(event: &AccountDecided) -> What {
    let holder = match event.holder {
        Holder::Person { .. } => "person",
        Holder::Orphan => "orphan",
        Holder::Shared => "shared",
        Holder::Service { .. } => "service",
        Holder::Privileged => "privileged",
        Holder::Ignored => "ignored",
        Holder::Undecided => "undecided",
    };
    What::new(Thing::Account, &event.remote, Act::Other("decide"))
        .about(event.subject())
        .inside(&event.target)
        .account(Some(event.remote.as_str()))
        .matters(Severity::Low)
        .with("holder", holder)
}

pub(super) fn match_rejected(event: &MatchRejected) -> What {
    What::new(Thing::Account, &event.remote, Act::Other("reject-match"))
        .about(Some(event.subject))
        .inside(&event.target)
        .account(Some(event.remote.as_str()))
        .matters(Severity::Low)
}

pub(super) fn access_decided(event: &AccessDecided) -> What {
    let stated = match event.stated {
        Stated::Keep { .. } => "keep",
        Stated::Reject => "reject",
        Stated::Undecided => "undecided",
    };
    What::new(Thing::Access, &event.address, Act::Other("decide"))
        .about(event.address.key.subject())
        .inside(&event.address.target)
        .matters(Severity::Low)
        .with("stated", stated)
}

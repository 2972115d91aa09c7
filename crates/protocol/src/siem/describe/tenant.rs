//! The tenant: documents, deliveries, tokens, calls, switches, and what people have to look at.

use model::event::{
    CallMade, DeliveryReceived, DocumentsAccepted, FindingOpened, NoticeChanged, TokenIssued,
};
use model::notice::Happened;
use model::{Completeness, TargetName};
use serde_json::Value;

use super::{Act, Class, Ending, Severity, Thing, What, id};

pub(super) fn documents(event: &DocumentsAccepted) -> What {
    What::new(Thing::Documents, event.revision, Act::Update)
        .matters(Severity::Low)
        .with("author", event.author.as_str())
        .with("documents", event.documents.len())
}

pub(super) fn delivery(event: &DeliveryReceived) -> What {
    let completeness = match event.completeness {
        Completeness::Full => "full",
        Completeness::Partial => "partial",
        Completeness::Unknown => "unknown",
    };
    let (ending, severity) = if event.refused {
        (Ending::Failure, Severity::Medium)
    } else {
        (Ending::Success, Severity::Informational)
    };
    What::new(Thing::Delivery, event.delivery, Act::Create)
        .ends(ending)
        .matters(severity)
        .with("source", event.source.as_str())
        .with("author", event.author.as_str())
        .with("completeness", completeness)
        .with("rows", event.rows)
        .with("changed", event.changed)
        .with("missing", event.missing)
        .with("diagnostics", event.diagnostics.len())
}

pub(super) fn finding(event: &FindingOpened) -> What {
    let finding = &event.finding;
    let what = What::new(Thing::Finding, event.id, Act::Create)
        .about(finding.subject)
        .matters(Severity::Low)
        .with("code", finding.code.as_str());
    match &finding.address {
        Some(address) => what.inside(&address.target),
        None => what,
    }
}

pub(super) fn notice(event: &NoticeChanged) -> What {
    let (act, severity) = match event.happened {
        Happened::Raised => (Act::Create, Severity::Medium),
        _ => (Act::Update, Severity::Informational),
    };
    What::new(Thing::Notice, event.notice, act)
        .matters(severity)
        .with("occasion", event.state.occasion.as_str())
        .with("acknowledged", event.state.acknowledged.is_some())
        .with("ended", event.state.ended.is_some())
}

/// Neither the token nor the hash of it.
pub(super) fn token(event: &TokenIssued) -> What {
    let scopes: Vec<Value> = event.scopes.iter().map(|s| s.as_str().into()).collect();
    What::new(Thing::Token, event.token, Act::Create)
        .matters(Severity::Low)
        .with("for", event.principal.as_str())
        .with("scopes", scopes)
        .with("expires", id(event.expires))
        .with("networks", event.networks.len())
}

/// The reason is not told: that of a call about one person is about that person.
pub(super) fn call(event: &CallMade) -> What {
    let act = match event.method.as_str() {
        "GET" => Act::Read,
        "PUT" => Act::Update,
        _ => Act::Other("post"),
    };
    let (ending, severity) = match event.status {
        ..=399 => (Ending::Success, Severity::Informational),
        401 | 403 => (Ending::Failure, Severity::Low),
        500.. => (Ending::Failure, Severity::Medium),
        _ => (Ending::Failure, Severity::Informational),
    };
    What::new(Thing::Call, &event.route, act)
        .class(Class::Call)
        .ends(ending)
        .matters(severity)
        .with("method", event.method.as_str())
        .with("status", event.status)
        .with("remote", event.remote.as_str())
}

pub(super) fn writing(target: Option<&TargetName>, act: Act, reason: &str) -> What {
    let what = What::new(Thing::Writing, target.map_or("all", |t| t.as_str()), act)
        .matters(Severity::Medium)
        .because(reason);
    match target {
        Some(target) => what.inside(target),
        None => what,
    }
}

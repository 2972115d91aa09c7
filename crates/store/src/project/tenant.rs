//! Rows of events about documents, deliveries, findings, tokens and the kill switch.

use model::actor::Scope;
use model::event::{
    DeliveryReceived, DocumentsAccepted, DrillChanged, FindingClosed, FindingOpened, NoticeChanged,
    TokenIssued, TokenRevoked, WritingResumed, WritingStopped,
};
use model::{Address, DeliveryId, SubjectId, TargetName};

use super::{
    ProjectError, Rows, hash, instant, int, json, subject_of, subject_or_null, target_name, text,
};
use crate::schema::{
    DELIVERY, DOCUMENTS, DRILL_RUN, FINDING, NOTICE, SOURCE_HEARD, STOP, TOKEN, TOKEN_REVOKED,
};
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn documents(rows: &mut Rows, e: &DocumentsAccepted) -> Projected {
    let at = rows.at.clone();
    rows.put(
        &DOCUMENTS,
        vec![int(e.revision)?, text(&e.author), at, json(&e.documents)?],
    )
}

pub(super) fn delivery(rows: &mut Rows, e: &DeliveryReceived) -> Projected {
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    if !e.refused {
        heard(rows, &e.source, e.delivery)?;
    }
    rows.put(&DELIVERY, vec![text(e.delivery), seq, at, json(e)?])
}

pub(super) fn heard(rows: &mut Rows, source: &str, delivery: DeliveryId) -> Projected {
    let at = rows.at.clone();
    rows.put(&SOURCE_HEARD, vec![text(source), text(delivery), at])
}

pub(super) fn finding_opened(rows: &mut Rows, e: &FindingOpened) -> Projected {
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    let finding = &e.finding;
    rows.put(
        &FINDING,
        vec![
            text(e.id),
            seq,
            at,
            text(&finding.fingerprint),
            Cell::Text(concern(finding.subject, finding.address.as_ref())),
            json(e)?,
            subject_or_null(
                finding
                    .subject
                    .or_else(|| subject_of(finding.address.as_ref()?)),
            ),
        ],
    )
}

pub(super) fn finding_closed(rows: &mut Rows, e: &FindingClosed) -> Projected {
    rows.delete(&FINDING, vec![text(e.id)])
}

pub(super) fn notice(rows: &mut Rows, e: &NoticeChanged) -> Projected {
    let open = Cell::Int(i64::from(e.state.ended.is_none()));
    let seq = rows.seq.clone();
    rows.put(&NOTICE, vec![text(e.notice), open, seq, json(&e.state)?])
}

pub(super) fn drill(rows: &mut Rows, e: &DrillChanged) -> Projected {
    let run = &e.run;
    let open = Cell::Int(i64::from(run.ended.is_none()));
    let number = Cell::Int(i64::from(run.number));
    rows.put(&DRILL_RUN, vec![text(&run.drill), number, open, json(run)?])
}

pub(super) fn token_issued(rows: &mut Rows, e: &TokenIssued) -> Projected {
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    rows.put(
        &TOKEN,
        vec![
            text(e.token),
            seq,
            hash(e.secret),
            text(&e.principal),
            Cell::Text(scopes(&e.scopes)),
            at,
            instant(e.expires),
            json(&e.networks)?,
        ],
    )
}

pub(super) fn token_revoked(rows: &mut Rows, e: &TokenRevoked) -> Projected {
    let at = rows.at.clone();
    rows.put(&TOKEN_REVOKED, vec![text(e.token), at, text(&e.reason)])
}

pub(super) fn stopped(rows: &mut Rows, e: &WritingStopped) -> Projected {
    rows.put(
        &STOP,
        vec![text(stop_key(e.target.as_ref())?), text(&e.reason)],
    )
}

/// Lifting "all" lifts what was stopped as "all": a target that was stopped by itself stays so.
pub(super) fn resumed(rows: &mut Rows, e: &WritingResumed) -> Projected {
    rows.delete(&STOP, vec![text(stop_key(e.target.as_ref())?)])
}

/// A target, or an identity provider to which nobody is sent: no target's name holds a slash.
fn stop_key(target: Option<&TargetName>) -> Result<&str, ProjectError> {
    let Some(target) = target else {
        return Ok("");
    };
    match target.0.strip_prefix("identity-provider/") {
        Some(name) if !name.is_empty() && !name.contains('/') => Ok(&target.0),
        _ => target_name(target),
    }
}

/// Spells whom and what a finding concerns, each or none of them, in one text.
pub(crate) fn concern(subject: Option<SubjectId>, address: Option<&Address>) -> String {
    let subject = subject.map_or_else(|| "-".to_owned(), |subject| subject.to_string());
    let address = address.map_or_else(|| "-".to_owned(), ToString::to_string);
    format!("{subject} {address}")
}

/// The words with a space before and after each, so that one can be searched for.
fn scopes(scopes: &[Scope]) -> String {
    let mut words = String::from(" ");
    for scope in scopes {
        words.push_str(scope.as_str());
        words.push(' ');
    }
    words
}

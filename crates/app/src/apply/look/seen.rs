//! What a look tells the log: what was seen, and what now belongs together.

use model::event::{ObjectLinked, ObjectObserved, ObjectUnlinked, ObjectVanished};
use model::{
    Address, Event, Kind, Ownership, Personal, Record, RemoteId, Step, SubjectId, Timestamp,
};

pub(super) fn observed(step: &Step, record: Record, now: Timestamp) -> Event {
    let subject: Option<SubjectId> = step.address.key.subject();
    Event::ObjectObserved(ObjectObserved {
        target: step.address.target.clone(),
        kind: record.kind,
        remote: record.remote.clone(),
        subject,
        seen_at: now,
        personal: Personal::Known(Record {
            members: None,
            ..record
        }),
    })
}

pub(super) fn linked(address: &Address, remote: &RemoteId, ownership: Ownership) -> Event {
    let because = match ownership {
        Ownership::Managed => "Tenure made it",
        Ownership::Adopted => "it matched exactly",
        Ownership::Foreign => "it is not ours",
    };
    Event::ObjectLinked(ObjectLinked {
        address: address.clone(),
        remote: remote.clone(),
        ownership,
        because: because.to_owned(),
    })
}

pub(super) fn unlinked(address: &Address) -> Event {
    let because = "it was withdrawn".to_owned();
    Event::ObjectUnlinked(ObjectUnlinked {
        address: address.clone(),
        because,
    })
}

pub(super) fn vanished(address: &Address, kind: Kind, remote: &RemoteId) -> Vec<Event> {
    vec![
        Event::ObjectVanished(ObjectVanished {
            target: address.target.clone(),
            kind,
            remote: remote.clone(),
        }),
        Event::ObjectUnlinked(ObjectUnlinked {
            address: address.clone(),
            because: "the target no longer has the object".to_owned(),
        }),
    ]
}

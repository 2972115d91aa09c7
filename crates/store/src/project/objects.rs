//! Rows of events about what is seen in targets and what of it is ours.

use model::event::{
    MembersObserved, NameLost, ObjectLinked, ObjectObserved, ObjectUnlinked, ObjectVanished,
    ObservationFinished,
};
use model::{Address, Kind, Personal, Record, RemoteId, TargetName};

use super::{ProjectError, Rows, instant, json, subject_of, subject_or_null, target_name, text};
use crate::schema::{LINK, LOST_NAME, LOST_NAME_OF, MEMBERSHIP, OBSERVATION, SHADOW};
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn observed(rows: &mut Rows, e: &ObjectObserved) -> Projected {
    let mut row = object(&e.target, e.kind, &e.remote)?;
    let Personal::Known(record) = &e.personal else {
        // Met when the tables are computed again after an erasure: nothing is known any more.
        return rows.delete(&SHADOW, row);
    };
    // Memberships have a table and events of their own: two copies would come to disagree.
    let record = Record {
        members: None,
        ..record.clone()
    };
    row.extend([
        subject_or_null(e.subject),
        text(record.name.to_ascii_lowercase()),
        Cell::Int(i64::from(record.active)),
        json(&record)?,
        instant(e.seen_at),
    ]);
    rows.put(&SHADOW, row)
}

pub(super) fn vanished(rows: &mut Rows, e: &ObjectVanished) -> Projected {
    rows.delete(&SHADOW, object(&e.target, e.kind, &e.remote)?)?;
    let place = Cell::Text(place(&e.target, &e.remote)?);
    match e.kind {
        Kind::Account => rows.delete_where(&MEMBERSHIP, "member", place),
        Kind::Group => rows.delete_where(&MEMBERSHIP, "grp", place),
        // A membership is no object: it has no shadow and cannot vanish by itself.
        Kind::Grant => Ok(()),
    }
}

pub(super) fn name_lost(rows: &mut Rows, e: &NameLost) -> Projected {
    let key = vec![text(target_name(&e.target)?), text(e.name)];
    let mut row = key.clone();
    row.push(rows.at.clone());
    rows.put(&LOST_NAME, row)?;
    match e.subject {
        Some(subject) => {
            let mut row = key;
            row.push(text(subject));
            rows.put(&LOST_NAME_OF, row)
        }
        None => rows.delete(&LOST_NAME_OF, key),
    }
}

pub(super) fn members(rows: &mut Rows, e: &MembersObserved) -> Projected {
    let group = place(&e.target, &e.group)?;
    for member in &e.removed {
        rows.delete(
            &MEMBERSHIP,
            vec![text(&group), Cell::Text(place(&e.target, member)?)],
        )?;
    }
    for member in &e.added {
        rows.put(
            &MEMBERSHIP,
            vec![text(&group), Cell::Text(place(&e.target, member)?)],
        )?;
    }
    Ok(())
}

pub(super) fn linked(rows: &mut Rows, e: &ObjectLinked) -> Projected {
    let mut row = address(&e.address)?;
    row.extend([
        text(&e.remote),
        text(e.ownership.as_str()),
        text(&e.because),
        subject_or_null(subject_of(&e.address)),
    ]);
    rows.put(&LINK, row)
}

pub(super) fn unlinked(rows: &mut Rows, e: &ObjectUnlinked) -> Projected {
    rows.delete(&LINK, address(&e.address)?)
}

pub(super) fn finished(rows: &mut Rows, e: &ObservationFinished) -> Projected {
    let at = rows.at.clone();
    let row = vec![
        text(target_name(&e.target)?),
        text(e.kind.as_str()),
        at,
        json(e)?,
    ];
    rows.put(&OBSERVATION, row)
}

fn object(target: &TargetName, kind: Kind, remote: &RemoteId) -> Result<Vec<Cell>, ProjectError> {
    Ok(vec![
        text(target_name(target)?),
        text(kind.as_str()),
        text(remote),
    ])
}

fn address(address: &Address) -> Result<Vec<Cell>, ProjectError> {
    let target = target_name(&address.target)?;
    Ok(vec![
        text(target),
        text(address.kind.as_str()),
        text(&address.key),
    ])
}

/// How [`MEMBERSHIP`] names an object. Read back at the first `/`, which no target name holds.
fn place(target: &TargetName, remote: &RemoteId) -> Result<String, ProjectError> {
    Ok(format!("{}/{remote}", target_name(target)?))
}

//! Deciding a batch: in order, each append upon what the ones before it changed.

use std::collections::HashMap;

use evidence::Envelope;
use model::canonical::Digest;
use model::{Event, Timestamp};
use ports::store::{AppendError, Committed, Expect};

use super::Answer;
use super::prepare::{Prepared, PreparedEvent};
use super::snapshot::{Head, KeyRow, Snapshot, one_time_key};
use crate::ground;
use crate::project::fill_in;
use crate::sealer::Sealer;
use crate::table::{Cell, RowOp};

/// What a batch writes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// New records, in order.
    pub(crate) records: Vec<Envelope>,
    /// One-time values that are used up: space, hash, and the record that did it.
    pub(crate) used: Vec<(String, Vec<u8>, u64)>,
    /// Everything else, in order.
    pub(crate) ops: Vec<RowOp>,
}

/// The answers, in the order of the batch, and what has to be written for them to be true.
#[derive(Debug)]
pub(crate) struct Decision {
    /// One per append.
    pub(crate) answers: Vec<Answer>,
    /// What to write.
    pub(crate) changes: Changes,
}

/// Decides a batch. A failing append leaves no trace in what follows it.
pub(crate) fn decide(
    batch: &[&Prepared],
    snapshot: Snapshot,
    sealer: &Sealer,
    now: Timestamp,
) -> Decision {
    let before = snapshot.head;
    let mut state = snapshot;
    let mut changes = Changes::default();
    let mut answers = Vec::with_capacity(batch.len());
    for prepared in batch {
        let answer = judge(prepared, &state).and_then(|()| draft(prepared, &state, sealer, now));
        answers.push(answer.map(|draft| draft.apply(prepared, &mut state, &mut changes)));
    }
    if state.head != before {
        changes.ops.push(head_row(&state.head));
    }
    Decision { answers, changes }
}

/// Whether everything that the append expects holds.
fn judge(prepared: &Prepared, state: &Snapshot) -> Result<(), AppendError> {
    for expect in &prepared.append.expect {
        match expect {
            Expect::Head(stream, head) => {
                let actual = state.streams.get(&stream.0).copied();
                if actual != *head {
                    return Err(AppendError::Conflict {
                        stream: stream.0.clone(),
                        actual,
                    });
                }
            }
            Expect::Fence(name, fence) => {
                let held = state
                    .leases
                    .get(name)
                    .is_some_and(|lease| lease.fence == *fence && lease.until > state.lease_now);
                if !held {
                    return Err(AppendError::FenceLost(name.clone()));
                }
            }
            Expect::Writing(target) => {
                if state.stops.contains("") || state.stops.contains(target.as_str()) {
                    return Err(AppendError::WritingStopped(target.clone()));
                }
            }
        }
    }
    let mut own = std::collections::BTreeSet::new();
    for one in &prepared.append.consume {
        let key = one_time_key(one);
        if state.used.contains(&key) || !own.insert(key) {
            return Err(AppendError::AlreadyUsed(one.space));
        }
    }
    Ok(())
}

/// What one append would change; nothing of it is applied until it is whole.
struct Draft {
    records: Vec<Envelope>,
    ops: Vec<RowOp>,
    /// Data keys that it makes, or destroys: as the last of its events leaves them.
    keys: HashMap<String, Option<KeyRow>>,
    head: Head,
}

fn draft(
    prepared: &Prepared,
    state: &Snapshot,
    sealer: &Sealer,
    now: Timestamp,
) -> Result<Draft, AppendError> {
    let at = now.max(state.head.at);
    let mut draft = Draft {
        records: Vec::new(),
        ops: Vec::new(),
        keys: HashMap::new(),
        head: state.head,
    };
    let events = prepared.append.events.iter().zip(&prepared.events);
    for ((event, stored), mut ops) in events.zip(prepared.rows()?) {
        let seq = draft.head.seq + 1;
        if let Event::SubjectErased(erased) = event {
            let name = erased.subject.to_string();
            draft.ops.push(RowOp::Delete(
                &ground::SUBJECT_KEY,
                vec![Cell::Text(name.clone())],
            ));
            draft.keys.insert(name, None);
        }
        let sealed = match &stored.personal {
            None => None,
            Some(personal) => Some(draft.seal(stored, personal, seq, state, sealer)?),
        };
        let record = Envelope {
            seq,
            at,
            actor: prepared.actor.clone(),
            kind: stored.kind.clone(),
            subject: stored.subject,
            body: stored.body.clone(),
            sealed,
            prev: draft.head.hash,
            hash: Digest::default(),
        }
        .hashed();
        fill_in(&mut ops, seq, at).map_err(|e| AppendError::Invalid(e.to_string()))?;
        draft.ops.extend(ops);
        draft.head = Head {
            seq,
            hash: record.hash,
            at,
        };
        draft.records.push(record);
    }
    Ok(draft)
}

impl Draft {
    /// Seals the personal part of an event under its subject's key, made now if there is none.
    fn seal(
        &mut self,
        event: &PreparedEvent,
        personal: &[u8],
        seq: u64,
        state: &Snapshot,
        sealer: &Sealer,
    ) -> Result<Vec<u8>, AppendError> {
        let name = event.key_name();
        let known = match self.keys.get(&name) {
            Some(key) => key.clone(),
            None => state.keys.get(&name).cloned(),
        };
        let sealed = match known {
            Some(key) => sealer.seal(&name, &key, &event.kind, personal),
            None => sealer
                .mint(&name, seq, &event.kind, personal)
                .map(|(key, sealed)| {
                    self.ops.push(key_row(&name, &key));
                    self.keys.insert(name.clone(), Some(key));
                    sealed
                }),
        };
        sealed.map_err(|e| {
            AppendError::Busy(format!("the data key of `{name}` cannot be opened: {e}"))
        })
    }

    /// Makes it so, for the appends that follow and for the database.
    fn apply(self, prepared: &Prepared, state: &mut Snapshot, changes: &mut Changes) -> Committed {
        let first = state.head.seq + 1;
        let last = self.head.seq;
        for stream in &prepared.append.bump {
            state.streams.insert(stream.0.clone(), last);
            changes.ops.push(stream_row(&stream.0, last));
        }
        for one in &prepared.append.consume {
            let (space, value) = one_time_key(one);
            changes.used.push((space.clone(), value.clone(), last));
            state.used.insert((space, value));
        }
        for (name, key) in self.keys {
            match key {
                Some(key) => state.keys.insert(name, key),
                None => state.keys.remove(&name),
            };
        }
        for op in &self.ops {
            follow_stops(op, state);
        }
        changes.ops.extend(self.ops);
        changes.records.extend(self.records);
        state.head = self.head;
        Committed {
            first,
            last,
            at: self.head.at,
        }
    }
}

/// The kill switch as the projection writes it, so that the two cannot disagree.
fn follow_stops(op: &RowOp, state: &mut Snapshot) {
    match op {
        RowOp::Put(table, row) if table.name == STOP => {
            if let Some(Cell::Text(target)) = row.first() {
                state.stops.insert(target.clone());
            }
        }
        RowOp::Delete(table, key) if table.name == STOP => {
            if let Some(Cell::Text(target)) = key.first() {
                state.stops.remove(target);
            }
        }
        _ => {}
    }
}

/// The name of the projection that [`Expect::Writing`] is judged by.
pub(super) const STOP: &str = "stop";

fn int(n: u64) -> Cell {
    // Sequence numbers stay below 2^63 as long as databases count with 64 bits.
    Cell::Int(n.cast_signed())
}

fn stream_row(name: &str, head: u64) -> RowOp {
    RowOp::Put(
        &ground::STREAM,
        vec![Cell::Text(name.to_owned()), int(head)],
    )
}

fn key_row(name: &str, key: &KeyRow) -> RowOp {
    RowOp::Put(
        &ground::SUBJECT_KEY,
        vec![
            Cell::Text(name.to_owned()),
            int(key.minted),
            Cell::Text(key.sealed.key.clone()),
            Cell::Blob(key.sealed.bytes.clone()),
        ],
    )
}

/// The row of `head`.
pub(crate) fn head_row(head: &Head) -> RowOp {
    RowOp::Put(
        &ground::HEAD,
        vec![
            Cell::Int(1),
            int(head.seq),
            Cell::Blob(head.hash.0.to_vec()),
            Cell::Int(head.at.as_micros()),
        ],
    )
}

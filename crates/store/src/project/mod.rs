//! From events to rows. Pure: the rows follow from the event alone, so that the tables can be
//! computed again from the log at any time and must come out the same.

mod adoption;
mod objects;
mod people;
mod sign_in;
mod tasks;
mod tenant;
mod work;

#[cfg(test)]
mod model_rows;
#[cfg(test)]
mod tests;

use model::{Address, Digest, Event, Kind, SubjectId, TargetName, Timestamp};
use serde::Serialize;

pub(crate) use tenant::concern;
pub(crate) use work::rank;

use crate::table::{Cell, RowOp, Table};

/// Why an event cannot be stored: it may not enter the log.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// PostgreSQL stores no NUL in texts, and one bad append must not fail its whole batch.
    #[error("{table}.{column} would hold a NUL character, which no database here can store")]
    Nul {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// PostgreSQL refuses index entries of more than a third of a page (2,704 bytes).
    #[error(
        "{table}.{column} would be found by a text of {bytes} bytes; at most {MAX_INDEXED} can be"
    )]
    TooLong {
        /// The table.
        table: &'static str,
        /// The last column of the index.
        column: &'static str,
        /// The length of all texts of the index together.
        bytes: usize,
    },
    /// Numbers are stored in 64 bits with a sign.
    #[error("the number {0} is larger than 2^63 - 1, the largest that can be stored")]
    TooLarge(u64),
    /// A target's name that could be taken for something else.
    #[error("`{0}` cannot be the name of a target: it must not be empty nor contain `/`")]
    TargetName(TargetName),
    /// A value without a JSON form.
    #[error("a value has no JSON form")]
    Json(#[from] serde_json::Error),
}

/// How many bytes of text one key or index entry may hold. Leaves room below PostgreSQL's bound
/// for numbers, hashes and headers.
pub const MAX_INDEXED: usize = 2_000;

/// The rows that an event writes: whole rows, to be executed in order.
///
/// `seq` and `at` are those of the event's record in the log.
///
/// # Errors
/// When a value of the event cannot be stored in every database.
pub fn project(seq: u64, at: Timestamp, event: &Event) -> Result<Vec<RowOp>, ProjectError> {
    let mut ops = draw_up(event)?;
    fill_in(&mut ops, seq, at)?;
    Ok(ops)
}

/// Stand where the number and the instant of the record will. Nothing else has these values: numbers are not
/// negative, and no instant that can be written lies so far back.
const SEQ: Cell = Cell::Int(i64::MIN);
const AT: Cell = Cell::Int(i64::MIN + 1);

/// Puts the number and the instant of the record into rows that were drawn up before it had any.
pub(crate) fn fill_in(ops: &mut [RowOp], seq: u64, at: Timestamp) -> Result<(), ProjectError> {
    let (seq, at) = (int(seq)?, instant(at));
    for op in ops {
        let cells = match op {
            RowOp::Put(_, cells) | RowOp::Delete(_, cells) => cells.as_mut_slice(),
            RowOp::DeleteWhere(.., cell) => std::slice::from_mut(cell),
        };
        for cell in cells {
            if *cell == SEQ {
                cell.clone_from(&seq);
            } else if *cell == AT {
                cell.clone_from(&at);
            }
        }
    }
    Ok(())
}

/// The rows of an event that has no record yet, to be [filled in](fill_in).
pub(crate) fn draw_up(event: &Event) -> Result<Vec<RowOp>, ProjectError> {
    let mut rows = Rows {
        seq: SEQ,
        at: AT,
        ops: Vec::new(),
    };
    match event {
        Event::FactsAccepted(e) => people::accepted(&mut rows, e)?,
        Event::FactsAcceptedV1(e) => people::accepted(&mut rows, &e.now())?,
        Event::FactsWithdrawn(e) => people::withdrawn(&mut rows, e)?,
        Event::FactsWithdrawnV1(e) => people::withdrawn(&mut rows, &e.now())?,
        Event::SubjectTerminated(e) => people::terminated(&mut rows, e)?,
        Event::TerminationEnded(e) => people::termination_ended(&mut rows, e)?,
        Event::WorkerMatched(e) => people::matched(&mut rows, e)?,
        Event::SubjectAdvanced(e) => people::advanced(&mut rows, e)?,
        Event::SubjectErased(e) => people::erased(&mut rows, e)?,
        Event::PinsSet(e) => people::pinned(&mut rows, e)?,
        Event::PinsLifted(e) => people::lifted(&mut rows, e)?,
        Event::AccountDecided(e) => adoption::account(&mut rows, e)?,
        Event::MatchRejected(e) => adoption::rejected(&mut rows, e)?,
        Event::AccessDecided(e) => adoption::access(&mut rows, e)?,
        Event::PlanDrafted(e) => work::drafted(&mut rows, e)?,
        Event::WaveProposed(e) => work::proposed(&mut rows, e)?,
        Event::WaveJudged(e) => work::judged(&mut rows, e)?,
        Event::WaveReleased(e) => work::decided(&mut rows, e)?,
        Event::PlanChanged(e) => work::plan_changed(&mut rows, e)?,
        Event::StepChanged(e) => work::step_changed(&mut rows, e)?,
        Event::ObjectObserved(e) => objects::observed(&mut rows, e)?,
        Event::ObjectVanished(e) => objects::vanished(&mut rows, e)?,
        Event::NameLost(e) => objects::name_lost(&mut rows, e)?,
        Event::MembersObserved(e) => objects::members(&mut rows, e)?,
        Event::ObjectLinked(e) => objects::linked(&mut rows, e)?,
        Event::ObjectUnlinked(e) => objects::unlinked(&mut rows, e)?,
        Event::ObservationFinished(e) => objects::finished(&mut rows, e)?,
        Event::DocumentsAccepted(e) => tenant::documents(&mut rows, e)?,
        Event::DeliveryReceived(e) => tenant::delivery(&mut rows, e)?,
        Event::SourceHeard(e) => tenant::heard(&mut rows, &e.source, e.delivery)?,
        Event::TaskOpened(e) => tasks::opened(&mut rows, e)?,
        Event::TaskDone(e) => tasks::done(&mut rows, e)?,
        Event::TaskDropped(e) => tasks::dropped(&mut rows, e)?,
        Event::FindingOpened(e) => tenant::finding_opened(&mut rows, e)?,
        Event::FindingClosed(e) => tenant::finding_closed(&mut rows, e)?,
        Event::NoticeChanged(e) => tenant::notice(&mut rows, e)?,
        Event::DrillChanged(e) => tenant::drill(&mut rows, e)?,
        Event::TokenIssued(e) => tenant::token_issued(&mut rows, e)?,
        Event::TokenRevoked(e) => tenant::token_revoked(&mut rows, e)?,
        Event::LoginChanged(e) => sign_in::login(&mut rows, e)?,
        Event::CredentialChanged(e) => sign_in::credential(&mut rows, e)?,
        Event::PassIssued(e) => sign_in::pass(&mut rows, e)?,
        Event::SessionChanged(e) => sign_in::session(&mut rows, e)?,
        Event::LogoutTold(e) => sign_in::logout(&mut rows, e)?,
        Event::AuthorizationChanged(e) => sign_in::authorization(&mut rows, e)?,
        Event::KeyChanged(e) => sign_in::key(&mut rows, e)?,
        Event::WritingStopped(e) => tenant::stopped(&mut rows, e)?,
        Event::WritingResumed(e) => tenant::resumed(&mut rows, e)?,
        // History only: nothing is looked up by them.
        Event::TenantStarted(_)
        | Event::LineAnswered(_)
        | Event::CallMade(_)
        | Event::ResetChanged(_)
        | Event::SignInFailed(_)
        | Event::SignInDecided(_)
        | Event::ClientGranted(_)
        // Found by their streams.
        | Event::MetadataFollowed(_)
        | Event::RegistrationChanged(_)
        | Event::StoreRestored(_) => {}
    }
    Ok(rows.ops)
}

/// The rows of one event while they are collected.
struct Rows {
    /// The sequence number of the event's record.
    seq: Cell,
    /// Its instant.
    at: Cell,
    ops: Vec<RowOp>,
}

impl Rows {
    fn put(&mut self, table: &'static Table, row: Vec<Cell>) -> Result<(), ProjectError> {
        check(table, &row)?;
        self.ops.push(RowOp::Put(table, row));
        Ok(())
    }

    fn delete(&mut self, table: &'static Table, key: Vec<Cell>) -> Result<(), ProjectError> {
        check(table, &key)?;
        self.ops.push(RowOp::Delete(table, key));
        Ok(())
    }

    fn delete_where(
        &mut self,
        table: &'static Table,
        column: &'static str,
        value: Cell,
    ) -> Result<(), ProjectError> {
        no_nul(table.name, column, &value)?;
        self.ops.push(RowOp::DeleteWhere(table, column, value));
        Ok(())
    }
}

/// Checks a row, or a key alone.
fn check(table: &'static Table, cells: &[Cell]) -> Result<(), ProjectError> {
    for ((column, _), cell) in table.columns.iter().zip(cells) {
        no_nul(table.name, column, cell)?;
    }
    let names = || table.columns.iter().map(|(name, _)| *name);
    let length = |wanted: &str| match names().zip(cells).find(|(name, _)| *name == wanted) {
        Some((_, Cell::Text(text))) => text.len(),
        _ => 0,
    };
    let key: Vec<_> = names().take(table.key).collect();
    for index in std::iter::once(key.as_slice()).chain(table.indexes.iter().copied()) {
        let bytes = index.iter().map(|column| length(column)).sum();
        if bytes > MAX_INDEXED {
            let column = index.last().copied().unwrap_or_default();
            return Err(ProjectError::TooLong {
                table: table.name,
                column,
                bytes,
            });
        }
    }
    Ok(())
}

fn no_nul(table: &'static str, column: &'static str, cell: &Cell) -> Result<(), ProjectError> {
    match cell {
        Cell::Text(text) if text.contains('\0') => Err(ProjectError::Nul { table, column }),
        Cell::Text(_) | Cell::Null | Cell::Int(_) | Cell::Blob(_) => Ok(()),
    }
}

fn int(number: u64) -> Result<Cell, ProjectError> {
    i64::try_from(number)
        .map(Cell::Int)
        .map_err(|_| ProjectError::TooLarge(number))
}

fn instant(at: Timestamp) -> Cell {
    Cell::Int(at.as_micros())
}

fn text(value: impl ToString) -> Cell {
    Cell::Text(value.to_string())
}

fn hash(digest: Digest) -> Cell {
    Cell::Blob(digest.0.to_vec())
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<Cell, ProjectError> {
    Ok(Cell::Text(serde_json::to_string(value)?))
}

fn subject_or_null(subject: Option<SubjectId>) -> Cell {
    subject.map_or(Cell::Null, text)
}

/// The person with whom what is at this address is erased. A group's key is a name of ours and
/// never names one, whatever it looks like.
fn subject_of(address: &Address) -> Option<SubjectId> {
    match address.kind {
        Kind::Account | Kind::Grant => address.key.subject(),
        Kind::Group => None,
    }
}

/// The name of a target, fit to stand before a `/` and to differ from "all targets".
fn target_name(target: &TargetName) -> Result<&str, ProjectError> {
    if target.0.is_empty() || target.0.contains('/') {
        return Err(ProjectError::TargetName(target.clone()));
    }
    Ok(&target.0)
}

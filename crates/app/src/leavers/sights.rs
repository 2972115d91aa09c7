//! When an account was seen shut that somebody else has shut.

use std::collections::{BTreeMap, BTreeSet};

use evidence::leaver::Mark;
use model::{Event, Kind, SubjectId, TargetName, Timestamp};
use ports::store::LogRecord;

use crate::{App, AppError};

/// Records that are read at once about one leaver.
const PAGE: u32 = 200;
/// Records about one leaver at the most.
pub(super) const MOST_RECORDS: usize = 10_000;

/// What was seen of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// It could be used.
    Usable,
    /// It could not.
    Shut,
    /// It was not there any more.
    Gone,
}

/// What was seen of accounts.
#[derive(Debug, Default)]
pub(super) struct Sights {
    /// Of each, oldest first.
    pub(super) seen: BTreeMap<TargetName, Vec<(Mark, Sight)>>,
    /// Apps in which it was last seen usable more records ago than are read: it was shut no later than
    /// its first sight here.
    pub(super) cut: BTreeSet<TargetName>,
}

/// The first sight of an account as shut after the last one of it as usable, and what it was last seen
/// as. `None`: it was last seen usable, or never.
pub(super) fn shut_since(seen: &[(Mark, Sight)]) -> Option<(Mark, Sight)> {
    let usable = |(_, sight): &(Mark, Sight)| *sight == Sight::Usable;
    let after = seen.iter().rposition(usable).map_or(0, |at| at + 1);
    let since = seen.get(after..)?.first()?;
    Some((since.0, seen.last()?.1))
}

/// The app and the sight that a record tells of. What was seen while its person was erased says nothing.
fn sight(event: &Event) -> Option<(&TargetName, Sight)> {
    match event {
        Event::ObjectObserved(seen) if seen.kind == Kind::Account => {
            let sight = match seen.personal.known()?.active {
                true => Sight::Usable,
                false => Sight::Shut,
            };
            Some((&seen.target, sight))
        }
        Event::ObjectUnlinked(e) if e.address.kind == Kind::Account => {
            Some((&e.address.target, Sight::Gone))
        }
        _ => None,
    }
}

impl App {
    /// What was seen of a leaver's accounts in these apps, back to when each was last seen usable, or for
    /// 10,000 records: one of whom there are more must not keep the others from being told of.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn sights(
        &self,
        subject: SubjectId,
        apps: &BTreeSet<TargetName>,
    ) -> Result<Sights, AppError> {
        let mut sights = Sights::default();
        let mut open = apps.clone();
        let (mut before, mut read) = (None, 0);
        while !open.is_empty() {
            let page = self.store.records_about(subject, before, PAGE).await?;
            for record in &page {
                note(record, &mut open, &mut sights.seen);
            }
            read += page.len();
            before = page.last().map(|record| record.seq);
            if page.len() < PAGE as usize {
                break;
            }
            if read >= MOST_RECORDS {
                sights.cut = open;
                break;
            }
        }
        for seen in sights.seen.values_mut() {
            seen.reverse();
        }
        Ok(sights)
    }
}

/// Takes down a sight in an app that is still looked for; ends the search there where it was usable.
fn note(
    record: &LogRecord,
    open: &mut BTreeSet<TargetName>,
    sights: &mut BTreeMap<TargetName, Vec<(Mark, Sight)>>,
) {
    let Some((app, sight)) = sight(&record.event).filter(|(app, _)| open.contains(*app)) else {
        return;
    };
    let (at, seq): (Timestamp, u64) = (record.at, record.seq);
    let seen = sights.entry(app.clone()).or_default();
    seen.push((Mark { at, seq }, sight));
    if sight == Sight::Usable {
        open.remove(app);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shut_counts_from_the_first_sight_of_it_after_the_last_usable_one() {
        use Sight::{Gone, Shut, Usable};
        let seen = |all: &[Sight]| {
            let mark = |n: usize| Mark {
                at: Timestamp::from_micros(n as i64),
                seq: n as u64,
            };
            let seen: Vec<_> = all.iter().enumerate().map(|(n, s)| (mark(n), *s)).collect();
            shut_since(&seen).map(|(mark, last)| (mark.seq, last))
        };
        assert_eq!(seen(&[]), None);
        assert_eq!(seen(&[Shut, Usable]), None);
        assert_eq!(seen(&[Usable, Shut]), Some((1, Shut)));
        assert_eq!(seen(&[Usable, Shut, Shut, Gone]), Some((1, Gone)));
        assert_eq!(seen(&[Shut, Usable, Gone]), Some((2, Gone)));
        assert_eq!(seen(&[Shut, Shut]), Some((0, Shut)), "never seen usable");
    }
}

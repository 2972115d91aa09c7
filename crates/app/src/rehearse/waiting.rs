//! Who waits for a seat while a rehearsal goes on, and who gets one.

use std::collections::{BTreeMap, BTreeSet};

use model::event::FindingOpened;
use model::finding::Finding;
use model::{Address, FindingId, SubjectId, Timestamp};
use ports::Clock;
use ports::store::{FindingRow, MAX_PAGE};

use super::course::{Course, TURNS};
use crate::AppError;
use crate::seats::is_about_a_seat;

type Key = (SubjectId, Address);

/// What was found about seats since the rehearsal began; `None`: it is no longer so.
#[derive(Default)]
pub(super) struct Waiting(BTreeMap<Key, Option<FindingRow>>);

fn key(finding: &Finding) -> Option<Key> {
    let about = is_about_a_seat(finding).then_some(finding)?;
    Some((about.subject?, about.address.clone()?))
}

impl Waiting {
    /// The open findings as they will be.
    pub fn over(&self, mut rows: Vec<FindingRow>) -> Vec<FindingRow> {
        let stands = |row: &FindingRow| match key(&row.opened.finding) {
            Some(key) => !self.0.contains_key(&key),
            None => true,
        };
        rows.retain(stands);
        rows.extend(self.0.values().flatten().cloned());
        rows
    }

    fn open(&mut self, at: Timestamp, finding: &Finding) {
        let Some(key) = key(finding) else { return };
        let row = FindingRow {
            opened: FindingOpened {
                id: FindingId::from_bits(self.0.len() as u128),
                finding: finding.clone(),
            },
            at,
            closed: None,
        };
        self.0.insert(key, Some(row));
    }
}

impl Course {
    /// Keeps who of these people was found to wait for a seat: a planning closes what it does not
    /// find again.
    pub(super) async fn line_up(
        &mut self,
        people: &BTreeSet<SubjectId>,
        found: &[Finding],
    ) -> Result<(), AppError> {
        if !self.loaded.book.has_seats() {
            return Ok(());
        }
        let now = self.clock.now();
        let open = self.app.store.open_findings(MAX_PAGE).await?;
        let mut moved = self.world.moved();
        let theirs = open.iter().filter_map(|row| key(&row.opened.finding));
        for key in theirs.filter(|(subject, _)| people.contains(subject)) {
            moved.waiting.0.insert(key, None);
        }
        for finding in found {
            moved.waiting.open(now, finding);
        }
        Ok(())
    }

    /// Plans for those who wait for a seat in an app that has a free one by now.
    pub(super) async fn seat_who_waits(
        &mut self,
        touched: &mut BTreeSet<SubjectId>,
    ) -> Result<(), AppError> {
        if !self.loaded.book.has_seats() {
            return Ok(());
        }
        for _ in 0..TURNS {
            let waiting = self.app.could_be_seated(&self.loaded).await?;
            touched.extend(&waiting);
            if waiting.is_empty() || self.plan(waiting, touched).await?.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

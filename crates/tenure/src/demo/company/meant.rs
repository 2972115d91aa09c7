//! What HR means by what it has told: who comes, moves and goes, and from when on.

use std::collections::BTreeSet;
use std::time::Duration;

use model::Timestamp;
use model::time::Date;

use super::hr::{Feed, Hr, Kind, Meant};
use super::{Worker, file};
use crate::demo::broken;
use crate::failure::Failure;

/// For how long a mover keeps what a rule gave them.
const GRACE: Duration = Duration::from_secs(14 * 24 * 3_600);

impl Hr {
    /// A file as it comes out at `now`. What is sound tells everything that was typed since the
    /// last sound one.
    pub fn sends(&mut self, feed: Feed, now: Timestamp) -> Result<Vec<u8>, Failure> {
        let told = matches!(
            feed,
            Feed::Sound | Feed::ImpossibleDay | Feed::WithoutPage | Feed::WithoutLastPage
        );
        if told {
            // Who was missing and is there again is told as somebody who comes.
            let lost = self.page(feed).iter().map(|w| w.key.clone()).collect();
            for key in std::mem::replace(&mut self.missed, lost) {
                if !self.gone.contains(&key) {
                    let (kind, at) = (Kind::In, now);
                    self.meant.push(Meant { kind, key, at });
                }
            }
            for key in std::mem::take(&mut self.left) {
                self.keeps.insert(key, now.plus(GRACE));
            }
            // Of who is not at work, a change is no news to anybody; two of one person are one.
            let there = self.at_work(now)?;
            let there: BTreeSet<String> = there.into_iter().map(|w| w.key.clone()).collect();
            let mut typed = std::mem::take(&mut self.typed);
            let mut moved = BTreeSet::new();
            typed.retain(|(kind, key)| {
                *kind != Kind::Moved || (there.contains(key) && moved.insert(key.clone()))
            });
            for (kind, key) in typed {
                let at = self.instant(kind, &key, now)?;
                self.meant.push(Meant { kind, key, at });
            }
        }
        Ok(file::file(self, feed))
    }

    /// From when on what was typed is meant, if it is told at `now`.
    fn instant(&mut self, kind: Kind, key: &str, now: Timestamp) -> Result<Timestamp, Failure> {
        let Some(worker) = self.worker(key) else {
            return Ok(now);
        };
        let zone = worker.site.zone;
        let on =
            |date: Date, hour: i8| Timestamp::in_zone(date.at(hour, 0, 0, 0), zone).map_err(broken);
        let at = match kind {
            Kind::In => on(worker.starts, 0)?,
            Kind::Out => match worker.ends {
                Some(last) => on(last, 17)?,
                None => now,
            },
            Kind::Moved => now,
        };
        if let (Kind::Moved, Some((from, to))) = (kind, worker.leave) {
            let back = to.tomorrow().map_err(|e| broken(e.to_string()))?;
            let (kind, key) = (Kind::Moved, key.to_owned());
            for at in [on(from, 0)?, on(back, 0)?] {
                let key = key.clone();
                self.meant.push(Meant { kind, key, at });
            }
        }
        Ok(at.max(now))
    }

    /// Who works here at an instant.
    pub fn at_work(&self, now: Timestamp) -> Result<Vec<&Worker>, Failure> {
        let mut found = Vec::new();
        for worker in &self.workers {
            let on = |date: Date, hour: i8| {
                Timestamp::in_zone(date.at(hour, 0, 0, 0), worker.site.zone).map_err(broken)
            };
            let begun = on(worker.starts, 0)? <= now;
            let over = worker.ends.map(|last| on(last, 17)).transpose()?;
            let over = over.is_some_and(|over| over <= now);
            if begun && !over && !self.gone.contains(&worker.key) {
                found.push(worker);
            }
        }
        Ok(found)
    }
}

//! What an HR source said about one worker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attributes::Value;
use crate::time::{DateTime, Timestamp};

/// The facts of one worker as one source last stated them.
///
/// Absent and empty are different: an attribute that is not in the map was not stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Attribute → value, under the names that the source's mapping gives them
    /// (`given_name`, `family_name`, `email`, `department`, …).
    #[serde(deserialize_with = "crate::attributes::by_path")]
    pub attributes: BTreeMap<String, Value>,
    /// When work begins, on the wall clock of `zone`. `None`: it began in the past.
    pub starts: Option<DateTime>,
    /// When work ends, on the wall clock of `zone`. `None`: no end is known.
    pub ends: Option<DateTime>,
    /// The worker's IANA zone, for example `Australia/Melbourne`.
    pub zone: String,
    /// A leave of absence, on the wall clock of `zone`. Left out where none was stated: facts of
    /// before this field keep their digests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<Leave>,
}

/// A time in which a worker stays engaged and is not at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// When it begins.
    pub from: DateTime,
    /// When they are back; `None`: that is not known.
    pub to: Option<DateTime>,
}

/// Where a worker stands at some instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Work has not begun.
    Upcoming,
    /// At work.
    Active,
    /// Engaged, and not at work for a while.
    OnLeave,
    /// Work has ended.
    Ended,
}

impl Standing {
    /// Whether they are engaged: at work or on leave.
    #[must_use]
    pub const fn is_engaged(self) -> bool {
        matches!(self, Self::Active | Self::OnLeave)
    }

    /// The word used in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Active => "active",
            Self::OnLeave => "on_leave",
            Self::Ended => "ended",
        }
    }
}

impl Facts {
    /// Where the worker stands at `now`, in the worker's own zone.
    ///
    /// # Errors
    /// When the zone is unknown. Sources refuse such rows, so this means a changed zone database.
    pub fn standing(&self, now: Timestamp) -> Result<Standing, String> {
        if let Some(ends) = self.ends
            && Timestamp::in_zone(ends, &self.zone)? <= now
        {
            return Ok(Standing::Ended);
        }
        if let Some(starts) = self.starts
            && Timestamp::in_zone(starts, &self.zone)? > now
        {
            return Ok(Standing::Upcoming);
        }
        if let Some(leave) = self.leave
            && Timestamp::in_zone(leave.from, &self.zone)? <= now
        {
            let back = leave.to.map(|to| Timestamp::in_zone(to, &self.zone));
            if back.transpose()?.is_none_or(|back| now < back) {
                return Ok(Standing::OnLeave);
            }
        }
        Ok(Standing::Active)
    }

    /// The next instant after `now` at which [`Facts::standing`] changes by itself.
    ///
    /// # Errors
    /// As [`Facts::standing`].
    pub fn next_change(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let mut next = None;
        let leave = self.leave.map(|leave| leave.from);
        let back = self.leave.and_then(|leave| leave.to);
        for civil in [self.starts, self.ends, leave, back].into_iter().flatten() {
            let at = Timestamp::in_zone(civil, &self.zone)?;
            if at > now {
                next = Some(next.map_or(at, |n: Timestamp| n.min(at)));
            }
        }
        Ok(next)
    }

    /// The instant so many days before work begins, at the same time on the wall clock. `None`
    /// when it began in the past.
    ///
    /// # Errors
    /// When the zone is unknown or the day is out of range.
    pub fn days_before_start(&self, days: u16) -> Result<Option<Timestamp>, String> {
        let Some(starts) = self.starts else {
            return Ok(None);
        };
        let days = jiff::Span::new().days(i64::from(days));
        let civil = starts.checked_sub(days).map_err(|e| e.to_string())?;
        Timestamp::in_zone(civil, &self.zone).map(Some)
    }

    /// The instant so many days after work ends, at the same time on the wall clock. `None` when no
    /// end is known, or when that is later than any date can be.
    ///
    /// # Errors
    /// When the zone is unknown.
    pub fn days_after_end(&self, days: u32) -> Result<Option<Timestamp>, String> {
        let Some(ends) = self.ends else {
            return Ok(None);
        };
        let days = jiff::Span::new().try_days(i64::from(days));
        match days.and_then(|days| ends.checked_add(days)) {
            Ok(civil) => Timestamp::in_zone(civil, &self.zone).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// The attribute as text, if it was stated and is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).and_then(Value::as_text)
    }

    /// The name to show to people: `display_name`, else given and family name.
    #[must_use]
    pub fn display_name(&self) -> String {
        if let Some(name) = self.text("display_name") {
            return name.to_owned();
        }
        let parts = [self.text("given_name"), self.text("family_name")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn melbourne() -> Facts {
        Facts {
            attributes: BTreeMap::new(),
            starts: Some(date(2026, 1, 5).at(9, 0, 0, 0)),
            ends: Some(date(2026, 1, 15).at(17, 0, 0, 0)),
            zone: "Australia/Melbourne".to_owned(),
            leave: None,
        }
    }

    #[test]
    fn a_leaver_ends_at_the_local_instant() -> Result<(), String> {
        let facts = melbourne();
        let end: Timestamp = "2026-01-15T06:00:00Z".parse()?;
        let before = Timestamp::from_micros(end.as_micros() - 1);
        assert_eq!(facts.standing(before)?, Standing::Active);
        assert_eq!(facts.standing(end)?, Standing::Ended);
        assert_eq!(facts.next_change(before)?, Some(end));
        assert_eq!(facts.next_change(end)?, None);
        assert_eq!(
            facts.standing("2026-01-01T00:00:00Z".parse()?)?,
            Standing::Upcoming
        );
        Ok(())
    }

    #[test]
    fn on_leave_from_its_first_instant_to_the_one_of_return() -> Result<(), String> {
        let mut facts = melbourne();
        facts.ends = None;
        facts.leave = Some(Leave {
            from: date(2026, 4, 1).at(0, 0, 0, 0),
            to: Some(date(2026, 4, 9).at(0, 0, 0, 0)),
        });
        // The clocks of Melbourne go back in between.
        let from: Timestamp = "2026-03-31T13:00:00Z".parse()?;
        let back: Timestamp = "2026-04-08T14:00:00Z".parse()?;
        let before = |at: Timestamp| Timestamp::from_micros(at.as_micros() - 1);
        assert_eq!(facts.standing(before(from))?, Standing::Active);
        assert_eq!(facts.next_change(before(from))?, Some(from));
        assert_eq!(facts.standing(from)?, Standing::OnLeave);
        assert_eq!(facts.next_change(from)?, Some(back));
        assert_eq!(facts.standing(before(back))?, Standing::OnLeave);
        assert_eq!(facts.standing(back)?, Standing::Active);
        assert_eq!(facts.next_change(back)?, None);

        facts.leave = facts.leave.map(|leave| Leave { to: None, ..leave });
        assert_eq!(
            facts.standing(back)?,
            Standing::OnLeave,
            "not known when back"
        );
        // Whoever leaves meanwhile has left.
        facts.ends = Some(date(2026, 4, 5).at(17, 0, 0, 0));
        assert_eq!(facts.standing(back)?, Standing::Ended);
        Ok(())
    }

    /// Facts that were stored before leave was known read as they did, byte by byte.
    #[test]
    fn no_leave_is_not_written() -> Result<(), String> {
        let mut facts = melbourne();
        let old = serde_json::to_string(&facts).map_err(|e| e.to_string())?;
        assert!(!old.contains("leave"), "{old}");
        facts.leave = Some(Leave {
            from: date(2026, 4, 1).at(0, 0, 0, 0),
            to: None,
        });
        let new = serde_json::to_string(&facts).map_err(|e| e.to_string())?;
        let read: Facts = serde_json::from_str(&new).map_err(|e| e.to_string())?;
        assert_eq!(read, facts);
        Ok(())
    }

    /// Seven days before is a week on the wall clock, not 168 hours.
    #[test]
    fn days_before_the_first_are_days_on_the_wall() -> Result<(), String> {
        let mut facts = melbourne();
        let cases = [
            // Clocks go back in Melbourne on 5 April.
            (
                date(2026, 4, 8),
                "Australia/Melbourne",
                "2026-03-31T13:00:00Z",
            ),
            // They go forward in Berlin on 29 March.
            (date(2026, 3, 30), "Europe/Berlin", "2026-03-22T23:00:00Z"),
            // Midnight of 29 March does not exist in the Azores.
            (date(2026, 4, 5), "Atlantic/Azores", "2026-03-29T01:00:00Z"),
        ];
        for (day, zone, expected) in cases {
            facts.starts = Some(day.at(0, 0, 0, 0));
            facts.zone = zone.to_owned();
            let at = facts.days_before_start(7)?.map(|at| at.to_string());
            assert_eq!(at.as_deref(), Some(expected), "{zone}");
        }
        facts.starts = None;
        assert_eq!(facts.days_before_start(7)?, None);
        Ok(())
    }

    /// An end that stands for "never" in many exports is no error, and never comes.
    #[test]
    fn days_after_the_end_are_days_on_the_wall_and_may_never_come() -> Result<(), String> {
        let mut facts = melbourne();
        facts.ends = Some(date(2026, 3, 6).at(17, 0, 0, 0));
        // Clocks go back in Melbourne on 5 April.
        let at = facts.days_after_end(30)?.map(|at| at.to_string());
        assert_eq!(at.as_deref(), Some("2026-04-05T07:00:00Z"));
        facts.ends = Some(date(9999, 12, 30).at(0, 0, 0, 0));
        assert_eq!(facts.days_after_end(90)?, None);
        assert_eq!(facts.days_after_end(u32::MAX)?, None);
        facts.ends = None;
        assert_eq!(facts.days_after_end(30)?, None);
        Ok(())
    }
}

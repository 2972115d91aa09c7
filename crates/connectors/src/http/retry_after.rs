//! `Retry-After` (RFC 9110 §10.2.3): seconds, or a date.

use std::time::Duration;

/// Longest wait that is believed: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long to wait, between nothing and a day.
///
/// A date counts from the answer's own `Date`: the provider's clock against itself, so that a
/// difference between its clock and ours does not matter. `None` when the value is neither
/// form, or is a date and the answer has none of its own.
#[must_use]
pub fn parse(value: &str, date: Option<&str>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is a long time, not none.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let then = http_date(value)?;
    let now = http_date(date?)?;
    let seconds = then.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(LONGEST))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that senders may use (RFC 9110 §5.6.7).
pub(super) fn http_date(text: &str) -> Option<jiff::Timestamp> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new();
    parser.parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: Option<&str> = Some("Sun, 06 Nov 1994 08:49:37 GMT");

    #[test]
    fn both_forms_within_a_day() {
        assert_eq!(parse("120", None), Some(Duration::from_secs(120)));
        assert_eq!(parse("0", None), Some(Duration::ZERO));
        assert_eq!(parse("99999999999999999999999", None), Some(LONGEST));
        let later = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(parse(later, DATE), Some(Duration::from_secs(30)));
        assert_eq!(parse("Fri, 06 Nov 2094 08:50:07 GMT", None), None);
        assert_eq!(parse("Sat, 06 Nov 2094 08:50:07 GMT", DATE), Some(LONGEST));
        assert_eq!(
            parse("Sun, 06 Nov 1994 08:49:00 GMT", DATE),
            Some(Duration::ZERO),
            "past"
        );
    }

    #[test]
    fn anything_else_is_no_time() {
        for text in [
            "",
            "-1",
            "1.5",
            "soon",
            "1e3",
            "Sun, 99 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text, DATE), None, "{text}");
        }
    }
}

//! Instants, as SAML writes them: `xs:dateTime` in UTC (SAML Core §1.3.3).

use std::time::Duration;

use model::Timestamp;

/// The longest, in bytes: nine digits behind the second.
const LONGEST: usize = 30;

/// Reads an instant: `2026-02-03T04:05:06Z`, with up to nine digits behind the second. `None` for every other
/// form: an instant without a zone would be read differently by everybody.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let bare = text.strip_suffix('Z')?;
    let (whole, fraction) = bare.split_once('.').unwrap_or((bare, "0"));
    let shaped = whole.len() == 19
        && whole.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() > LONGEST || !shaped {
        return None;
    }
    text.parse().ok()
}

/// Reads a time that passes (`xs:duration`, XML Schema 2 §3.2.6): `PT6H`, `P1DT30M`. A month has 30 days, a year 365;
/// parts of a second are left out. `None` for every other form, and for one that goes backwards.
pub(super) fn duration(text: &str) -> Option<Duration> {
    const UNITS: [(bool, char, u64); 6] = [
        (false, 'Y', 365 * 86_400),
        (false, 'M', 30 * 86_400),
        (false, 'D', 86_400),
        (true, 'H', 3_600),
        (true, 'M', 60),
        (true, 'S', 1),
    ];
    let mut rest = text.strip_prefix('P').filter(|_| text.len() <= LONGEST)?;
    let (mut next, mut in_time, mut seconds) = (0, false, 0_u64);
    while !rest.is_empty() {
        if let (Some(behind), false) = (rest.strip_prefix('T'), in_time) {
            (in_time, rest) = (true, behind);
            // Something has to stand behind it.
            rest.starts_with(|one: char| one.is_ascii_digit())
                .then_some(())?;
        }
        let end = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let (number, behind) = rest.split_at(end);
        let name = behind.chars().next()?;
        let mut units = UNITS.iter().enumerate().skip(next);
        let (at, (_, _, length)) =
            units.find(|(_, (time, unit, _))| *time == in_time && *unit == name)?;
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let parts = !part.is_empty() && !part.contains('.');
        let fits = parts && (name == 'S' || !number.contains('.'));
        let count: u64 = whole.parse().ok().filter(|_| fits)?;
        seconds = seconds.checked_add(count.checked_mul(*length)?)?;
        (next, rest) = (at + 1, &behind[1..]);
    }
    (next > 0).then(|| Duration::from_secs(seconds))
}

/// Writes an instant in whole seconds, rounded down.
pub(super) fn write(at: Timestamp) -> String {
    let micros = at.as_micros();
    Timestamp::from_micros(micros - micros.rem_euclid(1_000_000)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_read_in_its_units() {
        for (text, seconds) in [
            ("PT6H", Some(21_600)),
            ("P1DT30M", Some(88_200)),
            ("P1Y2M", Some(425 * 86_400)),
            ("PT1.5S", Some(1)),
            ("PT0S", Some(0)),
            ("P", None),
            ("PT", None),
            ("P1DT", None),
            ("P1H", None),
            ("PT1D", None),
            ("PT1M1H", None),
            ("PT1.5H", None),
            ("PT1.S", None),
            ("PT1.5.5S", None),
            ("PTS", None),
            ("PT1", None),
            ("-PT1H", None),
            ("PT-1H", None),
            ("P99999999999999999999Y", None),
            ("P999999999999999999Y", None),
            ("PT1HT1M", None),
            ("6 hours", None),
        ] {
            let want = seconds.map(Duration::from_secs);
            assert_eq!(duration(text), want, "{text}");
        }
    }

    #[test]
    fn instants_have_one_form() {
        let at = Timestamp::from_micros(1_770_091_506_789_012);
        assert_eq!(write(at), "2026-02-03T04:05:06Z");
        assert_eq!(read("2026-02-03T04:05:06.789012Z"), Some(at));
        assert_eq!(read("2026-02-03T04:05:06.789012345Z"), Some(at));
        assert_eq!(read(&write(at)).map(write), Some(write(at)));
        for bad in [
            "",
            "Z",
            "2026-02-03T04:05:06",
            "2026-02-03T04:05:06+00:00",
            "2026-02-03t04:05:06Z",
            "2026-02-03 04:05:06Z",
            "2026-02-03T04:05:06.Z",
            "2026-02-03T04:05:06.7890123456Z",
            "2026-02-30T04:05:06Z",
            "2026-02-03T25:05:06Z",
            "20260203T040506Z",
            "+002026-02-03T04:05:06Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

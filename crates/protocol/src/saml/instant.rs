//! Instants, as SAML writes them: `xs:dateTime` in UTC (SAML Core §1.3.3).

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

/// Writes an instant in whole seconds, rounded down.
pub(super) fn write(at: Timestamp) -> String {
    let micros = at.as_micros();
    Timestamp::from_micros(micros - micros.rem_euclid(1_000_000)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

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

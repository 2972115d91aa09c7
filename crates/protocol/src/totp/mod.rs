//! Codes that an app on the telephone shows: TOTP (RFC 6238) with HMAC-SHA-1, six digits and steps of 30
//! seconds, which is what every authenticator app can do.
//!
//! How often somebody may try is the caller's: six digits are found in a few hundred
//! thousand tries, so tries are counted for the user, not for the session.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use model::Timestamp;

mod uri;

pub use uri::NameError;

/// How long a code is shown, in seconds (RFC 6238 §5.2).
const PERIOD_S: i64 = 30;
/// How many digits a code has (RFC 4226 §5.3).
const DIGITS: usize = 6;

/// The number of a period of 30 seconds since 1970.
pub type Step = u64;

/// A secret that is shared with an app, 20 bytes (RFC 4226 §4: as long as the hash).
#[derive(Clone)]
pub struct Totp {
    secret: [u8; 20],
}

impl Totp {
    /// With bytes of chance, or with what was kept of them.
    #[must_use]
    pub const fn new(secret: [u8; 20]) -> Self {
        Self { secret }
    }

    /// The bytes, for the one place that seals them.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 20] {
        &self.secret
    }

    /// The step of a code that is right now, to be kept as the last that was accepted.
    ///
    /// The step before and the one after count as well, for clocks that differ (RFC 6238 §5.2, §6). A step that
    /// is not after `last_accepted` does not: a code is good once. If it is right in two steps it is the later,
    /// so that it does not become good again. `None` also when the code is not six ASCII digits. The
    /// caller keeps the step in one operation that fails if it is no longer after the last.
    #[must_use]
    pub fn verify(&self, code: &str, now: Timestamp, last_accepted: Option<Step>) -> Option<Step> {
        let code = code.as_bytes();
        if code.len() != DIGITS || !code.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let now = Step::try_from(now.as_micros().div_euclid(PERIOD_S * 1_000_000)).ok()?;
        let window = now.saturating_sub(1)..=now.saturating_add(1);
        // Every step is computed and compared, whatever the others said.
        window.fold(None, |found, step| {
            let right = verify_slices_are_equal(&self.code(step), code).is_ok();
            let fresh = last_accepted.is_none_or(|last| step > last);
            if right && fresh { Some(step) } else { found }
        })
    }

    /// The code of a step: HOTP (RFC 4226 §5.3) of its number.
    fn code(&self, step: Step) -> [u8; DIGITS] {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let tag = tag.as_ref();
        // "Dynamic truncation": the last four bits say where the 31 bits begin.
        let at = usize::from(tag.last().copied().unwrap_or_default() & 0xf);
        let four = tag.get(at..).and_then(<[u8]>::first_chunk);
        let mut number = u32::from_be_bytes(*four.unwrap_or(&[0; 4])) & 0x7fff_ffff;
        let mut code = [b'0'; DIGITS];
        for digit in code.iter_mut().rev() {
            *digit += u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        code
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Totp(..)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// RFC 4226 appendix D and RFC 6238 appendix B have the same.
    const SECRET: &[u8; 20] = b"12345678901234567890";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn the_codes_are_those_of_rfc_4226_and_rfc_6238() {
        let totp = Totp::new(*SECRET);
        let of_4226 = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in (0..).zip(of_4226) {
            assert_eq!(totp.code(step), code.as_bytes(), "step {step}");
        }
        // Of the eight digits there the last six: 94287082, 07081804, 14050471, …
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(totp.verify(code, at(seconds), None), Some(step));
        }
    }

    #[test]
    fn a_code_is_good_once_and_near_its_time() {
        let totp = Totp::new(*SECRET);
        let code = "081804";
        let step = 1_111_111_109 / 30;
        let start = 1_111_111_080;
        for (seconds, found) in [
            (start - 31, None),
            (start - 30, Some(step)),
            (start, Some(step)),
            (start + 59, Some(step)),
            (start + 60, None),
        ] {
            assert_eq!(totp.verify(code, at(seconds), None), found, "{seconds}");
        }
        assert_eq!(totp.verify(code, at(start), Some(step - 1)), Some(step));
        for last in [step, step + 1, u64::MAX] {
            assert_eq!(totp.verify(code, at(start), Some(last)), None);
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let totp = Totp::new(*SECRET);
        assert_eq!(totp.verify("755224", at(0), None), Some(0));
        for wrong in [
            "",
            "75522",
            "7552240",
            " 755224",
            "755 224",
            "75522４",
            "٧٥٥٢٢٤",
            "-55224",
            "+55224",
        ] {
            assert_eq!(totp.verify(wrong, at(0), None), None, "{wrong}");
        }
        assert_eq!(totp.verify("755224", at(-1), None), None);
        for end in [i64::MIN, i64::MAX] {
            assert_eq!(
                totp.verify("755224", Timestamp::from_micros(end), None),
                None
            );
        }
    }

    /// 669470 is the code of 40,628,458 and of the step after it, 259026 that of 40,515,428 and of the second
    /// step after it.
    #[test]
    fn a_code_of_two_steps_is_used_up_with_the_later() {
        let totp = Totp::new(*SECRET);
        for (code, first, second) in [
            ("669470", 40_628_458, 40_628_459),
            ("259026", 40_515_428, 40_515_430),
        ] {
            let now = Timestamp::from_micros((first + 1) * 30_000_000);
            let later = u64::try_from(second).ok();
            assert_eq!(totp.verify(code, now, None), later);
            assert_eq!(totp.verify(code, now, later), None);
        }
    }
}

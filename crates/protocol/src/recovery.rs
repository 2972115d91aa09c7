//! Recovery codes: what somebody types when their authenticator is lost.
//!
//! A code has ten characters and 50 bits of chance, and is good once. That it is kept as a
//! slow hash only, is used up in one step, and is not tried often is the caller's.

use std::fmt;

/// Crockford's base 32: no I, L, O or U, so that nothing is read as something else.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many characters a code has.
const LENGTH: usize = 10;
/// The longest text that is looked at, in bytes.
const LONGEST: usize = 64;

/// A code in its one spelling. Not printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// Makes a code of eight bytes of chance, of which 50 bits are used.
#[must_use]
pub fn make(entropy: [u8; 8]) -> Code {
    let bits = u64::from_be_bytes(entropy);
    let digits = (0..LENGTH).map(|at| (bits >> (5 * at)) & 31);
    let letter = |digit: u64| usize::try_from(digit).ok().and_then(|at| ALPHABET.get(at));
    let letters = digits.filter_map(letter);
    Code(letters.map(|letter| char::from(*letter)).collect())
}

/// The code that somebody typed: in any case, with blanks and hyphens anywhere, with O for 0 and I or L
/// for 1. `None` when it is none.
#[must_use]
pub fn normalise(typed: &str) -> Option<Code> {
    if typed.len() > LONGEST {
        return None;
    }
    let mut code = String::with_capacity(LENGTH);
    for letter in typed.bytes().filter(|byte| !b" -".contains(byte)) {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            letter => letter,
        };
        if code.len() == LENGTH || !ALPHABET.contains(&letter) {
            return None;
        }
        code.push(char::from(letter));
    }
    (code.len() == LENGTH).then_some(Code(code))
}

impl Code {
    /// Its ten characters, to be hashed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For people: two groups of five with a hyphen between, `0123A-BCDEF`.
    #[must_use]
    pub fn printable(&self) -> String {
        let (first, second) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{first}-{second}")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_typed_as_people_type() {
        let code = make(0x0001_ffff_ffff_ffff_u64.to_be_bytes());
        assert_eq!(code.printable(), "ZZZZZ-ZZZZF");
        assert_eq!(make([0; 8]).printable(), "00000-00000");
        let same = normalise("01189-ABCDE");
        assert!(same.is_some());
        for typed in [
            "0118 9abc de",
            "oil89abcde",
            "OLI89-ABCDE",
            " 0-1-1-8-9-A-B-C-D-E ",
        ] {
            assert_eq!(normalise(typed), same, "{typed}");
        }
        for wrong in [
            "",
            "0118-9ABCD",
            "01189-ABCDEF",
            "01189-ABCDU",
            "01189_ABCDE",
            "01189-ABCD\u{c9}",
        ] {
            assert_eq!(normalise(wrong), None, "{wrong}");
        }
        assert_eq!(
            normalise(&format!("01189{}ABCDE", "-".repeat(LONGEST))),
            None
        );
        assert_eq!(format!("{code:?}"), "Code(..)");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(entropy in any::<[u8; 8]>()) {
            let code = make(entropy);
            prop_assert_eq!(code.expose().len(), LENGTH);
            prop_assert_eq!(normalise(&code.printable()), Some(code.clone()));
            prop_assert_eq!(normalise(&code.printable().to_lowercase()), Some(code));
        }
    }
}

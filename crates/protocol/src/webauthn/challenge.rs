//! What a ceremony is bound to: its challenge, and the handle of its user.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::jose::base64url;

/// The 32 bytes of chance that one ceremony is bound to (WebAuthn L3 §13.4.3).
///
/// It proves that an answer is new only if it is used once. Nothing here remembers that: whoever verifies an
/// answer first takes the challenge out of where it was kept, or inserts it among those that are used up,
/// in one step that fails for the second who tries. When it ends is looked at there as well.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge([u8; 32]);

impl Challenge {
    /// From bytes of chance, fresh for each ceremony, or from what was kept of them.
    #[must_use]
    pub const fn new(entropy: [u8; 32]) -> Self {
        Self(entropy)
    }

    /// The bytes, to be kept until the answer comes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Its one spelling in options and client data: base64url without padding, 43 characters.
    pub(super) fn text(&self) -> String {
        base64url::encode(self.0)
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Challenge(..)")
    }
}

/// The name by which authenticators know a user (WebAuthn L3 §5.4.3, §14.6.1): 1 to 64 bytes that say nothing
/// about the person. Not a mail address, not a worker's key; bytes of chance, kept beside the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserHandle(Vec<u8>);

impl UserHandle {
    /// The longest, in bytes.
    pub const MOST: usize = 64;

    /// `None` when there are no bytes, or more than 64.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (1..=Self::MOST)
            .contains(&bytes.len())
            .then(|| Self(bytes.to_vec()))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Whether two values are the same, in a time that does not tell where they differ.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_not_printed_and_has_one_spelling() {
        let challenge = Challenge::new([0xff; 32]);
        assert_eq!(format!("{challenge:?}"), "Challenge(..)");
        assert_eq!(challenge.text(), format!("{}8", "_".repeat(42)));
    }

    #[test]
    fn handles_have_bounds() {
        assert_eq!(UserHandle::new(&[]), None);
        assert!(UserHandle::new(&[7; 64]).is_some());
        assert_eq!(UserHandle::new(&[7; 65]), None);
    }
}

//! Base64url without padding (RFC 7515 §2), in the one spelling that each value has.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text of these bytes.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of this text. `None` when it has padding, white space, another alphabet, or bits behind the
/// last byte that are not zero: two texts with the same bytes would be two tokens with one signature.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_spelling() {
        assert_eq!(decode("AA"), Some(vec![0]));
        assert_eq!(decode(""), Some(Vec::new()));
        for wrong in ["AB", "AA==", "A", "AA\n", " AA", "A+8", "A/8", "AAé", "A=A"] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        assert_eq!(encode([0xfb, 0xff]), "-_8");
    }
}

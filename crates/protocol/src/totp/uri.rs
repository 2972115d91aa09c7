//! How a secret reaches an app.

use super::{DIGITS, PERIOD_S, Totp};

/// The longest name in a URI, in bytes.
const LONGEST_NAME: usize = 128;

/// Why there is no URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {0} is empty, longer than {LONGEST_NAME} bytes, or has a colon or a control character: change it"
)]
pub struct NameError(&'static str);

impl Totp {
    /// The URI that apps read from a picture: `otpauth://totp/ISSUER:ACCOUNT?secret=…` (the "Key Uri
    /// Format" of Google Authenticator). It holds the secret.
    ///
    /// # Errors
    /// [`NameError`]: a colon would end the issuer elsewhere.
    pub fn uri(&self, issuer: &str, account: &str) -> Result<String, NameError> {
        for (what, name) in [("issuer", issuer), ("account", account)] {
            let wrong = |c: char| c == ':' || c.is_control();
            if name.is_empty() || name.len() > LONGEST_NAME || name.contains(wrong) {
                return Err(NameError(what));
            }
        }
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account));
        let secret = base32(&self.secret);
        Ok(format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={PERIOD_S}"
        ))
    }

    /// The secret for people to type: base 32 (RFC 4648 §6), 32 characters.
    #[must_use]
    pub fn text(&self) -> String {
        base32(&self.secret)
    }
}

/// Everything but the unreserved characters (RFC 3986 §2.3). Apps do not agree about `+`, so a blank is `%20`.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// RFC 4648 §6. Twenty bytes have no padding.
fn base32(bytes: &[u8; 20]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let groups = bytes.chunks(5).flat_map(|five| {
        let bits = five
            .iter()
            .fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |at| (bits >> (5 * at)) & 31)
    });
    let letter = |digit: u64| usize::try_from(digit).ok().and_then(|at| ALPHABET.get(at));
    groups
        .filter_map(letter)
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_uri_is_read_by_apps() {
        let totp = Totp::new(*b"12345678901234567890");
        let uri = totp.uri("Acme & Söhne", "ann@acme.example").unwrap();
        assert_eq!(
            uri,
            "otpauth://totp/Acme%20%26%20S%C3%B6hne:ann%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30"
        );
        for (issuer, account, what) in [
            ("", "a", "issuer"),
            ("a:b", "a", "issuer"),
            ("a", "", "account"),
            ("a", "a\nb", "account"),
        ] {
            assert_eq!(totp.uri(issuer, account), Err(NameError(what)));
        }
        assert!(totp.uri(&"a".repeat(LONGEST_NAME + 1), "a").is_err());
        assert_eq!(format!("{totp:?}"), "Totp(..)");
    }
}

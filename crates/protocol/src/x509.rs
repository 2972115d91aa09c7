//! What is read of an X.509 certificate (RFC 5280).

use model::Timestamp;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Longer certificates are not looked into, in bytes.
const LONGEST: usize = 64 * 1024;

/// The instant after which a certificate in DER is no longer valid (`notAfter`, RFC 5280 §4.1.2.5).
/// `None` when it cannot be read. Nothing else of it is checked: whoever connects has done that.
#[must_use]
pub fn not_after(der: &[u8]) -> Option<Timestamp> {
    if der.len() > LONGEST {
        return None;
    }
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let seconds = certificate.validity().not_after.timestamp();
    Some(Timestamp::from_micros(seconds.checked_mul(1_000_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for this with `openssl req -x509`: ECDSA P-256, `notAfter` 2126-11-05T15:01:14Z.
    const DER: &[u8] = include_bytes!("../tests/fixtures/certificate.der");

    #[test]
    fn a_certificate_ends_when_it_says() {
        let ends = not_after(DER).map(|at| at.to_string());
        assert_eq!(ends.as_deref(), Some("2126-11-05T15:01:14Z"));
    }

    /// In every cut of it, and whatever stands there instead.
    #[test]
    fn what_is_no_certificate_has_no_end() {
        for cut in 0..DER.len() {
            assert_eq!(not_after(&DER[..cut]), None, "{cut} bytes");
        }
        assert_eq!(not_after(b"-----BEGIN CERTIFICATE-----"), None);
        assert_eq!(not_after(&vec![0x30; LONGEST + 1]), None);
    }
}

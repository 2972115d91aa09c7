//! Syslog messages (RFC 5424), and how they are counted off on a stream (RFC 5425 §4.3).

use model::Timestamp;
use serde_json::Value;

use crate::siem::Severity;

/// The longest message, in bytes: what a receiver over TLS should take (RFC 5425 §4.3.1).
pub const LONGEST: usize = 8_192;
/// `log audit` (RFC 5424 §6.2.1).
const FACILITY: u8 = 13;
/// The number of an enterprise that exists in documentation only (RFC 5612). Tenure has none of its
/// own: RFC 5424 §7.2.2 wants one, and no other number would be more honest.
const ENTERPRISE: u32 = 32_473;

/// What stands around the text of a message.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// When it happened.
    pub at: Timestamp,
    /// The host that it comes from.
    pub host: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The record's number: a receiver tells by it what is missing, and what came twice.
    pub seq: u64,
    /// The record's hash.
    pub hash: &'a str,
    /// The event's versioned name.
    pub kind: &'a str,
}

/// Why there is no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message of record {seq} has {bytes} bytes; receivers take {LONGEST}")]
pub struct TooLong {
    /// Which record.
    pub seq: u64,
    /// How long the message is.
    pub bytes: usize,
}

/// One message. The text is JSON in ASCII, so that no byte order mark is needed (RFC 5424 §6.4) and
/// nothing on the way can misread it.
///
/// # Errors
/// When it is longer than receivers take.
pub fn message(head: Head<'_>, body: &Value) -> Result<Vec<u8>, TooLong> {
    let severity = match head.severity {
        Severity::Informational => 6,
        Severity::Low => 5,
        Severity::Medium => 4,
        Severity::High => 3,
    };
    let message = format!(
        "<{}>1 {} {} tenure - {} [tenure@{ENTERPRISE} seq=\"{}\" tenant=\"{}\" hash=\"{}\"] {}",
        FACILITY * 8 + severity,
        head.at,
        header(head.host, 255),
        header(head.kind, 32),
        head.seq,
        parameter(head.tenant),
        parameter(head.hash),
        ascii(body),
    );
    if message.len() > LONGEST {
        let (seq, bytes) = (head.seq, message.len());
        return Err(TooLong { seq, bytes });
    }
    Ok(message.into_bytes())
}

/// A message as it stands on a stream: its length, a space, itself.
#[must_use]
pub fn counted(message: &[u8]) -> Vec<u8> {
    let mut frame = format!("{} ", message.len()).into_bytes();
    frame.extend_from_slice(message);
    frame
}

/// A field of the header: printable ASCII without spaces, or `-` for none (RFC 5424 §6).
fn header(text: &str, longest: usize) -> &str {
    let fits = !text.is_empty() && text.len() <= longest;
    if fits && text.bytes().all(|b| b.is_ascii_graphic()) {
        text
    } else {
        "-"
    }
}

/// A value of structured data (RFC 5424 §6.3.3).
fn parameter(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\\' | ']') {
            value.push('\\');
        }
        value.push(c);
    }
    value
}

/// JSON without anything but ASCII: outside of texts it has nothing else, and inside everything else
/// can be escaped (RFC 8259 §7).
fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        if c.is_ascii() {
            text.push(c);
            continue;
        }
        let mut pair = [0; 2];
        for unit in c.encode_utf16(&mut pair) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn head(kind: &str) -> Head<'_> {
        Head {
            severity: Severity::Medium,
            at: "2026-10-01T12:00:00.5Z".parse().unwrap(),
            host: "tenure.acme.example",
            tenant: "a\"c]m\\e",
            seq: 7,
            hash: "ab",
            kind,
        }
    }

    #[test]
    fn a_message_is_written_as_rfc_5424_says() {
        let body = json!({"name": "Zoë 🦀", "n": 1});
        let text = String::from_utf8(message(head("step.changed/1"), &body).unwrap()).unwrap();
        assert_eq!(
            text,
            "<108>1 2026-10-01T12:00:00.5Z tenure.acme.example tenure - step.changed/1 \
             [tenure@32473 seq=\"7\" tenant=\"a\\\"c\\]m\\\\e\" hash=\"ab\"] \
             {\"n\":1,\"name\":\"Zo\\u00eb \\ud83e\\udd80\"}"
        );
        let json = text.split_once("] ").unwrap().1;
        assert_eq!(serde_json::from_str::<Value>(json).unwrap(), body);
        assert_eq!(counted(b"<14>1 -"), b"7 <14>1 -");
    }

    #[test]
    fn what_fits_no_header_is_none_and_what_is_too_long_is_refused() {
        for wrong in ["", "two words", "umlaut-ü", &"x".repeat(33)] {
            let text = message(head(wrong), &json!(1)).unwrap();
            assert!(String::from_utf8(text).unwrap().contains(" tenure - - ["));
        }
        let long = message(head("k"), &json!("x".repeat(LONGEST)));
        assert_eq!(long.unwrap_err().seq, 7);
    }
}

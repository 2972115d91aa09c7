//! What the browser says of the ceremony (WebAuthn L3 §5.8.1).

use serde_json::{Map, Value};

use super::challenge::same;
use super::{Refused, RelyingParty};
use crate::scim::json::{Limits, parse_object};

/// How much it may hold. It has five members of a few hundred bytes; browsers may add some (§5.8.1).
const CLIENT_DATA: Limits = Limits {
    bytes: 8 << 10,
    depth: 4,
    text: 4 << 10,
    array: 32,
    fields: 32,
    values: 128,
};

/// Which ceremony it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ceremony {
    Create,
    Get,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::Create => "webauthn.create",
            Self::Get => "webauthn.get",
        }
    }
}

/// Holds the client data against what was asked for: §7.1 steps 5 to 11, §7.2 steps 8 to 14. Members that are
/// not known are passed over, as §5.8.1 demands.
///
/// `challenge` is the text of the challenge. Texts are compared, not bytes, so that there is one
/// spelling of it.
pub(super) fn check(
    bytes: &[u8],
    ceremony: Ceremony,
    challenge: &str,
    party: &RelyingParty,
) -> Result<(), Refused> {
    // "UTF-8 decode" of the Encoding Standard strips a byte order mark.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let members = parse_object(text, &CLIENT_DATA).map_err(|_| Refused::ClientData)?;
    if text_of(&members, "type") != Some(ceremony.name()) {
        return Err(Refused::Type);
    }
    let said = text_of(&members, "challenge").ok_or(Refused::Challenge)?;
    if !same(said.as_bytes(), challenge.as_bytes()) {
        return Err(Refused::Challenge);
    }
    let origin = text_of(&members, "origin").ok_or(Refused::Origin)?;
    if !party.has_origin(origin) {
        return Err(Refused::Origin);
    }
    if !matches!(members.get("crossOrigin"), None | Some(Value::Bool(false))) {
        return Err(Refused::CrossOrigin);
    }
    if members.contains_key("topOrigin") {
        return Err(Refused::TopOrigin);
    }
    Ok(())
}

fn text_of<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), Refused> {
        let party = RelyingParty::new("example.com", "Example", &["https://example.com"]).unwrap();
        check(text.as_bytes(), Ceremony::Get, "AAAA", &party)
    }

    #[test]
    fn what_it_says_is_compared() {
        let good = r#"{"type":"webauthn.get","challenge":"AAAA","origin":"https://example.com","crossOrigin":false}"#;
        assert_eq!(checked(good), Ok(()));
        assert_eq!(checked(&format!("\u{feff}{good}")), Ok(()));
        let more = good.replacen(
            '{',
            r#"{"extraData":{"a":[1]},"tokenBinding":{"status":"supported"},"#,
            1,
        );
        assert_eq!(checked(&more), Ok(()));
        assert_eq!(
            checked(&good.replace(r#","crossOrigin":false"#, "")),
            Ok(())
        );
        for (from, to, refused) in [
            ("webauthn.get", "webauthn.create", Refused::Type),
            ("webauthn.get", "payment.get", Refused::Type),
            ("type", "typ", Refused::Type),
            ("AAAA", "AAAB", Refused::Challenge),
            ("AAAA", "AAAA=", Refused::Challenge),
            ("AAAA", "", Refused::Challenge),
            ("\"AAAA\"", "null", Refused::Challenge),
            ("https://", "http://", Refused::Origin),
            ("example.com", "badexample.com", Refused::Origin),
            ("example.com\"", "example.com/\"", Refused::Origin),
            ("false", "true", Refused::CrossOrigin),
            ("false", "\"false\"", Refused::CrossOrigin),
            ("false", "null", Refused::CrossOrigin),
            (
                "false",
                "false,\"topOrigin\":\"https://example.com\"",
                Refused::TopOrigin,
            ),
            ("false", "false,\"topOrigin\":null", Refused::TopOrigin),
            (
                "false",
                "false,\"type\":\"webauthn.get\"",
                Refused::ClientData,
            ),
            ("{", "[", Refused::ClientData),
            ("}", "}}", Refused::ClientData),
        ] {
            let text = good.replacen(from, to, 1);
            assert_eq!(checked(&text), Err(refused), "{text}");
        }
        let long = format!("{good}{}", " ".repeat(CLIENT_DATA.bytes));
        assert_eq!(checked(&long), Err(Refused::ClientData));
    }
}

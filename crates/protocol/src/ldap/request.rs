//! What a server is asked.

use model::Secret;

use super::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTETS, SEQUENCE, element, number, of};

/// The name of StartTLS (RFC 4511 §4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// No attributes (RFC 4511 §4.5.1.8).
const NO_ATTRIBUTES: &str = "1.1";
/// The whole tree below.
const SUBTREE: u32 = 2;
/// Aliases are not followed.
const NEVER: u32 = 0;

/// What an entry has to have: one attribute with one value, and perhaps an object class.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// The attribute.
    pub attribute: &'a str,
    /// Its value, as it is.
    pub value: &'a str,
    /// The object class, where one is asked for.
    pub object_class: Option<&'a str>,
}

fn asked(id: u32, operation: Vec<u8>) -> Vec<u8> {
    of(SEQUENCE, &[number(INTEGER, id), operation])
}

fn text(value: &str) -> Vec<u8> {
    element(OCTETS, value.as_bytes())
}

/// A simple bind (RFC 4511 §4.2); `None` without a name or without a password, which would be no authentication and
/// answered with success (RFC 4513 §5.1.2).
#[must_use]
pub fn bind(id: u32, dn: &str, password: &Secret) -> Option<Vec<u8>> {
    if dn.is_empty() || password.expose().is_empty() {
        return None;
    }
    let simple = element(0x80, password.expose().as_bytes());
    Some(asked(id, of(0x60, &[number(INTEGER, 3), text(dn), simple])))
}

/// A search for at most two entries below a name, of which their names alone are told (RFC 4511 §4.5).
#[must_use]
pub fn search(id: u32, base: &str, filter: Filter<'_>, seconds: u32) -> Vec<u8> {
    let equal = |attribute, value| of(0xa3, &[text(attribute), text(value)]);
    let named = equal(filter.attribute, filter.value);
    let filter = match filter.object_class {
        Some(class) => of(0xa0, &[equal("objectClass", class), named]),
        None => named,
    };
    let parts = [
        text(base),
        number(ENUMERATED, SUBTREE),
        number(ENUMERATED, NEVER),
        number(INTEGER, 2),
        number(INTEGER, seconds),
        element(BOOLEAN, &[0xff]),
        filter,
        of(SEQUENCE, &[text(NO_ATTRIBUTES)]),
    ];
    asked(id, of(0x63, &parts))
}

/// That the connection be encrypted from the next byte on (RFC 4511 §4.14).
#[must_use]
pub fn start_tls(id: u32) -> Vec<u8> {
    asked(id, of(0x77, &[element(0x80, START_TLS.as_bytes())]))
}

/// The end (RFC 4511 §4.3).
#[must_use]
pub fn unbind(id: u32) -> Vec<u8> {
    asked(id, element(0x42, &[]))
}

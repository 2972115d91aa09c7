//! Distinguished names, as they are written (RFC 4514) and as certificates have them (RFC 5280 §4.1.2.4).
//!
//! Two are the same where each part is: the same attributes in the same order, with the same values to the letter.
//! X.500 would let case and spaces differ (`caseIgnoreMatch`); whoever may pass for a client is not decided by that.

use x509_parser::asn1_rs::{Any, FromDer as _, Tag};
use x509_parser::x509::X509Name;

/// The longest name, in bytes of text.
const LONGEST: usize = 2_000;
/// The most parts.
const MOST: usize = 50;

/// Attributes by the names that they are written with (RFC 4514 §3, RFC 4519, and what OpenSSL writes).
const TYPES: [(&str, &str); 16] = [
    ("CN", "2.5.4.3"),
    ("SN", "2.5.4.4"),
    ("serialNumber", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("title", "2.5.4.12"),
    ("businessCategory", "2.5.4.15"),
    ("GN", "2.5.4.42"),
    ("organizationIdentifier", "2.5.4.97"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("emailAddress", "1.2.840.113549.1.9.1"),
];

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty, or longer than any.
    #[error("the name is empty, longer than 2000 bytes, or has more than 50 parts")]
    Length,
    /// A part has no type, or one that is not known.
    #[error("a part of the name has a type that is not known: write its number (2.5.4.3)")]
    Type,
    /// A value is not written as RFC 4514 has it.
    #[error(
        "a value of the name is not written as RFC 4514 2.4 says: escape what has a meaning there, and leave out spaces beside commas"
    )]
    Value,
}

/// What an attribute is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// A text, however it is encoded.
    Text(String),
    /// Something else, in DER.
    Der(Vec<u8>),
}

/// An attribute: its type as numbers between dots, and its value.
type Attribute = (String, Value);

/// A distinguished name: its parts as a certificate has them, the broadest first, each with its attributes in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(Vec<Vec<Attribute>>);

impl Name {
    /// Reads a name as it is written, the narrowest part first.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(NameError::Length);
        }
        let mut parts = Vec::new();
        let mut part = Vec::new();
        let mut rest = text;
        loop {
            let (written, after) = rest.split_once('=').ok_or(NameError::Type)?;
            let oid = known(written)?;
            let (value, ends, after) = value(after)?;
            part.push((oid, value));
            if ends != Some('+') {
                part.sort();
                parts.push(std::mem::take(&mut part));
            }
            if parts.len() > MOST || part.len() > MOST {
                return Err(NameError::Length);
            }
            match ends {
                None => break,
                Some(_) => rest = after,
            }
        }
        parts.reverse();
        Ok(Self(parts))
    }

    /// The name in a certificate. `None`: something in it cannot be read.
    pub(super) fn of(name: &X509Name<'_>) -> Option<Self> {
        let attribute = |found: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            Some((found.attr_type().to_id_string(), read(found.attr_value())?))
        };
        let parts = name.iter_rdn().map(|rdn| {
            let mut part = rdn.iter().map(attribute).collect::<Option<Vec<_>>>()?;
            part.sort();
            Some(part)
        });
        parts.collect::<Option<_>>().map(Self)
    }
}

/// The type that is written so, as numbers.
fn known(written: &str) -> Result<String, NameError> {
    let named = TYPES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(written));
    if let Some((_, oid)) = named {
        return Ok((*oid).to_owned());
    }
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        digits && (part == "0" || !part.starts_with('0'))
    };
    match written.contains('.') && written.split('.').all(number) {
        true => Ok(written.to_owned()),
        false => Err(NameError::Type),
    }
}

/// A value, what ends it (a comma or a plus; `None`: the name does), and what follows that.
fn value(text: &str) -> Result<(Value, Option<char>, &str), NameError> {
    if let Some(hex) = text.strip_prefix('#') {
        let end = hex.find([',', '+']).unwrap_or(hex.len());
        let der = bytes(&hex[..end]).ok_or(NameError::Value)?;
        let value = match Any::from_der(&der) {
            Ok(([], any)) => read(&any),
            _ => None,
        };
        return Ok((
            value.ok_or(NameError::Value)?,
            hex[end..].chars().next(),
            after(hex, end),
        ));
    }
    if text.starts_with(' ') {
        return Err(NameError::Value);
    }
    let mut taken: Vec<u8> = Vec::new();
    // Whether what was read last is a space that nothing escapes.
    let mut spaced = false;
    let mut left = text.char_indices();
    while let Some((at, one)) = left.next() {
        match one {
            ',' | '+' => {
                return finished(taken, spaced).map(|value| (value, Some(one), after(text, at)));
            }
            '\\' => {
                let (_, escaped) = left.next().ok_or(NameError::Value)?;
                if " \"#+,;<=>\\".contains(escaped) {
                    taken.push(escaped as u8);
                } else {
                    let (_, second) = left.next().ok_or(NameError::Value)?;
                    let pair: String = [escaped, second].iter().collect();
                    taken.extend(bytes(&pair).ok_or(NameError::Value)?);
                }
            }
            '"' | ';' | '<' | '>' | '\0' => return Err(NameError::Value),
            other => taken.extend(other.encode_utf8(&mut [0; 4]).bytes()),
        }
        spaced = one == ' ';
    }
    finished(taken, spaced).map(|value| (value, None, ""))
}

/// What follows the character at this place.
fn after(text: &str, at: usize) -> &str {
    text.get(at + 1..).unwrap_or_default()
}

fn finished(taken: Vec<u8>, spaced: bool) -> Result<Value, NameError> {
    match String::from_utf8(taken) {
        Ok(text) if !spaced => Ok(Value::Text(text)),
        _ => Err(NameError::Value),
    }
}

/// The bytes of hexadecimal digits, of which there are some.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    let sound = !hex.is_empty() && hex.len().is_multiple_of(2);
    let sound = sound && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = (0..hex.len()).step_by(2);
    sound
        .then(|| {
            pairs
                .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
                .collect()
        })
        .flatten()
}

/// A value in DER. A text of a kind that is ASCII or UTF-8 is that text.
fn read(any: &Any<'_>) -> Option<Value> {
    match any.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
            let text = std::str::from_utf8(any.data).ok()?;
            Some(Value::Text(text.to_owned()))
        }
        _ => {
            let tag = u8::try_from(any.tag().0).ok()?;
            Some(Value::Der([&[tag][..], any.data].concat()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn text(name: &str) -> Vec<Vec<(String, String)>> {
        let parts = Name::parse(name)
            .unwrap_or_else(|e| panic!("{name}: {e}"))
            .0;
        let read = |(oid, value): Attribute| match value {
            Value::Text(text) => (oid, text),
            Value::Der(der) => (oid, format!("{der:?}")),
        };
        parts
            .into_iter()
            .map(|part| part.into_iter().map(read).collect())
            .collect()
    }

    fn one(oid: &str, value: &str) -> Vec<(String, String)> {
        vec![(oid.to_owned(), value.to_owned())]
    }

    /// The examples of RFC 4514 §4.
    #[test]
    fn names_are_read_as_the_rfc_writes_them() {
        let dc = "0.9.2342.19200300.100.1.25";
        let uid = "0.9.2342.19200300.100.1.1";
        assert_eq!(
            text("UID=jsmith,DC=example,DC=net"),
            [one(dc, "net"), one(dc, "example"), one(uid, "jsmith")]
        );
        let both = vec![
            ("2.5.4.11".to_owned(), "Sales".to_owned()),
            ("2.5.4.3".to_owned(), "J.  Smith".to_owned()),
        ];
        let [net, example, of_two] =
            <[_; 3]>::try_from(text("OU=Sales+CN=J.  Smith,DC=example,DC=net")).unwrap();
        assert_eq!((net, example), (one(dc, "net"), one(dc, "example")));
        assert_eq!(of_two, both);
        assert_eq!(
            text("CN=J.  Smith+OU=Sales,DC=example,DC=net"),
            text("OU=Sales+CN=J.  Smith,DC=example,DC=net")
        );
        assert_eq!(
            text(r#"CN=James \"Jim\" Smith\, III,DC=example,DC=net"#)[2],
            one("2.5.4.3", r#"James "Jim" Smith, III"#)
        );
        assert_eq!(
            text(r"CN=Before\0dAfter,DC=example,DC=net")[2],
            one("2.5.4.3", "Before\rAfter")
        );
        let odd = text("1.3.6.1.4.1.1466.0=#04024869");
        assert_eq!(odd, [one("1.3.6.1.4.1.1466.0", "[4, 72, 105]")]);
        assert_eq!(text(r"CN=Lu\C4\8Di\C4\87"), [one("2.5.4.3", "Lučić")]);
        assert_eq!(text("CN=Lučić"), [one("2.5.4.3", "Lučić")]);
        assert_eq!(
            text("cn=#0C0161"),
            text("CN=a"),
            "a text in DER is that text"
        );
        assert_eq!(text(r"CN=\ a\ "), [one("2.5.4.3", " a ")]);
        assert_eq!(text(r"CN=a\ ,O=b")[1], one("2.5.4.3", "a "));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_name() {
        let long = format!("CN={}", "a".repeat(LONGEST));
        let many = vec!["CN=a"; MOST + 1].join(",");
        for (name, why) in [
            ("", NameError::Length),
            (long.as_str(), NameError::Length),
            (many.as_str(), NameError::Length),
            ("CN", NameError::Type),
            ("CN=a,", NameError::Type),
            ("CN=a, O=b", NameError::Type),
            ("CN=a ,O=b", NameError::Value),
            ("CN= a", NameError::Value),
            ("CN = a", NameError::Type),
            ("CN=a ", NameError::Value),
            (r"CN=a\\ ,O=b", NameError::Value),
            ("X=a", NameError::Type),
            ("2.5.04.3=a", NameError::Type),
            ("CN=a;O=b", NameError::Value),
            ("CN=\"a\"", NameError::Value),
            ("CN=a\\", NameError::Value),
            ("CN=a\\g0", NameError::Value),
            ("CN=\\ff", NameError::Value),
            ("CN=#", NameError::Value),
            ("CN=#0c", NameError::Value),
            ("CN=#0c0161ff", NameError::Value),
        ] {
            assert_eq!(Name::parse(name), Err(why), "{name:.40}");
        }
    }

    #[test]
    fn names_are_the_same_to_the_letter() {
        let name = |text| Name::parse(text).unwrap();
        let known = name("CN=robot,O=Acme,C=DE");
        for other in [
            "CN=Robot,O=Acme,C=DE",
            "CN=robot,O=Acme",
            "O=Acme,CN=robot,C=DE",
            "C=DE,O=Acme,CN=robot",
            "CN=robot+O=Acme,C=DE",
            "CN=robot,OU=x,O=Acme,C=DE",
            "CN=robot\\,O=Acme,C=DE",
            "CN=robot\\00,O=Acme,C=DE",
        ] {
            assert_ne!(name(other), known, "{other}");
        }
        assert_eq!(name("2.5.4.3=robot,o=Acme,c=DE"), known);
    }
}

//! Names: of who sends, of a message, and of where it goes.

use std::fmt;

use url::Url;

/// The longest entity id, in bytes (SAML Core §8.3.6).
pub const MAX_ENTITY_ID: usize = 1_024;
/// The longest address of an endpoint, in bytes.
pub const MAX_LOCATION: usize = 2_048;
/// The longest ID of a message, in bytes.
const MAX_ID: usize = 256;

/// What an entity is called: a service provider, or we (SAML Core §8.3.6). Compared to the letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId(String);

/// The address of an endpoint: an absolute `https` or `http` URL. Compared to the letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location(String);

/// What we call a message or an assertion of ours, once (SAML Core §1.3.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(String);

/// Why a name is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// An entity id that is none.
    #[error(
        "the entity id is empty, longer than {most} bytes, or has white space in it: give the URI that stands in the metadata",
        most = MAX_ENTITY_ID
    )]
    EntityId,
    /// An address that is none.
    #[error(
        "the address is no absolute https or http URL of at most {most} bytes, or has a user or a fragment in it: give it as a browser would show it",
        most = MAX_LOCATION
    )]
    Location,
}

impl EntityId {
    /// Holds a text to what an entity id is.
    ///
    /// # Errors
    /// [`NameError::EntityId`].
    pub fn new(text: &str) -> Result<Self, NameError> {
        let odd = |one: char| one.is_whitespace() || one.is_control();
        if text.is_empty() || text.len() > MAX_ENTITY_ID || text.chars().any(odd) {
            return Err(NameError::EntityId);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Location {
    /// Holds a text to what an address is. What a browser would run instead of going there (`javascript:`)
    /// is none.
    ///
    /// # Errors
    /// [`NameError::Location`].
    pub fn new(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"\\\"<>`#".contains(&byte);
        if text.len() > MAX_LOCATION || !text.bytes().all(plain) {
            return Err(NameError::Location);
        }
        let url = Url::parse(text).map_err(|_| NameError::Location)?;
        // `https:x` and `https:///x` are read as `https://x` by browsers, and as something else by others.
        let (_, behind) = text.split_once("://").ok_or(NameError::Location)?;
        let ends = behind.find(['/', '?']).unwrap_or(behind.len());
        let authority = behind.get(..ends).unwrap_or_default();
        let taken = ["https", "http"].contains(&url.scheme())
            && url.host().is_some()
            && !authority.is_empty()
            && !authority.contains('@');
        if taken {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Location)
        }
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is exactly that one, to the letter.
    #[must_use]
    pub fn equals(&self, asked: &str) -> bool {
        self.0 == asked
    }

    /// Whether what goes there is encrypted on its way. Where it is not, say so to whoever registers it.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0
            .get(..8)
            .is_some_and(|begins| begins.eq_ignore_ascii_case("https://"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl MessageId {
    /// From chance: never give the same twice.
    #[must_use]
    pub fn from_chance(chance: [u8; 20]) -> Self {
        // An `xs:ID` does not begin with a digit.
        let hex = chance.iter().map(|byte| format!("{byte:02x}"));
        Self(std::iter::once("_".to_owned()).chain(hex).collect())
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether it can be the ID of a message: an `xs:ID` of ASCII (XML Schema 2 §3.3.8).
pub(super) fn is_id(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    text.len() <= MAX_ID
        && text.bytes().next().as_ref().is_some_and(first)
        && text.bytes().all(inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn attack_s17_an_address_is_one_that_a_browser_only_goes_to() {
        for good in [
            "https://sp.example/acs",
            "https://sp.example:8443/acs?tenant=1&x=%2f",
            "http://127.0.0.1:8080/acs",
            "HTTPS://SP.example",
        ] {
            assert!(Location::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/acs",
            "javascript:alert(1)",
            "javascript://sp.example/%0aalert(1)",
            "data:text/html,x",
            "https:sp.example",
            "https:///acs",
            "https://",
            "https://a@sp.example/",
            "https://sp.example/acs#x",
            "https://sp.example/\"onload=x",
            "https:\\\\sp.example",
            " https://sp.example/",
            "https://sp.example/a b",
            "https://sp.exämple/",
            "ftp://sp.example/",
        ] {
            assert_eq!(Location::new(bad), Err(NameError::Location), "{bad}");
        }
        let encrypted = |text| Location::new(text).unwrap().is_encrypted();
        assert!(encrypted("HTTPS://sp.example") && !encrypted("http://sp.example"));
    }

    #[test]
    fn names_have_their_form() {
        assert!(EntityId::new("urn:sp:1").is_ok() && EntityId::new("x").is_ok());
        for bad in ["", " a", "a b", "a\n", "a\u{a0}", &"a".repeat(1_025)] {
            assert_eq!(EntityId::new(bad), Err(NameError::EntityId), "{bad:?}");
        }
        let id = MessageId::from_chance([0xa5; 20]);
        assert_eq!(id.as_str(), format!("_{}", "a5".repeat(20)));
        assert!(is_id(id.as_str()) && is_id("id-1.x") && is_id(&"a".repeat(256)));
        for bad in ["", "1a", "-a", "a:b", "a b", "ü", &"a".repeat(257)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}

//! The relying party: whose passkeys they are, and from where they may be used.

use url::{Host, Url};

/// The longest RP ID, in bytes: that of a domain name (RFC 1035 §2.3.4).
const LONGEST_ID: usize = 253;
/// The longest name, in bytes. Authenticators may cut after 64 (WebAuthn L3 §6.4.1).
const LONGEST_NAME: usize = 64;
/// How many origins one relying party may have.
const MOST_ORIGINS: usize = 16;

/// A relying party with its origins (WebAuthn L3 §5.4.2, §13.4.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    name: String,
    origins: Vec<String>,
}

/// Why a relying party cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartyError {
    /// The RP ID is no domain in its one spelling.
    #[error(
        "the RP ID is no domain name: give the host of the sign-in pages, or a domain above it, in lower case"
    )]
    Id,
    /// The name is empty or too long.
    #[error(
        "the name of the relying party is empty or longer than {LONGEST_NAME} bytes: shorten it"
    )]
    Name,
    /// There is no origin, or too many.
    #[error("there are no origins, or more than {MOST_ORIGINS}: list those of the sign-in pages")]
    Origins,
    /// An origin is not spelled as browsers spell it, or is not secure.
    #[error(
        "origin {0} is none: write `https://host` or `https://host:port`, without a slash behind it"
    )]
    Origin(usize),
    /// An origin does not lie within the RP ID.
    #[error(
        "origin {0} does not lie within the RP ID: its host is the RP ID or ends with a dot and the RP ID"
    )]
    OriginOutside(usize),
}

impl RelyingParty {
    /// Puts one together. `id` is a domain ("id.example.com"; no scheme, no port), `origins` are the exact
    /// texts that browsers send ("<https://id.example.com>"). `http` is for "localhost" alone. Whether the
    /// domain is a public suffix is not looked at; browsers do.
    ///
    /// # Errors
    /// [`PartyError`]; origins are counted from 0.
    pub fn new(id: &str, name: &str, origins: &[&str]) -> Result<Self, PartyError> {
        if id.len() > LONGEST_ID || !is_domain(id) {
            return Err(PartyError::Id);
        }
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Err(PartyError::Name);
        }
        if !(1..=MOST_ORIGINS).contains(&origins.len()) {
            return Err(PartyError::Origins);
        }
        for (at, origin) in origins.iter().enumerate() {
            let host = host(origin).ok_or(PartyError::Origin(at))?;
            let above = host
                .strip_suffix(id)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            if !above {
                return Err(PartyError::OriginOutside(at));
            }
        }
        Ok(Self {
            id: id.to_owned(),
            name: name.to_owned(),
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
        })
    }

    /// The RP ID.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What people read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether exactly this text is one of the origins. Nothing is parsed, so nothing can be parsed
    /// differently: "<https://id.example.com.evil.test>" and "<https://badexample.com>" are other texts.
    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|known| known == origin)
    }
}

/// Whether it is a domain as browsers write it: lower case, punycode, no dot at the end, no address.
fn is_domain(id: &str) -> bool {
    let parsed = Host::parse(id);
    matches!(parsed, Ok(Host::Domain(domain)) if domain == id && !domain.ends_with('.'))
}

/// The host of an origin in its one spelling.
fn host(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str()?.to_owned();
    let secure = url.scheme() == "https" || (url.scheme() == "http" && host == "localhost");
    (secure && url.origin().ascii_serialization() == origin).then_some(host)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn party(id: &str, origins: &[&str]) -> Result<RelyingParty, PartyError> {
        RelyingParty::new(id, "Example", origins)
    }

    #[test]
    fn origins_lie_within_the_domain() {
        for (id, origin) in [
            ("example.com", "https://example.com"),
            ("example.com", "https://id.example.com:8443"),
            ("localhost", "http://localhost:8080"),
            ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert!(party(id, &[origin]).is_ok(), "{origin}");
        }
        for origin in [
            "https://badexample.com",
            "https://example.com.evil.test",
            "https://com",
        ] {
            let outside = Err(PartyError::OriginOutside(0));
            assert_eq!(party("example.com", &[origin]), outside, "{origin}");
        }
    }

    #[test]
    fn origins_and_domains_have_one_spelling() {
        for origin in [
            "https://example.com/",
            "https://example.com:443",
            "https://Example.com",
            "http://example.com",
            "https://user@example.com",
            "https://example.com?",
            "android:apk-key-hash:abc",
            "null",
            "",
        ] {
            assert_eq!(
                party("example.com", &[origin]),
                Err(PartyError::Origin(0)),
                "{origin}"
            );
        }
        for id in [
            "",
            "Example.com",
            "https://example.com",
            "example.com.",
            "127.0.0.1",
            "[::1]",
            "a b",
        ] {
            assert_eq!(
                party(id, &["https://example.com"]),
                Err(PartyError::Id),
                "{id}"
            );
        }
        assert_eq!(party("example.com", &[]), Err(PartyError::Origins));
        let name = RelyingParty::new("example.com", "", &["https://example.com"]);
        assert_eq!(name, Err(PartyError::Name));
    }

    #[test]
    fn an_origin_is_compared_as_it_is_written() {
        let party = party("example.com", &["https://id.example.com"]).unwrap();
        assert!(party.has_origin("https://id.example.com"));
        for other in [
            "https://id.example.com/",
            "https://example.com",
            "https://id.example.com:443",
            "",
        ] {
            assert!(!party.has_origin(other), "{other}");
        }
    }
}

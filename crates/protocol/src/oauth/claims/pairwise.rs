//! Names of a person that differ from sector to sector (OpenID Connect Core 1.0 §8.1), so that clients
//! cannot find out together that they mean the same one.

use crate::jose::base64url;
use crate::oauth::RegisteredRedirect;

/// What is hashed begins with this, so that the same key makes nothing else of the same bytes.
const DOMAIN: &[u8] = b"tenure pairwise subject 1";

/// Clients that are told the same name: those of one host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sector(String);

/// Why a client has no sector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SectorError {
    /// A redirect URI has no host of its own, or there is none.
    #[error("a redirect URI has no host that is the client's own: register a sector identifier")]
    NoHost,
    /// The redirect URIs have several hosts.
    #[error("the redirect URIs have several hosts: register a sector identifier (OIDC Core 8.1)")]
    SeveralHosts,
}

impl Sector {
    /// The one host of a client's redirect URIs. A loopback address is everybody's, and no sector.
    ///
    /// # Errors
    /// [`SectorError`].
    pub fn of(redirects: &[RegisteredRedirect]) -> Result<Self, SectorError> {
        let mut found: Option<String> = None;
        for redirect in redirects {
            let own = redirect.as_str().starts_with("https://");
            let host = redirect.host().filter(|_| own);
            let host = host.ok_or(SectorError::NoHost)?;
            match &found {
                Some(other) if *other != host => return Err(SectorError::SeveralHosts),
                _ => found = Some(host),
            }
        }
        found.map(Self).ok_or(SectorError::NoHost)
    }

    /// The sector of a client that names one (`sector_identifier_uri`), by its host in lower case. That
    /// the document there lists every redirect URI of the client is the caller's to have seen.
    #[must_use]
    pub const fn named(host: String) -> Self {
        Self(host)
    }
}

/// The name of a person in a sector: 43 characters. `keyed` is HMAC-SHA-256 with a key of this server for
/// this alone; who has it can tell the names of one person together.
pub fn pairwise(sector: &Sector, subject: &str, keyed: impl FnOnce(&[u8]) -> [u8; 32]) -> String {
    let mut message = DOMAIN.to_vec();
    // With lengths: no sector and subject run together as another two do.
    for part in [sector.0.as_str(), subject] {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part.as_bytes());
    }
    base64url::encode(keyed(&message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use aws_lc_rs::hmac;

    use super::*;
    use crate::oauth::ApplicationType;

    fn name(key: u8, sector: &str, subject: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[key; 32]);
        let keyed = |message: &[u8]| hmac::sign(&key, message).as_ref().try_into().unwrap();
        pairwise(&Sector::named(sector.to_owned()), subject, keyed)
    }

    #[test]
    fn a_name_is_of_a_person_in_a_sector_under_a_key() {
        let one = name(1, "a.example", "s");
        assert_eq!(one.len(), 43);
        assert_eq!(one, name(1, "a.example", "s"));
        let others = [
            ("b.example", "s"),
            ("a.example", "t"),
            ("a.examples", ""),
            ("a.exampl", "es"),
        ];
        for (sector, subject) in others {
            assert_ne!(one, name(1, sector, subject), "{sector} {subject}");
        }
        assert_ne!(one, name(2, "a.example", "s"));
    }

    #[test]
    fn a_sector_is_one_host() {
        let of = |uris: &[&str]| {
            let made = |uri: &&str| RegisteredRedirect::new(uri, ApplicationType::Native);
            let redirects: Result<Vec<_>, _> = uris.iter().map(made).collect();
            Sector::of(&redirects.unwrap())
        };
        let sector = of(&["https://a.example/1", "https://a.example:8443/2"]);
        assert_eq!(sector, Ok(Sector::named("a.example".to_owned())));
        let several = of(&["https://a.example/", "https://b.example/"]);
        assert_eq!(several, Err(SectorError::SeveralHosts));
        for none in [&[][..], &["http://127.0.0.1/"], &["com.example.app:/"]] {
            assert_eq!(of(none), Err(SectorError::NoHost));
        }
    }
}

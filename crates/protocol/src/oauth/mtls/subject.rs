//! To whom a certificate was issued (RFC 8705 §2.1.2).

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::name::{Name, NameError};

/// The longest name, in bytes.
const LONGEST: usize = 2_000;

/// Why a subject is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// It is no distinguished name.
    #[error("{0}")]
    Name(#[from] NameError),
    /// It is no such name.
    #[error("this is no name of that kind: write it as the certificate has it, without `*`")]
    Value,
}

/// To whom a certificate has to be issued: exactly one of five.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Its subject is this (`tls_client_auth_subject_dn`).
    Dn(Name),
    /// One of its alternative names is this host (`tls_client_auth_san_dns`).
    Dns(String),
    /// One is this URI (`tls_client_auth_san_uri`).
    Uri(String),
    /// One is this address (`tls_client_auth_san_ip`).
    Ip(IpAddr),
    /// One is this mailbox (`tls_client_auth_san_email`).
    Email(String),
}

impl Subject {
    /// A distinguished name as RFC 4514 writes it.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn dn(text: &str) -> Result<Self, SubjectError> {
        Ok(Self::Dn(Name::parse(text)?))
    }

    /// A host. A pattern is none: it would be many clients.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn dns(text: &str) -> Result<Self, SubjectError> {
        let possible = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        match ascii(text) && text.bytes().all(possible) {
            true => Ok(Self::Dns(text.to_owned())),
            false => Err(SubjectError::Value),
        }
    }

    /// A URI, compared to the letter.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn uri(text: &str) -> Result<Self, SubjectError> {
        match ascii(text) && text.contains(':') {
            true => Ok(Self::Uri(text.to_owned())),
            false => Err(SubjectError::Value),
        }
    }

    /// An address of IP, in whichever of its spellings.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn ip(text: &str) -> Result<Self, SubjectError> {
        text.parse().map(Self::Ip).map_err(|_| SubjectError::Value)
    }

    /// A mailbox, compared to the letter.
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn email(text: &str) -> Result<Self, SubjectError> {
        match ascii(text) && text.matches('@').count() == 1 {
            true => Ok(Self::Email(text.to_owned())),
            false => Err(SubjectError::Value),
        }
    }

    /// Whether a certificate was issued to it. A name in another place than its own is none: a host in the subject is
    /// no `san_dns`.
    pub(super) fn is_of(&self, certificate: &X509Certificate<'_>) -> bool {
        if let Self::Dn(name) = self {
            return Name::of(certificate.subject()).as_ref() == Some(name);
        }
        let Ok(Some(names)) = certificate.subject_alternative_name() else {
            return false;
        };
        names.value.general_names.iter().any(|name| self.is(name))
    }

    fn is(&self, name: &GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(wanted), GeneralName::DNSName(found)) => wanted.eq_ignore_ascii_case(found),
            (Self::Uri(wanted), GeneralName::URI(found))
            | (Self::Email(wanted), GeneralName::RFC822Name(found)) => wanted == found,
            (Self::Ip(IpAddr::V4(wanted)), GeneralName::IPAddress(found)) => {
                wanted.octets() == *found
            }
            (Self::Ip(IpAddr::V6(wanted)), GeneralName::IPAddress(found)) => {
                wanted.octets() == *found
            }
            _ => false,
        }
    }
}

/// Whether it is a text of characters that are seen, and as long as one may be. None is a pattern.
fn ascii(text: &str) -> bool {
    let seen = text.bytes().all(|byte| byte.is_ascii_graphic());
    !text.is_empty() && text.len() <= LONGEST && seen && !text.contains('*')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_name_is_of_its_kind() {
        for wrong in ["", "*.acme.example", "a b", "é.example", "a@b", "https://x"] {
            assert!(Subject::dns(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "robot", "https://*.acme.example", "urn:a b"] {
            assert!(Subject::uri(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "robot", "192.0.2", "192.0.2.0/24", "[::1]"] {
            assert!(Subject::ip(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "robot", "a@b@c", "a b@c"] {
            assert!(Subject::email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_of_one_kind_is_none_of_another() {
        let dns = Subject::dns("robot.acme.example").unwrap();
        assert!(dns.is(&GeneralName::DNSName("Robot.acme.example")));
        let ip = Subject::ip("2001:db8::1").unwrap();
        let Subject::Ip(IpAddr::V6(address)) = ip else {
            panic!()
        };
        assert!(ip.is(&GeneralName::IPAddress(&address.octets())));
        let four = Subject::ip("192.0.2.7").unwrap();
        assert!(four.is(&GeneralName::IPAddress(&[192, 0, 2, 7])));
        let uri = Subject::uri("urn:acme:robot").unwrap();
        assert!(uri.is(&GeneralName::URI("urn:acme:robot")));
        let email = Subject::email("robot@acme.example").unwrap();
        assert!(email.is(&GeneralName::RFC822Name("robot@acme.example")));
        for (subject, other) in [
            (&dns, GeneralName::DNSName("other.acme.example")),
            (&dns, GeneralName::DNSName("*.acme.example")),
            (&dns, GeneralName::URI("robot.acme.example")),
            (&dns, GeneralName::RFC822Name("robot.acme.example")),
            (&uri, GeneralName::URI("urn:acme:Robot")),
            (&uri, GeneralName::DNSName("urn:acme:robot")),
            (&email, GeneralName::RFC822Name("Robot@acme.example")),
            (&four, GeneralName::IPAddress(&[192, 0, 2, 8])),
            (
                &four,
                GeneralName::IPAddress(&[192, 0, 2, 7, 255, 255, 255, 0]),
            ),
            (&four, GeneralName::DNSName("192.0.2.7")),
        ] {
            assert!(!subject.is(&other), "{subject:?} {other:?}");
        }
    }
}

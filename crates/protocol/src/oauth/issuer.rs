//! The issuer: the one name of this server (RFC 8414 §2, OpenID Connect Discovery 1.0 §3).

use std::fmt;

use url::{Host, Url};

/// The longest issuer, in bytes.
const LONGEST: usize = 255;

/// An `https` URL without query, fragment, user or slash at its end. It is compared to the letter, by
/// everybody who ever reads a token; so it has one spelling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// It is longer than any.
    #[error("the issuer is longer than {LONGEST} bytes: take a shorter one")]
    Length,
    /// It is no URL, or not in its plain form.
    #[error(
        "the issuer is not a URL in its plain form: write it as a browser shows it, lower-case host, no default port, no dot segments, no slash at its end"
    )]
    Form,
    /// It is not `https`.
    #[error("the issuer is not https: serve it with TLS (RFC 8414 2)")]
    Scheme,
    /// It has a query, a fragment or a user.
    #[error("the issuer has a query, a fragment or a user: leave that out (RFC 8414 2)")]
    More,
}

impl Issuer {
    /// Reads an issuer.
    ///
    /// # Errors
    /// [`IssuerError`], one variant for each reason.
    pub fn new(text: &str) -> Result<Self, IssuerError> {
        let url = Self::plain(text)?;
        if url.scheme() == "https" {
            Ok(Self(text.to_owned()))
        } else {
            Err(IssuerError::Scheme)
        }
    }

    /// Reads an issuer for trying things out on one machine: `http` of a loopback host as well.
    ///
    /// # Errors
    /// [`IssuerError`], one variant for each reason.
    pub fn on_loopback(text: &str) -> Result<Self, IssuerError> {
        let url = Self::plain(text)?;
        let near = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if near && matches!(url.scheme(), "http" | "https") {
            Ok(Self(text.to_owned()))
        } else {
            Err(IssuerError::Scheme)
        }
    }

    fn plain(text: &str) -> Result<Url, IssuerError> {
        if text.len() > LONGEST {
            return Err(IssuerError::Length);
        }
        let url = Url::parse(text).map_err(|_| IssuerError::Form)?;
        if text.contains(['?', '#', '@']) {
            return Err(IssuerError::More);
        }
        let written = if url.path() == "/" {
            url.as_str().strip_suffix('/')
        } else {
            Some(url.as_str())
        };
        if written != Some(text) || text.ends_with('/') || url.host().is_none() {
            return Err(IssuerError::Form);
        }
        Ok(url)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL of an endpoint: the issuer, a slash, and this path.
    #[must_use]
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}/{}", self.0, path.trim_start_matches('/'))
    }

    /// The path at which the host serves what OpenID Connect asks for: behind the issuer's own
    /// (Discovery 1.0 §4).
    #[must_use]
    pub fn openid_configuration_path(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.path())
    }

    /// The path at which the host serves what OAuth asks for: before the issuer's own (RFC 8414 §3.1).
    #[must_use]
    pub fn oauth_metadata_path(&self) -> String {
        format!("/.well-known/oauth-authorization-server{}", self.path())
    }

    fn path(&self) -> &str {
        let behind = self.0.split_once("://").map_or("", |(_, behind)| behind);
        behind.find('/').map_or("", |at| &behind[at..])
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn an_issuer_has_one_spelling() {
        for right in [
            "https://id.acme.example",
            "https://a.example:8443/t/1",
            "https://[::1]",
        ] {
            assert!(Issuer::new(right).is_ok(), "{right}");
        }
        for (wrong, why) in [
            ("https://id.acme.example/", IssuerError::Form),
            ("https://a.example/t/", IssuerError::Form),
            ("https://A.example", IssuerError::Form),
            ("https://a.example:443", IssuerError::Form),
            ("https://a.example/x/../y", IssuerError::Form),
            ("https:\\\\a.example", IssuerError::Form),
            (" https://a.example", IssuerError::Form),
            ("a.example", IssuerError::Form),
            ("https://", IssuerError::Form),
            ("http://a.example", IssuerError::Scheme),
            ("http://127.0.0.1", IssuerError::Scheme),
            ("ftp://a.example", IssuerError::Scheme),
            ("https://a.example?b", IssuerError::More),
            ("https://a.example#", IssuerError::More),
            ("https://u@a.example", IssuerError::More),
        ] {
            assert_eq!(Issuer::new(wrong), Err(why), "{wrong}");
        }
        assert!(Issuer::on_loopback("http://127.0.0.1:8080").is_ok());
        assert!(Issuer::on_loopback("http://localhost:8080/a").is_ok());
        assert!(Issuer::on_loopback("http://localhost.example").is_err());
        assert!(Issuer::on_loopback("https://a.example").is_err());
    }

    #[test]
    fn the_two_well_known_paths_differ_by_where_the_path_stands() {
        let issuer = Issuer::new("https://a.example/t/1").unwrap();
        let (openid, oauth) = (
            issuer.openid_configuration_path(),
            issuer.oauth_metadata_path(),
        );
        assert_eq!(openid, "/t/1/.well-known/openid-configuration");
        assert_eq!(oauth, "/.well-known/oauth-authorization-server/t/1");
        assert_eq!(issuer.endpoint("token"), "https://a.example/t/1/token");
        let bare = Issuer::new("https://a.example").unwrap();
        assert_eq!(
            bare.openid_configuration_path(),
            "/.well-known/openid-configuration"
        );
        assert_eq!(
            bare.oauth_metadata_path(),
            "/.well-known/oauth-authorization-server"
        );
    }
}

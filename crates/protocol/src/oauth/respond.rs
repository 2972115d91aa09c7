//! Authorization responses (RFC 6749 §4.1.2, RFC 9207, OAuth 2.0 Form Post Response Mode).
//!
//! Redirect with 303, never 307: a browser would send a password on to the client (RFC 9700 §4.12).

use std::fmt;

use model::Secret;

use super::params::encode;
use super::{Issuer, OAuthError};

/// How a client is answered. `fragment` is not one: a code does not belong there (OAuth 2.0 Multiple
/// Response Type Encoding Practices §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    #[default]
    Query,
    /// As a form that the browser posts to the redirect URI.
    FormPost,
}

impl ResponseMode {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The right to answer a client at a redirect URI: it was asked for by a client that is known, and is one
/// that this client has registered. Only [`AuthorizationRequest::parse`](super::AuthorizationRequest::parse)
/// gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyTo {
    redirect_uri: String,
    mode: ResponseMode,
    state: Option<String>,
}

/// An answer, to be carried by the browser. It holds a code: it is not logged.
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// Send the browser there with 303.
    Redirect {
        /// The URL (`Location`).
        location: String,
    },
    /// Write a page whose form posts this. Names and values are raw: escape them for HTML.
    FormPost {
        /// Where to (`action`).
        action: String,
        /// What: names and values.
        fields: Vec<(&'static str, String)>,
    },
}

impl ReplyTo {
    pub(super) fn new(redirect_uri: &str, mode: ResponseMode, state: Option<&str>) -> Self {
        Self {
            redirect_uri: redirect_uri.to_owned(),
            mode,
            state: state.map(str::to_owned),
        }
    }

    /// The redirect URI, as the client sent it.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// How it is answered.
    #[must_use]
    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// The answer that brings a code.
    #[must_use]
    pub fn code(&self, issuer: &Issuer, code: &Secret) -> Response {
        self.answer(issuer, vec![("code", code.expose().to_owned())])
    }

    /// The answer that brings an error.
    #[must_use]
    pub fn error(&self, issuer: &Issuer, error: &OAuthError) -> Response {
        let told = vec![
            ("error", error.code().name().to_owned()),
            ("error_description", error.description()),
        ];
        self.answer(issuer, told)
    }

    /// Always with the issuer, so that a client of several servers sees whose answer it is (RFC 9207 §2).
    fn answer(&self, issuer: &Issuer, mut fields: Vec<(&'static str, String)>) -> Response {
        if let Some(state) = &self.state {
            fields.push(("state", state.clone()));
        }
        fields.push(("iss", issuer.as_str().to_owned()));
        match self.mode {
            ResponseMode::Query => Response::Redirect {
                location: with_query(&self.redirect_uri, &encode(fields)),
            },
            ResponseMode::FormPost => Response::FormPost {
                action: self.redirect_uri.clone(),
                fields,
            },
        }
    }
}

/// A registered URI with more in its query; what it has stays, to the letter (RFC 6749 §3.1.2). It has no
/// fragment: none is registered.
pub(super) fn with_query(uri: &str, query: &str) -> String {
    let between = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some((_, had)) if had.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{between}{query}")
}

impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyTo({})", self.mode.name())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect { .. } => "Redirect(..)",
            Self::FormPost { .. } => "FormPost(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::ErrorCode;
    use super::*;

    fn issuer() -> Issuer {
        Issuer::new("https://id.example").unwrap()
    }

    #[test]
    fn the_query_that_was_registered_stays() {
        for (uri, want) in [
            (
                "https://a.example/cb",
                "https://a.example/cb?code=c%2B&state=s+%26&iss=https%3A%2F%2Fid.example",
            ),
            (
                "https://a.example/cb?",
                "https://a.example/cb?code=c%2B&state=s+%26&iss=https%3A%2F%2Fid.example",
            ),
            (
                "https://a.example/cb?t=%2f",
                "https://a.example/cb?t=%2f&code=c%2B&state=s+%26&iss=https%3A%2F%2Fid.example",
            ),
            (
                "com.example.app:/cb?t&",
                "com.example.app:/cb?t&code=c%2B&state=s+%26&iss=https%3A%2F%2Fid.example",
            ),
        ] {
            let to = ReplyTo::new(uri, ResponseMode::Query, Some("s &"));
            let location = want.to_owned();
            assert_eq!(
                to.code(&issuer(), &Secret::new("c+")),
                Response::Redirect { location }
            );
        }
    }

    #[test]
    fn a_form_has_the_same_fields() {
        let to = ReplyTo::new(
            "https://a.example/cb?t=1",
            ResponseMode::FormPost,
            Some("<\">"),
        );
        let error = OAuthError::new(ErrorCode::AccessDenied, "no");
        let Response::FormPost { action, fields } = to.error(&issuer(), &error) else {
            panic!("a form");
        };
        assert_eq!(action, "https://a.example/cb?t=1");
        let want = [
            ("error", "access_denied"),
            ("error_description", "no"),
            ("state", "<\">"),
            ("iss", "https://id.example"),
        ];
        assert_eq!(fields, want.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn nothing_of_an_answer_is_printed() {
        let to = ReplyTo::new("https://a.example/cb", ResponseMode::Query, Some("hunter2"));
        let printed = format!("{to:?} {:?}", to.code(&issuer(), &Secret::new("hunter2")));
        assert_eq!(printed, "ReplyTo(query) Redirect(..)");
    }
}

//! How a service provider is told what became of its request (SAML Core §3.2.2).

use super::xml::{Node, Space};

/// Whose fault it is, if anybody's (§3.2.2.2, first level).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusCode {
    /// Nobody's: it went well.
    Success,
    /// That of whoever asked.
    Requester,
    /// Ours.
    Responder,
    /// The message is of another version of SAML.
    VersionMismatch,
}

/// What it is (§3.2.2.2, second level).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusDetail {
    /// The person could not be signed in.
    AuthnFailed,
    /// The name that is asked for is not to be had.
    InvalidNameIdPolicy,
    /// The person cannot be signed in as is demanded.
    NoAuthnContext,
    /// The person would have to be asked, and must not be.
    NoPassive,
    /// Not everybody who was to be signed out is.
    PartialLogout,
    /// The request is understood, and not granted.
    RequestDenied,
    /// What is asked for is not spoken.
    RequestUnsupported,
    /// Nobody of that name is known.
    UnknownPrincipal,
    /// The answer cannot be sent in the way that is asked for.
    UnsupportedBinding,
}

/// What a service provider is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status {
    /// Whose fault it is.
    pub code: StatusCode,
    /// What it is.
    pub detail: Option<StatusDetail>,
    /// For people, in fixed words: nothing that was sent is said back.
    pub message: Option<&'static str>,
}

impl StatusCode {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Success,
        Self::Requester,
        Self::Responder,
        Self::VersionMismatch,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Success => "urn:oasis:names:tc:SAML:2.0:status:Success",
            Self::Requester => "urn:oasis:names:tc:SAML:2.0:status:Requester",
            Self::Responder => "urn:oasis:names:tc:SAML:2.0:status:Responder",
            Self::VersionMismatch => "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }
}

impl StatusDetail {
    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::AuthnFailed => "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed",
            Self::InvalidNameIdPolicy => "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy",
            Self::NoAuthnContext => "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext",
            Self::NoPassive => "urn:oasis:names:tc:SAML:2.0:status:NoPassive",
            Self::PartialLogout => "urn:oasis:names:tc:SAML:2.0:status:PartialLogout",
            Self::RequestDenied => "urn:oasis:names:tc:SAML:2.0:status:RequestDenied",
            Self::RequestUnsupported => "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported",
            Self::UnknownPrincipal => "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal",
            Self::UnsupportedBinding => "urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding",
        }
    }
}

impl Status {
    /// It went well.
    pub const SUCCESS: Self = Self {
        code: StatusCode::Success,
        detail: None,
        message: None,
    };

    /// Whoever asked is told that it is on their side.
    #[must_use]
    pub const fn requester(detail: StatusDetail, message: &'static str) -> Self {
        Self {
            code: StatusCode::Requester,
            detail: Some(detail),
            message: Some(message),
        }
    }

    /// Whoever asked is told that it is on our side.
    #[must_use]
    pub const fn responder(detail: StatusDetail, message: &'static str) -> Self {
        Self {
            code: StatusCode::Responder,
            detail: Some(detail),
            message: Some(message),
        }
    }

    pub(super) fn write(&self) -> Node {
        let code = |uri: &'static str| Node::new(Space::Protocol, "StatusCode").with("Value", uri);
        let detail = self.detail.map(|detail| code(detail.uri()));
        let message = self.message.map(|message| {
            let element = Node::new(Space::Protocol, "StatusMessage");
            element.text(message)
        });
        let first = code(self.code.uri()).holding(detail);
        Node::new(Space::Protocol, "Status")
            .holding([first])
            .holding(message)
    }
}

//! What is said of somebody who was signed in (SAML Core §2).

use std::time::Duration;

use model::Timestamp;

use crate::saml::xml::{Node, Space};
use crate::saml::{EntityId, MessageId, NameId, ReplyTo, instant};

/// Somebody who was signed in.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// What the person is called there.
    pub name_id: &'a NameId,
    /// What the session is called there, so that it can be ended (`SessionIndex`). Not what it is called here.
    pub session_index: &'a str,
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// How (`AuthnContextClassRef`).
    pub context_class: &'a str,
    /// When the app has to end the session by itself.
    pub session_ends_at: Option<Timestamp>,
    /// What else is said.
    pub attributes: &'a [Attribute<'a>],
}

/// Something that is said of somebody (SAML Core §2.7.3.1).
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// How the name is meant.
    pub format: NameFormat,
    /// Its name for people.
    pub friendly_name: Option<&'a str>,
    /// What is said: one element for each.
    pub values: &'a [&'a str],
}

/// How the name of an attribute is meant (SAML Core §8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameFormat {
    /// As a URI.
    #[default]
    Uri,
    /// As a plain name.
    Basic,
    /// As both agreed on.
    Unspecified,
}

impl NameFormat {
    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Uri => "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
            Self::Basic => "urn:oasis:names:tc:SAML:2.0:attrname-format:basic",
            Self::Unspecified => "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
        }
    }
}

/// When an assertion counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub(super) now: Timestamp,
    pub(super) skew: Duration,
    pub(super) life: Duration,
}

impl SignIn<'_> {
    /// The assertion, not signed yet. Its issuer comes first.
    pub(super) fn write(
        &self,
        to: &ReplyTo,
        issuer: &EntityId,
        id: &MessageId,
        times: Times,
    ) -> Node {
        let parts = [
            Some(issued_by(issuer)),
            Some(self.subject(to, times)),
            Some(conditions(to, times)),
            Some(self.statement()),
            self.attributes(),
        ];
        part("Assertion")
            .with("ID", id.as_str())
            .with("IssueInstant", instant::write(times.now))
            .with("Version", "2.0")
            .holding(parts.into_iter().flatten())
    }

    /// Who, and that whoever brings this is it: there, for that request, and not for long (SAML Profiles
    /// §4.1.4.2). The confirmation has no beginning.
    fn subject(&self, to: &ReplyTo, times: Times) -> Node {
        let data = part("SubjectConfirmationData")
            .with_some("InResponseTo", to.in_response_to())
            .with("NotOnOrAfter", instant::write(times.now.plus(times.life)))
            .with("Recipient", to.location().as_str());
        let confirmation = part("SubjectConfirmation")
            .with("Method", "urn:oasis:names:tc:SAML:2.0:cm:bearer")
            .holding([data]);
        part("Subject").holding([self.name_id.write(), confirmation])
    }

    fn statement(&self) -> Node {
        let class = part("AuthnContextClassRef").text(self.context_class);
        part("AuthnStatement")
            .with("AuthnInstant", instant::write(self.authenticated_at))
            .with("SessionIndex", self.session_index)
            .with_some(
                "SessionNotOnOrAfter",
                self.session_ends_at.map(instant::write),
            )
            .holding([part("AuthnContext").holding([class])])
    }

    fn attributes(&self) -> Option<Node> {
        // One without attributes is none (SAML Core §2.7.3).
        let all = self.attributes.iter().filter(|one| !one.values.is_empty());
        let written: Vec<Node> = all.map(Attribute::write).collect();
        (!written.is_empty()).then(|| part("AttributeStatement").holding(written))
    }
}

impl Attribute<'_> {
    fn write(&self) -> Node {
        let values = self
            .values
            .iter()
            .map(|value| part("AttributeValue").text(*value));
        part("Attribute")
            .with("Name", self.name)
            .with("NameFormat", self.format.uri())
            .with_some("FriendlyName", self.friendly_name)
            .holding(values)
    }
}

/// For whom, and from when to when. It begins a little earlier, for clocks that are behind.
fn conditions(to: &ReplyTo, times: Times) -> Node {
    let audience = part("Audience").text(to.provider().as_str());
    part("Conditions")
        .with("NotBefore", instant::write(times.now.minus(times.skew)))
        .with("NotOnOrAfter", instant::write(times.now.plus(times.life)))
        .holding([part("AudienceRestriction").holding([audience])])
}

/// Who says so.
pub(in crate::saml) fn issued_by(issuer: &EntityId) -> Node {
    part("Issuer").text(issuer.as_str())
}

const fn part(local: &'static str) -> Node {
    Node::new(Space::Assertion, local)
}

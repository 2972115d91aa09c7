//! The request that takes a browser there (SAML Core §3.4.1).

use model::Timestamp;

use crate::saml::binding::Kind;
use crate::saml::logout::{Outgoing, send};
use crate::saml::response::{WriteError, issued_by};
use crate::saml::signature::Credential;
use crate::saml::xml::{Node, Space};
use crate::saml::{Binding, EntityId, Location, MessageId, NameIdFormat, instant};

/// A wish that somebody prove who they are.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// We, as that provider knows us.
    pub issuer: &'a EntityId,
    /// What the request is called: chance.
    pub id: &'a MessageId,
    /// Now.
    pub now: Timestamp,
    /// Where the provider takes requests.
    pub to: &'a Location,
    /// Where we take the answer.
    pub acs: &'a Location,
    /// They have to prove it anew.
    pub anew: bool,
    /// The kind of name that is wanted; `None`: whichever.
    pub format: Option<NameIdFormat>,
}

impl Ask<'_> {
    /// The request, signed.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(&self, binding: Binding, credential: &Credential) -> Result<Outgoing, WriteError> {
        let policy = Node::new(Space::Protocol, "NameIDPolicy")
            .with("AllowCreate", "true")
            .with_some("Format", self.format.map(NameIdFormat::uri));
        let request = Node::new(Space::Protocol, "AuthnRequest")
            .with("AssertionConsumerServiceURL", self.acs.as_str())
            .with("Destination", self.to.as_str())
            .with_some("ForceAuthn", self.anew.then_some("true"))
            .with("ID", self.id.as_str())
            .with("IssueInstant", instant::write(self.now))
            .with("ProtocolBinding", Binding::Post.uri())
            .with("Version", "2.0")
            .holding([issued_by(self.issuer), policy]);
        send(request, (binding, self.to), Kind::Request, None, credential)
    }
}

//! Word of logout without a browser (SAML Bindings §3.2, SAML Profiles §4.4.3.1).

use std::fmt;
use std::time::Duration;

use model::Timestamp;

use super::write::BEHIND_ISSUER;
use super::{LogoutOutcome, SignOut};
use crate::saml::message::{Held, Signing};
use crate::saml::response::WriteError;
use crate::saml::signature::{Credential, is_signed, signed, verify};
use crate::saml::xml::{Limits, Node, Space, Tree};
use crate::saml::{Location, Refused, ServiceProvider};

/// A call to a service provider: a POST with this body. Its answer is for [`Call::outcome`]. It is not logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// Where to.
    pub to: Location,
    /// What.
    pub body: String,
    /// The ID of the request in it.
    id: String,
}

impl Call {
    /// The `Content-Type` of the call, and of its answer.
    pub const CONTENT_TYPE: &'static str = "text/xml; charset=utf-8";
    /// The value of the header `SOAPAction`, with its quotes (SAML Bindings §3.2.3.1).
    pub const SOAP_ACTION: &'static str = "\"http://www.oasis-open.org/committees/security\"";

    /// What became of it, by the body of the answer. It came from the address that was called: so it need not be
    /// signed, but a signature that is there has to be good.
    ///
    /// # Errors
    /// [`Refused`]: it is not known what became of the request. That includes every fault.
    pub fn outcome(
        &self,
        answer: &[u8],
        provider: &ServiceProvider,
        (now, skew, life): (Timestamp, Duration, Duration),
    ) -> Result<LogoutOutcome, Refused> {
        let tree = Tree::read_bytes(answer, &Limits::MESSAGE)?;
        let root = tree.root();
        if !root.is(Space::Envelope, "Envelope") {
            return Err(Refused::Other("Envelope"));
        }
        let body = root.one(Space::Envelope, "Body")?;
        let body = body.ok_or(Refused::Missing("Body"))?;
        let mut inner = body.children();
        let (Some(response), None) = (inner.next(), inner.next()) else {
            return Err(Refused::Other("LogoutResponse"));
        };
        let held = Held {
            name: "LogoutResponse",
            provider,
            location: None,
            times: (now, skew, life),
            signing: Signing::Accepted,
        };
        let header = held.header(response, |keys| {
            if !is_signed(response) {
                return Ok(false);
            }
            Ok(verify(response, keys)?.element() == response)
        })?;
        LogoutOutcome::of(header.root, &self.id)
    }
}

impl SignOut<'_> {
    /// The request, for a service provider that can be called. `None` when it cannot.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn call(
        &self,
        provider: &ServiceProvider,
        credential: &Credential,
    ) -> Result<Option<Call>, WriteError> {
        let Some(to) = &provider.back_channel_logout else {
            return Ok(None);
        };
        let request = signed(self.request(to), BEHIND_ISSUER, credential)?;
        let body = Node::new(Space::Envelope, "Body").holding([request]);
        let envelope = Node::new(Space::Envelope, "Envelope").holding([body]);
        Ok(Some(Call {
            to: to.clone(),
            body: envelope.write()?,
            id: self.id.as_str().to_owned(),
        }))
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.to)
    }
}

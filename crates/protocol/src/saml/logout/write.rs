//! What we send.

use std::fmt;

use model::Timestamp;

use crate::saml::binding::{Kind, PostForm, RedirectUrl, RelayState};
use crate::saml::response::{WriteError, issued_by};
use crate::saml::signature::{Credential, signed};
use crate::saml::xml::{Node, Space};
use crate::saml::{
    Binding, EntityId, Location, LogoutService, MessageId, NameId, ServiceProvider, Status, instant,
};

/// Behind the issuer, where a signature stands (SAML Core §3.2.1).
pub(super) const BEHIND_ISSUER: usize = 1;

/// A message of ours, to be carried by the browser. It is not logged.
#[derive(Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// Send the browser there.
    Redirect(RedirectUrl),
    /// Write a page whose form posts this.
    Post(PostForm),
}

/// Somebody is to be signed out at a service provider.
#[derive(Debug, Clone, Copy)]
pub struct SignOut<'a> {
    /// We.
    pub issuer: &'a EntityId,
    /// What the request is called.
    pub id: &'a MessageId,
    /// Now.
    pub now: Timestamp,
    /// Until when it counts.
    pub until: Timestamp,
    /// Who: as the service provider was told.
    pub name_id: &'a NameId,
    /// What the sessions are called there.
    pub sessions: &'a [&'a str],
}

/// The right to answer a request to sign somebody out.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutReply {
    binding: Binding,
    location: Location,
    in_response_to: String,
    relay_state: Option<RelayState>,
}

impl SignOut<'_> {
    /// The request, for where the service provider takes them. `None` when it takes none.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(
        &self,
        provider: &ServiceProvider,
        relay_state: Option<&RelayState>,
        credential: &Credential,
    ) -> Result<Option<Outgoing>, WriteError> {
        let Some(LogoutService {
            binding, location, ..
        }) = provider.logout()
        else {
            return Ok(None);
        };
        let request = self.request(location);
        let to = (*binding, location);
        send(request, to, Kind::Request, relay_state, credential).map(Some)
    }
}

impl SignOut<'_> {
    /// The request, not signed yet.
    pub(super) fn request(&self, to: &Location) -> Node {
        let session = |name: &&str| Node::new(Space::Protocol, "SessionIndex").text(*name);
        Node::new(Space::Protocol, "LogoutRequest")
            .with("Destination", to.as_str())
            .with("ID", self.id.as_str())
            .with("IssueInstant", instant::write(self.now))
            .with("NotOnOrAfter", instant::write(self.until))
            .with("Version", "2.0")
            .holding([issued_by(self.issuer), self.name_id.write()])
            .holding(self.sessions.iter().map(session))
    }
}

impl LogoutReply {
    /// The right to answer a request of a service provider, of that name, which was verified: to where its answers go,
    /// with what it wants back. `None` where it takes none.
    #[must_use]
    pub fn to(
        provider: &ServiceProvider,
        in_response_to: String,
        relay_state: Option<RelayState>,
    ) -> Option<Self> {
        let service = provider.logout()?;
        Some(Self {
            binding: service.binding,
            location: service.for_responses().clone(),
            in_response_to,
            relay_state,
        })
    }

    /// The answer: [`Status::SUCCESS`], or what did not go well. That somebody could not be told elsewhere is
    /// success with [`PartialLogout`](crate::saml::StatusDetail::PartialLogout).
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(
        &self,
        (issuer, id, now): (&EntityId, &MessageId, Timestamp),
        status: &Status,
        credential: &Credential,
    ) -> Result<Outgoing, WriteError> {
        let response = Node::new(Space::Protocol, "LogoutResponse")
            .with("Destination", self.location.as_str())
            .with("ID", id.as_str())
            .with("InResponseTo", self.in_response_to.as_str())
            .with("IssueInstant", instant::write(now))
            .with("Version", "2.0")
            .holding([issued_by(issuer), status.write()]);
        let to = (self.binding, &self.location);
        send(
            response,
            to,
            Kind::Response,
            self.relay_state.as_ref(),
            credential,
        )
    }
}

/// Signed, beside it or within it.
pub(in crate::saml) fn send(
    message: Node,
    (binding, location): (Binding, &Location),
    kind: Kind,
    relay_state: Option<&RelayState>,
    credential: &Credential,
) -> Result<Outgoing, WriteError> {
    Ok(match binding {
        Binding::Redirect => {
            let xml = message.write()?;
            let url = RedirectUrl::write(location, kind, &xml, relay_state, credential)?;
            Outgoing::Redirect(url)
        }
        Binding::Post => {
            let xml = signed(message, BEHIND_ISSUER, credential)?.write()?;
            Outgoing::Post(PostForm::write(location, kind, &xml, relay_state))
        }
    })
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redirect(_) => "Redirect(..)",
            Self::Post(_) => "Post(..)",
        })
    }
}

impl fmt::Debug for LogoutReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogoutReply({})", self.location)
    }
}

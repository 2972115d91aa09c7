//! What every message has (SAML Core §3.2), and what it is held to before anything else of it is read.

use std::time::Duration;

use model::Timestamp;

use super::binding::{Kind, Received};
use super::name::is_id;
use super::signature::{SignatureError, VerifyingKey};
use super::xml::{Element, Space, Tree};
use super::{EntityId, Location, Refused, ServiceProvider, instant};

/// Where a message comes to, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reception<'a> {
    /// The address of the endpoint, as our metadata says it.
    pub location: &'a Location,
    /// Now. Of a request that is read again at a later step of a sign-in: when it first came.
    pub now: Timestamp,
    /// How much clocks may differ: three to five minutes (saml2int SDP-G01).
    pub skew: Duration,
    /// How old a message may be beyond that.
    pub life: Duration,
}

/// A message whose sender can be looked up. Nobody has vouched for it.
pub struct Message<'a> {
    received: &'a Received,
    tree: Tree<'a>,
    issuer: EntityId,
}

/// What a message says, whatever it is for.
pub(super) struct Header<'t> {
    pub(super) root: Element<'t>,
    pub(super) id: String,
    pub(super) issued_at: Timestamp,
    pub(super) is_signed: bool,
}

/// Whether a message has to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signing {
    Demanded,
    Accepted,
}

impl<'a> Message<'a> {
    /// Reads a message as far as its sender.
    ///
    /// # Errors
    /// [`Refused`]: to be shown. Nobody is known who could be answered.
    pub fn read(received: &'a Received) -> Result<Self, Refused> {
        let tree = received.tree()?;
        let issuer = issuer(tree.root())?;
        Ok(Self {
            received,
            tree,
            issuer,
        })
    }

    /// Who is said to have sent it: look up what is registered of them.
    #[must_use]
    pub const fn issuer(&self) -> &EntityId {
        &self.issuer
    }

    /// As what it is sent: `AuthnRequest`, `LogoutRequest`, `LogoutResponse`, `Response`; or another one.
    #[must_use]
    pub fn name(&self) -> &str {
        let root = self.tree.root();
        let known = [
            "AuthnRequest",
            "LogoutRequest",
            "LogoutResponse",
            "Response",
        ];
        let mut known = known.into_iter();
        known
            .find(|name| root.is(Space::Protocol, name))
            .unwrap_or("another one")
    }

    /// The name of the request that it says that it answers.
    #[must_use]
    pub fn in_response_to(&self) -> Option<&str> {
        self.tree.root().attribute("InResponseTo")
    }

    /// How it came.
    #[must_use]
    pub const fn received(&self) -> &Received {
        self.received
    }

    /// Holds it to who sent it, to where it came to and to the time.
    pub(super) fn header(
        &self,
        name: &'static str,
        provider: &ServiceProvider,
        at: &Reception<'_>,
        signing: Signing,
    ) -> Result<Header<'_>, Refused> {
        let kind = match name {
            "LogoutResponse" | "Response" => Kind::Response,
            _ => Kind::Request,
        };
        if self.received.kind() != kind {
            return Err(Refused::Other(name));
        }
        let root = self.tree.root();
        let held = Held {
            name,
            provider,
            location: Some(at.location),
            times: (at.now, at.skew, at.life),
            signing,
        };
        held.header(root, |keys| self.received.is_signed_by(root, keys))
    }
}

/// What a message is held to.
pub(super) struct Held<'a> {
    pub(super) name: &'static str,
    pub(super) provider: &'a ServiceProvider,
    /// Where it came to. `None`: it is the answer on the way on which was asked.
    pub(super) location: Option<&'a Location>,
    /// Now, how much clocks may differ, and how old a message may be beyond that.
    pub(super) times: (Timestamp, Duration, Duration),
    pub(super) signing: Signing,
}

impl Held<'_> {
    pub(super) fn header<'t>(
        &self,
        root: Element<'t>,
        is_signed_by: impl FnOnce(&[VerifyingKey]) -> Result<bool, Refused>,
    ) -> Result<Header<'t>, Refused> {
        if !root.is(Space::Protocol, self.name) {
            return Err(Refused::Other(self.name));
        }
        if root.attribute("Version") != Some("2.0") {
            return Err(Refused::Version);
        }
        if self.provider.entity_id != issuer(root)? {
            return Err(Refused::OtherIssuer);
        }
        let (now, skew, life) = self.times;
        if !self.provider.is_valid(now.minus(skew)) {
            return Err(Refused::Ended);
        }
        let is_signed = is_signed_by(&self.provider.signing_keys)?;
        if self.signing == Signing::Demanded && !is_signed {
            return Err(SignatureError::Unsigned.into());
        }
        let id = root.attribute("ID").ok_or(Refused::Missing("ID"))?;
        if !is_id(id) {
            return Err(Refused::Malformed("ID"));
        }
        match (self.location, root.attribute("Destination")) {
            (None, _) => {}
            (Some(location), Some(said)) if location.equals(said) => {}
            // Who signs says for whom: or it could be sent on to others (SAML Bindings §3.4.5.2, §3.5.5.2).
            (Some(_), None) if !is_signed => {}
            _ => return Err(Refused::Destination),
        }
        let said = root
            .attribute("IssueInstant")
            .ok_or(Refused::Missing("IssueInstant"))?;
        let issued_at = instant::read(said).ok_or(Refused::Malformed("IssueInstant"))?;
        let early = issued_at > now.plus(skew);
        if early || now.since(issued_at) > skew.saturating_add(life) {
            return Err(Refused::Time);
        }
        Ok(Header {
            root,
            id: id.to_owned(),
            issued_at,
            is_signed,
        })
    }
}

/// Who is said to have made it: an entity, and no person (SAML Core §2.2.5).
fn issuer(root: Element<'_>) -> Result<EntityId, Refused> {
    let issuer = root
        .one(Space::Assertion, "Issuer")?
        .ok_or(Refused::Missing("Issuer"))?;
    let format = issuer.attribute("Format");
    let entity = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
    if format.is_some_and(|format| format != entity) {
        return Err(Refused::Malformed("Issuer"));
    }
    EntityId::new(&issuer.uri()?).map_err(|_| Refused::Malformed("Issuer"))
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("name", &self.name())
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

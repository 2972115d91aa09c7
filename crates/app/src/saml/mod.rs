//! The identity provider of SAML: service providers ask, people sign in, responses are given.
//!
//! What is said on the wire is [`protocol::saml`]'s; the steps, the policy and the sessions are those of
//! [`oidc`](crate::oidc), of which this is a second way in and out:
//!
//! ```text
//! sso (asked) ─┐
//!              ├─► enter ─► (pages: steps) ─► give ─► Response in a form ─► the service provider
//! start ───────┘
//! slo ─► logout: the session ends ─► LogoutResponse ─► the service provider
//! ```
//!
//! A request counts once, with its issuer, on every node: answering it uses it up. The service provider's
//! document and the person are read again at each step.

mod adoption;
mod again;
mod asked;
mod context;
mod differ;
mod farewell;
mod follow;
mod give;
mod lasting;
mod logout;
mod metadata;
mod provider;
mod signing;
mod tour;

pub use adoption::{Adoption, Evidence};
pub(crate) use asked::SamlAsk;
pub(crate) use farewell::Heard;
pub(crate) use follow::{followed_stream, follows};
pub(crate) use give::unwritten;
pub(crate) use logout::{BY_ITSELF, carried};
pub(crate) use metadata::credential;
pub(crate) use provider::{unusable_certificates, unusable_signers};

use std::time::Duration;

use model::AuthorizationId;
use protocol::saml::{EntityId, Location};

use crate::sign_in::Bearer;
use crate::{App, AppError, ErrorKind};

/// Where people's browsers bring requests.
pub const SSO: &str = "/saml2/sso";
/// Where people's browsers bring word of logout.
pub const SLO: &str = "/saml2/slo";
/// The query of [`SLO`] by which a browser goes on to the next of them.
pub const NEXT: &str = "next";
/// What service providers are told of us; its address is what we are called.
pub const METADATA: &str = "/saml2/metadata";
/// Where people start from their own page.
pub const START: &str = "/saml2/start";

/// How much clocks may differ (saml2int SDP-G01 has three to five minutes).
pub(crate) const SKEW: Duration = Duration::from_secs(3 * 60);
/// How old a request may be beyond that, and how long a response counts.
pub(crate) const LIFE: Duration = Duration::from_secs(5 * 60);

impl App {
    /// What we are called by service providers.
    fn entity_id(&self) -> Result<EntityId, AppError> {
        EntityId::new(&self.issuer()?.endpoint(METADATA)).map_err(|_| unnameable())
    }

    /// Where requests come to, to the letter.
    fn sso(&self) -> Result<Location, AppError> {
        Location::new(&self.issuer()?.endpoint(SSO)).map_err(|_| unnameable())
    }

    /// What a sign-in is called at a service provider (`SessionIndex`). Without dots: Shibboleth takes those for a
    /// path, and does not find its own session again when it is called.
    fn session_index(&self, id: AuthorizationId) -> String {
        Bearer::SAML.write(&*self.keyring, id, 0).replace('.', "-")
    }

    /// The sign-in that is called so, if we called it so; with dots, as those before were.
    fn sign_in_of(&self, index: &str) -> Option<AuthorizationId> {
        let read = Bearer::SAML.read(&*self.keyring, &index.replace('-', "."));
        read.map(|(id, _)| id)
    }

    /// Where word of logout comes to, to the letter.
    fn slo(&self) -> Result<Location, AppError> {
        Location::new(&self.issuer()?.endpoint(SLO)).map_err(|_| unnameable())
    }
}

pub(crate) fn unnameable() -> AppError {
    AppError::new(
        ErrorKind::Missing,
        "TNR-SIGN-0010",
        "nobody signs in here: the `public_url` is longer than what SAML has for addresses",
        "set a shorter `public_url`",
    )
}

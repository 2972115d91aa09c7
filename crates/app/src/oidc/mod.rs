//! The OpenID provider: relying parties ask, people sign in, tokens are given.
//!
//! What is said on the wire is [`protocol::oauth`]'s; who somebody is and what they proved is
//! [`sign_in`](crate::sign_in)'s. Here it is put together:
//!
//! ```text
//! push ─► authorize ─► (pages: steps) ─► issue ─► code ─► token ─► access, ID and refresh token
//! registration ─► (a client)
//! device ─► (typed) ┘               └─► (shown, answered) ─┘
//!                                                   └─► userinfo, introspect, revoke, ends
//! (the end of a session) ─► logout: relying parties are told
//! ```
//!
//! A code and a refresh token count once: each is used up by a unique insert in the same append that
//! tells what came of it, and whoever brings one again ends everything that came of it (RFC 9700 §2.2.2,
//! §4.14). Whether the relying party is still declared, the person may still be signed in and the session
//! is still open is asked again each time.

mod access;
mod ask;
mod asked;
mod assertion;
mod authorize;
mod certificate;
mod claims;
mod clients;
mod device;
mod ends;
mod enrol;
mod exchange;
mod factors;
mod held;
mod issue;
mod keys;
mod logout;
mod machine;
mod metadata;
mod no;
mod opened;
mod parties;
mod portal;
mod possession;
mod proofs;
mod pushed;
mod reach;
mod recent;
mod registration;
mod rotate;
mod signed;
mod steps;
mod token;
mod trail;
mod upstream;
mod upstream_saml;
mod userinfo;
mod verified;
mod wanted;

pub use authorize::{Answer, Ask, Asker, Offers, UpstreamOffer, Wrong};
pub use certificate::Door;
pub use clients::GivenClientSecret;
pub(crate) use clients::{Clients, clients_of};
pub use device::ShownDevice;
pub use ends::{HeldTour, LoggedOut};
pub use factors::{Factors, OwnFactor};
pub use logout::{Exposure, Teller, ToldSession};
pub use parties::{Risk, ToldParty};
pub use portal::{Portal, PortalSession, Tile};
pub use recent::RecentSignIn;
pub use registration::{
    GivenInitialAccess, RegistrationAnswer, RegistrationCall, ToldRegistration,
};
pub use rotate::KeyTurn;
pub use token::{Given, TokenCall};
pub use userinfo::{Told, UserCall};

pub(crate) use assertion::unusable_keys;
pub(crate) use authorize::proved_at;
pub(crate) use certificate::needs_certificate;
pub(crate) use held::not_there;
pub(crate) use issue::{
    acr, amr, changed as authorization_changed, stream as authorization_stream,
};
pub(crate) use keys::{KeyCache, Keys, is_private_key};
pub(crate) use logout::is_told;
pub(crate) use registration::stream as registrations_stream;
pub(crate) use trail::Trail;
pub(crate) use verified::Verified;

use protocol::oauth::Issuer;

use crate::{App, AppError, ErrorKind};

/// Paths of the endpoints behind the issuer.
pub mod paths {
    /// Where a person's browser is sent.
    pub const AUTHORIZE: &str = "/oauth2/authorize";
    /// Where codes become tokens.
    pub const TOKEN: &str = "/oauth2/token";
    /// The public keys.
    pub const JWKS: &str = "/oauth2/jwks";
    /// What is told of a person.
    pub const USERINFO: &str = "/oauth2/userinfo";
    /// Where authorization requests are pushed.
    pub const PUSHED: &str = "/oauth2/par";
    /// Where clients register themselves; each is found behind it by its name.
    pub const REGISTER: &str = "/oauth2/register";
    /// Where devices without a browser ask.
    pub const DEVICE: &str = "/oauth2/device";
    /// Where people come back from another identity provider; its name follows.
    pub const BACK: &str = "/sign-in/from";
    /// Where identity providers of SAML find what they are told of us, by the name of their document behind it; with
    /// [`ACS`] behind that, where browsers bring their answers.
    pub const FROM: &str = "/saml2/from";
    /// The end of the address to which browsers bring answers of an identity provider of SAML.
    pub const ACS: &str = "acs";
    /// Where people type a code that they were mailed.
    pub const MAILED: &str = "/sign-in/mailed";
    /// Where people type the code of such a device.
    pub const DEVICE_PAGE: &str = "/device";
    /// Where tokens are revoked.
    pub const REVOKE: &str = "/oauth2/revoke";
    /// Where tokens are asked about.
    pub const INTROSPECT: &str = "/oauth2/introspect";
    /// Where a person's browser is sent to sign out.
    pub const LOGOUT: &str = "/oauth2/logout";
    pub use crate::saml::{
        METADATA as SAML_METADATA, NEXT as SAML_NEXT, SLO as SAML_SLO, SSO as SAML_SSO,
        START as SAML_START,
    };
}

impl App {
    /// Who we are to relying parties.
    ///
    /// # Errors
    /// `Missing` on a node without a `public_url` that can be one.
    pub(crate) fn issuer(&self) -> Result<&Issuer, AppError> {
        self.issuer.as_ref().ok_or_else(|| {
            AppError::new(
                ErrorKind::Missing,
                "TNR-SIGN-0010",
                "nobody signs in here: this node has no `public_url` that relying parties could trust",
                "set `public_url` to https://…, or to http on a loopback address for trying things out",
            )
        })
    }

    /// Where people sign in, on a node on which they do.
    #[must_use]
    pub fn sign_in_url(&self) -> Option<String> {
        let issuer = self.issuer.as_ref()?;
        Some(issuer.endpoint("/"))
    }
}

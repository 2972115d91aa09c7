//! SAML 2.0: the messages of an identity provider, bytes ↔ types.
//!
//! It reads what service providers ask, says what is wrong with it, and writes what they are answered. It has no
//! sockets, no clock and no store: who a service provider is, whether a request came before and what time it
//! is are the caller's; so is chance, but for what the cryptographic library draws by itself.
//!
//! ```text
//! query, form ─► Received ─► Message ─► (the service provider is looked up) ─┬─► AuthnRequest ─► ReplyTo
//!                                                                            ├─► LogoutRequest, LogoutOutcome
//! metadata ────────────────────────────────────────────► ServiceProvider ────┘
//! ReplyTo + SignIn + Credential ─► response ─► PostForm
//! ```
//!
//! What it holds to (SAML Core, Bindings, Profiles and Metadata 2.0 with their errata; XML Signature 1.1; XML
//! Encryption 1.1; Kantara saml2int 2.0):
//!
//! - **There is one reading of a text.** One parser, one tree; what a signature covers is the element that is
//!   understood ([`xml`], [`signature`]).
//! - **An answer goes to a registered address, to the letter.** [`ReplyTo`] is the right to answer there;
//!   [`AuthnRequest::parse`] makes it, and [`ReplyTo::unasked`] where an app allows it. Until then the person is
//!   shown what is wrong ([`Refused`]).
//! - **Keys are registered**, and algorithms are of a list: no SHA-1, no HMAC, no CBC, no PKCS #1 v1.5 for keys.
//! - **What is signed is checked where it need not be.** A signature that is wrong is refused, whoever demands
//!   none. What ends sessions has to be signed ([`logout`]).
//! - **A response is signed, and says for whom, for what and until when it counts** ([`response`]).
//! - **Everything that is written is escaped**, and refused where XML cannot hold it.
//!
//! What is left to whoever calls: that the ID of a request counts once, with its issuer, for as long as a
//! request may be old ([`Reception`]); that a service provider is enabled at every step; that forms are escaped
//! for HTML; that metadata is fetched from allowed addresses alone; and that keys change by stages.
//!
//! It takes no artifacts, and no names or assertions that are encrypted for us. Responses of another identity provider are
//! read in [`upstream`] alone.

mod instant;
mod message;
mod name;
mod name_id;
mod provider;
mod refused;
mod status;

pub mod authn;
pub mod binding;
pub mod encryption;
pub mod logout;
pub mod metadata;
pub mod response;
pub mod signature;
pub mod upstream;
pub mod xml;

pub use authn::{AuthnRequest, Refusal, ReplyTo};
pub use binding::{Received, RelayState};
pub use message::{Message, Reception};
pub use name::{EntityId, Location, MAX_ENTITY_ID, MAX_LOCATION, MessageId, NameError};
pub use name_id::{NameId, NameIdFormat};
pub use provider::{
    AttributeService, Binding, Consumer, LogoutService, ServiceProvider, SubjectId,
};
pub use refused::Refused;
pub use status::{Status, StatusCode, StatusDetail};

//! SAML 2.0: the messages of an identity provider, bytes ↔ types.

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
pub mod xml;

pub use authn::{AuthnRequest, Refusal, ReplyTo};
pub use binding::{Received, RelayState};
pub use message::{Message, Reception};
pub use name::{EntityId, Location, MAX_ENTITY_ID, MAX_LOCATION, MessageId, NameError};
pub use name_id::{NameId, NameIdFormat};
pub use provider::{AttributeService, Binding, Consumer, LogoutService, ServiceProvider};
pub use refused::Refused;
pub use status::{Status, StatusCode, StatusDetail};

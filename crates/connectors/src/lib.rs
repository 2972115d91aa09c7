//! Connectors: one module per system, each translating between a port and what the system
//! speaks. They decide nothing, retry nothing and sleep never.

mod back_channel;
mod breached;
pub mod channel;
pub mod csv_source;
pub mod forward;
pub mod handoff;
pub mod http;
pub mod ldap;
pub mod scim;
pub mod signer;
pub mod upstream;
mod wire;

pub use back_channel::BackChannelLogout;
pub use breached::BreachedFile;
pub use handoff::HandOff;
pub use scim::ScimTarget;

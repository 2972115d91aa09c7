//! Connectors: one module per system, each translating between a port and what the system
//! speaks. They decide nothing, retry nothing and sleep never.

pub mod channel;
pub mod csv_source;
pub mod forward;
pub mod http;
pub mod scim;
mod wire;

pub use scim::ScimTarget;

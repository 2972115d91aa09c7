//! Protocols: bytes ↔ typed messages. No sockets, no clocks, no state.

pub mod scim;
pub mod x509;

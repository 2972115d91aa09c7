//! Stateful doubles of SCIM service providers, for rehearsal, demonstration and tests.
//!
//! [`Provider::handle`] is pure: requests in, replies out, no clock and no socket. What makes
//! one provider differ from another is its [`Temperament`], which is data; what goes wrong at a
//! chosen moment is a [`Fault`]. [`serve()`] puts a provider behind a TCP listener.

mod access;
mod directory;
mod listing;
mod provider;
mod serve;
mod temperament;
mod writes;

pub use access::Access;
pub use provider::{Delivery, Fault, Provider, Reply, Request};
pub use serve::{Serving, Shared, Shows, serve, serve_by};
pub use temperament::{Duplicates, MemberRemovalByFilter, RetryForm, Temperament, Throttle};

/// Where the SCIM endpoints are.
pub const BASE: &str = "/scim/v2";

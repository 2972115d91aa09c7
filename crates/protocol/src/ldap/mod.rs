//! LDAP version 3, as far as asking whether a password is somebody's goes: bind, one search, StartTLS (RFC 4511,
//! RFC 4513).
//!
//! What is sent is a tree, never a text that is put together: a filter compares one attribute with one value, whatever
//! characters that has, so there is nothing to escape (RFC 4515) and nothing to inject. What comes is read within
//! bounds before anything is kept of it.

mod answer;
mod ber;
mod request;

pub use answer::{Answer, MAX_MESSAGE, Message, NotLdap, message};
pub use request::{Filter, bind, search, start_tls, unbind};

/// It went well (RFC 4511 §4.1.9).
pub const SUCCESS: u32 = 0;
/// There is more than was asked for.
pub const SIZE_LIMIT: u32 = 4;
/// There is nothing under this name.
pub const NO_SUCH_OBJECT: u32 = 32;
/// Name and password do not belong together, or the account may not be used.
pub const INVALID_CREDENTIALS: u32 = 49;

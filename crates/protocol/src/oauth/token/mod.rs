//! Token requests and responses (RFC 6749 §3.2, §4.1.3, §4.4, §5, §6; OAuth 2.1 §3.2).
//!
//! Parameters come from the body of a POST and nowhere else: a query stands in logs.

mod assertion;
mod authentication;
mod refusal;
mod request;
mod response;

pub use assertion::{Assertion, LONGEST_ASSERTION, TYP as ASSERTION_TYP};
pub use authentication::{AuthMethod, ClientAuth, JWT_BEARER};
pub use refusal::{NO_STORE, Refusal};
pub use request::{ACCESS_TOKEN_TYPE, Grant, TokenRequest};
pub use response::TokenResponse;

use super::field::Field;

/// The longest token or code that is opaque or signed, in bytes.
pub(super) const MAX_OPAQUE: usize = crate::jose::MAX_TOKEN;
/// A token that somebody asks about (RFC 7009 §2.1, RFC 7662 §2.1).
pub(super) const TOKEN: Field = Field::visible("token", MAX_OPAQUE);

//! Answers to service providers (SAML Core §3.3.3, SAML Profiles §4.1.4.2).
//!
//! A response goes by HTTP POST, to whoever [`ReplyTo`](super::ReplyTo) gives the right to be answered. One that
//! signs somebody in is always signed: as a whole, in its assertion, or both ([`Signs`]); there is none that
//! is not. An assertion names whom it is for, which request it answers and until when it counts, and that
//! is taken from the right to answer, not from whoever fills it in.

mod assertion;
mod write;

pub(in crate::saml) use assertion::issued_by;

pub use assertion::{Attribute, NameFormat, SignIn};
pub use write::{Sealing, Signs, Success, WriteError, refusal, success};

//! Metadata: what a service provider says of itself, and what we say of ourselves (SAML Metadata 2.0).
//!
//! What is read is taken over by a person, or from an address that a person has given, with the keys of
//! whoever signs it where that is demanded ([`Demands`]). It has to be whole: what is wrong refuses it; what
//! is merely not spoken here is passed over and said ([`Notice`]).

mod error;
mod key;
mod read;
mod role;
mod write;

pub use error::{MetadataError, Notice};
pub use read::{Demands, Imported, read};
pub use write::{Contact, IdentityProvider, Logo};

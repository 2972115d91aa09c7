//! SAML 2.0: the messages of an identity provider, bytes ↔ types.

pub mod signature;
pub mod xml;

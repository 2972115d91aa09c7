//! Protocols: bytes ↔ typed messages. No sockets, no clocks, no state.

pub mod jose;
pub mod json;
pub mod ldap;
pub mod oauth;
pub mod recovery;
pub mod relp;
pub mod saml;
pub mod scim;
pub mod siem;
pub mod syslog;
pub mod totp;
pub mod webauthn;
pub mod x509;

//! The SCIM connector against emulated providers and, where they run, against real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod back_channel;
mod bench;
mod completeness;
mod emulated;
mod handoff;
mod ldap;
mod oauth;
mod peers;
mod quirks;
mod signer;
mod still;
mod upstream;
mod wire;

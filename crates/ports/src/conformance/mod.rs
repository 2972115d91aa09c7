//! What every adapter of a port must do, as suites that its tests run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod cluster;
pub mod doubles;
pub mod reads;
pub mod samples;
pub mod signer;
pub mod store;
pub mod target;

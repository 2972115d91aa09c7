//! The emulated provider itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod provider;
mod speed;

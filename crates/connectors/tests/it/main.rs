//! The SCIM connector against emulated providers and, where they run, against real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod emulated;
mod peers;

//! Every store passes every suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod door;
mod harness;
mod reads;

//! The server against the network and against callers who are not allowed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod double;
mod listener;
mod openapi;
mod pipeline;

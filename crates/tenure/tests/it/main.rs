//! The real binary, from `init` to `undo`, and its API against callers who may not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod adopt;
mod by_hand;
mod codes;
mod demo;
mod digest;
mod drill;
mod e2e;
mod expectations;
mod handoff;
mod node;
mod notices;
mod page;
mod past;
mod receiver;
mod rehearse;
mod resets;
mod roles;
mod server;
mod service_providers;
mod sign_in;
mod signer;
mod signing_in;
mod thin;
mod why_change;

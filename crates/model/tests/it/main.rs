//! What the words of the log promise to whoever reads it later.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod corpus;

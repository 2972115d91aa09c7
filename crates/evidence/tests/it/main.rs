//! What tampering looks like to someone who has only the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bundles;
mod chains;
mod leavers;
mod logs;

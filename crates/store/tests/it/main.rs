//! Every store passes every suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod backup;
mod busy;
mod child;
mod crash;
mod disk;
mod door;
mod harness;
mod lost;
mod opening;
mod reads;
mod restart;
mod tls;
mod upgrade;

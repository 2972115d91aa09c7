//! Scenarios over a whole node: production code, an inline store, targets in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod brownfield;
mod by_hand;
mod company;
mod deaths;
mod deletion;
mod diary;
mod due;
mod engagements;
mod erasure;
mod estate;
mod examples;
mod expectations;
mod grace;
mod guarded;
mod lanes;
mod leavers;
mod names;
mod notices;
mod order;
mod passed_over;
mod past;
mod people;
mod preview;
mod preview_law;
mod references;
mod restore;
mod rounds;
mod scenarios;
mod service;
mod simulation;
mod switch;
mod termination;
mod thin_path;
mod timers;
mod two_installations;

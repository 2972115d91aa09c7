//! Evidence: the log as an auditor sees it.
//!
//! A log is a sequence of [`Envelope`]s. Each one's hash covers its canonical bytes, which
//! include the hash before it: a hash chain. A [`Checkpoint`] is the chain's head, signed, and
//! kept somewhere else. [`verify::Check`] reads a log, in order, and says what is wrong with it
//! and what it cannot exclude. [`bundle`] is the file in which a log travels, [`leaver`] the one in which
//! the records about some people who have left do; [`merkle`] shows that those are in the log.
//!
//! Nothing here reads a database, a clock or a key that is secret.

pub mod bundle;
pub mod checkpoint;
pub mod envelope;
pub mod leaver;
pub mod merkle;
pub mod verify;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use envelope::Envelope;
pub use verify::{Check, Fault, Problem, Report};

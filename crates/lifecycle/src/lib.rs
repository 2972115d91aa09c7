//! The lifecycle engine: from facts and rules to plans, and from plans to effects.
//!
//! Pure. Everything here is a function of its arguments, time included, and returns its reasons
//! with its answer. The stages, in the order in which a change passes through them:
//!
//! [`identity`] → [`classify`] → [`assign`] → [`resolve`] → [`draft`] → [`check`] → [`guard`] → [`advance`],
//! and [`undo`], which makes assignments of its own. For an app that was there before:
//! [`correlate`] says whose its accounts are, [`explain`] which rule would give what it holds.
//! What somebody keeps for a while after a move, [`grace`] says.
//! When and how people are told of something, [`notices`] says.
//! What has to be done by hand because somebody left, [`manual`] says.
//! How a drill goes on, [`mod@drill`] says.
//! Whether all of that comes to nothing for somebody, [`settled`] tells of nearly everyone at a glance.
//! What several plans cannot all have is told apart by [`claims`]; what new accounts may be called,
//! [`names`] says; who of them gets one of an app's [`seats`], that says.

pub mod advance;
pub mod assign;
pub mod beside;
pub mod check;
pub mod claims;
pub mod classify;
pub mod correlate;
pub mod draft;
pub mod drill;
pub mod due;
pub mod explain;
pub mod grace;
pub mod guard;
pub mod identity;
pub mod manual;
pub mod mutants;
pub mod names;
pub mod notices;
pub mod resolve;
pub mod rulebook;
pub mod seats;
pub mod settled;
pub mod undo;

#[cfg(test)]
mod fixtures;

pub use rulebook::{
    AppRules, BirthrightRule, Entitlement, GroupRules, Lead, ManualStep, Mode, OnLeave, RuleBook,
    Spans, UniqueName,
};

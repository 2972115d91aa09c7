//! Who may sign in where, and with what: ordered rules over what is known of the attempt.
//!
//! A policy is a list of rules; the first whose condition holds says what is demanded, and where none
//! does, the answer is no. What is not known of an attempt ([`Signal::Unknown`]) is never to anybody's
//! advantage: a rule of which nobody can tell whether it holds counts as holding *and* as not holding,
//! and the stricter of the two is demanded. Whoever administers Tenure needs two factors, whatever the
//! rules say.
//!
//! Everything here is pure. The [`Decision`] has the way to its answer and is stored with the sign-in.

mod evaluate;
mod facts;
mod policy;
#[cfg(test)]
mod tests;

pub use evaluate::{Decision, Denial, RuleTrace, SignOn, Test, Truth, evaluate};
pub use facts::{Factor, FactorUse, SignOnFacts, Signal};
pub use policy::{
    Demand, MAX_LISTED, MAX_RULES, PolicyError, SignOnPolicy, SignOnRule, Strength, Then, When,
};

//! Apps that were there before: whose their accounts are, and what people decide about them.
//!
//! Nothing here writes to an app. A decision narrows what the planner may match; taking over is
//! a plan like any other.

mod decide;
mod drift;
mod estate;
mod given;
mod rows;
mod unexplained;

pub use drift::{Stands, State};
pub use estate::{Estate, EstateAccount, Who};
pub use rows::{DecidedRow, DecisionReport, DecisionRow};
pub use unexplained::{Unexplained, UnexplainedAccess, UnexplainedOf};

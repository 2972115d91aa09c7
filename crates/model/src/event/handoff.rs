//! Events about lines: what somebody was asked to do in an app that Tenure cannot reach.

use serde::{Deserialize, Serialize};

use crate::address::{Address, RemoteId};
use crate::handoff::{Evidence, Said};
use crate::personal::Personal;
use crate::plan::StepRef;
use crate::time::Timestamp;

/// Whoever runs an app answered to a line. How the step stands since is told beside it, by
/// `step.changed/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineAnswered {
    /// The step that the line stands for.
    pub step: StepRef,
    /// Where it acts.
    pub address: Address,
    /// What they answered.
    pub said: Said,
    /// What they call the account, where the line made one.
    pub remote: Option<RemoteId>,
    /// The principal who brought the answer.
    pub by: String,
    /// When it was brought.
    pub at: Timestamp,
    /// Why the answer may be believed, for example a ticket. Says nothing of a person.
    pub reason: String,
    /// What they wrote beside it.
    pub personal: Personal<Evidence>,
}

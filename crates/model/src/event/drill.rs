//! Events about drills.

use serde::{Deserialize, Serialize};

use crate::drill::DrillRun;

/// A run of a drill has begun, gone on, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillChanged {
    /// How it stands now, whole.
    pub run: DrillRun,
}

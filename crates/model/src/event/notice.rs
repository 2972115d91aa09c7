//! Events about what people are told of.

use serde::{Deserialize, Serialize};

use crate::id::NoticeId;
use crate::notice::{Happened, Notice};

/// Something that people are told of was raised, sent, passed on, answered, or is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeChanged {
    /// Which.
    pub notice: NoticeId,
    /// What became of it.
    pub happened: Happened,
    /// How it stands now, whole.
    pub state: Notice,
}

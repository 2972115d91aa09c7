//! Who may sign in, and with what.

use std::collections::BTreeSet;

use rules::Mapping;
use rules::sign_on::SignOnPolicy;

/// Who may sign in, and with what.
#[derive(Debug, Clone)]
pub struct SignOn {
    /// `metadata.name`.
    pub name: String,
    /// What people type as their name; text. Whoever is given none cannot sign in.
    pub login: Mapping,
    /// How long they stay signed in.
    pub session: SessionLimits,
    /// The groups of people who administer Tenure itself.
    pub administrators: BTreeSet<String>,
    /// The rules; what they call apps are relying parties, by their names.
    pub policy: SignOnPolicy,
}

/// How long people stay signed in. It is over when either is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// So many minutes without being used, 1 to 1440; never more than `hours`.
    pub idle_minutes: u16,
    /// So many hours after it began, 1 to 720.
    pub hours: u16,
}

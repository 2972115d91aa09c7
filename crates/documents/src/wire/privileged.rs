//! What no match may give to anyone.

use schemars::JsonSchema;
use serde::Deserialize;

/// Accounts that no match may give to anyone.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivilegedSpec {
    /// Members of these groups, by the groups' names in the app.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Accounts of these names (`userName`).
    #[serde(default)]
    pub names: Vec<String>,
}

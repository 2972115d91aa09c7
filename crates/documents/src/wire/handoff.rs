//! The words of `handoff`: an app that nobody but its own people can reach.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::source::{AttributeType, Delimiter, Delivery, Encoding, ExpectSpec};

/// An app that nobody but its own people can reach: they get a file of what to do, and answer.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandOffSpec {
    /// The person or team who does it.
    pub owner: String,
    /// So many days after a line was handed over, it is overdue.
    #[schemars(range(min = 1, max = 90))]
    pub due_days: u16,
    /// The character between fields, in all files from and to them; `,` if not given.
    #[serde(default)]
    pub delimiter: Delimiter,
    /// What a list of the app's accounts looks like.
    pub extract: ExtractSpec,
}

/// A list of an app's accounts, as the app itself exports it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractSpec {
    /// How bytes spell characters; `utf-8` if not given.
    #[serde(default)]
    pub encoding: Encoding,
    /// The column with what the app calls an account; unique, and never given to another.
    pub key: String,
    /// The column that says whether an account may be used.
    pub active: ActiveSpec,
    /// Attribute → the column it comes from. Every attribute of `account.attributes` is here.
    pub attributes: BTreeMap<String, ExtractColumnSpec>,
    /// Whether a file has every account, so that absence means gone, or only some.
    pub delivery: Delivery,
    /// What a sound file looks like.
    #[serde(default)]
    pub expect: ExpectSpec,
}

/// The column that says whether an account may be used.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActiveSpec {
    /// The column's header.
    pub column: String,
    /// The words for an account that may be used.
    pub yes: Vec<String>,
    /// The words for one that may not. Any other word makes the row unreadable.
    pub no: Vec<String>,
}

/// One attribute and the column it comes from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtractColumnSpec {
    /// The column's header.
    pub column: String,
    /// What its values are; `text` if not given. Dates are text here.
    #[serde(default, rename = "type")]
    pub of: AttributeType,
    /// For lists: the character between items; needed for `type: list`.
    #[serde(default)]
    pub separator: Option<String>,
}

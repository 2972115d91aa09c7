//! How an attribute of an account gets its value.

use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum MappedSpec {
    /// An expression.
    Expression(String),
    /// An expression, and what becomes of the attribute where it gives no value.
    Valued(ValuedSpec),
    /// A name that is given once, to one account alone.
    Unique(UniqueSpec),
}

/// An expression for the manager, alone or with what becomes of the reference where it gives none.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ManagerSpec {
    /// An expression.
    Expression(String),
    /// An expression, and what becomes of the reference where it gives no value.
    Valued(ValuedSpec),
}

/// An expression, and what becomes of the attribute where it gives no value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValuedSpec {
    /// An expression.
    pub value: String,
    /// Where it gives no value: what the app has stays (`keep`, if not given), it is emptied there
    /// (`clear`), or the account is left untouched and a finding says so (`refuse`).
    #[serde(default)]
    pub missing: Option<Missing>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Missing {
    Keep,
    Clear,
    Refuse,
}

/// A name that is given once, to one account alone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UniqueSpec {
    /// Expressions for the name, best first: the first one that is free is taken.
    pub unique: Vec<String>,
    /// When none is free, the last one is tried with 2, 3 and so on up to 99, before the `@`
    /// where there is one.
    #[serde(default)]
    pub number: bool,
    /// Names that nobody gets, with any domain and in any case.
    #[serde(default)]
    pub reserved: Vec<String>,
    /// So many days, of 24 hours each, nobody else gets a name that an account has lost: it was
    /// deleted, or is called otherwise. Free at once if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 36500))]
    pub quarantine_days: Option<u32>,
}

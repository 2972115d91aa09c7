//! What happens when people leave.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What happens to accounts of people who have left.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaverSpec {
    /// When the account is disabled.
    #[serde(default)]
    #[allow(dead_code, reason = "there is one choice so far")]
    pub disable: Disable,
    /// So many days after the last day of work, at the same time on the person's own clock, their
    /// account is deleted; it stays, disabled, if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 36500))]
    pub delete_after_days: Option<u32>,
    /// What somebody does by hand, once the account is disabled.
    #[serde(default)]
    pub manual: Vec<ManualSpec>,
    /// What the app lets live on when an account is disabled, by name (`sessions`, `api-tokens`), and
    /// until when.
    #[serde(default)]
    pub lingers: BTreeMap<String, LingerSpec>,
}

/// Until when something lives on after an account was disabled.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LingerSpec {
    /// So long after it (`30m`, `12h`, `30d`), until the account is deleted (`deletion`), or `unknown`.
    Until(String),
    /// Until somebody has done something by hand.
    Step(UntilStepSpec),
}

/// Until somebody has done something by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UntilStepSpec {
    /// The name of the manual step.
    pub step: String,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Disable {
    #[default]
    Now,
}

/// Something that somebody does by hand when a person has left.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManualSpec {
    /// What it is called: lower-case letters, digits and `-`; unique in the app.
    pub name: String,
    /// The person or team who does it.
    pub owner: String,
    /// It is due at the end of the day, on the person's own clock, that comes so many days after the
    /// one on which it is asked for.
    #[schemars(range(min = 0, max = 365))]
    pub due_days: u16,
    /// What is to be done, for whoever does it. Names nobody.
    pub text: String,
    /// What does not happen before it is done; nothing waits if not given.
    #[serde(default)]
    pub before: Option<Before>,
}

/// What waits for something that is done by hand.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Before {
    /// The account is not deleted.
    Delete,
}

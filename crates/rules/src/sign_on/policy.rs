//! The rules, and what they demand.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The most rules of a policy.
pub const MAX_RULES: usize = 200;
/// The most names or networks that a condition lists.
pub const MAX_LISTED: usize = 500;

/// How much somebody has to prove; each contains those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// One factor, whichever.
    AnyFactor,
    /// Two factors of different kinds, or one that is two.
    MultiFactor,
    /// The same, and none of it works on a page that only looks like ours.
    PhishingResistant,
}

/// What has to be proved, and how recently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// How much.
    pub strength: Strength,
    /// Within so many seconds; at any time of the session without.
    pub age_s: Option<u32>,
}

impl Demand {
    /// What satisfies both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let age_s = match (self.age_s, other.age_s) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let strength = self.strength.max(other.strength);
        Self { strength, age_s }
    }
}

/// What a rule says of those for whom it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// They get in with this.
    Demand(Demand),
    /// They do not get in.
    Deny,
}

/// When a rule holds: everything that is stated does. With nothing stated it always holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// In one of these groups.
    pub groups: Option<BTreeSet<String>>,
    /// In none of these groups.
    pub outside_groups: Option<BTreeSet<String>>,
    /// For one of these apps.
    pub apps: Option<BTreeSet<String>>,
    /// From one of these networks.
    pub networks: Option<BTreeSet<IpNet>>,
    /// From none of these networks.
    pub outside_networks: Option<BTreeSet<IpNet>>,
}

impl When {
    /// How many entries each stated list has.
    fn lengths(&self) -> [(&'static str, Option<usize>); 5] {
        [
            ("groups", self.groups.as_ref().map(BTreeSet::len)),
            (
                "outside_groups",
                self.outside_groups.as_ref().map(BTreeSet::len),
            ),
            ("apps", self.apps.as_ref().map(BTreeSet::len)),
            ("networks", self.networks.as_ref().map(BTreeSet::len)),
            (
                "outside_networks",
                self.outside_networks.as_ref().map(BTreeSet::len),
            ),
        ]
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOnRule {
    /// Its name, once in a policy.
    pub name: String,
    /// When it holds.
    pub when: When,
    /// What it says then.
    pub then: Then,
}

/// Rules in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOnPolicy {
    rules: Vec<SignOnRule>,
}

/// Why rules are no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// More than [`MAX_RULES`].
    #[error("a policy has at most {MAX_RULES} rules, not {0}")]
    TooMany(usize),
    /// Two rules of one name.
    #[error(
        "two rules are called `{0}`; each needs a name of its own, by which decisions tell of it"
    )]
    Twice(String),
    /// A list that nobody can be in, or that is too long.
    #[error("rule `{rule}`: `{list}` has {len} entries; give 1 to {MAX_LISTED}, or leave it out")]
    Listed {
        /// The rule.
        rule: String,
        /// The list.
        list: &'static str,
        /// How long it is.
        len: usize,
    },
    /// An age that is over as soon as it begins.
    #[error("rule `{0}`: an age of 0 seconds is over before anybody is in; give at least 1")]
    NoAge(String),
}

impl SignOnPolicy {
    /// A policy of these rules.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(rules: Vec<SignOnRule>) -> Result<Self, PolicyError> {
        if rules.len() > MAX_RULES {
            return Err(PolicyError::TooMany(rules.len()));
        }
        let mut names = BTreeSet::new();
        for rule in &rules {
            if !names.insert(rule.name.as_str()) {
                return Err(PolicyError::Twice(rule.name.clone()));
            }
            for (list, len) in rule.when.lengths() {
                if let Some(len) = len.filter(|len| !(1..=MAX_LISTED).contains(len)) {
                    let rule = rule.name.clone();
                    return Err(PolicyError::Listed { rule, list, len });
                }
            }
            if matches!(rule.then, Then::Demand(Demand { age_s: Some(0), .. })) {
                return Err(PolicyError::NoAge(rule.name.clone()));
            }
        }
        Ok(Self { rules })
    }

    /// The rules in their order.
    #[must_use]
    pub fn rules(&self) -> &[SignOnRule] {
        &self.rules
    }
}

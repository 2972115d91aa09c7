//! What is known of an attempt to sign in.

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::Timestamp;
pub use model::sign_in::{Factor, FactorUse};
use serde::{Deserialize, Serialize};

use super::policy::Strength;

/// Something that is known of an attempt, or is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal<T> {
    /// It is known.
    Known {
        /// What.
        value: T,
        /// Who says so: `directory`, `connection`.
        source: String,
        /// When they said it.
        at: Timestamp,
    },
    /// It is not.
    Unknown {
        /// Why not: a source that did not answer, an answer that was too old.
        why: String,
    },
}

impl<T> Signal<T> {
    /// What is known.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }
}

/// An attempt to sign in to an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOnFacts {
    /// The app, by its name.
    pub app: String,
    /// The groups of people whom they are in.
    pub groups: Signal<BTreeSet<String>>,
    /// Where the attempt comes from.
    pub network: Signal<IpAddr>,
    /// Whether they may change anything in Tenure itself.
    pub administers: bool,
    /// What they proved, in any order.
    pub factors: Vec<FactorUse>,
    /// Now.
    pub now: Timestamp,
}

impl SignOnFacts {
    /// The strongest that was proved within the last `age_s` seconds; ever in this session without.
    ///
    /// What is said to be proved after now is not: a clock is wrong, and nobody knows whose.
    #[must_use]
    pub fn proved(&self, age_s: Option<u32>) -> Option<Strength> {
        let counts = |used: &&FactorUse| {
            let young = age_s.is_none_or(|age| self.now.since(used.at).as_secs_f64() <= age.into());
            used.at <= self.now && young
        };
        let proved: BTreeSet<Factor> = self
            .factors
            .iter()
            .filter(counts)
            .map(|u| u.factor)
            .collect();
        strength(&proved)
    }
}

/// How strong factors are together (NIST SP 800-63B-4: AAL2 takes two kinds, or one authenticator that
/// is two).
fn strength(proved: &BTreeSet<Factor>) -> Option<Strength> {
    let has = |factor| proved.contains(&factor);
    let knows = has(Factor::Password) || has(Factor::UpstreamPassword);
    let resists = has(Factor::Passkey)
        || has(Factor::UpstreamPhishingResistant)
        || (has(Factor::SecurityKey) && knows);
    // Codes, printed or from a device, are something they have.
    let holds = has(Factor::Totp) || has(Factor::RecoveryCode) || has(Factor::SecurityKey);
    if resists {
        Some(Strength::PhishingResistant)
    } else if has(Factor::UpstreamMultiFactor) || (knows && holds) {
        Some(Strength::MultiFactor)
    } else {
        (!proved.is_empty()).then_some(Strength::AnyFactor)
    }
}

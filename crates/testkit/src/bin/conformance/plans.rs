//! The test plans of the suite, by the names that they have there, and the number of their modules.

use crate::cases::{self, Module};

/// How requests are sent, and how answers are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As parameters, for an answer in the query.
    Plain,
    /// As parameters, for an answer as a form (`response_mode=form_post`).
    FormPost,
    /// As what the client has signed (RFC 9101).
    Signed,
}

/// A plan.
pub struct Plan {
    /// Its name in the suite.
    pub name: &'static str,
    /// How it asks.
    pub way: Way,
    /// What it does.
    pub modules: &'static [Module],
}

/// A plan of which nothing is there yet. Its modules count, and none of them as passed.
pub struct NotOffered {
    /// Its name in the suite.
    pub name: &'static str,
    /// How many modules it has.
    pub modules: usize,
    /// Why it is not offered.
    pub why: &'static str,
}

/// What is offered.
pub const PLANS: &[Plan] = &[
    Plan {
        name: "oidcc-config-certification-test-plan",
        way: Way::Plain,
        modules: cases::CONFIG,
    },
    Plan {
        name: "oidcc-basic-certification-test-plan",
        way: Way::Plain,
        modules: cases::BASIC,
    },
    Plan {
        name: "oidcc-formpost-basic-certification-test-plan",
        way: Way::FormPost,
        modules: cases::BASIC,
    },
    Plan {
        name: "oidcc-rp-initiated-logout-certification-test-plan",
        way: Way::Plain,
        modules: cases::LOGOUT,
    },
    Plan {
        name: "oidcc-backchannel-rp-initiated-logout-certification-test-plan",
        way: Way::Plain,
        modules: cases::BACK_CHANNEL,
    },
    Plan {
        name: "oidcc-frontchannel-rp-initiated-logout-certification-test-plan",
        way: Way::Plain,
        modules: cases::FRONT_CHANNEL,
    },
    Plan {
        name: "oidcc-3rdparty-init-login-certification-test-plan",
        way: Way::Plain,
        modules: cases::INITIATED,
    },
    Plan {
        name: "fapi2-security-profile-final-test-plan",
        way: Way::Plain,
        modules: cases::fapi::MODULES,
    },
    Plan {
        name: "fapi2-message-signing-final-test-plan",
        way: Way::Signed,
        modules: cases::fapi::SIGNED,
    },
    Plan {
        name: "oidcc-dynamic-certification-test-plan",
        way: Way::Plain,
        modules: cases::DYNAMIC,
    },
];

const LEGACY: &str = "needs tokens in the authorization response, which OAuth 2.1 removes";
/// What is not.
pub const NOT_OFFERED: &[NotOffered] = &[
    NotOffered {
        name: "oidcc-implicit-certification-test-plan",
        modules: 31,
        why: LEGACY,
    },
    NotOffered {
        name: "oidcc-hybrid-certification-test-plan",
        modules: 37,
        why: LEGACY,
    },
    NotOffered {
        name: "oidcc-formpost-implicit-certification-test-plan",
        modules: 31,
        why: LEGACY,
    },
    NotOffered {
        name: "oidcc-formpost-hybrid-certification-test-plan",
        modules: 37,
        why: LEGACY,
    },
    NotOffered {
        name: "oidcc-session-management-certification-test-plan",
        modules: 2,
        why: "needs third-party cookies in frames, which browsers block",
    },
    NotOffered {
        name: "fapi-ciba-id1-test-plan",
        modules: 66,
        why: "there is no backchannel authentication endpoint",
    },
];

/// How plans may be named shortly: without what every name has.
pub fn is_named(plan: &str, asked: &str) -> bool {
    let short = plan.strip_suffix("-test-plan").unwrap_or(plan);
    let short = short.strip_suffix("-certification").unwrap_or(short);
    let short = short.strip_prefix("oidcc-").unwrap_or(short);
    plan == asked || short == asked
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The numbers of modules are those of the suite, and no module is there twice.
    #[test]
    fn every_plan_has_all_of_its_modules() {
        let counts: Vec<_> = PLANS.iter().map(|plan| plan.modules.len()).collect();
        assert_eq!(counts, [1, 38, 38, 11, 2, 2, 2, 62, 78, 23]);
        for plan in PLANS {
            let names: BTreeSet<_> = plan.modules.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), plan.modules.len(), "{}", plan.name);
        }
        let not: usize = NOT_OFFERED.iter().map(|plan| plan.modules).sum();
        assert_eq!(not, 204);
    }

    #[test]
    fn plans_have_short_names() {
        assert!(is_named(PLANS[1].name, "basic"));
        assert!(is_named(PLANS[2].name, "formpost-basic"));
        assert!(!is_named(PLANS[2].name, "basic"));
        assert!(is_named(PLANS[0].name, PLANS[0].name));
    }
}

//! From rules and an attempt to an answer with the way to it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::facts::{SignOnFacts, Signal};
use super::policy::{Demand, SignOnPolicy, SignOnRule, Strength, Then};

/// What whoever administers Tenure needs at the least.
const ADMINISTRATORS: Demand = Demand {
    strength: Strength::MultiFactor,
    age_s: None,
};

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Nobody can tell.
    Unknown,
}

/// One condition of a rule and what it was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// The condition, as documents call it.
    pub condition: String,
    /// Whether it holds.
    pub truth: Truth,
    /// The value that made it hold or fail, or why there is none.
    pub found: String,
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    /// Its name.
    pub rule: String,
    /// Whether it holds.
    pub truth: Truth,
    /// Its conditions up to the first that fails.
    pub tests: Vec<Test>,
    /// What it says, where it holds or may hold.
    pub then: Option<Then>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignOn {
    /// They are in.
    Allowed,
    /// They are in once they prove this.
    StepUp(Demand),
    /// They are not.
    Denied(Denial),
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// A rule says so that holds, or of which nobody can tell.
    ByRule,
    /// No rule speaks of them.
    NoRule,
}

/// The answer, and the way to it. The last rule of the trace is the one that ended it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The answer.
    pub answer: SignOn,
    /// What had to be proved, where something could be.
    pub demand: Option<Demand>,
    /// What was, within the demand's age.
    pub proved: Option<Strength>,
    /// Whether more is demanded than the rules do, because they administer Tenure.
    pub raised: bool,
    /// The rules that were asked, in their order.
    pub trace: Vec<RuleTrace>,
}

/// Asks the rules.
#[must_use]
pub fn evaluate(policy: &SignOnPolicy, facts: &SignOnFacts) -> Decision {
    let mut trace = Vec::new();
    let mut so_far: Option<Then> = None;
    let mut ended = false;
    for rule in policy.rules() {
        let asked = ask(rule, facts);
        let truth = asked.truth;
        trace.push(asked);
        if truth != Truth::No {
            so_far = Some(so_far.map_or(rule.then, |then| stricter(then, rule.then)));
        }
        if truth == Truth::Yes {
            ended = true;
            break;
        }
    }
    let denied = |denial| (SignOn::Denied(denial), None, None, false);
    let (answer, demand, proved, raised) = match so_far {
        Some(Then::Deny) => denied(Denial::ByRule),
        Some(Then::Demand(demand)) if ended => measure(demand, facts),
        // Of every rule that may hold it may be that it does not.
        _ => denied(Denial::NoRule),
    };
    Decision {
        answer,
        demand,
        proved,
        raised,
        trace,
    }
}

type Measured = (SignOn, Option<Demand>, Option<Strength>, bool);

fn measure(demanded: Demand, facts: &SignOnFacts) -> Measured {
    let demand = match facts.administers {
        true => demanded.and(ADMINISTRATORS),
        false => demanded,
    };
    let proved = facts.proved(demand.age_s);
    let answer = match proved >= Some(demand.strength) {
        true => SignOn::Allowed,
        false => SignOn::StepUp(demand),
    };
    (answer, Some(demand), proved, demand != demanded)
}

fn stricter(a: Then, b: Then) -> Then {
    match (a, b) {
        (Then::Demand(a), Then::Demand(b)) => Then::Demand(a.and(b)),
        _ => Then::Deny,
    }
}

/// Whether a rule holds: no as soon as one condition fails, even where others are unknown.
fn ask(rule: &SignOnRule, facts: &SignOnFacts) -> RuleTrace {
    let when = &rule.when;
    let tests = [
        when.apps.as_ref().map(|apps| app(apps, &facts.app)),
        when.groups
            .as_ref()
            .map(|groups| group("groups", groups, &facts.groups, true)),
        when.outside_groups
            .as_ref()
            .map(|groups| group("outside_groups", groups, &facts.groups, false)),
        when.networks
            .as_ref()
            .map(|networks| network("networks", networks, &facts.network, true)),
        when.outside_networks
            .as_ref()
            .map(|networks| network("outside_networks", networks, &facts.network, false)),
    ];
    let mut trace = RuleTrace {
        rule: rule.name.clone(),
        truth: Truth::Yes,
        tests: Vec::new(),
        then: Some(rule.then),
    };
    for test in tests.into_iter().flatten() {
        let truth = test.truth;
        trace.tests.push(test);
        match truth {
            Truth::Yes => {}
            Truth::Unknown => trace.truth = Truth::Unknown,
            Truth::No => {
                trace.truth = Truth::No;
                trace.then = None;
                break;
            }
        }
    }
    trace
}

fn app(apps: &BTreeSet<String>, wanted: &str) -> Test {
    Test {
        condition: "apps".to_owned(),
        truth: truth(apps.contains(wanted)),
        found: wanted.to_owned(),
    }
}

fn group(
    condition: &str,
    groups: &BTreeSet<String>,
    theirs: &Signal<BTreeSet<String>>,
    inside: bool,
) -> Test {
    let found = |value: &BTreeSet<String>| groups.intersection(value).next().cloned();
    test(condition, theirs, inside, found, |_| {
        "in none of them".to_owned()
    })
}

fn network(
    condition: &str,
    networks: &BTreeSet<IpNet>,
    theirs: &Signal<IpAddr>,
    inside: bool,
) -> Test {
    // An IPv4 address that comes as ::ffff:192.0.2.1 is an IPv4 address.
    let found = |ip: &IpAddr| {
        let ip = ip.to_canonical();
        let within = networks.iter().find(|network| network.contains(&ip));
        // Which address it was stands beside the decision, shortened after a while: nothing here says more.
        let most = if ip.is_ipv4() { 24 } else { 48 };
        within.map(|network| match network.prefix_len() <= most {
            true => format!("in {network}"),
            false => "in one of them".to_owned(),
        })
    };
    test(condition, theirs, inside, found, |_| {
        "in none of them".to_owned()
    })
}

/// A condition on a signal: `inside` when it is to be found, and not when it is not to be.
fn test<T>(
    condition: &str,
    signal: &Signal<T>,
    inside: bool,
    find: impl Fn(&T) -> Option<String>,
    outside: impl Fn(&T) -> String,
) -> Test {
    let (truth, found) = match signal {
        Signal::Unknown { why } => (Truth::Unknown, why.clone()),
        Signal::Known { value, .. } => match find(value) {
            Some(found) => (truth(inside), found),
            None => (truth(!inside), outside(value)),
        },
    };
    Test {
        condition: condition.to_owned(),
        truth,
        found,
    }
}

const fn truth(holds: bool) -> Truth {
    if holds { Truth::Yes } else { Truth::No }
}

#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use model::Timestamp;
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-29T08:30:00Z".parse().unwrap()
}

fn known<T>(value: T) -> Signal<T> {
    Signal::Known {
        value,
        source: "test".to_owned(),
        at: now(),
    }
}

fn unknown<T>() -> Signal<T> {
    Signal::Unknown {
        why: "the directory did not answer".to_owned(),
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn used(factor: Factor, seconds_ago: u64) -> FactorUse {
    FactorUse {
        factor,
        at: now().minus(Duration::from_secs(seconds_ago)),
    }
}

fn facts(factors: &[FactorUse]) -> SignOnFacts {
    SignOnFacts {
        app: "wiki".to_owned(),
        groups: known(set(&["staff"])),
        network: known("192.0.2.7".parse().unwrap()),
        administers: false,
        factors: factors.to_vec(),
        now: now(),
    }
}

const fn demand(strength: Strength, age_s: Option<u32>) -> Then {
    Then::Demand(Demand { strength, age_s })
}

fn rule(name: &str, when: When, then: Then) -> SignOnRule {
    SignOnRule {
        name: name.to_owned(),
        when,
        then,
    }
}

fn policy(rules: Vec<SignOnRule>) -> SignOnPolicy {
    SignOnPolicy::new(rules).unwrap()
}

#[test]
fn two_factors_are_two_kinds() {
    use Factor::{Passkey, Password, RecoveryCode, SecurityKey, Totp};
    use Strength::{AnyFactor, MultiFactor, PhishingResistant};
    for (factors, strength) in [
        (&[][..], None),
        (&[Password], Some(AnyFactor)),
        (&[Totp], Some(AnyFactor)),
        (&[SecurityKey], Some(AnyFactor)),
        (&[Totp, RecoveryCode], Some(AnyFactor)),
        (&[Totp, SecurityKey], Some(AnyFactor)),
        (&[Password, Totp], Some(MultiFactor)),
        (&[Password, RecoveryCode], Some(MultiFactor)),
        (&[Password, SecurityKey], Some(PhishingResistant)),
        (&[Passkey], Some(PhishingResistant)),
    ] {
        let factors: Vec<FactorUse> = factors.iter().map(|f| used(*f, 5)).collect();
        assert_eq!(facts(&factors).proved(None), strength, "{factors:?}");
    }
}

#[test]
fn what_was_proved_long_ago_or_later_than_now_does_not_count() {
    let old = facts(&[used(Factor::Password, 61), used(Factor::Totp, 60)]);
    assert_eq!(old.proved(None), Some(Strength::MultiFactor));
    assert_eq!(old.proved(Some(60)), Some(Strength::AnyFactor));
    assert_eq!(old.proved(Some(59)), None);
    let ahead = FactorUse {
        factor: Factor::Passkey,
        at: now().plus(Duration::from_secs(1)),
    };
    assert_eq!(facts(&[ahead]).proved(None), None);
}

#[test]
fn the_first_rule_that_holds_decides_and_where_none_does_the_answer_is_no() {
    let wiki = When {
        apps: Some(set(&["wiki"])),
        ..When::default()
    };
    let staff = When {
        groups: Some(set(&["staff", "guests"])),
        ..wiki.clone()
    };
    let strong = demand(Strength::PhishingResistant, None);
    let weak = demand(Strength::AnyFactor, None);
    let rules = policy(vec![rule("staff", staff, weak), rule("wiki", wiki, strong)]);
    let password = [used(Factor::Password, 5)];
    let decision = evaluate(&rules, &facts(&password));
    assert_eq!(decision.answer, SignOn::Allowed);
    assert_eq!(decision.trace.len(), 1);
    assert_eq!(decision.trace[0].tests[1].found, "staff");

    let mut stranger = facts(&password);
    stranger.groups = known(set(&["others"]));
    let decision = evaluate(&rules, &stranger);
    let asked = Demand {
        strength: Strength::PhishingResistant,
        age_s: None,
    };
    assert_eq!(decision.answer, SignOn::StepUp(asked));
    assert_eq!(decision.trace[0].truth, Truth::No);
    assert_eq!(decision.trace[0].tests[1].found, "in none of them");

    stranger.app = "payroll".to_owned();
    let decision = evaluate(&rules, &stranger);
    assert_eq!(decision.answer, SignOn::Denied(Denial::NoRule));
    let nothing = evaluate(&policy(Vec::new()), &facts(&password));
    assert_eq!(nothing.answer, SignOn::Denied(Denial::NoRule));
}

#[test]
fn an_absent_signal_is_to_nobodys_advantage() {
    let office: BTreeSet<_> = ["192.0.2.0/24".parse().unwrap()].into();
    let inside = When {
        networks: Some(office.clone()),
        ..When::default()
    };
    let outside = When {
        outside_networks: Some(office),
        ..When::default()
    };
    let weak = demand(Strength::AnyFactor, None);
    let strong = demand(Strength::PhishingResistant, Some(900));
    let relaxed = policy(vec![
        rule("office", inside.clone(), weak),
        rule("rest", When::default(), strong),
    ]);
    let barred = policy(vec![
        rule("abroad", outside, Then::Deny),
        rule("rest", When::default(), weak),
    ]);
    let mut attempt = facts(&[used(Factor::Password, 5)]);
    assert_eq!(evaluate(&relaxed, &attempt).answer, SignOn::Allowed);
    assert_eq!(evaluate(&barred, &attempt).answer, SignOn::Allowed);
    // The same address, as a socket that speaks both versions tells it.
    attempt.network = known("::ffff:192.0.2.7".parse().unwrap());
    assert_eq!(evaluate(&relaxed, &attempt).answer, SignOn::Allowed);

    attempt.network = unknown();
    let decision = evaluate(&relaxed, &attempt);
    assert!(matches!(decision.answer, SignOn::StepUp(d) if Then::Demand(d) == strong));
    assert_eq!(decision.trace[0].truth, Truth::Unknown);
    let decision = evaluate(&barred, &attempt);
    assert_eq!(decision.answer, SignOn::Denied(Denial::ByRule));
    // Perhaps the only rule holds. Perhaps not.
    let only = policy(vec![rule("office", inside, weak)]);
    let decision = evaluate(&only, &attempt);
    assert_eq!(decision.answer, SignOn::Denied(Denial::NoRule));
}

#[test]
fn whoever_administers_needs_two_factors_whatever_the_rules_say() {
    let anybody = policy(vec![rule(
        "anybody",
        When::default(),
        demand(Strength::AnyFactor, Some(300)),
    )]);
    let mut attempt = facts(&[used(Factor::Password, 5)]);
    attempt.administers = true;
    let decision = evaluate(&anybody, &attempt);
    let asked = Demand {
        strength: Strength::MultiFactor,
        age_s: Some(300),
    };
    assert_eq!(decision.answer, SignOn::StepUp(asked));
    assert!(decision.raised);
    attempt.factors.push(used(Factor::Totp, 5));
    assert_eq!(evaluate(&anybody, &attempt).answer, SignOn::Allowed);
}

#[test]
fn rules_that_say_nothing_or_too_much_are_refused() {
    let weak = demand(Strength::AnyFactor, None);
    let twice = vec![
        rule("a", When::default(), weak),
        rule("a", When::default(), weak),
    ];
    assert_eq!(
        SignOnPolicy::new(twice),
        Err(PolicyError::Twice("a".to_owned()))
    );
    let nobody = When {
        groups: Some(BTreeSet::new()),
        ..When::default()
    };
    let refused = SignOnPolicy::new(vec![rule("a", nobody, weak)]);
    assert!(matches!(
        refused,
        Err(PolicyError::Listed {
            list: "groups",
            len: 0,
            ..
        })
    ));
    let over = rule("a", When::default(), demand(Strength::AnyFactor, Some(0)));
    assert_eq!(
        SignOnPolicy::new(vec![over]),
        Err(PolicyError::NoAge("a".to_owned()))
    );
    let many = (0..=MAX_RULES).map(|n| rule(&n.to_string(), When::default(), weak));
    let many = SignOnPolicy::new(many.collect());
    assert_eq!(many, Err(PolicyError::TooMany(MAX_RULES + 1)));
}

/// How hard it is to get in: each answer before those that are harder.
fn no_easier(a: SignOn, than: SignOn) -> bool {
    match (a, than) {
        (SignOn::Denied(_), _) | (_, SignOn::Allowed) => true,
        (SignOn::StepUp(a), SignOn::StepUp(than)) => {
            let age = |demand: Demand| demand.age_s.unwrap_or(u32::MAX);
            a.strength >= than.strength && age(a) <= age(than)
        }
        _ => false,
    }
}

fn names() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(prop::sample::select(vec!["a", "b", "c"]), 1..3)
        .prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn nets() -> impl Strategy<Value = BTreeSet<ipnet::IpNet>> {
    let nets = vec!["192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"];
    prop::collection::btree_set(prop::sample::select(nets), 1..3)
        .prop_map(|nets| nets.into_iter().map(|net| net.parse().unwrap()).collect())
}

fn strength() -> impl Strategy<Value = Strength> {
    use Strength::{AnyFactor, MultiFactor, PhishingResistant};
    prop::sample::select(vec![AnyFactor, MultiFactor, PhishingResistant])
}

fn a_rule() -> impl Strategy<Value = SignOnRule> {
    let when = (
        prop::option::of(names()),
        prop::option::of(names()),
        prop::option::of(names()),
        prop::option::of(nets()),
        prop::option::of(nets()),
    );
    let age = prop::option::of(prop::sample::select(vec![30, 300]));
    let then = prop_oneof![
        3 => (strength(), age).prop_map(|(s, age)| demand(s, age)),
        1 => Just(Then::Deny),
    ];
    (when, then).prop_map(
        |((groups, outside_groups, apps, networks, outside), then)| {
            let when = When {
                groups,
                outside_groups,
                apps,
                networks,
                outside_networks: outside,
            };
            rule("", when, then)
        },
    )
}

fn a_policy() -> impl Strategy<Value = SignOnPolicy> {
    prop::collection::vec(a_rule(), 0..6).prop_map(|mut rules| {
        for (n, rule) in rules.iter_mut().enumerate() {
            rule.name = n.to_string();
        }
        policy(rules)
    })
}

fn a_factor() -> impl Strategy<Value = FactorUse> {
    use Factor::{Passkey, Password, RecoveryCode, SecurityKey, Totp};
    let factors = vec![Passkey, Password, RecoveryCode, SecurityKey, Totp];
    let ages = prop::sample::select(vec![5, 100, 1_000]);
    (prop::sample::select(factors), ages).prop_map(|(factor, age)| used(factor, age))
}

fn an_attempt() -> impl Strategy<Value = SignOnFacts> {
    let ips = vec!["192.0.2.1", "192.0.2.200", "2001:db8::1", "203.0.113.9"];
    let ip = prop::sample::select(ips).prop_map(|ip| ip.parse::<IpAddr>().unwrap());
    let app = prop::sample::select(vec!["a", "b", "d"]);
    let factors = prop::collection::vec(a_factor(), 0..4);
    (app, names(), ip, any::<bool>(), factors).prop_map(
        |(app, groups, ip, administers, factors)| SignOnFacts {
            app: app.to_owned(),
            groups: known(groups),
            network: known(ip),
            administers,
            factors,
            now: now(),
        },
    )
}

proptest! {
    #[test]
    fn to_know_less_never_makes_it_easier(policy in a_policy(), full in an_attempt()) {
        let all = evaluate(&policy, &full).answer;
        let mut no_groups = full.clone();
        no_groups.groups = unknown();
        let mut no_network = full.clone();
        no_network.network = unknown();
        let mut neither = no_groups.clone();
        neither.network = unknown();
        for less in [&no_groups, &no_network, &neither] {
            let answer = evaluate(&policy, less).answer;
            prop_assert!(no_easier(answer, all), "{answer:?} where all is known: {all:?}");
        }
        let least = evaluate(&policy, &neither).answer;
        prop_assert!(no_easier(least, evaluate(&policy, &no_groups).answer));
    }

    #[test]
    fn to_prove_more_never_makes_it_harder(
        policy in a_policy(),
        attempt in an_attempt(),
        more in a_factor(),
    ) {
        let before = evaluate(&policy, &attempt).answer;
        let mut after = attempt;
        after.factors.push(more);
        let after = evaluate(&policy, &after).answer;
        prop_assert!(no_easier(before, after), "{before:?}, then {after:?}");
    }

    #[test]
    fn administering_never_makes_it_easier(policy in a_policy(), attempt in an_attempt()) {
        let mut one = attempt;
        one.administers = false;
        let mut other = one.clone();
        other.administers = true;
        let (one, other) = (evaluate(&policy, &one).answer, evaluate(&policy, &other).answer);
        prop_assert!(no_easier(other, one), "{other:?} beside {one:?}");
        if other == SignOn::Allowed {
            prop_assert_ne!(one, SignOn::Denied(Denial::NoRule));
        }
    }

    #[test]
    fn the_trace_tells_who_decided(policy in a_policy(), attempt in an_attempt()) {
        let decision = evaluate(&policy, &attempt);
        let names: Vec<&str> = decision.trace.iter().map(|rule| rule.rule.as_str()).collect();
        let asked = policy.rules().iter().take(names.len());
        prop_assert_eq!(names, asked.map(|rule| rule.name.as_str()).collect::<Vec<_>>());
        let last = decision.trace.last().map(|rule| rule.truth);
        // Everything is known here.
        let decided = last == Some(Truth::Yes);
        prop_assert_eq!(decided, decision.answer != SignOn::Denied(Denial::NoRule));
        let before = &decision.trace[..decision.trace.len().saturating_sub(1)];
        prop_assert!(before.iter().all(|rule| rule.truth == Truth::No && rule.then.is_none()));
        for rule in &decision.trace {
            let failed = rule.tests.iter().filter(|test| test.truth == Truth::No).count();
            prop_assert_eq!(failed, usize::from(rule.truth == Truth::No));
        }
    }
}

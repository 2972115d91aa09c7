//! What comes next for somebody who signs in. Pure, so that every way through it can be tried.
//!
//! ```text
//!             ┌────────────── a pass ──────────────► Enrol ──┐ a credential is made with it, and proved
//! Name ───────┤                                              ▼
//!             ├─ a password, a passkey ─► judged ─► More ─► judged ─► In
//!             │                             └──────────────────┴────► Denied
//!             └─ (there and back) the word of another provider ─► judged, and so on
//! ```
//!
//! Whoever signs in elsewhere is sent there, whatever they proved here ([`Next::Upstream`]); whoever signs in here
//! begins again, whatever is said of them elsewhere.

use rules::sign_on::{SignOn, Strength};

use super::attempt::Attempt;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// They say who they are, and prove a first factor.
    Name,
    /// They make a credential.
    Enrol,
    /// They prove more.
    More(Strength),
    /// They prove who they are at another identity provider.
    Upstream,
    /// They are in.
    In,
    /// They are not.
    Denied,
}

/// Through which door somebody comes in, by the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// By what they prove here.
    Here,
    /// By the word of another identity provider.
    Upstream,
}

/// What comes next after what an attempt has proved. `judged`: what the policy says of it; asked only
/// for somebody who proved something, as is the door.
pub(crate) fn next(attempt: &Attempt, judged: Option<SignOn>, door: Door) -> Next {
    let vouched = attempt.factors.iter().any(|used| used.factor.is_upstream());
    match (attempt.subject, judged) {
        (Some(_), None) if attempt.pass.is_some() && attempt.factors.is_empty() => Next::Enrol,
        // A pass is no factor: whoever has proved nothing else is nobody yet.
        (Some(_), Some(_)) if attempt.factors.is_empty() => Next::Name,
        (Some(_), Some(SignOn::Denied(_))) => Next::Denied,
        (Some(_), Some(_)) if door == Door::Upstream && !vouched => Next::Upstream,
        (Some(_), Some(_)) if door == Door::Here && vouched => Next::Name,
        (Some(_), Some(SignOn::Allowed)) => Next::In,
        (Some(_), Some(SignOn::StepUp(demand))) => Next::More(demand.strength),
        (None, _) | (Some(_), None) => Next::Name,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::sign_in::{Factor, FactorUse};
    use model::{Digest, SubjectId, Timestamp};
    use rules::sign_on::{
        Demand, Denial, SignOnFacts, SignOnPolicy, SignOnRule, Signal, Then, When, evaluate,
    };

    use super::*;

    /// What somebody can do at one step; those that succeed change the attempt as the use-cases do.
    #[derive(Debug, Clone, Copy)]
    enum Move {
        Prove(Factor),
        /// Another provider vouches for them.
        Vouch(Factor),
        Fail,
        Pass,
        EnrolPassword,
    }

    const MOVES: [Move; 12] = [
        Move::Prove(Factor::Password),
        Move::Prove(Factor::Totp),
        Move::Prove(Factor::RecoveryCode),
        Move::Prove(Factor::Passkey),
        Move::Prove(Factor::SecurityKey),
        Move::Vouch(Factor::Upstream),
        Move::Vouch(Factor::UpstreamPassword),
        Move::Vouch(Factor::UpstreamMultiFactor),
        Move::Vouch(Factor::UpstreamPhishingResistant),
        Move::Fail,
        Move::Pass,
        Move::EnrolPassword,
    ];

    fn now() -> Timestamp {
        Timestamp::from_micros(1_764_000_000_000_000)
    }

    fn policy(then: Then) -> SignOnPolicy {
        let rule = SignOnRule {
            name: "all".to_owned(),
            when: When::default(),
            then,
        };
        let made = SignOnPolicy::new(vec![rule]);
        assert!(made.is_ok());
        made.unwrap_or_else(|_| unreachable!())
    }

    fn facts(attempt: &Attempt) -> SignOnFacts {
        SignOnFacts {
            app: "wiki".to_owned(),
            groups: Signal::Known {
                value: BTreeSet::new(),
                source: "directory".to_owned(),
                at: now(),
            },
            network: Signal::Unknown {
                why: "not asked".to_owned(),
            },
            administers: false,
            factors: attempt.factors.clone(),
            now: now(),
        }
    }

    fn judged(attempt: &Attempt, policy: &SignOnPolicy) -> Option<SignOn> {
        let proved = !attempt.factors.is_empty();
        proved.then(|| evaluate(policy, &facts(attempt)).answer)
    }

    /// What a use-case does with a move, which it takes only where the state asks for it.
    fn play(mut attempt: Attempt, at: Next, step: Move) -> Attempt {
        let who = SubjectId::from_bits(1);
        let used = |factor| FactorUse { factor, at: now() };
        match (at, step) {
            (Next::Name, Move::Prove(factor @ (Factor::Password | Factor::Passkey)))
            | (Next::More(_), Move::Prove(factor)) => {
                attempt.subject = Some(who);
                attempt.factors.push(used(factor));
            }
            // Who comes back from elsewhere has no say in what was asked of them meanwhile.
            (Next::Name | Next::Upstream, Move::Vouch(factor)) => {
                attempt.subject = Some(who);
                attempt.factors.push(used(factor));
            }
            (Next::Name, Move::Pass) => {
                attempt.subject = Some(who);
                attempt.pass = Some(Digest::of(b"pass"));
            }
            (Next::Enrol, Move::EnrolPassword) => {
                attempt.pass = None;
                attempt.factors.push(used(Factor::Password));
            }
            _ => {}
        }
        attempt
    }

    /// Every sequence of moves under one demand and by one door; how many, and whether anybody got in.
    fn played(strength: Strength, door: Door, deepest: u32) -> (u32, bool) {
        let policy = policy(Then::Demand(Demand {
            strength,
            age_s: None,
        }));
        let (mut tried, mut got_in) = (0, false);
        let begin = Attempt::new(now(), Digest::of(b"browser"), None, [0; 32]);
        let mut open = vec![(begin, 0)];
        while let Some((attempt, depth)) = open.pop() {
            let at = next(&attempt, judged(&attempt, &policy), door);
            let proved = facts(&attempt).proved(None);
            let vouched = attempt.factors.iter().any(|used| used.factor.is_upstream());
            let through = vouched == (door == Door::Upstream);
            if at == Next::In {
                assert!(
                    proved >= Some(strength),
                    "{attempt:?} is in with {proved:?}"
                );
                assert!(through, "{attempt:?} is in by another door than {door:?}");
                got_in = true;
                continue;
            }
            assert!(
                proved < Some(strength) || !through,
                "{attempt:?} is kept out: {at:?}"
            );
            if depth < deepest {
                for step in MOVES {
                    tried += 1;
                    open.push((play(attempt.clone(), at, step), depth + 1));
                }
            }
        }
        (tried, got_in)
    }

    /// Every sequence of four moves under every demand and by each door: nobody is in who has not proved all of it,
    /// and nobody by the wrong door.
    #[test]
    fn no_sequence_is_in_without_everything_that_is_demanded() {
        let demands = [
            Strength::AnyFactor,
            Strength::MultiFactor,
            Strength::PhishingResistant,
        ];
        for strength in demands {
            for door in [Door::Here, Door::Upstream] {
                let (tried, got_in) = played(strength, door, 4);
                assert!(tried > 2_000, "{strength:?} {door:?}: {tried}");
                assert!(got_in, "{strength:?} can be met by {door:?}");
            }
        }
    }

    #[test]
    fn nobody_is_in_by_a_word_that_does_not_count_for_them_any_more() {
        let policy = policy(Then::Demand(Demand {
            strength: Strength::AnyFactor,
            age_s: None,
        }));
        let mut attempt = Attempt::new(now(), Digest::of(b"browser"), None, [0; 32]);
        attempt.subject = Some(SubjectId::from_bits(1));
        let used = |factor| FactorUse { factor, at: now() };
        attempt.factors = vec![used(Factor::UpstreamPhishingResistant)];
        let at = |attempt: &Attempt, door| next(attempt, judged(attempt, &policy), door);
        assert_eq!(at(&attempt, Door::Upstream), Next::In);
        assert_eq!(at(&attempt, Door::Here), Next::Name);
        attempt.factors.push(used(Factor::Passkey));
        assert_eq!(
            at(&attempt, Door::Here),
            Next::Name,
            "not even beside a passkey"
        );
        attempt.factors = vec![used(Factor::Passkey)];
        assert_eq!(at(&attempt, Door::Upstream), Next::Upstream);
        assert_eq!(at(&attempt, Door::Here), Next::In);
    }

    #[test]
    fn nobody_whom_a_rule_denies_is_in_whatever_they_prove() {
        let policy = policy(Then::Deny);
        let mut attempt = Attempt::new(now(), Digest::of(b"browser"), None, [0; 32]);
        for factor in [Factor::Password, Factor::Totp, Factor::Passkey] {
            attempt.subject = Some(SubjectId::from_bits(1));
            attempt.factors.push(FactorUse { factor, at: now() });
            for door in [Door::Here, Door::Upstream] {
                assert_eq!(
                    next(&attempt, judged(&attempt, &policy), door),
                    Next::Denied
                );
            }
        }
        assert_eq!(
            judged(&attempt, &policy),
            Some(SignOn::Denied(Denial::ByRule))
        );
    }

    #[test]
    fn a_pass_opens_an_enrolment_and_nothing_else() {
        let mut attempt = Attempt::new(now(), Digest::of(b"browser"), None, [0; 32]);
        attempt.subject = Some(SubjectId::from_bits(1));
        attempt.pass = Some(Digest::of(b"pass"));
        for door in [Door::Here, Door::Upstream] {
            assert_eq!(next(&attempt, None, door), Next::Enrol);
            // Even a policy that lets everybody in does not take it for a factor.
            assert_eq!(next(&attempt, Some(SignOn::Allowed), door), Next::Name);
        }
    }
}

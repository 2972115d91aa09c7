//! How strongly somebody proved who they are, by the names that SAML has for it.

use protocol::oauth::claims::PHR;
use protocol::saml::authn::{Comparison, RequestedContext, class};
use rules::sign_on::Strength;

/// The classes that are spoken, the weakest first, each with what reaches it. Whoever proves more reaches
/// the weaker ones too: an app that asks for a password gets people in who used a passkey.
const CLASSES: [(&str, Strength); 5] = [
    (class::UNSPECIFIED, Strength::AnyFactor),
    (class::PASSWORD, Strength::AnyFactor),
    (class::REFEDS_SFA, Strength::AnyFactor),
    (class::REFEDS_MFA, Strength::MultiFactor),
    (PHR, Strength::PhishingResistant),
];

fn admitted(wanted: &RequestedContext) -> impl Iterator<Item = (&'static str, Strength)> + '_ {
    let order = CLASSES.map(|(class, _)| class);
    let listed = |class: &str| wanted.classes.iter().any(|one| one == class);
    let named = CLASSES.into_iter().filter(|(class, _)| listed(class));
    let strongest = named.map(|(_, strength)| strength).max();
    let all = CLASSES.into_iter();
    all.filter(move |(class, strength)| {
        // One that is reached by the same is another name, and not better.
        let better = wanted.comparison != Comparison::Better || Some(*strength) > strongest;
        better && wanted.admits(class, &order)
    })
}

/// The least that reaches something that is asked for; `None`: nothing does.
pub(super) fn weakest(wanted: &RequestedContext) -> Option<Strength> {
    admitted(wanted).map(|(_, strength)| strength).min()
}

/// The class that somebody reached who proved so much, as it is told to whoever asked so. `None`: none that
/// was asked for.
pub(super) fn told(wanted: Option<&RequestedContext>, proved: Strength) -> Option<&'static str> {
    let Some(wanted) = wanted else {
        return Some(match proved {
            Strength::AnyFactor => class::PASSWORD,
            Strength::MultiFactor | Strength::PhishingResistant => class::REFEDS_MFA,
        });
    };
    let reached = |(class, needs): (&'static str, Strength)| (needs <= proved).then_some(class);
    let mut all: Vec<&'static str> = admitted(wanted).filter_map(reached).collect();
    if wanted.comparison == Comparison::Exact {
        // The one that is liked best (SAML Core §3.3.2.2.1).
        let liked = |class: &&str| wanted.classes.iter().position(|one| one == class);
        all.sort_by_key(liked);
        return all.first().copied();
    }
    all.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(comparison: Comparison, classes: &[&str]) -> RequestedContext {
        RequestedContext {
            comparison,
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_told_is_what_was_asked_for_and_reached() {
        let all = [
            Strength::AnyFactor,
            Strength::MultiFactor,
            Strength::PhishingResistant,
        ];
        let (password, mfa) = (class::PASSWORD, class::REFEDS_MFA);
        for (comparison, classes, least, want) in [
            (
                Comparison::Exact,
                &[password][..],
                Some(Strength::AnyFactor),
                [Some(password); 3],
            ),
            (
                Comparison::Exact,
                &[mfa, password],
                Some(Strength::AnyFactor),
                [Some(password), Some(mfa), Some(mfa)],
            ),
            (
                Comparison::Exact,
                &[PHR],
                Some(Strength::PhishingResistant),
                [None, None, Some(PHR)],
            ),
            (
                Comparison::Minimum,
                &[mfa],
                Some(Strength::MultiFactor),
                [None, Some(mfa), Some(PHR)],
            ),
            (
                Comparison::Better,
                &[password],
                Some(Strength::MultiFactor),
                [None, Some(mfa), Some(PHR)],
            ),
            (Comparison::Exact, &[class::X509], None, [None; 3]),
            (Comparison::Better, &[PHR], None, [None; 3]),
        ] {
            let wanted = asked(comparison, classes);
            assert_eq!(weakest(&wanted), least, "{wanted:?}");
            assert_eq!(
                all.map(|proved| told(Some(&wanted), proved)),
                want,
                "{wanted:?}"
            );
        }
        assert_eq!(told(None, Strength::AnyFactor), Some(password));
        assert_eq!(told(None, Strength::PhishingResistant), Some(mfa));
    }
}

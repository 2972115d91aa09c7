//! How the person is to be signed in (SAML Core §3.3.2.2.1).

use crate::saml::xml::{Element, Space, XmlError};

/// The most classes in one request.
const MOST: usize = 16;
/// The longest name of a class, in bytes.
const LONGEST: usize = 512;

/// Names of classes that are known beyond one app (SAML Authentication Context §3.4, REFEDS). In which order they are, and which of them a sign-in reaches,
/// is for policy to say.
pub mod class {
    /// Nothing is said.
    pub const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";
    /// A password, over TLS. What most apps ask for without meaning it.
    pub const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
    /// A key with a certificate.
    pub const X509: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509";
    /// A one-time code.
    pub const TIME_SYNC_TOKEN: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken";
    /// One factor that is hard enough to guess.
    pub const REFEDS_SFA: &str = "https://refeds.org/profile/sfa";
    /// Several factors.
    pub const REFEDS_MFA: &str = "https://refeds.org/profile/mfa";
}

/// How what is demanded is compared with what is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// It is one of them.
    #[default]
    Exact,
    /// It is at least as strong as one of them.
    Minimum,
    /// It is no stronger than one of them.
    Maximum,
    /// It is stronger than every one of them.
    Better,
}

/// How the person is to be signed in (`RequestedAuthnContext`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedContext {
    /// How it is compared.
    pub comparison: Comparison,
    /// The classes by name, the first being liked best. At least one.
    pub classes: Vec<String>,
}

impl RequestedContext {
    /// Whether a class does. `order` has the classes that are known, the weakest first; what does not stand in
    /// it can be compared with nothing, so that it does only where it is named itself.
    #[must_use]
    pub fn admits(&self, class: &str, order: &[&str]) -> bool {
        let place = |name: &str| order.iter().position(|known| *known == name);
        let mut listed = self.classes.iter();
        if self.comparison == Comparison::Exact {
            return listed.any(|name| name == class);
        }
        let Some(mine) = place(class) else {
            return false;
        };
        match self.comparison {
            Comparison::Exact => false,
            Comparison::Minimum => listed.any(|name| place(name).is_some_and(|one| mine >= one)),
            Comparison::Maximum => listed.any(|name| place(name).is_some_and(|one| mine <= one)),
            Comparison::Better => listed.all(|name| place(name).is_some_and(|one| mine > one)),
        }
    }

    /// Reads it. `None` when it demands what is not spoken: declarations, or a comparison of another name.
    pub(super) fn read(element: Element<'_>) -> Result<Option<Self>, XmlError> {
        let comparison = match element.attribute("Comparison") {
            None | Some("exact") => Comparison::Exact,
            Some("minimum") => Comparison::Minimum,
            Some("maximum") => Comparison::Maximum,
            Some("better") => Comparison::Better,
            Some(_) => return Ok(None),
        };
        let mut classes = Vec::new();
        for child in element.children() {
            if !child.is(Space::Assertion, "AuthnContextClassRef") || classes.len() >= MOST {
                return Ok(None);
            }
            let class = child.uri()?;
            if class.is_empty() || class.len() > LONGEST {
                return Ok(None);
            }
            classes.push(class);
        }
        Ok((!classes.is_empty()).then_some(Self {
            comparison,
            classes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_those_of_the_standard() {
        let order = ["weak", "middle", "strong"];
        let admitted = |comparison, classes: &[&str]| {
            let classes = classes.iter().map(|class| (*class).to_owned()).collect();
            let wanted = RequestedContext {
                comparison,
                classes,
            };
            order.map(|class| wanted.admits(class, &order))
        };
        for (comparison, classes, want) in [
            (Comparison::Exact, &["middle"][..], [false, true, false]),
            (Comparison::Exact, &["weak", "strong"], [true, false, true]),
            (Comparison::Minimum, &["middle"], [false, true, true]),
            (Comparison::Minimum, &["strong", "weak"], [true, true, true]),
            (Comparison::Maximum, &["middle"], [true, true, false]),
            (Comparison::Better, &["middle"], [false, false, true]),
            (
                Comparison::Better,
                &["weak", "middle"],
                [false, false, true],
            ),
            (Comparison::Better, &["strong"], [false; 3]),
            (Comparison::Minimum, &["unknown"], [false; 3]),
            (Comparison::Better, &["weak", "unknown"], [false; 3]),
        ] {
            assert_eq!(
                admitted(comparison, classes),
                want,
                "{comparison:?} {classes:?}"
            );
        }
        let foreign = RequestedContext {
            comparison: Comparison::Exact,
            classes: vec!["urn:x".to_owned()],
        };
        assert!(foreign.admits("urn:x", &order) && !foreign.admits("weak", &order));
    }
}

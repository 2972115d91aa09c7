//! The two names that stay (SAML Subject Identifier Attributes Profile 1.0).

use documents::{Saml, SubjectIdReq, SubjectIdRule};
use model::Value;
use protocol::saml::SubjectId;
use rules::Mapped;

use crate::{App, Known};

/// The longest part before the `@`, in characters (§3.3.1).
const LONGEST: usize = 127;

impl App {
    /// The attributes that a service provider is given, by its document. One whose expression gives nothing that
    /// can stand before an `@` is left out.
    pub(super) fn lasting_names(&self, saml: &Saml, known: &Known) -> Vec<(String, Vec<String>)> {
        let general = saml.subject_id.as_ref().and_then(|rule| {
            let own = value(rule, known)?;
            Some((SubjectId::GENERAL, format!("{own}@{}", rule.scope)))
        });
        let pairwise = saml.pairwise_id.as_ref().map(|scope| {
            let own = self.pairwise("saml/pairwise-id", &saml.entity_id, known);
            (SubjectId::PAIRWISE, format!("{own}@{scope}"))
        });
        let both = general.into_iter().chain(pairwise);
        both.map(|(name, value)| (name.to_owned(), vec![value]))
            .collect()
    }

    /// Something that a person is called there, and that nobody else is told.
    pub(super) fn pairwise(&self, purpose: &str, entity_id: &str, known: &Known) -> String {
        let named = format!("{}\0{entity_id}", known.person.subject);
        self.keyring
            .keyed_digest(purpose, named.as_bytes())
            .to_string()
    }
}

/// Whether what is given lacks the one that the metadata of the service provider demand (§4): an expression may give
/// somebody none.
pub(super) fn is_missing(saml: &Saml, given: &[(String, Vec<String>)]) -> bool {
    let has = |wanted: &str| given.iter().any(|(name, _)| name == wanted);
    let (general, pairwise) = (has(SubjectId::GENERAL), has(SubjectId::PAIRWISE));
    match saml.subject_id_req {
        Some(SubjectIdReq::SubjectId) => !general,
        Some(SubjectIdReq::PairwiseId) => !pairwise,
        Some(SubjectIdReq::Any) => !general && !pairwise,
        Some(SubjectIdReq::Unwanted) | None => false,
    }
}

/// What an expression gives, where it is of the form that is demanded (§3.3.1).
fn value(rule: &SubjectIdRule, known: &Known) -> Option<String> {
    let given = rule.value.apply(&known.identity.facts, &known.identity.key);
    match given {
        Ok(Mapped::Value(Value::Text(text))) if is_unique_id(&text) => Some(text),
        _ => None,
    }
}

fn is_unique_id(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphanumeric())
        && text.len() <= LONGEST
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'=' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_at_is_of_the_form_that_is_demanded() {
        for good in ["a", "7", "w001", "W-1=2", &"a".repeat(LONGEST)] {
            assert!(is_unique_id(good), "{good}");
        }
        let long = "a".repeat(LONGEST + 1);
        for bad in ["", "-a", "=a", "a b", "a@b", "a.b", "\u{e4}", &long] {
            assert!(!is_unique_id(bad), "{bad}");
        }
    }
}

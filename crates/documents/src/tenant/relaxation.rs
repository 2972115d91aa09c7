//! In what a service provider is held to less than saml2int demands.

use super::{GivenNameId, NameIdRule, Saml, SamlSigns};

/// The longest entity id of saml2int, in characters (SDP-G04).
const LONGEST: usize = 256;

/// Something that is relaxed, and what it can lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Relaxation {
    /// The field of `spec.saml` that relaxes it, or that is missing.
    pub field: &'static str,
    /// The clause of saml2int that is not met; `None` where that leaves it open.
    pub clause: Option<&'static str>,
    /// What it can lead to.
    pub risk: &'static str,
    /// What to write in its place.
    pub fix: &'static str,
}

impl Saml {
    /// Everything that is relaxed, in the order of the document's fields. One that is held to saml2int has nothing
    /// here that a clause forbids: its document would have been refused.
    #[must_use]
    pub fn relaxations(&self) -> Vec<Relaxation> {
        let all = [
            (!is_name(&self.entity_id)).then_some(ENTITY_ID),
            self.valid_until.is_none().then_some(ENDLESS),
            lasting(&self.name_id),
            self.attributes
                .keys()
                .any(|name| !name.contains(':'))
                .then_some(PLAIN_NAMES),
            self.slo.is_none().then_some(NO_LOGOUT),
            self.soap_logout.is_none().then_some(UNTOLD),
            self.slo
                .as_ref()
                .is_some_and(|slo| slo.by_post)
                .then_some(LOGOUT_BY_FORM),
            (self.sign == SamlSigns::Assertion).then_some(RESPONSE_UNSIGNED),
            self.encryption.is_none().then_some(IN_THE_CLEAR),
            self.idp_initiated.then_some(UNASKED),
        ];
        all.into_iter().flatten().collect()
    }
}

/// An absolute URI that is not too long.
fn is_name(entity_id: &str) -> bool {
    let scheme = entity_id.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    scheme.is_some_and(is_scheme) && entity_id.len() <= LONGEST
}

fn lasting(rule: &NameIdRule) -> Option<Relaxation> {
    match rule {
        NameIdRule::Transient => None,
        NameIdRule::Pairwise | NameIdRule::Given(GivenNameId::Persistent, _) => Some(LASTING_NAME),
        NameIdRule::Given(GivenNameId::EmailAddress | GivenNameId::Unspecified, _) => {
            Some(NAME_OF_OTHERS)
        }
    }
}

const ENTITY_ID: Relaxation = Relaxation {
    field: "entity_id",
    clause: Some("SDP-G04"),
    risk: "it is called by something that is no absolute URI of at most 256 characters: others may be called the same",
    fix: "have the app call itself by an address of its own",
};
const ENDLESS: Relaxation = Relaxation {
    field: "valid_until",
    clause: Some("SDP-MD03"),
    risk: "what its metadata said counts until somebody takes it out: a key that it has given up counts on",
    fix: "write until when its metadata count (`validUntil`)",
};
const LASTING_NAME: Relaxation = Relaxation {
    field: "name_id",
    clause: Some("SDP-IDP12"),
    risk: "people keep one name there, which stands in every word of logout as well",
    fix: "write `name_id: {format: transient}`, and `pairwise_id` for a name that stays",
};
const NAME_OF_OTHERS: Relaxation = Relaxation {
    field: "name_id",
    clause: Some("SDP-IDP12"),
    risk: "people are called by something that can be given to somebody else, who would take over their account",
    fix: "write `name_id: {format: transient}`, and `pairwise_id` for a name that stays",
};
const PLAIN_NAMES: Relaxation = Relaxation {
    field: "attributes",
    clause: Some("SDP-IDP18"),
    risk: "attributes have plain names, which the app may understand otherwise",
    fix: "name each by a URI, as in `urn:oid:0.9.2342.19200300.100.1.3` for mail",
};
const NO_LOGOUT: Relaxation = Relaxation {
    field: "slo",
    clause: None,
    risk: "it takes no word of logout: signing out there ends nothing here",
    fix: "write `slo` where it takes any",
};
const UNTOLD: Relaxation = Relaxation {
    field: "soap_logout",
    clause: None,
    risk: "it is not told that a session has ended, and goes on until that would have ended by itself",
    fix: "write `soap_logout` where it is called without a browser",
};
const LOGOUT_BY_FORM: Relaxation = Relaxation {
    field: "slo",
    clause: Some("SDP-IDP28"),
    risk: "word of logout goes by a form, which browsers send without what they hold of the app",
    fix: "write `binding: redirect`",
};
const RESPONSE_UNSIGNED: Relaxation = Relaxation {
    field: "sign",
    clause: Some("SDP-IDP09"),
    risk: "what stands around the assertion is not signed, and an app that reads it believes anybody",
    fix: "write `sign: both` or `sign: response`",
};
const IN_THE_CLEAR: Relaxation = Relaxation {
    field: "encrypt",
    clause: Some("SDP-IDP11"),
    risk: "what is said of people can be read in their browsers, by whatever is installed there",
    fix: "write `encrypt` with a certificate of its metadata",
};
const UNASKED: Relaxation = Relaxation {
    field: "idp_initiated",
    clause: None,
    risk: "it takes what it has not asked for: somebody can be signed in as another who wants that",
    fix: "have the app begin sign-ins itself, and write its `start_url`",
};

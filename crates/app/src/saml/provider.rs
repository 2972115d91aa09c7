//! Service providers as documents declare them.

use documents::{NameIdRule, RelyingParty, Saml};
use model::Diagnostic;
use protocol::saml::signature::{CertificateError, VerifyingKey};
use protocol::saml::{Consumer, EntityId, Location, NameIdFormat, ServiceProvider};

/// What requests are held to. An address or a name that is none was refused when the document was pushed;
/// one that came past that is left out, so that it is never answered.
pub(super) fn provider(saml: &Saml) -> Option<ServiceProvider> {
    let entity_id = EntityId::new(&saml.entity_id).ok()?;
    let consumers = saml.acs.iter().enumerate().filter_map(|(place, acs)| {
        Some(Consumer {
            index: acs.index,
            is_default: (place == 0).then_some(true),
            location: Location::new(&acs.url).ok()?,
        })
    });
    let mut provider = ServiceProvider::new(entity_id, consumers.collect());
    provider.signing_keys = keys(saml).filter_map(Result::ok).collect();
    provider.signs_requests = saml.want_signed_requests;
    provider.name_id_formats = vec![format(&saml.name_id)];
    Some(provider)
}

/// The kind of names that a document gives.
pub(super) const fn format(rule: &NameIdRule) -> NameIdFormat {
    use documents::GivenNameId;
    match rule {
        NameIdRule::Pairwise | NameIdRule::Given(GivenNameId::Persistent, _) => {
            NameIdFormat::Persistent
        }
        NameIdRule::Transient => NameIdFormat::Transient,
        NameIdRule::Given(GivenNameId::EmailAddress, _) => NameIdFormat::EmailAddress,
        NameIdRule::Given(GivenNameId::Unspecified, _) => NameIdFormat::Unspecified,
    }
}

fn keys(saml: &Saml) -> impl Iterator<Item = Result<VerifyingKey, CertificateError>> + '_ {
    let all = saml.certificates.iter();
    all.map(|base64| VerifyingKey::from_base64(base64))
}

/// Certificates of a relying party that nobody could sign with: requests would be refused one by one, and it
/// would look like an attack.
pub(crate) fn unusable_certificates(party: &RelyingParty) -> Vec<Diagnostic> {
    let all = party.saml().into_iter().flat_map(keys).enumerate();
    all.filter_map(|(place, key)| {
        Some(Diagnostic {
            code: "TNR-SIGN-0019".to_owned(),
            place: format!("RelyingParty {}", party.name),
            line: 0,
            column: 0,
            field: format!("spec.saml.certificates[{place}]"),
            problem: key.err()?.to_string(),
            fix: "copy it from the app's metadata again, or have the app make another one"
                .to_owned(),
        })
    })
    .collect()
}

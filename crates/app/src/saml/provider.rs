//! Service providers as documents declare them.

use documents::{IdentityProvider, KeyTransport, NameIdRule, RelyingParty, Saml, SamlCipher, Slo};
use model::Diagnostic;
use protocol::saml::encryption::{Cipher, EncryptionKey, Transport};
use protocol::saml::signature::{CertificateError, VerifyingKey};
use protocol::saml::{
    AttributeService, Binding, Consumer, EntityId, Location, LogoutService, NameIdFormat,
    ServiceProvider,
};

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
    provider.logouts = saml.slo.iter().filter_map(logout).collect();
    let called = saml.soap_logout.as_ref();
    provider.back_channel_logout = called.and_then(|soap| Location::new(&soap.url).ok());
    provider.signing_keys = keys(saml).filter_map(Result::ok).collect();
    let sets = saml.attribute_sets.iter().enumerate();
    let sets = sets.map(|(place, set)| AttributeService {
        index: set.index,
        is_default: (place == 0).then_some(true),
        attributes: set
            .attributes
            .iter()
            .map(|name| (name.clone(), false))
            .collect(),
    });
    provider.attribute_services = sets.collect();
    provider.valid_until = saml.valid_until;
    provider.signs_requests = saml.want_signed_requests;
    provider.name_id_formats = vec![format(&saml.name_id)];
    Some(provider)
}

/// Where it is answered when it has signed somebody out.
fn logout(slo: &Slo) -> Option<LogoutService> {
    let response_location = match &slo.response_url {
        Some(url) => Some(Location::new(url).ok()?),
        None => None,
    };
    Some(LogoutService {
        binding: match slo.by_post {
            true => Binding::Post,
            false => Binding::Redirect,
        },
        location: Location::new(&slo.url).ok()?,
        response_location,
    })
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

/// For whom an assertion is encrypted; `None`: it is sent in the clear.
pub(super) fn encryption_key(saml: &Saml) -> Option<Result<EncryptionKey, CertificateError>> {
    let given = saml.encryption.as_ref()?;
    let read = EncryptionKey::from_base64(&given.certificate);
    Some(read.map(|mut key| {
        key.cipher = match given.cipher {
            SamlCipher::Aes256Gcm => Cipher::Aes256Gcm,
            SamlCipher::Aes128Gcm => Cipher::Aes128Gcm,
        };
        key.transport = match given.key_transport {
            KeyTransport::OaepSha1 => Transport::OaepSha1,
            KeyTransport::OaepSha256 => Transport::OaepSha256,
        };
        key
    }))
}

fn keys(saml: &Saml) -> impl Iterator<Item = Result<VerifyingKey, CertificateError>> + '_ {
    let all = saml.certificates.iter();
    all.map(|base64| VerifyingKey::from_base64(base64))
}

/// Certificates of an identity provider by which nobody could vouch.
pub(crate) fn unusable_signers(provider: &IdentityProvider) -> Vec<Diagnostic> {
    let saml = provider.saml().into_iter();
    let keys = saml.flat_map(|saml| saml.certificates.iter().enumerate());
    let unusable = keys.filter_map(|(place, base64)| {
        let why = VerifyingKey::from_base64(base64).err()?;
        Some(Diagnostic {
            code: "TNR-SIGN-0019".to_owned(),
            place: format!("IdentityProvider {}", provider.name),
            line: 0,
            column: 0,
            field: format!("spec.saml.certificates[{place}]"),
            problem: why.to_string(),
            fix: "copy it from the provider's metadata again, or have it make another one"
                .to_owned(),
        })
    });
    unusable.collect()
}

/// Certificates of a relying party that nobody could sign with or be encrypted for: requests would be refused
/// one by one, and it would look like an attack; and nobody could be signed in.
pub(crate) fn unusable_certificates(party: &RelyingParty) -> Vec<Diagnostic> {
    let Some(saml) = party.saml() else {
        return Vec::new();
    };
    let signing = keys(saml).enumerate();
    let signing = signing.map(|(place, key)| (format!("certificates[{place}]"), key.err()));
    let encryption = encryption_key(saml).map(|key| ("encrypt.certificate".to_owned(), key.err()));
    let signer = saml.metadata.as_ref().and_then(|at| at.signed_by.as_ref());
    let signer = signer.map(|base64| VerifyingKey::from_base64(base64));
    let signer = signer.map(|key| ("metadata.signed_by".to_owned(), key.err()));
    let all = signing.chain(encryption).chain(signer);
    all.filter_map(|(field, why)| {
        Some(Diagnostic {
            code: "TNR-SIGN-0019".to_owned(),
            place: format!("RelyingParty {}", party.name),
            line: 0,
            column: 0,
            field: format!("spec.saml.{field}"),
            problem: why?.to_string(),
            fix: "copy it from the app's metadata again, or have the app make another one"
                .to_owned(),
        })
    })
    .collect()
}

//! What service providers are told of us, and the key and certificate that we sign with.

use std::collections::BTreeSet;
use std::time::Duration;

use model::Timestamp;
use protocol::jose::{Algorithm, Key as _, SigningKey};
use protocol::saml::metadata::IdentityProvider;
use protocol::saml::signature::{Credential, CredentialError, self_signed};
use protocol::saml::{Binding, NameIdFormat};

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// How long our metadata count; whoever configures itself by them fetches them more often.
const COUNTS: Duration = Duration::from_secs(30 * 24 * 3_600);
/// From when to when a certificate is: from before there were any keys to the end of 2099. How long a key is
/// used stands in the log, not on its envelope.
const VALID: (i64, i64) = (1_767_225_600, 4_102_444_799);

impl App {
    /// The metadata of this identity provider (SAML Metadata §2.4.3), signed.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn saml_metadata(&self) -> Result<String, AppError> {
        let keys = self.keys(&[]).await?;
        let credential = keys.credential()?;
        let (location, slo) = (self.sso()?, self.slo()?);
        let (entity_id, id) = (self.entity_id()?, self.message_id());
        // Whoever fetches these once a day believes the next key before it is signed with.
        let signs = [Some(credential), keys.next_credential()];
        let signs: Vec<_> = signs
            .into_iter()
            .flatten()
            .map(Credential::public)
            .collect();
        let sign_in = Binding::ALL.map(|binding| (binding, location.clone()));
        let logout = Binding::ALL.map(|binding| (binding, slo.clone()));
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => None,
            loaded => Some(loaded?),
        };
        let scopes = scopes(loaded.as_deref());
        let provider = IdentityProvider {
            entity_id: &entity_id,
            id: &id,
            valid_until: self.now().plus(COUNTS),
            keys: &signs,
            sign_in: &sign_in,
            logout: &logout,
            name_id_formats: &[
                NameIdFormat::Persistent,
                NameIdFormat::EmailAddress,
                NameIdFormat::Transient,
                NameIdFormat::Unspecified,
            ],
            wants_signed_requests: false,
            error_url: None,
            display_name: None,
            logo: None,
            scopes: &scopes,
            contact: None,
        };
        let written = provider.write(Some(credential));
        written.map_err(|why| super::give::unwritten(&why))
    }
}

/// The domains that stand behind an `@` of ours: some service providers take no other.
fn scopes(loaded: Option<&Loaded>) -> Vec<&str> {
    let parties = loaded
        .into_iter()
        .flat_map(|loaded| loaded.tenant.relying_parties.values());
    let all = parties.filter_map(|party| party.saml()?.pairwise_id.as_deref());
    let all: BTreeSet<&str> = all.collect();
    all.into_iter().collect()
}

/// A key of ours with its certificate. The same key always has the same one, to the bit: nothing of it is
/// drawn, and RSASSA-PKCS1-v1_5 draws nothing either. So it needs no place of its own, and a node or a restore
/// cannot come to another one than service providers hold.
///
/// # Errors
/// [`CredentialError`]: when SAML is not signed with such a key.
pub(crate) fn credential(key: SigningKey) -> Result<Credential, CredentialError> {
    if key.public().algorithm() != Algorithm::Rs256 {
        return Err(CredentialError::Algorithm(key.public().algorithm()));
    }
    let kid = key.public().kid().unwrap_or_default().to_owned();
    let drawn = model::Digest::of(kid.as_bytes()).0;
    let mut serial = [0; 16];
    serial.copy_from_slice(&drawn[..16]);
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
    let name = format!("Tenure {kid}");
    let certificate = self_signed(&key, &name, (at(VALID.0), at(VALID.1)), serial)?;
    Credential::new(key, &certificate)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What service providers hold must not change because a node starts, or a store is restored.
    #[test]
    fn a_key_always_has_the_same_certificate() {
        let (key, private) = SigningKey::generate(Algorithm::Rs256).unwrap();
        let again = SigningKey::from_pkcs8(Algorithm::Rs256, private.expose()).unwrap();
        let (one, two) = (credential(key).unwrap(), credential(again).unwrap());
        assert_eq!(one.public().certificate(), two.public().certificate());
        let ends = one.public().not_after().unwrap();
        assert!(
            ends.to_string().starts_with("2099-12-31T23:59:59"),
            "{ends}"
        );
    }
}

//! What service providers are told of us, and the key and certificate that we sign with.

use std::collections::BTreeSet;
use std::time::Duration;

use documents::{RelyingParty, Saml, SamlKey};
use model::Timestamp;
use protocol::jose::{Algorithm, Key as _, SigningKey};
use protocol::saml::metadata::{Contact, IdentityProvider, Logo};
use protocol::saml::signature::{Credential, CredentialError, self_signed};
use protocol::saml::{Binding, Location, NameIdFormat};

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// How long our metadata count; whoever configures itself by them fetches them more often.
const COUNTS: Duration = Duration::from_secs(30 * 24 * 3_600);
/// From when to when a certificate is: from before there were any keys to the end of 2099. How long a key is
/// used stands in the log, not on its envelope.
const VALID: (i64, i64) = (1_767_225_600, 4_102_444_799);

/// The kinds of names that are given.
const FORMATS: [NameIdFormat; 4] = [
    NameIdFormat::Persistent,
    NameIdFormat::EmailAddress,
    NameIdFormat::Transient,
    NameIdFormat::Unspecified,
];

impl App {
    /// The metadata of this identity provider (SAML Metadata §2.4.3), signed.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn saml_metadata(&self) -> Result<String, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => None,
            loaded => Some(loaded?),
        };
        self.metadata_for(loaded.as_deref(), None).await
    }

    /// The same for one service provider: the key that signs for it comes first, since some hold one certificate and
    /// take the first. `None`: there is none of that name. Whoever fetches them while a key is staged could hold it.
    ///
    /// # Errors
    /// As [`App::saml_metadata`].
    pub async fn saml_metadata_for(&self, name: &str) -> Result<Option<String>, AppError> {
        let loaded = self.loaded().await?;
        let party = loaded.tenant.relying_parties.get(name);
        let Some((party, saml)) = party.and_then(|party| Some((party, party.saml()?))) else {
            return Ok(None);
        };
        let text = self.metadata_for(Some(&loaded), Some(saml)).await?;
        self.metadata_fetched(party, saml).await?;
        Ok(Some(text))
    }

    async fn metadata_for(
        &self,
        loaded: Option<&Loaded>,
        saml: Option<&Saml>,
    ) -> Result<String, AppError> {
        let keys = self.keys(&[]).await?;
        let credential = keys.credential()?;
        let (location, slo) = (self.sso()?, self.slo()?);
        let (entity_id, id) = (self.entity_id()?, self.message_id());
        // Whoever fetches these once a day believes the next key before it is signed with.
        let mut signs = [Some(credential), keys.next_credential()];
        if saml.is_some_and(|saml| saml.signing_key == SamlKey::Next) {
            signs.reverse();
        }
        let signs = signs.into_iter().flatten();
        let signs: Vec<_> = signs.map(Credential::public).collect();
        let sign_in = Binding::ALL.map(|binding| (binding, location.clone()));
        let logout = Binding::ALL.map(|binding| (binding, slo.clone()));
        let scopes = scopes(loaded);
        let told = loaded.and_then(|loaded| loaded.tenant.saml_metadata.as_ref());
        // What is longer than SAML has for addresses is left out: nobody could read the rest otherwise.
        let error_url = told.and_then(|told| Location::new(&told.error_url).ok());
        let provider = IdentityProvider {
            entity_id: &entity_id,
            id: &id,
            valid_until: self.now().plus(COUNTS),
            keys: &signs,
            sign_in: &sign_in,
            logout: &logout,
            name_id_formats: &FORMATS,
            wants_signed_requests: false,
            error_url: error_url.as_ref(),
            display_name: told.map(|told| (&*told.language, &*told.display_name)),
            logo: told.map(|told| Logo {
                url: &told.logo.url,
                width: told.logo.width,
                height: told.logo.height,
            }),
            scopes: &scopes,
            contact: told.map(|told| Contact {
                company: &told.contact.company,
                email: &told.contact.email,
            }),
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
    let of_parties = parties.filter_map(RelyingParty::saml).flat_map(|saml| {
        let general = saml.subject_id.as_ref().map(|rule| rule.scope.as_str());
        general.into_iter().chain(saml.pairwise_id.as_deref())
    });
    let told = loaded.and_then(|loaded| loaded.tenant.saml_metadata.as_ref());
    let told = told.into_iter().flat_map(|told| &told.scopes);
    let all: BTreeSet<&str> = of_parties.chain(told.map(String::as_str)).collect();
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

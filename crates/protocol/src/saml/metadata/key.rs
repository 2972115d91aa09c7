//! The keys of a service provider, and by what is encrypted for them (SAML Metadata §2.4.1.1).

use super::{MetadataError, Notice};
use crate::saml::ServiceProvider;
use crate::saml::encryption::{Cipher, EncryptionKey, Transport};
use crate::saml::signature::VerifyingKey;
use crate::saml::xml::{Element, Space};

/// The most keys.
const MOST_KEYS: usize = 32;

/// A key, for what it says that it is for; for both, if it says nothing (SAML Metadata §2.4.1.1).
pub(super) fn read(
    element: Element<'_>,
    provider: &mut ServiceProvider,
    notices: &mut Vec<Notice>,
) -> Result<(), MetadataError> {
    let (signs, encrypts) = match element.attribute("use") {
        None => (true, true),
        Some("signing") => (true, false),
        Some("encryption") => (false, true),
        Some(_) => return Err(MetadataError::Malformed("KeyDescriptor")),
    };
    let info = element
        .one(Space::Signature, "KeyInfo")?
        .ok_or(MetadataError::Malformed("KeyDescriptor"))?;
    let data = info.all(Space::Signature, "X509Data");
    let certificates: Vec<_> = data
        .flat_map(|data| data.all(Space::Signature, "X509Certificate"))
        .collect();
    if certificates.is_empty() {
        notices.push(Notice::BareKey);
    }
    for certificate in certificates {
        let text = certificate.text()?;
        if signs {
            match VerifyingKey::from_base64(&text) {
                Ok(key) => provider.signing_keys.push(key),
                Err(why) => notices.push(Notice::Certificate(why)),
            }
        }
        if encrypts {
            match (EncryptionKey::from_base64(&text), methods(element)) {
                (Ok(mut key), Some(methods)) => {
                    (key.cipher, key.transport) = methods;
                    provider.encryption_keys.push(key);
                }
                (Ok(_), None) => notices.push(Notice::OldEncryption),
                // Said already, where it signs as well.
                (Err(_), _) if signs => {}
                (Err(why), _) => notices.push(Notice::Certificate(why)),
            }
        }
        if provider.signing_keys.len() + provider.encryption_keys.len() > MOST_KEYS {
            return Err(MetadataError::TooMany("KeyDescriptor"));
        }
    }
    Ok(())
}

/// By what is encrypted for a key: of what it lists, what is liked best; of what it does not list, the usual.
/// `None` when it lists only what is not spoken.
fn methods(element: Element<'_>) -> Option<(Cipher, Transport)> {
    let listed: Vec<Element<'_>> = element.all(Space::Metadata, "EncryptionMethod").collect();
    let names = || listed.iter().filter_map(|one| one.attribute("Algorithm"));
    let is_transport = |name: &str| name.contains("#rsa-");
    let has = |wanted: &str| names().any(|name| name == wanted);
    let cipher = if names().all(is_transport) {
        Some(Cipher::default())
    } else {
        Cipher::ALL.into_iter().find(|one| has(one.uri()))
    };
    let transport = if names().any(is_transport) {
        let mut all = Transport::ALL.into_iter();
        all.find(|one| listed.iter().any(|method| is_for(*method, *one)))
    } else {
        Some(Transport::default())
    };
    cipher.zip(transport)
}

/// Whether a method is that one. RSA-OAEP of 1.1 has its digest and mask beside it.
fn is_for(method: Element<'_>, transport: Transport) -> bool {
    let says = |space, local, uri| {
        let mut all = method.all(space, local);
        all.any(|one| one.attribute("Algorithm") == Some(uri))
    };
    method.attribute("Algorithm") == Some(transport.uri())
        && (transport == Transport::OaepSha1
            || says(Space::Signature, "DigestMethod", Transport::SHA256)
                && says(Space::Encryption11, "MGF", Transport::MASK))
}

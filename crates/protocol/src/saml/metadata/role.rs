//! What a service provider says of itself (SAML Metadata §2.4.4).

use super::{MetadataError, Notice};
use crate::saml::authn::{flag, number};
use crate::saml::encryption::{Cipher, EncryptionKey, Transport};
use crate::saml::signature::VerifyingKey;
use crate::saml::xml::{Element, Space};
use crate::saml::{
    AttributeService, Binding, Consumer, EntityId, Location, LogoutService, NameIdFormat,
    ServiceProvider,
};

/// The most services of one kind.
const MOST_SERVICES: usize = 512;
/// How services are called without a browser (SAML Bindings §3.2).
const SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
/// The most keys.
const MOST_KEYS: usize = 32;
/// The longest name of an attribute, in bytes.
const LONGEST_NAME: usize = 512;

/// Whether it speaks SAML 2.0 (`protocolSupportEnumeration`).
pub(super) fn is_spoken(role: Element<'_>) -> bool {
    let spoken = role
        .attribute("protocolSupportEnumeration")
        .unwrap_or_default();
    let mut spoken = spoken.split_ascii_whitespace();
    spoken.any(|protocol| protocol == Space::Protocol.uri())
}

/// Whether an entity is a service provider of SAML 2.0.
pub(super) fn is_provider(entity: Element<'_>) -> bool {
    let mut roles = entity.all(Space::Metadata, "SPSSODescriptor");
    roles.any(is_spoken)
}

pub(super) fn read(
    entity: Element<'_>,
    role: Element<'_>,
) -> Result<(ServiceProvider, Vec<Notice>), MetadataError> {
    let named = entity.attribute("entityID");
    let entity_id = EntityId::new(named.ok_or(MetadataError::Malformed("entityID"))?)?;
    let mut notices = Vec::new();
    let consumers = consumers(role, &mut notices)?;
    let mut provider = ServiceProvider::new(entity_id, consumers);
    (provider.logouts, provider.back_channel_logout) = logouts(role, &mut notices)?;
    for element in role.all(Space::Metadata, "KeyDescriptor") {
        key(element, &mut provider, &mut notices)?;
    }
    provider.signs_requests = truth(role, "AuthnRequestsSigned")?.unwrap_or(false);
    provider.wants_signed_assertions = truth(role, "WantAssertionsSigned")?.unwrap_or(false);
    for element in role.all(Space::Metadata, "NameIDFormat") {
        match NameIdFormat::named(&element.uri()?) {
            Some(format) => provider.name_id_formats.push(format),
            None => notices.push(Notice::NameIdFormat),
        }
    }
    provider.attribute_services = attribute_services(role)?;
    Ok((provider, notices))
}

fn consumers(role: Element<'_>, notices: &mut Vec<Notice>) -> Result<Vec<Consumer>, MetadataError> {
    const NAME: &str = "AssertionConsumerService";
    let mut consumers: Vec<Consumer> = Vec::new();
    for element in role.all(Space::Metadata, NAME) {
        let index = index(element, NAME)?;
        let binding = binding(element, NAME)?;
        if binding != Some(Binding::Post) {
            notices.push(Notice::Binding(NAME, binding));
            continue;
        }
        if consumers.iter().any(|other| other.index == index) {
            return Err(MetadataError::SameIndex(NAME));
        }
        if consumers.len() >= MOST_SERVICES {
            return Err(MetadataError::TooMany(NAME));
        }
        consumers.push(Consumer {
            index,
            is_default: truth(element, "isDefault")?,
            location: location(element, "Location", NAME, notices)?,
        });
    }
    if consumers.is_empty() {
        return Err(MetadataError::NoConsumer);
    }
    Ok(consumers)
}

/// Those that browsers go to, and the first that is called without one.
fn logouts(
    role: Element<'_>,
    notices: &mut Vec<Notice>,
) -> Result<(Vec<LogoutService>, Option<Location>), MetadataError> {
    const NAME: &str = "SingleLogoutService";
    let (mut logouts, mut back_channel) = (Vec::new(), None);
    for element in role.all(Space::Metadata, NAME) {
        let Some(binding) = binding(element, NAME)? else {
            if back_channel.is_none() && element.attribute("Binding") == Some(SOAP) {
                back_channel = Some(location(element, "Location", NAME, notices)?);
            } else {
                notices.push(Notice::Binding(NAME, None));
            }
            continue;
        };
        if logouts.len() >= MOST_SERVICES {
            return Err(MetadataError::TooMany(NAME));
        }
        let response_location = match element.attribute("ResponseLocation") {
            None => None,
            Some(_) => Some(location(element, "ResponseLocation", NAME, notices)?),
        };
        logouts.push(LogoutService {
            binding,
            location: location(element, "Location", NAME, notices)?,
            response_location,
        });
    }
    Ok((logouts, back_channel))
}

fn attribute_services(role: Element<'_>) -> Result<Vec<AttributeService>, MetadataError> {
    const NAME: &str = "AttributeConsumingService";
    let mut services: Vec<AttributeService> = Vec::new();
    for element in role.all(Space::Metadata, NAME) {
        let index = index(element, NAME)?;
        if services.iter().any(|other| other.index == index) {
            return Err(MetadataError::SameIndex(NAME));
        }
        let mut attributes = Vec::new();
        for asked in element.all(Space::Metadata, "RequestedAttribute") {
            let name = asked.attribute("Name").filter(|name| {
                let length = name.len();
                (1..=LONGEST_NAME).contains(&length)
            });
            let name = name.ok_or(MetadataError::Malformed("RequestedAttribute"))?;
            let is_required = truth(asked, "isRequired")?.unwrap_or(false);
            attributes.push((name.to_owned(), is_required));
        }
        services.push(AttributeService {
            index,
            is_default: truth(element, "isDefault")?,
            attributes,
        });
    }
    Ok(services)
}

/// A key, for what it says that it is for; for both, if it says nothing (SAML Metadata §2.4.1.1).
fn key(
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

fn location(
    element: Element<'_>,
    attribute: &'static str,
    name: &'static str,
    notices: &mut Vec<Notice>,
) -> Result<Location, MetadataError> {
    let said = element.attribute(attribute);
    let location = Location::new(said.ok_or(MetadataError::Malformed(name))?)?;
    let notice = Notice::Plain(name);
    if !location.is_encrypted() && !notices.contains(&notice) {
        notices.push(notice);
    }
    Ok(location)
}

fn binding(element: Element<'_>, name: &'static str) -> Result<Option<Binding>, MetadataError> {
    let said = element.attribute("Binding");
    Ok(Binding::named(said.ok_or(MetadataError::Malformed(name))?))
}

fn index(element: Element<'_>, name: &'static str) -> Result<u16, MetadataError> {
    let said = element.attribute("index").and_then(number);
    said.ok_or(MetadataError::Malformed(name))
}

/// A truth that may be left out.
fn truth(element: Element<'_>, name: &'static str) -> Result<Option<bool>, MetadataError> {
    if element.attribute(name).is_none() {
        return Ok(None);
    }
    let read = flag(element, name);
    read.map(Some).ok_or(MetadataError::Malformed(name))
}

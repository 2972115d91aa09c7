//! What a service provider says of itself (SAML Metadata §2.4.4).

use super::{MetadataError, Notice, key};
use crate::saml::authn::{flag, number};
use crate::saml::xml::{Element, Space};
use crate::saml::{
    AttributeService, Binding, Consumer, EntityId, Location, LogoutService, NameIdFormat,
    ServiceProvider, SubjectId,
};

/// The most services of one kind.
const MOST_SERVICES: usize = 512;
/// How services are called without a browser (SAML Bindings §3.2).
const SOAP: &str = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP";
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
        key::read(element, &mut provider, &mut notices)?;
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
    provider.subject_id = subject_id(entity)?;
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

/// Which lasting name it wants. One that says two things, or another one, says nothing.
fn subject_id(entity: Element<'_>) -> Result<Option<SubjectId>, MetadataError> {
    let extensions = entity.one(Space::Metadata, "Extensions")?;
    let sets = extensions
        .into_iter()
        .flat_map(|one| one.all(Space::EntityAttributes, "EntityAttributes"));
    let attributes = sets.flat_map(|set| set.all(Space::Assertion, "Attribute"));
    let mut wanted = attributes.filter(|one| one.attribute("Name") == Some(SubjectId::REQUIREMENT));
    let (Some(attribute), None) = (wanted.next(), wanted.next()) else {
        return Ok(None);
    };
    let value = attribute.one(Space::Assertion, "AttributeValue")?;
    let said = value.map(Element::uri).transpose()?;
    Ok(said.and_then(|said| SubjectId::named(&said)))
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

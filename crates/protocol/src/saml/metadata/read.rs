//! The entity in a document of metadata (SAML Metadata §2.3).

use std::time::Duration;

use model::Timestamp;

use super::role;
use super::{MetadataError, Notice};
use crate::saml::signature::{VerifyingKey, is_signed, verify};
use crate::saml::xml::{Element, Limits, Space, Tree};
use crate::saml::{ServiceProvider, instant};

/// What is demanded of metadata.
#[derive(Debug, Clone, Copy)]
pub struct Demands<'a> {
    /// Now.
    pub now: Timestamp,
    /// Whose metadata it is to be. `None`: that of the only service provider in it.
    pub entity_id: Option<&'a str>,
    /// By whom it has to be signed: keys that did not come with it. `None`: it came from whoever is asked
    /// about, on a way that proves it.
    pub signed_by: Option<&'a [VerifyingKey]>,
    /// How much clocks may differ (saml2int SDP-G01).
    pub skew: Duration,
    /// Within which time it has to end, as it says itself (saml2int SDP-MD03): by that, keys are revoked. `None`:
    /// it need not say.
    pub ends_within: Option<Duration>,
}

/// Metadata that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What it says.
    pub provider: ServiceProvider,
    /// What was passed over.
    pub notices: Vec<Notice>,
    /// After which time it asks to be read again (`cacheDuration`), where it says so: the shortest that it says of
    /// itself and of what is around it.
    pub cached_for: Option<Duration>,
}

/// Reads metadata of a service provider.
///
/// # Errors
/// [`MetadataError`].
pub fn read(bytes: &[u8], demands: &Demands<'_>) -> Result<Imported, MetadataError> {
    let tree = Tree::read_bytes(bytes, &Limits::METADATA)?;
    let root = tree.root();
    let mut found = Vec::new();
    collect(root, (None, None), &mut found)?;
    let entity = chosen(&found, demands)?;
    if let Some(keys) = demands.signed_by {
        // What covers a whole set covers each in it.
        let signed = if is_signed(root) {
            root
        } else {
            entity.element
        };
        verify(signed, keys)?;
    }
    let mut roles = entity.element.all(Space::Metadata, "SPSSODescriptor");
    let mut spoken = roles.by_ref().filter(|role| role::is_spoken(*role));
    let (Some(role), None) = (spoken.next(), spoken.next()) else {
        return Err(MetadataError::NoProvider);
    };
    let valid_until = least(entity.valid_until, valid_until(role)?);
    if valid_until.is_some_and(|until| until.plus(demands.skew) <= demands.now) {
        return Err(MetadataError::Ended);
    }
    if let Some(longest) = demands.ends_within {
        // Of the whole document: what it says further in, it says of itself (saml2int SDP-MD03).
        let until = self::valid_until(root)?.ok_or(MetadataError::Endless)?;
        if until > demands.now.plus(longest).plus(demands.skew) {
            return Err(MetadataError::Far);
        }
    }
    let (mut provider, notices) = role::read(entity.element, role)?;
    provider.valid_until = valid_until;
    Ok(Imported {
        provider,
        notices,
        cached_for: least(entity.cached_for, cached_for(role)?),
    })
}

/// An entity, until when it and whatever is around it count, and for how long they are kept.
struct Entity<'t> {
    element: Element<'t>,
    valid_until: Option<Timestamp>,
    cached_for: Option<Duration>,
}

/// Every entity in there; sets are nested no more deeply than elements are.
fn collect<'t>(
    element: Element<'t>,
    (until, kept): (Option<Timestamp>, Option<Duration>),
    into: &mut Vec<Entity<'t>>,
) -> Result<(), MetadataError> {
    let valid_until = least(until, valid_until(element)?);
    let cached_for = least(kept, cached_for(element)?);
    if element.is(Space::Metadata, "EntityDescriptor") {
        into.push(Entity {
            element,
            valid_until,
            cached_for,
        });
        return Ok(());
    }
    if !element.is(Space::Metadata, "EntitiesDescriptor") {
        return Err(MetadataError::NotMetadata);
    }
    let inner = element.children().filter(|child| {
        ["EntityDescriptor", "EntitiesDescriptor"]
            .into_iter()
            .any(|name| child.is(Space::Metadata, name))
    });
    for child in inner {
        collect(child, (valid_until, cached_for), into)?;
    }
    Ok(())
}

fn chosen<'a, 't>(
    found: &'a [Entity<'t>],
    demands: &Demands<'_>,
) -> Result<&'a Entity<'t>, MetadataError> {
    let is_wanted = |entity: &&Entity<'_>| match demands.entity_id {
        Some(id) => entity.element.attribute("entityID") == Some(id),
        // Others that stand beside it need not be service providers.
        None => found.len() == 1 || role::is_provider(entity.element),
    };
    let mut wanted = found.iter().filter(is_wanted);
    match (wanted.next(), wanted.next(), demands.entity_id) {
        (Some(entity), None, _) => Ok(entity),
        (Some(_), Some(_), None) => Err(MetadataError::Several),
        (None, _, None) => Err(MetadataError::NoProvider),
        _ => Err(MetadataError::NotFound),
    }
}

fn valid_until(element: Element<'_>) -> Result<Option<Timestamp>, MetadataError> {
    let said = element.attribute("validUntil");
    let read = said.map(|text| instant::read(text).ok_or(MetadataError::Malformed("validUntil")));
    read.transpose()
}

fn cached_for(element: Element<'_>) -> Result<Option<Duration>, MetadataError> {
    let said = element.attribute("cacheDuration");
    let read =
        said.map(|text| instant::duration(text).ok_or(MetadataError::Malformed("cacheDuration")));
    read.transpose()
}

/// The lesser of what is said.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    [one, other].into_iter().flatten().min()
}

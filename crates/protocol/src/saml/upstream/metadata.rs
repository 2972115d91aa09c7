//! What another identity provider is told of us as a service provider (SAML Metadata §2.4.4).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;

use crate::saml::response::WriteError;
use crate::saml::signature::{Credential, VerifyingKey, signed};
use crate::saml::xml::{Node, Space};
use crate::saml::{Binding, EntityId, Location, MessageId, instant};

/// The document, signed: who we are, until when that counts, where answers come to, and the keys that requests are or
/// will be signed with.
///
/// # Errors
/// [`WriteError`].
pub fn write(
    (entity_id, id): (&EntityId, &MessageId),
    valid_until: Timestamp,
    acs: &Location,
    keys: &[&VerifyingKey],
    credential: &Credential,
) -> Result<String, WriteError> {
    let part = |local| Node::new(Space::Metadata, local);
    let keys = keys.iter().map(|key| {
        let sign = |local| Node::new(Space::Signature, local);
        let certificate = sign("X509Certificate").text(STANDARD.encode(key.certificate()));
        let data = sign("X509Data").holding([certificate]);
        part("KeyDescriptor")
            .with("use", "signing")
            .holding([sign("KeyInfo").holding([data])])
    });
    let consumer = part("AssertionConsumerService")
        .with("Binding", Binding::Post.uri())
        .with("Location", acs.as_str())
        .with("index", "0")
        .with("isDefault", "true");
    let role = part("SPSSODescriptor")
        .with("AuthnRequestsSigned", "true")
        .with("WantAssertionsSigned", "true")
        .with("protocolSupportEnumeration", Space::Protocol.uri())
        .holding(keys)
        .holding([consumer]);
    let entity = part("EntityDescriptor")
        .with("ID", id.as_str())
        .with("entityID", entity_id.as_str())
        .with("validUntil", instant::write(valid_until))
        .holding([role]);
    Ok(signed(entity, 0, credential)?.write()?)
}

//! What we say of ourselves (SAML Metadata §2.4.3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;

use crate::saml::response::WriteError;
use crate::saml::signature::{Credential, VerifyingKey, signed};
use crate::saml::xml::{Node, Space};
use crate::saml::{Binding, EntityId, Location, MessageId, NameIdFormat, instant};

/// An identity provider, as service providers are told of it.
#[derive(Debug, Clone, Copy)]
pub struct IdentityProvider<'a> {
    /// What it is called.
    pub entity_id: &'a EntityId,
    /// What this document is called.
    pub id: &'a MessageId,
    /// Until when it counts.
    pub valid_until: Timestamp,
    /// The keys that count, whether it signs with them already or not yet: so that they can be changed.
    pub keys: &'a [&'a VerifyingKey],
    /// Where it takes requests to sign in.
    pub sign_in: &'a [(Binding, Location)],
    /// Where it takes word of logout.
    pub logout: &'a [(Binding, Location)],
    /// The kinds of names that it gives.
    pub name_id_formats: &'a [NameIdFormat],
    /// Whether it refuses requests that are not signed, whoever sends them.
    pub wants_signed_requests: bool,
    /// Where people are sent when something went wrong at the service provider (`errorURL`).
    pub error_url: Option<&'a Location>,
    /// What people see of it: the language (BCP 47), and a name in it.
    pub display_name: Option<(&'a str, &'a str)>,
    /// A picture of it, beside the name.
    pub logo: Option<Logo<'a>>,
    /// The domains that it speaks for, in what it says with an `@` in it.
    pub scopes: &'a [&'a str],
    /// Who can be asked.
    pub contact: Option<Contact<'a>>,
}

/// A picture that people see (SAML Metadata Extensions for Login and Discovery UI §2.1.5).
#[derive(Debug, Clone, Copy)]
pub struct Logo<'a> {
    /// Where it is, by `https`; or itself, as a `data` URI.
    pub url: &'a str,
    /// How wide, in pixels.
    pub width: u16,
    /// How high, in pixels.
    pub height: u16,
}

/// Who can be asked about what is technical.
#[derive(Debug, Clone, Copy)]
pub struct Contact<'a> {
    /// Of the organisation.
    pub company: &'a str,
    /// An address for mail.
    pub email: &'a str,
}

impl IdentityProvider<'_> {
    /// The document, signed where a credential is given.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(&self, signed_by: Option<&Credential>) -> Result<String, WriteError> {
        let entity = part("EntityDescriptor")
            .with("ID", self.id.as_str())
            .with("entityID", self.entity_id.as_str())
            .with("validUntil", instant::write(self.valid_until))
            .holding([self.role()])
            .holding(self.contact.map(contact));
        let entity = match signed_by {
            Some(credential) => signed(entity, 0, credential)?,
            None => entity,
        };
        Ok(entity.write()?)
    }

    /// In the order of the schema.
    fn role(&self) -> Node {
        let keys = self.keys.iter().map(|key| {
            let certificate = STANDARD.encode(key.certificate());
            let sign = |local| Node::new(Space::Signature, local);
            let certificate = sign("X509Certificate").text(certificate);
            let data = sign("X509Data").holding([certificate]);
            part("KeyDescriptor")
                .with("use", "signing")
                .holding([sign("KeyInfo").holding([data])])
        });
        let service = |name| {
            move |(binding, location): &(Binding, Location)| {
                part(name)
                    .with("Binding", binding.uri())
                    .with("Location", location.as_str())
            }
        };
        let formats = self.name_id_formats.iter();
        part("IDPSSODescriptor")
            .with(
                "WantAuthnRequestsSigned",
                self.wants_signed_requests.to_string(),
            )
            .with_some("errorURL", self.error_url.map(Location::as_str))
            .with("protocolSupportEnumeration", Space::Protocol.uri())
            .holding(self.extensions())
            .holding(keys)
            .holding(self.logout.iter().map(service("SingleLogoutService")))
            .holding(formats.map(|format| part("NameIDFormat").text(format.uri())))
            .holding(self.sign_in.iter().map(service("SingleSignOnService")))
    }
}

impl IdentityProvider<'_> {
    fn extensions(&self) -> Option<Node> {
        let scope = |scope: &&str| {
            let node = Node::new(Space::Scope, "Scope").with("regexp", "false");
            node.text(*scope)
        };
        let shown = self.display_name.map(|(language, name)| {
            let name = Node::new(Space::Ui, "DisplayName")
                .with("xml:lang", language)
                .text(name);
            Node::new(Space::Ui, "UIInfo")
                .holding([name])
                .holding(self.logo.map(logo))
        });
        let inner: Vec<Node> = self.scopes.iter().map(scope).chain(shown).collect();
        (!inner.is_empty()).then(|| part("Extensions").holding(inner))
    }
}

fn logo(logo: Logo<'_>) -> Node {
    Node::new(Space::Ui, "Logo")
        .with("height", logo.height.to_string())
        .with("width", logo.width.to_string())
        .text(logo.url)
}

fn contact(contact: Contact<'_>) -> Node {
    let email = format!("mailto:{}", contact.email);
    part("ContactPerson")
        .with("contactType", "technical")
        .holding([
            part("Company").text(contact.company),
            part("EmailAddress").text(email),
        ])
}

const fn part(local: &'static str) -> Node {
    Node::new(Space::Metadata, local)
}

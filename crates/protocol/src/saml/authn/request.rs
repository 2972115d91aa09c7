//! What a request says, once it is known who sent it.

use model::Timestamp;

use super::{Refusal, ReplyTo, RequestedContext};
use crate::saml::message::{Header, Message, Reception, Signing};
use crate::saml::xml::{Element, Space};
use crate::saml::{
    Binding, Consumer, NameId, NameIdFormat, Refused, ServiceProvider, Status, StatusCode,
    StatusDetail,
};

/// A request to sign somebody in, of a service provider that is known, to be answered at an address of its own.
#[derive(Debug, Clone)]
pub struct AuthnRequest {
    /// The right to answer it.
    pub reply_to: ReplyTo,
    /// Its ID. With the issuer, it counts once.
    pub id: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Whether it is signed. If it is not, anybody may have made it; the answer still goes to the service
    /// provider alone.
    pub is_signed: bool,
    /// Whether the person has to sign in anew, whoever is signed in.
    pub force_authn: bool,
    /// Whether the person must not be asked anything.
    pub is_passive: bool,
    /// What the person is to be called.
    pub name_id: NameIdPolicy,
    /// Who is to be signed in, and nobody else (`Subject`, SAML Core §3.4.1).
    pub subject: Option<NameId>,
    /// How the person is to be signed in.
    pub context: Option<RequestedContext>,
    /// Which set of attributes is asked for; one that is registered, where any is.
    pub attribute_service: Option<u16>,
}

/// What the person is to be called (`NameIDPolicy`, SAML Core §3.4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameIdPolicy {
    /// The kind of name. `None` and unspecified: whatever the app is given by us.
    pub format: Option<NameIdFormat>,
    /// Whether a name may be made for it.
    pub allow_create: bool,
}

impl AuthnRequest {
    /// Holds a request to the service provider that sent it ([`Message::issuer`]).
    ///
    /// # Errors
    /// [`Refusal`]. Until the sender and the address of the answer fit, it is shown to the person; from
    /// then on it is answered.
    pub fn parse(
        message: &Message<'_>,
        provider: &ServiceProvider,
        at: &Reception<'_>,
    ) -> Result<Self, Refusal> {
        let signing = if provider.signs_requests {
            Signing::Demanded
        } else {
            Signing::Accepted
        };
        let header = message.header("AuthnRequest", provider, at, signing)?;
        let consumer = consumer(header.root, provider)?;
        let to = ReplyTo::new(
            provider.entity_id.clone(),
            consumer.location.clone(),
            header.id.clone(),
            message.received().relay_state().cloned(),
        );
        match Self::rest(&header, provider, &to) {
            Ok(Ok(request)) => Ok(request),
            Ok(Err(status)) => Err(Refusal::Replied { to, status }),
            Err(refused) => Err(Refusal::Shown(refused)),
        }
    }

    /// Everything whose refusal is answered.
    fn rest(
        header: &Header<'_>,
        provider: &ServiceProvider,
        to: &ReplyTo,
    ) -> Result<Result<Self, Status>, Refused> {
        let root = header.root;
        let binding = root.attribute("ProtocolBinding").map(Binding::named);
        if binding.is_some_and(|binding| binding != Some(Binding::Post)) {
            let problem = "responses are sent by HTTP POST alone";
            return Ok(Err(Status::requester(
                StatusDetail::UnsupportedBinding,
                problem,
            )));
        }
        let (Some(force_authn), Some(is_passive)) =
            (flag(root, "ForceAuthn"), flag(root, "IsPassive"))
        else {
            return Ok(Err(malformed("ForceAuthn and IsPassive are true or false")));
        };
        let subject = match subject(root)? {
            Ok(subject) => subject,
            Err(status) => return Ok(Err(status)),
        };
        let name_id = match name_id_policy(root, provider)? {
            Ok(name_id) => name_id,
            Err(status) => return Ok(Err(status)),
        };
        let context = match root.one(Space::Protocol, "RequestedAuthnContext")? {
            None => None,
            Some(element) => match RequestedContext::read(element)? {
                Some(context) => Some(context),
                None => {
                    let problem = "classes are compared by exact, minimum, maximum or better";
                    return Ok(Err(Status::requester(
                        StatusDetail::NoAuthnContext,
                        problem,
                    )));
                }
            },
        };
        let attribute_service = match attribute_service(root, provider) {
            Ok(index) => index,
            Err(status) => return Ok(Err(status)),
        };
        Ok(Ok(Self {
            reply_to: to.clone(),
            id: header.id.clone(),
            issued_at: header.issued_at,
            is_signed: header.is_signed,
            force_authn,
            is_passive,
            name_id,
            subject,
            context,
            attribute_service,
        }))
    }
}

/// The one of the registered addresses that the request names; the default where it names none.
fn consumer<'p>(root: Element<'_>, provider: &'p ServiceProvider) -> Result<&'p Consumer, Refused> {
    let mut all = provider.consumers.iter();
    let url = root.attribute("AssertionConsumerServiceURL");
    let index = root.attribute("AssertionConsumerServiceIndex");
    let found = match (url, index) {
        (Some(_), Some(_)) => return Err(Refused::ConsumerTwice),
        (None, Some(_)) if root.attribute("ProtocolBinding").is_some() => {
            return Err(Refused::ConsumerTwice);
        }
        (Some(url), None) => all.find(|one| one.location.equals(url)),
        (None, Some(index)) => {
            let index = number(index).ok_or(Refused::Malformed("AssertionConsumerServiceIndex"))?;
            all.find(|one| one.index == index)
        }
        (None, None) => provider.default_consumer(),
    };
    found.ok_or(Refused::Consumer)
}

/// Who is asked for. Names are read in the clear alone, and nobody confirms them in a request.
fn subject(root: Element<'_>) -> Result<Result<Option<NameId>, Status>, Refused> {
    let Some(subject) = root.one(Space::Assertion, "Subject")? else {
        return Ok(Ok(None));
    };
    match subject.one(Space::Assertion, "NameID")? {
        Some(name) if subject.children().count() == 1 => Ok(Ok(Some(NameId::read(name)?))),
        _ => {
            let problem = "a subject is a NameID in the clear, and nothing else";
            Ok(Err(Status::requester(
                StatusDetail::RequestUnsupported,
                problem,
            )))
        }
    }
}

fn name_id_policy(
    root: Element<'_>,
    provider: &ServiceProvider,
) -> Result<Result<NameIdPolicy, Status>, Refused> {
    let Some(policy) = root.one(Space::Protocol, "NameIDPolicy")? else {
        return Ok(Ok(NameIdPolicy::default()));
    };
    let refused = |problem| {
        Ok(Err(Status::requester(
            StatusDetail::InvalidNameIdPolicy,
            problem,
        )))
    };
    let format = match policy.attribute("Format") {
        None => None,
        Some(uri) => match NameIdFormat::named(uri) {
            Some(format) => Some(format),
            None => return refused("names of that format are not given"),
        },
    };
    let listed = &provider.name_id_formats;
    let taken = |format| format == NameIdFormat::Unspecified || listed.contains(&format);
    if format.is_some_and(|format| !listed.is_empty() && !taken(format)) {
        return refused("the format is none of those in the metadata of the service provider");
    }
    let qualifier = policy.attribute("SPNameQualifier");
    if qualifier.is_some_and(|other| !other.is_empty() && other != provider.entity_id.as_str()) {
        return refused("names are given to the service provider that asks alone");
    }
    let Some(allow_create) = flag(policy, "AllowCreate") else {
        return Ok(Err(malformed("AllowCreate is true or false")));
    };
    Ok(Ok(NameIdPolicy {
        format,
        allow_create,
    }))
}

/// The set of attributes that is asked for. Where none is registered there is nothing to choose from, and the
/// number says nothing.
fn attribute_service(root: Element<'_>, provider: &ServiceProvider) -> Result<Option<u16>, Status> {
    let Some(said) = root.attribute("AttributeConsumingServiceIndex") else {
        return Ok(None);
    };
    let index = number(said);
    let mut all = provider.attribute_services.iter();
    match index {
        None => Err(malformed("AttributeConsumingServiceIndex is a number")),
        Some(index) if all.any(|one| one.index == index) => Ok(Some(index)),
        Some(_) if provider.attribute_services.is_empty() => Ok(None),
        Some(_) => {
            let problem = "no set of attributes in the metadata has that number";
            Err(Status::requester(StatusDetail::RequestUnsupported, problem))
        }
    }
}

const fn malformed(problem: &'static str) -> Status {
    Status {
        code: StatusCode::Requester,
        detail: None,
        message: Some(problem),
    }
}

/// A number, by digits alone (`xs:unsignedShort`).
pub(in crate::saml) fn number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A truth that may be left out (`xs:boolean`). `None` when it is neither.
pub(in crate::saml) fn flag(element: Element<'_>, name: &str) -> Option<bool> {
    match element.attribute(name) {
        None | Some("false" | "0") => Some(false),
        Some("true" | "1") => Some(true),
        Some(_) => None,
    }
}

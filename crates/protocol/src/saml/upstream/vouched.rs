//! What a provider vouches for: the response, and the one assertion in it (SAML Core §2.3.3, §3.3.3; SAML Profiles
//! §4.1.4.2, §4.1.4.3).

use std::collections::BTreeMap;
use std::fmt;

use model::Timestamp;

use crate::saml::message::{Message, Reception, Signing};
use crate::saml::signature::{SignatureError, is_signed, verify};
use crate::saml::xml::{Element, Space};
use crate::saml::{Binding, EntityId, NameId, Refused, ServiceProvider, StatusCode, instant};

/// The most attributes, and the most values of one.
const MOST: usize = 128;
/// The longest name or value of an attribute, in bytes.
const LONGEST: usize = 4_096;
/// Whoever brings the assertion is whom it is about.
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/// What a response must be.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// We, as that provider knows us.
    pub audience: &'a EntityId,
    /// What the request was called.
    pub in_response_to: &'a str,
    /// The person proved who they are at or after this.
    pub since: Timestamp,
}

/// Somebody whom a provider vouches for.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    /// What the provider calls them to us.
    pub name_id: Option<NameId>,
    /// When they proved who they are; never later than now.
    pub at: Timestamp,
    /// How, in the provider's words (`AuthnContextClassRef`).
    pub class: Option<String>,
    /// What it says of them.
    pub attributes: BTreeMap<String, Vec<String>>,
}

impl Vouched {
    /// Holds a response to the provider that was asked: its keys, the address that it came to (`at`), and the request.
    ///
    /// # Errors
    /// [`Refused`]: nobody has proved anything.
    pub fn read(
        message: &Message<'_>,
        provider: &ServiceProvider,
        at: &Reception<'_>,
        expected: &Expected<'_>,
    ) -> Result<Self, Refused> {
        if message.received().binding() != Binding::Post {
            return Err(Refused::Other("Response"));
        }
        let header = message.header("Response", provider, at, Signing::Accepted)?;
        let root = header.root;
        if root.attribute("InResponseTo") != Some(expected.in_response_to) {
            return Err(Refused::InResponseTo);
        }
        succeeded(root)?;
        if root
            .all(Space::Assertion, "EncryptedAssertion")
            .next()
            .is_some()
        {
            return Err(Refused::Encrypted("Assertion"));
        }
        let assertion = root.one(Space::Assertion, "Assertion")?;
        let assertion = assertion.ok_or(Refused::Missing("Assertion"))?;
        // Another one, wherever it stands, is there to be taken for this one.
        if assertions(root) != 1 {
            return Err(Refused::Malformed("Assertion"));
        }
        match (header.is_signed, is_signed(assertion)) {
            (_, true) => {
                verify(assertion, &provider.signing_keys)?;
            }
            (true, false) => {}
            (false, false) => return Err(SignatureError::Unsigned.into()),
        }
        let read = Read {
            provider,
            at,
            expected,
        };
        read.assertion(assertion)
    }
}

/// How many assertions there are. Depth and number of elements are bounded where a text is read.
fn assertions(element: Element<'_>) -> usize {
    let own = usize::from(element.is(Space::Assertion, "Assertion"));
    own + element.children().map(assertions).sum::<usize>()
}

fn succeeded(root: Element<'_>) -> Result<(), Refused> {
    let status = root.one(Space::Protocol, "Status")?;
    let status = status.ok_or(Refused::Missing("Status"))?;
    let code = status.one(Space::Protocol, "StatusCode")?;
    let code = code.ok_or(Refused::Missing("StatusCode"))?;
    match code.attribute("Value").and_then(StatusCode::named) {
        Some(StatusCode::Success) => Ok(()),
        _ => Err(Refused::Status),
    }
}

/// What an assertion is held to.
struct Read<'a> {
    provider: &'a ServiceProvider,
    at: &'a Reception<'a>,
    expected: &'a Expected<'a>,
}

impl Read<'_> {
    fn assertion(&self, assertion: Element<'_>) -> Result<Vouched, Refused> {
        if assertion.attribute("Version") != Some("2.0") {
            return Err(Refused::Version);
        }
        let issuer = assertion.one(Space::Assertion, "Issuer")?;
        let issuer = issuer.ok_or(Refused::Missing("Issuer"))?.uri()?;
        if issuer != self.provider.entity_id.as_str() {
            return Err(Refused::OtherIssuer);
        }
        let made =
            instant_of(assertion, "IssueInstant")?.ok_or(Refused::Missing("IssueInstant"))?;
        let at = self.at;
        if made > at.now.plus(at.skew) || at.now.since(made) > at.skew.saturating_add(at.life) {
            return Err(Refused::Time);
        }
        let name_id = self.subject(assertion)?;
        self.conditions(assertion)?;
        let (proved, class) = self.statement(assertion)?;
        Ok(Vouched {
            name_id,
            at: proved,
            class,
            attributes: attributes(assertion)?,
        })
    }

    /// Who it is, and that it is for whoever brings it here, now, in answer to what was asked.
    fn subject(&self, assertion: Element<'_>) -> Result<Option<NameId>, Refused> {
        let subject = assertion.one(Space::Assertion, "Subject")?;
        let subject = subject.ok_or(Refused::Missing("Subject"))?;
        if subject.one(Space::Assertion, "EncryptedID")?.is_some() {
            return Err(Refused::Encrypted("NameID"));
        }
        let name_id = subject.one(Space::Assertion, "NameID")?;
        let name_id = name_id.map(NameId::read).transpose()?;
        let confirmation = subject.one(Space::Assertion, "SubjectConfirmation")?;
        let confirmation = confirmation.ok_or(Refused::Missing("SubjectConfirmation"))?;
        if confirmation.attribute("Method") != Some(BEARER) {
            return Err(Refused::Malformed("SubjectConfirmation"));
        }
        let data = confirmation.one(Space::Assertion, "SubjectConfirmationData")?;
        let data = data.ok_or(Refused::Missing("SubjectConfirmationData"))?;
        if data.attribute("InResponseTo") != Some(self.expected.in_response_to) {
            return Err(Refused::InResponseTo);
        }
        let recipient = data.attribute("Recipient");
        if !recipient.is_some_and(|said| self.at.location.equals(said)) {
            return Err(Refused::Destination);
        }
        // A bearer's has an end and no beginning (SAML Profiles §4.1.4.2).
        if data.attribute("NotBefore").is_some() {
            return Err(Refused::Malformed("SubjectConfirmationData"));
        }
        let until = instant_of(data, "NotOnOrAfter")?;
        self.is_before(until.ok_or(Refused::Missing("NotOnOrAfter"))?)?;
        Ok(name_id)
    }

    fn is_before(&self, until: Timestamp) -> Result<(), Refused> {
        match self.at.now < until.plus(self.at.skew) {
            true => Ok(()),
            false => Err(Refused::Time),
        }
    }

    /// That it is for us, and now. A condition that is not understood is not met (SAML Core §2.5.1.1).
    fn conditions(&self, assertion: Element<'_>) -> Result<(), Refused> {
        let conditions = assertion.one(Space::Assertion, "Conditions")?;
        let conditions = conditions.ok_or(Refused::Missing("Conditions"))?;
        if let Some(from) = instant_of(conditions, "NotBefore")?
            && from > self.at.now.plus(self.at.skew)
        {
            return Err(Refused::Time);
        }
        if let Some(until) = instant_of(conditions, "NotOnOrAfter")? {
            self.is_before(until)?;
        }
        let mut is_for_us = false;
        for condition in conditions.children() {
            if condition.is(Space::Assertion, "AudienceRestriction") {
                let audiences = condition.all(Space::Assertion, "Audience");
                let audiences: Result<Vec<String>, _> = audiences.map(Element::uri).collect();
                let own = self.expected.audience.as_str();
                if !audiences?.iter().any(|audience| audience == own) {
                    return Err(Refused::Audience);
                }
                is_for_us = true;
            } else if !condition.is(Space::Assertion, "OneTimeUse")
                && !condition.is(Space::Assertion, "ProxyRestriction")
            {
                return Err(Refused::Malformed("Conditions"));
            }
        }
        is_for_us.then_some(()).ok_or(Refused::Audience)
    }

    /// When and how they proved who they are: one statement says so.
    fn statement(&self, assertion: Element<'_>) -> Result<(Timestamp, Option<String>), Refused> {
        let statement = assertion.one(Space::Assertion, "AuthnStatement")?;
        let statement = statement.ok_or(Refused::Missing("AuthnStatement"))?;
        let proved = instant_of(statement, "AuthnInstant")?;
        let proved = proved.ok_or(Refused::Missing("AuthnInstant"))?;
        let (now, skew) = (self.at.now, self.at.skew);
        if proved > now.plus(skew) || proved.plus(skew) < self.expected.since {
            return Err(Refused::Time);
        }
        if let Some(until) = instant_of(statement, "SessionNotOnOrAfter")? {
            self.is_before(until)?;
        }
        let context = statement.one(Space::Assertion, "AuthnContext")?;
        let context = context.ok_or(Refused::Missing("AuthnContext"))?;
        let class = context.one(Space::Assertion, "AuthnContextClassRef")?;
        let class = class.map(Element::uri).transpose()?;
        if class.as_ref().is_some_and(|class| class.len() > LONGEST) {
            return Err(Refused::Malformed("AuthnContextClassRef"));
        }
        Ok((proved.min(now), class))
    }
}

/// What it says of them. The same name twice is one with the values of both.
fn attributes(assertion: Element<'_>) -> Result<BTreeMap<String, Vec<String>>, Refused> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let wrong = || Refused::Malformed("Attribute");
    for statement in assertion.all(Space::Assertion, "AttributeStatement") {
        if statement
            .one(Space::Assertion, "EncryptedAttribute")?
            .is_some()
        {
            return Err(Refused::Encrypted("Attribute"));
        }
        for attribute in statement.all(Space::Assertion, "Attribute") {
            let name = attribute.attribute("Name").ok_or_else(wrong)?;
            if name.is_empty() || name.len() > LONGEST || told.len() >= MOST {
                return Err(wrong());
            }
            let values = told.entry(name.to_owned()).or_default();
            for value in attribute.all(Space::Assertion, "AttributeValue") {
                // One that holds elements says nothing that is read here.
                if value.children().next().is_some() {
                    continue;
                }
                let text = value.text()?;
                if text.len() > LONGEST || values.len() >= MOST {
                    return Err(wrong());
                }
                values.push(text);
            }
        }
    }
    Ok(told)
}

fn instant_of(element: Element<'_>, name: &'static str) -> Result<Option<Timestamp>, Refused> {
    let said = element.attribute(name);
    let read = said.map(|text| instant::read(text).ok_or(Refused::Malformed(name)));
    read.transpose()
}

impl fmt::Debug for Vouched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vouched")
            .field("class", &self.class)
            .finish_non_exhaustive()
    }
}

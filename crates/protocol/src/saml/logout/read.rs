//! What service providers send.

use model::Timestamp;

use super::LogoutReply;
use crate::saml::message::{Message, Reception, Signing};
use crate::saml::xml::{Element, Space};
use crate::saml::{NameId, Refused, ServiceProvider, StatusCode, StatusDetail, instant};

/// The most sessions that one request names.
const MOST_SESSIONS: usize = 64;
/// The longest name of a session, in bytes.
const LONGEST: usize = 512;

/// Somebody has signed out there, or is to be signed out. Signed by a service provider that is known.
#[derive(Debug, Clone)]
pub struct LogoutRequest {
    /// Its ID. With the issuer, it counts once.
    pub id: String,
    /// When it was made.
    pub issued_at: Timestamp,
    /// Who: as that service provider was told. Of others' names it says nothing.
    pub name_id: NameId,
    /// Which sessions; none is all of them (SAML Core §3.7.3).
    pub sessions: Vec<String>,
    /// The right to answer, where the service provider takes answers.
    pub reply_to: Option<LogoutReply>,
}

/// What became of a request of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogoutOutcome {
    /// Whether the sessions there have ended.
    pub has_ended: bool,
    /// Whether it says that nobody of that name has a session there.
    pub is_unknown: bool,
    /// Whether the service provider could not tell everybody whom it tells.
    pub is_partial: bool,
}

impl LogoutRequest {
    /// Holds a request to the service provider that sent it ([`Message::issuer`]).
    ///
    /// # Errors
    /// [`Refused`]: no session ends. That includes every request that is not signed.
    pub fn parse(
        message: &Message<'_>,
        provider: &ServiceProvider,
        at: &Reception<'_>,
    ) -> Result<Self, Refused> {
        let header = message.header("LogoutRequest", provider, at, Signing::Demanded)?;
        let root = header.root;
        if let Some(said) = root.attribute("NotOnOrAfter") {
            let until = instant::read(said).ok_or(Refused::Malformed("NotOnOrAfter"))?;
            if at.now >= until.plus(at.skew) {
                return Err(Refused::Time);
            }
        }
        let Some(name) = root.one(Space::Assertion, "NameID")? else {
            return Err(match root.one(Space::Assertion, "EncryptedID")? {
                Some(_) => Refused::Encrypted("NameID"),
                None => Refused::Missing("NameID"),
            });
        };
        let reply_to = LogoutReply::to(
            provider,
            header.id.clone(),
            message.received().relay_state().cloned(),
        );
        Ok(Self {
            id: header.id,
            issued_at: header.issued_at,
            name_id: NameId::read(name)?,
            sessions: sessions(root)?,
            reply_to,
        })
    }
}

fn sessions(root: Element<'_>) -> Result<Vec<String>, Refused> {
    let mut sessions = Vec::new();
    for element in root.all(Space::Protocol, "SessionIndex") {
        let session = element.text()?;
        if session.is_empty() || session.len() > LONGEST || sessions.len() >= MOST_SESSIONS {
            return Err(Refused::Malformed("SessionIndex"));
        }
        sessions.push(session);
    }
    Ok(sessions)
}

impl LogoutOutcome {
    /// Holds an answer to the service provider that sent it, and to the request of ours that it answers.
    ///
    /// # Errors
    /// [`Refused`]: it is not known what became of the request. That includes every answer that is not signed.
    pub fn parse(
        message: &Message<'_>,
        provider: &ServiceProvider,
        at: &Reception<'_>,
        in_response_to: &str,
    ) -> Result<Self, Refused> {
        let header = message.header("LogoutResponse", provider, at, Signing::Demanded)?;
        Self::of(header.root, in_response_to)
    }

    /// What an answer says that is known to be the service provider's.
    pub(super) fn of(root: Element<'_>, in_response_to: &str) -> Result<Self, Refused> {
        if root.attribute("InResponseTo") != Some(in_response_to) {
            return Err(Refused::InResponseTo);
        }
        let status = root
            .one(Space::Protocol, "Status")?
            .ok_or(Refused::Missing("Status"))?;
        let first = status
            .one(Space::Protocol, "StatusCode")?
            .ok_or(Refused::Missing("StatusCode"))?;
        let code = first.attribute("Value").and_then(StatusCode::named);
        let second = first.one(Space::Protocol, "StatusCode")?;
        let says = |detail: StatusDetail| {
            second.is_some_and(|code| code.attribute("Value") == Some(detail.uri()))
        };
        Ok(Self {
            has_ended: code.ok_or(Refused::Malformed("StatusCode"))? == StatusCode::Success,
            is_unknown: says(StatusDetail::UnknownPrincipal),
            is_partial: says(StatusDetail::PartialLogout),
        })
    }
}

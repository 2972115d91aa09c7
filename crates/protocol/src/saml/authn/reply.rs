//! The right to answer, and what is answered when there is none.

use std::fmt;

use crate::saml::binding::RelayState;
use crate::saml::{EntityId, Location, Refused, ServiceProvider, Status};

/// The right to answer a service provider at an address: one that it has registered, to the letter. Only
/// [`AuthnRequest::parse`](super::AuthnRequest::parse) and [`ReplyTo::unasked`] give it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyTo {
    provider: EntityId,
    location: Location,
    in_response_to: Option<String>,
    relay_state: Option<RelayState>,
}

/// Why nobody is signed in for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is shown to the person, who is sent nowhere.
    Shown(Refused),
    /// It is answered.
    Replied {
        /// Where.
        to: ReplyTo,
        /// What.
        status: Status,
    },
}

impl ReplyTo {
    pub(super) const fn new(
        provider: EntityId,
        location: Location,
        in_response_to: String,
        relay_state: Option<RelayState>,
    ) -> Self {
        Self {
            provider,
            location,
            in_response_to: Some(in_response_to),
            relay_state,
        }
    }

    /// The right to send a response that was not asked for, to where responses go when nothing is said
    /// (SAML Profiles §4.1.5). Whether the app allows that is for whoever calls this to know. `None` when it
    /// takes responses nowhere.
    #[must_use]
    pub fn unasked(provider: &ServiceProvider, relay_state: Option<RelayState>) -> Option<Self> {
        let consumer = provider.default_consumer()?;
        Some(Self {
            provider: provider.entity_id.clone(),
            location: consumer.location.clone(),
            in_response_to: None,
            relay_state,
        })
    }

    /// Who is answered.
    #[must_use]
    pub const fn provider(&self) -> &EntityId {
        &self.provider
    }

    /// Where.
    #[must_use]
    pub const fn location(&self) -> &Location {
        &self.location
    }

    /// The ID of the request.
    #[must_use]
    pub fn in_response_to(&self) -> Option<&str> {
        self.in_response_to.as_deref()
    }

    /// What is wanted back with the answer.
    #[must_use]
    pub const fn relay_state(&self) -> Option<&RelayState> {
        self.relay_state.as_ref()
    }
}

impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyTo({})", self.provider)
    }
}

impl<E: Into<Refused>> From<E> for Refusal {
    fn from(why: E) -> Self {
        Self::Shown(why.into())
    }
}

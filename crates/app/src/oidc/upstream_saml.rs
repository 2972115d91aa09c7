//! There and back, where the other identity provider speaks SAML: we are its service provider, under a name of our own
//! for each (RFC 9700 §4.4.2 says why), and its assertion is held to the request that this browser left with.
//!
//! What nobody has asked for begins nothing: without the trip that the browser holds there is no request to answer.

use std::time::Duration;

use documents::{IdentityProvider, UpstreamSaml};
use model::Secret;
use protocol::oauth::Object;
use protocol::oauth::upstream::{IdToken, Refused};
use protocol::saml::signature::{Credential, VerifyingKey};
use protocol::saml::upstream::{Ask, Expected, Vouched, metadata};
use protocol::saml::{
    Binding, EntityId, Location, Message, NameId, NameIdFormat, Received, Reception,
    ServiceProvider,
};

use super::authorize::{Answer, Asker, Wrong};
use super::paths::{ACS, FROM};
use super::steps::Step;
use super::upstream::{too_long, unusable};
use crate::saml::{LIFE, SKEW, carried, unwritten};
use crate::sign_in::{Trip, same};
use crate::{App, AppError, ErrorKind};

/// How long what we say of ourselves counts.
const COUNTS: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The longest name by which somebody is linked, in bytes.
const LONGEST: usize = 255;

impl App {
    /// The way to a provider.
    pub(super) async fn leaves_by_saml(
        &self,
        step: &Step,
        named: &IdentityProvider,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let (mut trip, max_age_s) = self.new_trip(step, named, asker).await?;
        let id = self.message_id();
        trip.state = id.as_str().to_owned();
        let Some(sealed) = self.sealed_trip(&trip) else {
            return Ok(too_long());
        };
        let saml = named.saml();
        let Some((saml, to)) = saml.and_then(|saml| Some((saml, Location::new(&saml.sso).ok()?)))
        else {
            unusable(named, &Refused("its address is none".to_owned()));
            return Ok(self.begins_again(step, asker, Wrong::Elsewhere));
        };
        let (issuer, acs) = self.known_there_as(&named.name)?;
        let ask = Ask {
            issuer: &issuer,
            id: &id,
            now: trip.left,
            to: &to,
            acs: &acs,
            anew: max_age_s == 0,
            format: saml.subject.is_none().then_some(NameIdFormat::Persistent),
        };
        let binding = match saml.by_post {
            true => Binding::Post,
            false => Binding::Redirect,
        };
        let keys = self.keys(&[]).await?;
        let written = ask.write(binding, keys.credential()?);
        let response = carried(written.map_err(|why| unwritten(&why))?);
        Ok(match response {
            protocol::oauth::Response::Redirect { location } => Answer::Leave {
                location,
                trip: sealed,
            },
            response => Answer::LeavePosting {
                response,
                trip: sealed,
            },
        })
    }

    /// Somebody comes back: the body of the form that they bring to the provider's own path, and what the browser held
    /// meanwhile.
    ///
    /// # Errors
    /// When the store does not answer, or there are no documents.
    pub async fn come_back_by_saml(
        &self,
        provider: &str,
        body: &[u8],
        trip: Option<&Secret>,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let too_old = || Ok(self.begin(asker, Some(Wrong::TooOld)));
        let trip = trip.and_then(|held| self.trip(held.expose(), asker.browser));
        let (Some(trip), Ok(received)) = (trip, Received::post(body)) else {
            return too_old();
        };
        let Ok(message) = Message::read(&received) else {
            return too_old();
        };
        let answers = message.in_response_to().unwrap_or_default();
        if trip.provider != provider || !same(&*self.keyring, &trip.state, answers) {
            return too_old();
        }
        let (step, named) = match self.ends_trip(&trip, asker).await? {
            Ok(ended) => ended,
            Err(answer) => return Ok(answer),
        };
        match self.vouched_by_saml(&named, &trip, &message)? {
            Ok(token) => self.is_vouched_for(step, &named, &token, asker).await,
            Err(refused) => {
                unusable(&named, &refused);
                Ok(self.begins_again(&step, asker, Wrong::Elsewhere))
            }
        }
    }

    /// What an assertion says, once it is believed.
    fn vouched_by_saml(
        &self,
        named: &IdentityProvider,
        trip: &Trip,
        message: &Message<'_>,
    ) -> Result<Result<IdToken, Refused>, AppError> {
        let entity = EntityId::new(&named.issuer).ok();
        let Some((saml, entity)) = named.saml().zip(entity) else {
            return Ok(Err(Refused("it is not asked by SAML".to_owned())));
        };
        let mut provider = ServiceProvider::new(entity, Vec::new());
        let keys = saml.certificates.iter();
        let keys = keys.filter_map(|one| VerifyingKey::from_base64(one).ok());
        provider.signing_keys = keys.collect();
        let (audience, acs) = self.known_there_as(&named.name)?;
        let at = Reception {
            location: &acs,
            now: self.now(),
            skew: SKEW,
            life: LIFE,
        };
        let expected = Expected {
            audience: &audience,
            in_response_to: &trip.state,
            since: trip.since,
        };
        let read = Vouched::read(message, &provider, &at, &expected);
        Ok(match read {
            Ok(vouched) => token(saml, (&provider.entity_id, &audience), vouched),
            Err(why) => Err(Refused(why.to_string())),
        })
    }

    /// What an identity provider of SAML is told of us, signed. `None`: no document declares it.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn upstream_metadata(&self, provider: &str) -> Result<Option<String>, AppError> {
        let loaded = match self.loaded().await {
            Err(error) if error.kind() == ErrorKind::Missing => return Ok(None),
            loaded => loaded?,
        };
        let named = loaded.tenant.identity_providers.get(provider);
        if named.is_none_or(|named| named.saml().is_none()) {
            return Ok(None);
        }
        let keys = self.keys(&[]).await?;
        let credential = keys.credential()?;
        let signs = [Some(credential), keys.next_credential()];
        let signs: Vec<_> = signs
            .into_iter()
            .flatten()
            .map(Credential::public)
            .collect();
        let (entity_id, acs) = self.known_there_as(provider)?;
        let (id, until) = (self.message_id(), self.now().plus(COUNTS));
        let written = metadata((&entity_id, &id), until, &acs, &signs, credential);
        Ok(Some(written.map_err(|why| unwritten(&why))?))
    }

    /// What we are called by a provider, and where it answers.
    fn known_there_as(&self, provider: &str) -> Result<(EntityId, Location), AppError> {
        let own = self.issuer()?.endpoint(&format!("{FROM}/{provider}"));
        let both = EntityId::new(&own).ok();
        let both = both.zip(Location::new(&format!("{own}/{ACS}")).ok());
        both.ok_or_else(crate::saml::unnameable)
    }
}

/// An assertion as what other providers give: who it is about, by what stays, and what is said of them. Of an attribute
/// that has several values nobody is named.
fn token(
    saml: &UpstreamSaml,
    (provider, us): (&EntityId, &EntityId),
    vouched: Vouched,
) -> Result<IdToken, Refused> {
    let refused = |problem: &str| Refused(problem.to_owned());
    let mut told = Object::new();
    for (name, values) in vouched.attributes {
        if let [value] = values.as_slice() {
            told.insert(name, value.as_str().into());
        }
    }
    let sub = match &saml.subject {
        // One name space is not taken for the other.
        Some(attribute) => {
            let value = told.get(attribute).and_then(|value| value.as_str());
            let value = value.filter(|value| !value.is_empty());
            let missing =
                "its assertion has not one value of the attribute by which people are known";
            format!("{attribute}={}", value.ok_or_else(|| refused(missing))?)
        }
        None => persistent(vouched.name_id, (provider, us))?,
    };
    if sub.len() > LONGEST || !sub.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(refused("what it calls the person is no name that is taken"));
    }
    Ok(IdToken::of(sub, vouched.at, vouched.class, told))
}

/// A name that stays, given by that provider and to us (SAML Core §8.3.7).
fn persistent(
    name_id: Option<NameId>,
    (provider, us): (&EntityId, &EntityId),
) -> Result<String, Refused> {
    let is = |said: &Option<String>, who: &EntityId| {
        said.as_ref().is_none_or(|said| said == who.as_str())
    };
    let theirs = name_id.filter(|name| {
        name.format == Some(NameIdFormat::Persistent)
            && is(&name.qualifier, provider)
            && is(&name.provider_qualifier, us)
    });
    let value = theirs.and_then(|name| name.value.known().cloned());
    value
        .ok_or_else(|| Refused("its assertion has no persistent name of its own for us".to_owned()))
}

//! What service providers ask, held to their documents each time it is read.

use std::sync::Arc;

use documents::{RelyingParty, Saml};
use model::{Digest, Timestamp};
use ports::store::OneTime;
use protocol::oauth::Response;
use protocol::saml::response::refusal;
use protocol::saml::{
    AuthnRequest, EntityId, Message, Received, Reception, Refusal, Refused, ReplyTo,
    ServiceProvider, Status, StatusDetail,
};
use rules::sign_on::Strength;

use super::provider::provider;
use super::signing::credential;
use super::{LIFE, SKEW, context};
use crate::oidc::{Answer, Asker};
use crate::sign_in::Asking;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// The longest request, in bytes: it travels through every page of the sign-in. One with a signature and a
/// certificate in it has six to eight thousand.
pub(super) const LONGEST: usize = 16 << 10;

/// A wish of a service provider, or for one, that somebody be signed in.
pub(crate) struct SamlAsk {
    /// The documents that declare it.
    loaded: Arc<Loaded>,
    name: String,
    pub(super) reply_to: ReplyTo,
    /// What it has asked; `None` where the person starts here.
    pub(super) request: Option<AuthnRequest>,
}

impl SamlAsk {
    /// Its document.
    pub(crate) fn party(&self) -> &RelyingParty {
        &self.loaded.tenant.relying_parties[&self.name]
    }

    /// The documents that declare it.
    pub(super) fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// What of it concerns SAML. `wanted` has seen that there is something.
    pub(super) fn saml(&self) -> Option<&Saml> {
        self.party().saml()
    }

    /// Whether the person has to sign in anew, whoever is signed in (`ForceAuthn`).
    pub(crate) fn asks_anew(&self) -> bool {
        self.request.as_ref().is_some_and(|one| one.force_authn)
    }

    /// Whether the person must not be asked anything (`IsPassive`).
    pub(crate) fn is_passive(&self) -> bool {
        self.request.as_ref().is_some_and(|one| one.is_passive)
    }

    /// How strongly the person has to prove who they are for what is asked (`RequestedAuthnContext`).
    pub(crate) fn demanded(&self) -> Option<Strength> {
        let wanted = self.request.as_ref()?.context.as_ref()?;
        context::weakest(wanted)
    }

    /// What answering uses up: the request, by its sender and its ID.
    pub(super) fn uses_up(&self) -> Option<OneTime> {
        let request = self.request.as_ref()?;
        Some(one_time(REQUEST, self.reply_to.provider(), &request.id))
    }
}

/// A message that counts once, with its sender.
pub(super) fn one_time(space: &'static str, sender: &EntityId, id: &str) -> OneTime {
    let named = [sender.as_str(), "\0", id].concat();
    OneTime {
        space,
        value: Digest::of(named.as_bytes()),
    }
}

/// The space of requests that were answered.
pub(super) const REQUEST: &str = "saml-request";

impl App {
    /// Answers a request of a service provider: the raw query, or the body of a POST.
    ///
    /// # Errors
    /// When the store does not answer; a request that is refused is an answer.
    pub async fn saml_sso(
        &self,
        raw: &[u8],
        posted: bool,
        asker: Asker<'_>,
    ) -> Result<Answer, AppError> {
        let text = match std::str::from_utf8(raw) {
            Ok(text) if raw.len() <= LONGEST => text.to_owned(),
            _ => {
                return Ok(shown(
                    "the request is longer than is taken, or is no text: send less",
                ));
            }
        };
        let asking = match posted {
            true => Asking::SamlPost(text),
            false => Asking::SamlRedirect(text),
        };
        self.enter(asking, asker).await
    }

    /// Somebody starts from their own page, where the document allows it.
    ///
    /// # Errors
    /// When the store does not answer; a start that is not allowed is an answer.
    pub async fn saml_start(&self, name: &str, asker: Asker<'_>) -> Result<Answer, AppError> {
        self.enter(Asking::SamlStart(name.to_owned()), asker).await
    }

    /// The wish, of or for a service provider that is declared now; or what is answered in place of it.
    /// `first`: when it first came.
    pub(crate) async fn saml_asked(
        &self,
        asking: &Asking,
        first: Timestamp,
    ) -> Result<Result<SamlAsk, Answer>, AppError> {
        let received = match asking {
            Asking::SamlStart(name) => return self.saml_unasked(name).await,
            Asking::SamlRedirect(query) => Received::redirect(query.as_bytes()),
            Asking::SamlPost(body) | Asking::Oidc(body) | Asking::Device(body) => {
                Received::post(body.as_bytes())
            }
        };
        let received = match received {
            Ok(received) => received,
            Err(why) => return Ok(Err(shown(&why.to_string()))),
        };
        let message = match Message::read(&received) {
            Ok(message) => message,
            Err(why) => return Ok(Err(shown(&why.to_string()))),
        };
        let loaded = self.loaded().await?;
        let Some((name, provider)) = sender(&loaded, &message) else {
            return Ok(Err(shown(UNKNOWN)));
        };
        let location = self.sso()?;
        let at = Reception {
            location: &location,
            now: first,
            skew: SKEW,
            life: LIFE,
        };
        let request = match AuthnRequest::parse(&message, &provider, &at) {
            Ok(request) => request,
            Err(Refusal::Shown(why)) => return Ok(Err(refused(&why))),
            Err(Refusal::Replied { to, status }) => {
                return Ok(Err(self.saml_refusal(&loaded, &to, &status).await?));
            }
        };
        let wanted = request.context.as_ref();
        if wanted.is_some_and(|wanted| context::weakest(wanted).is_none()) {
            let problem = "nobody is signed in here in any of the ways that are asked for";
            let status = Status::responder(StatusDetail::NoAuthnContext, problem);
            return Ok(Err(self
                .saml_refusal(&loaded, &request.reply_to, &status)
                .await?));
        }
        Ok(Ok(SamlAsk {
            loaded,
            name,
            reply_to: request.reply_to.clone(),
            request: Some(request),
        }))
    }

    async fn saml_unasked(&self, name: &str) -> Result<Result<SamlAsk, Answer>, AppError> {
        let loaded = self.loaded().await?;
        let party = loaded.tenant.relying_parties.get(name);
        let allowed = party.and_then(|party| party.saml().filter(|saml| saml.idp_initiated));
        let now = self.now().minus(SKEW);
        let reply_to = allowed
            .and_then(provider)
            .filter(|provider| provider.is_valid(now))
            .and_then(|provider| ReplyTo::unasked(&provider, None));
        let Some(reply_to) = reply_to else {
            return Ok(Err(shown(
                "the app is not started from here: open it at its own address",
            )));
        };
        Ok(Ok(SamlAsk {
            loaded,
            name: name.to_owned(),
            reply_to,
            request: None,
        }))
    }

    /// The service provider is told that nobody was signed in, and why.
    pub(crate) async fn saml_refuse(
        &self,
        ask: &SamlAsk,
        status: &Status,
    ) -> Result<Answer, AppError> {
        self.saml_refusal(&ask.loaded, &ask.reply_to, status).await
    }

    pub(super) async fn saml_refusal(
        &self,
        loaded: &Loaded,
        to: &ReplyTo,
        status: &Status,
    ) -> Result<Answer, AppError> {
        let keys = self.keys(&[]).await?;
        let named = party_of(loaded, to.provider().as_str());
        let saml = named.and_then(RelyingParty::saml);
        let credential = match saml {
            Some(saml) => credential(&keys, loaded, saml, None)?,
            None => keys.credential()?,
        };
        let (issuer, id) = (self.entity_id()?, self.message_id());
        let form = refusal(to, (&issuer, &id, self.now()), status, credential);
        let form = form.map_err(|why| super::give::unwritten(&why))?;
        Ok(Answer::Send {
            response: Response::FormPost {
                action: form.action,
                fields: form.fields,
            },
            signed_in: None,
        })
    }
}

/// Why nobody is answered whom no document declares.
pub(super) const UNKNOWN: &str =
    "the app that sent the request is not known here: declare the relying party first";

/// Who is said to have sent a message: the name of the document, and what the message is held to.
pub(super) fn sender(loaded: &Loaded, message: &Message<'_>) -> Option<(String, ServiceProvider)> {
    let party = party_of(loaded, message.issuer().as_str())?;
    Some((party.name.clone(), provider(party.saml()?)?))
}

/// The service provider that is called so.
pub(super) fn party_of<'l>(loaded: &'l Loaded, entity_id: &str) -> Option<&'l RelyingParty> {
    let mut parties = loaded.tenant.relying_parties.values();
    parties.find(|party| party.saml().is_some_and(|saml| saml.entity_id == entity_id))
}

fn refused(why: &Refused) -> Answer {
    shown(&why.to_string())
}

/// Shown to the person, who is sent nowhere.
pub(super) fn shown(why: &str) -> Answer {
    Answer::Refused {
        why: why.to_owned(),
        person: false,
    }
}

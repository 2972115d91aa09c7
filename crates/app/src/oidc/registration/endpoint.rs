//! The endpoints at which clients register themselves, and change what they are.

use std::time::Duration;

use documents::{ClientRegistration, RelyingParty};
use model::event::RegistrationChanged;
use model::registration::{Register, RegisterEntry, RegisteredClient, RegistrationAct};
use model::{Actor, RegistrationId, Secret, Timestamp};
use protocol::oauth::bearer::{self, Scheme};
use protocol::oauth::registration::{Information, Metadata, Update};
use protocol::oauth::{ErrorCode, OAuthError, Object};

use super::{Held, TURNS, client};
use crate::oidc::paths;
use crate::sign_in::{Bearer, ended, same};
use crate::{App, AppError};

/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A call to the endpoints.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationCall<'a> {
    /// Its method: "POST" to register; "GET", "PUT" or "DELETE" of a client that has.
    pub method: &'a str,
    /// Of which client, as the path says.
    pub client: Option<&'a str>,
    /// Every `Authorization` header.
    pub authorization: &'a [&'a [u8]],
    /// The `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// The body; empty where the method has none.
    pub body: &'a [u8],
}

/// What a client is answered.
#[derive(Debug)]
pub enum RegistrationAnswer {
    /// It is registered now, and is this: 201.
    Made(Object),
    /// It is this: 200.
    Told(Object),
    /// It is there no more: 204.
    Gone,
    /// A refusal: its status, why, and the `WWW-Authenticate` header of one that is about the token.
    Refused(u16, OAuthError, Option<String>),
}

/// A client whose token counts, the document that allows it, and the register.
struct Caller {
    client: RegisteredClient,
    allowed: ClientRegistration,
    held: Held,
}

impl App {
    /// Answers a client that registers itself, or one that has and asks about itself.
    ///
    /// # Errors
    /// `Missing` where no document lets clients register; when the store does not answer.
    pub async fn registration(
        &self,
        call: RegistrationCall<'_>,
    ) -> Result<RegistrationAnswer, AppError> {
        self.issuer()?;
        if self.loaded().await?.tenant.client_registrations.is_empty() {
            return Err(AppError::missing("endpoint", paths::REGISTER));
        }
        let token = match bearer::token(call.authorization) {
            Ok(Some((token, Scheme::Bearer))) => token,
            Ok(_) => return Ok(unknown(false)),
            Err(error) => return Ok(refused(error)),
        };
        match (call.method, call.client) {
            ("POST", None) => self.registers_itself(call, &token).await,
            ("PUT", Some(client)) => self.changes_itself(call, client, &token).await,
            ("DELETE", Some(client)) => self.leaves_itself(client, &token).await,
            (_, Some(client)) => Ok(match self.registered_caller(client, &token).await? {
                Some(caller) => RegistrationAnswer::Told(self.information(&caller)?),
                None => unknown(true),
            }),
            _ => Ok(unknown(true)),
        }
    }

    /// Holds what a client asks for to the document that allows it, and to what this node can do.
    fn asked(
        &self,
        allowed: &ClientRegistration,
        client: &RegisteredClient,
        metadata: &Metadata,
    ) -> Result<(), OAuthError> {
        if metadata.certificate && self.mutual.is_none() {
            let member = "tls_client_certificate_bound_access_tokens";
            let problem = "is not to be had: nobody presents certificates here";
            return Err(OAuthError::of(
                ErrorCode::InvalidClientMetadata,
                member,
                problem,
            ));
        }
        client::asked(allowed, client, metadata)
    }

    async fn registers_itself(
        &self,
        call: RegistrationCall<'_>,
        token: &Secret,
    ) -> Result<RegistrationAnswer, AppError> {
        let read = Bearer::INITIAL_ACCESS.read::<RegistrationId>(&*self.keyring, token.expose());
        let Some((access, _)) = read else {
            return Ok(unknown(true));
        };
        let metadata = match json_body(call).and_then(Metadata::parse) {
            Ok(metadata) => metadata,
            Err(error) => return Ok(refused(error)),
        };
        for _ in 0..TURNS {
            let (held, now) = (self.register().await?, self.now());
            let loaded = self.loaded().await?;
            let known = held.register.access.iter().find(|known| known.id == access);
            let known = known.filter(|known| known.ends > now);
            let by = known.map(|known| known.by.as_str()).unwrap_or_default();
            let Some(allowed) = loaded.tenant.client_registrations.get(by) else {
                return Ok(unknown(true));
            };
            if there(&held.register, allowed, now) >= usize::from(allowed.clients) {
                let problem = "as many clients have registered as the document allows";
                let error = OAuthError::new(ErrorCode::AccessDenied, problem);
                return Ok(RegistrationAnswer::Refused(403, error, None));
            }
            let client = RegisteredClient {
                id: RegistrationId::new(now, ports::clock::draw(&*self.entropy)),
                by: by.to_owned(),
                access,
                metadata: metadata.to_json(),
                made: now,
                ends: now.plus(DAY * u32::from(allowed.days)),
                turn: 0,
                ended: None,
            };
            if let Err(error) = self.asked(allowed, &client, &metadata) {
                return Ok(refused(error));
            }
            let mut register = held.register.clone();
            register.clients.push(entry(&client));
            for used in register.access.iter_mut().filter(|used| used.id == access) {
                used.uses = used.uses.saturating_sub(1);
            }
            register.access.retain(|access| access.uses > 0);
            let change = RegistrationChanged {
                act: RegistrationAct::Registered,
                access: Some(access),
                client: Some(client.clone()),
                register,
                reason: String::new(),
            };
            let actor = Actor::named(&format!("initial access token {access}"));
            if self.registers(&actor, &held, change).await? {
                let allowed = allowed.clone();
                let caller = Caller {
                    client,
                    allowed,
                    held,
                };
                return Ok(RegistrationAnswer::Made(self.information(&caller)?));
            }
        }
        Ok(busy())
    }

    async fn changes_itself(
        &self,
        call: RegistrationCall<'_>,
        name: &str,
        token: &Secret,
    ) -> Result<RegistrationAnswer, AppError> {
        for _ in 0..TURNS {
            let Some(mut caller) = self.registered_caller(name, token).await? else {
                return Ok(unknown(true));
            };
            let update = match json_body(call).and_then(Update::parse) {
                Ok(update) => update,
                Err(error) => return Ok(refused(error)),
            };
            if let Err(error) = self.is_its_own(&caller.client, &update) {
                return Ok(refused(error));
            }
            let client = RegisteredClient {
                metadata: update.metadata.to_json(),
                ends: self.now().plus(DAY * u32::from(caller.allowed.days)),
                turn: caller.client.turn.saturating_add(1),
                ..caller.client
            };
            if let Err(error) = self.asked(&caller.allowed, &client, &update.metadata) {
                return Ok(refused(error));
            }
            let mut register = caller.held.register.clone();
            register.clients.retain(|known| known.id != client.id);
            register.clients.push(entry(&client));
            if self
                .client_changed(&client, &caller.held, RegistrationAct::Changed, register)
                .await?
            {
                caller.client = client;
                return Ok(RegistrationAnswer::Told(self.information(&caller)?));
            }
        }
        Ok(busy())
    }

    async fn leaves_itself(
        &self,
        name: &str,
        token: &Secret,
    ) -> Result<RegistrationAnswer, AppError> {
        for _ in 0..TURNS {
            let Some(caller) = self.registered_caller(name, token).await? else {
                return Ok(unknown(true));
            };
            let client = RegisteredClient {
                ended: Some(ended(self.now(), "the client has taken itself out")),
                ..caller.client
            };
            let mut register = caller.held.register.clone();
            register.clients.retain(|known| known.id != client.id);
            if self
                .client_changed(&client, &caller.held, RegistrationAct::Left, register)
                .await?
            {
                return Ok(RegistrationAnswer::Gone);
            }
        }
        Ok(busy())
    }

    async fn client_changed(
        &self,
        client: &RegisteredClient,
        held: &Held,
        act: RegistrationAct,
        register: Register,
    ) -> Result<bool, AppError> {
        let change = RegistrationChanged {
            act,
            access: None,
            client: Some(client.clone()),
            register,
            reason: String::new(),
        };
        let actor = Actor::named(&format!("client {}", client.id));
        self.registers(&actor, held, change).await
    }

    /// The client whose token counts: the newest one, of a client that is there and allowed. Who is named in the path
    /// and whose token it is has to be the same (RFC 7592 §2).
    async fn registered_caller(
        &self,
        name: &str,
        token: &Secret,
    ) -> Result<Option<Caller>, AppError> {
        let read = Bearer::REGISTRATION.read::<RegistrationId>(&*self.keyring, token.expose());
        let Some((id, turn)) = read.filter(|(id, _)| id.to_string() == name) else {
            return Ok(None);
        };
        // Read first: whoever changes the client in between moves it, and what is decided here comes to nothing.
        let held = self.register().await?;
        let client = self.registered_client(id).await?;
        let now = self.now();
        let counts = |client: &RegisteredClient| {
            client.ended.is_none() && client.ends > now && client.turn == turn
        };
        let Some(client) = client.filter(counts) else {
            return Ok(None);
        };
        let loaded = self.loaded().await?;
        let allowed = loaded.tenant.client_registrations.get(&client.by).cloned();
        Ok(allowed.map(|allowed| Caller {
            client,
            allowed,
            held,
        }))
    }

    /// Whether a change names the client that sends it, and no other secret than its own (RFC 7592 §2.2).
    fn is_its_own(&self, client: &RegisteredClient, update: &Update) -> Result<(), OAuthError> {
        let wrong = |member, problem| {
            Err(OAuthError::of(
                ErrorCode::InvalidClientMetadata,
                member,
                problem,
            ))
        };
        if update.client_id != client.id.to_string() {
            return wrong("client_id", "is another client's");
        }
        let own = self.registered_secret(client.id, client.turn);
        match &update.client_secret {
            Some(sent) if !same(&*self.keyring, sent, &own) => wrong(
                "client_secret",
                "is not the one that counts: secrets are made here",
            ),
            _ => Ok(()),
        }
    }

    /// The secret of a client that has one, by how often it was changed.
    pub(in crate::oidc) fn registered_secret(&self, id: RegistrationId, turn: u32) -> String {
        Bearer::CLIENT_SECRET.write(&*self.keyring, id, turn)
    }

    fn information(&self, caller: &Caller) -> Result<Object, AppError> {
        let client = &caller.client;
        let unreadable = |_| AppError::missing("registered client", &client.id.to_string());
        let metadata = Metadata::of(&client.metadata).map_err(unreadable)?;
        let party: RelyingParty = client::party(&caller.allowed, client).map_err(unreadable)?;
        let id = client.id.to_string();
        let secret = client::keeps_secret(&party)
            .then(|| (self.registered_secret(client.id, client.turn), client.ends));
        let information = Information {
            client_id: &id,
            issued: client.made,
            secret,
            token: Bearer::REGISTRATION.write(&*self.keyring, client.id, client.turn),
            uri: self
                .issuer()?
                .endpoint(&format!("{}/{id}", paths::REGISTER)),
        };
        Ok(information.to_json(&metadata))
    }
}

fn entry(client: &RegisteredClient) -> RegisterEntry {
    RegisterEntry {
        id: client.id,
        by: client.by.clone(),
        ends: client.ends,
    }
}

/// How many clients are there by a document.
fn there(register: &Register, allowed: &ClientRegistration, now: Timestamp) -> usize {
    let clients = register.clients.iter();
    let theirs = clients.filter(|known| known.by == allowed.name && known.ends > now);
    theirs.count()
}

fn json_body<'a>(call: RegistrationCall<'a>) -> Result<&'a [u8], OAuthError> {
    let media = call.content_type.unwrap_or_default();
    let media = media.split(|byte| *byte == b';').next().unwrap_or_default();
    match media.trim_ascii().eq_ignore_ascii_case(b"application/json") {
        true => Ok(call.body),
        false => Err(OAuthError::new(
            ErrorCode::InvalidRequest,
            "the body is not application/json (RFC 7591 3.1)",
        )),
    }
}

fn refused(error: OAuthError) -> RegistrationAnswer {
    RegistrationAnswer::Refused(error.code().status(), error, None)
}

fn busy() -> RegistrationAnswer {
    let problem = "others register at the same time: try again";
    let error = OAuthError::new(ErrorCode::TemporarilyUnavailable, problem);
    RegistrationAnswer::Refused(503, error, None)
}

/// The answer to a token that does not count, whatever it lacks (RFC 6750 §3.1).
fn unknown(tried: bool) -> RegistrationAnswer {
    let problem = "the token does not count here: it is over, used up, or another client's";
    let error = OAuthError::new(ErrorCode::InvalidToken, problem);
    let challenge = bearer::challenge(Scheme::Bearer, tried.then_some(&error), None);
    RegistrationAnswer::Refused(401, error, Some(challenge))
}

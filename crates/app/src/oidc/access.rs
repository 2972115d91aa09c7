//! Access tokens: made, and recognised when they come back.

use std::time::Duration;

use model::{AuthorizationId, Digest, Secret, Timestamp};
use ports::SignerError;
use ports::store::AuthorizationRow;
use protocol::jose::jwt::{self, ACCESS_TOKEN, Audience, Claims, Expect, Life};
use protocol::jose::{Algorithm, SignError, Typ};
use protocol::oauth::claims::{AccessToken, Login};
use protocol::oauth::{Bound, Issuer, Object, Resource, Scopes};

use super::claims::{jti, methods};
use super::clients::Client;
use super::exchange::ExchangedToken;
use super::held::not_there;
use super::keys::Keys;
use super::machine::ClientToken;
use super::token::{named, scopes_of};
use crate::sign_in::Bearer;
use crate::{App, AppError, ErrorKind, Known};

/// What a token says, before anybody asked whether it counts.
#[derive(Clone)]
pub(super) enum Recognised {
    /// Of what it came, until when it counts, and what it is bound to.
    /// And what it may, where it says so by itself.
    Person(AuthorizationId, Timestamp, Option<Bound>, Option<Scopes>),
    Client(ClientToken),
    Exchanged(ExchangedToken),
}

/// An access token that counts now.
pub(super) enum Live {
    /// A person's, and the app's to whom they signed in.
    Person(Box<LivePerson>),
    /// A client's own.
    Client(Client, Box<ClientToken>),
    /// One that a client was given in exchange, for somebody else.
    Exchanged(Client, Box<ExchangedToken>),
}

/// An access token that was given on behalf of a person.
pub(super) struct LivePerson {
    /// What it came of.
    pub row: AuthorizationRow,
    /// On behalf of whom.
    pub known: Known,
    /// For whom it was made.
    pub client: Client,
    /// Until when it counts.
    pub ends: Timestamp,
    /// Whose holder alone may use it.
    pub bound: Option<Bound>,
    /// What it may.
    pub scopes: Scopes,
}

impl Live {
    /// For whom it was made.
    pub(super) fn client(&self) -> &Client {
        match self {
            Self::Person(live) => &live.client,
            Self::Client(client, _) | Self::Exchanged(client, _) => client,
        }
    }

    /// Whose holder alone may use it.
    pub(super) fn bound(&self) -> Option<&Bound> {
        match self {
            Self::Person(live) => live.bound.as_ref(),
            Self::Client(_, token) => token.bound.as_ref(),
            Self::Exchanged(_, token) => token.bound.as_ref(),
        }
    }
}

impl App {
    /// A new access token, for the holder of what it is bound to where that is something, and for how many seconds it counts.
    pub(super) async fn access_token(
        &self,
        client: &Client,
        row: &AuthorizationRow,
        subject: &str,
        scopes: &Scopes,
        bound: Option<&Bound>,
    ) -> Result<(Secret, u32), AppError> {
        let shape = &client.oidc().access_token;
        let seconds = u32::from(shape.minutes) * 60;
        let now = self.now();
        let ends = now.plus(Duration::from_secs(seconds.into()));
        if shape.format == documents::TokenFormat::Opaque {
            let second = u32::try_from(ends.as_micros() / 1_000_000).unwrap_or(u32::MAX);
            let token = Bearer::ACCESS.write_bound(&*self.keyring, row.id, second, bound);
            return Ok((Secret::new(token), seconds));
        }
        let issuer = self.issuer()?;
        let audience = [audience(client, issuer)];
        let amr = methods(&row.state.amr);
        let claims = AccessToken {
            issuer,
            subject,
            audience: &audience,
            client_id: &row.state.client,
            issued_at: now,
            expires_at: ends,
            jti: &jti(row.id, ends, ports::clock::draw(&*self.entropy)),
            scopes,
            login: Some(Login {
                auth_time: row.state.auth_time,
                acr: Some(&row.state.acr),
                amr: &amr,
                sid: None,
            }),
            bound,
            actor: None,
            added: &Object::new(),
        };
        let claims = claims.claims().map_err(|why| unsigned(&why.to_string()))?;
        let token = self
            .signed(named(shape.alg), AccessToken::TYP, &claims)
            .await?;
        Ok((token, seconds))
    }

    /// Claims, signed.
    pub(super) async fn signed(
        &self,
        algorithm: Algorithm,
        typ: &str,
        claims: &Object,
    ) -> Result<Secret, AppError> {
        let keys = self.keys(&[algorithm]).await?;
        let key = keys
            .signing(algorithm)
            .ok_or_else(|| unsigned("there is no key"))?;
        let token = jwt::sign(key, typ, claims).map_err(|why| match why {
            SignError::NotSigned => not_there(&SignerError::Silent(why.to_string())),
            why => unsigned(&why.to_string()),
        })?;
        Ok(Secret::new(token))
    }

    /// The access token that somebody brings, if it counts: it was made here, has not ended, and
    /// everything it came of still stands.
    pub(super) async fn live(&self, token: &Secret) -> Result<Option<Live>, AppError> {
        let now = self.now();
        let (id, ends, bound, scopes) = match self.recognised(token).await? {
            Some(Recognised::Person(id, ends, bound, scopes)) => (id, ends, bound, scopes),
            Some(Recognised::Exchanged(token)) => {
                let client = self.acting(&token).await?;
                let client = client.filter(|client| client.takes(token.bound.as_ref()));
                return Ok(client.map(|client| Live::Exchanged(client, Box::new(token))));
            }
            Some(Recognised::Client(token)) => {
                let client = self.client_of(&token).await?;
                let client = client.filter(|client| client.takes(token.bound.as_ref()));
                return Ok(client.map(|client| Live::Client(client, Box::new(token))));
            }
            None => return Ok(None),
        };
        if now >= ends {
            return Ok(None);
        }
        let Some(row) = self.store.authorization(id).await? else {
            return Ok(None);
        };
        let standing = self.standing(&row).await?;
        let standing = standing.filter(|(client, _)| client.takes(bound.as_ref()));
        Ok(standing.map(|(client, known)| {
            Live::Person(Box::new(LivePerson {
                scopes: scopes.unwrap_or_else(|| scopes_of(&row)),
                row,
                known,
                client,
                ends,
                bound,
            }))
        }))
    }

    /// What a token says, if we made it.
    async fn recognised(&self, token: &Secret) -> Result<Option<Recognised>, AppError> {
        let at = |second: i64| Timestamp::from_micros(second.saturating_mul(1_000_000));
        let text = token.expose();
        if let Some((id, second, bound)) = Bearer::ACCESS.read_bound(&*self.keyring, text) {
            return Ok(Some(Recognised::Person(id, at(second.into()), bound, None)));
        }
        if let Some(token) = self.opened_token(text) {
            return Ok(Some(Recognised::Client(token)));
        }
        let keys = self.keys(&[]).await?;
        let digest = Digest::of(text.as_bytes());
        if let Some(says) = self.verified.get(keys.head, &digest) {
            return Ok(Some(says));
        }
        let says = self.signed_by(&keys, text)?;
        if let Some(says) = &says {
            self.verified.put(keys.head, digest, says.clone());
        }
        Ok(says)
    }

    /// What a signed token says, if these keys signed it.
    fn signed_by(&self, keys: &Keys, text: &str) -> Result<Option<Recognised>, AppError> {
        let at = |second: i64| Timestamp::from_micros(second.saturating_mul(1_000_000));
        let expect = Expect {
            typ: Typ::Is(AccessToken::TYP),
            issuer: Some(self.issuer()?.as_str()),
            // For whom a token is, is said by the document of whom it was made for, looked at below.
            audience: Audience::Unbound,
            life: Life::Ends,
            required: ACCESS_TOKEN,
            now: self.now(),
            leeway_s: 0,
        };
        let Ok(claims) = jwt::verify(text, &keys.published, &expect) else {
            return Ok(None);
        };
        if let Some(token) = ClientToken::of(&claims) {
            return Ok(Some(Recognised::Client(token)));
        }
        if let Some(token) = ExchangedToken::of(&claims) {
            return Ok(Some(Recognised::Exchanged(token)));
        }
        let scopes = claims.rest.get("scope").and_then(|scope| scope.as_str());
        let scopes = Some(Scopes::parse(scopes.unwrap_or_default()).unwrap_or_default());
        let named = claims.jti.as_deref().and_then(|jti| {
            let (id, rest) = jti.split_once('.')?;
            let (second, _) = rest.split_once('.')?;
            let (id, ends) = (id.parse().ok()?, at(second.parse().ok()?));
            Some(Recognised::Person(id, ends, bound_to(&claims)?, scopes))
        });
        Ok(named)
    }

    /// Whether everything that an authorization came of still stands: it has not ended, its client is
    /// declared, its person may be signed in, and its session is open, unless it was asked for beyond it.
    pub(super) async fn standing(
        &self,
        row: &AuthorizationRow,
    ) -> Result<Option<(Client, Known)>, AppError> {
        let state = &row.state;
        if state.ended.is_some() {
            return Ok(None);
        }
        let client = self.client(&state.client).await?;
        let Some(client) = client.filter(|c| c.party().name == state.relying_party) else {
            return Ok(None);
        };
        let Ok(known) = self.member(state.subject).await? else {
            return Ok(None);
        };
        let offline = state.scopes.iter().any(|scope| scope == OFFLINE);
        let session = self.store.session(state.session).await?;
        let open = match session {
            Some(session) if offline => session.state.ended.is_none(),
            Some(session) => session.state.is_open(self.now()),
            None => false,
        };
        Ok(open.then_some((client, known)))
    }
}

/// What a signed token is bound to (`cnf`, RFC 7800); nothing, where it has no such claim. `None`: it has one that is
/// not understood, and counts as none of ours.
pub(super) fn bound_to(claims: &Claims) -> Option<Option<Bound>> {
    match claims.rest.get("cnf") {
        None => Some(None),
        Some(cnf) => Bound::of_cnf(cnf).map(Some),
    }
}

/// What a client asks for to go on when nobody is signed in (OpenID Connect Core §11). It does not
/// outlive a session that was ended: by a leaver, an administrator, or the person.
pub(super) const OFFLINE: &str = "offline_access";

/// For whom a client's access tokens are: the API that its document names, or our own endpoints.
pub(super) fn audience(client: &Client, issuer: &Issuer) -> Resource {
    let named = client.oidc().access_token.audience.as_deref();
    let text = named.unwrap_or(issuer.as_str());
    Resource::new(text)
        .or_else(|_| Resource::new(issuer.as_str()))
        .unwrap_or_else(|_| unreachable!("an issuer is an absolute URI"))
}

pub(super) fn unsigned(why: &str) -> AppError {
    AppError::new(
        ErrorKind::Broken,
        "TNR-SIGN-0015",
        format!("a token could not be signed: {why}"),
        "look at the relying party's document; report this if it is right",
    )
}

//! Access tokens that are exchanged for others (RFC 8693): a service that was sent one acts on behalf of the person
//! towards the next.
//!
//! The other one is for a resource that the client's document names, may no more than the token before it and than the
//! document says, ends no later, and counts at our endpoints only as long as what it came of stands. It says who acts
//! (`act`), and is kept nowhere: that it was given stands in the log before it is answered. It opens nothing here, and is
//! not exchanged again.

use std::time::Duration;

use documents::Exchange;
use model::event::ClientGranted;
use model::{Actor, AuthorizationId, Digest, Event, Secret, Timestamp};
use ports::store::Append;
use protocol::jose::jwt::Claims;
use protocol::oauth::claims::{AccessToken, Login};
use protocol::oauth::token::ACCESS_TOKEN_TYPE;
use protocol::oauth::{
    Bound, ErrorCode, GrantType, OAuthError, Object, Resource, Scopes, TokenResponse,
};

use super::access::{Live, LivePerson, bound_to, unsigned};
use super::claims::{jti, methods};
use super::clients::Client;
use super::token::named;
use crate::{App, AppError};

/// What stands before the names of such tokens, so that none is taken for one that a person's sign-in gave.
const NAMED: &str = "tnx_";

/// What a client asks for in exchange.
pub(super) struct Wish<'a> {
    /// The access token that it was sent.
    pub subject: &'a Secret,
    /// For whom the other one is to be (`audience`).
    pub audience: Option<&'a str>,
    /// The same by `resource` (RFC 8707).
    pub resources: &'a [Resource],
    /// What it is to be allowed.
    pub scopes: Option<&'a Scopes>,
    /// The certificate with which it came.
    pub certificate: Option<Bound>,
}

/// What such a token says.
#[derive(Debug, Clone)]
pub(super) struct ExchangedToken {
    /// Its name; no other has it.
    pub name: String,
    /// What it came of.
    pub of: AuthorizationId,
    /// What the person is called.
    pub subject: String,
    /// Who acts.
    pub client_id: String,
    /// For whom it is.
    pub audience: Resource,
    /// What it may there.
    pub scopes: Scopes,
    pub made: Timestamp,
    pub ends: Timestamp,
    /// Whose holder alone may use it.
    pub bound: Option<Bound>,
}

impl ExchangedToken {
    /// What a signed token says, if it is one of these.
    pub(super) fn of(claims: &Claims) -> Option<Self> {
        let text = |name: &str| claims.rest.get(name).and_then(|value| value.as_str());
        let name = claims.jti.as_deref()?;
        let (of, _) = name.strip_prefix(NAMED)?.split_once('.')?;
        Some(Self {
            name: name.to_owned(),
            of: of.parse().ok()?,
            subject: claims.sub.clone()?,
            client_id: text("client_id")?.to_owned(),
            audience: Resource::new(claims.aud.first()?).ok()?,
            scopes: Scopes::parse(text("scope").unwrap_or_default()).ok()?,
            made: claims.iat?,
            ends: claims.exp?,
            bound: bound_to(claims)?,
        })
    }
}

impl App {
    /// Exchanges an access token of ours for one that is for somebody else.
    pub(super) async fn exchange_token(
        &self,
        client: &Client,
        wish: Wish<'_>,
        bound: Option<&Bound>,
    ) -> Result<Result<Object, OAuthError>, AppError> {
        let Some(policy) = &client.oidc().exchange else {
            let problem = "the client may exchange nothing: see its document";
            return Ok(Err(OAuthError::new(ErrorCode::UnauthorizedClient, problem)));
        };
        let (audience, allowed) = match target(policy, &wish) {
            Ok(target) => target,
            Err(error) => return Ok(Err(error)),
        };
        let Some(subject) = self.exchangeable(client, policy, &wish, bound).await? else {
            return Ok(Err(unacceptable()));
        };
        let scopes = match subject.scopes.within(&allowed).narrowed(wish.scopes) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Err(error)),
        };
        if scopes.is_empty() {
            let problem = "has nothing left: the token that was sent may nothing there";
            return Ok(Err(OAuthError::of(
                ErrorCode::InvalidScope,
                "scope",
                problem,
            )));
        }
        let now = self.now();
        let minutes = u64::from(client.oidc().access_token.minutes);
        let ends = now
            .plus(Duration::from_secs(minutes * 60))
            .min(subject.ends);
        let seconds = u32::try_from(ends.since(now).as_secs()).unwrap_or(0);
        if seconds == 0 {
            return Ok(Err(unacceptable()));
        }
        let drawn = ports::clock::draw(&*self.entropy);
        let token = ExchangedToken {
            name: format!("{NAMED}{}", jti(subject.row.id, ends, drawn)),
            of: subject.row.id,
            subject: self.called(client, subject.row.state.subject),
            client_id: client.oidc().client_id.clone(),
            audience,
            scopes,
            made: now,
            ends,
            bound: bound.cloned(),
        };
        let access_token = self.signed_exchange(client, &token, &subject).await?;
        self.store.append(granted(client, &token)).await?;
        let response = TokenResponse {
            access_token,
            bound: bound.cloned(),
            expires_in_s: seconds,
            refresh_token: None,
            id_token: None,
            scopes: token.scopes,
        };
        let mut body = response.to_json();
        // RFC 8693 §2.2.1.
        body.insert("issued_token_type".to_owned(), ACCESS_TOKEN_TYPE.into());
        Ok(Ok(body))
    }

    /// The token that was sent, if this client may exchange it: a person's, of a relying party that its document
    /// names, to which it is bound as whoever sends it can prove, and of somebody who may sign in to this client too.
    async fn exchangeable(
        &self,
        client: &Client,
        policy: &Exchange,
        wish: &Wish<'_>,
        bound: Option<&Bound>,
    ) -> Result<Option<Box<LivePerson>>, AppError> {
        let Some(Live::Person(subject)) = self.live(wish.subject).await? else {
            return Ok(None);
        };
        let from = subject.client.party().named_by_rules();
        // The certificate counts also where this client's own tokens are bound to something else, or to nothing.
        let holds = [bound, wish.certificate.as_ref()];
        let held = subject.bound.is_none() || holds.contains(&subject.bound.as_ref());
        if !policy.from.contains(from) || !held {
            return Ok(None);
        }
        let theirs = self.is_assigned(client.party(), &subject.known).await?;
        Ok(theirs.is_ok().then_some(subject))
    }

    async fn signed_exchange(
        &self,
        client: &Client,
        token: &ExchangedToken,
        subject: &LivePerson,
    ) -> Result<Secret, AppError> {
        let state = &subject.row.state;
        let amr = methods(&state.amr);
        let claims = AccessToken {
            issuer: self.issuer()?,
            subject: &token.subject,
            audience: std::slice::from_ref(&token.audience),
            client_id: &token.client_id,
            issued_at: token.made,
            expires_at: token.ends,
            jti: &token.name,
            scopes: &token.scopes,
            login: Some(Login {
                auth_time: state.auth_time,
                acr: Some(&state.acr),
                amr: &amr,
                sid: None,
            }),
            bound: token.bound.as_ref(),
            actor: Some(&token.client_id),
            added: &Object::new(),
        };
        let claims = claims.claims().map_err(|why| unsigned(&why.to_string()))?;
        let algorithm = named(client.oidc().access_token.alg);
        self.signed(algorithm, AccessToken::TYP, &claims).await
    }

    /// The client that acts with such a token, if the token counts now: what it came of stands, and the client may
    /// still exchange that for this.
    pub(super) async fn acting(&self, token: &ExchangedToken) -> Result<Option<Client>, AppError> {
        if self.now() >= token.ends {
            return Ok(None);
        }
        let Some(row) = self.store.authorization(token.of).await? else {
            return Ok(None);
        };
        let Some((first, _)) = self.standing(&row).await? else {
            return Ok(None);
        };
        let client = self.client(&token.client_id).await?;
        let may = |client: &Client| {
            let policy = client.oidc().exchange.as_ref();
            client.may(GrantType::TokenExchange)
                && policy.is_some_and(|policy| {
                    policy.from.contains(first.party().named_by_rules())
                        && policy.audiences.contains_key(token.audience.as_str())
                })
        };
        Ok(client.filter(may))
    }
}

/// For whom the other token is to be, and what it may there at the most: one that the document names.
fn target(policy: &Exchange, wish: &Wish<'_>) -> Result<(Resource, Scopes), OAuthError> {
    let wrong = |problem| {
        Err(OAuthError::of(
            ErrorCode::InvalidTarget,
            "audience",
            problem,
        ))
    };
    let asked = match (wish.audience, wish.resources) {
        (Some(audience), []) => audience,
        (None, [resource]) => resource.as_str(),
        _ => return wrong("or resource names the one API that the token is to be for: send one"),
    };
    let Some(scopes) = policy.audiences.get(asked) else {
        return wrong("is none of this client's document");
    };
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    Ok((Resource::new(asked)?, Scopes::parse(&scopes.join(" "))?))
}

/// Whatever is wrong with the token that was sent, in the same words (RFC 8693 §2.2.2).
const fn unacceptable() -> OAuthError {
    let problem = "does not count, or is none that this client may exchange";
    OAuthError::of(ErrorCode::InvalidRequest, "subject_token", problem)
}

fn granted(client: &Client, token: &ExchangedToken) -> Append {
    let event = Event::ClientGranted(ClientGranted {
        relying_party: client.party().name.clone(),
        client: token.client_id.clone(),
        token: Digest::of(token.name.as_bytes()),
        scopes: token.scopes.iter().map(str::to_owned).collect(),
        ends: token.ends,
        authorization: Some(token.of),
        audience: Some(token.audience.as_str().to_owned()),
    });
    Append::of(
        Actor::named(&format!("client {}", token.client_id)),
        vec![event],
    )
}

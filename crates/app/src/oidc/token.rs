//! The token endpoint.

use std::time::Duration;

use model::{AuthorizationId, Digest, Secret};
use ports::store::{Append, AuthorizationRow, OneTime};
use protocol::jose::Algorithm;
use protocol::oauth::claims::{IdToken, Login};
use protocol::oauth::token::{Grant, Refusal};
use protocol::oauth::{
    Bound, ClientAuth, CodeChallenge, ErrorCode, GrantType, OAuthError, Object, Params, Scopes,
    TokenRequest, TokenResponse,
};

use super::certificate::Door;
use super::claims::{in_id_token, methods};
use super::clients::Client;
use super::exchange::Wish;
use super::issue::{changed, stream};
use super::steps::actor;
use crate::sign_in::{Bearer, ended};
use crate::{App, AppError, ErrorKind};

/// A call to an endpoint at which clients prove who they are.
#[derive(Debug, Clone, Copy)]
pub struct TokenCall<'a> {
    /// Every `Authorization` header.
    pub authorization: &'a [&'a [u8]],
    /// Every `DPoP` header.
    pub proofs: &'a [&'a [u8]],
    /// The `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// The body.
    pub body: &'a [u8],
    /// Where it came in.
    pub door: Door<'a>,
}

/// What a client is answered.
#[derive(Debug)]
pub enum Given {
    /// This, with 200; never to be cached.
    Body(Object),
    /// A refusal.
    Refused(Refusal),
}

/// What goes on in a token request once the client has proved who it is.
type Answered = Result<Object, OAuthError>;

impl App {
    /// Answers a token request (RFC 6749 §5).
    ///
    /// # Errors
    /// When the store does not answer; a refusal is an answer.
    pub async fn token(&self, call: TokenCall<'_>) -> Result<Given, AppError> {
        let (client, auth, params) = match self.caller(call).await? {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Given::Refused(refusal)),
        };
        let answered = match TokenRequest::parse(&params) {
            Ok(request) => match self.binds_to(&client, call).await? {
                Ok(bound) => {
                    let held = (bound.as_ref(), call.door.bound());
                    self.grant(&client, request, held).await?
                }
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        Ok(match answered {
            Ok(body) => Given::Body(body),
            Err(error) => Given::Refused(Refusal {
                error,
                by_header: matches!(auth, ClientAuth::Basic { .. }),
            }),
        })
    }

    /// The client that calls, once it has proved who it is.
    pub(super) async fn caller(
        &self,
        call: TokenCall<'_>,
    ) -> Result<Result<(Client, ClientAuth, Params), Refusal>, AppError> {
        let by_header = !call.authorization.is_empty();
        let params = match Params::body(call.content_type, call.body) {
            Ok(params) => params,
            Err(error) => return Ok(Err(Refusal { error, by_header })),
        };
        let auth = match ClientAuth::extract(call.authorization, &params) {
            Ok(auth) => auth,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(self
            .proven_client(&auth, call.door)
            .await?
            .map(|client| (client, auth, params)))
    }

    async fn grant(
        &self,
        client: &Client,
        request: TokenRequest,
        (bound, certificate): (Option<&Bound>, Option<Bound>),
    ) -> Result<Answered, AppError> {
        let kind = request.grant.grant_type();
        if !client.may(kind) {
            let problem = "the client may not use this grant: see its document";
            return Ok(Err(OAuthError::new(ErrorCode::UnauthorizedClient, problem)));
        }
        if let Grant::TokenExchange {
            subject_token,
            audience,
            scopes,
        } = &request.grant
        {
            let wish = Wish {
                subject: subject_token,
                audience: audience.as_deref(),
                resources: &request.resources,
                scopes: scopes.as_ref(),
                certificate,
            };
            return self.exchange_token(client, wish, bound).await;
        }
        let issuer = self.issuer()?;
        let audience = super::access::audience(client, issuer);
        if request.resources.iter().any(|asked| *asked != audience) {
            let problem = "is not the one of this client's document: leave it out";
            return Ok(Err(OAuthError::of(
                ErrorCode::InvalidTarget,
                "resource",
                problem,
            )));
        }
        match &request.grant {
            Grant::AuthorizationCode { code, .. } => {
                self.redeem(client, &request.grant, code, bound).await
            }
            Grant::RefreshToken {
                refresh_token,
                scopes,
            } => {
                let scopes = scopes.as_ref();
                self.refresh(client, refresh_token, scopes, bound).await
            }
            Grant::DeviceCode { device_code } => {
                self.redeem_device(client, device_code, bound).await
            }
            Grant::ClientCredentials { scopes } => {
                self.client_credentials(client, scopes.as_ref(), bound)
                    .await
            }
            // It has a target of its own, and was answered above.
            Grant::TokenExchange { .. } => Ok(Err(no_grant())),
        }
    }

    /// Exchanges a code, once.
    async fn redeem(
        &self,
        client: &Client,
        grant: &Grant,
        code: &Secret,
        bound: Option<&Bound>,
    ) -> Result<Answered, AppError> {
        let read = Bearer::CODE.read::<AuthorizationId>(&*self.keyring, code.expose());
        let Some((id, _)) = read else {
            return Ok(Err(no_grant()));
        };
        let Some(row) = self.store.authorization(id).await? else {
            return Ok(Err(no_grant()));
        };
        if row.state.client != client.oidc().client_id {
            return Ok(Err(no_grant()));
        }
        if row.state.jkt.is_some() && row.state.jkt != bound.map(Bound::text) {
            return Ok(Err(no_grant()));
        }
        if row.state.redeemed.is_none() {
            let Ok(challenge) = CodeChallenge::parse(&row.state.challenge) else {
                return Ok(Err(no_grant()));
            };
            if let Err(error) = grant.redeems(&row.state.redirect_uri, Some(&challenge)) {
                return Ok(Err(error));
            }
        }
        self.exchange(client, row, "authorization-code", bound)
            .await
    }

    /// Exchanges what a code of this space gave for tokens, once. That the code is good is the caller's.
    pub(super) async fn exchange(
        &self,
        client: &Client,
        mut row: AuthorizationRow,
        space: &'static str,
        bound: Option<&Bound>,
    ) -> Result<Answered, AppError> {
        let (id, now) = (row.id, self.now());
        if row.state.redeemed.is_some() {
            self.end_given(row, "its code came twice").await?;
            return Ok(Err(no_grant()));
        }
        if now >= row.state.code_ends || self.standing(&row).await?.is_none() {
            return Ok(Err(no_grant()));
        }
        row.state.redeemed = Some(now);
        binds(client, &mut row, bound);
        if client.may(GrantType::RefreshToken) {
            row.state.refreshed = 1;
            row.state.refresh_ends = Some(now.plus(refreshable(client)));
        }
        if !self.first(&row, used_up(space, id, 0)).await? {
            self.end_again(id, "its code came twice").await?;
            return Ok(Err(no_grant()));
        }
        let scopes = scopes_of(&row);
        self.tokens(client, &row, &scopes, true, bound)
            .await
            .map(Ok)
    }

    /// Exchanges a refresh token for the next one, once.
    async fn refresh(
        &self,
        client: &Client,
        token: &Secret,
        asked: Option<&Scopes>,
        bound: Option<&Bound>,
    ) -> Result<Answered, AppError> {
        let read = Bearer::REFRESH.read::<AuthorizationId>(&*self.keyring, token.expose());
        let Some((id, number)) = read else {
            return Ok(Err(no_grant()));
        };
        let Some(mut row) = self.store.authorization(id).await? else {
            return Ok(Err(no_grant()));
        };
        if row.state.client != client.oidc().client_id {
            return Ok(Err(no_grant()));
        }
        // Before anything ends by it: whoever lacks the key can do nothing with what they have found.
        let held_by = row.state.jkt.as_ref().filter(|_| client.is_public());
        if held_by.is_some() && held_by != bound.map(Bound::text).as_ref() {
            return Ok(Err(no_grant()));
        }
        if number != row.state.refreshed {
            // Somebody has a token that was exchanged before: the client, or a thief.
            self.end_given(row, "a refresh token came twice").await?;
            return Ok(Err(no_grant()));
        }
        let now = self.now();
        if row.state.refresh_ends.is_none_or(|ends| now >= ends) {
            return Ok(Err(no_grant()));
        }
        let granted = scopes_of(&row);
        let scopes = match granted.narrowed(asked) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Err(error)),
        };
        let Some((_, known)) = self.standing(&row).await? else {
            return Ok(Err(no_grant()));
        };
        if let Err(why) = self.is_assigned(client.party(), &known).await? {
            self.end_given(row, &why).await?;
            return Ok(Err(no_grant()));
        }
        if client.is_fapi() {
            return self.refresh_unturned(client, row, &scopes, bound).await;
        }
        row.state.refreshed = number.saturating_add(1);
        binds(client, &mut row, bound);
        let once = used_up("refresh-token", id, number);
        if !self.first(&row, once).await? {
            self.end_again(id, "a refresh token came twice").await?;
            return Ok(Err(no_grant()));
        }
        self.tokens(client, &row, &scopes, false, bound)
            .await
            .map(Ok)
    }

    /// Exchanges a refresh token that stays: it is worth nothing without the client's keys, and a client that loses an
    /// answer keeps what it has (FAPI 2.0 Security Profile §5.3.2.1). That it was used is written down all the same.
    async fn refresh_unturned(
        &self,
        client: &Client,
        row: AuthorizationRow,
        scopes: &Scopes,
        bound: Option<&Bound>,
    ) -> Result<Answered, AppError> {
        let append = Append::of(actor(row.state.subject), vec![changed(&row)]);
        let append = append.on(stream(row.id), row.head);
        let row = match self.store.append(append).await.map_err(AppError::from) {
            Ok(_) => Some(row),
            // Somebody else wrote at the same time: another exchange, or an end.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let row = self.store.authorization(row.id).await?;
                row.filter(|row| row.state.ended.is_none())
            }
            Err(error) => return Err(error),
        };
        match row {
            Some(row) => self
                .tokens(client, &row, scopes, false, bound)
                .await
                .map(Ok),
            None => Ok(Err(no_grant())),
        }
    }

    /// Writes down that something was used up; `false`: somebody else was first.
    async fn first(&self, row: &AuthorizationRow, once: OneTime) -> Result<bool, AppError> {
        let append = Append::of(actor(row.state.subject), vec![changed(row)])
            .on(stream(row.id), row.head)
            .consuming(once);
        match self.store.append(append).await.map_err(AppError::from) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends what a relying party was given, whoever else writes at the same time.
    pub(super) async fn end_given(
        &self,
        row: AuthorizationRow,
        reason: &str,
    ) -> Result<(), AppError> {
        let id = row.id;
        let mut current = Some(row);
        while let Some(mut row) = current.take().filter(|row| row.state.ended.is_none()) {
            row.state.ended = Some(ended(self.now(), reason));
            let append = Append::of(actor(row.state.subject), vec![changed(&row)]);
            let append = append.on(stream(id), row.head);
            match self.store.append(append).await.map_err(AppError::from) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    current = self.store.authorization(id).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn end_again(&self, id: AuthorizationId, reason: &str) -> Result<(), AppError> {
        match self.store.authorization(id).await? {
            Some(row) => self.end_given(row, reason).await,
            None => Ok(()),
        }
    }

    /// The tokens.
    async fn tokens(
        &self,
        client: &Client,
        row: &AuthorizationRow,
        scopes: &Scopes,
        with_nonce: bool,
        bound: Option<&Bound>,
    ) -> Result<Object, AppError> {
        let subject = self.called(client, row.state.subject);
        let access = self.access_token(client, row, &subject, scopes, bound);
        let (access_token, expires_in_s) = access.await?;
        let id_token = match scopes.has("openid") {
            true => Some(self.id_token(client, row, &subject, with_nonce).await?),
            false => None,
        };
        let refresh = row.state.refresh_ends.map(|_| {
            let number = row.state.refreshed;
            Secret::new(Bearer::REFRESH.write(&*self.keyring, row.id, number))
        });
        let response = TokenResponse {
            access_token,
            bound: bound.cloned(),
            expires_in_s,
            refresh_token: refresh,
            id_token,
            scopes: scopes.clone(),
        };
        Ok(response.to_json())
    }

    async fn id_token(
        &self,
        client: &Client,
        row: &AuthorizationRow,
        subject: &str,
        with_nonce: bool,
    ) -> Result<Secret, AppError> {
        let now = self.now();
        let (state, amr) = (&row.state, methods(&row.state.amr));
        let session = state.session.to_string();
        let added = match state.asked.id_token.is_empty() {
            true => Object::new(),
            false => match self.member(state.subject).await? {
                Ok(known) => in_id_token(client, &known, &state.asked.id_token),
                Err(_) => Object::new(),
            },
        };
        let claims = IdToken {
            issuer: self.issuer()?,
            subject,
            client_id: &state.client,
            issued_at: now,
            expires_at: now.plus(ID_TOKEN),
            login: Login {
                auth_time: state.auth_time,
                acr: Some(&state.acr),
                amr: &amr,
                sid: Some(&session),
            },
            nonce: state.nonce.as_deref().filter(|_| with_nonce),
            at_hash: None,
            session_expiry: None,
            added: &added,
        };
        let claims = claims.claims().map_err(|why| {
            let fix = "give the claim another name in the relying party's document";
            AppError::new(ErrorKind::Broken, "TNR-SIGN-0015", why.to_string(), fix)
        })?;
        let algorithm = signs(client);
        self.signed(algorithm, IdToken::TYP, &claims).await
    }
}

/// Binds the refresh tokens of a public client to the key or certificate that it has proved to hold (RFC 9449 §5, RFC
/// 8705 §4). Others prove who they are by something else, and may take another one.
fn binds(client: &Client, row: &mut AuthorizationRow, bound: Option<&Bound>) {
    if client.is_public() && bound.is_some() {
        row.state.jkt = bound.map(Bound::text);
    }
}

/// How long an ID token counts: long enough for the client that gets it at once.
const ID_TOKEN: Duration = Duration::from_secs(5 * 60);

/// What signs a client's ID tokens.
pub(super) fn signs(client: &Client) -> Algorithm {
    named(client.oidc().id_token_alg)
}

/// An algorithm by what documents call it.
pub(super) const fn named(alg: documents::SigningAlg) -> Algorithm {
    match alg {
        documents::SigningAlg::Es256 => Algorithm::Es256,
        documents::SigningAlg::EdDsa => Algorithm::EdDsa,
        documents::SigningAlg::Rs256 => Algorithm::Rs256,
        documents::SigningAlg::Ps256 => Algorithm::Ps256,
    }
}

fn refreshable(client: &Client) -> Duration {
    let days = client.oidc().refresh_days.unwrap_or(1);
    Duration::from_secs(u64::from(days) * 24 * 3600)
}

pub(super) fn scopes_of(row: &AuthorizationRow) -> Scopes {
    Scopes::parse(&row.state.scopes.join(" ")).unwrap_or_default()
}

/// What is used up by exchanging a thing's text of that number.
fn used_up(space: &'static str, id: AuthorizationId, number: u32) -> OneTime {
    OneTime {
        space,
        value: Digest::of(format!("{id}.{number}").as_bytes()),
    }
}

/// Whatever is wrong with a code or a refresh token, in the same words.
pub(super) const fn no_grant() -> OAuthError {
    let problem = "the code or refresh token does not count: begin again";
    OAuthError::new(ErrorCode::InvalidGrant, problem)
}

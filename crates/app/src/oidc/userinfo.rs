//! What is told of a person, and of tokens, to whoever may ask.

use protocol::oauth::introspect::{ActiveToken, IntrospectionRequest, answer};
use protocol::oauth::token::Refusal;
use protocol::oauth::{ErrorCode, OAuthError, Object, Resource, bearer};

use super::access::{Live, audience};
use super::clients::Client;
use super::token::{Given, TokenCall, scopes_of, told};
use crate::{App, AppError};

/// What whoever brings an access token is answered.
#[derive(Debug)]
pub enum Told {
    /// This.
    Claims(Object),
    /// A refusal: its status, and the `WWW-Authenticate` header.
    Refused(u16, String),
}

impl App {
    /// What is told of the person for whom an access token was given (OpenID Connect Core §5.3).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn userinfo(&self, authorization: &[&[u8]]) -> Result<Told, AppError> {
        let refused = |error: Option<&OAuthError>| {
            let status = error.map_or(401, |error| error.code().status());
            Told::Refused(status, bearer::challenge(error, None))
        };
        let token = match bearer::token(authorization) {
            Ok(Some(token)) => token,
            Ok(None) => return Ok(refused(None)),
            Err(error) => return Ok(refused(Some(&error))),
        };
        let invalid = OAuthError::new(ErrorCode::InvalidToken, "the access token does not count");
        let live = match self.live(&token).await? {
            Some(Live::Person(live)) => live,
            Some(Live::Client(..)) => {
                let problem = "the access token is a client's own, and about nobody";
                let error = OAuthError::new(ErrorCode::InsufficientScope, problem);
                return Ok(refused(Some(&error)));
            }
            None => return Ok(refused(Some(&invalid))),
        };
        let scopes = scopes_of(&live.row);
        if !scopes.has("openid") {
            let problem = "the access token was given without openid";
            let error = OAuthError::new(ErrorCode::InsufficientScope, problem);
            return Ok(refused(Some(&error)));
        }
        let subject = self.called(&live.client, live.row.state.subject);
        Ok(Told::Claims(told(
            &live.client,
            &live.known,
            &scopes,
            &subject,
        )))
    }

    /// Whether a token counts, to a client that asks (RFC 7662).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn introspect(&self, call: TokenCall<'_>) -> Result<Given, AppError> {
        let (client, auth, params) = match self.caller(call).await? {
            Ok(caller) => caller,
            Err(refusal) => return Ok(Given::Refused(refusal)),
        };
        let by_header = !call.authorization.is_empty();
        if matches!(auth, protocol::oauth::ClientAuth::None { .. }) {
            // Whoever proves nothing could ask about every token that it finds.
            return Ok(Given::Refused(auth.refused()));
        }
        let request = match IntrospectionRequest::parse(&params) {
            Ok(request) => request,
            Err(error) => return Ok(Given::Refused(Refusal { error, by_header })),
        };
        let live = self.live(&request.token).await?;
        self.about_token(&client, live).map(Given::Body)
    }

    fn about_token(&self, asker: &Client, live: Option<Live>) -> Result<Object, AppError> {
        let issuer = self.issuer()?;
        let asking = &asker.oidc().client_id;
        let serves: Vec<Resource> = match asker.oidc().access_token.audience {
            Some(_) => vec![audience(asker, issuer)],
            None => Vec::new(),
        };
        let live = match live {
            Some(Live::Person(live)) => live,
            Some(Live::Client(client, token)) => {
                let token = ActiveToken {
                    issuer,
                    subject: &token.client_id,
                    client_id: &token.client_id,
                    audience: &[audience(&client, issuer)],
                    scopes: &token.scopes(),
                    issued_at: token.made,
                    expires_at: token.ends,
                    jti: &token.name,
                    is_bearer: true,
                };
                return Ok(answer(Some(&token), asking, &serves));
            }
            None => return Ok(answer(None, asking, &serves)),
        };
        let subject = self.called(&live.client, live.row.state.subject);
        let (scopes, name) = (scopes_of(&live.row), live.row.id.to_string());
        let token = ActiveToken {
            issuer,
            subject: &subject,
            client_id: &live.row.state.client,
            audience: &[audience(&live.client, issuer)],
            scopes: &scopes,
            issued_at: live.row.state.redeemed.unwrap_or(live.row.state.auth_time),
            expires_at: live.ends,
            jti: &name,
            is_bearer: true,
        };
        Ok(answer(Some(&token), asking, &serves))
    }
}

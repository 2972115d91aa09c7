//! What is told of a person, and of tokens, to whoever may ask.

use model::Secret;
use protocol::oauth::bearer::{self, Scheme};
use protocol::oauth::claims::{USERINFO_TYP, addressed};
use protocol::oauth::introspect::{ActiveToken, IntrospectionRequest, answer};
use protocol::oauth::token::Refusal;
use protocol::oauth::{Bound, ErrorCode, OAuthError, Object, Resource};

use super::access::{Live, audience};
use super::certificate::Door;
use super::claims::told;
use super::clients::Client;
use super::possession::no_proof;
use super::token::{Given, TokenCall, named, scopes_of};
use crate::{App, AppError};

/// A request with an access token.
#[derive(Debug, Clone, Copy)]
pub struct UserCall<'a> {
    /// Its method: "GET".
    pub method: &'a str,
    /// Every `Authorization` header.
    pub authorization: &'a [&'a [u8]],
    /// Every `DPoP` header.
    pub proofs: &'a [&'a [u8]],
    /// The `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// The body; empty where the method has none.
    pub body: &'a [u8],
    /// Where it came in.
    pub door: Door<'a>,
}

/// What whoever brings an access token is answered.
#[derive(Debug)]
pub enum Told {
    /// This.
    Claims(Object),
    /// The same as a token that is signed, where the client's document says so (`application/jwt`).
    Signed(Secret),
    /// A refusal: its status, and the `WWW-Authenticate` header.
    Refused(u16, String),
}

impl App {
    /// What is told of the person for whom an access token was given (OpenID Connect Core §5.3).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn userinfo(&self, call: UserCall<'_>) -> Result<Told, AppError> {
        let (token, scheme) = match presented(call) {
            Ok(Some(presented)) => presented,
            Ok(None) => return Ok(refused(Scheme::Bearer, None)),
            Err(error) => return Ok(refused(Scheme::Bearer, Some(&error))),
        };
        let refused = |error: &OAuthError| Ok(refused(scheme, Some(error)));
        let Some(live) = self.live(&token).await? else {
            let problem = "the access token does not count";
            return refused(&OAuthError::new(ErrorCode::InvalidToken, problem));
        };
        if let Err(error) = self.is_held(&live, (&token, scheme), call).await? {
            return refused(&error);
        }
        let Live::Person(live) = live else {
            let problem =
                "the access token is for no person's claims: a client's own, or for an API";
            return refused(&OAuthError::new(ErrorCode::InsufficientScope, problem));
        };
        let scopes = scopes_of(&live.row);
        if !scopes.has("openid") {
            let problem = "the access token was given without openid";
            return refused(&OAuthError::new(ErrorCode::InsufficientScope, problem));
        }
        let client = &live.client;
        let subject = self.called(client, live.row.state.subject);
        let granted = (&scopes, &live.row.state.asked.userinfo);
        let claims = told(client, &live.known, granted, &subject);
        let Some(alg) = client.oidc().userinfo_alg else {
            return Ok(Told::Claims(claims));
        };
        let claims = addressed(claims, self.issuer()?, &client.oidc().client_id);
        let signed = self.signed(named(alg), USERINFO_TYP, &claims).await?;
        Ok(Told::Signed(signed))
    }

    /// Whether whoever brings an access token may use it: one that is bound to a key comes with a proof of that,
    /// and none other does (RFC 9449 §7.1, §7.2); one that is bound to a certificate comes over a connection on which
    /// that was presented (RFC 8705 §3).
    async fn is_held(
        &self,
        live: &Live,
        (token, scheme): (&Secret, Scheme),
        call: UserCall<'_>,
    ) -> Result<Result<(), OAuthError>, AppError> {
        let invalid = |problem| Ok(Err(OAuthError::new(ErrorCode::InvalidToken, problem)));
        let jkt = match (scheme, live.bound()) {
            (Scheme::Bearer, None) => return Ok(Ok(())),
            (Scheme::Dpop, Some(Bound::Key(jkt))) => jkt,
            (Scheme::Bearer, bound @ Some(Bound::Certificate(_))) => {
                return match call.door.bound() {
                    held if held.as_ref() == bound => Ok(Ok(())),
                    Some(_) => invalid("the access token is bound to another certificate"),
                    None => invalid(
                        "the access token is bound to a certificate: come with it, over mutual TLS",
                    ),
                };
            }
            (Scheme::Dpop, Some(Bound::Certificate(_))) => {
                return invalid(
                    "the access token is bound to a certificate and to no key: send it as Bearer",
                );
            }
            (Scheme::Bearer, Some(Bound::Key(_))) => {
                return invalid(
                    "the access token is bound to a key: send it as DPoP, with a proof",
                );
            }
            (Scheme::Dpop, None) => {
                return invalid("the access token is bound to no key: send it as Bearer");
            }
        };
        let at = (call.method, super::paths::USERINFO);
        let proved = self.possessed(live.client(), call.proofs, at, Some(token), call.door);
        Ok(match proved.await? {
            Ok(Some(held)) if held == *jkt => Ok(()),
            Ok(Some(_)) => return invalid("the access token is bound to another key"),
            Ok(None) => Err(no_proof("is missing: send a proof of the key")),
            Err(error) => Err(error),
        })
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
        if client.is_public() {
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
                    is_access: true,
                    bound: token.bound.as_ref(),
                    actor: None,
                };
                return Ok(answer(Some(&token), asking, &serves));
            }
            Some(Live::Exchanged(_, token)) => {
                let token = ActiveToken {
                    issuer,
                    subject: &token.subject,
                    client_id: &token.client_id,
                    audience: std::slice::from_ref(&token.audience),
                    scopes: &token.scopes,
                    issued_at: token.made,
                    expires_at: token.ends,
                    jti: &token.name,
                    is_access: true,
                    bound: token.bound.as_ref(),
                    actor: Some(&token.client_id),
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
            is_access: true,
            bound: live.bound.as_ref(),
            actor: None,
        };
        Ok(answer(Some(&token), asking, &serves))
    }
}

/// The access token that is brought, in one of the two places where it may stand, and how.
fn presented(call: UserCall<'_>) -> Result<Option<(Secret, Scheme)>, OAuthError> {
    let in_header = bearer::token(call.authorization)?;
    let in_form = match call.method {
        "POST" => bearer::token_in_form(call.content_type, call.body)?,
        _ => None,
    };
    match (in_header, in_form) {
        (Some(_), Some(_)) => {
            let problem = "the access token is there twice: send it in the header or in the form";
            Err(OAuthError::new(ErrorCode::InvalidRequest, problem))
        }
        (Some(presented), None) => Ok(Some(presented)),
        (None, in_form) => Ok(in_form.map(|token| (token, Scheme::Bearer))),
    }
}

/// The refusal of whoever brings an access token, or none (RFC 6750 §3, RFC 9449 §7.1).
fn refused(scheme: Scheme, error: Option<&OAuthError>) -> Told {
    let status = match error.map(OAuthError::code) {
        None | Some(ErrorCode::InvalidDpopProof) => 401,
        Some(code) => code.status(),
    };
    Told::Refused(status, bearer::challenge(scheme, error, None))
}

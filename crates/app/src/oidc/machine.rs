//! Access tokens of clients for themselves (RFC 6749 §4.4): nobody is signed in.
//!
//! Such a token is kept nowhere: it says by itself, signed or sealed, whose it is and until when it
//! counts. It counts as long as its client is declared and may have it. That it was given stands in the
//! log a moment later ([`trail`](super::trail)).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::event::ClientGranted;
use model::{Digest, Secret, Timestamp};
use ports::Sealed;
use protocol::jose::jwt::Claims;
use protocol::oauth::claims::AccessToken;
use protocol::oauth::{Bound, GrantType, OAuthError, Object, Scopes, TokenResponse};
use serde::{Deserialize, Serialize};

use super::access::{audience, bound_to, unsigned};
use super::clients::Client;
use super::token::named;
use crate::{App, AppError};

/// What an opaque token is sealed for.
const PURPOSE: &str = "client-token";
/// What stands before an opaque token, and before the names of signed ones.
const NAMED: &str = "tnm_";
/// The longest opaque token that is looked at.
const LONGEST: usize = 4_096;

/// What a token of a client for itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientToken {
    /// Its name; no other has it.
    pub(super) name: String,
    pub(super) client_id: String,
    /// What it may.
    pub(super) scopes: Vec<String>,
    pub(super) made: Timestamp,
    pub(super) ends: Timestamp,
    /// Whose holder alone may use it.
    #[serde(default, rename = "jkt", skip_serializing_if = "Option::is_none")]
    pub(super) bound: Option<Bound>,
}

impl ClientToken {
    pub(super) fn scopes(&self) -> Scopes {
        Scopes::parse(&self.scopes.join(" ")).unwrap_or_default()
    }

    /// What a signed token says, if it is one of these.
    pub(super) fn of(claims: &Claims) -> Option<Self> {
        let text = |name: &str| claims.rest.get(name).and_then(|value| value.as_str());
        let name = claims.jti.as_deref().filter(|jti| jti.starts_with(NAMED))?;
        let scopes = text("scope").unwrap_or_default().split_whitespace();
        Some(Self {
            name: name.to_owned(),
            client_id: text("client_id")?.to_owned(),
            scopes: scopes.map(str::to_owned).collect(),
            made: claims.iat?,
            ends: claims.exp?,
            bound: bound_to(claims)?,
        })
    }
}

impl App {
    /// A token for whoever the client is.
    pub(super) async fn client_credentials(
        &self,
        client: &Client,
        asked: Option<&Scopes>,
        bound: Option<&Bound>,
    ) -> Result<Result<Object, OAuthError>, AppError> {
        let scopes = match client.own_scopes().narrowed(asked) {
            Ok(scopes) => scopes,
            Err(error) => return Ok(Err(error)),
        };
        let shape = &client.oidc().access_token;
        let seconds = u32::from(shape.minutes) * 60;
        let now = self.now();
        let drawn: [u8; 16] = ports::clock::draw(&*self.entropy);
        let token = ClientToken {
            name: format!("{NAMED}{}", URL_SAFE_NO_PAD.encode(drawn)),
            client_id: client.oidc().client_id.clone(),
            scopes: scopes.iter().map(str::to_owned).collect(),
            made: now,
            ends: now.plus(Duration::from_secs(seconds.into())),
            bound: bound.cloned(),
        };
        let access_token = match shape.format {
            documents::TokenFormat::Opaque => self.sealed_token(&token)?,
            documents::TokenFormat::Jwt => self.signed_token(client, &token, &scopes).await?,
        };
        self.record_grant(granted(client, &token)).await?;
        let response = TokenResponse {
            access_token,
            bound: bound.cloned(),
            expires_in_s: seconds,
            refresh_token: None,
            id_token: None,
            scopes,
        };
        Ok(Ok(response.to_json()))
    }

    async fn signed_token(
        &self,
        client: &Client,
        token: &ClientToken,
        scopes: &Scopes,
    ) -> Result<Secret, AppError> {
        let issuer = self.issuer()?;
        let claims = AccessToken {
            issuer,
            subject: &token.client_id,
            audience: &[audience(client, issuer)],
            client_id: &token.client_id,
            issued_at: token.made,
            expires_at: token.ends,
            jti: &token.name,
            scopes,
            login: None,
            bound: token.bound.as_ref(),
            actor: None,
            added: &Object::new(),
        };
        let claims = claims.claims().map_err(|why| unsigned(&why.to_string()))?;
        let algorithm = named(client.oidc().access_token.alg);
        self.signed(algorithm, AccessToken::TYP, &claims).await
    }

    fn sealed_token(&self, token: &ClientToken) -> Result<Secret, AppError> {
        let plain = serde_json::to_vec(token).map_err(|why| unsigned(&why.to_string()))?;
        let sealed = self.keyring.seal(PURPOSE, &plain);
        let (key, bytes) = (sealed.key, URL_SAFE_NO_PAD.encode(&sealed.bytes));
        Ok(Secret::new(format!("{NAMED}{key}.{bytes}")))
    }

    /// What an opaque token says, if it is one of these.
    pub(super) fn opened_token(&self, text: &str) -> Option<ClientToken> {
        let text = text.strip_prefix(NAMED).filter(|t| t.len() <= LONGEST)?;
        let (key, bytes) = text.rsplit_once('.')?;
        let sealed = Sealed {
            key: key.to_owned(),
            bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let plain = self.keyring.open(PURPOSE, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    /// The client of such a token, if the token counts now.
    pub(super) async fn client_of(&self, token: &ClientToken) -> Result<Option<Client>, AppError> {
        if self.now() >= token.ends {
            return Ok(None);
        }
        let client = self.client(&token.client_id).await?;
        Ok(client.filter(|client| client.may(GrantType::ClientCredentials)))
    }
}

fn granted(client: &Client, token: &ClientToken) -> ClientGranted {
    ClientGranted {
        relying_party: client.party().name.clone(),
        client: token.client_id.clone(),
        token: Digest::of(token.name.as_bytes()),
        scopes: token.scopes.clone(),
        ends: token.ends,
        authorization: None,
        audience: None,
    }
}

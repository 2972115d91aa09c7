//! What a client asks for, once it is known who it is.

use std::fmt;

use model::{Personal, Secret};

use super::{ClaimsRequest, ClientView, Prompt, Refusal, Sender};
use crate::oauth::field::{Alphabet, Field};
use crate::oauth::{
    CodeChallenge, ErrorCode, GrantType, OAuthError, Params, PkcePolicy, ReplyTo, Resource,
    ResponseMode, Scopes, dpop,
};

const RESPONSE_TYPE: Field = Field::visible("response_type", 128);
const RESPONSE_MODE: Field = Field::visible("response_mode", 64);
const STATE: Field = Field::visible("state", 1_024);
const NONCE: Field = Field::of("nonce", 512, Alphabet::Unicode);
const MAX_AGE: Field = Field::visible("max_age", 10);
const LOGIN_HINT: Field = Field::of("login_hint", 320, Alphabet::Unicode);
const ID_TOKEN_HINT: Field = Field::visible("id_token_hint", crate::jose::MAX_TOKEN);
const ACR_VALUES: Field = Field::visible("acr_values", 1_024);
const UI_LOCALES: Field = Field::visible("ui_locales", 512);
/// The most names in a list with spaces.
const MAX_LISTED: usize = 16;

/// An authorization request of a client that is known, for a redirect URI that is its own.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: String,
    /// The right to answer it. Keep its URI with the code: a token request may have to say it again.
    pub reply_to: ReplyTo,
    /// What it asks for and may ask for.
    pub scopes: Scopes,
    /// Whether it asked for more, so that the token response has to tell what it got (RFC 6749 §3.3).
    pub is_narrowed: bool,
    /// What the verifier that comes with the code is held to. `None` only for a client with
    /// [`PkcePolicy::Optional`].
    pub challenge: Option<CodeChallenge>,
    /// To be said again in the ID token.
    pub nonce: Option<String>,
    /// What the person is to be asked.
    pub prompt: Prompt,
    /// How many seconds ago the person may have logged in at most. 0 is to log in now. `auth_time` must
    /// then be in the ID token.
    pub max_age_s: Option<u32>,
    /// Whom the client believes to log in: a hint and no proof.
    pub login_hint: Option<Personal<String>>,
    /// An ID token that the client has, to be verified and compared with who is logged in.
    pub id_token_hint: Option<Secret>,
    /// How the person should log in, the first being liked best.
    pub acr_values: Vec<String>,
    /// Claims that are asked for by name.
    pub claims: ClaimsRequest,
    /// Languages (BCP 47), the first being liked best.
    pub ui_locales: Vec<String>,
    /// Whom the access token is to be for.
    pub resources: Vec<Resource>,
    /// The key to which the code is to be bound, by its thumbprint (RFC 9449 §10).
    pub jkt: Option<String>,
}

impl AuthorizationRequest {
    /// Holds a request to the client that sent it ([`Sender`]).
    ///
    /// # Errors
    /// [`Refusal`]. Until the client and the redirect URI fit, it is shown to the person; from then on it
    /// goes to the client.
    pub fn parse(params: &Params, client: &ClientView<'_>) -> Result<Self, Refusal> {
        let sender = Sender::read(params).map_err(Refusal::Shown)?;
        if sender.client_id != client.client_id {
            let problem = "is another one: look up the client that sends the request";
            return Err(Refusal::Shown(OAuthError::invalid("client_id", problem)));
        }
        let asked = sender.redirect_uri;
        if !client.redirects.iter().any(|one| one.allows(asked)) {
            let problem = "is not registered: register it, to the letter";
            return Err(Refusal::Shown(OAuthError::invalid("redirect_uri", problem)));
        }
        // A refusal of one of the two is told without it: without the state that is there twice, and in
        // the way of the response type.
        let state = params.text(&STATE);
        let mode = mode(params);
        let to = ReplyTo::new(
            asked,
            mode.clone().unwrap_or_default(),
            state.clone().ok().flatten(),
        );
        let read = state
            .and(mode)
            .and_then(|_| Self::rest(params, client, &to));
        read.map_err(|error| Refusal::Replied { to, error })
    }

    /// Everything whose refusal goes to the client.
    fn rest(params: &Params, client: &ClientView<'_>, to: &ReplyTo) -> Result<Self, OAuthError> {
        params.once()?;
        not_spoken(params)?;
        match params.required(&RESPONSE_TYPE)? {
            "code" => {}
            _ => {
                let (code, problem) =
                    (ErrorCode::UnsupportedResponseType, "is not code: send code");
                return Err(OAuthError::of(code, "response_type", problem));
            }
        }
        if !client.grants.contains(&GrantType::AuthorizationCode) {
            let problem =
                "the client may not use the authorization code grant: register it for that";
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, problem));
        }
        let must_prove = client.is_public || client.pkce == PkcePolicy::Required;
        let challenge = CodeChallenge::asked(params, must_prove)?;
        let (scopes, is_narrowed) = scopes(params, client)?;
        let nonce = params.text(&NONCE)?.map(str::to_owned);
        let hint = params.text(&LOGIN_HINT)?.map(str::to_owned);
        Ok(Self {
            client_id: client.client_id.to_owned(),
            reply_to: to.clone(),
            scopes,
            is_narrowed,
            challenge,
            nonce,
            prompt: Prompt::asked(params)?,
            max_age_s: max_age(params)?,
            login_hint: hint.map(Personal::Known),
            id_token_hint: params.text(&ID_TOKEN_HINT)?.map(Secret::new),
            acr_values: listed(params, &ACR_VALUES, "acr_values")?,
            claims: ClaimsRequest::asked(params)?,
            ui_locales: listed(params, &UI_LOCALES, "ui_locales")?,
            resources: Resource::asked(params)?,
            jkt: dpop::asked(params)?,
        })
    }

    /// Whether it asks for an ID token (OpenID Connect Core 1.0 §3.1.2.1).
    #[must_use]
    pub fn is_openid(&self) -> bool {
        self.scopes.has("openid")
    }
}

impl fmt::Debug for AuthorizationRequest {
    /// By whom and for what; nothing of the person, and nothing that proves anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest")
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .field("prompt", &self.prompt)
            .field("max_age_s", &self.max_age_s)
            .field("acr_values", &self.acr_values)
            .finish_non_exhaustive()
    }
}

/// How the answer is to come. `fragment` is for tokens in the answer, which there are none of.
fn mode(params: &Params) -> Result<ResponseMode, OAuthError> {
    match params.text(&RESPONSE_MODE)? {
        None => Ok(ResponseMode::Query),
        Some(name) => {
            let problem = "is not taken: send query or form_post";
            ResponseMode::named(name).ok_or(OAuthError::invalid("response_mode", problem))
        }
    }
}

/// What would change the meaning of the rest, were it ignored (OpenID Connect Core 1.0 §6, §7.2.1).
fn not_spoken(params: &Params) -> Result<(), OAuthError> {
    let refusals = [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ];
    for (name, code) in refusals {
        if params.get(name)?.is_some() {
            let problem = "is not spoken: send the parameters themselves";
            return Err(OAuthError::of(code, name, problem));
        }
    }
    Ok(())
}

/// What is asked for and registered; and whether something else was asked for as well. That is ignored
/// (OpenID Connect Core 1.0 §3.1.2.1), unless nothing is left.
fn scopes(params: &Params, client: &ClientView<'_>) -> Result<(Scopes, bool), OAuthError> {
    let refused = |problem| Err(OAuthError::of(ErrorCode::InvalidScope, "scope", problem));
    let Some(asked) = Scopes::asked(params)? else {
        return refused("is not there: say what is asked for");
    };
    let known = asked.within(client.scopes);
    if known.is_empty() {
        return refused("has nothing that the client may ask for: register the scope for it");
    }
    let is_narrowed = known != asked;
    Ok((known, is_narrowed))
}

fn max_age(params: &Params) -> Result<Option<u32>, OAuthError> {
    let Some(text) = params.text(&MAX_AGE)? else {
        return Ok(None);
    };
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let age_s = text.parse().ok().filter(|_| digits);
    let problem = "is no number of seconds: send digits, at most 4294967295";
    let age_s = age_s.ok_or(OAuthError::invalid("max_age", problem))?;
    Ok(Some(age_s))
}

/// A list with one space between.
fn listed(params: &Params, field: &Field, name: &'static str) -> Result<Vec<String>, OAuthError> {
    let Some(text) = params.text(field)? else {
        return Ok(Vec::new());
    };
    let listed: Vec<String> = text.split(' ').map(str::to_owned).collect();
    if listed.len() > MAX_LISTED || listed.iter().any(String::is_empty) {
        let problem = "is no list: send a few names with one space between";
        return Err(OAuthError::invalid(name, problem));
    }
    Ok(listed)
}

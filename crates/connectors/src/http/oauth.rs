//! Credentials: a bearer token, or one fetched with OAuth 2.0 client credentials
//! (RFC 6749 §4.4).

use std::sync::Arc;
use std::time::Duration;

use model::Secret;
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::profile::{ClientSecretStyle, ScimAuth};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Client, ClientError, Failure, Request};

/// A token is fetched anew this long before it ends.
const EARLY: Duration = Duration::from_secs(30);
/// How long a token without `expires_in` is used.
const UNSAID: Duration = Duration::from_secs(300);
/// Longest life of a token that is believed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Why there is no credential. Nothing was sent to the system itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The token endpoint refuses us.
    #[error("the token endpoint refuses the client: {0}")]
    Refused(String),
    /// It cannot be reached, or is busy.
    #[error("the token endpoint gave no token: {0}")]
    Unavailable(String),
}

/// Gives the `Authorization` header.
#[derive(Debug)]
pub struct Authorizer {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Fixed(Arc<Secret>),
    Fetched {
        grant: Box<Grant>,
        cache: Mutex<Option<Token>>,
    },
}

#[derive(Debug)]
struct Grant {
    url: Url,
    client_id: String,
    secret: Secret,
    scope: Option<String>,
    style: ClientSecretStyle,
}

#[derive(Debug, Clone)]
struct Token {
    header: Arc<Secret>,
    until: Instant,
}

impl Authorizer {
    /// From settings and their secret.
    ///
    /// # Errors
    /// When the token endpoint's URL is not allowed.
    pub fn new(auth: &ScimAuth, secret: Secret, client: &Client) -> Result<Self, ClientError> {
        let source = match auth {
            ScimAuth::Bearer => Source::Fixed(bearer(secret.expose())),
            ScimAuth::ClientCredentials {
                token_url,
                client_id,
                scope,
                style,
            } => Source::Fetched {
                grant: Box::new(Grant {
                    url: client.check_url(token_url)?,
                    client_id: client_id.clone(),
                    secret,
                    scope: scope.clone(),
                    style: *style,
                }),
                cache: Mutex::new(None),
            },
        };
        Ok(Self { source })
    }

    /// The header to send. One fetch serves all who wait for it.
    ///
    /// # Errors
    /// When a token has to be fetched and is not given.
    pub async fn header(
        &self,
        client: &Client,
        deadline: Duration,
    ) -> Result<Arc<Secret>, AuthError> {
        match &self.source {
            Source::Fixed(header) => Ok(header.clone()),
            Source::Fetched { grant, cache } => {
                let mut cache = cache.lock().await;
                if let Some(token) = cache.as_ref().filter(|token| token.until > Instant::now()) {
                    return Ok(token.header.clone());
                }
                let token = grant.fetch(client, deadline).await?;
                let header = token.header.clone();
                *cache = Some(token);
                Ok(header)
            }
        }
    }

    /// Forgets the token that was just refused with 401. False when there is nothing to
    /// forget: a fixed token, or one that somebody else has replaced meanwhile counts as true.
    pub async fn forget(&self, refused: &Arc<Secret>) -> bool {
        match &self.source {
            Source::Fixed(_) => false,
            Source::Fetched { cache, .. } => {
                let mut cache = cache.lock().await;
                if cache
                    .as_ref()
                    .is_some_and(|token| Arc::ptr_eq(&token.header, refused))
                {
                    *cache = None;
                }
                true
            }
        }
    }

    /// The texts that must never show up anywhere, for redaction.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match &self.source {
            Source::Fixed(header) => vec![header.expose().trim_start_matches("Bearer ")],
            Source::Fetched { grant, .. } => vec![grant.secret.expose()],
        }
    }
}

fn bearer(token: &str) -> Arc<Secret> {
    Arc::new(Secret::new(format!("Bearer {token}")))
}

impl Grant {
    async fn fetch(&self, client: &Client, deadline: Duration) -> Result<Token, AuthError> {
        let (body, authorization) = self.form();
        let request = Request {
            method: Method::POST,
            url: self.url.clone(),
            headers: vec![
                (
                    "content-type",
                    "application/x-www-form-urlencoded".to_owned(),
                ),
                ("accept", "application/json".to_owned()),
            ],
            authorization: authorization.as_ref(),
            body: Some(body),
            deadline,
        };
        let began = Instant::now();
        let answer = client
            .send(request)
            .await
            .map_err(|failure| match failure {
                Failure::NotSent(why) | Failure::Lost(why) => AuthError::Unavailable(why),
            })?;
        match answer.status {
            200 => read(&answer.body, began),
            400 | 401 | 403 => Err(AuthError::Refused(error_word(&answer.body, answer.status))),
            status => Err(AuthError::Unavailable(format!("HTTP {status}"))),
        }
    }

    fn form(&self) -> (Vec<u8>, Option<Secret>) {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        let authorization = match self.style {
            ClientSecretStyle::Basic => Some(self.basic()),
            ClientSecretStyle::Post => {
                form.append_pair("client_id", &self.client_id);
                form.append_pair("client_secret", self.secret.expose());
                None
            }
        };
        (form.finish().into_bytes(), authorization)
    }

    /// RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    fn basic(&self) -> Secret {
        let encode =
            |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!(
            "{}:{}",
            encode(&self.client_id),
            encode(self.secret.expose())
        );
        Secret::new(format!("Basic {}", base64(pair.as_bytes())))
    }
}

fn read(body: &[u8], began: Instant) -> Result<Token, AuthError> {
    let limits = Limits {
        bytes: 64 << 10,
        ..Limits::ANSWER
    };
    let body = parse_object(body, &limits).map_err(|e| AuthError::Unavailable(e.to_string()))?;
    let kind = body
        .get("token_type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(AuthError::Unavailable(
            "`token_type` is not Bearer".to_owned(),
        ));
    }
    let token = match body.get("access_token").and_then(Value::as_str) {
        Some(token) if !token.is_empty() => token,
        _ => {
            return Err(AuthError::Unavailable(
                "`access_token` is missing".to_owned(),
            ));
        }
    };
    let life = match body.get("expires_in") {
        None | Some(Value::Null) => UNSAID,
        Some(value) => value
            .as_u64()
            .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
            .map(|seconds| Duration::from_secs(seconds).min(LONGEST))
            .ok_or_else(|| AuthError::Unavailable("`expires_in` is no number".to_owned()))?,
    };
    // A life shorter than the margin is still good for the requests of this moment.
    let life = life.saturating_sub(EARLY).max(Duration::from_secs(1));
    Ok(Token {
        header: bearer(token),
        until: began + life,
    })
}

/// The error word of RFC 6749 §5.2, which says nothing personal; never the description.
fn error_word(body: &[u8], status: u16) -> String {
    const WORDS: [&str; 6] = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ];
    let limits = Limits {
        bytes: 64 << 10,
        ..Limits::ANSWER
    };
    let body = parse_object(body, &limits).ok();
    let said = body
        .as_ref()
        .and_then(|b| b.get("error"))
        .and_then(Value::as_str);
    match said.and_then(|said| WORDS.iter().find(|word| **word == said)) {
        Some(word) => format!("{word} (HTTP {status})"),
        None => format!("HTTP {status}"),
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

//! Clients that register themselves: what they say of themselves, and what they are answered (RFC 7591, RFC 7592, OpenID
//! Connect Dynamic Client Registration 1.0).
//!
//! What is not known is left out, as RFC 7591 §2 says, and the answer shows what was taken. What is known and would
//! change what the client is held to, and is not spoken here, is refused: a client that asks that tokens be encrypted
//! must not believe that they are.

use model::Timestamp;
use serde_json::{Value, json};

use super::token::AuthMethod;
use super::{ApplicationType, ErrorCode, GrantType, OAuthError, Object, Scopes, seconds};
use crate::jose::Algorithm;
use crate::json::{self, Limits};

/// How much a client may say of itself.
const LIMITS: Limits = Limits {
    bytes: 32 << 10,
    depth: 6,
    text: 4 << 10,
    array: 50,
    fields: 100,
    values: 1_000,
};
/// The longest name, in characters: it stands on pages, beside a host.
const MAX_NAME: usize = 60;
/// Members of a public key that are kept (RFC 7517 §4, RFC 7518 §6). A certificate beside them says nothing here.
const OF_A_KEY: [&str; 9] = ["kty", "crv", "alg", "kid", "use", "x", "y", "n", "e"];
/// Members that a private or shared key has.
const PRIVATE: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/// What a client may not ask for, and why.
const REFUSED: [(&str, &str); 18] = [
    ("jwks_uri", BY_VALUE),
    ("sector_identifier_uri", FETCHED),
    ("request_uris", FETCHED),
    (
        "software_statement",
        "is not taken: nobody's statements are known here",
    ),
    (
        "default_max_age",
        "is not kept: send max_age with each request",
    ),
    (
        "default_acr_values",
        "is not kept: send acr_values with each request",
    ),
    ("id_token_encrypted_response_alg", ENCRYPTED),
    ("id_token_encrypted_response_enc", ENCRYPTED),
    ("userinfo_encrypted_response_alg", ENCRYPTED),
    ("userinfo_encrypted_response_enc", ENCRYPTED),
    ("request_object_encryption_alg", ENCRYPTED),
    ("request_object_encryption_enc", ENCRYPTED),
    (
        "authorization_signed_response_alg",
        "is not spoken: leave it out",
    ),
    ("tls_client_auth_subject_dn", ISSUED),
    ("tls_client_auth_san_dns", ISSUED),
    ("tls_client_auth_san_uri", ISSUED),
    ("tls_client_auth_san_ip", ISSUED),
    ("tls_client_auth_san_email", ISSUED),
];
/// Whom to trust about such a client nobody has said who may: it would choose by itself to whom it is believed.
const ISSUED: &str = "is not taken of a client that registers itself: ask for a document that says who issues its certificate";
const CERTIFICATE: &str = "tls_client_certificate_bound_access_tokens";
const OWN: &str =
    "is not taken of a client that registers itself: ask for a document with its certificates";
const BY_VALUE: &str =
    "is not fetched: send the keys themselves as jwks, and change them by an update";
const FETCHED: &str = "is not fetched: leave it out";
const ENCRYPTED: &str = "is not spoken, nothing is encrypted for clients: leave it out";

/// What a client says of itself (client metadata, RFC 7591 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// `redirect_uris`, as they came.
    pub redirect_uris: Vec<String>,
    /// `token_endpoint_auth_method`.
    pub auth_method: AuthMethod,
    /// `grant_types`.
    pub grant_types: Vec<GrantType>,
    /// `client_name`.
    pub client_name: Option<String>,
    /// `scope`.
    pub scope: Option<Scopes>,
    /// The public keys of `jwks`, those for encryption left out.
    pub keys: Vec<Object>,
    /// `application_type`.
    pub application_type: ApplicationType,
    /// Whether `subject_type` is `pairwise`.
    pub is_pairwise: bool,
    /// `id_token_signed_response_alg`.
    pub id_token_alg: Algorithm,
    /// `userinfo_signed_response_alg`.
    pub userinfo_alg: Option<Algorithm>,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<String>,
    /// `backchannel_logout_uri`.
    pub backchannel_logout_uri: Option<String>,
    /// `frontchannel_logout_uri`.
    pub frontchannel_logout_uri: Option<String>,
    /// `initiate_login_uri`.
    pub initiate_login_uri: Option<String>,
    /// `require_pushed_authorization_requests` (RFC 9126 §6).
    pub pushed: bool,
    /// `dpop_bound_access_tokens` (RFC 9449 §5.2).
    pub dpop: bool,
    /// `tls_client_certificate_bound_access_tokens` (RFC 8705 §3.4).
    pub certificate: bool,
    /// `require_signed_request_object` (RFC 9101 §10.5).
    pub signed: bool,
}

/// A change of what a client is (RFC 7592 §2.2).
#[derive(Debug, Clone)]
pub struct Update {
    /// Who it says it is.
    pub client_id: String,
    /// Its secret, where it says it.
    pub client_secret: Option<String>,
    /// What it is from then on, whole.
    pub metadata: Metadata,
}

/// What a client is told of itself beside its metadata (RFC 7591 §3.2.1, RFC 7592 §3).
#[derive(Debug)]
pub struct Information<'a> {
    /// `client_id`.
    pub client_id: &'a str,
    /// Since when.
    pub issued: Timestamp,
    /// `client_secret`, and until when it counts.
    pub secret: Option<(String, Timestamp)>,
    /// `registration_access_token`.
    pub token: String,
    /// `registration_client_uri`.
    pub uri: String,
}

type Read<T> = Result<T, OAuthError>;

fn wrong(member: &'static str, problem: &'static str) -> OAuthError {
    OAuthError::of(ErrorCode::InvalidClientMetadata, member, problem)
}

fn object(body: &[u8]) -> Read<Object> {
    match json::parse(body, &LIMITS) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(OAuthError::new(
            ErrorCode::InvalidClientMetadata,
            "the body is no JSON object, or holds more than is taken: see RFC 7591 3.1",
        )),
    }
}

/// A member that is there; `null` is none.
fn there<'o>(object: &'o Object, member: &str) -> Option<&'o Value> {
    object.get(member).filter(|value| !value.is_null())
}

fn text(object: &Object, member: &'static str) -> Read<Option<String>> {
    match there(object, member) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(wrong(member, "is no text")),
    }
}

fn flag(object: &Object, member: &'static str) -> Read<bool> {
    match there(object, member) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(member, "is neither true nor false")),
    }
}

fn texts(object: &Object, member: &'static str) -> Read<Option<Vec<String>>> {
    let Some(value) = there(object, member) else {
        return Ok(None);
    };
    let list = value
        .as_array()
        .ok_or_else(|| wrong(member, "is no list"))?;
    let texts = list.iter().map(|one| one.as_str().map(str::to_owned));
    let texts: Option<Vec<String>> = texts.collect();
    texts
        .map(Some)
        .ok_or_else(|| wrong(member, "is no list of texts"))
}

fn algorithm(object: &Object, member: &'static str) -> Read<Option<Algorithm>> {
    let Some(name) = text(object, member)? else {
        return Ok(None);
    };
    let signs = Algorithm::named(&name).filter(|one| *one != Algorithm::Es384);
    let problem = "is nothing that is signed with here: see the metadata";
    signs.map(Some).ok_or_else(|| wrong(member, problem))
}

impl Metadata {
    /// Reads what a client sends to be registered (RFC 7591 §3.1).
    ///
    /// # Errors
    /// `invalid_client_metadata` or `invalid_redirect_uri`, with the member that is to blame.
    pub fn parse(body: &[u8]) -> Read<Self> {
        Self::of(&object(body)?)
    }

    /// Reads metadata.
    ///
    /// # Errors
    /// As [`Metadata::parse`].
    pub fn of(given: &Object) -> Read<Self> {
        for (member, problem) in REFUSED {
            if there(given, member).is_some_and(|value| *value != Value::Bool(false)) {
                return Err(wrong(member, problem));
            }
        }
        let responses = texts(given, "response_types")?;
        if responses.is_some_and(|types| types != ["code"]) {
            return Err(wrong(
                "response_types",
                "is more than code, the only one here",
            ));
        }
        let uris = texts(given, "redirect_uris")?.unwrap_or_default();
        if uris.is_empty() {
            let problem = "are missing: nobody could be answered";
            let code = ErrorCode::InvalidRedirectUri;
            return Err(OAuthError::of(code, "redirect_uris", problem));
        }
        let auth_method = auth_method(given)?;
        let keys = keys(given)?;
        if keys.is_empty() == (auth_method == AuthMethod::PrivateKeyJwt) {
            let problem = "and private_key_jwt belong together: send both or neither";
            return Err(wrong("jwks", problem));
        }
        Ok(Self {
            redirect_uris: uris,
            auth_method,
            grant_types: grant_types(given)?,
            client_name: name(given)?,
            scope: match text(given, "scope")? {
                Some(scope) => {
                    let problem = "is no list of scopes between single spaces";
                    Some(Scopes::parse(&scope).map_err(|_| wrong("scope", problem))?)
                }
                None => None,
            },
            keys,
            application_type: match text(given, "application_type")?.as_deref() {
                None | Some("web") => ApplicationType::Web,
                Some("native") => ApplicationType::Native,
                Some(_) => return Err(wrong("application_type", "is neither web nor native")),
            },
            is_pairwise: match text(given, "subject_type")?.as_deref() {
                None | Some("public") => false,
                Some("pairwise") => true,
                Some(_) => return Err(wrong("subject_type", "is neither public nor pairwise")),
            },
            // OpenID Connect Dynamic Client Registration 1.0 §2.
            id_token_alg: algorithm(given, "id_token_signed_response_alg")?
                .unwrap_or(Algorithm::Rs256),
            userinfo_alg: algorithm(given, "userinfo_signed_response_alg")?,
            post_logout_redirect_uris: texts(given, "post_logout_redirect_uris")?
                .unwrap_or_default(),
            backchannel_logout_uri: text(given, "backchannel_logout_uri")?,
            frontchannel_logout_uri: text(given, "frontchannel_logout_uri")?,
            initiate_login_uri: text(given, "initiate_login_uri")?,
            pushed: flag(given, "require_pushed_authorization_requests")?,
            dpop: flag(given, "dpop_bound_access_tokens")?,
            certificate: flag(given, CERTIFICATE)?,
            signed: flag(given, "require_signed_request_object")?,
        })
    }

    /// As it is kept and told.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let mut told = Object::new();
        let mut put = |member: &str, value: Value| drop(told.insert(member.to_owned(), value));
        let grants: Vec<_> = self.grant_types.iter().map(|grant| grant.name()).collect();
        put("redirect_uris", json!(self.redirect_uris));
        put("token_endpoint_auth_method", json!(self.auth_method.name()));
        put("grant_types", json!(grants));
        put("response_types", json!(["code"]));
        let application = match self.application_type {
            ApplicationType::Web => "web",
            ApplicationType::Native => "native",
        };
        put("application_type", json!(application));
        let subject = if self.is_pairwise {
            "pairwise"
        } else {
            "public"
        };
        put("subject_type", json!(subject));
        let alg = self.id_token_alg.name();
        put("id_token_signed_response_alg", json!(alg));
        if !self.keys.is_empty() {
            put("jwks", json!({"keys": self.keys}));
        }
        if !self.post_logout_redirect_uris.is_empty() {
            let uris = json!(self.post_logout_redirect_uris);
            put("post_logout_redirect_uris", uris);
        }
        let scope = self.scope.as_ref().map(ToString::to_string);
        for (member, value) in [
            ("client_name", self.client_name.clone()),
            ("scope", scope),
            (
                "userinfo_signed_response_alg",
                self.userinfo_alg.map(|alg| alg.name().to_owned()),
            ),
            (
                "backchannel_logout_uri",
                self.backchannel_logout_uri.clone(),
            ),
            (
                "frontchannel_logout_uri",
                self.frontchannel_logout_uri.clone(),
            ),
            ("initiate_login_uri", self.initiate_login_uri.clone()),
        ] {
            if let Some(value) = value {
                put(member, json!(value));
            }
        }
        for (member, flag) in [
            ("require_pushed_authorization_requests", self.pushed),
            ("dpop_bound_access_tokens", self.dpop),
            (CERTIFICATE, self.certificate),
            ("require_signed_request_object", self.signed),
        ] {
            if flag {
                put(member, json!(true));
            }
        }
        told
    }
}

fn auth_method(given: &Object) -> Read<AuthMethod> {
    let member = "token_endpoint_auth_method";
    let all = [
        AuthMethod::ClientSecretBasic,
        AuthMethod::ClientSecretPost,
        AuthMethod::PrivateKeyJwt,
        AuthMethod::None,
    ];
    let Some(name) = text(given, member)? else {
        return Ok(AuthMethod::ClientSecretBasic);
    };
    let by_certificate = [
        (AuthMethod::TlsClientAuth, ISSUED),
        (AuthMethod::SelfSignedTlsClientAuth, OWN),
    ];
    for (method, problem) in by_certificate {
        if method.name() == name {
            return Err(wrong(member, problem));
        }
    }
    let known = all.into_iter().find(|method| method.name() == name);
    known.ok_or_else(|| wrong(member, "is none that is spoken: see the metadata"))
}

fn grant_types(given: &Object) -> Read<Vec<GrantType>> {
    let member = "grant_types";
    let Some(names) = texts(given, member)? else {
        return Ok(vec![GrantType::AuthorizationCode]);
    };
    let known: Option<Vec<_>> = names.iter().map(|name| GrantType::named(name)).collect();
    let mut grants = known.ok_or_else(|| wrong(member, "has one that is not spoken"))?;
    grants.sort_unstable();
    grants.dedup();
    match grants.contains(&GrantType::AuthorizationCode) {
        true => Ok(grants),
        false => Err(wrong(
            member,
            "has no authorization_code, by which people sign in",
        )),
    }
}

fn name(given: &Object) -> Read<Option<String>> {
    let Some(name) = text(given, "client_name")? else {
        return Ok(None);
    };
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let long = name.chars().count() > MAX_NAME;
    if long || name.trim().is_empty() || name.chars().any(invisible) {
        let problem = "is longer than 60 characters, or has some that are not seen";
        return Err(wrong("client_name", problem));
    }
    Ok(Some(name))
}

/// The keys that the client signs with. One that everybody could sign with is not sent to anybody.
fn keys(given: &Object) -> Read<Vec<Object>> {
    let Some(jwks) = there(given, "jwks") else {
        return Ok(Vec::new());
    };
    let keys = jwks.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or_else(|| wrong("jwks", "is no key set (RFC 7517 5)"))?;
    let mut kept = Vec::new();
    for key in keys {
        let Some(key) = key.as_object() else {
            return Err(wrong("jwks", "has a key that is no JSON object"));
        };
        if PRIVATE.iter().any(|member| key.contains_key(*member)) {
            let problem = "has a private or shared key: make a new one, and send its public half";
            return Err(wrong("jwks", problem));
        }
        if key.get("use").is_some_and(|usage| usage == "enc") {
            continue;
        }
        let of_a_key = |(name, _): &(&String, &Value)| OF_A_KEY.contains(&name.as_str());
        let members = key.iter().filter(of_a_key);
        kept.push(
            members
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        );
    }
    Ok(kept)
}

impl Update {
    /// Reads a change (RFC 7592 §2.2).
    ///
    /// # Errors
    /// As [`Metadata::parse`]; and for what the client must not send back.
    pub fn parse(body: &[u8]) -> Read<Self> {
        let given = object(body)?;
        for member in [
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        ] {
            if given.contains_key(member) {
                let problem = "must not be sent back: leave it out (RFC 7592 2.2)";
                return Err(wrong(member, problem));
            }
        }
        let client_id = text(&given, "client_id")?;
        Ok(Self {
            client_id: client_id.ok_or_else(|| wrong("client_id", "is missing"))?,
            client_secret: text(&given, "client_secret")?,
            metadata: Metadata::of(&given)?,
        })
    }
}

impl Information<'_> {
    /// The answer.
    #[must_use]
    pub fn to_json(self, metadata: &Metadata) -> Object {
        let mut told = metadata.to_json();
        let mut put = |member: &str, value: Value| drop(told.insert(member.to_owned(), value));
        put("client_id", json!(self.client_id));
        put("client_id_issued_at", json!(seconds(self.issued)));
        if let Some((secret, ends)) = self.secret {
            put("client_secret", json!(secret));
            put("client_secret_expires_at", json!(seconds(ends)));
        }
        put("registration_access_token", json!(self.token));
        put("registration_client_uri", json!(self.uri));
        told
    }
}

#[cfg(test)]
mod tests;

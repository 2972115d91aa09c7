//! A client for the tests of authorization requests, and what it sends.

use protocol::oauth::authorize::Refusal;
use protocol::oauth::params::encode;
use protocol::oauth::{
    ApplicationType, AuthorizationRequest, ClientView, ErrorCode, GrantType, Issuer, OAuthError,
    Params, PkcePolicy, RegisteredRedirect, Response, Scopes,
};

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// The challenge of [`VERIFIER`].
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const REDIRECT: &str = "https://app.example/cb";

pub fn issuer() -> Issuer {
    Issuer::new("https://id.example").unwrap()
}

/// A client with these redirect URIs.
pub struct Client {
    redirects: Vec<RegisteredRedirect>,
    scopes: Scopes,
    pub is_public: bool,
    pub pkce: PkcePolicy,
    pub grants: Vec<GrantType>,
}

impl Client {
    pub fn web() -> Self {
        Self::with(&[REDIRECT], ApplicationType::Web)
    }

    pub fn with(uris: &[&str], application: ApplicationType) -> Self {
        let made = |uri: &&str| RegisteredRedirect::new(uri, application).unwrap();
        Self {
            redirects: uris.iter().map(made).collect(),
            scopes: Scopes::parse("openid profile email").unwrap(),
            is_public: false,
            pkce: PkcePolicy::Required,
            grants: GrantType::ALL.to_vec(),
        }
    }

    pub fn view(&self) -> ClientView<'_> {
        ClientView {
            client_id: "app",
            redirects: &self.redirects,
            scopes: &self.scopes,
            grants: &self.grants,
            is_public: self.is_public,
            pkce: self.pkce,
        }
    }

    pub fn parse(&self, query: &str) -> Result<AuthorizationRequest, Refusal> {
        let params = Params::query(query.as_bytes()).unwrap();
        AuthorizationRequest::parse(&params, &self.view())
    }
}

/// What a right request sends.
pub const RIGHT: [(&str, &str); 7] = [
    ("client_id", "app"),
    ("redirect_uri", REDIRECT),
    ("response_type", "code"),
    ("scope", "openid profile"),
    ("state", "s"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// A right request with some parameters set otherwise; an empty one is left out.
pub fn query(changed: &[(&str, &str)]) -> String {
    let kept = RIGHT
        .into_iter()
        .filter(|(name, _)| !changed.iter().any(|(other, _)| other == name));
    let set = changed
        .iter()
        .copied()
        .filter(|(_, value)| !value.is_empty());
    encode(kept.chain(set))
}

/// How a request is refused, when the refusal goes to the client.
pub fn replied(client: &Client, query: &str) -> (ErrorCode, Option<&'static str>) {
    match client.parse(query) {
        Err(Refusal::Replied { error, .. }) => {
            well_told(&error);
            (error.code(), error.parameter())
        }
        other => panic!("{query} is not refused to the client: {other:?}"),
    }
}

/// How a request is refused, when nobody is sent anywhere.
pub fn shown(client: &Client, query: &str) -> (ErrorCode, Option<&'static str>) {
    let refusal = client.parse(query).expect_err(query);
    assert!(refusal.response(&issuer()).is_none(), "{query}");
    let Refusal::Shown(error) = refusal else {
        panic!("{query} is refused to {refusal:?}");
    };
    well_told(&error);
    (error.code(), error.parameter())
}

/// An error can stand in a URL, a header and JSON (RFC 6749 §4.1.2.1).
pub fn well_told(error: &OAuthError) {
    let told = error.description();
    let fits = |byte| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    assert!(!told.is_empty() && told.bytes().all(fits), "{told}");
}

/// Where an answer sends the browser.
pub fn location(response: Response) -> String {
    match response {
        Response::Redirect { location } => location,
        Response::FormPost { action, .. } => panic!("a form for {action}"),
    }
}

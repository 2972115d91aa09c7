//! Who is let in: a fixed token, or tokens from an OAuth 2.0 token endpoint.

use std::collections::BTreeSet;

use serde_json::json;

use crate::provider::{Reply, Request};

/// How clients prove who they are.
#[derive(Debug, Clone)]
pub enum Access {
    /// Everybody is let in.
    Open,
    /// This bearer token.
    Bearer(String),
    /// Tokens from `/oauth/token` (RFC 6749 §4.4), for this client.
    Client {
        /// Its name.
        id: String,
        /// Its secret.
        secret: String,
        /// `expires_in`, in seconds.
        life: u64,
    },
}

#[derive(Debug)]
pub(crate) struct Gate {
    access: Access,
    issued: u64,
    valid: BTreeSet<String>,
}

impl Gate {
    pub(crate) const fn new(access: Access) -> Self {
        Self {
            access,
            issued: 0,
            valid: BTreeSet::new(),
        }
    }

    pub(crate) fn lets_in(&self, request: &Request) -> bool {
        let token = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        match &self.access {
            Access::Open => true,
            Access::Bearer(right) => token == Some(right),
            Access::Client { .. } => token.is_some_and(|token| self.valid.contains(token)),
        }
    }

    pub(crate) fn revoke(&mut self) {
        self.valid.clear();
    }

    pub(crate) const fn issued(&self) -> u64 {
        self.issued
    }

    pub(crate) fn token(&mut self, request: &Request) -> Reply {
        let Access::Client { id, secret, life } = &self.access else {
            return Reply::status(404);
        };
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body)
            .into_owned()
            .collect();
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, v)| v.as_str())
        };
        let basic = request.header("authorization").and_then(basic);
        let known = match &basic {
            Some((user, password)) => user == id && password == secret,
            None => field("client_id") == Some(id) && field("client_secret") == Some(secret),
        };
        if !known {
            return Reply::json(401, &json!({ "error": "invalid_client" }));
        }
        if field("grant_type") != Some("client_credentials") {
            return Reply::json(400, &json!({ "error": "unsupported_grant_type" }));
        }
        let life = *life;
        self.issued += 1;
        let token = format!("issued-{}", self.issued);
        self.valid.insert(token.clone());
        let body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": life });
        Reply::json(200, &body)
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    use base64::Engine as _;
    let coded = header.strip_prefix("Basic ")?;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(coded)
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    // RFC 6749 §2.3.1: both are form-encoded.
    let decode = |part: &str| {
        let pair = format!("x={part}");
        url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
    };
    Some((decode(user)?, decode(password)?))
}

//! What is told of people, by the mappings of a relying party's document.

use std::collections::BTreeSet;

use model::{AuthorizationId, SubjectId, Timestamp, Value};
use protocol::oauth::claims::{Amr, Sector, UserInfo, pairwise, scope_of};
use protocol::oauth::{ApplicationType, Object, RegisteredRedirect, Scopes};
use rules::Mapped;

use super::asked::may_have;
use super::clients::Client;
use crate::{App, Known};

impl App {
    /// What a relying party calls a person (`sub`).
    pub(super) fn called(&self, client: &Client, subject: SubjectId) -> String {
        let public = subject.to_string();
        if client.oidc().subject == documents::SubjectType::Public {
            return public;
        }
        let uris = client.oidc().redirect_uris.iter();
        let redirects: Vec<_> = uris
            .filter_map(|uri| RegisteredRedirect::new(uri, ApplicationType::Web).ok())
            .collect();
        // A client without a host of its own is a sector of its own.
        let sector = Sector::of(&redirects)
            .unwrap_or_else(|_| Sector::named(format!("client:{}", client.oidc().client_id)));
        pairwise(&sector, &public, |message| {
            self.keyring.keyed_digest("pairwise", message).0
        })
    }
}

/// What the document's mappings give for a person. What has no value is left out, and so is what has no
/// answer: a claim that is missing denies, one that is wrong does not.
pub(super) fn mapped(client: &Client, known: &Known) -> Object {
    let (facts, key) = (&known.identity.facts, &known.identity.key);
    let mut claims = Object::new();
    for (name, mapping) in &client.oidc().claims {
        if let Ok(Mapped::Value(value)) = mapping.apply(facts, key) {
            claims.insert(name.clone(), json(&value));
        }
    }
    claims
}

/// What is told at the UserInfo endpoint: the claims of the scopes that were granted, those that were asked for by
/// name, and what the document adds for this client alone, which no scope is for.
pub(super) fn told(
    client: &Client,
    known: &Known,
    (scopes, asked): (&Scopes, &BTreeSet<String>),
    subject: &str,
) -> Object {
    let attributes = mapped(client, known);
    let info = UserInfo {
        subject,
        granted: scopes,
        asked,
        allowed: client.scopes(),
    };
    let mut claims = info.claims(&attributes);
    for (name, value) in attributes {
        if scope_of(&name).is_none() {
            claims.entry(name).or_insert(value);
        }
    }
    claims
}

/// What is told in an ID token: what was asked for by name there, and nothing else.
pub(super) fn in_id_token(client: &Client, known: &Known, asked: &BTreeSet<String>) -> Object {
    let claims = mapped(client, known).into_iter();
    claims
        .filter(|(name, _)| asked.contains(name) && may_have(client, name))
        .collect()
}

fn json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The methods that were written down with an authorization.
pub(super) fn methods(names: &[String]) -> Vec<Amr> {
    let all = [Amr::Pwd, Amr::Otp, Amr::Hwk, Amr::Swk, Amr::User, Amr::Mfa];
    let known = |name: &String| all.into_iter().find(|amr| amr.name() == name);
    names.iter().filter_map(known).collect()
}

/// The name of an access token: of what it came, and until when it counts. By it the token is looked up
/// again.
pub(super) fn jti(id: AuthorizationId, ends: Timestamp, drawn: [u8; 8]) -> String {
    let number = u64::from_be_bytes(drawn);
    format!("{id}.{}.{number:016x}", ends.as_micros() / 1_000_000)
}

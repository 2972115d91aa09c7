//! Authorization requests, as the suite's client sends them; with one thing more: a challenge (RFC 7636),
//! without which Tenure gives no code (OAuth 2.1 §4.1.1 wants one of every client).

use crate::page::encoded;
use crate::proof;
use crate::verdict::{Failed, Verdict};
use crate::world::Party;

/// A request, and what its answer is held to.
#[derive(Clone)]
pub struct Asked<'w> {
    /// Who asks.
    pub party: &'w Party,
    /// What the challenge was made of.
    pub verifier: String,
    fields: Vec<(String, String)>,
}

impl<'w> Asked<'w> {
    /// The plain one: `scope=openid`, a fresh state and nonce.
    pub fn of(party: &'w Party, form_post: bool) -> Verdict<Self> {
        let drawn = |bytes| proof::random(bytes).map_err(Failed::silent);
        let verifier = drawn(32)?;
        let mut asked = Self {
            party,
            fields: Vec::new(),
            verifier,
        };
        let (state, nonce) = (drawn(10)?, drawn(10)?);
        let (redirect, challenge) = (party.redirect_uri(), proof::challenge(&asked.verifier));
        for (name, value) in [
            ("client_id", party.id),
            ("redirect_uri", redirect.as_str()),
            ("scope", "openid"),
            ("state", state.as_str()),
            ("nonce", nonce.as_str()),
            ("response_type", "code"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ] {
            asked.set(name, value);
        }
        if form_post {
            asked.set("response_mode", "form_post");
        }
        Ok(asked)
    }

    /// What it sends under this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Sends this under this name.
    pub fn set(&mut self, name: &str, value: &str) {
        self.drop(name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    /// As [`Asked::set`].
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sends nothing under this name.
    pub fn drop(&mut self, name: &str) {
        self.fields.retain(|(known, _)| known != name);
    }

    /// As [`Asked::drop`].
    pub fn without(mut self, name: &str) -> Self {
        self.drop(name);
        self
    }

    /// In another order.
    pub fn turned_round(mut self) -> Self {
        self.fields.reverse();
        self
    }

    /// All of it, as a form.
    pub fn form(&self) -> &[(String, String)] {
        &self.fields
    }

    /// All of it, as a query.
    pub fn query(&self) -> String {
        encoded(&self.fields)
    }
}

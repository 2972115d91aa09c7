//! What a relying party asks the server itself: for tokens, and of whom they are.

use serde_json::Value;

use crate::proof;
use crate::request::Asked;
use crate::stage::Stage;
use crate::token;
use crate::verdict::Verdict;
use crate::wire::{Answer, Request};
use crate::world::Party;

/// What a code was exchanged for.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: Option<String>,
    pub id_token: String,
    /// What the ID token says, which has been verified.
    pub claims: Value,
}

impl Stage<'_> {
    /// Asks the token endpoint as a relying party that proves who it is.
    pub fn token(&self, party: &Party, mut form: Vec<(&str, String)>) -> Verdict<Answer> {
        let endpoint = self.endpoint("token_endpoint")?;
        if party.posts {
            form.push(("client_id", party.id.to_owned()));
            form.push(("client_secret", party.secret.clone()));
            return self.wire.ask(Request::post(&endpoint, &form));
        }
        let proof = proof::basic(party.id, &party.secret);
        self.wire
            .ask(Request::post(&endpoint, &form).with("authorization", proof))
    }

    /// Exchanges a code, without judging the answer.
    pub fn brings(&self, asked: &Asked<'_>, code: &str) -> Verdict<Answer> {
        let form = vec![
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", asked.party.redirect_uri()),
            ("code_verifier", asked.verifier.clone()),
        ];
        self.token(asked.party, form)
    }

    /// Exchanges a code for tokens that are good.
    pub fn redeems(&self, asked: &Asked<'_>, code: &str) -> Verdict<Tokens> {
        let answer = self.brings(asked, code)?;
        token::tokens(self, asked.party, &answer, asked.get("nonce"))
    }

    /// What the userinfo endpoint says to a request with this token.
    pub fn userinfo(&self, access: &str) -> Verdict<Answer> {
        let endpoint = self.endpoint("userinfo_endpoint")?;
        let bearer = format!("Bearer {access}");
        self.wire
            .ask(Request::get(&endpoint).with("authorization", bearer))
    }
}

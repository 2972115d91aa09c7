//! Clients that register themselves while a module is played (RFC 7591).

use serde_json::{Value, json};

use crate::request::Asked;
use crate::stage::Stage;
use crate::told::refusal;
use crate::verdict::{Verdict, expect, there};
use crate::wire::{Answer, Request};
use crate::world::Party;

/// Where a client of these modules is answered, unless it says otherwise.
pub const PLACE: &str = "https://dynamic.rp.example/cb";
const REGISTERS: &str = "RFC 7591 §3.2.1";

/// What a client says of itself, with changes; `null` leaves out.
pub fn metadata(changes: &[(&str, Value)]) -> Value {
    let metadata = json!({
        "redirect_uris": [PLACE],
        "client_name": "conformance",
        "contacts": ["someone@rp.example"],
        "id_token_signed_response_alg": "ES256",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    crate::signer::changed(metadata, changes)
}

impl Stage<'_> {
    /// Asks to be registered so, with the token that an administrator has made.
    pub fn registers_as(&self, metadata: &Value) -> Verdict<Answer> {
        let place = self.endpoint("registration_endpoint")?;
        let bearer = format!("Bearer {}", self.world.access);
        self.wire.ask(Request {
            method: "POST",
            url: place,
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("authorization", bearer),
            ],
            body: metadata.to_string(),
        })
    }

    /// Registers a client with these changes: who it is from then on, and what it was told.
    pub fn registers(&self, changes: &[(&str, Value)]) -> Verdict<(Party, Value)> {
        let answer = self.registers_as(&metadata(changes))?;
        expect(
            answer.status == 201,
            REGISTERS,
            "status 201",
            refusal(&answer),
        )?;
        let kept = answer.header("cache-control").unwrap_or_default();
        expect(
            kept == "no-store",
            REGISTERS,
            "an answer that is not kept",
            kept,
        )?;
        let told = answer.json()?;
        let id = told["client_id"].as_str();
        let id = there(id, REGISTERS, "a client_id")?.to_owned();
        let place = told["redirect_uris"][0]
            .as_str()
            .unwrap_or(PLACE)
            .to_owned();
        let party = Party {
            // Modules speak of clients by names that are there from the beginning; of these there are few.
            id: Box::leak(id.into_boxed_str()),
            secret: told["client_secret"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            posts: told["token_endpoint_auth_method"] == "client_secret_post",
            is_bound: false,
            place: Some(place),
            rs256: told["id_token_signed_response_alg"].as_str() == Some("RS256"),
        };
        Ok((party, told))
    }

    /// A refusal to register a client with these changes.
    pub fn is_not_registered(&self, changes: &[(&str, Value)], error: &str) -> Verdict<()> {
        let answer = self.registers_as(&metadata(changes))?;
        let named = answer.json().map(|body| body["error"] == error);
        let refused = answer.status == 400 && named.unwrap_or_default();
        expect(refused, "RFC 7591 §3.2.2", error, refusal(&answer))
    }

    /// The plain request of a registered client.
    pub fn asks_as<'p>(&self, party: &'p Party) -> Verdict<Asked<'p>> {
        Asked::of(party, self.form_post)
    }
}

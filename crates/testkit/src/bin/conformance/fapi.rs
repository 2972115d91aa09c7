//! The flow of a client of the FAPI 2.0 Security Profile: it pushes its request, proves who it is by what it signs, and
//! has its tokens bound to a key.

use serde_json::{Value, json};

use crate::browser::{Browser, Landed, asks};
use crate::exchange::Tokens;
use crate::request::Asked;
use crate::signer::{Changes, EcKey, Signer, changed};
use crate::stage::Stage;
use crate::token::{self, now};
use crate::told::refusal;
use crate::verdict::{Failed, Verdict, expect, there};
use crate::wire::{Answer, Request};
use crate::world::ISSUER;

const PAR: &str = "RFC 9126 §2.2";

/// One flow. What a module tries is changed in it before it begins.
pub struct Flow<'s, 'w> {
    pub stage: &'s Stage<'w>,
    /// Who asks.
    pub client: &'w Signer,
    /// The key to which tokens are to be bound.
    pub key: EcKey,
    /// What it asks for.
    pub asked: Asked<'s>,
}

impl<'s, 'w> Flow<'s, 'w> {
    /// The plain one, of the first of two clients or the other one.
    pub fn of(stage: &'s Stage<'w>, number: usize) -> Verdict<Self> {
        let client = &stage.world.signers[number + if stage.signs { 2 } else { 0 }];
        Ok(Self {
            stage,
            client,
            key: EcKey::new().map_err(Failed::silent)?,
            asked: stage.asks(client.id)?,
        })
    }

    /// The same, asking with this.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.asked.set(name, value);
        self
    }

    /// The same, asking without this.
    pub fn without(mut self, name: &str) -> Self {
        self.asked.drop(name);
        self
    }

    /// What proves who the client is.
    pub fn asserts(&self, changes: Changes<'_>) -> Verdict<String> {
        let made = self.client.asserts(ISSUER, now()?, changes);
        made.map_err(Failed::silent)
    }

    /// What proves the key at an endpoint.
    pub fn proves(&self, endpoint: &str, changes: Changes<'_>) -> Verdict<String> {
        let place = self.stage.endpoint(endpoint)?;
        let made = self.key.proves(("POST", &place), None, now()?, changes);
        made.map_err(Failed::silent)
    }

    /// Sends a form to an endpoint, with what proves who the client is and which key it holds.
    pub fn sends(
        &self,
        endpoint: &str,
        mut form: Vec<(String, String)>,
        assertion: Option<String>,
        proof: Option<String>,
    ) -> Verdict<Answer> {
        if let Some(assertion) = assertion {
            let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
            form.push(("client_assertion_type".to_owned(), kind.to_owned()));
            form.push(("client_assertion".to_owned(), assertion));
        }
        let mut request = Request::post(&self.stage.endpoint(endpoint)?, &form);
        if let Some(proof) = proof {
            request = request.with("dpop", proof);
        }
        self.stage.wire.ask(request)
    }

    /// Pushes the request.
    pub fn pushes(&self) -> Verdict<Answer> {
        self.pushes_as(self.asserts(&[])?, None)
    }

    /// The same, with this assertion and perhaps a proof of a key.
    pub fn pushes_as(&self, assertion: String, proof: Option<String>) -> Verdict<Answer> {
        let form = match self.stage.signs {
            true => self.wraps(self.object(&[])?),
            false => self.asked.form().to_vec(),
        };
        let endpoint = "pushed_authorization_request_endpoint";
        self.sends(endpoint, form, Some(assertion), proof)
    }

    /// Pushes a request that is signed so.
    pub fn pushes_object(&self, object: String) -> Verdict<Answer> {
        let endpoint = "pushed_authorization_request_endpoint";
        let assertion = Some(self.asserts(&[])?);
        self.sends(endpoint, self.wraps(object), assertion, None)
    }

    fn wraps(&self, object: String) -> Vec<(String, String)> {
        let fields = [
            ("client_id", self.client.id.to_owned()),
            ("request", object),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// What the client asks for, with what it says around that (RFC 9101 §4).
    pub fn claims(&self, changes: Changes<'_>) -> Verdict<Value> {
        let now = now()?;
        let mut claims = json!({"iss": self.client.id, "aud": ISSUER, "nbf": now, "exp": now + 60});
        for (name, value) in self.asked.form() {
            claims[name.as_str()] = value.as_str().into();
        }
        Ok(changed(claims, changes))
    }

    /// The same, signed.
    pub fn object(&self, changes: Changes<'_>) -> Verdict<String> {
        let header = json!({"alg": "ES256", "kid": "ec", "typ": "oauth-authz-req+jwt"});
        let made = self.client.ec.signs(&header, &self.claims(changes)?);
        made.map_err(Failed::silent)
    }

    /// Has the browser bring what was pushed, with these beside.
    pub fn brings(
        &self,
        browser: &mut Browser<'_>,
        uri: &str,
        beside: &[(&str, &str)],
    ) -> Verdict<Landed> {
        let mut fields = vec![("client_id", self.client.id), ("request_uri", uri)];
        fields.extend(beside);
        let endpoint = self.stage.endpoint("authorization_endpoint")?;
        browser.open(&format!("{endpoint}?{}", crate::page::encoded(&fields)))
    }

    /// The code for what was pushed, of a person who signs in where they are asked to.
    pub fn code(&self, browser: &mut Browser<'_>, uri: &str) -> Verdict<String> {
        self.code_beside(browser, uri, &[])
    }

    /// The same, of a request that has these beside.
    pub fn code_beside(
        &self,
        browser: &mut Browser<'_>,
        uri: &str,
        beside: &[(&str, &str)],
    ) -> Verdict<String> {
        let landed = self.brings(browser, uri, beside)?;
        let landed = match landed {
            Landed::Page(page) if asks(&page) => browser.sign_in(&page, self.stage.ana())?,
            landed => landed,
        };
        self.stage.code(&self.asked, landed)
    }

    /// A code for a request that is pushed now.
    pub fn new_code(&self) -> Verdict<String> {
        let uri = uri(&self.pushes()?)?;
        self.code(&mut self.stage.browser(), &uri)
    }

    /// The form that exchanges a code.
    pub fn redeems(&self, code: &str) -> Vec<(String, String)> {
        [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", self.asked.party.redirect_uri()),
            ("code_verifier", self.asked.verifier.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Asks the token endpoint, as the client and with its key.
    pub fn token(&self, form: Vec<(String, String)>) -> Verdict<Answer> {
        let (assertion, proof) = (self.asserts(&[])?, self.proves("token_endpoint", &[])?);
        self.sends("token_endpoint", form, Some(assertion), Some(proof))
    }

    /// Tokens that are good, for a code.
    pub fn exchanges(&self, code: &str) -> Verdict<Tokens> {
        let answer = self.token(self.redeems(code))?;
        token::tokens(
            self.stage,
            self.asked.party,
            &answer,
            self.asked.get("nonce"),
        )
    }

    /// The whole flow.
    pub fn whole(&self) -> Verdict<Tokens> {
        let code = self.new_code()?;
        self.exchanges(&code)
    }

    /// What userinfo says to a token with a proof of the key, or another header.
    pub fn userinfo(&self, scheme: &str, access: &str, changes: Changes<'_>) -> Verdict<Answer> {
        let place = self.stage.endpoint("userinfo_endpoint")?;
        let made = self
            .key
            .proves(("GET", &place), Some(access), now()?, changes);
        self.userinfo_with(scheme, access, Some(made.map_err(Failed::silent)?))
    }

    /// The same, with this proof or none.
    pub fn userinfo_with(
        &self,
        scheme: &str,
        access: &str,
        proof: Option<String>,
    ) -> Verdict<Answer> {
        let place = self.stage.endpoint("userinfo_endpoint")?;
        let mut request = Request::get(&place).with("authorization", format!("{scheme} {access}"));
        if let Some(proof) = proof {
            request = request.with("dpop", proof);
        }
        self.stage.wire.ask(request)
    }
}

/// The name under which a request waits.
pub fn uri(answer: &Answer) -> Verdict<String> {
    expect(answer.status == 201, PAR, "status 201", refusal(answer))?;
    let body = answer.json()?;
    let seconds = body["expires_in"].as_u64().unwrap_or_default();
    let brief = (5..600).contains(&seconds);
    expect(
        brief,
        "FAPI 2.0 §5.3.2.2",
        "expires_in of 5 to 600",
        seconds,
    )?;
    let uri = body["request_uri"].as_str().map(str::to_owned);
    there(uri, PAR, "a request_uri")
}

/// A refusal with one of these errors.
pub fn refused(answer: &Answer, clause: &'static str, errors: &[&str]) -> Verdict<()> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let named = body["error"].as_str().unwrap_or("no error");
    let sound = matches!(answer.status, 400 | 401) && errors.contains(&named);
    expect(sound, clause, &errors.join(" or "), refusal(answer))
}

/// A browser that is not sent on with a code: it is shown a page, or brings an error.
pub fn not_let_in(landed: &Landed, clause: &'static str) -> Verdict<()> {
    let sound = match landed {
        Landed::Page(page) => page.status == 400,
        Landed::Away(delivery) => delivery.get("error").is_some() && delivery.get("code").is_none(),
    };
    let came = crate::stage::landed_at(landed);
    expect(sound, clause, "a page that says no, or an error", came)
}

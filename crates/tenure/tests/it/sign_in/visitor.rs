//! A browser, a person in front of it, and the relying party that sent it: over plain HTTP, one connection
//! for each request, so that a balancer decides anew each time.

use std::collections::BTreeMap;
use std::io;

use serde_json::Value;

use crate::e2e::http::{Answer, send};

pub const PASSWORD: &str = "correct horse battery staple";
/// The example of RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// A browser.
#[derive(Clone, Default)]
pub struct Visitor {
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    /// The header with what it holds.
    pub fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        format!("Cookie: {}", pairs.collect::<Vec<_>>().join("; "))
    }

    /// Opens a page of the node at `at`, or sends a form to it.
    pub fn ask(
        &mut self,
        at: &str,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> io::Result<Answer> {
        let cookies = self.cookie();
        let url = format!("{at}{path}");
        let answer = match form {
            Some(form) => send("POST", &url, &[&cookies, FORM], encoded(form).as_bytes())?,
            None => send("GET", &url, &[&cookies], b"")?,
        };
        for cookie in answer.headers("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Ok(answer)
    }

    /// Types name and password on the page that asks for them, which a request of this client leads to, or
    /// the first page of all. Whoever is signed in is not asked.
    pub fn types(&mut self, at: &str, client: Option<&str>, name: &str) -> io::Result<Answer> {
        let path = client.map_or("/".to_owned(), request);
        let page = self.ask(at, &path, None)?;
        if code_of(&page).is_some() {
            return Ok(page);
        }
        let form = [
            ("attempt", attempt(&page.text())),
            ("name", name.to_owned()),
            ("password", PASSWORD.to_owned()),
        ];
        let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.ask(at, "/sign-in/password", Some(&form))
    }

    /// Uses a pass and enrols a password; in the end they are signed in.
    pub fn enrols(&mut self, at: &str, name: &str, pass: &str) {
        let page = self.ask(at, "/", None).unwrap().text();
        let begun = attempt(&page);
        let form = [("attempt", begun.as_str()), ("name", name), ("pass", pass)];
        let page = self.ask(at, "/sign-in/pass", Some(&form)).unwrap().text();
        let goes_on = attempt(&page);
        let form = [
            ("attempt", goes_on.as_str()),
            ("name", name),
            ("password", PASSWORD),
            ("again", PASSWORD),
        ];
        let answer = self.ask(at, "/sign-in/enrol", Some(&form)).unwrap();
        assert_eq!(answer.status, 303, "{}", answer.text());
    }

    /// Whether their own page is shown, with the button that signs out.
    pub fn is_signed_in(&mut self, at: &str) -> bool {
        let page = self.ask(at, "/", None).unwrap();
        page.text().contains("action=\"/sign-out\"")
    }
}

/// The request of a client.
pub fn request(client: &str) -> String {
    format!(
        "/oauth2/authorize?client_id={client}&redirect_uri=https%3A%2F%2F{client}.acme.example%2Fcb\
         &response_type=code&scope=openid&state=s&nonce=n&code_challenge={CHALLENGE}\
         &code_challenge_method=S256"
    )
}

/// The code that an answer brings to the client.
pub fn code_of(answer: &Answer) -> Option<String> {
    let location = answer.headers("location").next()?;
    let (_, rest) = location.split_once("?code=")?;
    Some(rest.split('&').next()?.to_owned())
}

/// What a page holds.
pub fn attempt(page: &str) -> String {
    between(page, "name=\"attempt\" value=\"", "\"")
        .unwrap_or_else(|| panic!("no page that asks: {page}"))
}

/// What stands between two texts.
pub fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0.to_owned())
}

/// A relying party.
pub struct Party {
    pub client: &'static str,
    pub secret: String,
}

impl Party {
    fn token(&self, at: &str, form: &[(&str, &str)]) -> io::Result<Answer> {
        let own = [
            ("client_id", self.client),
            ("client_secret", self.secret.as_str()),
        ];
        let form = [form, &own].concat();
        send(
            "POST",
            &format!("{at}/oauth2/token"),
            &[FORM],
            encoded(&form).as_bytes(),
        )
    }

    /// Exchanges a code.
    pub fn redeems(&self, at: &str, code: &str) -> io::Result<Answer> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
        ];
        self.token(at, &form)
    }

    /// Exchanges a refresh token.
    pub fn refreshes(&self, at: &str, token: &str) -> io::Result<Answer> {
        self.token(
            at,
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
    }
}

/// Whether an access token counts.
pub fn counts(at: &str, access: &str) -> bool {
    let bearer = format!("Authorization: Bearer {access}");
    let answer = send("GET", &format!("{at}/oauth2/userinfo"), &[&bearer], b"");
    answer.unwrap().status == 200
}

/// A token of an answer.
pub fn token_of(answer: &Answer, name: &str) -> String {
    let body: Value = answer.json();
    body[name]
        .as_str()
        .unwrap_or_else(|| panic!("{body}"))
        .to_owned()
}

fn encoded(form: &[(&str, &str)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(form);
    text.finish()
}

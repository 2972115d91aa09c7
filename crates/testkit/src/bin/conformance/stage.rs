//! On which a module plays: the steps of the code flow, each held to its clause.

use std::cell::RefCell;

use crate::browser::{Browser, Delivery, Landed, Person, asks};
use crate::exchange::Tokens;
use crate::request::Asked;
use crate::verdict::{Failed, Verdict, expect, there};
use crate::wire::Wire;
use crate::world::{ANA, ISSUER, Party, World};

/// What plays, and in which variant.
pub struct Stage<'w> {
    pub world: &'w World,
    /// The way to the server, on which somebody may meddle.
    pub wire: Wire,
    /// Whether answers are asked for as forms (`response_mode=form_post`).
    pub form_post: bool,
    /// Whether clients sign what they ask.
    pub signs: bool,
    /// What is recommended and not so.
    pub warnings: RefCell<Vec<String>>,
}

impl Stage<'_> {
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(&self.wire)
    }

    pub fn ana(&self) -> &Person {
        &self.world.people[ANA]
    }

    /// The relying party of this name.
    pub fn party(&self, id: &str) -> Verdict<&Party> {
        there(
            self.world.parties.get(id),
            "documents.yaml",
            "a relying party",
        )
    }

    /// The plain request of a relying party.
    pub fn asks(&self, party: &str) -> Verdict<Asked<'_>> {
        Asked::of(self.party(party)?, self.form_post)
    }

    /// The address of an endpoint, as the server says it.
    pub fn endpoint(&self, name: &str) -> Verdict<String> {
        let told = self.world.metadata[name].as_str().map(str::to_owned);
        there(told, "OIDC Discovery §3", &format!("metadata with {name}"))
    }

    /// What may be better, and fails nothing.
    pub fn warn(&self, what: impl Into<String>) {
        self.warnings.borrow_mut().push(what.into());
    }

    /// Sends a browser to the authorization endpoint.
    pub fn goes(&self, browser: &mut Browser<'_>, asked: &Asked<'_>) -> Verdict<Landed> {
        let endpoint = self.endpoint("authorization_endpoint")?;
        browser.open(&format!("{endpoint}?{}", asked.query()))
    }

    /// The same, where nobody is signed in and the person has to be asked.
    pub fn goes_and_signs_in(
        &self,
        browser: &mut Browser<'_>,
        asked: &Asked<'_>,
        person: &Person,
    ) -> Verdict<Landed> {
        let landed = self.goes(browser, asked)?;
        self.is_asked(browser, landed, person)
    }

    /// The person is asked who they are, and answers.
    pub fn is_asked(
        &self,
        browser: &mut Browser<'_>,
        landed: Landed,
        person: &Person,
    ) -> Verdict<Landed> {
        let came = landed_at(&landed);
        match landed {
            Landed::Page(page) if asks(&page) => browser.sign_in(&page, person),
            _ => Err(Failed {
                clause: "OIDC Core §3.1.2.3",
                expected: "a page that asks who the person is".to_owned(),
                came,
            }),
        }
    }

    /// What was brought to the relying party, in the way that it asked for, of this server, to this
    /// request.
    pub fn delivered(&self, asked: &Asked<'_>, landed: Landed) -> Verdict<Delivery> {
        let came = landed_at(&landed);
        let Landed::Away(delivery) = landed else {
            return Err(Failed {
                clause: "OIDC Core §3.1.2.5",
                expected: "an answer to the relying party".to_owned(),
                came,
            });
        };
        let place = &delivery.place;
        expect(
            *place == asked.party.redirect_uri(),
            "OIDC Core §3.1.2.5",
            "an answer to the redirect_uri of the request",
            place,
        )?;
        let by_form = asked.get("response_mode") == Some("form_post");
        let (clause, expected) = match by_form {
            true => (
                "OAuth 2.0 Form Post §2",
                "an answer as a form that the browser posts",
            ),
            false => (
                "OAuth 2.0 Multiple Response Types §2.1",
                "an answer in the query",
            ),
        };
        expect(delivery.by_form == by_form, clause, expected, &came)?;
        let came = |name: &str| delivery.get(name).unwrap_or("none, or several").to_owned();
        expect(
            delivery.get("state") == asked.get("state"),
            "RFC 6749 §4.1.2",
            "the state of the request",
            came("state"),
        )?;
        expect(
            delivery.get("iss") == Some(ISSUER),
            "RFC 9207 §2",
            "the issuer, as the metadata promise it",
            came("iss"),
        )?;
        Ok(delivery)
    }

    /// The code that was brought.
    pub fn code(&self, asked: &Asked<'_>, landed: Landed) -> Verdict<String> {
        let delivery = self.delivered(asked, landed)?;
        let refused = delivery.get("error");
        expect(
            refused.is_none(),
            "OIDC Core §3.1.2.5",
            "no error",
            refused.unwrap_or_default(),
        )?;
        let code = delivery.get("code").map(str::to_owned);
        there(code, "RFC 6749 §4.1.2", "a code")
    }

    /// The error that was brought.
    pub fn error(&self, asked: &Asked<'_>, landed: Landed) -> Verdict<String> {
        let delivery = self.delivered(asked, landed)?;
        let code = delivery.get("code");
        expect(
            code.is_none(),
            "RFC 6749 §4.1.2.1",
            "an error and no code",
            "a code",
        )?;
        let description = delivery.get("error_description").unwrap_or_default();
        let sound = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\';
        expect(
            description.bytes().all(sound),
            "RFC 6749 §4.1.2.1",
            "an error_description of the characters that it may have",
            description,
        )?;
        there(
            delivery.get("error").map(str::to_owned),
            "RFC 6749 §4.1.2.1",
            "an error",
        )
    }

    /// The whole flow of somebody who is not signed in.
    pub fn flow(&self, browser: &mut Browser<'_>, asked: &Asked<'_>) -> Verdict<Tokens> {
        let landed = self.goes_and_signs_in(browser, asked, self.ana())?;
        let code = self.code(asked, landed)?;
        self.redeems(asked, &code)
    }

    /// The whole flow of somebody who is signed in, and is not asked anything.
    pub fn flow_at_once(&self, browser: &mut Browser<'_>, asked: &Asked<'_>) -> Verdict<Tokens> {
        let landed = self.goes(browser, asked)?;
        let code = self.code(asked, landed)?;
        self.redeems(asked, &code)
    }
}

/// Where a browser stopped, for people.
pub fn landed_at(landed: &Landed) -> String {
    match landed {
        Landed::Page(page) => {
            let title = crate::page::between(&page.body, "<h1>", "</h1>");
            format!(
                "a page with status {}: {}",
                page.status,
                title.unwrap_or_default()
            )
        }
        Landed::Away(delivery) => {
            let way = if delivery.by_form {
                "by form"
            } else {
                "by redirect"
            };
            let error = delivery.get("error").unwrap_or("no error");
            format!("sent to {} {way}, {error}", delivery.place)
        }
    }
}

//! A browser without scripts, and the person in front of it: it keeps cookies, follows redirects, and stops
//! where it is sent to somebody else.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::page::{decoded, forms};
use crate::proof;
use crate::verdict::{Failed, Verdict, expect, there};
use crate::wire::{Answer, Request, Wire};

const PAGES: &str = "a page of ours";

/// Somebody who signs in.
pub struct Person {
    pub name: String,
    pub password: String,
    /// The device that shows codes, of whoever has one.
    pub device: Option<Device>,
}

/// A device that shows one-time codes. Each counts once, so it remembers for which half minute it was asked.
pub struct Device {
    secret: String,
    last: Mutex<u64>,
}

impl Device {
    pub fn new(secret: String) -> Self {
        Self {
            secret,
            last: Mutex::new(0),
        }
    }

    /// The next code that counts, which a server with a clock like ours takes half a minute early.
    ///
    /// # Errors
    /// When the secret is none, or the next codes have been asked for already.
    pub fn code(&self) -> Result<String, String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_err(|e| e.to_string())?.as_secs() / 30;
        let mut last = self.last.lock().map_err(|e| e.to_string())?;
        let step = now.max(*last + 1);
        if step > now + 1 {
            return Err("no code is left for this half minute".to_owned());
        }
        *last = step;
        let code = proof::shown(&self.secret, step);
        code.ok_or_else(|| "the secret of the device is not in base 32".to_owned())
    }
}

/// Where a browser stops.
#[derive(Debug)]
pub enum Landed {
    /// A page of the server.
    Page(Answer),
    /// Somewhere else. It is not opened.
    Away(Delivery),
}

/// What a browser brings to somebody else.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The address, without its query.
    pub place: String,
    /// Whether it is brought as a form, rather than in the query.
    pub by_form: bool,
    /// What.
    pub fields: Vec<(String, String)>,
}

impl Delivery {
    /// The value of this name; none where it is there twice.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.fields.iter().filter(|(other, _)| other == name);
        let first = found.next().map(|(_, value)| value.as_str());
        first.filter(|_| found.next().is_none())
    }
}

/// A browser.
pub struct Browser<'w> {
    wire: &'w Wire,
    cookies: BTreeMap<String, String>,
}

impl<'w> Browser<'w> {
    pub fn new(wire: &'w Wire) -> Self {
        Self {
            wire,
            cookies: BTreeMap::new(),
        }
    }

    /// Opens an address.
    pub fn open(&mut self, url: &str) -> Verdict<Landed> {
        self.follow(Request::get(url))
    }

    /// Sends a form that no page of ours holds.
    pub fn post(&mut self, url: &str, fields: &[(String, String)]) -> Verdict<Landed> {
        self.follow(Request::post(url, fields))
    }

    /// Sends the form of a page with this action, with what it holds and with these fields.
    pub fn submit(&mut self, page: &Answer, action: &str, own: &[(&str, &str)]) -> Verdict<Landed> {
        let form = forms(&page.body)
            .into_iter()
            .find(|form| form.action == action);
        let mut form = there(form, PAGES, &format!("a form that goes to {action}"))?;
        for (name, value) in own {
            let mut fields = form.fields.iter_mut();
            let field = fields.find(|(known, _)| known == name);
            let field = there(field, PAGES, &format!("a field {name} for {action}"))?;
            (*value).clone_into(&mut field.1);
        }
        let url = format!("{}{action}", self.wire.base);
        self.follow(Request::post(&url, &form.fields))
    }

    fn follow(&mut self, mut request: Request) -> Verdict<Landed> {
        for _ in 0..10 {
            let cookies: Vec<_> = self
                .cookies
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            if !cookies.is_empty() {
                request = request.with("cookie", cookies.join("; "));
            }
            let answer = self.wire.ask(request)?;
            self.keep(&answer)?;
            let Some(location) = answer.header("location") else {
                return Ok(self.stopped(answer));
            };
            expect(
                matches!(answer.status, 302 | 303),
                "RFC 9700 §4.12",
                "a redirect with 302 or 303, so that nothing typed is sent on",
                answer.status,
            )?;
            let url = match location.starts_with('/') {
                true => format!("{}{location}", self.wire.base),
                false => location.to_owned(),
            };
            if !self.wire.is_own(&url) {
                let (place, query) = url.split_once('?').unwrap_or((&url, ""));
                let fields = there(decoded(query), "RFC 6749 appendix B", "an encoded query")?;
                return Ok(Landed::Away(Delivery {
                    place: place.to_owned(),
                    by_form: false,
                    fields,
                }));
            }
            request = Request::get(&url);
        }
        Err(Failed::silent("redirects without end"))
    }

    /// A page, or the form of one that goes elsewhere: that is what a script or a button sends.
    fn stopped(&self, answer: Answer) -> Landed {
        let forms = forms(&answer.body);
        let elsewhere = |action: &str| !action.starts_with('/') && !self.wire.is_own(action);
        match forms.into_iter().find(|form| elsewhere(&form.action)) {
            Some(form) => Landed::Away(Delivery {
                place: form.action,
                by_form: true,
                fields: form.fields,
            }),
            None => Landed::Page(answer),
        }
    }

    /// Keeps cookies as a browser does: one that ends at once goes, and a name that begins with `__Host-` is
    /// believed of a cookie for this host and all its paths alone (RFC 6265bis §4.1.3.2).
    fn keep(&mut self, answer: &Answer) -> Verdict<()> {
        for text in answer.all("set-cookie") {
            let mut parts = text.split(';').map(str::trim);
            let pair = parts.next().and_then(|pair| pair.split_once('='));
            let (name, value) = there(pair, "RFC 6265 §4.1.1", "a cookie with a name")?;
            let rest: Vec<&str> = parts.collect();
            let has = |wanted: &str| rest.iter().any(|part| part.eq_ignore_ascii_case(wanted));
            let domain = rest
                .iter()
                .any(|part| part.to_ascii_lowercase().starts_with("domain"));
            let host = name.starts_with("__Host-");
            let sound = !host || (has("Secure") && has("Path=/") && !domain);
            expect(
                sound,
                "RFC 6265bis §4.1.3.2",
                "a cookie as its name promises",
                text,
            )?;
            expect(
                has("HttpOnly"),
                "OWASP ASVS 5.0 §3.3.4",
                "a cookie that no script reads",
                name,
            )?;
            match has("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        Ok(())
    }

    /// Signs a person in on the page that asks, with whatever it asks for.
    pub fn sign_in(&mut self, page: &Answer, person: &Person) -> Verdict<Landed> {
        let typed = [
            ("name", person.name.as_str()),
            ("password", person.password.as_str()),
        ];
        let landed = self.submit(page, "/sign-in/password", &typed)?;
        if let (Landed::Page(page), Some(device)) = (&landed, &person.device)
            && page.body.contains("action=\"/sign-in/code\"")
        {
            let code = device.code().map_err(Failed::silent)?;
            return self.submit(page, "/sign-in/code", &[("code", &code)]);
        }
        Ok(landed)
    }
}

/// Whether a page asks who somebody is.
pub fn asks(page: &Answer) -> bool {
    page.status == 200 && page.body.contains("action=\"/sign-in/password\"")
}

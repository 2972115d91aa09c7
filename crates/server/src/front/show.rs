//! Answers of use-cases as pages.

use app::{Answer, Ask, Factors, Offers, Portal, ShownDevice, SignedIn, Wrong};
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use protocol::oauth::Response as Reply;

use super::Front;
use super::cookies::{self, Cookie};
use super::held::Held;
use super::reply::{FormAction, csp_source, page, see_other};
use super::visit::Visit;
use super::words::Words;

#[derive(Template)]
#[template(path = "name.html")]
struct NamePage<'a> {
    words: Words,
    tenant: &'a str,
    attempt: &'a str,
    to: Option<&'a str>,
    name: &'a str,
    passkey: Option<&'a str>,
    upstream: &'a [app::UpstreamOffer],
    refuses: bool,
    by_mail: bool,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "mailed.html")]
struct MailedPage<'a> {
    words: Words,
    tenant: &'a str,
    attempt: &'a str,
    to: Option<&'a str>,
    name: &'a str,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage<'a> {
    words: Words,
    tenant: &'a str,
    attempt: &'a str,
    name: &'a str,
    passkey: Option<&'a str>,
    refuses: bool,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "more.html")]
struct MorePage<'a> {
    words: Words,
    tenant: &'a str,
    attempt: &'a str,
    to: Option<&'a str>,
    passkey: Option<&'a str>,
    makes: bool,
    codes: bool,
    set_up: Option<&'a app::NewCodes>,
    refuses: bool,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "factors.html")]
struct FactorsPage<'a> {
    words: Words,
    tenant: &'a str,
    factors: &'a Factors,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage<'a> {
    words: Words,
    tenant: &'a str,
    title: &'a str,
    text: &'a str,
    code: Option<String>,
    home: bool,
}

#[derive(Template)]
#[template(path = "portal.html")]
struct PortalPage<'a> {
    words: Words,
    tenant: &'a str,
    tiles: &'a [app::Tile],
    sessions: &'a [app::PortalSession],
    proof: &'a str,
}

#[derive(Template)]
#[template(path = "device_code.html")]
struct DeviceCodePage<'a> {
    words: Words,
    tenant: &'a str,
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    words: Words,
    tenant: &'a str,
    device: &'a ShownDevice,
}

#[derive(Template)]
#[template(path = "recent.html")]
struct RecentPage<'a> {
    words: Words,
    tenant: &'a str,
    recent: &'a [app::RecentSignIn],
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostPage<'a> {
    words: Words,
    action: &'a str,
    fields: &'a [(&'static str, String)],
}

/// A template's text. Writing into memory does not fail.
pub(super) fn text(template: &impl Template) -> String {
    template.render().unwrap_or_default()
}

/// A page that says one thing.
pub(super) fn notice(
    front: &Front,
    words: Words,
    status: u16,
    (title, says): (&str, &str),
    code: Option<String>,
    home: bool,
) -> Response<Body> {
    let notice = NoticePage {
        words,
        tenant: &front.tenant,
        title,
        text: says,
        code,
        home,
    };
    page(status, text(&notice))
}

/// Too many guesses.
pub(super) fn slow(front: &Front, visit: &Visit) -> Response<Body> {
    let words = visit.words;
    let says = (words.get("busy"), words.get("busy"));
    notice(front, words, 429, says, None, true)
}

/// Somebody's own page.
pub(super) fn portal(front: &Front, visit: &Visit, portal: &Portal) -> Response<Body> {
    let portal = PortalPage {
        words: visit.words,
        tenant: &front.tenant,
        tiles: &portal.tiles,
        sessions: &portal.sessions,
        proof: &portal.proof,
    };
    page(200, text(&portal))
}

/// What became of somebody's sign-ins of late.
pub(super) fn recent(front: &Front, visit: &Visit, rows: &[app::RecentSignIn]) -> Response<Body> {
    let recent = RecentPage {
        words: visit.words,
        tenant: &front.tenant,
        recent: rows,
    };
    page(200, text(&recent))
}

/// What somebody signs in with.
pub(super) fn factors(front: &Front, visit: &Visit, factors: &Factors) -> Response<Body> {
    let words = visit.words;
    let page_of = FactorsPage {
        words,
        tenant: &front.tenant,
        wrong: factors.wrong.clone().map(|wrong| told(words, wrong)),
        factors,
    };
    page(200, text(&page_of))
}

/// Where somebody types the code of a device.
pub(super) fn device_code(
    front: &Front,
    visit: &Visit,
    wrong: Option<&'static str>,
) -> Response<Body> {
    let code = DeviceCodePage {
        words: visit.words,
        tenant: &front.tenant,
        wrong,
    };
    page(200, text(&code))
}

/// An answer that sends somebody elsewhere, to come back from there.
fn on_trip(front: &Front, mut response: Response<Body>, trip: &str) -> Response<Body> {
    for cookie in cookies::trip(front.secure, trip) {
        set(&mut response, cookie);
    }
    response
}

/// An answer of a use-case, as a browser is shown it.
pub(super) fn answered(
    front: &Front,
    visit: &Visit,
    held: &Held,
    answer: Answer,
) -> Response<Body> {
    let words = visit.words;
    let (mut response, signed_in) = match answer {
        Answer::Ask {
            ask,
            attempt,
            to,
            name,
            offers,
            wrong,
        } => {
            let asked = Asked {
                attempt: &attempt,
                name: &name,
                to: to.as_deref(),
                offers: &offers,
            };
            (asked.page(front, words, ask, wrong), None)
        }
        Answer::Send {
            response,
            signed_in,
        } => (sent(words, response), signed_in),
        Answer::LeavePosting { response, trip } => {
            (on_trip(front, sent(words, response), trip.expose()), None)
        }
        Answer::Leave { location, trip } => {
            (on_trip(front, see_other(&location), trip.expose()), None)
        }
        Answer::Home { signed_in } => (see_other("/"), signed_in),
        Answer::Device { shown, signed_in } => {
            let tenant = &front.tenant;
            let html = text(&DevicePage {
                words,
                tenant,
                device: &shown,
            });
            (page(200, html), signed_in)
        }
        Answer::DeviceDone { is_in } => {
            let (title, says) = match is_in {
                Some(true) => ("device-in", "device-in-text"),
                Some(false) => ("device-out", "device-out-text"),
                None => ("device-over", "device-over-text"),
            };
            let says = (words.get(title), words.get(says));
            (notice(front, words, 200, says, None, true), None)
        }
        Answer::Refused { why, person } => {
            let (status, title, says) = match person {
                true => (403, "denied", "denied-text"),
                false => (400, "bad-request", "bad-request-text"),
            };
            let says = (words.get(title), words.get(says));
            (notice(front, words, status, says, Some(why), person), None)
        }
    };
    if held.is_new {
        let cookie = Cookie::Browser.set(front.secure, held.browser.expose());
        set(&mut response, cookie);
    }
    if let Some(SignedIn { cookie, device, .. }) = signed_in {
        for (kind, value) in [(Cookie::Session, cookie), (Cookie::Device, device)] {
            set(&mut response, kind.set(front.secure, value.expose()));
        }
    }
    response
}

/// Nobody is at another identity provider any more.
pub(super) fn is_back(front: &Front, response: &mut Response<Body>) {
    // Who is sent there once more keeps what they were given for that.
    let headers = response.headers().get_all(header::SET_COOKIE);
    let name = Cookie::Trip.name(front.secure);
    let leaves = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.starts_with(name));
    if headers.iter().any(leaves) {
        return;
    }
    for cookie in cookies::trip(front.secure, "") {
        set(response, cookie);
    }
}

/// What a page asks with.
struct Asked<'a> {
    attempt: &'a str,
    name: &'a str,
    to: Option<&'a str>,
    offers: &'a Offers,
}

impl Asked<'_> {
    /// The page. What is wrong is told with 200: a browser shows it, and a password manager keeps nothing.
    fn page(&self, front: &Front, words: Words, ask: Ask, wrong: Option<Wrong>) -> Response<Body> {
        let (tenant, attempt) = (front.tenant.as_str(), self.attempt);
        let passkey = self.offers.passkey.as_deref();
        let said = wrong.as_ref().map(key_of);
        let refuses = self.offers.no;
        let html = match ask {
            Ask::Name => text(&NamePage {
                words,
                tenant,
                attempt,
                to: self.to,
                name: self.name,
                passkey,
                upstream: &self.offers.upstream,
                refuses,
                by_mail: self.offers.by_mail,
                wrong: said,
            }),
            Ask::Mailed => text(&MailedPage {
                words,
                tenant,
                attempt,
                to: self.to,
                name: self.name,
                wrong: said,
            }),
            Ask::Enrol => text(&EnrolPage {
                words,
                tenant,
                attempt,
                name: self.name,
                passkey,
                refuses,
                wrong: wrong.map(|wrong| told(words, wrong)),
            }),
            Ask::More(_) => text(&MorePage {
                words,
                tenant,
                attempt,
                to: self.to,
                passkey,
                makes: self.offers.makes,
                codes: self.offers.codes,
                set_up: self.offers.set_up.as_deref(),
                refuses,
                wrong: said,
            }),
        };
        page(200, html)
    }
}

fn told(words: Words, wrong: Wrong) -> String {
    match wrong {
        Wrong::Refused(why) => why,
        other => words.get(key_of(&other)).to_owned(),
    }
}

const fn key_of(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Password => "wrong-password",
        Wrong::Pass => "wrong-pass",
        Wrong::Mailed => "wrong-mailed",
        Wrong::Passkey => "wrong-passkey",
        Wrong::Code => "wrong-code",
        Wrong::TooOld => "too-old",
        Wrong::Differ => "not-the-same",
        Wrong::Elsewhere => "wrong-elsewhere",
        Wrong::Here => "sign-in-here",
        Wrong::Last => "last-one",
        Wrong::Again => "again-please",
        Wrong::Busy | Wrong::Refused(_) => "busy",
    }
}

pub(super) fn sent(words: Words, reply: Reply) -> Response<Body> {
    match reply {
        Reply::Redirect { location } => see_other(&location),
        Reply::FormPost { action, fields } => {
            let place = csp_source(&action);
            form(words, &action, &fields, &place)
        }
    }
}

/// A page whose form is sent by itself where scripts run. It may be sent there and nowhere else, whatever
/// somebody may have written into it.
pub(super) fn form(
    words: Words,
    action: &str,
    fields: &[(&'static str, String)],
    place: &str,
) -> Response<Body> {
    let html = text(&FormPostPage {
        words,
        action,
        fields,
    });
    let mut response = page(200, html);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.extensions_mut().insert(FormAction(place));
    }
    response
}

pub(super) fn set(response: &mut Response<Body>, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_first_page_offers_stands_on_it_once() {
        let page = NamePage {
            words: Words::for_browser(None),
            tenant: "acme",
            attempt: "a",
            to: Some("Wiki"),
            name: "",
            passkey: Some("{}"),
            upstream: &[],
            refuses: true,
            by_mail: true,
            wrong: None,
        };
        let html = text(&page);
        for place in ["no", "lost", "password", "pass", "passkey"] {
            let form = format!("action=\"/sign-in/{place}\"");
            assert_eq!(html.matches(&form).count(), 1, "{place}");
        }
        let (head, _) = html.split_once("<body").unwrap_or_default();
        assert!(head.contains("passkey.js") && !head.contains("<form"));
    }
}

//! Pages on which people sign in, and what they send from them.

use std::sync::Arc;

use app::{Answer, Ask, Asker, LoggedOut, Portal, SignedIn, Wrong};
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use model::Secret;
use protocol::oauth::Response as Reply;

use super::Front;
use super::cookies::Cookie;
use super::reply::{Answered, page, see_other};
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
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage<'a> {
    words: Words,
    tenant: &'a str,
    attempt: &'a str,
    name: &'a str,
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
#[template(path = "form_post.html")]
struct FormPostPage<'a> {
    words: Words,
    action: &'a str,
    fields: &'a [(&'static str, String)],
}

/// A template's text. Writing into memory does not fail.
fn text(template: &impl Template) -> String {
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

/// What a browser holds.
struct Held {
    session: Option<Secret>,
    browser: Secret,
    /// Whether the browser holds it only from now on.
    is_new: bool,
}

impl Held {
    fn of(front: &Front, visit: &Visit) -> Self {
        let secure = front.secure;
        let browser = visit.cookie(Cookie::Browser.name(secure));
        let browser = browser.filter(|held| held.expose().len() == 64);
        Self {
            session: visit.cookie(Cookie::Session.name(secure)),
            is_new: browser.is_none(),
            browser: browser.unwrap_or_else(|| front.app.new_browser()),
        }
    }

    fn asker<'a>(&'a self, visit: &'a Visit) -> Asker<'a> {
        Asker {
            session: self.session.as_ref().map(Secret::expose),
            browser: self.browser.expose(),
            from: &visit.from,
        }
    }
}

pub(super) fn authorize(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let answer = front.app.authorize(visit.raw(), held.asker(&visit)).await?;
        Ok(answered(&front, &visit, &held, answer))
    })
}

pub(super) fn home(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        Ok(match front.app.portal(held.asker(&visit)).await? {
            Ok(portal) => shown(&front, &visit, &portal),
            Err(answer) => answered(&front, &visit, &held, answer),
        })
    })
}

pub(super) fn password(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, password] = fields(&visit, ["attempt", "name", "password"]);
        if front
            .guesses
            .guess(visit.from.network, name.expose())
            .is_err()
        {
            return Ok(slow(&front, &visit));
        }
        let (attempt, name) = (attempt.expose(), name.expose());
        let answer = front.app.send_password(attempt, name, &password, asker);
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn pass(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, pass] = fields(&visit, ["attempt", "name", "pass"]);
        if front
            .guesses
            .guess(visit.from.network, name.expose())
            .is_err()
        {
            return Ok(slow(&front, &visit));
        }
        let (attempt, name) = (attempt.expose(), name.expose());
        let answer = front.app.send_pass(attempt, name, pass.expose(), asker);
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn enrol(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let asker = held.asker(&visit);
        let [attempt, name, password, again] =
            fields(&visit, ["attempt", "name", "password", "again"]);
        let (attempt, name) = (attempt.expose(), name.expose());
        let twice = (&password, &again);
        let answer = front.app.enrol_password(attempt, name, twice, asker);
        Ok(answered(&front, &visit, &held, answer.await?))
    })
}

pub(super) fn sign_out(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let [proof] = fields(&visit, ["proof"]);
        let own = |cookie: &Secret| front.app.is_own_form(cookie.expose(), proof.expose());
        match held.session.as_ref().filter(|cookie| own(cookie)) {
            Some(cookie) => front.app.sign_out(cookie.expose()).await?,
            // Another site's form, or a page of a session that has ended: nothing is ended by it.
            None => return Ok(see_other("/")),
        }
        Ok(signed_out(&front, &visit, None))
    })
}

pub(super) fn logout(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let words = visit.words;
        Ok(
            match front.app.logout(visit.raw(), held.asker(&visit)).await? {
                LoggedOut::Done(location) => signed_out(&front, &visit, location),
                // Their own page has the button.
                LoggedOut::Ask => see_other("/"),
                LoggedOut::Refused(why) => {
                    let says = (words.get("bad-request"), words.get("bad-request-text"));
                    notice(&front, words, 400, says, Some(why), true)
                }
            },
        )
    })
}

/// Fields of a form; one that is missing is empty, and counts as nothing.
fn fields<const N: usize>(visit: &Visit, names: [&'static str; N]) -> [Secret; N] {
    let form = visit.form();
    names.map(|name| {
        let value = form.as_ref().and_then(|form| form.get(name).ok().flatten());
        Secret::new(value.unwrap_or_default())
    })
}

fn slow(front: &Front, visit: &Visit) -> Response<Body> {
    let words = visit.words;
    let says = (words.get("busy"), words.get("busy"));
    notice(front, words, 429, says, None, true)
}

fn signed_out(front: &Front, visit: &Visit, location: Option<String>) -> Response<Body> {
    let words = visit.words;
    let mut response = match location {
        Some(location) => see_other(&location),
        None => {
            let says = (words.get("signed-out"), words.get("signed-out-text"));
            notice(front, words, 200, says, None, true)
        }
    };
    set(&mut response, Cookie::Session.set(front.secure, ""));
    response
}

fn shown(front: &Front, visit: &Visit, portal: &Portal) -> Response<Body> {
    let portal = PortalPage {
        words: visit.words,
        tenant: &front.tenant,
        tiles: &portal.tiles,
        sessions: &portal.sessions,
        proof: &portal.proof,
    };
    page(200, text(&portal))
}

/// An answer of a use-case, as a browser is shown it.
fn answered(front: &Front, visit: &Visit, held: &Held, answer: Answer) -> Response<Body> {
    let words = visit.words;
    let (mut response, signed_in) = match answer {
        Answer::Ask {
            ask,
            attempt,
            to,
            name,
            wrong,
        } => {
            let asked = (attempt.as_str(), name.as_str());
            (asking(front, words, ask, asked, to.as_deref(), wrong), None)
        }
        Answer::Send {
            response,
            signed_in,
        } => (sent(words, response), signed_in),
        Answer::Home { signed_in } => (see_other("/"), signed_in),
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
    if let Some(SignedIn { cookie, .. }) = signed_in {
        set(
            &mut response,
            Cookie::Session.set(front.secure, cookie.expose()),
        );
    }
    response
}

fn asking(
    front: &Front,
    words: Words,
    ask: Ask,
    (attempt, name): (&str, &str),
    to: Option<&str>,
    wrong: Option<Wrong>,
) -> Response<Body> {
    let tenant = front.tenant.as_str();
    let said = wrong.as_ref().map(key_of);
    // What is wrong is told with 200: a browser shows the page, and a password manager keeps nothing.
    let html = match ask {
        Ask::Name => text(&NamePage {
            words,
            tenant,
            attempt,
            to,
            name,
            wrong: said,
        }),
        Ask::Enrol => text(&EnrolPage {
            words,
            tenant,
            attempt,
            name,
            wrong: wrong.map(|wrong| match wrong {
                Wrong::Refused(why) => why,
                other => words.get(key_of(&other)).to_owned(),
            }),
        }),
        Ask::More(_) => {
            let says = (words.get("more"), words.get("more-text"));
            return notice(front, words, 403, says, None, true);
        }
    };
    page(200, html)
}

const fn key_of(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Password => "wrong-password",
        Wrong::Pass => "wrong-pass",
        Wrong::TooOld => "too-old",
        Wrong::Differ => "not-the-same",
        Wrong::Busy | Wrong::Refused(_) => "busy",
    }
}

fn sent(words: Words, reply: Reply) -> Response<Body> {
    match reply {
        Reply::Redirect { location } => see_other(&location),
        Reply::FormPost { action, fields } => page(
            200,
            text(&FormPostPage {
                words,
                action: &action,
                fields: &fields,
            }),
        ),
    }
}

fn set(response: &mut Response<Body>, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

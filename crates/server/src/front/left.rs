//! What whoever has signed out is shown, and where their browser goes.

use app::LoggedOut;
use axum::body::Body;
use axum::http::Response;

use super::Front;
use super::cookies::Cookie;
use super::framed::framed;
use super::reply::see_other;
use super::show::{notice, sent, set};
use super::visit::Visit;

/// Nobody is signed in there any more.
fn signed_out(
    front: &Front,
    visit: &Visit,
    frames: &[String],
    location: Option<String>,
) -> Response<Body> {
    let words = visit.words;
    let mut response = match location {
        location if !frames.is_empty() => framed(words, &front.tenant, frames, location.as_deref()),
        Some(location) => see_other(&location),
        None => {
            let says = (words.get("signed-out"), words.get("signed-out-text"));
            notice(front, words, 200, says, None, true)
        }
    };
    set(&mut response, Cookie::Session.set(front.secure, ""));
    response
}

/// How a wish to sign out was answered.
pub(super) fn logged_out(front: &Front, visit: &Visit, told: LoggedOut) -> Response<Body> {
    let words = visit.words;
    match told {
        LoggedOut::Done(location) => signed_out(front, visit, &[], location),
        LoggedOut::Framed(frames, location) => signed_out(front, visit, &frames, location),
        LoggedOut::Answered(response, own) => {
            let mut response = sent(words, response);
            if own {
                set(&mut response, Cookie::Session.set(front.secure, ""));
            }
            response
        }
        LoggedOut::FramedFirst(frames, tour) => {
            let next = format!("{}?{}", app::paths::SAML_SLO, app::paths::SAML_NEXT);
            let mut response = signed_out(front, visit, &frames, Some(next));
            set(&mut response, Cookie::Tour.set(front.secure, tour.as_str()));
            response
        }
        LoggedOut::Toured {
            response,
            tour,
            own,
        } => {
            let mut response = sent(words, response);
            set(&mut response, Cookie::Tour.set(front.secure, tour.as_str()));
            if own {
                set(&mut response, Cookie::Session.set(front.secure, ""));
            }
            response
        }
        LoggedOut::Over(location) => match location {
            Some(location) => see_other(&location),
            None => {
                let says = (words.get("signed-out"), words.get("signed-out-text"));
                notice(front, words, 200, says, None, true)
            }
        },
        // Their own page has the button.
        LoggedOut::Ask => see_other("/"),
        LoggedOut::Refused(why) => {
            let says = (words.get("bad-request"), words.get("bad-request-text"));
            notice(front, words, 400, says, Some(why), true)
        }
    }
}

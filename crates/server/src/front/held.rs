//! What a browser holds.

use app::Asker;
use model::Secret;

use super::Front;
use super::cookies::Cookie;
use super::visit::Visit;

/// What a browser holds.
pub(super) struct Held {
    pub session: Option<Secret>,
    pub browser: Secret,
    /// That somebody has signed in there before.
    pub device: Option<Secret>,
    /// How far somebody had come who is at another identity provider.
    pub trip: Option<Secret>,
    /// Whether the browser holds it only from now on.
    pub is_new: bool,
}

impl Held {
    pub(super) fn of(front: &Front, visit: &Visit) -> Self {
        let secure = front.secure;
        let browser = visit.cookie(Cookie::Browser.name(secure));
        let browser = browser.filter(|held| held.expose().len() == 64);
        Self {
            session: visit.cookie(Cookie::Session.name(secure)),
            device: visit.cookie(Cookie::Device.name(secure)),
            trip: visit.cookie(Cookie::Trip.name(secure)).map(|first| {
                let rest = visit.cookie(Cookie::TripRest.name(secure));
                let rest = rest.as_ref().map_or("", Secret::expose);
                Secret::new([first.expose(), rest].concat())
            }),
            is_new: browser.is_none(),
            browser: browser.unwrap_or_else(|| front.app.new_browser()),
        }
    }

    pub(super) fn asker<'a>(&'a self, visit: &'a Visit) -> Asker<'a> {
        Asker {
            session: self.session.as_ref().map(Secret::expose),
            browser: self.browser.expose(),
            from: &visit.from,
        }
    }
}

//! The cookies: the session, what tells a browser from others while somebody signs in, that somebody has signed in
//! there before, and, while they are at another identity provider, how far they had come.
//!
//! Over TLS they are called `__Host-…`, so that no other host and no other path of ours can set them
//! (RFC 6265bis §4.1.3.2). `SameSite=Lax`: a relying party's link brings the session along, a form of
//! another site does not.

use axum::http::{HeaderMap, HeaderValue, header};

/// The longest cookie header that is looked at.
const LONGEST: usize = 12 << 10;
/// As much of a trip as one cookie holds, in bytes: browsers keep 4,096 with its name (RFC 6265bis §5.6).
const PART: usize = 3_500;

/// What a cookie is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cookie {
    /// The session.
    Session,
    /// The browser.
    Browser,
    /// That somebody has signed in there before; kept for half a year.
    Device,
    /// How far somebody had come who is at another identity provider; kept for a quarter of an hour.
    Trip,
    /// The rest of it, where it is long.
    TripRest,
    /// Whom a browser still tells that somebody has signed out; kept for a quarter of an hour.
    Tour,
}

impl Cookie {
    /// Its name.
    pub(super) const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-tenure-session",
            (Self::Session, false) => "tenure-session",
            (Self::Browser, true) => "__Host-tenure-browser",
            (Self::Browser, false) => "tenure-browser",
            (Self::Device, true) => "__Host-tenure-device",
            (Self::Device, false) => "tenure-device",
            (Self::Trip, true) => "__Host-tenure-trip",
            (Self::Trip, false) => "tenure-trip",
            (Self::TripRest, true) => "__Host-tenure-trip-rest",
            (Self::TripRest, false) => "tenure-trip-rest",
            (Self::Tour, true) => "__Host-tenure-tour",
            (Self::Tour, false) => "tenure-tour",
        }
    }

    /// The header that sets it, until the browser is closed but for a known device; with an empty value, that
    /// removes it.
    pub(super) fn set(self, secure: bool, value: &str) -> Option<HeaderValue> {
        let name = self.name(secure);
        let only = if secure { "; Secure" } else { "" };
        let over = match self {
            _ if value.is_empty() => "; Max-Age=0",
            // 180 days, after which it counts no longer.
            Self::Device => "; Max-Age=15552000",
            Self::Trip | Self::TripRest | Self::Tour => "; Max-Age=900",
            Self::Session | Self::Browser => "",
        };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{only}{over}");
        HeaderValue::from_str(&text).ok()
    }
}

/// The cookies that hold a trip, each within what browsers keep; of nothing, those that remove it.
pub(super) fn trip(secure: bool, text: &str) -> [Option<HeaderValue>; 2] {
    // It is ASCII throughout.
    let (first, rest) = text.split_at_checked(PART).unwrap_or((text, ""));
    [
        Cookie::Trip.set(secure, first),
        Cookie::TripRest.set(secure, rest),
    ]
}

/// The cookie of this name; none where it is there twice: nobody knows which is ours.
pub(super) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = None;
    for header in headers.get_all(header::COOKIE) {
        let text = header.to_str().ok().filter(|text| text.len() <= LONGEST)?;
        for pair in text.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else {
                continue;
            };
            if key == name {
                if found.is_some() {
                    return None;
                }
                found = Some(value.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_str(cookie).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_that_is_there_once_is_read() {
        let read = |cookies: &[&str]| super::read(&headers(cookies), "a");
        assert_eq!(read(&["a=1"]).as_deref(), Some("1"));
        assert_eq!(read(&["b=2; a=1; c=3"]).as_deref(), Some("1"));
        assert_eq!(read(&["b=2", "a=1"]).as_deref(), Some("1"));
        assert_eq!(read(&["a=1; a=2"]), None);
        assert_eq!(read(&["a=1", "a=1"]), None);
        assert_eq!(read(&["aa=1", "A=1", "a"]), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[&format!("a={}", "x".repeat(13_000))]), None);
    }

    #[test]
    fn a_trip_is_kept_in_as_many_cookies_as_it_needs() {
        let text = |n: usize| {
            let set = trip(true, &"x".repeat(n));
            set.map(|one| one.unwrap().to_str().unwrap().to_owned())
        };
        let [first, rest] = text(3_500);
        assert!(first.starts_with("__Host-tenure-trip=xxx") && first.len() < 4_096);
        assert!(rest.starts_with("__Host-tenure-trip-rest=;") && rest.contains("Max-Age=0"));
        let [first, rest] = text(7_000);
        assert!(first.len() < 4_096 && rest.len() < 4_096, "{}", rest.len());
        let xs = |text: &str| text.split("; ").next().unwrap().matches('x').count();
        assert_eq!(xs(&first) + xs(&rest), 7_000);
        let gone = text(0);
        assert!(
            gone.iter()
                .all(|one| one.contains("=; ") && one.contains("Max-Age=0"))
        );
    }

    #[test]
    fn cookies_stay_with_the_host_that_set_them() {
        let set = Cookie::Session.set(true, "v").unwrap();
        assert_eq!(
            set.to_str().unwrap(),
            "__Host-tenure-session=v; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let device = Cookie::Device.set(true, "v").unwrap();
        assert_eq!(
            device.to_str().unwrap(),
            "__Host-tenure-device=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=15552000"
        );
        let gone = Cookie::Session.set(false, "").unwrap();
        assert!(gone.to_str().unwrap().ends_with("Max-Age=0"));
    }
}

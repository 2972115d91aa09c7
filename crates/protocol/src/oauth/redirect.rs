//! Redirect URIs: what may be registered, and what equals it.

use url::{Host, Url};

/// The longest redirect URI, in bytes.
pub const MAX_REDIRECT: usize = 2_048;
/// Parameters that an answer adds. A redirect URI that brings one would have it twice.
const OURS: [&str; 10] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "response",
    "id_token",
    "access_token",
    "session_state",
];

/// Where a client runs (`application_type`, OpenID Connect Dynamic Client Registration 1.0 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApplicationType {
    /// On a web server, or in a browser.
    Web,
    /// On somebody's device (RFC 8252).
    Native,
}

/// A redirect URI that was registered: an `https` URL; an `http` URL of a loopback host; for a native
/// client, a URI of a scheme of its own with a point in it (RFC 8252 §7).
///
/// It has one spelling, the one a browser would give it, so that what is compared is also where a browser
/// goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisteredRedirect {
    text: String,
    application: ApplicationType,
}

/// Why a redirect URI is not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// It is empty, or longer than any.
    #[error(
        "the redirect URI is empty or longer than {most} bytes: register a shorter one",
        most = MAX_REDIRECT
    )]
    Length,
    /// It is no absolute URI, or has another spelling than its own.
    #[error(
        "the redirect URI is not an absolute URI in its plain form: write it as a browser shows it, lower-case host, no default port, no dot segments, no backslash (RFC 9700 2.1)"
    )]
    Form,
    /// It has a fragment.
    #[error("the redirect URI has a fragment: leave out the # and what follows (RFC 6749 3.1.2)")]
    Fragment,
    /// It names a user.
    #[error("the redirect URI names a user before an @: leave it out")]
    Userinfo,
    /// It has a wildcard.
    #[error("the redirect URI has a *: register each one, they are compared to the letter")]
    Wildcard,
    /// Its scheme is not one that is taken.
    #[error(
        "the redirect URI has a scheme that is not taken: use https; http only for 127.0.0.1, [::1] and localhost; a native client may use a scheme of its own with a point in it (RFC 8252 7)"
    )]
    Scheme,
    /// Its query has a parameter of ours.
    #[error("the redirect URI brings a parameter that the answer adds: leave it out of its query")]
    Reserved,
}

impl RegisteredRedirect {
    /// Holds a redirect URI to what may be registered. Also for `post_logout_redirect_uris`.
    ///
    /// # Errors
    /// [`RedirectError`], one variant for each reason.
    pub fn new(text: &str, application: ApplicationType) -> Result<Self, RedirectError> {
        if text.is_empty() || text.len() > MAX_REDIRECT {
            return Err(RedirectError::Length);
        }
        if text.contains('#') {
            return Err(RedirectError::Fragment);
        }
        if text.contains('*') {
            return Err(RedirectError::Wildcard);
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        {
            return Err(RedirectError::Form);
        }
        let url = Url::parse(text).map_err(|_| RedirectError::Form)?;
        // First, for the message to say the reason: of the spellings below, `@` has the worst uses.
        if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
            return Err(RedirectError::Userinfo);
        }
        scheme(&url, application)?;
        // `https://a.example` is shown as `https://a.example/`; both are registered by people.
        let plain = url.as_str();
        if plain != text && plain.strip_suffix('/') != Some(text) {
            return Err(RedirectError::Form);
        }
        if url.query_pairs().any(|(name, _)| OURS.contains(&&*name)) {
            return Err(RedirectError::Reserved);
        }
        let text = text.to_owned();
        Ok(Self { text, application })
    }

    /// As it was registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host, in lower case. A scheme of an app's own has none.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.text).ok()?.host_str().map(str::to_owned)
    }

    /// Whether it is exactly that one, to the letter (RFC 9700 §2.1).
    #[must_use]
    pub fn equals(&self, asked: &str) -> bool {
        self.text == asked
    }

    /// Whether a request may ask for that one: exactly this; or, of a native client on `http://127.0.0.1` or
    /// `http://[::1]`, this with another port, since it takes the one that is free (RFC 8252 §7.3). The
    /// name `localhost` is compared to the letter, port and all (§8.3).
    #[must_use]
    pub fn allows(&self, asked: &str) -> bool {
        if self.equals(asked) {
            return true;
        }
        if self.application != ApplicationType::Native || asked.len() > MAX_REDIRECT {
            return false;
        }
        match (portless(&self.text), portless(asked)) {
            (Some(registered), Some(asked)) => registered == asked,
            _ => false,
        }
    }
}

fn scheme(url: &Url, application: ApplicationType) -> Result<(), RedirectError> {
    let host = url.host();
    let taken = match url.scheme() {
        "https" => host.is_some(),
        "http" => match host {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
        own => own.contains('.') && application == ApplicationType::Native,
    };
    if taken {
        Ok(())
    } else {
        Err(RedirectError::Scheme)
    }
}

/// What stands where a user, a host and a port stand.
fn authority(text: &str) -> &str {
    let behind = text.split_once("://").map_or("", |(_, behind)| behind);
    let ends = behind.find(['/', '\\', '?']).unwrap_or(behind.len());
    &behind[..ends]
}

/// The host of a loopback address, and what follows its port. `None` for most of everything else: what follows
/// need not begin a path, but that of a registered one does, and it is that which is compared.
fn portless(text: &str) -> Option<(&'static str, &str)> {
    let literals = ["http://127.0.0.1", "http://[::1]"];
    let at = |host: &'static str| text.strip_prefix(host).map(|behind| (host, behind));
    let (host, behind) = literals.into_iter().find_map(at)?;
    let rest = match behind.strip_prefix(':') {
        None => behind,
        Some(ported) => {
            let digits = ported.bytes().take_while(u8::is_ascii_digit).count();
            let (port, rest) = ported.split_at(digits);
            // In the shortest form: `u16` would read `+80` and `080`.
            let port = (1..=5).contains(&digits).then_some(port)?;
            let number: u16 = port.parse().ok()?;
            (number != 0 && !port.starts_with('0')).then_some(rest)?
        }
    };
    Some((host, rest))
}

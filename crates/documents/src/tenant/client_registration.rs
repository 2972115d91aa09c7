//! Clients that register themselves: what they may be.

use std::collections::BTreeSet;

use model::Timestamp;

use super::{MaySignIn, Oidc};

/// That clients may register themselves, and the most that they get.
#[derive(Debug, Clone)]
pub struct ClientRegistration {
    /// `metadata.name`, by which sign-on rules speak of all of them.
    pub name: String,
    /// Who may sign in to them.
    pub who: MaySignIn,
    /// At most so many of them are there at once; 1 to 200.
    pub clients: u16,
    /// So many days each of them counts after it has registered or changed; 1 to 365.
    pub days: u16,
    /// Where answers may go; never empty.
    pub redirects: BTreeSet<RedirectKind>,
    /// The hosts that web addresses may have, in lower case; `None`: any.
    pub hosts: Option<BTreeSet<String>>,
    /// The most that each of them gets. Who it is, and where its answers go, is its own.
    pub oidc: Box<Oidc>,
}

/// A kind of redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RedirectKind {
    /// An `https` URL.
    Web,
    /// `http` on a loopback address (RFC 8252 §7.3).
    Loopback,
    /// A scheme of an app's own (RFC 8252 §7.1).
    PrivateUse,
}

impl RedirectKind {
    /// Of which kind a redirect URI is that was found sound.
    #[must_use]
    pub fn of(uri: &str) -> Self {
        if uri.starts_with("https:") {
            Self::Web
        } else if uri.starts_with("http:") {
            Self::Loopback
        } else {
            Self::PrivateUse
        }
    }
}

impl ClientRegistration {
    /// Whether a redirect URI that is sound may be one of theirs.
    #[must_use]
    pub fn takes(&self, uri: &str) -> bool {
        let kind = RedirectKind::of(uri);
        let host = || {
            let url = url::Url::parse(uri).ok()?;
            url.host_str().map(str::to_owned)
        };
        let of_theirs = match &self.hosts {
            Some(hosts) if kind == RedirectKind::Web => {
                host().is_some_and(|host| hosts.contains(&host))
            }
            _ => true,
        };
        self.redirects.contains(&kind) && of_theirs
    }
}

/// How a client stands that has registered itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The name of the document that allows it.
    pub by: String,
    /// The number of the secret that counts.
    pub turn: u32,
    /// It counts until then.
    pub ends: Timestamp,
}

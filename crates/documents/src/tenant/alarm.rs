//! How people are told: `Channel` and `Alarm`.

use std::collections::BTreeSet;

use model::Occasion;

/// A way to tell people something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// `metadata.name`.
    pub name: String,
    /// How.
    pub by: By,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
}

/// The kinds of channels. Secrets are named here and kept, sealed, in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Mail through a submission server (RFC 6409).
    Smtp(Smtp),
    /// A signed request (Standard Webhooks 1.0).
    Webhook {
        /// Where it goes: no credentials, query or fragment; `http` only with `allow_private`.
        url: String,
        /// The name of the secret that signs it.
        secret: String,
    },
    /// A message to an incoming webhook of Slack, or of what takes the same requests.
    Slack {
        /// The host, and port where it is not the usual one, of the URL that is secret.
        host: String,
        /// The name of the secret that is the URL.
        secret: String,
    },
}

/// A mail server that takes our mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted; never `None` together with a login.
    pub tls: SmtpTls,
    /// The sender's address, in ASCII.
    pub from: String,
    /// The receivers' addresses, in ASCII; 1 to 20.
    pub to: Vec<String>,
    /// User name and the name of the secret with the password.
    pub login: Option<(String, String)>,
}

impl Smtp {
    /// Its host, and the port where it is not the usual one.
    #[must_use]
    pub fn place(&self) -> String {
        if self.port == self.tls.usual_port() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl SmtpTls {
    /// The port where none is given (RFC 6409, RFC 8314, RFC 5321).
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpTls {
    /// Plain, and encrypted before anything is said (RFC 3207).
    Starttls,
    /// Encrypted from the first byte (RFC 8314).
    Implicit,
    /// Not at all.
    None,
}

impl Channel {
    /// The name of its secret, if it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match &self.by {
            By::Smtp(smtp) => smtp.login.as_ref().map(|(_, secret)| secret.as_str()),
            By::Webhook { secret, .. } | By::Slack { secret, .. } => Some(secret),
        }
    }
}

/// What people are told of, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// `metadata.name`.
    pub name: String,
    /// What they are told of; each occasion is in one document only.
    pub about: BTreeSet<Occasion>,
    /// The channels on which they are told; at least one, each once.
    pub channels: Vec<String>,
    /// How many minutes somebody may take to answer, and to which channels it is passed on then.
    pub escalation: Option<(u32, Vec<String>)>,
    /// So many hours after somebody answered, or it was passed on, people are told again of what is
    /// still so.
    pub repeat_after_hours: Option<u32>,
    /// After so many minutes a leaver is late.
    pub late_after_minutes: u32,
    /// So many days before its end people are told of an API token.
    pub days_before: u32,
}

//! How somebody has logged in, in the words that clients know.

use model::Timestamp;
use serde_json::Value;

use super::put;
use crate::oauth::{Object, seconds};

/// `acr` of a login that phishing does not get through (OpenID Connect Extended Authentication Profile ACR
/// Values 1.0 §3).
pub const PHR: &str = "phr";
/// `acr` of a login that phishing does not get through, with a key that hardware protects (ibid.).
pub const PHRH: &str = "phrh";

/// Whether a login that reached one class is enough where another is wanted: it is the same, or `phrh`
/// for `phr`. Names are compared to the letter.
#[must_use]
pub fn acr_satisfies(reached: &str, wanted: &str) -> bool {
    reached == wanted || (reached == PHRH && wanted == PHR)
}

/// A method of proving who one is (RFC 8176 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Amr {
    /// A password.
    Pwd,
    /// A one-time password.
    Otp,
    /// A key that hardware protects.
    Hwk,
    /// A key that software protects.
    Swk,
    /// The person was there: they touched something.
    User,
    /// Several of different kinds. Told beside them.
    Mfa,
}

impl Amr {
    /// Its name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pwd => "pwd",
            Self::Otp => "otp",
            Self::Hwk => "hwk",
            Self::Swk => "swk",
            Self::User => "user",
            Self::Mfa => "mfa",
        }
    }
}

/// When and how somebody has logged in.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// When they last proved who they are, not when they were last asked for.
    pub auth_time: Timestamp,
    /// The class of the login, if it has a name.
    pub acr: Option<&'a str>,
    /// By which methods.
    pub amr: &'a [Amr],
    /// The session at this server, by a name that only tells sessions apart.
    pub sid: Option<&'a str>,
}

impl Login<'_> {
    /// The names of its claims.
    pub(super) const NAMES: [&'static str; 4] = ["auth_time", "acr", "amr", "sid"];

    pub(super) fn tell(&self, claims: &mut Object) {
        put(claims, "auth_time", Some(seconds(self.auth_time)));
        put(claims, "acr", self.acr);
        let amr: Vec<Value> = self.amr.iter().map(|amr| amr.name().into()).collect();
        put(claims, "amr", (!amr.is_empty()).then_some(amr));
        put(claims, "sid", self.sid);
    }
}

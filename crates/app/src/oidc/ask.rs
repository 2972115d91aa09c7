//! What a page asks of somebody who signs in, what it offers beside, and what it says was wrong.

use rules::sign_on::Strength;

use crate::sign_in::NewCodes;

/// What somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Who they are, and a first proof.
    Name,
    /// Who they are, and the code that they were mailed, if they were.
    Mailed,
    /// A new credential.
    Enrol,
    /// More than they have proved.
    More(Strength),
}

/// What was wrong with what somebody sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Name and password do not belong together.
    Password,
    /// The pass does not count.
    Pass,
    /// The code that was mailed does not count.
    Mailed,
    /// The page was too old, or another browser's.
    TooOld,
    /// The two new passwords differ.
    Differ,
    /// Too many at once.
    Busy,
    /// The authenticator's answer does not count.
    Passkey,
    /// The code does not count.
    Code,
    /// Another identity provider did not vouch for them.
    Elsewhere,
    /// They sign in here, and not there.
    Here,
    /// It is the last way in.
    Last,
    /// Nothing: it is asked for again because it was proved a while ago.
    Again,
    /// Why something may not be what they sign in with.
    Refused(String),
}

/// What somebody may do beside typing a password.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// What the browser asks an authenticator for, as JSON.
    pub passkey: Option<String>,
    /// That makes a passkey, rather than using one.
    pub makes: bool,
    /// A code of a device or of a paper counts here.
    pub codes: bool,
    /// One-time codes, ready to be set up: whoever has just used a pass may, where two factors are demanded.
    pub set_up: Option<Box<NewCodes>>,
    /// Whoever has lost what they sign in with may ask for a way in by mail.
    pub by_mail: bool,
    /// Other identity providers that vouch for some people here.
    pub upstream: Vec<UpstreamOffer>,
    /// They may say no, and whoever asked is told.
    pub no: bool,
}

/// Another identity provider, as a page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamOffer {
    /// The name of its document.
    pub name: String,
    /// What people see it called.
    pub title: String,
}

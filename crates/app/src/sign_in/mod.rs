//! People signing in: who may, what they prove with, and where they are signed in.
//!
//! Whether somebody may be signed in at all is asked of what is known of them each time
//! ([`member`]), never remembered: whoever has left is out with the word of it, whatever sessions
//! they had. What they have to prove is said by the policy ([`policy`]), of which the answer with its
//! trace is stored. What they prove with is kept as [`Credential`](model::Credential)s; a temporary
//! access pass ([`pass`]) opens the enrolment of the first one and nothing else.
//!
//! Some of them prove who they are at another identity provider ([`upstream`]): what they have here is a link to
//! what they are called there, and how much its word counts the documents say.
//!
//! What a browser holds ([`bearer`]) names a thing and proves with a keyed digest that we gave it out:
//! nothing that is stored would let anybody in.

mod addresses;
mod attempt;
mod bearer;
mod break_glass;
mod by_mail;
mod codes;
mod credentials;
mod device;
mod directory;
mod flow;
mod manage;
mod member;
mod name;
mod pass;
mod passkeys;
mod password;
mod policy;
mod privileged;
mod recover;
mod reset;
mod session;
mod upstream;
mod void;

pub use codes::NewCodes;
pub use manage::{EndedCredential, ToldCredential};
pub use member::Bar;
pub use pass::{GivenPass, PassCheck};
pub use password::Hashing;
pub use policy::{Asked, Judged};
pub use recover::Recovery;
pub use reset::{AgreedReset, AskedReset, ResetWish};
pub use session::{Opened, SignedIn};
pub use upstream::{Linked, switch_of};

pub(crate) use addresses::{AddressKeys, DAYS as ADDRESS_DAYS, is_address_key};
pub(crate) use attempt::{Asking, Attempt, Vouched};
pub(crate) use bearer::{Bearer, proof_of, same};
pub(crate) use by_mail::written_code;
pub(crate) use credentials::UNREADABLE;
pub(crate) use directory::AT_ONCE as DIRECTORY_AT_ONCE;
pub(crate) use flow::{Door, Next, next};
pub(crate) use policy::groups_of;
pub(crate) use session::{
    SIGNED_OUT, changed as session_changed, stream as session_stream, told as session_told,
};
pub(crate) use upstream::{Found, Trip, Upstreams, factor_of};

use std::collections::BTreeSet;

use model::Timestamp;
use model::sign_in::{Ended, FactorUse};
use rules::sign_on::{SignOnFacts, Signal, Strength};

/// From where an attempt comes, as the server sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The address.
    pub network: std::net::IpAddr,
    /// What the browser says that it is.
    pub agent: Option<String>,
}

/// That something ended now.
pub(crate) fn ended(at: Timestamp, reason: &str) -> Ended {
    Ended {
        at,
        reason: reason.to_owned(),
    }
}

/// How strong factors are together.
pub(crate) fn proved(factors: &[FactorUse], now: Timestamp) -> Option<Strength> {
    let unknown = |why: &str| why.to_owned();
    let facts = SignOnFacts {
        app: String::new(),
        groups: Signal::<BTreeSet<String>>::Unknown {
            why: unknown("not asked"),
        },
        network: Signal::Unknown {
            why: unknown("not asked"),
        },
        administers: false,
        factors: factors.to_vec(),
        now,
    };
    facts.proved(None)
}

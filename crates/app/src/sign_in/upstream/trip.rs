//! How far somebody had come, while they are at another identity provider.
//!
//! Sealed, as an attempt is, and held by the browser as a cookie: what comes back in an address is a number of chance,
//! which only the browser that left can bring together with it (RFC 9700 §4.7).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{Secret, Timestamp};
use ports::Sealed;
use protocol::oauth::upstream::challenge_of;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::attempt::Attempt;
use crate::App;

/// How long somebody may be there.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// The longest text that is given to a browser, in bytes: it is kept in two cookies.
const LONGEST: usize = 7_000;
const PURPOSE: &str = "sign-in/trip";

/// A way to another identity provider, and back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trip {
    /// How far they had come.
    pub attempt: Attempt,
    /// The name of the provider's document.
    pub provider: String,
    /// Its issuer when they left.
    pub issuer: String,
    /// When they left.
    pub left: Timestamp,
    /// They have to prove who they are at or after this.
    pub since: Timestamp,
    /// By what they are known again.
    pub state: String,
    /// What the ID token says again.
    pub nonce: String,
    /// With what the code is exchanged (RFC 7636).
    pub verifier: String,
}

impl Trip {
    /// Until when it counts.
    pub(crate) fn ends(&self) -> Timestamp {
        self.left.plus(WITHIN)
    }

    /// The challenge of its verifier.
    pub(crate) fn challenge(&self) -> String {
        challenge_of(&self.verifier)
    }
}

impl App {
    /// 32 bytes of chance, as text.
    pub(crate) fn chance(&self) -> String {
        let random: [u8; 32] = ports::clock::draw(&*self.entropy);
        URL_SAFE_NO_PAD.encode(random)
    }

    /// The text that a browser holds while somebody is away; `None` where it is longer than browsers keep.
    pub(crate) fn sealed_trip(&self, trip: &Trip) -> Option<Secret> {
        self.sealed_text(PURPOSE, trip, LONGEST)
    }

    /// Something that a browser holds for us, of at most so many bytes; `None` where it is longer.
    pub(crate) fn sealed_text<T: Serialize>(
        &self,
        purpose: &str,
        what: &T,
        longest: usize,
    ) -> Option<Secret> {
        let plain = serde_json::to_vec(what).ok()?;
        let sealed = self.keyring.seal(purpose, &plain);
        let text = format!("{}.{}", sealed.key, URL_SAFE_NO_PAD.encode(sealed.bytes));
        (text.len() <= longest).then(|| Secret::new(text))
    }

    /// What a browser has held for us, as it was.
    pub(crate) fn opened_text<T: DeserializeOwned>(
        &self,
        purpose: &str,
        text: &str,
        longest: usize,
    ) -> Option<T> {
        if text.len() > longest {
            return None;
        }
        let (key, bytes) = text.split_once('.')?;
        let sealed = Sealed {
            key: key.to_owned(),
            bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let plain = self.keyring.open(purpose, &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    /// The trip that a browser holds, if it is one of this browser, and not too old.
    pub(crate) fn trip(&self, text: &str, browser: &str) -> Option<Trip> {
        let trip: Trip = self.opened_text(PURPOSE, text, LONGEST)?;
        let now = self.clock.now();
        let fresh = now >= trip.left && now < trip.ends();
        (fresh && trip.attempt.browser == self.browser(browser)).then_some(trip)
    }
}

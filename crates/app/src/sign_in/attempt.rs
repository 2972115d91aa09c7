//! How far somebody has come with signing in, as the page holds it between two requests.
//!
//! Sealed, so that nobody but us can write one; bound to the browser that began it, so that nobody can
//! be signed in by a page that somebody else began; and short-lived. Nothing is stored before something
//! was proved.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::sign_in::FactorUse;
use model::{Digest, Secret, SessionId, SubjectId, Timestamp};
use ports::Sealed;
use serde::{Deserialize, Serialize};

use crate::{App, AppError};

/// How long somebody may take.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// The longest text that is looked at.
const LONGEST: usize = 32 * 1024;
const PURPOSE: &str = "sign-in/attempt";

/// What asked that somebody be signed in, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asking {
    /// An authorization request of OpenID Connect.
    Oidc(String),
    /// The query of a request of SAML.
    SamlRedirect(String),
    /// The body of a request of SAML.
    SamlPost(String),
    /// Nobody: the person starts here, to the service provider of SAML of this name.
    SamlStart(String),
    /// A device without a browser, by the code that somebody typed.
    Device(String),
}

/// What another identity provider said of how somebody proved who they are, in its words. For the record: what it
/// counts as was decided when it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vouched {
    /// The name of its document.
    pub provider: String,
    /// `amr`, as it said.
    pub amr: std::collections::BTreeSet<String>,
    /// `acr`, as it said.
    pub acr: Option<String>,
}

/// How far somebody has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    /// When it began.
    pub begun: Timestamp,
    /// The browser that began it: a keyed digest of what it holds.
    pub browser: Digest,
    /// The request that it answers, as it came; read again at each step. `None`: Tenure's own pages.
    pub request: Option<Asking>,
    /// Who it is, once something was proved.
    pub subject: Option<SubjectId>,
    /// What was proved.
    pub factors: Vec<FactorUse>,
    /// The session in which more is proved, where there is one.
    pub session: Option<SessionId>,
    /// The pass with which a credential may be enrolled, by what using it up consumes. It is no factor.
    pub pass: Option<Digest>,
    /// A pass was used up in it: while more is demanded, a passkey may be made too.
    pub enrols: bool,
    /// What another identity provider said of them, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
    /// What an authenticator signs: 32 bytes of chance, used up when an answer to it counts.
    pub challenge: [u8; 32],
}

impl Attempt {
    /// One that has proved nothing.
    pub(crate) fn new(
        now: Timestamp,
        browser: Digest,
        request: Option<Asking>,
        challenge: [u8; 32],
    ) -> Self {
        Self {
            begun: now,
            browser,
            request,
            subject: None,
            factors: Vec::new(),
            session: None,
            pass: None,
            enrols: false,
            vouched: None,
            challenge,
        }
    }
}

impl App {
    /// Whether what an attempt has proved still stands: the session in which more is proved is open, and
    /// what it was proved with counts. Somebody may have ended either since the page was made.
    pub(crate) async fn still_stands(&self, attempt: &Attempt) -> Result<bool, AppError> {
        if let Some(session) = attempt.session {
            let row = self.store.session(session).await?;
            let now = self.clock.now();
            if row.is_none_or(|row| !row.state.is_open(now)) {
                return Ok(false);
            }
        }
        let Some(subject) = attempt.subject.filter(|_| !attempt.factors.is_empty()) else {
            return Ok(true);
        };
        let theirs = self.credentials(subject).await?;
        Ok(attempt.factors.iter().all(|used| {
            let mut rows = theirs.iter().map(|row| &row.state);
            match used.factor.is_upstream() {
                // When it was proved there is older than the link, the first time.
                true => rows.any(|state| state.factor.is_upstream()),
                false => rows.any(|state| state.factor == used.factor && state.made <= used.at),
            }
        }))
    }

    /// An attempt that begins now in a browser.
    pub(crate) fn new_attempt(&self, browser: &str, request: Option<Asking>) -> Attempt {
        let challenge = ports::clock::draw(&*self.entropy);
        Attempt::new(self.clock.now(), self.browser(browser), request, challenge)
    }

    /// Something that tells a browser from others while somebody signs in. It gives nothing.
    #[must_use]
    pub fn new_browser(&self) -> Secret {
        let random: [u8; 32] = ports::clock::draw(&*self.entropy);
        Secret::new(Digest(random).to_string())
    }

    /// What a browser holds, as an attempt names it.
    pub(crate) fn browser(&self, held: &str) -> Digest {
        self.keyring
            .keyed_digest("sign-in/browser", held.as_bytes())
    }

    /// The text that a page holds.
    pub(crate) fn sealed_attempt(&self, attempt: &Attempt) -> String {
        let plain = serde_json::to_vec(attempt).unwrap_or_default();
        let sealed = self.keyring.seal(PURPOSE, &plain);
        format!("{}.{}", sealed.key, URL_SAFE_NO_PAD.encode(sealed.bytes))
    }

    /// The attempt that a page holds, if it is one of this browser and not too old.
    pub(crate) fn attempt(&self, text: &str, browser: &str) -> Option<Attempt> {
        if text.len() > LONGEST {
            return None;
        }
        let (key, bytes) = text.split_once('.')?;
        let sealed = Sealed {
            key: key.to_owned(),
            bytes: URL_SAFE_NO_PAD.decode(bytes).ok()?,
        };
        let plain = self.keyring.open(PURPOSE, &sealed).ok()?;
        let attempt: Attempt = serde_json::from_slice(&plain).ok()?;
        let now = self.clock.now();
        let fresh = now >= attempt.begun && now.since(attempt.begun) <= WITHIN;
        (fresh && attempt.browser == self.browser(browser)).then_some(attempt)
    }
}

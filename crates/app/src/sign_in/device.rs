//! Devices on which somebody has signed in before.
//!
//! What such a browser holds proves nothing of who sits before it. It gives guesses that are made there a budget
//! of their own, so that whoever guesses elsewhere keeps nobody out (OWASP, "Slow Down Online Guessing Attacks
//! with Device Cookies").

use model::{Secret, SubjectId};

use super::Bearer;
use crate::{App, AppError};

/// So many minutes a device is known: half a year.
const KNOWN_FOR: u32 = 180 * 24 * 60;

impl App {
    /// What a browser keeps in which somebody has just signed in.
    pub(super) fn new_device(&self, subject: SubjectId) -> Secret {
        Secret::new(Bearer::KNOWN_DEVICE.write(&*self.keyring, subject, self.minute()))
    }

    /// Under which name guesses are counted that are made on a known device of whoever signs in under what was
    /// typed; `None`: it is none of theirs.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn known_device(&self, held: &str, typed: &str) -> Result<Option<String>, AppError> {
        let Some((subject, since)) = self.device_known(held) else {
            return Ok(None);
        };
        let named = self.subject_named(typed).await?;
        Ok((named == Some(subject)).then(|| format!("{subject} since {since}")))
    }

    /// The same for somebody who has proved who they are, by their id.
    #[must_use]
    pub fn known_device_of(&self, held: &str, who: &str) -> Option<String> {
        let (subject, since) = self.device_known(held)?;
        (subject.to_string() == who).then(|| format!("{subject} since {since}"))
    }

    fn device_known(&self, held: &str) -> Option<(SubjectId, u32)> {
        let (subject, since) = Bearer::KNOWN_DEVICE.read::<SubjectId>(&*self.keyring, held)?;
        let now = self.minute();
        (now >= since && now - since <= KNOWN_FOR).then_some((subject, since))
    }

    /// Now, in minutes.
    fn minute(&self) -> u32 {
        u32::try_from(self.clock.now().as_micros() / 60_000_000).unwrap_or(0)
    }
}

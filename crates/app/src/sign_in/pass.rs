//! Temporary access passes: what somebody is handed so that they can enrol their first credential.
//!
//! It is shown once, counts once and for a short time, and opens nothing but an enrolment.

use std::time::Duration;

use model::event::PassIssued;
use model::{Actor, Digest, Event, PassId, Secret, SubjectId, Timestamp};
use ports::store::{Append, OneTime, PassRow};

use super::bearer::same;
use crate::{App, AppError, ErrorKind, Known};

/// The longest life of a pass.
const LONGEST: Duration = Duration::from_secs(72 * 3600);
/// The shortest.
const SHORTEST: Duration = Duration::from_secs(60);
/// As many passes of a person are looked at; making more than that at once is refused.
pub(super) const AT_ONCE: u32 = 5;
/// What a pass is written in: no letter that is taken for another one.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// For whom a pass would be.
#[derive(Debug)]
pub struct PassCheck {
    /// For whom.
    pub subject: SubjectId,
    /// Under which name they sign in.
    pub login: String,
    /// Until when it would count.
    pub expires: Timestamp,
    pub(super) known: Known,
}

/// A pass as it is shown, once.
#[derive(Debug)]
pub struct GivenPass {
    /// Its id.
    pub id: PassId,
    /// For whom.
    pub subject: SubjectId,
    /// Under which name they sign in.
    pub login: String,
    /// What they type.
    pub secret: Secret,
    /// Until when it counts.
    pub expires: Timestamp,
}

impl App {
    /// Whether a pass could be made for a person now; and for whom that would be.
    ///
    /// # Errors
    /// As [`App::issue_pass`].
    pub async fn check_pass(&self, person: &str, life: Duration) -> Result<PassCheck, AppError> {
        let checked = self.pass_check(person, life).await?;
        self.one_is_enough(&checked.known).await?;
        Ok(checked)
    }

    /// The same, where it has been seen to that it takes no other person.
    pub(super) async fn pass_check(
        &self,
        person: &str,
        life: Duration,
    ) -> Result<PassCheck, AppError> {
        if !(SHORTEST..=LONGEST).contains(&life) {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-SIGN-0003",
                "a pass counts for 1 minute to 72 hours",
                "choose a time within these",
            ));
        }
        let known = self.one_person(person).await?;
        let subject = known.person.subject;
        let known = match self.member(subject).await? {
            Ok(known) => known,
            Err(bar) => {
                return Err(AppError::new(
                    ErrorKind::Denied,
                    "TNR-SIGN-0004",
                    format!("{subject} may not sign in: {}", bar.as_str()),
                    "give a pass once they may",
                ));
            }
        };
        let login = self.login_given(&known).await?;
        let now = self.clock.now();
        if self.live_passes(subject).await?.len() >= AT_ONCE as usize {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-SIGN-0005",
                format!("{subject} has {AT_ONCE} passes that count"),
                "wait until one has ended",
            ));
        }
        Ok(PassCheck {
            subject,
            login,
            expires: now.plus(life),
            known,
        })
    }

    /// Makes a pass for a person who may be signed in.
    ///
    /// # Errors
    /// `Missing` and `Conflict` as [`App::one_person`]; `Missing` without a `SignOnPolicy`; `Invalid` for
    /// a life that is too short or too long; `Denied` when they may not be signed in, and where it takes two
    /// people ([`App::ask_reset`]); `Conflict` when they have five that count.
    pub async fn issue_pass(
        &self,
        actor: &Actor,
        person: &str,
        life: Duration,
        reason: &str,
    ) -> Result<GivenPass, AppError> {
        let checked = self.check_pass(person, life).await?;
        self.given(actor, checked, reason).await
    }

    /// Makes the pass that was checked.
    pub(super) async fn given(
        &self,
        actor: &Actor,
        checked: PassCheck,
        reason: &str,
    ) -> Result<GivenPass, AppError> {
        let login = self.keep_login(&checked.known).await?;
        let (subject, expires) = (checked.subject, checked.expires);
        let id = PassId::new(self.clock.now(), ports::clock::draw(&*self.entropy));
        let text = written(ports::clock::draw(&*self.entropy));
        let event = Event::PassIssued(PassIssued {
            pass: id,
            subject,
            secret: self.pass_digest(&text),
            expires,
            reason: reason.to_owned(),
        });
        let append = Append::of(actor.clone(), vec![event]);
        let append = self.announced(append).await?;
        self.store.append(append).await?;
        Ok(GivenPass {
            id,
            subject,
            login,
            secret: Secret::new(text),
            expires,
        })
    }

    /// What is used up when somebody enrols with what they typed, if it is a pass of theirs that counts.
    /// Whether it was used before is found out when it is used up.
    pub(crate) async fn pass_of(
        &self,
        subject: SubjectId,
        typed: &str,
    ) -> Result<Option<OneTime>, AppError> {
        let Some(text) = typed_as(typed) else {
            return Ok(None);
        };
        let secret = self.pass_digest(&text);
        let ring = &*self.keyring;
        let live = self.live_passes(subject).await?;
        let found = live
            .iter()
            .find(|pass| same(ring, &pass.secret.to_string(), &secret.to_string()));
        Ok(found.map(|pass| used_up(pass.id)))
    }

    /// Whether the pass that using up consumes so still counts: it may have ended since it was typed.
    pub(crate) async fn pass_still_counts(
        &self,
        subject: SubjectId,
        consumed: Digest,
    ) -> Result<bool, AppError> {
        let live = self.live_passes(subject).await?;
        Ok(live.iter().any(|pass| used_up(pass.id).value == consumed))
    }

    /// The passes of somebody that have not ended, used or not.
    pub(crate) async fn live_passes(&self, subject: SubjectId) -> Result<Vec<PassRow>, AppError> {
        let now = self.clock.now();
        Ok(self.store.passes_of(subject, now, AT_ONCE).await?)
    }

    pub(super) fn pass_digest(&self, text: &str) -> Digest {
        self.keyring.keyed_digest("access-pass", text.as_bytes())
    }
}

/// What using a pass consumes.
pub(super) fn used_up(pass: PassId) -> OneTime {
    OneTime {
        space: "access-pass",
        value: Digest::of(pass.to_string().as_bytes()),
    }
}

/// 80 bits as four groups of four characters.
pub(super) fn written(random: [u8; 10]) -> String {
    let mut text = String::new();
    let bits = random
        .iter()
        .fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    for at in 0..16 {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        let digit = (bits >> (5 * (15 - at))) & 31;
        text.push(char::from(ALPHABET[digit as usize]));
    }
    text
}

/// What somebody typed, as a pass is written; `None` for what cannot be one. Letters that look like
/// digits are taken for them, as Crockford's base 32 has it.
pub(super) fn typed_as(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let mut text = String::new();
    for character in typed.chars().filter(|c| !matches!(c, '-' | ' ')) {
        let character = match character.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        };
        if !character.is_ascii() || !ALPHABET.contains(&(character as u8)) {
            return None;
        }
        if text.len() % 5 == 4 {
            text.push('-');
        }
        text.push(character);
    }
    (text.len() == 19).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_read_however_it_is_typed() {
        let text = written([0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(text.len(), 19);
        assert_eq!(typed_as(&text).as_deref(), Some(text.as_str()));
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o");
        assert_eq!(typed_as(&sloppy).as_deref(), Some(text.as_str()));
        assert_eq!(typed_as(&text[1..]), None);
        assert_eq!(typed_as(&format!("{text}0")), None);
        assert_eq!(typed_as("ÄBCD-EFGH-JKMN-PQRS"), None);
        assert_eq!(written([0; 10]), "0000-0000-0000-0000");
        assert_eq!(written([255; 10]), "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    }
}

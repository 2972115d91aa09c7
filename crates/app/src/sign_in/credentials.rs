//! What people sign in with: made, verified, ended.

use model::event::{CredentialChanged, SignInFailed};
use model::sign_in::{Credential, Ended, Factor, FactorUse, Verifier};
use model::{Actor, CredentialId, Event, Personal, Secret, SubjectId};
use ports::Sealed;
use ports::store::{Append, CredentialRow, Stream};

use super::From;
use super::directory::nothing;
use super::password;
use crate::{App, AppError, ErrorKind, Known};

/// The list of lost passwords is not there, or is none.
pub(crate) const UNREADABLE: &str = "TNR-SIGN-0041";
/// As many credentials of a person are looked at.
pub(super) const MANY: u32 = 100;

impl App {
    /// The credentials of a person that count, by id.
    pub(crate) async fn credentials(
        &self,
        subject: SubjectId,
    ) -> Result<Vec<CredentialRow>, AppError> {
        Ok(self.store.live_credentials(subject, MANY).await?)
    }

    /// Whether this is the password of the person, and what is written down of that: a password that a directory has
    /// confirmed is theirs here from then on. An unknown person, one who has none, and one who may
    /// not sign in take as long as any other. What fails is written down for people who are known.
    ///
    /// # Errors
    /// `Busy` when too many passwords are being hashed.
    pub(crate) async fn password_is(
        &self,
        subject: Option<SubjectId>,
        typed: &Secret,
        from: &From,
    ) -> Result<Option<(FactorUse, Append)>, AppError> {
        let row = match subject {
            Some(subject) => self.credential_for(subject, Factor::Password).await?,
            None => None,
        };
        let phc = match &row {
            Some(row) => self.unsealed(row)?,
            None => None,
        };
        let is = self.hashing.is(typed, phc.as_deref()).await?;
        let made = match (is, &row, subject) {
            (true, _, Some(subject)) => Some(nothing(subject)),
            (false, None, Some(subject)) => self.moved_password(subject, typed).await?,
            _ => None,
        };
        if let Some(made) = made {
            let used = FactorUse {
                factor: Factor::Password,
                at: self.clock.now(),
            };
            return Ok(Some((used, self.announced(made).await?)));
        }
        if let Some(subject) = subject {
            self.failed_with(subject, Factor::Password, "the password is another", from)
                .await?;
        }
        Ok(None)
    }

    /// Writes down that somebody proved nothing.
    pub(crate) async fn failed_with(
        &self,
        subject: SubjectId,
        factor: Factor,
        reason: &str,
        from: &From,
    ) -> Result<(), AppError> {
        self.refusal_heard_of(subject).await?;
        let event = Event::SignInFailed(SignInFailed {
            subject,
            factor,
            reason: reason.to_owned(),
            personal: Personal::Known(self.origin(from).await?),
        });
        self.append(&Actor::named(&subject.to_string()), vec![event])
            .await?;
        Ok(())
    }

    async fn credential_for(
        &self,
        subject: SubjectId,
        factor: Factor,
    ) -> Result<Option<CredentialRow>, AppError> {
        let rows = self.credentials(subject).await?;
        Ok(rows.into_iter().find(|row| row.state.factor == factor))
    }

    /// The append in which somebody has a new password, and no other one from then on.
    ///
    /// # Errors
    /// `Invalid` when it may not be one, with why.
    pub(crate) async fn new_password(
        &self,
        known: &Known,
        login: &str,
        typed: &Secret,
    ) -> Result<Append, AppError> {
        let name = known.identity.facts.display_name();
        let mut names: Vec<&str> = name.split_whitespace().collect();
        names.push(login.split('@').next().unwrap_or(login));
        let refused = match password::refused(typed, &names) {
            None if self.is_breached(typed).await? => {
                Some("it stands in lists of passwords that others have lost")
            }
            refused => refused,
        };
        if let Some(why) = refused {
            return Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-SIGN-0008",
                format!("this may not be a password: {why}"),
                "choose a sentence of four words or more that nobody else would",
            ));
        }
        self.kept_password(known.person.subject, typed).await
    }

    /// The same, whatever it is: one that was theirs before it was here.
    ///
    /// # Errors
    /// `Busy` when too many passwords are being hashed.
    pub(super) async fn kept_password(
        &self,
        subject: SubjectId,
        typed: &Secret,
    ) -> Result<Append, AppError> {
        let before = self.credential_for(subject, Factor::Password).await?;
        let phc = self
            .hashing
            .make(typed, ports::clock::draw(&*self.entropy))
            .await?;
        let now = self.clock.now();
        let id = CredentialId::new(now, ports::clock::draw(&*self.entropy));
        let sealed = text_of(&self.keyring.seal(&purpose(id), phc.as_bytes()));
        let state = Credential {
            subject,
            factor: Factor::Password,
            handle: None,
            made: now,
            ended: None,
        };
        let actor = Actor::named(&subject.to_string());
        let made = changed(id, state, Personal::Known(Verifier::Password { sealed }));
        let mut append = Append::of(actor, vec![made]).on(stream(id), None);
        if let Some(mut old) = before {
            old.state.ended = Some(Ended {
                at: now,
                reason: "another one took its place".to_owned(),
            });
            append = append.on(stream(old.id), old.head);
            append
                .events
                .push(changed(old.id, old.state, Personal::Erased));
        }
        Ok(append)
    }

    /// Whether a password stands in the list of this node, where it has one. A list that cannot be read lets
    /// nothing through: nobody would notice that it is not asked.
    async fn is_breached(&self, typed: &Secret) -> Result<bool, AppError> {
        let Some(list) = self.breached.clone() else {
            return Ok(false);
        };
        let typed = typed.clone();
        let asked = tokio::task::spawn_blocking(move || list.holds(&typed)).await;
        let asked = asked.unwrap_or_else(|_| Err("the search for it broke off".to_owned()));
        asked.map_err(|why| {
            tracing::error!(error.code = UNREADABLE, error = %why, "sign_in.breached_passwords");
            AppError::new(
                ErrorKind::Broken,
                UNREADABLE,
                "no password can be set: the list of lost passwords cannot be read",
                "mend the file that `sign_in.breached_passwords` names; passkeys are not affected",
            )
        })
    }

    /// What a sealed credential holds; `None` where its owner was erased.
    pub(super) fn unsealed(&self, row: &CredentialRow) -> Result<Option<String>, AppError> {
        let sealed = match &row.verifier {
            Personal::Known(Verifier::Password { sealed } | Verifier::Totp { sealed }) => sealed,
            _ => return Ok(None),
        };
        let broken = || {
            AppError::new(
                ErrorKind::Broken,
                "TNR-SIGN-0009",
                format!("the credential {} cannot be opened", row.id),
                "check that every older master key is configured (`keys.older`)",
            )
        };
        let sealed = sealed_of(sealed).ok_or_else(broken)?;
        let plain = self.keyring.open(&purpose(row.id), &sealed);
        let plain = plain.map_err(|_| broken())?;
        Ok(Some(String::from_utf8(plain).map_err(|_| broken())?))
    }
}

pub(super) fn purpose(id: CredentialId) -> String {
    format!("credential/{id}")
}

/// The stream of a credential.
pub(super) fn stream(id: CredentialId) -> Stream {
    Stream::new("credential", id)
}

/// The event that tells how a credential stands.
pub(super) fn changed(
    credential: CredentialId,
    state: Credential,
    personal: Personal<Verifier>,
) -> Event {
    Event::CredentialChanged(CredentialChanged {
        credential,
        state,
        personal,
    })
}

/// A sealed value as text: the key's name, a point, and the bytes in hexadecimal.
pub(super) fn text_of(sealed: &Sealed) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{}.", sealed.key);
    for byte in &sealed.bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub(super) fn sealed_of(text: &str) -> Option<Sealed> {
    let (key, digits) = text.split_once('.')?;
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    let bytes = (0..digits.len()).step_by(2).map(pair);
    Some(Sealed {
        key: key.to_owned(),
        bytes: bytes.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_survives_its_text() {
        let sealed = Sealed {
            key: "k0".to_owned(),
            bytes: vec![0, 9, 255],
        };
        assert_eq!(text_of(&sealed), "k0.0009ff");
        assert_eq!(sealed_of(&text_of(&sealed)), Some(sealed));
        assert_eq!(sealed_of("k0.00zz"), None);
        assert_eq!(sealed_of("k0.000"), None);
        assert_eq!(sealed_of("k0"), None);
    }
}

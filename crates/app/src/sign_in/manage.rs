//! What an administrator sees of somebody's credentials, and how one of them is ended.

use model::sign_in::{Credential, Ended, Factor, Verifier};
use model::{Actor, CredentialId, Personal, SubjectId, Timestamp};
use ports::store::{Append, CredentialRow};

use super::credentials::{MANY, changed, stream};
use crate::{App, AppError, ErrorKind};

/// A credential as it is told: never by what it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldCredential {
    /// Its id.
    pub id: CredentialId,
    /// What is proved with it.
    pub factor: Factor,
    /// What its owner calls it; only passkeys that count have a name.
    pub name: Option<String>,
    /// Since when it is there.
    pub made: Timestamp,
    /// Since when and why it counts no longer.
    pub ended: Option<Ended>,
}

/// A credential that was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedCredential {
    /// Whose it was.
    pub subject: SubjectId,
    /// What was proved with it.
    pub factor: Factor,
    /// So many sessions of theirs were ended with it.
    pub sessions: usize,
}

impl App {
    /// What somebody signs in with, and what they did before, by id.
    ///
    /// # Errors
    /// As [`App::one_person`].
    pub async fn credentials_told(&self, person: &str) -> Result<Vec<ToldCredential>, AppError> {
        let subject = self.one_person(person).await?.person.subject;
        let rows = self.store.credentials_of(subject, MANY).await?;
        Ok(rows.into_iter().map(told).collect())
    }

    /// How a credential stands that counts.
    ///
    /// # Errors
    /// `Missing` when there is none, and when it has ended already; `Denied` where ending it takes two people
    /// ([`App::ask_reset`]).
    pub async fn check_credential(&self, id: CredentialId) -> Result<Credential, AppError> {
        let state = self.counting(id).await?.state;
        if let Some(person) = self.store.person(state.subject).await? {
            self.one_is_enough(&self.known(person).await?).await?;
        }
        Ok(state)
    }

    /// Ends a credential, whoever else writes at the same time; with `sessions`, its owner is signed out
    /// everywhere too. What it was verified by is no longer kept in the row, and stays sealed in the log.
    ///
    /// # Errors
    /// As [`App::check_credential`].
    pub async fn end_credential(
        &self,
        actor: &Actor,
        id: CredentialId,
        reason: &str,
        sessions: bool,
    ) -> Result<EndedCredential, AppError> {
        self.check_credential(id).await?;
        loop {
            let CredentialRow {
                head, mut state, ..
            } = self.counting(id).await?;
            state.ended = Some(super::ended(self.clock.now(), reason));
            let (subject, factor) = (state.subject, state.factor);
            let event = changed(id, state, Personal::Erased);
            let append = Append::of(actor.clone(), vec![event]).on(stream(id), head);
            let append = self.announced(append).await?;
            match self.store.append(append).await.map_err(AppError::from) {
                Ok(_) => {}
                // It was used, or somebody else ended it: the next look tells.
                Err(error) if error.kind() == ErrorKind::Conflict => continue,
                Err(error) => return Err(error),
            }
            let sessions = match sessions {
                true => {
                    let whose = subject.to_string();
                    self.end_sessions(actor, &whose, reason).await?
                }
                false => 0,
            };
            return Ok(EndedCredential {
                subject,
                factor,
                sessions,
            });
        }
    }

    pub(super) async fn counting(&self, id: CredentialId) -> Result<CredentialRow, AppError> {
        let row = self.store.credential(id).await?;
        row.filter(|row| row.state.ended.is_none())
            .ok_or_else(|| AppError::missing("credential that counts", &id.to_string()))
    }
}

fn told(row: CredentialRow) -> ToldCredential {
    ToldCredential {
        id: row.id,
        factor: row.state.factor,
        name: match row.verifier {
            Personal::Known(Verifier::Passkey { name, .. }) => Some(name),
            _ => None,
        },
        made: row.state.made,
        ended: row.state.ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_a_credential_verifies_nothing() {
        let at = Timestamp::EPOCH;
        let passkey = Verifier::Passkey {
            name: "telephone".to_owned(),
            id: "hunter2".to_owned(),
            public_key: "hunter2".to_owned(),
            algorithm: -7,
            transports: Vec::new(),
            aaguid: "hunter2".to_owned(),
            sign_count: 7,
            backup_eligible: true,
        };
        let password = Verifier::Password {
            sealed: "hunter2".to_owned(),
        };
        let row = |factor, verifier| CredentialRow {
            id: CredentialId::from_bits(1),
            head: None,
            state: Credential {
                subject: SubjectId::from_bits(1),
                factor,
                handle: None,
                made: at,
                ended: None,
            },
            verifier,
        };
        let one = told(row(Factor::Passkey, Personal::Known(passkey)));
        let other = told(row(Factor::Password, Personal::Known(password)));
        assert_eq!(one.name.as_deref(), Some("telephone"));
        assert_eq!(other.name, None);
        assert!(!format!("{one:?} {other:?}").contains("hunter2"));
        let erased = told(row(Factor::Passkey, Personal::Erased));
        assert_eq!(erased.name, None);
    }
}

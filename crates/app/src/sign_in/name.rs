//! Under which name people sign in.
//!
//! The name follows from the documents (`SignOnPolicy`, `login`) and a person's facts; what is kept is a
//! keyed digest of it, by which a person is found without reading everyone.

use model::event::LoginChanged;
use model::{Actor, Digest, Event, SubjectId, Value};
use rules::Mapped;

use crate::{App, AppError, ErrorKind, Known};

/// The longest name that is looked at, in bytes.
const LONGEST: usize = 320;
/// As many people are looked at who are found by a name.
const CANDIDATES: u32 = 20;

impl App {
    /// Who signs in under what they typed; nobody where that is several people.
    pub(crate) async fn subject_named(&self, typed: &str) -> Result<Option<SubjectId>, AppError> {
        if typed.is_empty() || typed.len() > LONGEST {
            return Ok(None);
        }
        let found = self.store.subjects_with_login(self.login(typed)).await?;
        match found.as_slice() {
            [one] => Ok(Some(*one)),
            _ => Ok(None),
        }
    }

    /// The same for a name that may never have been written down: everybody is looked through who is found by it. Only
    /// for whoever comes with a proof of somebody else's.
    pub(crate) async fn subject_searched(
        &self,
        typed: &str,
    ) -> Result<Option<SubjectId>, AppError> {
        let named = self.subject_named(typed).await?;
        let name = typed.trim();
        if named.is_some() || name.is_empty() || name.len() > LONGEST {
            return Ok(named);
        }
        let found = self.store.people_matching(name, CANDIDATES).await?;
        let mut theirs = Vec::new();
        for known in self.known_all(found).await? {
            match self.login_given(&known).await {
                Ok(own) if own.to_lowercase() == name.to_lowercase() => {
                    theirs.push(known.person.subject);
                }
                Err(error) if error.kind() != ErrorKind::Invalid => return Err(error),
                _ => {}
            }
        }
        match theirs.as_slice() {
            [one] => Ok(Some(*one)),
            _ => Ok(None),
        }
    }

    /// Writes down under which name somebody signs in now, if it is another than before, and says it.
    ///
    /// # Errors
    /// `Missing` without a `SignOnPolicy`; `Invalid` where the documents give them no name; `Conflict` where
    /// somebody else signs in under it.
    pub(crate) async fn keep_login(&self, known: &Known) -> Result<String, AppError> {
        let name = self.login_given(known).await?;
        let login = self.login(&name);
        let subject = known.person.subject;
        if self.store.login_of(subject).await? != Some(login) {
            self.released(login, subject).await?;
            let event = Event::LoginChanged(LoginChanged { subject, login });
            self.append(&Actor::system(), vec![event]).await?;
        }
        Ok(name)
    }

    /// Takes a name from those who may not sign in any more: an address that somebody has left is given to
    /// the next one, and must not keep both out.
    async fn released(&self, login: Digest, to: SubjectId) -> Result<(), AppError> {
        loop {
            let holders = self.store.subjects_with_login(login).await?;
            let Some(other) = holders.into_iter().find(|holder| *holder != to) else {
                return Ok(());
            };
            if self.member(other).await?.is_ok() {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-SIGN-0016",
                    format!("{to} would sign in under the name of {other}, who still may sign in"),
                    "give one of them another name in its source, or `login` another expression",
                ));
            }
            let nobody = format!("released by {other}");
            let event = Event::LoginChanged(LoginChanged {
                subject: other,
                login: self
                    .keyring
                    .keyed_digest("login-released", nobody.as_bytes()),
            });
            self.append(&Actor::system(), vec![event]).await?;
        }
    }

    /// Under which name somebody signs in by the documents in force.
    ///
    /// # Errors
    /// As [`App::keep_login`].
    pub(super) async fn login_given(&self, known: &Known) -> Result<String, AppError> {
        let loaded = self.loaded().await?;
        let sign_on = loaded.tenant.sign_on.as_ref().ok_or_else(no_policy)?;
        let facts = &known.identity.facts;
        let given = sign_on.login.apply(facts, &known.identity.key);
        match given {
            Ok(Mapped::Value(Value::Text(name))) if !name.is_empty() && name.len() <= LONGEST => {
                Ok(name)
            }
            _ => Err(AppError::new(
                ErrorKind::Invalid,
                "TNR-SIGN-0002",
                format!(
                    "`{}` gives {} no name to sign in under",
                    sign_on.login.source(),
                    known.person.subject
                ),
                "look at their facts with `tenure show person`, or give `login` another expression",
            )),
        }
    }

    /// Names are the same whatever case they are typed in.
    fn login(&self, name: &str) -> Digest {
        let folded = name.trim().to_lowercase();
        self.keyring.keyed_digest("login", folded.as_bytes())
    }
}

/// Nobody signs in before documents say how.
pub(super) fn no_policy() -> AppError {
    AppError::new(
        ErrorKind::Missing,
        "TNR-SIGN-0001",
        "no document says who may sign in",
        "write a `SignOnPolicy` and push it with `tenure config push DIR`",
    )
}

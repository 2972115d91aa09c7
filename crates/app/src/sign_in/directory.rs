//! Passwords that have not been moved here yet: a directory is asked once, and what it confirms is theirs here from
//! then on.
//!
//! It is asked about those whom its document names, who may sign in, and who have never had a password here: one that
//! was ended here counts nowhere any more. Their name is the one that the documents give them, and not what was typed.

use model::{Actor, Digest, Secret, SubjectId};
use ports::store::{Append, OneTime};

use super::break_glass::break_glass;
use super::credentials::MANY;
use super::password;
use super::policy::groups_of;
use crate::{App, AppError, ErrorKind, Known};

/// The directory did not answer, or cannot be asked.
const SILENT: &str = "TNR-SIGN-0046";
/// As many questions are asked of it at once by one node.
pub(crate) const AT_ONCE: usize = 16;

impl App {
    /// The append in which a password is somebody's here from now on, if the directory of the documents says that it is
    /// theirs.
    ///
    /// # Errors
    /// When the store does not answer, or too many passwords are being hashed. That the directory does not answer is
    /// told to whoever runs the node; the password counts for nothing then.
    pub(super) async fn moved_password(
        &self,
        subject: SubjectId,
        typed: &Secret,
    ) -> Result<Option<Append>, AppError> {
        let Some((directory, name)) = self.directory_of(subject).await? else {
            return Ok(None);
        };
        if typed.expose().is_empty() || password::is_longer_than_any(typed) {
            return Ok(None);
        }
        let Ok(_seat) = self.directory_seats.try_acquire() else {
            silent("too many questions are asked at once");
            return Ok(None);
        };
        let secret = self.directory_secret(&directory).await;
        let asked = secret
            .map_err(|error| error.to_string())
            .and_then(|secret| self.connect.passwords(&directory, secret));
        let answered = match asked {
            Ok(passwords) => passwords.is(&name, typed).await.map_err(|e| e.to_string()),
            Err(why) => Err(why),
        };
        match answered {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(why) => {
                silent(&why);
                return Ok(None);
            }
        }
        let append = self.kept_password(subject, typed).await?;
        // Once, ever: of several at the same time one is first, and what is ended here later is not moved again.
        let append = append.consuming(OneTime {
            space: "password-moved",
            value: Digest::of(subject.to_string().as_bytes()),
        });
        Ok(Some(append))
    }

    /// Whether the documents declare a directory.
    pub(crate) async fn asks_a_directory(&self) -> Result<bool, AppError> {
        match self.loaded().await {
            Ok(loaded) => Ok(loaded.tenant.password_directory.is_some()),
            Err(error) if error.kind() == ErrorKind::Missing => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The directory that is asked about somebody, and the name that they have there.
    async fn directory_of(
        &self,
        subject: SubjectId,
    ) -> Result<Option<(documents::PasswordDirectory, String)>, AppError> {
        let loaded = self.loaded().await?;
        let Some(directory) = loaded.tenant.password_directory.as_ref() else {
            return Ok(None);
        };
        let had = self.store.credentials_of(subject, MANY).await?;
        if had
            .iter()
            .any(|row| row.state.factor == model::Factor::Password)
        {
            return Ok(None);
        }
        let Ok(known) = self.member(subject).await? else {
            return Ok(None);
        };
        if break_glass(&loaded, &known.person).is_some() {
            return Ok(None);
        }
        let is_in = |known: &Known| {
            let groups = groups_of(&loaded, known.worker());
            groups.is_ok_and(|groups| !groups.is_disjoint(&directory.groups))
        };
        if !directory.groups.is_empty() && !is_in(&known) {
            return Ok(None);
        }
        match self.login_given(&known).await {
            Ok(name) => Ok(Some((directory.clone(), name))),
            Err(error) if error.kind() == ErrorKind::Invalid => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn silent(why: &str) {
    tracing::error!(
        error.code = SILENT,
        error = why,
        "sign_in.password_directory"
    );
}

/// What is written down with a password that was right, and is here already.
pub(super) fn nothing(subject: SubjectId) -> Append {
    Append::of(Actor::named(&subject.to_string()), Vec::new())
}

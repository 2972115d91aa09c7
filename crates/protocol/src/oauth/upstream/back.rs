//! What a browser brings back from a provider (RFC 6749 §4.1.2, RFC 9207 §2).

use model::Secret;

use super::{Provider, Refused};
use crate::oauth::Params;
use crate::oauth::field::Field;

const CODE: Field = Field::visible("code", 4_096);
const STATE: Field = Field::visible("state", 128);
const ISS: Field = Field::visible("iss", 255);
const ERROR: Field = Field::visible("error", 128);

/// What a browser brought back.
#[derive(Debug, Clone)]
pub struct Back {
    /// By what it is known again.
    pub state: Secret,
    /// Who says that it answers (`iss`).
    iss: Option<String>,
    answer: Result<Secret, Stayed>,
}

/// Why somebody comes back without being vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stayed {
    /// They, or the rules there, said no.
    Denied,
    /// Something went wrong there.
    Failed,
}

impl Back {
    /// Reads the query of the address to which the browser was sent back.
    ///
    /// # Errors
    /// When it is no query, a parameter of it is there twice or is longer than any, there is no state, or there is
    /// neither a code nor an error.
    pub fn read(query: &[u8]) -> Result<Self, Refused> {
        let unreadable = |_| Refused::new("what the browser brought back cannot be read");
        let params = Params::query(query).map_err(unreadable)?;
        params.once().map_err(unreadable)?;
        let text = |field: &Field| params.text(field).map_err(unreadable);
        let state = text(&STATE)?.ok_or_else(|| Refused::new("there is no `state`"))?;
        let answer = match (text(&CODE)?, text(&ERROR)?) {
            (Some(code), None) => Ok(Secret::new(code)),
            (None, Some("access_denied" | "login_required" | "interaction_required")) => {
                Err(Stayed::Denied)
            }
            (None, Some(_)) => Err(Stayed::Failed),
            (None, None) | (Some(_), Some(_)) => {
                return Err(Refused::new(
                    "there is neither a code nor an error, or both",
                ));
            }
        };
        Ok(Self {
            state: Secret::new(state),
            iss: text(&ISS)?.map(str::to_owned),
            answer,
        })
    }

    /// The code, where this provider answered, and with one. `state` was compared before.
    ///
    /// # Errors
    /// When it says that another provider answered, or does not say it though this one does that always: somebody
    /// mixes providers up (RFC 9207 §2.4).
    pub fn code(
        &self,
        provider: &Provider,
        issuer: &str,
    ) -> Result<Result<&Secret, Stayed>, Refused> {
        match &self.iss {
            Some(iss) if iss == issuer => {}
            None if !provider.names_itself => {}
            Some(_) => return Err(Refused::new("another provider answered (RFC 9207)")),
            None => return Err(Refused::new("it does not say who answered (RFC 9207)")),
        }
        Ok(self.answer.as_ref().map_err(|stayed| *stayed))
    }
}

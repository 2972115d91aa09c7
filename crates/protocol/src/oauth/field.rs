//! Parameters that are known: how long they may be, and of which characters (RFC 6749 appendix A).

use super::OAuthError;

/// A parameter that is known: its bound and its characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// In bytes.
    most: usize,
    alphabet: Alphabet,
}

/// Which characters a parameter can have (RFC 6749 appendix A).
#[derive(Debug, Clone, Copy)]
pub(super) enum Alphabet {
    /// `VSCHAR`: printable ASCII and the space.
    Visible,
    /// `UNICODECHARNOCRLF`, and no other control characters either.
    Unicode,
    /// Any: what it holds has a reader of its own.
    Any,
}

impl Field {
    /// Of `VSCHAR`.
    pub(super) const fn visible(name: &'static str, most: usize) -> Self {
        let alphabet = Alphabet::Visible;
        Self {
            name,
            most,
            alphabet,
        }
    }

    /// Of other characters.
    pub(super) const fn of(name: &'static str, most: usize, alphabet: Alphabet) -> Self {
        Self {
            name,
            most,
            alphabet,
        }
    }

    pub(super) fn holds<'v>(&self, value: &'v str) -> Result<&'v str, OAuthError> {
        if value.len() > self.most {
            let problem = "is longer than is taken: send less";
            return Err(OAuthError::invalid(self.name, problem));
        }
        let fits = match self.alphabet {
            Alphabet::Visible => value.bytes().all(|byte| matches!(byte, 0x20..=0x7e)),
            Alphabet::Unicode => !value.chars().any(char::is_control),
            Alphabet::Any => true,
        };
        if !fits {
            let problem = "has characters that it cannot have: take them out";
            return Err(OAuthError::invalid(self.name, problem));
        }
        Ok(value)
    }
}

//! What the person is to be asked (`prompt`, OpenID Connect Core 1.0 §3.1.2.1).

use crate::oauth::field::Field;
use crate::oauth::{OAuthError, Params};

const PROMPT: Field = Field::visible("prompt", 128);

/// What a client wants the person to be asked. All of it false: whatever is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompt {
    /// Nothing: an answer at once, or an error (`none`). Then there is nothing else.
    pub none: bool,
    /// To prove again who they are (`login`).
    pub login: bool,
    /// Whether they consent (`consent`).
    pub consent: bool,
    /// Which of their accounts they mean (`select_account`).
    pub select_account: bool,
}

impl Prompt {
    /// The names that are understood, for the metadata.
    pub const NAMES: [&str; 4] = ["none", "login", "consent", "select_account"];

    /// Reads a list with one space between.
    ///
    /// # Errors
    /// `invalid_request`: when a name is not understood, or `none` is not alone.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let refused = |problem| Err(OAuthError::invalid("prompt", problem));
        let mut prompt = Self::default();
        for name in text.split(' ') {
            match name {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {
                    return refused("is not understood: send none, login, consent, select_account");
                }
            }
        }
        if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
            return refused("has none and more: send none alone");
        }
        Ok(prompt)
    }

    pub(super) fn asked(params: &Params) -> Result<Self, OAuthError> {
        let text = params.text(&PROMPT)?;
        text.map_or(Ok(Self::default()), Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone() {
        assert!(Prompt::parse("none").is_ok_and(|prompt| prompt.none));
        assert!(Prompt::parse("none none").is_ok());
        assert!(Prompt::parse("login consent").is_ok_and(|prompt| prompt.login && prompt.consent));
        for wrong in [
            "none login",
            "login none",
            "None",
            "create",
            "",
            "login ",
            "login,none",
        ] {
            assert!(Prompt::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}

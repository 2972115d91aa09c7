//! Scopes (RFC 6749 §3.3).

use std::collections::BTreeSet;
use std::fmt;

use super::{ErrorCode, OAuthError, Params};
use crate::oauth::field::Field;

/// The most scopes of one request.
pub const MAX_SCOPES: usize = 64;
/// The longest `scope` parameter, in bytes.
const LONGEST: usize = 2_048;
/// The longest single scope, in bytes.
const LONGEST_TOKEN: usize = 256;
const SCOPE: Field = Field::visible("scope", LONGEST);

/// A set of scopes. Case counts, order does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads a list with one space between: `openid profile`.
    ///
    /// # Errors
    /// `invalid_scope`: when it is empty, longer than any, or a scope has other characters than
    /// `%x21 / %x23-5B / %x5D-7E`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let refused = |problem| Err(OAuthError::of(ErrorCode::InvalidScope, "scope", problem));
        if text.len() > LONGEST {
            return refused("is longer than is taken: ask for less");
        }
        let mut scopes = BTreeSet::new();
        for scope in text.split(' ') {
            let fits = |byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if scope.is_empty() || scope.len() > LONGEST_TOKEN || !scope.bytes().all(fits) {
                return refused("is malformed: send names with one space between (RFC 6749 3.3)");
            }
            scopes.insert(scope.to_owned());
            if scopes.len() > MAX_SCOPES {
                return refused("has more names than are taken: ask for less");
            }
        }
        Ok(Self(scopes))
    }

    /// The `scope` of a request, if it has one.
    pub(super) fn asked(params: &Params) -> Result<Option<Self>, OAuthError> {
        params.text(&SCOPE)?.map(Self::parse).transpose()
    }

    /// Whether that one is among them.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Those that are also in the other set.
    #[must_use]
    pub fn within(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// Those that are none of these.
    #[must_use]
    pub fn besides(&self, others: &[&str]) -> Self {
        let kept = self.iter().filter(|scope| !others.contains(scope));
        Self(kept.map(str::to_owned).collect())
    }

    /// What is had of these scopes when those are asked for: all, or fewer (RFC 6749 §3.3, §6).
    ///
    /// # Errors
    /// `invalid_scope`: when more is asked for than was granted.
    pub fn narrowed(&self, asked: Option<&Self>) -> Result<Self, OAuthError> {
        match asked {
            None => Ok(self.clone()),
            Some(asked) if asked.0.is_subset(&self.0) => Ok(asked.clone()),
            Some(_) => {
                let problem = "is more than may be had: ask for less";
                Err(OAuthError::of(ErrorCode::InvalidScope, "scope", problem))
            }
        }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, scope) in self.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_scope_is_a_set_of_names() {
        let scopes = Scopes::parse("openid profile openid").unwrap();
        assert_eq!(scopes.to_string(), "openid profile");
        assert!(scopes.has("openid") && !scopes.has("OpenID"));
        for wrong in ["", " ", "openid ", "a  b", "a\"b", "a\\b", "a\tb", "é"] {
            let error = Scopes::parse(wrong).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidScope, "{wrong:?}");
        }
        let many = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert!(Scopes::parse(&many(MAX_SCOPES).join(" ")).is_ok());
        assert!(Scopes::parse(&many(MAX_SCOPES + 1).join(" ")).is_err());
        assert!(Scopes::parse(&"a".repeat(LONGEST_TOKEN + 1)).is_err());
    }

    #[test]
    fn a_refresh_gives_no_more_than_was_granted() {
        let granted = Scopes::parse("a b").unwrap();
        assert_eq!(granted.narrowed(None), Ok(granted.clone()));
        let fewer = Scopes::parse("b").unwrap();
        assert_eq!(granted.narrowed(Some(&fewer)), Ok(fewer));
        for more in ["a b c", "c", "A"] {
            let more = Scopes::parse(more).unwrap();
            assert!(granted.narrowed(Some(&more)).is_err());
        }
    }
}

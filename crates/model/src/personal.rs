//! Values that must not leak: personal data, which can be erased, and secrets, which never print.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Personal data. In the log it is encrypted under its subject's own key; once that key is
/// destroyed it reads as [`Personal::Erased`], for ever.
///
/// It never shows in debug output. On the wire it is the value itself, or `null` when erased.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Personal<T> {
    /// The value, as long as the subject is not erased.
    Known(T),
    /// The subject was erased.
    #[default]
    Erased,
}

impl<T> Personal<T> {
    /// The value, unless it was erased.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }

    /// The value by move, unless it was erased.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Personal(..)",
            Self::Erased => "Personal(erased)",
        })
    }
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(s)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(d)?.map_or(Self::Erased, Self::Known))
    }
}

/// A secret text (token, password, key). It cannot be printed, serialised or compared by `==`;
/// whoever sends it says so by calling [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes custody of a secret.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that sends or hashes it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_prints() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
        assert_eq!(format!("{:?}", Personal::Known("Ana")), "Personal(..)");
    }

    #[test]
    fn erased_is_null_on_the_wire() -> serde_json::Result<()> {
        assert_eq!(serde_json::to_string(&Personal::<u8>::Erased)?, "null");
        assert_eq!(
            serde_json::from_str::<Personal<u8>>("null")?,
            Personal::Erased
        );
        assert_eq!(
            serde_json::from_str::<Personal<u8>>("3")?,
            Personal::Known(3)
        );
        Ok(())
    }
}

//! What a token is bound to: whoever uses it has to prove that they hold it (`cnf`, RFC 7800).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Object;

/// What stands before the thumbprint of a certificate where one of either kind is kept. No thumbprint has it, and
/// every token may (`b64token`, RFC 6750 §2.1).
const OF_CERTIFICATE: char = '~';

/// What a token is bound to. A token is bound to one thing alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Bound {
    /// A key, by its thumbprint (`jkt`, RFC 9449 §6.1): the token comes as DPoP, with a proof of it.
    Key(String),
    /// A client certificate, by its thumbprint (`x5t#S256`, RFC 8705 §3.1): the token comes as Bearer, over a
    /// connection on which the certificate was presented.
    Certificate(String),
}

impl Bound {
    /// The claim `cnf` of such a token, and of the answer about it.
    #[must_use]
    pub fn cnf(&self) -> Value {
        match self {
            Self::Key(jkt) => json!({ "jkt": jkt }),
            Self::Certificate(x5t) => json!({ "x5t#S256": x5t }),
        }
    }

    /// What a claim `cnf` of ours says. `None`: it is none that is understood, so that the token must not count.
    #[must_use]
    pub fn of_cnf(cnf: &Value) -> Option<Self> {
        let cnf: &Object = cnf.as_object().filter(|members| members.len() == 1)?;
        let text = |name: &str| cnf.get(name)?.as_str().map(str::to_owned);
        let key = text("jkt").map(Self::Key);
        key.or_else(|| text("x5t#S256").map(Self::Certificate))
    }

    /// The type of an access token (`token_type`) that is bound to this, or to nothing.
    #[must_use]
    pub const fn token_type(bound: Option<&Self>) -> &'static str {
        match bound {
            Some(Self::Key(_)) => "DPoP",
            Some(Self::Certificate(_)) | None => "Bearer",
        }
    }

    /// Whether it is a certificate.
    #[must_use]
    pub const fn is_certificate(&self) -> bool {
        matches!(self, Self::Certificate(_))
    }

    /// As one text, in which it is kept.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Key(jkt) => jkt.clone(),
            Self::Certificate(x5t) => format!("{OF_CERTIFICATE}{x5t}"),
        }
    }
}

impl From<String> for Bound {
    fn from(text: String) -> Self {
        match text.strip_prefix(OF_CERTIFICATE) {
            Some(x5t) => Self::Certificate(x5t.to_owned()),
            None => Self::Key(text),
        }
    }
}

impl From<Bound> for String {
    fn from(bound: Bound) -> Self {
        bound.text()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_is_kept_is_what_is_read_again() {
        for bound in [Bound::Key("t".into()), Bound::Certificate("t".into())] {
            assert_eq!(Bound::from(bound.text()), bound);
            assert_eq!(Bound::of_cnf(&bound.cnf()), Some(bound.clone()));
            let json = serde_json::to_string(&bound).unwrap();
            assert_eq!(serde_json::from_str::<Bound>(&json).unwrap(), bound);
        }
        let (key, certificate) = (Bound::Key("t".into()), Bound::Certificate("t".into()));
        assert_ne!(key, certificate, "one is not taken for the other");
        assert_eq!(key.text(), "t", "as it was kept before there were others");
        assert_eq!(Bound::token_type(Some(&key)), "DPoP");
        for bearer in [Some(&certificate), None] {
            assert_eq!(Bound::token_type(bearer), "Bearer");
        }
    }

    /// A token with a `cnf` that is not understood is not one that is bound to nothing.
    #[test]
    fn a_confirmation_that_is_not_understood_is_none() {
        for cnf in [
            json!({}),
            json!({"kid": "k"}),
            json!({"jkt": 1}),
            json!({"jkt": "t", "x5t#S256": "t"}),
            json!("t"),
            json!(null),
        ] {
            assert_eq!(Bound::of_cnf(&cnf), None, "{cnf}");
        }
    }
}

//! Attribute paths (RFC 7644 §3.10) and PATCH paths (§3.5.2).

use std::fmt;
use std::str::FromStr;

use super::filter::{self, Filter};
use super::lexer::{Lexer, Token, wrong};
use crate::json::Unreadable;

/// `[schema:]name[.sub]`.
///
/// Names are case-insensitive (RFC 7643 §2.1) but kept as written; compare with [`same_name`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributePath {
    /// The URN of the schema, where it is written.
    pub schema: Option<String>,
    /// The attribute.
    pub name: String,
    /// Its sub-attribute.
    pub sub: Option<String>,
}

/// The target of a PATCH operation: an attribute, or values of one that match a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// The attribute. With a `filter`, its own `sub` is empty and `sub` below is used.
    pub attribute: AttributePath,
    /// Which of its values; `None`: all.
    pub filter: Option<Filter>,
    /// The sub-attribute behind the brackets.
    pub sub: Option<String>,
}

/// Whether two attribute names are the same one.
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn is_name(text: &str) -> bool {
    let body = text.strip_prefix('$').unwrap_or(text);
    let mut chars = body.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

impl AttributePath {
    /// A core attribute without sub-attribute.
    #[must_use]
    pub fn core(name: &str) -> Self {
        Self {
            schema: None,
            name: name.to_owned(),
            sub: None,
        }
    }

    /// Reads one word.
    pub(super) fn from_word(word: &str, at: usize) -> Result<Self, Unreadable> {
        // The last colon ends the schema: its own version (`2.0`) may hold dots.
        let (schema, rest) = match word.rsplit_once(':') {
            Some((schema, rest)) => (Some(schema), rest),
            None => (None, word),
        };
        if let Some(schema) = schema
            && (!schema
                .get(..4)
                .is_some_and(|s| s.eq_ignore_ascii_case("urn:"))
                || schema.len() == 4)
        {
            return Err(wrong(at, "a schema that does not begin with `urn:`"));
        }
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        if !is_name(name) || !sub.is_none_or(is_name) {
            return Err(wrong(
                at,
                "no attribute name (letters, digits, `-` and `_`)",
            ));
        }
        Ok(Self {
            schema: schema.map(str::to_owned),
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
        })
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for AttributePath {
    type Err = Unreadable;
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let path: Path = text.parse()?;
        match path {
            Path {
                attribute,
                filter: None,
                sub: None,
            } => Ok(attribute),
            _ => Err(wrong(0, "an attribute without a filter is expected here")),
        }
    }
}

impl Path {
    /// The sub-attribute, wherever it is written.
    #[must_use]
    pub fn sub_attribute(&self) -> Option<&str> {
        self.sub.as_deref().or(self.attribute.sub.as_deref())
    }
}

impl From<AttributePath> for Path {
    fn from(attribute: AttributePath) -> Self {
        Self {
            attribute,
            filter: None,
            sub: None,
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Path {
    type Err = Unreadable;

    /// # Errors
    /// When the text is no path of RFC 7644 §3.5.2, or exceeds 8 KiB or 32 levels.
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let mut lexer = Lexer::new(text)?;
        let Some(Token::Word(word)) = lexer.next()? else {
            return Err(wrong(0, "expected an attribute"));
        };
        let attribute = AttributePath::from_word(&word, 0)?;
        let mut path = Self {
            attribute,
            filter: None,
            sub: None,
        };
        if lexer.peek()? == Some(&Token::OpenBracket) {
            if path.attribute.sub.is_some() {
                return Err(wrong(lexer.at(), "a filter on a sub-attribute"));
            }
            lexer.next()?;
            path.filter = Some(filter::parse_values(&mut lexer)?);
            lexer.expect(&Token::CloseBracket, "`]`")?;
            if let Some(Token::Word(word)) = lexer.peek()?.cloned() {
                let sub = word.strip_prefix('.').filter(|sub| is_name(sub));
                let at = lexer.at();
                lexer.next()?;
                path.sub = Some(
                    sub.ok_or_else(|| wrong(at, "expected `.` and a sub-attribute"))?
                        .to_owned(),
                );
            }
        }
        match lexer.next()? {
            None => Ok(path),
            Some(_) => Err(wrong(lexer.at(), "something behind the end of the path")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_schema_keeps_the_dots_of_its_version() {
        let path: AttributePath =
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName"
                .parse()
                .unwrap();
        assert_eq!(
            path.schema.as_deref(),
            Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")
        );
        assert_eq!(
            (path.name.as_str(), path.sub.as_deref()),
            ("manager", Some("displayName"))
        );
    }

    #[test]
    fn paths_survive_printing() {
        for text in [
            "userName",
            "name.givenName",
            "emails[type eq \"work\"].value",
            "members[value eq \"a\\\"b\"]",
            "members.$ref",
            "addresses[type eq \"work\" and not (primary eq true)].streetAddress",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        ] {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            " ",
            "1a",
            "a b",
            "a.b.c",
            "a[",
            "a[]",
            "a[b eq 1",
            "a[b eq 1]x",
            "a[b eq 1].",
            "x:y",
            "urn::a",
            "a.b[c pr]",
            "a[b[c pr]]",
            "[a pr]",
            "\"a\"",
            "é",
        ] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}

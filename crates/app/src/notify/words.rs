//! What mails to people say, in their language.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use documents::TellPeople;
use model::{Notice, Secret, Timestamp, Value};
use ports::{Letter, Own};
use rules::Mapped;

use super::said::Said;
use crate::Known;

/// The languages, the first one for whatever another lacks; each with its file.
const LANGUAGES: [(&str, &str); 5] = [
    ("en", include_str!("../../messages/en.toml")),
    ("de", include_str!("../../messages/de.toml")),
    ("es", include_str!("../../messages/es.toml")),
    ("fr", include_str!("../../messages/fr.toml")),
    ("ja", include_str!("../../messages/ja.toml")),
];

type Messages = BTreeMap<String, String>;

/// Reads a file of messages, one a line: `key = "text"`, with the escapes of a JSON text. The files are ours; tests
/// read each of them whole.
#[must_use]
pub fn read_messages(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (key, text) = line.split_once(" = ")?;
        Some((key.to_owned(), serde_json::from_str(text).ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn messages(language: usize) -> &'static Messages {
    static READ: OnceLock<Vec<Messages>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let texts = LANGUAGES.iter().map(|(_, text)| *text);
        texts.map(read_messages).collect()
    });
    &all[language]
}

/// One language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(usize);

impl Words {
    /// The language of somebody's mails: what their facts give, if there are mails in it; the documents' default
    /// otherwise.
    pub(super) fn of(tell: &TellPeople, known: Option<&Known>) -> Self {
        let given = tell.language.as_ref().zip(known);
        let given = given.and_then(|(language, known)| {
            let facts = &known.identity.facts;
            match language.apply(facts, &known.identity.key) {
                Ok(Mapped::Value(Value::Text(tag))) => Self::tagged(&tag),
                _ => None,
            }
        });
        given
            .or_else(|| Self::tagged(tell.default_language))
            .unwrap_or(Self(0))
    }

    /// The language of a tag (RFC 5646), of which the first part counts (RFC 4647 §3.4); HR systems write `de_CH` too.
    fn tagged(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        let is = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case(primary);
        LANGUAGES.iter().position(is).map(Self)
    }

    fn lang(self) -> &'static str {
        LANGUAGES[self.0].0
    }

    /// A message; one that is missing is none of ours, and a test finds it.
    fn get(self, key: &str) -> &'static str {
        let found = messages(self.0).get(key).or_else(|| messages(0).get(key));
        found.map_or("…", String::as_str)
    }

    /// How a letter about a change reads; `None` where it was raised in words that are not known any more.
    pub(super) fn change(self, notice: &Notice, letter: &Letter) -> Option<Own> {
        let said = Said::read(&notice.about)?;
        let mut body = String::new();
        if let Some(event) = said.event {
            let _ = writeln!(body, "{}", self.get(event.as_str()));
        }
        if !said.changes.is_empty() {
            let _ = writeln!(body, "{}", self.get("change"));
        }
        for (factor, became) in &said.changes {
            let (factor, became) = (self.get(factor.as_str()), self.get(became.as_str()));
            let _ = writeln!(body, "- {factor}: {became}");
        }
        if let Some(by) = said.by {
            let _ = writeln!(body, "{}", self.get(by.as_str()));
        }
        let _ = writeln!(body, "\n{}", self.get("advice"));
        self.ends_with(&mut body, notice.raised, letter.again);
        Some(self.own("change-subject", body))
    }

    /// How a letter with a code reads.
    pub(super) fn code(self, code: &Secret, url: &str, ends: Timestamp, letter: &Letter) -> Own {
        let mut body = String::new();
        let _ = writeln!(body, "{}\n\n    {}\n", self.get("code"), code.expose());
        let _ = writeln!(body, "{}\n\n    {url}\n", self.get("code-where"));
        let _ = writeln!(body, "{} {}", self.get("code-ends"), minute(ends));
        let _ = writeln!(body, "\n{}", self.get("code-advice"));
        self.ends_with(&mut body, letter.raised, letter.again);
        self.own("code-subject", body)
    }

    fn ends_with(self, body: &mut String, raised: Timestamp, again: bool) {
        let _ = writeln!(body, "{} {}", self.get("time"), minute(raised));
        if again {
            let _ = writeln!(body, "{}", self.get("again"));
        }
    }

    fn own(self, subject: &str, body: String) -> Own {
        Own {
            subject: self.get(subject).to_owned(),
            body: Secret::new(body),
            language: self.lang(),
        }
    }
}

/// A minute, as everybody reads it.
fn minute(at: Timestamp) -> String {
    let text: String = at.to_string().chars().take(16).collect();
    format!("{} UTC", text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_language_says_everything() {
        for (language, (name, text)) in LANGUAGES.iter().enumerate() {
            let read = messages(language);
            assert_eq!(
                read.len(),
                text.lines().count(),
                "{name}: a line is not read"
            );
            let keys: Vec<_> = read.keys().collect();
            assert_eq!(keys, messages(0).keys().collect::<Vec<_>>(), "{name}");
            assert!(read.values().all(|text| !text.is_empty()));
            for subject in ["change-subject", "code-subject"] {
                assert!(!read[subject].contains(char::is_control), "{name}");
            }
        }
    }

    #[test]
    fn whatever_may_be_said_of_a_change_is_said_in_every_language() {
        for said in Said::all() {
            for keys in said.keys() {
                for language in 0..LANGUAGES.len() {
                    assert!(messages(language).contains_key(keys), "{keys}");
                }
            }
        }
    }

    #[test]
    fn the_first_part_of_a_tag_names_the_language() {
        let lang = |tag: &str| Words::tagged(tag).map(Words::lang);
        assert_eq!(lang("de-CH"), Some("de"));
        assert_eq!(lang(" JA_jp"), Some("ja"));
        assert_eq!(lang("fr"), Some("fr"));
        for other in ["", "-", "nl", "deutsch", "d", "en1"] {
            assert_eq!(lang(other), None, "{other}");
        }
    }
}

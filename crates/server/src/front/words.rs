//! What pages say, in the language of whoever reads them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::http::HeaderValue;
use model::Timestamp;

/// The languages, the first one for everybody else; each with its file.
const LANGUAGES: [(&str, &str); 5] = [
    ("en", include_str!("../../messages/en.toml")),
    ("de", include_str!("../../messages/de.toml")),
    ("es", include_str!("../../messages/es.toml")),
    ("fr", include_str!("../../messages/fr.toml")),
    ("ja", include_str!("../../messages/ja.toml")),
];

type Messages = BTreeMap<String, String>;

fn messages(language: usize) -> &'static Messages {
    static READ: OnceLock<Vec<Messages>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let read = |(_, text): (&str, &str)| app::read_messages(text);
        LANGUAGES.into_iter().map(read).collect()
    });
    &all[language]
}

/// One language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(usize);

impl Words {
    /// The first language that a browser likes and we have (RFC 9110 §12.5.4); what it likes less than
    /// another, or not at all, comes after.
    pub(super) fn for_browser(accept: Option<&HeaderValue>) -> Self {
        let text = accept.and_then(|accept| accept.to_str().ok()).unwrap_or("");
        let mut best: Option<(usize, f32)> = None;
        for part in text.split(',').take(20) {
            let mut halves = part.trim().split(';');
            let tag = halves.next().unwrap_or("").trim();
            let weight = halves.find_map(|half| half.trim().strip_prefix("q="));
            let weight: f32 = weight.map_or(1.0, |q| q.parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or("");
            let known = LANGUAGES
                .iter()
                .position(|(name, _)| name.eq_ignore_ascii_case(primary));
            if let Some(known) = known
                && weight > best.map_or(0.0, |(_, best)| best)
            {
                best = Some((known, weight));
            }
        }
        Self(best.map_or(0, |(language, _)| language))
    }

    /// Its name (BCP 47).
    pub(super) fn lang(self) -> &'static str {
        LANGUAGES[self.0].0
    }

    /// In which direction it is written.
    pub(super) const fn direction(self) -> &'static str {
        "ltr"
    }

    /// A day, as everybody reads it (ISO 8601).
    pub(super) fn day(self, at: &Timestamp) -> String {
        at.to_string().chars().take(10).collect()
    }

    /// A minute, in UTC.
    pub(super) fn minute(self, at: &Timestamp) -> String {
        let text: String = at.to_string().chars().take(16).collect();
        format!("{} UTC", text.replace('T', " "))
    }

    /// A message; one that is missing shows its key, and a test finds it.
    pub(super) fn get(self, key: &str) -> &'static str {
        let found = messages(self.0).get(key).or_else(|| messages(0).get(key));
        found.map_or("…", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_language_says_everything() {
        for (language, (name, text)) in LANGUAGES.iter().enumerate() {
            let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
            assert_eq!(
                messages(language).len(),
                lines,
                "{name}: a line is not read"
            );
            let keys: Vec<_> = messages(language).keys().collect();
            assert_eq!(keys, messages(0).keys().collect::<Vec<_>>(), "{name}");
            assert!(messages(language).values().all(|text| !text.is_empty()));
        }
    }

    #[test]
    fn templates_ask_only_for_what_is_there() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");
        let mut asked = 0;
        for entry in std::fs::read_dir(directory).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for part in text.split("words.get(\"").skip(1) {
                let key = part.split('"').next().unwrap();
                assert!(messages(0).contains_key(key), "{key}");
                asked += 1;
            }
        }
        assert!(asked > 20, "{asked}");
    }

    #[test]
    fn a_browser_gets_what_it_likes_best() {
        let lang =
            |text: &str| Words::for_browser(HeaderValue::from_str(text).ok().as_ref()).lang();
        assert_eq!(lang("de-CH,de;q=0.9,en;q=0.8"), "de");
        assert_eq!(lang("xx, ja;q=0.5, fr;q=0.7"), "fr");
        assert_eq!(lang("de;q=0"), "en");
        assert_eq!(lang(""), "en");
        assert_eq!(lang("de;q=nonsense, es"), "es");
    }
}

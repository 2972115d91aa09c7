//! Names for ids: what a scenario prints must not change because a random bit did.

use std::collections::BTreeMap;

use model::{DeliveryId, RemoteId, SubjectId, TargetName, Value, WaveId};

use super::estate::Estate;

/// What ids are called in outputs.
#[derive(Default)]
pub struct Names {
    /// `Ann Archer (w001)`.
    pub people: BTreeMap<SubjectId, String>,
    /// `leaver`, then `leaver-2`.
    pub waves: BTreeMap<WaveId, String>,
    /// `delivery 1`.
    pub deliveries: BTreeMap<DeliveryId, String>,
    /// User names and display names in each app; those of objects that are gone stay.
    objects: BTreeMap<(TargetName, RemoteId), String>,
}

impl Names {
    /// Learns the names of everything that is in the apps now.
    pub fn learn(&mut self, estate: &Estate) {
        for (app, objects) in estate.objects() {
            for (remote, object) in objects {
                let name = ["userName", "displayName"];
                let name = name.iter().find_map(|path| object.attributes.get(*path));
                let name = name.map_or_else(|| "without a name".to_owned(), ToString::to_string);
                self.objects.insert((app.clone(), remote), name);
            }
        }
    }

    /// What a person is called.
    #[must_use]
    pub fn person(&self, subject: SubjectId) -> String {
        let unknown = || "someone who was erased".to_owned();
        self.people.get(&subject).cloned().unwrap_or_else(unknown)
    }

    /// What an object of an app is called.
    #[must_use]
    pub fn object(&self, app: &TargetName, remote: &RemoteId) -> String {
        let at = (app.clone(), remote.clone());
        let unknown = || "an object that is gone".to_owned();
        self.objects.get(&at).cloned().unwrap_or_else(unknown)
    }

    /// A value; a reference to an account is that account's name.
    #[must_use]
    pub fn value(&self, app: &TargetName, value: &Value) -> String {
        match value {
            Value::Subject { subject } => self.person(*subject),
            Value::Text(text) => {
                let at = (app.clone(), RemoteId(text.clone()));
                self.objects.get(&at).unwrap_or(text).clone()
            }
            other => other.to_string(),
        }
    }

    /// A text with every id in it replaced.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        let mut out = String::new();
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for (word, rest) in words(text, part) {
            out.push_str(&self.named(word).unwrap_or_else(|| word.to_owned()));
            out.push_str(rest);
        }
        out
    }

    fn named(&self, word: &str) -> Option<String> {
        const ID: usize = 26;
        let (prefix, digits) = word.split_once('_')?;
        if digits.len() != ID || prefix.len() > 4 {
            return None;
        }
        if let Ok(subject) = word.parse::<SubjectId>() {
            return Some(self.person(subject));
        }
        let wave = word.parse::<WaveId>().ok();
        if let Some(name) = wave.and_then(|id| self.waves.get(&id)) {
            return Some(name.clone());
        }
        let delivery = word.parse::<DeliveryId>().ok();
        let name = delivery.and_then(|id| self.deliveries.get(&id));
        Some(name.map_or_else(|| format!("{prefix}_…"), Clone::clone))
    }
}

/// A text as words and what stands between them.
fn words(text: &str, part: impl Fn(char) -> bool + Copy) -> Vec<(&str, &str)> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(word);
        let gap = tail.find(part).unwrap_or(tail.len());
        let (between, tail) = tail.split_at(gap);
        out.push((head, between));
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ids_become_names_and_other_words_stay() {
        let mut names = Names::default();
        let (ann, wave) = (SubjectId::from_bits(7), WaveId::from_bits(8));
        names.people.insert(ann, "Ann Archer (w001)".to_owned());
        names.waves.insert(wave, "leaver".to_owned());
        let text = format!(
            "chat/account/{ann}: missing_row of {wave}, {}",
            WaveId::from_bits(9)
        );
        assert_eq!(
            names.scrub(&text),
            "chat/account/Ann Archer (w001): missing_row of leaver, wav_…"
        );
        assert_eq!(names.scrub("— ünï_x: 1,000 %"), "— ünï_x: 1,000 %");
    }
}

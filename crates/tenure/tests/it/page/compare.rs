//! Whether what was said is what the page shows: the same words, ids that stand for each other,
//! instants that are instants.

use std::collections::BTreeMap;

/// Which id of this run stands for which of the page.
#[derive(Default)]
pub struct Sameness {
    ids: BTreeMap<String, String>,
}

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word<'t> {
    /// `wav_…`, or what an app drew: 16 hexadecimal digits and more.
    Id(&'t str),
    /// An instant in UTC. A wall clock's time, without `Z`, is a fact and must be the same.
    Instant,
    /// A token.
    Token,
    /// Everything else; spaces in a row are one.
    Text(&'t str),
    Space,
}

const PREFIXES: [&str; 7] = ["wav_", "pln_", "sub_", "del_", "tok_", "fnd_", "req_"];

impl Sameness {
    /// The command with the ids of this run. `Err` for an id that nothing above it shows.
    pub fn command(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        for word in raw_words(text) {
            match classify(word) {
                Word::Id(id) => match self.ids.get(id) {
                    Some(real) => out.push_str(real),
                    None => return Err(format!("nothing above shows `{id}`")),
                },
                _ => out.push_str(word),
            }
        }
        Ok(out)
    }

    /// A line of the page with the ids of this run, where they are known.
    pub fn known(&self, line: &str) -> String {
        let real = |word| self.ids.get(word).map_or(word, String::as_str);
        raw_words(line).into_iter().map(real).collect()
    }

    /// Compares line by line and learns the ids. `Err` names the first line that differs.
    pub fn compare(&mut self, shown: &str, said: &str) -> Result<(), String> {
        let shown: Vec<&str> = shown.lines().collect();
        let said: Vec<&str> = said.lines().collect();
        self.lines(&shown, &said)
    }

    fn lines(&mut self, shown: &[&str], said: &[&str]) -> Result<(), String> {
        let Some((first, rest)) = shown.split_first() else {
            return match said.first() {
                None => Ok(()),
                Some(more) => Err(format!("  the page ends, and it says: {more}")),
            };
        };
        if first.trim() == "…" {
            let mut last = Err("  `…` stands for no line".to_owned());
            for skipped in 1..=said.len() {
                let mut attempt = Self {
                    ids: self.ids.clone(),
                };
                last = attempt.lines(rest, &said[skipped..]);
                if last.is_ok() {
                    self.ids = attempt.ids;
                    return last;
                }
            }
            return last;
        }
        let real = said.first().copied().unwrap_or("(nothing more)");
        if said.is_empty() || !self.line(first, real) {
            return Err(format!(
                "  the page shows: {first}\n  it says:        {real}"
            ));
        }
        self.lines(rest, &said[1..])
    }

    fn line(&mut self, shown: &str, said: &str) -> bool {
        let (shown, said) = (words(shown), words(said));
        shown.len() == said.len()
            && shown.iter().zip(&said).all(|pair| match pair {
                (Word::Id(page), Word::Id(real)) => self.bind(page, real),
                (Word::Text("…"), Word::Text(real)) => *real == "…" || number(real),
                (page, real) => page == real,
            })
    }

    /// Whether one id may stand for the other: neither stands for a third one.
    fn bind(&mut self, page: &str, real: &str) -> bool {
        if kind(page) != kind(real) {
            return false;
        }
        match self.ids.get(page) {
            Some(known) => known == real,
            None if self.ids.values().any(|known| known == real) => false,
            None => {
                self.ids.insert(page.to_owned(), real.to_owned());
                true
            }
        }
    }

    /// Where the page is about to be rewritten: the ids of one kind stand for each other in the
    /// order in which they are first shown.
    pub fn guess(&mut self, shown: &str, said: &str) {
        let ids = |text| {
            let found = raw_words(text)
                .into_iter()
                .filter_map(|w| match classify(w) {
                    Word::Id(id) => Some(id),
                    _ => None,
                });
            found.collect::<Vec<_>>()
        };
        let mut left = ids(said);
        for page in ids(shown) {
            if let Some(at) = left.iter().position(|real| self.bind(page, real)) {
                left.remove(at);
            }
        }
    }
}

fn number(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_digit())
}

/// What kind of id it is: the prefix, or the number of digits.
fn kind(id: &str) -> (&str, usize) {
    match id.split_once('_') {
        Some((prefix, _)) => (prefix, 0),
        None => ("", id.len()),
    }
}

/// A line in its words; its indentation counts, other spaces count as one.
fn words(line: &str) -> Vec<Word<'_>> {
    let line = line.trim_end();
    let indent = line.len() - line.trim_start().len();
    let mut words = vec![Word::Text(&line[..indent])];
    for word in raw_words(&line[indent..]) {
        let word = classify(word);
        if word != Word::Space || words.last() != Some(&Word::Space) {
            words.push(word);
        }
    }
    words
}

/// Cut so that each id and each instant is a word of its own; together they are the text.
fn raw_words(text: &str) -> Vec<&str> {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = instant(rest).unwrap_or_else(|| {
            let end = match of_word(first) {
                true => rest.find(|c| !of_word(c)),
                false if first == ' ' => rest.find(|c| c != ' '),
                false => Some(first.len_utf8()),
            };
            end.unwrap_or(rest.len())
        });
        let (word, after) = rest.split_at(length);
        words.push(word);
        rest = after;
    }
    words
}

/// The length of `2026-11-28T23:55:34.932925Z` at the start of a text.
fn instant(text: &str) -> Option<usize> {
    let shape = "dddd-dd-ddTdd:dd:dd";
    let (head, rest) = text.split_at_checked(shape.len())?;
    let fits = head.chars().zip(shape.chars()).all(|(c, s)| match s {
        'd' => c.is_ascii_digit(),
        s => c == s,
    });
    let end = rest.find('Z')?;
    let fraction = rest[..end].strip_prefix('.').unwrap_or(&rest[..end]);
    (fits && fraction.bytes().all(|b| b.is_ascii_digit())).then_some(shape.len() + end + 1)
}

fn classify(word: &str) -> Word<'_> {
    let hex = |text: &str| text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if instant(word) == Some(word.len()) {
        Word::Instant
    } else if word.strip_prefix("tnr_").is_some_and(hex) {
        Word::Token
    } else if hex(word)
        || PREFIXES
            .iter()
            .any(|p| word.len() > 4 && word.starts_with(p))
    {
        Word::Id(word)
    } else if !word.is_empty() && word.bytes().all(|b| b == b' ') {
        Word::Space
    } else {
        Word::Text(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(shown: &str, said: &str) -> bool {
        Sameness::default().compare(shown, said).is_ok()
    }

    #[test]
    fn only_ids_instants_and_widths_may_differ() {
        let page = " wav_1a2b  held    2026-01-02T03:04:05.6Z  5dfabb2256434286\n";
        let said = " wav_9z8y   held  2027-11-12T13:14:15.161718Z  99a996b301ed432f\n";
        assert!(same(page, said));
        for wrong in [
            " wav_9z8y  ready  2027-11-12T13:14:15Z  99a996b301ed432f\n",
            " pln_9z8y  held  2027-11-12T13:14:15Z  99a996b301ed432f\n",
            " wav_9z8y  held  2027-11-12T13:14:15  99a996b301ed432f\n",
            " wav_9z8y  held  2027-11-12T13:14:15Z  99a996b301ed432f00\n",
            "wav_9z8y  held  2027-11-12T13:14:15Z  99a996b301ed432f\n",
            " wav_9z8y  held  2027-11-12T13:14:15Z  99a996b301ed432f\nmore\n",
            "",
        ] {
            assert!(!same(page, wrong), "{wrong}");
        }
        assert!(!same(
            "ends 2025-10-31T00:00:00\n",
            "ends 2025-10-30T00:00:00\n"
        ));
        assert!(!same("3 people\n", "4 people\n"));
    }

    #[test]
    fn an_id_stands_for_one_other() {
        assert!(same("wav_a wav_b wav_a\n", "wav_1 wav_2 wav_1\n"));
        assert!(!same("wav_a wav_b wav_a\n", "wav_1 wav_2 wav_2\n"));
        assert!(!same("wav_a wav_b\n", "wav_1 wav_1\n"));
        let mut known = Sameness::default();
        known.compare("wav_a\n", "wav_1\n").unwrap();
        assert_eq!(known.command("apply wav_a").unwrap(), "apply wav_1");
        assert!(known.command("apply wav_b").is_err());
        assert!(known.compare("wav_a\n", "wav_2\n").is_err());
    }

    #[test]
    fn a_number_is_left_out_only_where_the_page_says_so() {
        assert!(same("seen  …  ms\n", "seen  812  ms\n"));
        assert!(same("more, …\n", "more, …\n"));
        for wrong in ["seen    ms\n", "seen  -1  ms\n", "seen  late  ms\n"] {
            assert!(!same("seen  …  ms\n", wrong), "{wrong}");
        }
        assert!(!same("seen  812  ms\n", "seen  813  ms\n"));
    }

    #[test]
    fn lines_are_left_out_only_where_the_page_says_so() {
        assert!(same("a\n…\nd\n", "a\nb\nc\nd\n"));
        assert!(!same("a\n…\nd\n", "a\nd\n"));
        assert!(!same("a\nd\n", "a\nb\nd\n"));
        assert!(!same("a\n…\nd\n", "a\nb\ne\n"));
    }
}

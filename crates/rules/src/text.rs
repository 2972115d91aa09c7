//! Functions on text.

/// ASCII spelling of Latin text: `Müller` → `Mueller`, `Åse` → `Aase`, `Łukasz` → `Lukasz`.
///
/// Latin letters follow ICAO Doc 9303 part 3 §6 A (the spelling on passports); combining marks
/// are dropped, typographic dashes, quotes and spaces become their ASCII likes. `None` when a
/// character has no entry (Cyrillic, Han, …): a guess would be somebody's name misspelt.
#[must_use]
pub fn transliterate(text: &str) -> Option<String> {
    if text.is_ascii() {
        return Some(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter.is_ascii() {
            out.push(letter);
            continue;
        }
        let ascii = fold(letter)?;
        // A capital digraph keeps one capital inside a word: `Ärger` → `Aerger`, `ÄRGER` → `AERGER`.
        let next_is_small = letters.peek().is_some_and(|next| next.is_lowercase());
        if ascii.len() > 1 && next_is_small && letter.is_uppercase() {
            out.push_str(&ascii[..1]);
            out.push_str(&ascii[1..].to_ascii_lowercase());
        } else {
            out.push_str(ascii);
        }
    }
    Some(out)
}

/// Lower-case ASCII words joined by `-`, without apostrophes: `Zoë O'Brien` → `zoe-obrien`.
/// `None` as for [`transliterate`].
#[must_use]
pub fn slug(text: &str) -> Option<String> {
    let ascii = transliterate(text)?;
    let mut out = String::with_capacity(ascii.len());
    for letter in ascii.chars().filter(|c| *c != '\'') {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    if out.ends_with('-') {
        out.pop();
    }
    Some(out)
}

fn fold(letter: char) -> Option<&'static str> {
    if ('\u{300}'..='\u{36f}').contains(&letter) {
        return Some("");
    }
    TABLE
        .iter()
        .find(|(letters, _)| letters.contains(letter))
        .map(|(_, ascii)| *ascii)
}

/// Letters → their ASCII spelling.
const TABLE: &[(&str, &str)] = &[
    ("ÀÁÂÃĀĂĄǍȀȂẠẢẤẦẨẪẬẮẰẲẴẶ", "A"),
    ("àáâãāăąǎȁȃạảấầẩẫậắằẳẵặ", "a"),
    ("ÄÆǼ", "AE"),
    ("äæǽ", "ae"),
    ("Å", "AA"),
    ("å", "aa"),
    ("ÇĆĈĊČ", "C"),
    ("çćĉċč", "c"),
    ("ÐĎĐ", "D"),
    ("ðďđ", "d"),
    ("ÈÉÊËĒĔĖĘĚȄȆẸẺẼẾỀỂỄỆƏ", "E"),
    ("èéêëēĕėęěȅȇẹẻẽếềểễệə", "e"),
    ("ĜĞĠĢǦ", "G"),
    ("ĝğġģǧ", "g"),
    ("ĤĦ", "H"),
    ("ĥħ", "h"),
    ("ÌÍÎÏĨĪĬĮİǏỈỊ", "I"),
    ("ìíîïĩīĭįıǐỉị", "i"),
    ("Ĳ", "IJ"),
    ("ĳ", "ij"),
    ("Ĵ", "J"),
    ("ĵ", "j"),
    ("Ķ", "K"),
    ("ķĸ", "k"),
    ("ĹĻĽĿŁ", "L"),
    ("ĺļľŀł", "l"),
    ("ÑŃŅŇŊ", "N"),
    ("ñńņňŋŉ", "n"),
    ("ÒÓÔÕŌŎŐƠǑȌȎỌỎỐỒỔỖỘỚỜỞỠỢ", "O"),
    ("òóôõōŏőơǒȍȏọỏốồổỗộớờởỡợ", "o"),
    ("ÖØŒǾ", "OE"),
    ("öøœǿ", "oe"),
    ("ŔŖŘ", "R"),
    ("ŕŗř", "r"),
    ("ŚŜŞŠȘ", "S"),
    ("śŝşšșſ", "s"),
    ("ẞ", "SS"),
    ("ß", "ss"),
    ("ŢŤŦȚ", "T"),
    ("ţťŧț", "t"),
    ("Þ", "TH"),
    ("þ", "th"),
    ("ÙÚÛŨŪŬŮŰŲƯǓỤỦỨỪỬỮỰ", "U"),
    ("ùúûũūŭůűųưǔụủứừửữự", "u"),
    ("Ü", "UE"),
    ("ü", "ue"),
    ("Ŵ", "W"),
    ("ŵ", "w"),
    ("ÝŶŸỲỴỶỸ", "Y"),
    ("ýŷÿỳỵỷỹ", "y"),
    ("ŹŻŽ", "Z"),
    ("źżž", "z"),
    ("‐‑‒–—―", "-"),
    ("‘’ʼʻ", "'"),
    ("“”", "\""),
    ("\u{a0}\u{2009}\u{202f}", " "),
    ("\u{ad}\u{200b}\u{200c}\u{200d}\u{feff}", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_on_passports() {
        for (name, ascii) in [
            ("Müller", "Mueller"),
            ("ÄRGER Ärger", "AERGER Aerger"),
            ("Åse Sørensen", "Aase Soerensen"),
            ("Łukasz Żółć", "Lukasz Zolc"),
            ("Nguyễn", "Nguyen"),
            ("Şahin Gülışık", "Sahin Guelisik"),
            ("e\u{301}", "e"),
            ("Straße", "Strasse"),
            ("plain", "plain"),
        ] {
            assert_eq!(transliterate(name).as_deref(), Some(ascii), "{name}");
        }
    }

    #[test]
    fn what_has_no_spelling_is_not_guessed() {
        assert_eq!(transliterate("Жанна"), None);
        assert_eq!(slug("王"), None);
    }

    #[test]
    fn slugs_are_words() {
        assert_eq!(
            slug("  Zoë O'Brien -- 2nd ").as_deref(),
            Some("zoe-obrien-2nd")
        );
        assert_eq!(slug("!!!").as_deref(), Some(""));
    }

    #[test]
    fn every_table_entry_is_ascii_and_no_letter_is_listed_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for (letters, ascii) in TABLE {
            assert!(ascii.is_ascii());
            for letter in letters.chars() {
                assert!(!letter.is_ascii() && seen.insert(letter), "{letter}");
            }
        }
    }
}

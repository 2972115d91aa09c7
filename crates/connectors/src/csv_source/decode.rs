//! Bytes to text, in the declared encoding only: a guess would misspell people.

use std::borrow::Cow;

use model::source::Encoding;

use super::flaws::Flaws;
use super::{MAX_BYTES, codes};

/// The text, or `None` and why.
pub(super) fn text<'b>(
    bytes: &'b [u8],
    encoding: Encoding,
    flaws: &mut Flaws<'_>,
) -> Option<Cow<'b, str>> {
    if bytes.len() > MAX_BYTES {
        let problem = format!(
            "the file has {} bytes; {MAX_BYTES} are allowed",
            bytes.len()
        );
        flaws.file(
            codes::TOO_LARGE,
            0,
            problem,
            "deliver it in parts, or only the columns needed",
        );
        return None;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let fix = "export it as UTF-8, or as Windows-1252 and declare that";
        flaws.file(codes::ENCODING, 1, "the file is UTF-16", fix);
        return None;
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        let fix = "export it again; it is damaged, or no text file";
        flaws.file(
            codes::NUL,
            line_of(bytes, at),
            "there is a NUL byte here",
            fix,
        );
        return None;
    }
    let marked = bytes.strip_prefix(b"\xef\xbb\xbf");
    match encoding {
        Encoding::Utf8 => utf8(marked.unwrap_or(bytes), flaws),
        Encoding::Windows1252 if marked.is_some() => {
            let problem = "the file says of itself that it is UTF-8, the mapping says windows-1252";
            flaws.file(codes::ENCODING, 1, problem, "declare `encoding: utf-8`");
            None
        }
        Encoding::Windows1252 if reads_as_utf8(bytes) => {
            let at = bytes.iter().position(|byte| !byte.is_ascii());
            let problem =
                "every letter beyond ASCII is written in UTF-8, the mapping says windows-1252";
            let fix = "declare `encoding: utf-8`; read as windows-1252, every such name would be misspelled";
            let line = line_of(bytes, at.unwrap_or_default());
            flaws.file(codes::ENCODING, line, problem, fix);
            None
        }
        Encoding::Windows1252 => windows_1252(bytes, flaws),
    }
}

/// Whether the bytes beyond ASCII are Latin letters and punctuation in UTF-8, all of them: in a
/// sound file in Windows-1252 each would be an accented capital before a sign, and never a name.
fn reads_as_utf8(bytes: &[u8]) -> bool {
    const LATIN: char = '\u{24f}';
    let likely = |c: char| match c {
        '\u{80}'..=LATIN => c.is_alphabetic() || c == '\u{a0}',
        '\u{2010}'..='\u{2027}' | '€' => true,
        _ => false,
    };
    let beyond = |text: &str| !text.is_ascii() && text.chars().all(|c| c.is_ascii() || likely(c));
    std::str::from_utf8(bytes).is_ok_and(beyond)
}

fn utf8<'b>(bytes: &'b [u8], flaws: &mut Flaws<'_>) -> Option<Cow<'b, str>> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let problem = format!("the byte {byte:#04x} is not UTF-8");
            let fix = "export it as UTF-8, or declare `encoding: windows-1252`";
            flaws.file(codes::ENCODING, line_of(bytes, at), problem, fix);
            None
        }
    }
}

/// What the bytes 0x80 to 0x9f are; NUL where they are nothing.
const HIGH: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘',
    '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn windows_1252<'b>(bytes: &'b [u8], flaws: &mut Flaws<'_>) -> Option<Cow<'b, str>> {
    if bytes.is_ascii() {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    for (at, byte) in bytes.iter().enumerate() {
        let letter = match byte {
            0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
            _ => char::from(*byte),
        };
        if letter == '\0' {
            let problem = format!("the byte {byte:#04x} is nothing in windows-1252");
            let fix = "export it as UTF-8 and declare that";
            flaws.file(codes::ENCODING, line_of(bytes, at), problem, fix);
            return None;
        }
        text.push(letter);
    }
    Some(Cow::Owned(text))
}

fn line_of(bytes: &[u8], at: usize) -> u64 {
    let before = bytes.get(..at).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

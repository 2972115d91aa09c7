//! From text to words (CEL's lexical grammar).

use crate::error::{ExprError, Span};

/// A word of the language.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// A name, or `true`, `in`, …
    Name(String),
    /// Digits, as they stand; a sign is no part of them.
    Number(String),
    Text(String),
    Symbol(&'static str),
    /// A literal that CEL has and we have not.
    Foreign(&'static str, &'static str),
    End,
}

/// The longest first where one begins another.
const SYMBOLS: [&str; 23] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!",
    "?", ":", "+", "*", "/",
];
const MODULO: &str = "%";

pub(super) const HINT: &str =
    "the syntax is CEL, for example `person.department == \"Engineering\"`";

pub(super) struct Words<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub fn of(source: &'a str) -> Self {
        Self { source, at: 0 }
    }

    /// The next word, and where it stands.
    pub fn next(&mut self) -> Result<(Word, Span), ExprError> {
        self.skip();
        let start = self.at;
        let rest = &self.source[start..];
        let Some(first) = rest.chars().next() else {
            return Ok((Word::End, self.span(start)));
        };
        let after = rest[first.len_utf8()..].chars().next();
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let word = if let Some((prefix, quote)) = quoted(rest) {
            self.at += prefix.len();
            self.text(start, prefix, quote)?
        } else if is_digit(Some(first)) || (first == '.' && is_digit(after)) {
            self.number()
        } else if first.is_ascii_alphabetic() || first == '_' {
            Word::Name(self.take(is_letter).to_owned())
        } else {
            let mut symbols = SYMBOLS.iter().chain([&MODULO]);
            let Some(symbol) = symbols.find(|symbol| rest.starts_with(**symbol)) else {
                let end = start + first.len_utf8();
                let problem = "this is no word of the language; texts stand in quotes";
                return Err(wrong(Span { start, end }, problem));
            };
            self.at += symbol.len();
            Word::Symbol(symbol)
        };
        Ok((word, self.span(start)))
    }

    fn span(&self, start: usize) -> Span {
        Span {
            start,
            end: self.at,
        }
    }

    /// White space, and comments to the end of their line.
    fn skip(&mut self) {
        loop {
            self.take(|c| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}'));
            if !self.source[self.at..].starts_with("//") {
                return;
            }
            self.take(|c| c != '\n');
        }
    }

    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let rest = &self.source[self.at..];
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn number(&mut self) -> Word {
        let rest = &self.source[self.at..];
        if rest.starts_with("0x") && rest[2..].starts_with(|c: char| c.is_ascii_hexdigit()) {
            self.at += 2;
            let digits = self.take(|c| c.is_ascii_hexdigit());
            return self.whole(format!("0x{digits}"));
        }
        let digits = self.take(|c| c.is_ascii_digit()).to_owned();
        let fraction = self.fraction();
        let exponent = self.exponent();
        if fraction || exponent {
            return Word::Foreign("there are no fractions here", "use a whole number");
        }
        self.whole(digits)
    }

    fn whole(&mut self, digits: String) -> Word {
        if self.source[self.at..].starts_with(['u', 'U']) {
            self.at += 1;
            return Word::Foreign("there are no unsigned numbers", "leave out the `u`");
        }
        Word::Number(digits)
    }

    fn fraction(&mut self) -> bool {
        let rest = self.source[self.at..].strip_prefix('.');
        let is_one = rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_one {
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        is_one
    }

    fn exponent(&mut self) -> bool {
        let rest = &self.source[self.at..];
        let Some(signed) = rest.strip_prefix(['e', 'E']) else {
            return false;
        };
        let digits = signed.strip_prefix(['+', '-']).unwrap_or(signed);
        let is_one = digits.starts_with(|c: char| c.is_ascii_digit());
        if is_one {
            self.at += rest.len() - digits.len();
            self.take(|c| c.is_ascii_digit());
        }
        is_one
    }

    /// A text behind its opening quote, up to the same quote.
    fn text(&mut self, start: usize, prefix: &str, quote: &str) -> Result<Word, ExprError> {
        let raw = prefix.contains(['r', 'R']);
        let many_lines = quote.len() == 3;
        let mut text = String::new();
        loop {
            let rest = &self.source[self.at..];
            if rest.starts_with(quote) {
                self.at += quote.len();
                break;
            }
            let letter = rest.chars().next();
            let letter = letter.filter(|c| many_lines || !matches!(c, '\n' | '\r'));
            let Some(letter) = letter else {
                let span = Span {
                    start,
                    end: self.at,
                };
                let problem = "this text has no end; texts stand in quotes";
                return Err(wrong(span, problem));
            };
            if letter == '\\' && !raw {
                text.push(self.escape()?);
            } else {
                self.at += letter.len_utf8();
                text.push(letter);
            }
        }
        if prefix.contains(['b', 'B']) {
            return Ok(Word::Foreign(
                "there are no byte strings",
                "leave out the `b`",
            ));
        }
        Ok(Word::Text(text))
    }

    /// A character behind a backslash.
    fn escape(&mut self) -> Result<char, ExprError> {
        let start = self.at;
        let rest = &self.source[start + 1..];
        let first = rest.chars().next().unwrap_or(' ');
        let (length, radix) = match first {
            'x' | 'X' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='3' => (3, 8),
            _ => (0, 0),
        };
        let digits = if radix == 8 {
            rest
        } else {
            rest.get(1..).unwrap_or("")
        };
        let found = match length {
            0 => plain(first).map(|c| (c, first.len_utf8())),
            _ => digits.get(..length).and_then(|digits| {
                let whole = digits.chars().all(|c| c.is_digit(radix));
                let code = u32::from_str_radix(digits, radix).ok().filter(|_| whole);
                let before = usize::from(radix != 8);
                Some((char::from_u32(code?)?, before + length))
            }),
        };
        let Some((letter, length)) = found else {
            let end = start + 1 + rest.chars().next().map_or(0, char::len_utf8);
            let mut error = wrong(Span { start, end }, "there is no such escape in a text");
            "write `\\\\` for a backslash".clone_into(&mut error.fix);
            return Err(error);
        };
        self.at += 1 + length;
        Ok(letter)
    }
}

fn plain(letter: char) -> Option<char> {
    Some(match letter {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '"' | '\'' | '\\' | '?' | '`' => letter,
        _ => return None,
    })
}

/// What stands before the text, its opening quote being the last of it; and that quote.
fn quoted(rest: &str) -> Option<(&str, &str)> {
    let letters = rest.find(['"', '\'']).filter(|at| *at <= 2)?;
    let kinds = rest[..letters].to_ascii_lowercase();
    if !["", "r", "b", "br", "rb"].contains(&kinds.as_str()) {
        return None;
    }
    let behind = &rest[letters..];
    let mark = &behind[..1];
    let length = match behind.starts_with(&mark.repeat(3)) {
        true => 3,
        false => 1,
    };
    let end = letters + length;
    Some((&rest[..end], &rest[letters..end]))
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

pub(super) fn wrong(span: Span, problem: &str) -> ExprError {
    ExprError {
        span,
        problem: problem.to_owned(),
        fix: HINT.to_owned(),
    }
}

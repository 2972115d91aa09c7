//! From the parser's token positions to the text that a sub-expression covers.
//!
//! The parser keeps one token for each node: the dot of a selection, the bracket of a call. What
//! people want to see underlined is the whole part, so it is grown from there over the source.

use cel::common::ast::SourceInfo;

use crate::error::Span;

/// The node's own token.
pub(crate) fn token(info: &SourceInfo, id: u64, source: &str) -> Span {
    let Some((first, last)) = info.offset_for(id) else {
        return Span::default();
    };
    let start = usize::try_from(first).unwrap_or(0).min(source.len());
    let end = usize::try_from(last)
        .unwrap_or(0)
        .saturating_add(1)
        .min(source.len());
    Span {
        start,
        end: end.max(start),
    }
    .on_characters(source)
}

/// A literal; the sign of a negative number is not in its token.
pub(crate) fn literal(source: &str, token: Span) -> Span {
    let before = source.get(..token.start).unwrap_or_default();
    let starts_number = source[token.start..].starts_with(|c: char| c.is_ascii_digit());
    match before.strip_suffix('-') {
        Some(before) if starts_number => Span {
            start: before.len(),
            end: token.end,
        },
        _ => token,
    }
}

/// `person.attribute` from its dot, or `has(person.attribute)` from its bracket.
pub(crate) fn select(source: &str, token: Span, is_test: bool) -> Span {
    if is_test {
        return call(source, token, None);
    }
    let after = source.get(token.end..).unwrap_or_default();
    let spaces = after.len() - after.trim_start().len();
    let name = after.trim_start();
    let length = name.find(|c: char| !is_word(c)).unwrap_or(name.len());
    let before = source.get(..token.start).unwrap_or_default().trim_end();
    Span {
        start: word_start(before),
        end: token.end + spaces + length,
    }
}

/// A call or list from its bracket and what is inside: the word before, up to the closing bracket.
pub(crate) fn call(source: &str, token: Span, inside: Option<Span>) -> Span {
    let start = match inside {
        // `text.startsWith(…)`: the receiver stands before the bracket.
        Some(inside) if inside.start < token.start => inside.start,
        _ if source[token.start..].starts_with('(') => {
            word_start(source.get(..token.start).unwrap_or_default().trim_end())
        }
        _ => token.start,
    };
    close(
        source,
        Span {
            start,
            end: token.end,
        },
        token.start,
    )
}

/// An operation: what it covers, grown over brackets that open or close inside it.
pub(crate) fn operator(source: &str, covered: Span) -> Span {
    let open = balance(source.get(covered.start..covered.end).unwrap_or_default());
    let mut span = covered;
    for _ in 0..open.unclosed {
        let after = source.get(span.end..).unwrap_or_default();
        let Some(at) = after.find(')') else { break };
        span.end += at + 1;
    }
    for _ in 0..open.unopened {
        let before = source.get(..span.start).unwrap_or_default();
        let Some(at) = before.rfind('(') else { break };
        span.start = at;
    }
    span
}

struct Balance {
    unclosed: usize,
    unopened: usize,
}

fn balance(text: &str) -> Balance {
    let mut found = Balance {
        unclosed: 0,
        unopened: 0,
    };
    walk(text, |_, letter| {
        match letter {
            '(' | '[' => found.unclosed += 1,
            ')' | ']' if found.unclosed > 0 => found.unclosed -= 1,
            ')' | ']' => found.unopened += 1,
            _ => {}
        }
        true
    });
    found
}

/// Grows `span` to the bracket that closes the one at `bracket`.
fn close(source: &str, span: Span, bracket: usize) -> Span {
    let mut depth = 0_usize;
    let mut end = span.end;
    walk(source.get(bracket..).unwrap_or_default(), |at, letter| {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        end = end.max(bracket + at + letter.len_utf8());
        depth > 0
    });
    Span {
        start: span.start,
        end,
    }
}

/// Calls `see` for every character that is not inside a text literal, until it says stop.
fn walk(text: &str, mut see: impl FnMut(usize, char) -> bool) {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(mark) if letter == mark => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None => {
                if !see(at, letter) {
                    return;
                }
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word_start(before: &str) -> usize {
    before.trim_end_matches(is_word).len()
}

impl Span {
    /// The smallest span that has both.
    #[must_use]
    pub(crate) fn cover(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Moved outwards to whole characters, so that it can be cut out of the text.
    fn on_characters(self, source: &str) -> Self {
        let mut span = self;
        while !source.is_char_boundary(span.start) {
            span.start -= 1;
        }
        while !source.is_char_boundary(span.end) {
            span.end += 1;
        }
        span
    }
}

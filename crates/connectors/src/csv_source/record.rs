//! Text to records, by RFC 4180.
//!
//! Written here rather than taken from the `csv` crate, which reads on in silence where we must
//! not: it joins text that follows a closing quote to the value, and takes the end of the file
//! for the closing quote, so that a cut-off file looks whole. A test compares the two on files
//! that are well formed.

use std::borrow::Cow;

use super::MAX_FIELD;
use super::flaws::Spot;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'t> {
    pub text: Cow<'t, str>,
    pub spot: Spot,
}

/// One record.
#[derive(Debug, Default)]
pub(super) struct Record<'t> {
    /// The line on which it begins.
    pub line: u64,
    pub fields: Vec<Field<'t>>,
    /// Where text follows a closing quote.
    pub after_quote: Option<Spot>,
    /// A line end follows it.
    pub ended: bool,
}

/// Why no record can be read from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A value is longer than [`MAX_FIELD`].
    TooLong(Spot),
    /// A quote is never closed.
    Unclosed(Spot),
}

/// The records of a text.
pub(super) struct Records<'t> {
    text: &'t str,
    delimiter: u8,
    at: usize,
    line: u64,
    line_start: usize,
}

impl<'t> Records<'t> {
    /// `delimiter` is an ASCII character.
    pub fn new(text: &'t str, delimiter: char) -> Self {
        let delimiter = u8::try_from(delimiter).unwrap_or(b',');
        Self {
            text,
            delimiter,
            at: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// Reads the next record into `record`; false at the end. Empty lines are skipped.
    pub fn next(&mut self, record: &mut Record<'t>) -> Result<bool, Broken> {
        record.fields.clear();
        record.after_quote = None;
        record.ended = false;
        while self.newline() {}
        if self.at >= self.text.len() {
            return Ok(false);
        }
        record.line = self.line;
        loop {
            let field = self.field(record)?;
            if field.text.len() > MAX_FIELD {
                return Err(Broken::TooLong(field.spot));
            }
            record.fields.push(field);
            if self.peek() == Some(self.delimiter) {
                self.at += 1;
            } else {
                record.ended = self.newline();
                return Ok(true);
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spot(&self) -> Spot {
        Spot {
            line: self.line,
            column: (self.at - self.line_start) as u64 + 1,
        }
    }

    /// Steps over one line end, if there is one here.
    fn newline(&mut self) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let length = if rest.starts_with(b"\r\n") {
            2
        } else {
            usize::from(rest.starts_with(b"\n"))
        };
        if length > 0 {
            self.at += length;
            self.line += 1;
            self.line_start = self.at;
        }
        length > 0
    }

    fn field(&mut self, record: &mut Record<'t>) -> Result<Field<'t>, Broken> {
        let spot = self.spot();
        if self.peek() != Some(b'"') {
            let text = Cow::Borrowed(self.plain());
            return Ok(Field { text, spot });
        }
        let mut text = self.quoted(spot)?;
        let after = self.spot();
        let rest = self.plain();
        if !rest.trim().is_empty() {
            record.after_quote.get_or_insert(after);
            text.to_mut().push_str(rest);
        }
        Ok(Field { text, spot })
    }

    /// Up to the next delimiter or line end.
    fn plain(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .bytes()
            .position(|b| b == self.delimiter || b == b'\n')
            .unwrap_or(rest.len());
        self.at += end;
        let plain = rest.get(..end).unwrap_or_default();
        if rest.as_bytes().get(end) == Some(&b'\n')
            && let Some(before) = plain.strip_suffix('\r')
        {
            self.at -= 1;
            return before;
        }
        plain
    }

    /// From an opening quote over the closing one; doubled quotes inside become one.
    fn quoted(&mut self, spot: Spot) -> Result<Cow<'t, str>, Broken> {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(end) = rest.find('"') else {
                return Err(Broken::Unclosed(spot));
            };
            let piece = rest.get(..end).unwrap_or_default();
            for (at, _) in piece.match_indices('\n') {
                self.line += 1;
                self.line_start = self.at + at + 1;
            }
            self.at += end + 1;
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            if self.peek() != Some(b'"') {
                return Ok(text);
            }
            self.at += 1;
            text.to_mut().push('"');
            // A value that never ends must not make this quadratic or eat the memory.
            if text.len() > MAX_FIELD {
                return Err(Broken::TooLong(spot));
            }
        }
    }
}

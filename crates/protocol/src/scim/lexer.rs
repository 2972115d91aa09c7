//! The words of filters and paths (RFC 7644 §3.4.2.2): attribute names, literals, brackets.

use serde_json::Number;

use crate::json::Unreadable;

/// Longest filter or path that is read.
pub(super) const LONGEST: usize = 8 << 10;
/// How deep parentheses and `not` may be.
pub(super) const DEEPEST: usize = 32;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// An attribute path, an operator or a keyword: which, the parser decides by place.
    Word(String),
    Text(String),
    Number(Number),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
}

#[derive(Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    peeked: Option<Token>,
}

pub(super) fn wrong(at: usize, problem: &str) -> Unreadable {
    Unreadable::new(format!("character {}", at + 1), problem)
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Unreadable> {
        if text.len() > LONGEST {
            return Err(wrong(LONGEST, "longer than the 8 KiB that are read"));
        }
        Ok(Self {
            text,
            at: 0,
            peeked: None,
        })
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&mut self) -> Result<Option<&Token>, Unreadable> {
        if self.peeked.is_none() {
            self.peeked = self.read()?;
        }
        Ok(self.peeked.as_ref())
    }

    pub(super) fn next(&mut self) -> Result<Option<Token>, Unreadable> {
        match self.peeked.take() {
            Some(token) => Ok(Some(token)),
            None => self.read(),
        }
    }

    pub(super) fn expect(&mut self, token: &Token, name: &str) -> Result<(), Unreadable> {
        match self.next()? {
            Some(found) if found == *token => Ok(()),
            _ => Err(wrong(self.at, &format!("expected {name}"))),
        }
    }

    /// Whether the next token is this keyword, in any case (RFC 7644: operators are
    /// case-insensitive); if so it is consumed.
    pub(super) fn keyword(&mut self, word: &str) -> Result<bool, Unreadable> {
        let found = matches!(self.peek()?, Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        if found {
            self.peeked = None;
        }
        Ok(found)
    }

    fn read(&mut self) -> Result<Option<Token>, Unreadable> {
        let rest = &self.text[self.at..];
        let rest = rest.trim_start_matches(' ');
        self.at = self.text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '[' => (Token::OpenBracket, 1),
            ']' => (Token::CloseBracket, 1),
            '"' => self.text_literal(rest)?,
            '-' | '0'..='9' => self.number(rest)?,
            c if is_word(c) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (Token::Word(rest[..length].to_owned()), length)
            }
            _ => return Err(wrong(self.at, "no attribute, operator, literal or bracket")),
        };
        self.at += length;
        Ok(Some(token))
    }

    fn text_literal(&self, rest: &str) -> Result<(Token, usize), Unreadable> {
        let mut escaped = false;
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| {
                let closes = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            })
            .map(|(i, _)| i + 1)
            .ok_or_else(|| wrong(self.at, "a text without its closing quote"))?;
        let text = serde_json::from_str(&rest[..end])
            .map_err(|_| wrong(self.at, "a text that is no JSON string"))?;
        Ok((Token::Text(text), end))
    }

    fn number(&self, rest: &str) -> Result<(Token, usize), Unreadable> {
        let part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let number = serde_json::from_str(&rest[..length])
            .map_err(|_| wrong(self.at, "a number that is no JSON number"))?;
        Ok((Token::Number(number), length))
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '$')
}

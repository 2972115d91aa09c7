//! Filters (RFC 7644 §3.4.2.2): read within bounds, printed with correct escaping.

use std::fmt;
use std::str::FromStr;

use serde_json::Number;

use super::lexer::{DEEPEST, Lexer, Token, wrong};
use super::path::AttributePath;
use crate::json::Unreadable;

/// A condition on a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them; two or more.
    And(Vec<Filter>),
    /// One of them; two or more.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// The attribute has a value (`pr`).
    Present(AttributePath),
    /// The attribute compares with a literal.
    Compare(AttributePath, Compare, Literal),
    /// One value of a multi-valued attribute meets all of a condition: `emails[…]`.
    Values(AttributePath, Box<Filter>),
}

/// How an attribute is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

/// What an attribute is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A JSON number.
    Number(Number),
    /// A JSON string.
    Text(String),
}

const COMPARES: [(Compare, &str); 9] = [
    (Compare::Eq, "eq"),
    (Compare::Ne, "ne"),
    (Compare::Co, "co"),
    (Compare::Sw, "sw"),
    (Compare::Ew, "ew"),
    (Compare::Gt, "gt"),
    (Compare::Ge, "ge"),
    (Compare::Lt, "lt"),
    (Compare::Le, "le"),
];

impl Filter {
    /// `attribute eq "text"`.
    #[must_use]
    pub fn eq(attribute: &str, text: &str) -> Self {
        let literal = Literal::Text(text.to_owned());
        Self::Compare(AttributePath::core(attribute), Compare::Eq, literal)
    }
}

impl FromStr for Filter {
    type Err = Unreadable;

    /// # Errors
    /// When the text is no filter, or exceeds 8 KiB or 32 levels. Names the character.
    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let mut lexer = Lexer::new(text)?;
        let filter = any(&mut lexer, 0, true)?;
        match lexer.next()? {
            None => Ok(filter),
            Some(_) => Err(wrong(lexer.at(), "something behind the end of the filter")),
        }
    }
}

/// Reads the inside of `[…]`, where no further brackets are allowed.
pub(super) fn parse_values(lexer: &mut Lexer<'_>) -> Result<Filter, Unreadable> {
    any(lexer, 0, false)
}

fn any(lexer: &mut Lexer<'_>, depth: usize, brackets: bool) -> Result<Filter, Unreadable> {
    let first = all(lexer, depth, brackets)?;
    let mut terms = vec![first];
    while lexer.keyword("or")? {
        terms.push(all(lexer, depth, brackets)?);
    }
    Ok(one_or(terms, Filter::Or))
}

fn all(lexer: &mut Lexer<'_>, depth: usize, brackets: bool) -> Result<Filter, Unreadable> {
    let first = term(lexer, depth, brackets)?;
    let mut terms = vec![first];
    while lexer.keyword("and")? {
        terms.push(term(lexer, depth, brackets)?);
    }
    Ok(one_or(terms, Filter::And))
}

fn one_or(mut terms: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            many(terms)
        }
        None => many(terms),
    }
}

fn group(lexer: &mut Lexer<'_>, depth: usize, brackets: bool) -> Result<Filter, Unreadable> {
    if depth >= DEEPEST {
        return Err(wrong(lexer.at(), "more than 32 levels of parentheses"));
    }
    lexer.expect(&Token::Open, "`(`")?;
    let inner = any(lexer, depth + 1, brackets)?;
    lexer.expect(&Token::Close, "`)`")?;
    Ok(inner)
}

fn term(lexer: &mut Lexer<'_>, depth: usize, brackets: bool) -> Result<Filter, Unreadable> {
    if lexer.peek()? == Some(&Token::Open) {
        return group(lexer, depth, brackets);
    }
    let at = lexer.at();
    let Some(Token::Word(word)) = lexer.next()? else {
        return Err(wrong(at, "expected an attribute"));
    };
    if word.eq_ignore_ascii_case("not") && lexer.peek()? == Some(&Token::Open) {
        return Ok(Filter::Not(Box::new(group(lexer, depth, brackets)?)));
    }
    let attribute = AttributePath::from_word(&word, at)?;
    if brackets && lexer.peek()? == Some(&Token::OpenBracket) {
        if attribute.sub.is_some() {
            return Err(wrong(lexer.at(), "a filter on a sub-attribute"));
        }
        lexer.next()?;
        let inner = any(lexer, depth + 1, false)?;
        lexer.expect(&Token::CloseBracket, "`]`")?;
        return Ok(Filter::Values(attribute, Box::new(inner)));
    }
    if lexer.keyword("pr")? {
        return Ok(Filter::Present(attribute));
    }
    let at = lexer.at();
    let compare = match lexer.next()? {
        Some(Token::Word(word)) => COMPARES
            .iter()
            .find(|(_, name)| word.eq_ignore_ascii_case(name))
            .map(|(compare, _)| *compare),
        _ => None,
    };
    let compare =
        compare.ok_or_else(|| wrong(at, "expected eq, ne, co, sw, ew, gt, ge, lt, le or pr"))?;
    Ok(Filter::Compare(attribute, compare, literal(lexer)?))
}

fn literal(lexer: &mut Lexer<'_>) -> Result<Literal, Unreadable> {
    let at = lexer.at();
    match lexer.next()? {
        Some(Token::Text(text)) => Ok(Literal::Text(text)),
        Some(Token::Number(number)) => Ok(Literal::Number(number)),
        Some(Token::Word(word)) => match word.as_str() {
            "true" => Ok(Literal::Bool(true)),
            "false" => Ok(Literal::Bool(false)),
            "null" => Ok(Literal::Null),
            _ => Err(wrong(
                at,
                "expected a quoted text, a number, true, false or null",
            )),
        },
        _ => Err(wrong(
            at,
            "expected a quoted text, a number, true, false or null",
        )),
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?),
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = COMPARES.iter().find(|(compare, _)| compare == self);
        f.write_str(name.map_or("eq", |(_, name)| name))
    }
}

impl Filter {
    fn write_terms(
        terms: &[Self],
        word: &str,
        needs_parentheses: fn(&Self) -> bool,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        for (i, term) in terms.iter().enumerate() {
            if i > 0 {
                write!(f, " {word} ")?;
            }
            if needs_parentheses(term) {
                write!(f, "({term})")?;
            } else {
                write!(f, "{term}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(terms) => {
                let inside = |t: &Self| matches!(t, Self::And(_) | Self::Or(_));
                Self::write_terms(terms, "and", inside, f)
            }
            Self::Or(terms) => Self::write_terms(terms, "or", |t| matches!(t, Self::Or(_)), f),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(attribute) => write!(f, "{attribute} pr"),
            Self::Compare(attribute, compare, literal) => {
                write!(f, "{attribute} {compare} {literal}")
            }
            Self::Values(attribute, inner) => write!(f, "{attribute}[{inner}]"),
        }
    }
}

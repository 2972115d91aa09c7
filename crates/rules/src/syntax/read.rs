//! From words to parts: by descent, each operator by how strongly it binds (CEL's grammar).

use super::lex::{HINT, Word, Words, wrong};
use super::{CHOOSE, Call, INDEX, Part, PartKind};
use crate::MAX_DEPTH;
use crate::error::{ExprError, Span};

/// How deep brackets may be nested, which make no level of their own; and what is read by calling itself.
const MAX_NESTING: usize = 2 * MAX_DEPTH;

/// Operators of two sides, the weakest first. Those of one row bind alike, from the left.
const ROWS: [&[&str]; 5] = [
    &["||"],
    &["&&"],
    &["==", "!=", "<=", ">=", "<", ">", "in"],
    &["+", "-"],
    &["*", "/", "%"],
];
/// How many of them are chains of which each side may be looked at first: read as trees that are as flat as
/// they can be.
const CHAINS: usize = 2;

/// Reads a whole text.
///
/// # Errors
/// The first thing that cannot be read.
pub(crate) fn read(source: &str) -> Result<Part, ExprError> {
    let mut words = Words::of(source);
    let (word, span) = words.next()?;
    let mut reader = Reader {
        source,
        words,
        word,
        span,
        nesting: 0,
    };
    let (part, _) = reader.expression()?;
    match reader.word {
        Word::End => Ok(part),
        _ => Err(reader.misplaced()),
    }
}

struct Reader<'a> {
    source: &'a str,
    words: Words<'a>,
    /// The next word, and where it stands.
    word: Word,
    span: Span,
    nesting: usize,
}

/// A part, and what it covers with the brackets around it.
type Read = Result<(Part, Span), ExprError>;

impl Reader<'_> {
    fn expression(&mut self) -> Read {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let problem = format!("the expression is too large: at most {MAX_NESTING} levels");
            return Err(wrong(self.span, &problem));
        }
        let (condition, first) = self.sides(0)?;
        let at = self.span;
        let read = match self.accept("?")? {
            false => (condition, first),
            true => {
                let (yes, _) = self.sides(0)?;
                self.expect(":")?;
                let (no, last) = self.expression()?;
                call(CHOOSE, at, vec![condition, yes, no], first.cover(last))
            }
        };
        self.nesting -= 1;
        Ok(read)
    }

    /// Operands of the operators of a row, and of those that bind more strongly.
    fn sides(&mut self, row: usize) -> Read {
        let Some(symbols) = ROWS.get(row) else {
            return self.unary();
        };
        let mut terms = vec![self.sides(row + 1)?];
        let mut operators = Vec::new();
        while let Some(symbol) = self.is_at(symbols) {
            operators.push((symbol, self.span));
            self.advance()?;
            terms.push(self.sides(row + 1)?);
        }
        Ok(match row < CHAINS {
            true => balanced(&mut terms.into_iter(), &operators),
            false => {
                let mut terms = terms.into_iter();
                let first = terms.next().unwrap_or_else(nothing);
                let pairs = operators.into_iter().zip(terms);
                pairs.fold(first, |left, (operator, right)| join(left, operator, right))
            }
        })
    }

    /// `!` and `-` before a member; two of them are none.
    fn unary(&mut self) -> Read {
        let start = self.span;
        let Some(symbol) = self.is_at(&["!", "-"]) else {
            return self.member();
        };
        let mut odd = false;
        while self.accept(symbol)? {
            odd = !odd;
        }
        if symbol == "-"
            && let Word::Number(digits) = &self.word
        {
            let digits = match odd {
                true => format!("-{digits}"),
                false => digits.clone(),
            };
            let span = start.cover(self.span);
            self.advance()?;
            let number = int(&digits, span)?;
            return self.behind((number, span));
        }
        let (part, span) = self.member()?;
        Ok(match odd {
            true => call(symbol, start, vec![part], start.cover(span)),
            false => (part, span),
        })
    }

    fn member(&mut self) -> Read {
        let first = self.primary()?;
        self.behind(first)
    }

    /// What may stand behind a part: fields, calls and brackets.
    fn behind(&mut self, first: (Part, Span)) -> Read {
        let (mut part, mut span) = first;
        loop {
            let at = self.span;
            if self.accept(".")? {
                let (name, at) = self.name()?;
                if self.is_at(&["("]).is_some() {
                    let (mut operands, end) = self.list("(", ")")?;
                    operands.insert(0, part);
                    (part, span) = call(&name, at, operands, span.cover(end));
                } else {
                    span = span.cover(at);
                    let kind = PartKind::Field(Box::new(part), name);
                    part = Part { span, kind };
                }
            } else if self.is_at(&["["]).is_some() {
                let (mut operands, end) = self.list("[", "]")?;
                operands.insert(0, part);
                (part, span) = call(INDEX, at, operands, span.cover(end));
            } else {
                return Ok((part, span));
            }
        }
    }

    fn primary(&mut self) -> Read {
        let span = self.span;
        let kind = match &self.word {
            Word::Name(name) if name == "in" => return Err(self.misplaced()),
            Word::Name(name) => match name.as_str() {
                "true" => PartKind::Bool(true),
                "false" => PartKind::Bool(false),
                "null" => PartKind::Foreign(
                    "there is no null; what was not stated is missing",
                    "test it with `has(person.…)`",
                ),
                _ => return self.named(),
            },
            Word::Number(digits) => int(digits, span)?.kind,
            Word::Text(text) => PartKind::Text(text.clone()),
            Word::Foreign(problem, fix) => PartKind::Foreign(problem, fix),
            Word::Symbol("(") => return self.brackets(),
            Word::Symbol("[") => {
                let (items, end) = self.list("[", "]")?;
                let span = span.cover(end);
                let kind = PartKind::List(items);
                return Ok((Part { span, kind }, span));
            }
            Word::Symbol("{") => {
                let mut error = wrong(span, "there are no maps here");
                error.fix.clear();
                return Err(error);
            }
            Word::Symbol(_) | Word::End => return Err(self.misplaced()),
        };
        self.advance()?;
        Ok((Part { span, kind }, span))
    }

    fn named(&mut self) -> Read {
        let (name, span) = self.name()?;
        if self.is_at(&["("]).is_some() {
            let (operands, end) = self.list("(", ")")?;
            return Ok(call(&name, span, operands, span.cover(end)));
        }
        let kind = PartKind::Name(name);
        Ok((Part { span, kind }, span))
    }

    fn brackets(&mut self) -> Read {
        let start = self.span;
        self.advance()?;
        let (part, _) = self.expression()?;
        let end = self.expect(")")?;
        Ok((part, start.cover(end)))
    }

    /// Parts between brackets, with commas; one may stand behind the last of a list.
    fn list(&mut self, open: &str, close: &'static str) -> Result<(Vec<Part>, Span), ExprError> {
        self.expect(open)?;
        let mut items = Vec::new();
        while self.is_at(&[close]).is_none() {
            items.push(self.expression()?.0);
            if !self.accept(",")? {
                break;
            }
            if close == ")" && self.is_at(&[")"]).is_some() {
                return Err(self.misplaced());
            }
        }
        Ok((items, self.expect(close)?))
    }

    fn name(&mut self) -> Result<(String, Span), ExprError> {
        let Word::Name(name) = &self.word else {
            return Err(self.misplaced());
        };
        let named = (name.clone(), self.span);
        self.advance()?;
        Ok(named)
    }

    fn advance(&mut self) -> Result<(), ExprError> {
        (self.word, self.span) = self.words.next()?;
        Ok(())
    }

    /// Which of these the next word is.
    fn is_at(&self, symbols: &[&'static str]) -> Option<&'static str> {
        let word = match &self.word {
            Word::Symbol(symbol) => symbol,
            Word::Name(name) => name.as_str(),
            _ => return None,
        };
        symbols.iter().copied().find(|symbol| *symbol == word)
    }

    fn accept(&mut self, symbol: &'static str) -> Result<bool, ExprError> {
        let is_it = self.word == Word::Symbol(symbol);
        if is_it {
            self.advance()?;
        }
        Ok(is_it)
    }

    /// Where it stands.
    fn expect(&mut self, symbol: &str) -> Result<Span, ExprError> {
        let span = self.span;
        match &self.word {
            Word::Symbol(found) if *found == symbol => {
                self.advance()?;
                Ok(span)
            }
            _ => Err(self.misplaced()),
        }
    }

    fn misplaced(&self) -> ExprError {
        if self.word == Word::End {
            return wrong(self.span, "the expression ends too early");
        }
        let rest = &self.source[self.span.start..];
        let word = rest.chars().take_while(|c| !c.is_whitespace()).take(20);
        let word: String = word.collect();
        wrong(self.span, &format!("`{word}` cannot stand here"))
    }
}

fn int(digits: &str, span: Span) -> Result<Part, ExprError> {
    let (sign, bare) = match digits.strip_prefix('-') {
        Some(bare) => ("-", bare),
        None => ("", digits),
    };
    let number = match bare.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(&format!("{sign}{hex}"), 16),
        None => digits.parse(),
    };
    let Ok(number) = number else {
        return Err(wrong(span, "this number does not fit in 64 bits"));
    };
    let kind = PartKind::Int(number);
    Ok(Part { span, kind })
}

fn call(name: &str, at: Span, operands: Vec<Part>, span: Span) -> (Part, Span) {
    let name = name.to_owned();
    let kind = PartKind::Call(Call { name, at, operands });
    (Part { span, kind }, span)
}

fn join(left: (Part, Span), operator: (&str, Span), right: (Part, Span)) -> (Part, Span) {
    let span = left.1.cover(right.1);
    call(operator.0, operator.1, vec![left.0, right.0], span)
}

/// As flat a tree as there is of a chain; in the same order.
fn balanced(
    terms: &mut impl Iterator<Item = (Part, Span)>,
    operators: &[(&str, Span)],
) -> (Part, Span) {
    let Some(last) = operators.len().checked_sub(1) else {
        return terms.next().unwrap_or_else(nothing);
    };
    let middle = last.div_ceil(2);
    let left = balanced(terms, &operators[..middle]);
    let right = balanced(terms, &operators[middle + 1..]);
    join(left, operators[middle], right)
}

/// There is always one operand more than there are operators.
fn nothing() -> (Part, Span) {
    let span = Span::default();
    let kind = PartKind::Foreign("this part is empty", HINT);
    (Part { span, kind }, span)
}

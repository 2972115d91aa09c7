//! The syntax of CEL (the Common Expression Language), as far as expressions of ours go: words, and the parts
//! that they make, each with the text that it covers.
//!
//! What CEL has and we have not (fractions, maps, loops, …) is read and told apart, so that people are told
//! what to write instead.

mod lex;
mod read;

pub(crate) use read::read;

use crate::error::Span;

/// A part of an expression.
#[derive(Debug)]
pub(crate) struct Part {
    /// What it covers, without brackets around it.
    pub span: Span,
    pub kind: PartKind,
}

#[derive(Debug)]
pub(crate) enum PartKind {
    Bool(bool),
    Int(i64),
    Text(String),
    /// `name`
    Name(String),
    /// `part.field`
    Field(Box<Part>, String),
    /// An operation by its symbol or a function by its name, a receiver being its first operand.
    Call(Call),
    /// `[…]`
    List(Vec<Part>),
    /// What CEL has and we have not: what is wrong, and what to do.
    Foreign(&'static str, &'static str),
}

#[derive(Debug)]
pub(crate) struct Call {
    pub name: String,
    /// Where the name or symbol stands.
    pub at: Span,
    pub operands: Vec<Part>,
}

/// `c ? a : b`
pub(crate) const CHOOSE: &str = "? :";
/// `a[i]`
pub(crate) const INDEX: &str = "[…]";

/// The functions of CEL that go through a list, or make one.
pub(crate) const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];

impl Part {
    /// What is directly in it.
    pub fn inside(&self) -> &[Self] {
        match &self.kind {
            PartKind::Field(part, _) => std::slice::from_ref(part),
            PartKind::Call(call) => &call.operands,
            PartKind::List(items) => items,
            _ => &[],
        }
    }
}

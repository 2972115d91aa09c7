//! The compiled form of an expression: checked, typed, with attribute names resolved to slots.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::error::Span;
use crate::group::PeopleGroup;
use crate::schema::{Type, WORKER_KEY, ZONE};

/// A compiled expression. Shows itself as its source.
#[derive(Clone)]
pub(crate) struct Tree {
    /// The text it was compiled from.
    pub source: Arc<str>,
    /// The attributes it can look at, also through groups; a [`Kind::Fact`] holds an index into them.
    pub slots: Vec<Slot>,
    /// The whole expression.
    pub root: Node,
}

/// An attribute that an expression can look at.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub name: String,
    pub origin: Origin,
}

/// Where the value of a slot comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// What a source states of the attribute of this name.
    Attribute,
    /// The worker's key.
    Key,
    /// The worker's zone.
    Zone,
}

impl Origin {
    pub fn of(name: &str) -> Self {
        match name {
            WORKER_KEY => Self::Key,
            ZONE => Self::Zone,
            _ => Self::Attribute,
        }
    }
}

/// A sub-expression.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub span: Span,
    pub of: Type,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Literal(Literal),
    Fact(usize),
    Has(usize),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Not(Box<Node>),
    Choose(Box<[Node; 3]>),
    Compare(Comparison, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    Join(Box<[Node; 2]>),
    Test(Test, Box<[Node; 2]>),
    Transform(Transform, Box<Node>),
    OrValue(Box<[Node; 2]>),
    List(Vec<Node>),
    InGroup(PeopleGroup),
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Text(String),
    Bool(bool),
    Int(i64),
    List(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transform {
    Lower,
    Upper,
    Slug,
    Transliterate,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

impl Tree {
    /// The names of the attributes, sorted.
    pub fn attributes(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.slots.iter().map(|slot| slot.name.as_str()).collect();
        names.into_iter().collect()
    }
}

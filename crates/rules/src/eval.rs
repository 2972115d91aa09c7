//! Running a compiled expression over the facts of one person.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use model::observation::Glanced;
use model::{Facts, Value};

use crate::MAX_TEXT;
use crate::decided::TraceLine;
use crate::error::{EvalError, Problem};
use crate::group::{PeopleGroup, is_listed};
use crate::schema::Type;
use crate::text;
use crate::tree::{Comparison, Kind, Literal, Node, Origin, Slot, Test, Transform, Tree};

/// A value while it is computed; borrowed from facts or literals as long as nothing is built.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Val<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    List(Cow<'a, [String]>),
}

impl Val<'_> {
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::Text(text.clone().into_owned()),
            Self::Bool(flag) => Value::Bool(*flag),
            Self::Int(number) => Value::Int(*number),
            Self::List(items) => Value::List(items.clone().into_owned()),
        }
    }

    /// Whether this is what was seen.
    pub fn is(&self, seen: &Glanced<'_>) -> bool {
        match (self, seen) {
            (Self::Text(text), Glanced::Text(seen)) => text == seen,
            (Self::Bool(flag), Glanced::Bool(seen)) => flag == seen,
            (Self::Int(number), Glanced::Int(seen)) => number == seen,
            (Self::List(items), Glanced::List(seen)) => {
                let seen = seen.iter().map(|item| &*item.0);
                items.iter().map(String::as_str).eq(seen)
            }
            _ => false,
        }
    }
}

/// A value, missing, or an error.
pub(crate) type Out<'a> = Result<Option<Val<'a>>, EvalError>;

/// Watches an evaluation. The silent one costs nothing.
pub(crate) trait Watch {
    fn evaluated(&mut self, node: &Node, out: &Out<'_>);
    fn looked_at(&mut self, slot: &Slot, value: Option<&Val<'_>>);
    /// The condition of a group begins, and ends.
    fn enter(&mut self, condition: &Arc<str>);
    fn leave(&mut self);
    /// Whether the person is in a group; `None`: that has no answer.
    fn member(&mut self, group: &str, is: Option<bool>);
}

/// Watches nothing.
pub(crate) struct Silent;

impl Watch for Silent {
    fn evaluated(&mut self, _: &Node, _: &Out<'_>) {}
    fn looked_at(&mut self, _: &Slot, _: Option<&Val<'_>>) {}
    fn enter(&mut self, _: &Arc<str>) {}
    fn leave(&mut self) {}
    fn member(&mut self, _: &str, _: Option<bool>) {}
}

/// Keeps everything.
#[derive(Default)]
pub(crate) struct Recorder {
    pub trace: Vec<TraceLine>,
    pub facts: Vec<(String, Option<Value>)>,
    /// The conditions of groups that are being evaluated, the innermost last.
    within: Vec<Arc<str>>,
}

impl Recorder {
    fn note(&mut self, name: &str, value: Option<Value>) {
        if let Err(at) = self
            .facts
            .binary_search_by(|(known, _)| known.as_str().cmp(name))
        {
            self.facts.insert(at, (name.to_owned(), value));
        }
    }
}

impl Watch for Recorder {
    fn evaluated(&mut self, node: &Node, out: &Out<'_>) {
        let value = match out {
            Ok(value) => Ok(value.as_ref().map(Val::to_value)),
            Err(error) => Err(error.clone()),
        };
        self.trace.push(TraceLine {
            span: node.span,
            within: self.within.last().cloned(),
            value,
        });
    }

    fn looked_at(&mut self, slot: &Slot, value: Option<&Val<'_>>) {
        self.note(&slot.name, value.map(Val::to_value));
    }

    fn enter(&mut self, condition: &Arc<str>) {
        self.within.push(Arc::clone(condition));
    }

    fn leave(&mut self) {
        self.within.pop();
    }

    fn member(&mut self, group: &str, is: Option<bool>) {
        self.note(&format!("in_group(\"{group}\")"), is.map(Value::Bool));
    }
}

/// One evaluation: the expression and the person.
pub(crate) struct Run<'a> {
    pub tree: &'a Tree,
    pub facts: &'a Facts,
    pub key: &'a str,
}

impl<'a> Run<'a> {
    pub fn root<W: Watch>(&self, watch: &mut W) -> Out<'a> {
        self.node(&self.tree.root, watch)
    }

    fn node<W: Watch>(&self, node: &'a Node, watch: &mut W) -> Out<'a> {
        let out = self.compute(node, watch);
        watch.evaluated(node, &out);
        out
    }

    fn compute<W: Watch>(&self, node: &'a Node, watch: &mut W) -> Out<'a> {
        match &node.kind {
            Kind::Literal(literal) => Ok(Some(borrow(literal))),
            Kind::Fact(slot) => self.fact(node, *slot, watch),
            Kind::Has(slot) => {
                let slot = &self.tree.slots[*slot];
                let value = self.given(slot);
                let attributes = &self.facts.attributes;
                let stated = value.is_some() || attributes.contains_key(&slot.name);
                watch.looked_at(slot, value.as_ref());
                Ok(Some(Val::Bool(stated)))
            }
            Kind::And(sides) => self.logic(sides, false, watch),
            Kind::Or(sides) => self.logic(sides, true, watch),
            Kind::Not(inner) => Ok(Some(Val::Bool(!self.truth(inner, watch)?))),
            Kind::Choose(parts) => {
                let [condition, yes, no] = &**parts;
                if self.truth(condition, watch)? {
                    self.node(yes, watch)
                } else {
                    self.node(no, watch)
                }
            }
            Kind::Compare(how, sides) => {
                let (left, right) = self.both_stated(sides, watch)?;
                Ok(Some(Val::Bool(compare(*how, &left, &right))))
            }
            Kind::In(sides) => {
                let (item, list) = self.both_stated(sides, watch)?;
                let found = match (&item, &list) {
                    (Val::Text(item), Val::List(items)) => items.iter().any(|i| i == item),
                    _ => false,
                };
                Ok(Some(Val::Bool(found)))
            }
            Kind::Test(how, sides) => {
                let (text, part) = self.both_stated(sides, watch)?;
                let passed = match (&text, &part) {
                    (Val::Text(text), Val::Text(part)) => test(*how, text, part),
                    _ => false,
                };
                Ok(Some(Val::Bool(passed)))
            }
            Kind::Join(sides) => {
                let (left, right) = (self.node(&sides[0], watch)?, self.node(&sides[1], watch)?);
                match (left, right) {
                    (Some(left), Some(right)) => join(node, left, right).map(Some),
                    _ => Ok(None),
                }
            }
            Kind::Transform(how, inner) => match self.node(inner, watch)? {
                Some(Val::Text(text)) => transform(node, *how, text).map(Some),
                _ => Ok(None),
            },
            Kind::OrValue(sides) => match self.node(&sides[0], watch)? {
                Some(value) => Ok(Some(value)),
                None => self.node(&sides[1], watch),
            },
            Kind::List(items) => self.list(items, watch),
            Kind::InGroup(group) => self.in_group(node, group, watch),
        }
    }

    /// What a slot holds; `None` where nothing was stated that an expression understands.
    fn given(&self, slot: &Slot) -> Option<Val<'a>> {
        match slot.origin {
            Origin::Key => Some(Val::Text(Cow::Borrowed(self.key))),
            Origin::Zone => Some(Val::Text(Cow::Borrowed(&self.facts.zone))),
            Origin::Attribute => self.facts.attributes.get(&slot.name).and_then(as_val),
        }
    }

    fn fact<W: Watch>(&self, node: &'a Node, slot: usize, watch: &mut W) -> Out<'a> {
        let slot = &self.tree.slots[slot];
        if slot.origin != Origin::Attribute {
            let value = self.given(slot);
            watch.looked_at(slot, value.as_ref());
            return Ok(value);
        }
        let Some(stated) = self.facts.attributes.get(&slot.name) else {
            watch.looked_at(slot, None);
            return Ok(None);
        };
        let value = as_val(stated);
        watch.looked_at(slot, value.as_ref());
        match value {
            Some(value) if type_of(&value) == node.of => Ok(Some(value)),
            _ => fail(node, Problem::WrongType(format!("person.{}", slot.name))),
        }
    }

    /// `&&` (`decisive` false) or `||` (`decisive` true): the decisive value on either side
    /// decides, whatever the other side is; CEL's rule.
    fn logic<W: Watch>(&self, sides: &'a [Node; 2], decisive: bool, watch: &mut W) -> Out<'a> {
        let left = self.truth(&sides[0], watch);
        if left == Ok(decisive) {
            return Ok(Some(Val::Bool(decisive)));
        }
        let right = self.truth(&sides[1], watch)?;
        if right == decisive {
            Ok(Some(Val::Bool(decisive)))
        } else {
            left.map(|l| Some(Val::Bool(l)))
        }
    }

    /// A group's condition is evaluated as if it stood here.
    fn in_group<W: Watch>(&self, node: &Node, group: &'a PeopleGroup, watch: &mut W) -> Out<'a> {
        let is = match group.tree() {
            None => Ok(is_listed(self.facts, &group.name)),
            Some(tree) => {
                watch.enter(&tree.source);
                let inside = Run {
                    tree,
                    facts: self.facts,
                    key: self.key,
                };
                let is = inside.truth(&tree.root, watch);
                watch.leave();
                is
            }
        };
        watch.member(&group.name, is.as_ref().ok().copied());
        match is {
            Ok(is) => Ok(Some(Val::Bool(is))),
            // Its place in the group's own text means nothing in this one.
            Err(error) => fail(node, error.problem),
        }
    }

    fn truth<W: Watch>(&self, node: &'a Node, watch: &mut W) -> Result<bool, EvalError> {
        match self.stated(node, watch)? {
            Val::Bool(flag) => Ok(flag),
            _ => fail(node, Problem::WrongType(self.text_of(node))),
        }
    }

    fn both_stated<W: Watch>(
        &self,
        sides: &'a [Node; 2],
        watch: &mut W,
    ) -> Result<(Val<'a>, Val<'a>), EvalError> {
        Ok((
            self.stated(&sides[0], watch)?,
            self.stated(&sides[1], watch)?,
        ))
    }

    fn stated<W: Watch>(&self, node: &'a Node, watch: &mut W) -> Result<Val<'a>, EvalError> {
        match self.node(node, watch)? {
            Some(value) => Ok(value),
            None => fail(node, Problem::Missing(self.text_of(node))),
        }
    }

    fn list<W: Watch>(&self, items: &'a [Node], watch: &mut W) -> Out<'a> {
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            match self.node(item, watch)? {
                Some(Val::Text(text)) => texts.push(text.into_owned()),
                _ => return Ok(None),
            }
        }
        Ok(Some(Val::List(Cow::Owned(texts))))
    }

    pub fn text_of(&self, node: &Node) -> String {
        self.tree
            .source
            .get(node.span.start..node.span.end)
            .unwrap_or_default()
            .to_owned()
    }
}

fn fail<T>(node: &Node, problem: Problem) -> Result<T, EvalError> {
    Err(EvalError {
        span: node.span,
        problem,
    })
}

fn borrow(literal: &Literal) -> Val<'_> {
    match literal {
        Literal::Text(text) => Val::Text(Cow::Borrowed(text)),
        Literal::Bool(flag) => Val::Bool(*flag),
        Literal::Int(number) => Val::Int(*number),
        Literal::List(items) => Val::List(Cow::Borrowed(items)),
    }
}

fn as_val(value: &Value) -> Option<Val<'_>> {
    match value {
        Value::Text(text) => Some(Val::Text(Cow::Borrowed(text))),
        Value::Bool(flag) => Some(Val::Bool(*flag)),
        Value::Int(number) => Some(Val::Int(*number)),
        Value::List(items) => Some(Val::List(Cow::Borrowed(items))),
        Value::Subject { .. } => None,
    }
}

fn type_of(value: &Val<'_>) -> Type {
    match value {
        Val::Text(_) => Type::Text,
        Val::Bool(_) => Type::Bool,
        Val::Int(_) => Type::Int,
        Val::List(_) => Type::List,
    }
}

fn compare(how: Comparison, left: &Val<'_>, right: &Val<'_>) -> bool {
    let order = match (left, right) {
        (Val::Text(a), Val::Text(b)) => a.cmp(b),
        (Val::Int(a), Val::Int(b)) => a.cmp(b),
        (Val::Bool(a), Val::Bool(b)) => a.cmp(b),
        (Val::List(a), Val::List(b)) => a.cmp(b),
        // The checker lets only equal types meet.
        _ => return how == Comparison::NotEqual,
    };
    match how {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::AtMost => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::AtLeast => order != Ordering::Less,
    }
}

fn test(how: Test, text: &str, part: &str) -> bool {
    match how {
        Test::StartsWith => text.starts_with(part),
        Test::EndsWith => text.ends_with(part),
        Test::Contains => text.contains(part),
    }
}

fn join<'a>(node: &Node, left: Val<'a>, right: Val<'a>) -> Result<Val<'a>, EvalError> {
    match (left, right) {
        (Val::Text(a), Val::Text(b)) => {
            if a.len() + b.len() > MAX_TEXT {
                return fail(node, Problem::TooLong);
            }
            let mut joined = a.into_owned();
            joined.push_str(&b);
            Ok(Val::Text(Cow::Owned(joined)))
        }
        (Val::List(a), Val::List(b)) => {
            let size = |items: &[String]| items.iter().map(|item| item.len() + 1).sum::<usize>();
            if size(&a) + size(&b) > MAX_TEXT {
                return fail(node, Problem::TooLong);
            }
            let mut joined = a.into_owned();
            joined.extend_from_slice(&b);
            Ok(Val::List(Cow::Owned(joined)))
        }
        (Val::Int(a), Val::Int(b)) => match a.checked_add(b) {
            Some(sum) => Ok(Val::Int(sum)),
            None => fail(node, Problem::Overflow),
        },
        _ => fail(node, Problem::WrongType("+".to_owned())),
    }
}

fn transform<'a>(node: &Node, how: Transform, text: Cow<'a, str>) -> Result<Val<'a>, EvalError> {
    let made = match how {
        Transform::Lower => Some(text.to_lowercase()),
        Transform::Upper => Some(text.to_uppercase()),
        Transform::Slug => text::slug(&text),
        Transform::Transliterate => text::transliterate(&text),
    };
    match made {
        Some(made) if made.len() > MAX_TEXT => fail(node, Problem::TooLong),
        Some(made) => Ok(Val::Text(Cow::Owned(made))),
        None => fail(node, Problem::NoAscii),
    }
}

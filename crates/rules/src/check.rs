//! The type checker: from what was read to a tree with types, with every error it finds.

mod group;

use crate::error::{ExprError, Span};
use crate::functions::{FUNCTIONS, WITHOUT, comparison, is_known, usage};
use crate::group::IN_GROUP;
use crate::schema::{MANAGER, MANAGER_CHAIN, Schema, Type, WORKER_KEY, ZONE};
use crate::suggest::closest;
use crate::syntax::{Call, LOOPS, Part, PartKind};
use crate::tree::{Comparison, Kind, Literal, Node, Origin, Slot, Test, Transform};
use crate::{MAX_DEPTH, MAX_NODES};

/// The function that asks whether an attribute was stated.
const HAS: &str = "has";

pub(crate) struct Checker<'a> {
    source: &'a str,
    schema: &'a Schema,
    pub nodes: usize,
    pub deepest: usize,
    too_much: bool,
    pub slots: Vec<Slot>,
    pub errors: Vec<ExprError>,
}

impl<'a> Checker<'a> {
    pub fn new(source: &'a str, schema: &'a Schema) -> Self {
        let (slots, errors) = (Vec::new(), Vec::new());
        Self {
            source,
            schema,
            nodes: 0,
            deepest: 0,
            too_much: false,
            slots,
            errors,
        }
    }

    /// Checks the whole expression; `None` when an error was found.
    pub fn root(&mut self, part: &Part) -> Option<Node> {
        self.node(part, 1)
    }

    pub fn complain(&mut self, span: Span, problem: impl Into<String>, fix: impl Into<String>) {
        self.errors.push(ExprError {
            span,
            problem: problem.into(),
            fix: fix.into(),
        });
    }

    fn wrong<T>(
        &mut self,
        span: Span,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Option<T> {
        self.complain(span, problem, fix);
        None
    }

    fn node(&mut self, part: &Part, depth: usize) -> Option<Node> {
        self.grow(1, depth)?;
        let span = part.span;
        let literal = |of, literal| {
            Some(Node {
                span,
                of,
                kind: Kind::Literal(literal),
            })
        };
        match &part.kind {
            PartKind::Bool(flag) => literal(Type::Bool, Literal::Bool(*flag)),
            PartKind::Int(number) => literal(Type::Int, Literal::Int(*number)),
            PartKind::Text(text) => literal(Type::Text, Literal::Text(text.clone())),
            PartKind::Foreign(problem, fix) => self.wrong(span, *problem, *fix),
            PartKind::Name(name) => self.stray_name(name, span),
            PartKind::Field(of, name) if is_person(of) => {
                let (slot, of) = self.attribute(name, span)?;
                let kind = Kind::Fact(slot);
                Some(Node { span, of, kind })
            }
            PartKind::Field(of, name) => self.not_a_field(of, name, span, depth),
            PartKind::Call(call) if call.name == HAS => self.has(call, span),
            PartKind::Call(call) => self.call(call, span, depth),
            PartKind::List(items) => self.list(items, span, depth),
        }
    }

    /// `has(person.attribute)`
    fn has(&mut self, call: &Call, span: Span) -> Option<Node> {
        let [
            Part {
                kind: PartKind::Field(of, name),
                ..
            },
        ] = call.operands.as_slice()
        else {
            return self.unknown(HAS, call.operands.len(), call.at);
        };
        if !is_person(of) {
            let problem = "`has` looks at what is said of a person";
            return self.wrong(span, problem, format!("write `{}`", usage(HAS)));
        }
        let (slot, _) = self.attribute(name, span)?;
        Some(Node {
            span,
            of: Type::Bool,
            kind: Kind::Has(slot),
        })
    }

    /// Counts parts at a depth; complains once when they are too many or too deep.
    fn grow(&mut self, nodes: usize, depth: usize) -> Option<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.deepest = self.deepest.max(depth);
        if self.nodes <= MAX_NODES && depth <= MAX_DEPTH {
            return Some(());
        }
        if !self.too_much {
            self.too_much = true;
            let span = Span {
                start: 0,
                end: self.source.len(),
            };
            self.complain(
                span,
                format!(
                    "the expression is too large: at most {MAX_NODES} parts, {MAX_DEPTH} deep, with \
                     the conditions of its groups"
                ),
                "use `in [\"…\", \"…\"]` for many values, or several rules",
            );
        }
        None
    }

    fn stray_name<T>(&mut self, name: &str, token: Span) -> Option<T> {
        if name == "person" {
            return self.wrong(
                token,
                "`person` alone is no value",
                "add an attribute: `person.…`",
            );
        }
        let known = self.schema.attributes.contains_key(name);
        let fix = if known || Origin::of(name) != Origin::Attribute {
            format!("write `person.{name}`")
        } else {
            format!("facts are written `person.…`; texts stand in quotes: `\"{name:.60}\"`")
        };
        self.wrong(token, format!("there is no variable `{name:.60}`"), fix)
    }

    fn not_a_field(
        &mut self,
        operand: &Part,
        field: &str,
        span: Span,
        depth: usize,
    ) -> Option<Node> {
        let of = self.node(operand, depth + 1)?.of;
        self.wrong(
            span,
            format!("a value of type {of} has no field `{field:.60}`"),
            "",
        )
    }

    fn attribute(&mut self, name: &str, span: Span) -> Option<(usize, Type)> {
        let origin = Origin::of(name);
        let Some(of) = self.schema.type_of(name) else {
            if name == MANAGER_CHAIN {
                let problem = format!("`{name}` needs an attribute `{MANAGER}` of type text");
                let fix = "declare the column with the manager's worker key under that name";
                return self.wrong(span, problem, fix);
            }
            let names = self.schema.attributes.keys().map(String::as_str).chain([
                WORKER_KEY,
                ZONE,
                MANAGER_CHAIN,
            ]);
            let fix = match closest(name, names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "attributes are declared in the Source documents".to_owned(),
            };
            return self.wrong(span, format!("no attribute `{name:.60}`"), fix);
        };
        let slot = self
            .slots
            .iter()
            .position(|slot| slot.name == name)
            .unwrap_or_else(|| {
                self.slots.push(Slot {
                    name: name.to_owned(),
                    origin,
                });
                self.slots.len() - 1
            });
        Some((slot, of))
    }

    fn list(&mut self, elements: &[Part], span: Span, depth: usize) -> Option<Node> {
        let mut items = Vec::new();
        let mut sound = true;
        for element in elements {
            match self.node(element, depth + 1) {
                Some(item) if item.of == Type::Text => items.push(item),
                Some(item) => {
                    let problem = format!("lists hold text, but this is {}", item.of);
                    self.complain(item.span, problem, "");
                    sound = false;
                }
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        let texts: Option<Vec<String>> = items
            .iter()
            .map(|item| match &item.kind {
                Kind::Literal(Literal::Text(text)) => Some(text.clone()),
                _ => None,
            })
            .collect();
        let kind = texts.map_or(Kind::List(items), |texts| {
            Kind::Literal(Literal::List(texts))
        });
        Some(Node {
            span,
            of: Type::List,
            kind,
        })
    }

    fn call(&mut self, call: &Call, span: Span, depth: usize) -> Option<Node> {
        let name = call.name.as_str();
        if LOOPS.contains(&name) {
            let problem = "there are no loops here (`all`, `exists`, `map`, `filter`)";
            return self.wrong(span, problem, "test one value with `in`");
        }
        let operands = call.operands.iter();
        let nodes: Vec<Option<Node>> = operands
            .map(|operand| self.node(operand, depth + 1))
            .collect();
        let count = nodes.len();
        let nodes: Option<Vec<Node>> = nodes.into_iter().collect();
        if !is_known(name, count) {
            return self.unknown(name, count, call.at);
        }
        let nodes = nodes?;
        match <[Node; 2]>::try_from(nodes) {
            Ok(two) => self.two(name, two, span),
            Err(nodes) => match <[Node; 3]>::try_from(nodes) {
                Ok(three) => self.choose(three, span),
                Err(mut nodes) => self.one(name, nodes.pop()?, span, depth),
            },
        }
    }

    fn unknown<T>(&mut self, name: &str, count: usize, token: Span) -> Option<T> {
        if WITHOUT.contains(&name) {
            return self.wrong(token, format!("there is no operator `{name}` here"), "");
        }
        if FUNCTIONS.contains(&name) {
            let usage = usage(name);
            return self.wrong(
                token,
                format!("`{name}` does not take {} values", count),
                format!("write `{usage}`"),
            );
        }
        let fix = match closest(name, FUNCTIONS) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("there are {}", FUNCTIONS.join(", ")),
        };
        self.wrong(token, format!("no function `{name:.60}`"), fix)
    }

    fn one(&mut self, name: &str, inner: Node, span: Span, depth: usize) -> Option<Node> {
        if name == IN_GROUP {
            return self.in_group(&inner, span, depth);
        }
        if name == "!" {
            self.expect(&inner, Type::Bool, "`!`")?;
            return Some(Node {
                span,
                of: Type::Bool,
                kind: Kind::Not(Box::new(inner)),
            });
        }
        let how = match name {
            "lower" => Transform::Lower,
            "upper" => Transform::Upper,
            "slug" => Transform::Slug,
            _ => Transform::Transliterate,
        };
        self.expect(&inner, Type::Text, &format!("`{name}`"))?;
        Some(Node {
            span,
            of: Type::Text,
            kind: Kind::Transform(how, Box::new(inner)),
        })
    }

    fn two(&mut self, name: &str, sides: [Node; 2], span: Span) -> Option<Node> {
        let boolean = |kind| {
            Some(Node {
                span,
                of: Type::Bool,
                kind,
            })
        };
        match name {
            "&&" | "||" => {
                let word = format!("`{name}`");
                let left = self.expect(&sides[0], Type::Bool, &word);
                let right = self.expect(&sides[1], Type::Bool, &word);
                left.and(right)?;
                let sides = Box::new(sides);
                let and = name == "&&";
                boolean(if and {
                    Kind::And(sides)
                } else {
                    Kind::Or(sides)
                })
            }
            "in" => {
                let left = self.expect(&sides[0], Type::Text, "`in` (left)");
                let right = self.expect(&sides[1], Type::List, "`in` (right)");
                left.and(right)?;
                boolean(Kind::In(Box::new(sides)))
            }
            "+" => {
                let of = self.same(&sides, "`+`", span)?;
                if of == Type::Bool {
                    return self.wrong(span, "`+` does not join bool", "use `&&` or `||`");
                }
                Some(Node {
                    span,
                    of,
                    kind: Kind::Join(Box::new(sides)),
                })
            }
            "orValue" => {
                let of = self.same(&sides, "`orValue`", span)?;
                Some(Node {
                    span,
                    of,
                    kind: Kind::OrValue(Box::new(sides)),
                })
            }
            "startsWith" | "endsWith" | "contains" => self.test(name, sides, span),
            _ => self.compare(comparison(name)?, sides, span),
        }
    }

    fn test(&mut self, name: &str, sides: [Node; 2], span: Span) -> Option<Node> {
        let how = match name {
            "startsWith" => Test::StartsWith,
            "endsWith" => Test::EndsWith,
            _ => Test::Contains,
        };
        if how == Test::Contains && sides[0].of == Type::List {
            return self.wrong(span, "`contains` looks into text", "write `… in list`");
        }
        let left = self.expect(&sides[0], Type::Text, &format!("`{name}`"));
        let right = self.expect(&sides[1], Type::Text, &format!("`{name}`"));
        left.and(right)?;
        Some(Node {
            span,
            of: Type::Bool,
            kind: Kind::Test(how, Box::new(sides)),
        })
    }

    fn compare(&mut self, how: Comparison, sides: [Node; 2], span: Span) -> Option<Node> {
        let of = self.same(&sides, "a comparison", span)?;
        let ordered = !matches!(how, Comparison::Equal | Comparison::NotEqual);
        if ordered && !matches!(of, Type::Text | Type::Int) {
            return self.wrong(span, format!("values of type {of} have no order"), "");
        }
        Some(Node {
            span,
            of: Type::Bool,
            kind: Kind::Compare(how, Box::new(sides)),
        })
    }

    fn choose(&mut self, parts: [Node; 3], span: Span) -> Option<Node> {
        self.expect(&parts[0], Type::Bool, "`?`")?;
        let (yes, no) = (parts[1].of, parts[2].of);
        if yes != no {
            let problem = format!("the two sides of `:` are {yes} and {no}");
            return self.wrong(span, problem, "both must be of one type");
        }
        Some(Node {
            span,
            of: yes,
            kind: Kind::Choose(Box::new(parts)),
        })
    }

    fn expect(&mut self, node: &Node, wanted: Type, by: &str) -> Option<()> {
        if node.of == wanted {
            return Some(());
        }
        self.wrong(
            node.span,
            format!("{by} needs {wanted}, but this is {}", node.of),
            "",
        )
    }

    fn same(&mut self, sides: &[Node; 2], by: &str, span: Span) -> Option<Type> {
        let [left, right] = sides;
        if left.of == right.of {
            return Some(left.of);
        }
        let fix = match (left.of, right.of) {
            (Type::List, Type::Text) | (Type::Text, Type::List) => "use `in` to look into a list",
            (Type::Int, Type::Text) | (Type::Text, Type::Int) => {
                "numbers stand without quotes, texts with them"
            }
            _ => "both must be of one type",
        };
        self.wrong(
            span,
            format!("{by} meets {} and {}", left.of, right.of),
            fix,
        )
    }
}

fn is_person(part: &Part) -> bool {
    matches!(&part.kind, PartKind::Name(name) if name == "person")
}

//! The `cel` crate's interpreter as oracle: on expressions of the language we share, both give
//! the same value, and where one has none the other has none.

use std::collections::HashMap;

use cel::{Context, Program};
use model::{Facts, Value};
use proptest::prelude::*;
use rules::{BY_HAND, Mapped, compile_mapping};

use super::{GROUPS, LISTED, facts, schema};

/// An expression as we write it, and as CEL without our additions writes it.
#[derive(Debug, Clone)]
struct Both {
    ours: String,
    cel: String,
}

impl Both {
    fn same(text: impl Into<String>) -> Self {
        let ours = text.into();
        Self {
            cel: ours.clone(),
            ours,
        }
    }

    fn around(parts: &[&Self], make: impl Fn(&[&str]) -> String) -> Self {
        let ours: Vec<&str> = parts.iter().map(|part| part.ours.as_str()).collect();
        let cel: Vec<&str> = parts.iter().map(|part| part.cel.as_str()).collect();
        Self {
            ours: make(&ours),
            cel: make(&cel),
        }
    }
}

const WORDS: [&str; 6] = ["", "a", "b", "ab", "Engineering", "é"];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(WORDS.to_vec())
}

fn text(depth: u32) -> BoxedStrategy<Both> {
    let leaf = prop_oneof![
        word().prop_map(|word| Both::same(format!("{word:?}"))),
        prop::sample::select(vec!["department", "given_name", "title"])
            .prop_map(|name| Both::same(format!("person.{name}"))),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    prop_oneof![
        3 => leaf,
        1 => (text(depth - 1), text(depth - 1))
            .prop_map(|(a, b)| Both::around(&[&a, &b], |p| format!("({} + {})", p[0], p[1]))),
        1 => (truth(depth - 1), text(depth - 1), text(depth - 1)).prop_map(|(c, a, b)| {
            Both::around(&[&c, &a, &b], |p| format!("({} ? {} : {})", p[0], p[1], p[2]))
        }),
        1 => (prop::sample::select(vec!["department", "title"]), word()).prop_map(|(name, word)| {
            Both {
                ours: format!("person.{name}.orValue({word:?})"),
                cel: format!("(has(person.{name}) ? person.{name} : {word:?})"),
            }
        }),
    ]
    .boxed()
}

fn number(depth: u32) -> BoxedStrategy<Both> {
    let leaf = prop_oneof![
        (-3i64..4).prop_map(|n| Both::same(n.to_string())),
        Just(Both::same("person.grade")),
        Just(Both::same("9223372036854775807")),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    prop_oneof![
        3 => leaf,
        1 => (number(depth - 1), number(depth - 1))
            .prop_map(|(a, b)| Both::around(&[&a, &b], |p| format!("({} + {})", p[0], p[1]))),
    ]
    .boxed()
}

fn list(depth: u32) -> BoxedStrategy<Both> {
    let depth = depth.saturating_sub(1);
    prop_oneof![
        Just(Both::same("person.skills")),
        prop::collection::vec(text(depth), 0..3).prop_map(|items| {
            let items: Vec<&Both> = items.iter().collect();
            Both::around(&items, |p| format!("[{}]", p.join(", ")))
        }),
    ]
    .boxed()
}

/// A group is its condition in brackets; CEL knows who is listed by hand as a list of its own.
fn group() -> impl Strategy<Value = Both> {
    let [(first, engineers), (second, seniors)] = GROUPS;
    let asked = |name: &str| format!("in_group({name:?})");
    let inlined = seniors.replace(&asked(first), &format!("({engineers})"));
    prop::sample::select(vec![
        (first, format!("({engineers})")),
        (second, format!("({inlined})")),
        (LISTED, format!("({LISTED:?} in by_hand)")),
    ])
    .prop_map(move |(name, cel)| Both {
        ours: asked(name),
        cel,
    })
}

fn truth(depth: u32) -> BoxedStrategy<Both> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|flag| Both::same(flag.to_string())),
        Just(Both::same("person.remote")),
        prop::sample::select(vec!["department", "title", "skills", "grade"])
            .prop_map(|name| Both::same(format!("has(person.{name})"))),
        group(),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let d = depth - 1;
    let two = |a: BoxedStrategy<Both>, b: BoxedStrategy<Both>, operators: &[&'static str]| {
        (a, prop::sample::select(operators.to_vec()), b)
            .prop_map(|(a, op, b)| Both::around(&[&a, &b], |p| format!("({} {op} {})", p[0], p[1])))
            .boxed()
    };
    const ORDER: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
    prop_oneof![
        1 => leaf,
        2 => two(truth(d), truth(d), &["&&", "||"]),
        2 => two(text(d), text(d), &ORDER),
        1 => two(number(d), number(d), &ORDER),
        1 => two(list(d), list(d), &["==", "!="]),
        1 => two(truth(d), truth(d), &["==", "!="]),
        1 => two(text(d), list(d), &["in"]),
        1 => truth(d).prop_map(|a| Both::around(&[&a], |p| format!("!{}", p[0]))),
        1 => (text(d), prop::sample::select(vec!["startsWith", "endsWith", "contains"]), text(d))
            .prop_map(|(a, f, b)| Both::around(&[&a, &b], |p| format!("{}.{f}({})", p[0], p[1]))),
        1 => (truth(d), truth(d), truth(d)).prop_map(|(c, a, b)| {
            Both::around(&[&c, &a, &b], |p| format!("({} ? {} : {})", p[0], p[1], p[2]))
        }),
    ]
    .boxed()
}

/// Conditions without brackets: what binds how strongly is up to the reader.
fn bare() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "true",
        "!person.remote",
        "!!person.remote",
        "1 + person.grade == 2",
        "person.grade < 1 + -1 + 2",
        "0x1 <= person.grade == true",
        r#""a" + person.title == "ab""#,
        r#"person.title + "b" in ["ab", "b",]"#,
        r#""a" in person.skills == person.remote"#,
        r#"!person.title.startsWith("a")"#,
        "has(person.title) != false",
    ]);
    let operator = prop::sample::select(vec!["&&", "||"]);
    let chain = (
        prop::collection::vec((atom.clone(), operator), 0..9),
        atom.clone(),
    )
        .prop_map(|(pairs, last)| {
            let pairs = pairs.into_iter();
            let pairs = pairs.map(|(atom, operator)| format!("{atom} {operator} "));
            format!("{}{last}", pairs.collect::<String>())
        });
    (chain, prop::option::of((atom.clone(), atom))).prop_map(|(chain, choice)| match choice {
        Some((yes, no)) => format!("{chain} ? {yes} : {no} ? {no} : {yes}"),
        None => chain,
    })
}

fn people() -> impl Strategy<Value = Facts> {
    (
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(-3i64..4),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::collection::vec(word(), 0..3)),
        prop::option::of(prop::sample::select(vec![LISTED, "others"])),
    )
        .prop_map(
            |(department, given, title, grade, remote, skills, listed)| {
                let mut stated: Vec<(&str, Value)> = Vec::new();
                stated.extend(department.map(|v| ("department", v.into())));
                stated.extend(given.map(|v| ("given_name", v.into())));
                stated.extend(title.map(|v| ("title", v.into())));
                stated.extend(grade.map(|v| ("grade", Value::Int(v))));
                stated.extend(remote.map(|v| ("remote", Value::Bool(v))));
                stated.extend(skills.map(|v| {
                    (
                        "skills",
                        Value::List(v.into_iter().map(str::to_owned).collect()),
                    )
                }));
                stated.extend(listed.map(|v| (BY_HAND, Value::List(vec![v.to_owned()]))));
                facts(&stated)
            },
        )
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Text(text) => text.as_str().into(),
        Value::Bool(flag) => (*flag).into(),
        Value::Int(number) => (*number).into(),
        Value::List(items) => items.clone().into(),
        Value::Subject { .. } => unreachable!("not generated"),
    }
}

/// What the oracle says; `None` when it has no value.
fn ask(source: &str, facts: &Facts) -> Option<cel::Value> {
    let program = Program::compile(source).expect(source);
    let mut context = Context::default();
    let person: HashMap<String, cel::Value> = facts
        .attributes
        .iter()
        .map(|(name, value)| (name.clone(), to_cel(value)))
        .collect();
    let by_hand = facts.attributes.get(BY_HAND);
    let by_hand = by_hand.map_or_else(|| Vec::<String>::new().into(), to_cel);
    context.add_variable_from_value("by_hand", by_hand);
    context.add_variable_from_value("person", person);
    program.execute(&context).ok()
}

fn ours(source: &str, facts: &Facts) -> Option<cel::Value> {
    match compile_mapping(source, &schema())
        .expect(source)
        .apply(facts, "k")
    {
        Ok(Mapped::Value(value)) => Some(to_cel(&value)),
        Ok(Mapped::Missing) | Err(_) => None,
    }
}

#[test]
fn literals_agree() {
    for source in [
        r#""a\n\t\"\'\\\?\`""#,
        r#"'it\'s "quoted"'"#,
        r#""\u00e9\U0001F600\x41\X42\101""#,
        r#"r"a\n""#,
        "\"\"\"two\n\"lines\" of it\"\"\"",
        "'''it's\n'''",
        "r\"\"\"\\\n\"\"\"",
        r#""" + '' + "a""#,
        "1 // the rest is said to people",
        "// first\n\t1\r\n",
        "0x1F",
        "-0x1f",
        "--1",
        "- 1",
        "---1",
        "-9223372036854775808",
        "9223372036854775807",
        "[\"a\", \"b\",]",
        "[]",
    ] {
        let nobody = facts(&[]);
        let value = ours(source, &nobody);
        assert!(value.is_some(), "{source}");
        assert_eq!(value, ask(source, &nobody), "{source}");
    }
}

/// What CEL's own parser does not take, we do not either.
#[test]
fn refusals_agree() {
    for source in [
        "1 +",
        "a b",
        "(1",
        "1)",
        "[1",
        "f(1,)",
        "'a",
        "\"a\nb\"",
        r#""\q""#,
        r#""\400""#,
        r#""\u12""#,
        r#""\ud800""#,
        "1 ? 2",
        "1 ? 2 : ",
        "a.",
        ".",
        "a..b",
        "in",
        "a in",
        "&& a",
        "a = b",
        "a & b",
        "9223372036854775808",
        "0x8000000000000000",
        "#",
        "a.'b'",
        "a[",
        "1 2",
        "!",
        "-",
        "true ? false",
        "a ? b ? c : d : e",
    ] {
        assert!(Program::compile(source).is_err(), "CEL takes {source}");
        assert!(compile_mapping(source, &schema()).is_err(), "{source}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn what_binds_how_strongly_agrees(source in bare(), person in people()) {
        prop_assert_eq!(ours(&source, &person), ask(&source, &person), "{}", source);
    }

    #[test]
    fn conditions_agree(expression in truth(3), person in people()) {
        prop_assert_eq!(ours(&expression.ours, &person), ask(&expression.cel, &person), "{}", expression.ours);
    }

    #[test]
    fn mappings_agree(
        expression in prop_oneof![text(3), number(2), list(2)],
        person in people(),
    ) {
        prop_assert_eq!(ours(&expression.ours, &person), ask(&expression.cel, &person), "{}", expression.ours);
    }
}

//! What expressions give.

use model::Value;
use rules::{Mapped, Problem, Type, compile_condition, compile_mapping};

use super::{ana, facts, schema};

fn holds(source: &str) -> Result<bool, Problem> {
    let condition = compile_condition(source, &schema()).expect(source);
    let decided = condition.holds(&ana(), "4711");
    assert_eq!(
        decided.answer,
        condition.test(&ana(), "4711"),
        "with and without trace"
    );
    decided.answer.map_err(|error| error.problem)
}

fn value(source: &str) -> Result<Mapped, Problem> {
    let mapping = compile_mapping(source, &schema()).expect(source);
    let decided = mapping.value(&ana(), "4711");
    assert_eq!(
        decided.answer,
        mapping.apply(&ana(), "4711"),
        "with and without trace"
    );
    decided.answer.map_err(|error| error.problem)
}

#[test]
fn conditions() {
    for (source, expected) in [
        ("person.department == \"Engineering\"", true),
        ("person.department != 'Engineering'", false),
        ("person.grade >= 7 && person.grade < 8", true),
        ("person.grade == -7", false),
        ("person.department in [\"Sales\", \"Engineering\"]", true),
        ("\"rust\" in person.skills", true),
        ("\"go\" in person.skills", false),
        ("person.department.startsWith(\"Eng\")", true),
        ("person.department.endsWith(\"ring\") || false", true),
        ("person.department.contains(\"gin\")", true),
        ("lower(person.department) == \"engineering\"", true),
        ("person.department.upper() == \"ENGINEERING\"", true),
        ("has(person.title)", false),
        ("has(person.title) && person.title == \"x\"", false),
        ("!has(person.title) || person.title == \"x\"", true),
        ("person.title == \"x\" || person.remote", true),
        ("person.title == \"x\" && !person.remote", false),
        ("person.title.orValue(\"none\") == \"none\"", true),
        (
            "person.worker_key == \"4711\" && has(person.worker_key)",
            true,
        ),
        ("person.zone == \"UTC\" && has(person.zone)", true),
        ("person.zone.startsWith(\"Europe/\")", false),
        ("person.skills == [\"rust\", \"sql\"]", true),
        ("person.remote ? person.grade == 7 : false", true),
        ("person.department < \"F\"", true),
        ("[person.given_name] + [\"b\"] == [\"Zoë\", \"b\"]", true),
    ] {
        assert_eq!(holds(source), Ok(expected), "{source}");
    }
}

#[test]
fn comparing_what_is_missing_is_no_answer() {
    for source in [
        "person.title == \"x\"",
        "person.title != \"x\"",
        "person.title in [\"x\"]",
        "person.title.startsWith(\"x\")",
        "lower(person.title) == \"x\"",
        "person.title == \"x\" && person.remote",
        "person.remote && person.title == \"x\"",
        "(person.title == \"x\") ? true : false",
    ] {
        assert!(
            matches!(holds(source), Err(Problem::Missing(_))),
            "{source}"
        );
    }
}

#[test]
fn the_error_names_the_part_that_is_missing() {
    let condition = compile_condition("person.remote && person.title == \"x\"", &schema()).unwrap();
    let error = condition.test(&ana(), "k").unwrap_err();
    assert_eq!(
        &condition.source()[error.span.start..error.span.end],
        "person.title"
    );
    assert!(error.to_string().contains("has(person.title)"), "{error}");
}

#[test]
fn mappings() {
    let text = |text: &str| Ok(Mapped::Value(Value::from(text)));
    for (source, expected) in [
        (
            "person.given_name + \" \" + person.family_name",
            text("Zoë Müller"),
        ),
        (
            "slug(person.given_name) + \".\" + slug(person.family_name)",
            text("zoe.mueller"),
        ),
        ("transliterate(person.family_name)", text("Mueller")),
        ("person.worker_key", text("4711")),
        ("person.zone", text("UTC")),
        ("person.grade + 1", Ok(Mapped::Value(Value::Int(8)))),
        (
            "person.skills + [\"x\"]",
            Ok(Mapped::Value(Value::List(
                ["rust", "sql", "x"].map(str::to_owned).to_vec(),
            ))),
        ),
        ("person.title", Ok(Mapped::Missing)),
        ("\"Dr \" + person.title", Ok(Mapped::Missing)),
        ("upper(person.title)", Ok(Mapped::Missing)),
        ("(\"Dr \" + person.title).orValue(\"-\")", text("-")),
        (
            "has(person.title) ? person.title : person.department",
            text("Engineering"),
        ),
        ("person.grade + 9223372036854775807", Err(Problem::Overflow)),
        ("slug(\"王\")", Err(Problem::NoAscii)),
    ] {
        assert_eq!(value(source), expected, "{source}");
    }
}

#[test]
fn a_required_mapping_is_never_missing() {
    let mapping = compile_mapping("person.title", &schema())
        .unwrap()
        .required();
    let error = mapping.apply(&ana(), "k").unwrap_err();
    assert_eq!(error.problem, Problem::Missing("person.title".to_owned()));
}

#[test]
fn nothing_grows_without_bound() {
    let grow = format!("{}person.department", "person.department + ".repeat(20));
    let big = facts(&[("department", Value::Text("x".repeat(4000)))]);
    let error = compile_mapping(&grow, &schema())
        .unwrap()
        .apply(&big, "k")
        .unwrap_err();
    assert_eq!(error.problem, Problem::TooLong);
}

#[test]
fn a_value_of_another_type_than_declared_is_an_error_not_a_guess() {
    let odd = facts(&[("grade", "7".into())]);
    let condition = compile_condition("person.grade == 7", &schema()).unwrap();
    let error = condition.test(&odd, "k").unwrap_err();
    assert_eq!(error.problem, Problem::WrongType("person.grade".to_owned()));
}

#[test]
fn facts_never_become_expression_text() {
    let hostile = facts(&[("department", "\" || true || \"".into())]);
    let condition = compile_condition("person.department == \"x\"", &schema()).unwrap();
    assert_eq!(condition.test(&hostile, "k"), Ok(false));
}

#[test]
fn the_trace_shows_every_part_and_the_facts_it_saw() {
    let source = "(person.department == \"Sales\") || has(person.title) || person.grade >= 7";
    let condition = compile_condition(source, &schema()).unwrap();
    let decided = condition.holds(&ana(), "k");
    let lines: Vec<String> = decided
        .trace
        .iter()
        .map(|line| {
            let value = match &line.value {
                Ok(Some(value)) => value.to_string(),
                Ok(None) => "missing".to_owned(),
                Err(error) => error.to_string(),
            };
            format!("{} = {value}", &source[line.span.start..line.span.end])
        })
        .collect();
    assert_eq!(
        lines,
        [
            "person.department = Engineering",
            "\"Sales\" = Sales",
            "person.department == \"Sales\" = false",
            "has(person.title) = false",
            "(person.department == \"Sales\") || has(person.title) = false",
            "person.grade = 7",
            "7 = 7",
            "person.grade >= 7 = true",
            &format!("{source} = true"),
        ]
    );
    assert_eq!(
        decided.facts,
        [
            ("department".to_owned(), Some("Engineering".into())),
            ("grade".to_owned(), Some(Value::Int(7))),
            ("title".to_owned(), None),
        ]
    );
    assert_eq!(condition.attributes(), ["department", "grade", "title"]);
}

#[test]
fn spans_cover_calls_and_brackets() {
    for (source, parts) in [
        (
            "lower( person . title ) == 'a'",
            vec!["person . title", "lower( person . title )"],
        ),
        (
            "person.title.startsWith(')')",
            vec!["')'", "person.title.startsWith(')')"],
        ),
        (
            "!(person.remote)",
            vec!["person.remote", "!(person.remote)"],
        ),
        (
            "person.title.orValue('x').lower() == 'é'",
            vec!["person.title.orValue('x').lower()", "'é'"],
        ),
        ("-5 < person.grade", vec!["-5"]),
        ("person.title in ['a', 'b']", vec!["['a', 'b']"]),
    ] {
        let everything = facts(&[
            ("title", "t".into()),
            ("remote", Value::Bool(true)),
            ("grade", Value::Int(1)),
        ]);
        let trace = compile_condition(source, &schema())
            .expect(source)
            .holds(&everything, "k")
            .trace;
        let seen: Vec<&str> = trace
            .iter()
            .map(|line| &source[line.span.start..line.span.end])
            .collect();
        for part in parts {
            assert!(seen.contains(&part), "{source}: {part} not in {seen:?}");
        }
    }
}

#[test]
fn what_is_always_there_is_told_as_a_fact_that_was_looked_at() {
    let source = "has(person.worker_key) && person.zone != person.worker_key";
    let condition = compile_condition(source, &schema()).unwrap();
    assert_eq!(condition.attributes(), ["worker_key", "zone"]);
    let told = [("worker_key", "4711"), ("zone", "UTC")];
    let told = told.map(|(name, text)| (name.to_owned(), Some(Value::from(text))));
    assert_eq!(condition.holds(&ana(), "4711").facts, told);
}

#[test]
fn the_managers_above_are_a_list_where_a_manager_is_text() {
    let mut schema = schema();
    schema.attributes.insert("manager".to_owned(), Type::Text);
    let condition = compile_condition("\"k9\" in person.manager_chain", &schema).unwrap();
    assert_eq!(condition.attributes(), ["manager_chain"]);
    let with = |keys: &[&str]| {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        facts(&[("manager_chain", Value::List(keys))])
    };
    assert_eq!(condition.test(&with(&["k1", "k9"]), "k"), Ok(true));
    assert_eq!(condition.test(&with(&[]), "k"), Ok(false));
    // Of whom nobody has told it, nobody knows.
    assert!(condition.test(&facts(&[]), "k").is_err());
    schema.attributes.insert("manager".to_owned(), Type::Int);
    assert!(compile_condition("has(person.manager_chain)", &schema).is_err());
}

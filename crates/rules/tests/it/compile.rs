//! What the compiler accepts, and what it says of the rest.

use proptest::prelude::*;
use rules::{ExprError, MAX_SOURCE, compile_condition, compile_mapping};

use super::schema;

fn errors(source: &str) -> Vec<ExprError> {
    compile_condition(source, &schema()).expect_err(source)
}

/// `what is underlined: problem; fix`
fn told(source: &str) -> String {
    let lines: Vec<String> = errors(source)
        .iter()
        .map(|e| format!("{}: {e}", &source[e.span.start..e.span.end]))
        .collect();
    lines.join("\n")
}

#[test]
fn an_unknown_attribute_is_named_with_the_one_that_was_meant() {
    assert_eq!(
        told("person.dept == \"x\""),
        "person.dept: no attribute `dept`; did you mean `department`?"
    );
    assert_eq!(
        told("has(person.grad)"),
        "has(person.grad): no attribute `grad`; did you mean `grade`?"
    );
}

#[test]
fn all_errors_are_told_at_once_in_order() {
    let all = errors("person.dept == 1 || person.grade == \"7\" || foo");
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.windows(2).all(|two| two[0].span <= two[1].span));
}

#[test]
fn each_mistake_has_its_message() {
    for (source, said) in [
        ("person.grade == \"7\"", "a comparison meets int and text"),
        (
            "person.grade",
            "a condition is true or false, but this is int",
        ),
        ("!person.grade", "`!` needs bool"),
        ("person.remote < true", "no order"),
        ("person.department in \"Eng\"", "needs list of text"),
        ("person.skills == \"rust\"", "use `in`"),
        ("person.skills.contains(\"rust\")", "write `… in list`"),
        ("department == \"x\"", "write `person.department`"),
        ("person.department == Engineering", "texts stand in quotes"),
        ("person == \"x\"", "add an attribute"),
        (
            "\"1\" in person.manager_chain",
            "needs an attribute `manager` of type text",
        ),
        ("person.department.size == 1", "has no field `size`"),
        (
            "person.department.startswith(\"a\")",
            "did you mean `startsWith`?",
        ),
        ("lower() == \"\"", "write `lower(text)`"),
        ("person.grade - 1 == 2", "no operator `-`"),
        ("person.skills[0] == \"x\"", "no operator `[…]`"),
        ("person.skills.exists(s, s == \"x\")", "no loops"),
        ("person.grade == 1.5", "no fractions"),
        ("person.title == null", "has(person"),
        ("person.department == \"x", "stand in quotes"),
        ("person.department ==", "ends too early"),
        ("", "ends too early"),
        ("person.remote person.remote", "cannot stand here"),
        (
            "person.grade == 99999999999999999999",
            "does not fit in 64 bits",
        ),
        ("(person.remote ? 1 : \"a\") == 1", "two sides of `:`"),
        ("person.remote && person.grade", "`&&` needs bool"),
        (
            "person.title.orValue(1) == \"x\"",
            "`orValue` meets text and int",
        ),
    ] {
        let told = told(source);
        assert!(
            told.contains(said),
            "{source}\n  said: {told}\n  not:  {said}"
        );
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let long = format!("person.title == \"{}\"", "x".repeat(MAX_SOURCE));
    assert!(told(&long).contains("4096 are allowed"));
    let wide = vec!["person.remote"; 260].join("||");
    assert!(told(&wide).contains("too large"), "nodes");
    let deep = format!("{}person.remote", "!".repeat(33));
    let even = format!("{}person.remote", "!".repeat(29));
    assert!(
        compile_condition(&deep, &schema()).is_ok(),
        "the parser joins `!!`"
    );
    assert!(compile_condition(&even, &schema()).is_ok());
    let chain = format!("{}\"a\" == \"a\"", "\"a\" + ".repeat(31));
    assert!(told(&chain).contains("too large"), "depth");
}

#[test]
fn hostile_depth_neither_overflows_nor_takes_long() {
    for source in [
        "(".repeat(4000),
        "a.".repeat(2000) + "a",
        "[".repeat(4000),
        "!".repeat(4000),
        "-".repeat(4000),
        "f(".repeat(2000),
        "1+".repeat(2000) + "1",
        "a?".repeat(2000),
        "a?b:".repeat(1000) + "c",
        "{".repeat(4000),
        "\"".repeat(4001),
        "true||".repeat(600) + "true",
    ] {
        let begun = std::time::Instant::now();
        assert!(
            compile_condition(&source, &schema()).is_err(),
            "{source:.20}"
        );
        assert!(
            begun.elapsed().as_secs() < 10,
            "{source:.20}: {:?}",
            begun.elapsed()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_compiles_or_is_refused_with_sound_spans(source in ".{0,60}") {
        if let Err(errors) = compile_mapping(&source, &schema()) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(source.get(error.span.start..error.span.end).is_some());
            }
        }
    }

    #[test]
    fn any_words_of_the_language_do_too(
        words in prop::collection::vec(prop::sample::select(vec![
            "person", ".", "title", "grade", "==", "&&", "||", "!", "(", ")", "[", "]", ",", "in",
            "has", "lower", "\"a\"", "'b'", "1", "-", "?", ":", "+", "é", "{", "}", "r\"\\", "\n",
        ]), 0..24),
    ) {
        let source = words.join(" ");
        if let Err(errors) = compile_mapping(&source, &schema()) {
            for error in errors {
                prop_assert!(source.get(error.span.start..error.span.end).is_some());
            }
        }
    }
}

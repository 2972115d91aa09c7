//! Groups of people in expressions.

use model::Value;
use rules::{
    BY_HAND, PeopleGroup, Problem, Schema, compile_condition, compile_group, compile_mapping,
    groups_in,
};

use super::{LISTED, ana, facts, schema};

fn told(source: &str) -> String {
    let errors = compile_condition(source, &schema()).expect_err(source);
    let told = |e: &rules::ExprError| format!("{}: {e}", &source[e.span.start..e.span.end]);
    errors.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn membership_by_rule_tells_the_group_and_what_it_depends_on() {
    let source = "in_group(\"seniors\") || has(person.title)";
    let condition = compile_condition(source, &schema()).unwrap();
    assert_eq!(condition.attributes(), ["department", "grade", "title"]);
    let decided = condition.holds(&ana(), "k");
    assert_eq!(decided.answer, Ok(true));
    let yes = Some(Value::Bool(true));
    let expected = [
        ("department", Some("Engineering".into())),
        ("grade", Some(Value::Int(7))),
        ("in_group(\"engineers\")", yes.clone()),
        ("in_group(\"seniors\")", yes),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(decided.facts, expected);
    let parts: Vec<(&str, bool)> = decided
        .trace
        .iter()
        .map(|line| {
            let text = line.within.as_deref().unwrap_or(source);
            (&text[line.span.start..line.span.end], line.within.is_some())
        })
        .collect();
    for part in [
        ("person.department == \"Engineering\"", true),
        ("in_group(\"engineers\")", true),
        ("person.grade > 1", true),
        ("in_group(\"seniors\")", false),
        (source, false),
    ] {
        assert!(parts.contains(&part), "{part:?} not in {parts:?}");
    }
    assert_eq!(condition.test(&ana(), "k"), Ok(true));
}

#[test]
fn membership_by_hand_is_what_the_facts_say_and_nothing_else() {
    let source = format!("in_group({LISTED:?})");
    let condition = compile_condition(&source, &schema()).unwrap();
    assert_eq!(condition.attributes(), Vec::<&str>::new());
    let list = |names: &[&str]| Value::List(names.iter().map(|n| (*n).to_owned()).collect());
    let cases = [
        (facts(&[]), false),
        (facts(&[(BY_HAND, list(&["others"]))]), false),
        (facts(&[(BY_HAND, list(&["others", LISTED]))]), true),
        // Only whoever puts a person's facts together writes a list there.
        (facts(&[(BY_HAND, LISTED.into())]), false),
    ];
    for (person, is) in cases {
        let decided = condition.holds(&person, "k");
        assert_eq!(decided.answer, Ok(is), "{person:?}");
        let fact = (source.clone(), Some(Value::Bool(is)));
        assert_eq!(decided.facts, [fact]);
    }
}

#[test]
fn a_group_without_an_answer_gives_none_at_the_place_that_asks() {
    let source = "person.remote && in_group(\"engineers\")";
    let condition = compile_condition(source, &schema()).unwrap();
    let nobody = facts(&[("remote", Value::Bool(true))]);
    let error = condition.test(&nobody, "k").unwrap_err();
    let problem = Problem::Missing("person.department".to_owned());
    assert_eq!(error.problem, problem);
    let place = &source[error.span.start..error.span.end];
    assert_eq!(place, "in_group(\"engineers\")");
    let decided = condition.holds(&nobody, "k");
    let group = ("in_group(\"engineers\")".to_owned(), None);
    assert!(decided.facts.contains(&group), "{:?}", decided.facts);
    let home = facts(&[("remote", Value::Bool(false))]);
    assert_eq!(condition.test(&home, "k"), Ok(false));
}

#[test]
fn a_mapping_can_ask_for_a_group() {
    let mapping = compile_mapping("in_group(\"engineers\") ? \"R&D\" : \"-\"", &schema()).unwrap();
    let value = mapping.apply(&ana(), "k").unwrap();
    assert_eq!(value, rules::Mapped::Value("R&D".into()));
}

#[test]
fn each_mistake_has_its_message() {
    assert_eq!(
        told("in_group(\"enginers\")"),
        "\"enginers\": no group `enginers`; did you mean `engineers`?"
    );
    assert_eq!(
        told("in_group(\"zzzzz\")"),
        "\"zzzzz\": no group `zzzzz`; groups of people are `Group` documents"
    );
    assert_eq!(
        told("in_group(person.department)"),
        "person.department: `in_group` needs the name of a group; write it in quotes: \
         `in_group(\"name\")`"
    );
    assert_eq!(
        told("in_group()"),
        "in_group: `in_group` does not take 0 values; write `in_group(\"name\")`"
    );
}

#[test]
fn nothing_is_said_of_whoever_asks_for_a_group_that_is_wrong_itself() {
    let mut schema = schema();
    schema.groups.insert("broken".to_owned(), None);
    let found = compile_condition("in_group(\"broken\")", &schema);
    assert_eq!(found.map(|_| ()), Err(Vec::new()));
}

/// Each group asks twice for the one before it: the work would double with each.
#[test]
fn what_groups_cost_is_counted_where_they_are_asked_for() {
    let mut schema = Schema::default();
    let mut add = |name: String, when: String| {
        let group = compile_group(&name, &when, &schema)?;
        schema.groups.insert(name, Some(group));
        Ok::<(), Vec<rules::ExprError>>(())
    };
    add("g0".to_owned(), "true".to_owned()).unwrap();
    let mut refused = None;
    for n in 1..40 {
        let before = format!("g{}", n - 1);
        let when = format!("in_group({before:?}) && in_group({before:?})");
        if let Err(errors) = add(format!("g{n}"), when) {
            refused = Some((n, errors));
            break;
        }
    }
    let (n, errors) = refused.expect("it ends");
    assert!(n < 12, "{n} doublings");
    assert!(errors[0].problem.contains("too large"), "{errors:?}");
}

#[test]
fn depth_is_counted_through_groups() {
    let mut schema = Schema::default();
    let listed = PeopleGroup::by_hand("g0");
    schema.groups.insert("g0".to_owned(), Some(listed));
    for n in 1..40 {
        let when = format!("!in_group(\"g{}\")", n - 1);
        match compile_group(&format!("g{n}"), &when, &schema) {
            Ok(group) => schema.groups.insert(format!("g{n}"), Some(group)),
            Err(errors) => {
                assert!(errors[0].problem.contains("too large"), "{errors:?}");
                return;
            }
        };
    }
    panic!("forty levels were accepted");
}

#[test]
fn the_groups_that_a_text_asks_for_are_found_wherever_they_stand() {
    let source = "!(in_group('b') || [\"x\"] == person.skills) && (in_group(\"a\") ? true : \
                  lower(person.title) == \"c\") || in_group(\"b\")";
    assert_eq!(groups_in(source), ["a", "b"]);
    assert_eq!(
        groups_in("\"in_group('a')\" == person.title"),
        Vec::<String>::new()
    );
    assert_eq!(groups_in("in_group('a'"), Vec::<String>::new());
    assert_eq!(
        groups_in(&" ".repeat(rules::MAX_SOURCE + 1)),
        Vec::<String>::new()
    );
}

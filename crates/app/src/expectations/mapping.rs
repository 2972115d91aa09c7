//! `MappingTest`: one person through the mappings of one app.

use documents::{ExpectedValue, MANAGER, MappingTest, Part};
use lifecycle::claims::USER_NAME;
use lifecycle::{AppRules, names};
use model::Value;
use rules::{Decided, Mapped};

use super::{Unmet, trace};

pub(super) fn unmet<'t>(test: &'t MappingTest, app: &AppRules) -> Vec<Unmet<'t>> {
    let mut unmet = Vec::new();
    let begin = [Part::Key("spec"), Part::Key("expect")];
    for (path, expected) in &test.expect {
        let unique = app.unique.as_ref().filter(|_| path == USER_NAME);
        let manager = app.manager.as_ref().filter(|_| path == MANAGER);
        let plain = match manager {
            Some((at, mapping)) => Some((at, mapping)),
            None => app.attributes.get_key_value(path),
        };
        let clears = plain.is_some_and(|(at, _)| app.clears.contains(at));
        let found = match (unique, plain) {
            (Some(unique), _) => names::first(unique, &test.facts, &test.key),
            (None, Some((_, mapping))) => Some((mapping, mapping.value(&test.facts, &test.key))),
            (None, None) => None,
        };
        let Some((mapping, decided)) = found else {
            continue;
        };
        if meets(expected, &decided, clears) {
            continue;
        }
        let mut at = begin.to_vec();
        match expected {
            ExpectedValue::Value(_) => at.extend([Part::Key("attributes"), Part::Key(path)]),
            ExpectedValue::Missing => at.push(Part::Key("missing")),
            ExpectedValue::Cleared => at.push(Part::Key("cleared")),
            ExpectedValue::Error(_) => at.extend([Part::Key("errors"), Part::Key(path)]),
        }
        unmet.push(Unmet {
            path: at,
            about: format!("`{path}` in {}", test.app),
            expected: told(expected),
            got: came_out(&decided, clears),
            trace: trace::of(
                &format!("app/{}", test.app),
                mapping.source(),
                &decided.trace,
            ),
        });
    }
    if let (Some(expected), Some((at, mapping))) = (&test.manager, &app.manager) {
        let decided = mapping.value(&test.facts, &test.key);
        let value = ExpectedValue::Value(Value::Text(expected.clone()));
        let clears = app.clears.contains(at);
        if !meets(&value, &decided, clears) {
            unmet.push(Unmet {
                path: [&begin[..], &[Part::Key("manager")]].concat(),
                about: format!("the manager in {}", test.app),
                expected: told(&value),
                got: came_out(&decided, clears),
                trace: trace::of(
                    &format!("app/{}", test.app),
                    mapping.source(),
                    &decided.trace,
                ),
            });
        }
    }
    unmet
}

fn meets(expected: &ExpectedValue, decided: &Decided<Mapped>, clears: bool) -> bool {
    match (expected, &decided.answer) {
        (ExpectedValue::Value(value), Ok(Mapped::Value(got))) => value == got,
        (ExpectedValue::Missing, Ok(Mapped::Missing)) => true,
        (ExpectedValue::Cleared, Ok(Mapped::Missing)) => clears,
        (ExpectedValue::Error(part), Err(error)) => error.to_string().contains(part),
        _ => false,
    }
}

fn told(expected: &ExpectedValue) -> String {
    match expected {
        ExpectedValue::Value(value) => trace::value(value),
        ExpectedValue::Missing => "missing".to_owned(),
        ExpectedValue::Cleared => "missing, and emptied".to_owned(),
        ExpectedValue::Error(part) if part.is_empty() => "an error".to_owned(),
        ExpectedValue::Error(part) => format!("an error with `{part}` in it"),
    }
}

fn came_out(decided: &Decided<Mapped>, clears: bool) -> String {
    match &decided.answer {
        Ok(Mapped::Value(value)) => trace::value(value),
        Ok(Mapped::Missing) if clears => "missing, and emptied".to_owned(),
        Ok(Mapped::Missing) => "missing".to_owned(),
        Err(error) => format!("the error `{error}`"),
    }
}

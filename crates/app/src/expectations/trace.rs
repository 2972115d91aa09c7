//! How an answer came about, for people.

use model::Value;
use rules::TraceLine;

/// One line for the whole expression and one for each part that was evaluated; parts of the
/// conditions of groups stand before the group, further in.
pub(super) fn of(by: &str, source: &str, lines: &[TraceLine]) -> Vec<String> {
    let mut told = vec![format!("{by}: {}", one_line(source))];
    for line in lines {
        let source = line.within.as_deref().unwrap_or(source);
        let part = source.get(line.span.start..line.span.end).unwrap_or(source);
        let value = match &line.value {
            Ok(Some(found)) => value(found),
            Ok(None) => "missing".to_owned(),
            Err(error) => format!("no answer: {error}"),
        };
        // What a literal is worth, its own text says.
        if part != value {
            let deeper = if line.within.is_some() { "  " } else { "" };
            told.push(format!("  {deeper}{} = {value}", one_line(part)));
        }
    }
    told
}

/// A value as an expression would write it.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => format!("{items:?}"),
        Value::Bool(_) | Value::Int(_) | Value::Subject { .. } => value.to_string(),
    }
}

fn one_line(source: &str) -> String {
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}

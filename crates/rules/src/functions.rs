//! The operators and functions of the language: names, number of operands, how they are written.

use crate::group::IN_GROUP;
use crate::syntax::{CHOOSE, INDEX};
use crate::tree::Comparison;

/// The functions, sorted.
pub(crate) const FUNCTIONS: [&str; 10] = [
    "contains",
    "endsWith",
    "has",
    "in_group",
    "lower",
    "orValue",
    "slug",
    "startsWith",
    "transliterate",
    "upper",
];

pub(crate) fn is_known(name: &str, count: usize) -> bool {
    match name {
        CHOOSE => count == 3,
        "!" | IN_GROUP | "lower" | "upper" | "slug" | "transliterate" => count == 1,
        "&&" | "||" | "in" | "+" => true,
        "orValue" | "startsWith" | "endsWith" | "contains" => count == 2,
        _ => comparison(name).is_some(),
    }
}

pub(crate) fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "==" => Comparison::Equal,
        "!=" => Comparison::NotEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::AtMost,
        ">" => Comparison::Greater,
        ">=" => Comparison::AtLeast,
        _ => return None,
    })
}

/// Operators of CEL that have no meaning here.
pub(crate) const WITHOUT: [&str; 5] = ["-", "*", "/", "%", INDEX];

pub(crate) fn usage(name: &str) -> &'static str {
    match name {
        "contains" => "text.contains(\"part\")",
        "endsWith" => "text.endsWith(\"part\")",
        "startsWith" => "text.startsWith(\"part\")",
        "orValue" => "person.attribute.orValue(\"value\")",
        IN_GROUP => "in_group(\"name\")",
        "lower" => "lower(text)",
        "upper" => "upper(text)",
        "slug" => "slug(text)",
        "transliterate" => "transliterate(text)",
        _ => "has(person.attribute)",
    }
}

//! The operators and functions of the language: names, number of operands, how they are written.

use cel::common::ast::operators;

use crate::group::IN_GROUP;
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
        operators::CONDITIONAL => count == 3,
        operators::LOGICAL_NOT | IN_GROUP | "lower" | "upper" | "slug" | "transliterate" => {
            count == 1
        }
        operators::LOGICAL_AND | operators::LOGICAL_OR | operators::IN | operators::ADD => true,
        "orValue" | "startsWith" | "endsWith" | "contains" => count == 2,
        _ => comparison(name).is_some(),
    }
}

pub(crate) fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::AtMost,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::AtLeast,
        _ => return None,
    })
}

pub(crate) fn symbol(name: &str) -> Option<&'static str> {
    Some(match name {
        operators::SUBSTRACT | operators::NEGATE => "-",
        operators::MULTIPLY => "*",
        operators::DIVIDE => "/",
        operators::MODULO => "%",
        operators::INDEX | operators::OPT_INDEX => "[…]",
        operators::OPT_SELECT => ".?",
        _ => return None,
    })
}

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

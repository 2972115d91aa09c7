//! JSON from outside: bounded before it is parsed.

use serde::de::DeserializeOwned;

/// Why a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Nested too deeply.
    #[error("the JSON is nested more than {0} deep")]
    TooDeep(usize),
    /// Not JSON, or not of the shape asked for. The text names line and column, never a value.
    #[error("the JSON cannot be read: {0}")]
    Wrong(String),
}

/// Parses `bytes`, which must be one JSON value of at most `depth` nested arrays and objects.
///
/// # Errors
/// [`JsonError`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8], depth: usize) -> Result<T, JsonError> {
    if nesting(bytes) > depth {
        return Err(JsonError::TooDeep(depth));
    }
    serde_json::from_slice(bytes).map_err(|e| JsonError::Wrong(e.to_string()))
}

/// How deeply a text nests. For texts that are not JSON the number means nothing; those are
/// refused by the parser.
fn nesting(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let (mut inside, mut escaped) = (false, false);
    for byte in bytes {
        if inside {
            match (escaped, byte) {
                (true, _) => escaped = false,
                (false, b'\\') => escaped = true,
                (false, b'"') => inside = false,
                (false, _) => {}
            }
            continue;
        }
        match byte {
            b'"' => inside = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use serde_json::Value;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert!(parse::<Value>(nested(32).as_bytes(), 32).is_ok());
        assert_eq!(
            parse::<Value>(nested(33).as_bytes(), 32),
            Err(JsonError::TooDeep(32))
        );
        assert_eq!(
            parse::<Value>("[".repeat(1 << 20).as_bytes(), 32),
            Err(JsonError::TooDeep(32))
        );
        let text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(100));
        assert!(parse::<Value>(text.as_bytes(), 32).is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            "{",
            "nul",
            "[1,]",
            r#"{"a":1} x"#,
            "\u{feff}{}",
            r#""\ud800""#,
        ] {
            assert!(parse::<Value>(text.as_bytes(), 32).is_err(), "{text}");
        }
    }
}

//! Query strings (`application/x-www-form-urlencoded`), strictly: what is doubled, unknown or
//! not UTF-8 is refused, because a parameter that is silently dropped changes what was asked.

use std::collections::BTreeMap;

/// The parameters of a query string.
///
/// # Errors
/// One sentence that names the parameter at fault.
pub fn parse(query: &str, known: &[&str]) -> Result<BTreeMap<String, String>, String> {
    let mut parameters = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name).ok_or("the query holds a name that is not UTF-8")?;
        if !known.contains(&name.as_str()) {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(format!(
                "there is no parameter `{name:.40}`; known here: {known}"
            ));
        }
        let value = decode(value)
            .ok_or_else(|| format!("the parameter `{name}` is not percent-encoded UTF-8"))?;
        if parameters.insert(name.clone(), value).is_some() {
            return Err(format!("the parameter `{name}` is given twice"));
        }
    }
    Ok(parameters)
}

fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || (bytes.next()? as char).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn values_are_decoded_and_doubles_refused() {
        let known = ["person", "app"];
        let read = parse("person=ana%40acme.example&app=wiki+x&", &known).unwrap();
        assert_eq!(read["person"], "ana@acme.example");
        assert_eq!(read["app"], "wiki x");
        assert!(parse("app=a&app=b", &known).unwrap_err().contains("twice"));
        assert!(parse("App=a", &known).unwrap_err().contains("no parameter"));
        assert!(parse("app=%ff", &known).is_err());
        assert!(parse("app=%4", &known).is_err());
        assert!(parse("x=1", &[]).unwrap_err().contains("none"));
    }
}

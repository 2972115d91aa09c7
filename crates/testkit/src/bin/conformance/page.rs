//! Pages, as far as a browser without scripts has to understand them: forms and their fields; and texts
//! that are encoded for queries and forms.

/// A form of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// The forms of a page. What is hidden until a script shows it is not there.
pub fn forms(html: &str) -> Vec<Form> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, from)) = rest.split_once("<form") {
        let (tag, inside) = from.split_once('>').unwrap_or((from, ""));
        let (inside, after) = inside.split_once("</form>").unwrap_or((inside, ""));
        let hidden = tag.split_whitespace().any(|word| word == "hidden");
        if let Some(action) = attribute(tag, "action").filter(|_| !hidden) {
            let fields = inside.split("<input").skip(1).filter_map(field).collect();
            found.push(Form { action, fields });
        }
        rest = after;
    }
    found
}

fn field(text: &str) -> Option<(String, String)> {
    let tag = text.split('>').next()?;
    let name = attribute(tag, "name")?;
    Some((name, attribute(tag, "value").unwrap_or_default()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(plain)
}

/// The text between two others, without escapes.
pub fn between(html: &str, before: &str, after: &str) -> Option<String> {
    let (_, rest) = html.split_once(before)?;
    rest.split_once(after).map(|(found, _)| plain(found))
}

/// A text without the escapes of HTML.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('&') {
        out.push_str(before);
        let (name, after) = from.split_once(';').unwrap_or((from, ""));
        let code = name.strip_prefix('#').and_then(|number| {
            let hex = number.strip_prefix(['x', 'X']);
            let code = hex.map_or_else(
                || number.parse().ok(),
                |hex| u32::from_str_radix(hex, 16).ok(),
            );
            code.and_then(char::from_u32)
        });
        match name {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => out.extend(code),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Names and values as a query or a form carries them.
pub fn encoded<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    let pair =
        |(name, value): &(N, V)| format!("{}={}", escaped(name.as_ref()), escaped(value.as_ref()));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// A text in which only letters, digits and what RFC 3986 §2.3 leaves alone stand for themselves.
pub fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// Names and values of a query or a form; what cannot be read is none.
pub fn decoded(text: &str) -> Option<Vec<(String, String)>> {
    let pieces = text.split('&').filter(|piece| !piece.is_empty());
    let pairs = pieces.map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        Some((unescaped(name)?, unescaped(value)?))
    });
    pairs.collect()
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_as_a_browser_without_scripts_reads_them() {
        let html = r#"<form id="k" method="post" action="/k" data-x="{&quot;a&quot;:1}" hidden>
            <input type="hidden" name="a" value="1"></form>
            <form method="post" action="/p?a=1&amp;b=2"><input type="hidden" name="attempt" value="&lt;&#39;x&#x27;&gt;">
            <input id="n" name="name" required maxlength="320"><button>Go</button></form>"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let want = Form {
            action: "/p?a=1&b=2".to_owned(),
            fields: vec![pair("attempt", "<'x'>"), pair("name", "")],
        };
        assert_eq!(forms(html), [want]);
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let fields = vec![
            ("a b".to_owned(), "ü&=+%~".to_owned()),
            ("c".to_owned(), String::new()),
        ];
        assert_eq!(decoded(&encoded(&fields)), Some(fields));
        assert_eq!(decoded("a=%zz"), None);
        assert_eq!(decoded("a=%e"), None);
    }
}

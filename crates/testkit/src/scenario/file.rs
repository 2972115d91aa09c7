//! HR files as a scenario writes them: text, generated rows, and the damage that real files have.

/// How the bytes of a file differ from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bytes {
    /// It begins with a byte order mark.
    pub bom: bool,
    /// It is written in Windows-1252 instead of UTF-8.
    pub windows_1252: bool,
    /// Its lines end with CRLF.
    pub crlf: bool,
    /// Its last line has no end: the file was cut off, or written carelessly.
    pub cut: bool,
}

/// The bytes of a file with these lines.
///
/// `generate 1..4000: f{n},Fay{n},…` stands for 4,000 lines in which `{n}` is the number, padded
/// to the width of the last one, so that a large company stays readable.
///
/// # Errors
/// A text for people when a line cannot be written so.
pub fn bytes(lines: &[String], how: Bytes) -> Result<Vec<u8>, String> {
    let mut rows = Vec::new();
    for line in lines {
        match line.strip_prefix("generate ") {
            Some(rest) => rows.extend(generated(rest)?),
            None => rows.push(line.clone()),
        }
    }
    let end = if how.crlf { "\r\n" } else { "\n" };
    let mut text = rows.join(end);
    if !how.cut && !rows.is_empty() {
        text.push_str(end);
    }
    let mut bytes = if how.bom {
        b"\xef\xbb\xbf".to_vec()
    } else {
        Vec::new()
    };
    if how.windows_1252 {
        for c in text.chars() {
            bytes.push(windows_1252(c).ok_or_else(|| format!("`{c}` is not in Windows-1252"))?);
        }
    } else {
        bytes.extend(text.into_bytes());
    }
    Ok(bytes)
}

fn generated(rest: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("write `generate 1..20: row{{n}}`, not `generate {rest}`");
    let (range, row) = rest.split_once(": ").ok_or_else(wrong)?;
    let (from, to) = range.split_once("..").ok_or_else(wrong)?;
    let from: u32 = from.parse().map_err(|_| wrong())?;
    let upto: u32 = to.parse().map_err(|_| wrong())?;
    let width = to.len();
    let lines = (from..=upto).map(|n| row.replace("{n}", &format!("{n:0width$}")));
    Ok(lines.collect())
}

/// The letters that names in Western Europe need; not the whole code page.
fn windows_1252(c: char) -> Option<u8> {
    match c {
        '€' => Some(0x80),
        'Š' => Some(0x8a),
        'Œ' => Some(0x8c),
        'Ž' => Some(0x8e),
        '’' => Some(0x92),
        'š' => Some(0x9a),
        'œ' => Some(0x9c),
        'ž' => Some(0x9e),
        'Ÿ' => Some(0x9f),
        _ => u8::try_from(u32::from(c))
            .ok()
            .filter(|b| !(0x80..0xa0).contains(b)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_are_generated_and_damage_is_done() {
        let lines = ["id,name", "generate 9..11: w{n},Ann {n}"].map(str::to_owned);
        let plain = bytes(&lines, Bytes::default()).unwrap();
        assert_eq!(plain, b"id,name\nw09,Ann 09\nw10,Ann 10\nw11,Ann 11\n");
        let damaged = Bytes {
            bom: true,
            windows_1252: true,
            crlf: true,
            cut: true,
        };
        let lines = ["id".to_owned(), "Zoë".to_owned()];
        assert_eq!(bytes(&lines, damaged).unwrap(), b"\xef\xbb\xbfid\r\nZo\xeb");
        assert!(bytes(&["Łukasz".to_owned()], damaged).is_err());
        assert!(bytes(&["generate 4: x".to_owned()], Bytes::default()).is_err());
    }
}

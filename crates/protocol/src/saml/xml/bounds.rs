//! What XML may be at most, looked at before it is parsed.
//!
//! This understands nothing of the text but where tags begin and end, and only ever refuses: whatever it
//! lets through is parsed, and refused there if it is not well-formed.

use super::XmlError;

/// How much XML may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole, in UTF-8.
    pub bytes: usize,
    /// Elements within each other.
    pub depth: u32,
    /// Elements in all.
    pub elements: usize,
    /// Attributes of one element, declarations of namespaces among them.
    pub attributes: usize,
    /// Declarations of namespaces in all: each costs whenever something is brought into canonical form.
    pub namespaces: usize,
}

impl Limits {
    /// For a message or an assertion.
    pub const MESSAGE: Self = Self {
        bytes: 128 << 10,
        depth: 24,
        elements: 1_024,
        attributes: 32,
        namespaces: 128,
    };
    /// For metadata.
    pub const METADATA: Self = Self {
        bytes: 1 << 20,
        depth: 32,
        elements: 8_192,
        attributes: 48,
        namespaces: 512,
    };

    /// Holds a text to the limits, and to having neither declarations, instructions nor CDATA. Says where white
    /// space stands within the values of attributes that is no space: see [`plain_attributes`].
    ///
    /// # Errors
    /// [`XmlError`], by the first that is found.
    pub(super) fn hold(&self, text: &str) -> Result<Vec<usize>, XmlError> {
        if text.len() > self.bytes {
            return Err(XmlError::TooLong(text.len()));
        }
        let mut rest = declaration(text)?;
        let (mut depth, mut elements) = (0_u32, 0_usize);
        let mut breaks = Vec::new();
        while let Some(at) = rest.find('<') {
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                let (_, behind) = comment.split_once("-->").ok_or(XmlError::Malformed)?;
                rest = behind;
            } else if rest.starts_with("<![CDATA[") {
                return Err(XmlError::Cdata);
            } else if rest.starts_with("<!") {
                return Err(XmlError::Doctype);
            } else if rest.starts_with("<?") {
                return Err(XmlError::Instruction);
            } else if let Some(end) = rest.strip_prefix("</") {
                let (_, behind) = end.split_once('>').ok_or(XmlError::Malformed)?;
                depth = depth.checked_sub(1).ok_or(XmlError::Malformed)?;
                rest = behind;
            } else {
                let inside = &rest[1..];
                let tag = Tag::read(inside, text.len() - inside.len(), &mut breaks)?;
                elements += 1;
                // One that is empty takes a level as well, while it is looked at.
                if depth >= self.depth {
                    return Err(XmlError::TooDeep);
                }
                if elements > self.elements {
                    return Err(XmlError::TooMany("elements"));
                }
                if tag.attributes > self.attributes {
                    return Err(XmlError::TooMany("attributes"));
                }
                depth += u32::from(!tag.is_empty);
                rest = tag.behind;
            }
        }
        Ok(breaks)
    }
}

/// A text in which white space within the values of attributes is spaces, as every reader of XML has to make it
/// before it hands them out (XML 1.0 §2.11, §3.3.3). Our parser does not; others, whose signatures are verified
/// here, do. White space that is written by number stays what it is.
pub(super) fn plain_attributes(text: &str, breaks: &[usize]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for at in breaks {
        out.push_str(text.get(done..*at).unwrap_or_default());
        // A line that ends in two characters ends once.
        if text.get(*at..*at + 2) != Some("\r\n") {
            out.push(' ');
        }
        done = at + 1;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// A start tag, behind its `<`.
struct Tag<'a> {
    attributes: usize,
    is_empty: bool,
    behind: &'a str,
}

impl<'a> Tag<'a> {
    /// `begins` is where in the whole the text begins.
    fn read(text: &'a str, begins: usize, breaks: &mut Vec<usize>) -> Result<Self, XmlError> {
        let (mut quote, mut attributes, mut before) = (None, 0, b' ');
        for (at, byte) in text.bytes().enumerate() {
            match (quote, byte) {
                // It may stand nowhere in a tag, quoted or not (XML 1.0 §3.1).
                (_, b'<') => return Err(XmlError::Malformed),
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), _) if open == byte => {
                    quote = None;
                    attributes += 1;
                }
                (Some(_), b'\t' | b'\r' | b'\n') => breaks.push(begins + at),
                (None, b'>') => {
                    return Ok(Self {
                        attributes,
                        is_empty: before == b'/',
                        behind: &text[at + 1..],
                    });
                }
                _ => {}
            }
            before = byte;
        }
        Err(XmlError::Malformed)
    }
}

/// What follows the XML declaration, if there is one: of XML 1.0, in UTF-8.
fn declaration(text: &str) -> Result<&str, XmlError> {
    let Some(behind) = text.strip_prefix("<?xml") else {
        return Ok(text);
    };
    let (inside, behind) = behind.split_once("?>").ok_or(XmlError::Malformed)?;
    if !inside.starts_with([' ', '\t', '\r', '\n']) {
        return Err(XmlError::Instruction);
    }
    let said = |name: &str| {
        let (_, value) = inside.split_once(name)?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let value = value.strip_prefix(['"', '\''])?;
        value.split(['"', '\'']).next()
    };
    let version = said("version") == Some("1.0");
    let encoding = match said("encoding") {
        None => !inside.contains("encoding"),
        Some(encoding) => encoding.eq_ignore_ascii_case("utf-8"),
    };
    if version && encoding {
        Ok(behind)
    } else {
        Err(XmlError::Instruction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits {
        bytes: 300,
        depth: 3,
        elements: 5,
        attributes: 2,
        namespaces: 9,
    };

    #[test]
    fn limits_are_limits() {
        let a = |n: usize| "<a>".repeat(n) + &"</a>".repeat(n);
        let fine = Ok(Vec::new());
        assert_eq!(SMALL.hold(&a(3)), fine);
        assert_eq!(SMALL.hold(&a(4)), Err(XmlError::TooDeep));
        assert_eq!(
            SMALL.hold("<a><a><a><b/></a></a></a>"),
            Err(XmlError::TooDeep)
        );
        let flat = |n: usize| format!("<a>{}</a>", "<b/>".repeat(n));
        assert_eq!(SMALL.hold(&flat(4)), fine);
        assert_eq!(SMALL.hold(&flat(5)), Err(XmlError::TooMany("elements")));
        assert_eq!(SMALL.hold("<a b='>' c=\"'/\"/>"), fine);
        let three = SMALL.hold("<a b='' c='' d=''/>");
        assert_eq!(three, Err(XmlError::TooMany("attributes")));
        assert_eq!(SMALL.hold(&" ".repeat(301)), Err(XmlError::TooLong(301)));
    }

    #[test]
    fn attack_s06_what_could_name_files_or_entities_is_refused() {
        for (text, why) in [
            ("<!DOCTYPE a><a/>", XmlError::Doctype),
            ("<?xml version='1.0'?>\n<!doctype a><a/>", XmlError::Doctype),
            ("<a><!ENTITY b 'c'></a>", XmlError::Doctype),
            ("<a><![CDATA[b]]></a>", XmlError::Cdata),
            ("<a><?b c?></a>", XmlError::Instruction),
            ("<?xml-stylesheet href='b'?><a/>", XmlError::Instruction),
            (" <?xml version='1.0'?><a/>", XmlError::Instruction),
            ("<?xml version='1.1'?><a/>", XmlError::Instruction),
            (
                "<?xml version='1.0' encoding='UTF-7'?><a/>",
                XmlError::Instruction,
            ),
            (
                "<?xml version='1.0' encoding=UTF-8?><a/>",
                XmlError::Instruction,
            ),
            ("<a", XmlError::Malformed),
            ("<a b='<'/>", XmlError::Malformed),
            ("</a>", XmlError::Malformed),
            ("<!-- <a/>", XmlError::Malformed),
        ] {
            assert_eq!(SMALL.hold(text), Err(why), "{text}");
        }
        assert_eq!(SMALL.hold("<!-- <!DOCTYPE a> --><a/>"), Ok(Vec::new()));
        assert_eq!(
            SMALL.hold("<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>"),
            Ok(Vec::new())
        );
    }

    #[test]
    fn attributes_have_spaces_where_lines_end() {
        for (text, want) in [
            (
                "<a\n\tb='1\n2'\r\n c=\"\r\n\r\t\"/>\n",
                "<a\n\tb='1 2'\r\n c=\"   \"/>\n",
            ),
            (
                "<!-- <a b='\n'/> --><a b='\r'>\n'\n'</a>",
                "<!-- <a b='\n'/> --><a b=' '>\n'\n'</a>",
            ),
            (
                "<?xml version='1.0'\n?><a b='&#10;\n'/>",
                "<?xml version='1.0'\n?><a b='&#10; '/>",
            ),
            ("<a b='ü\nü'/>", "<a b='ü ü'/>"),
        ] {
            let breaks = SMALL.hold(text).unwrap_or_default();
            assert_eq!(plain_attributes(text, &breaks), want, "{text:?}");
        }
    }
}

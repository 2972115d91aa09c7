//! What is wrong with documents, gathered while they are checked.

use model::{Code, Diagnostic};

use crate::yaml::{Node, Part, Place, path_text};

/// A file is too large, or there are too many documents.
pub const LIMIT: Code = Code("TNR-DOC-0001");
/// The text is no sound YAML.
pub const SYNTAX: Code = Code("TNR-DOC-0002");
/// The kind is missing or unknown.
pub const KIND: Code = Code("TNR-DOC-0003");
/// A field is unknown.
pub const UNKNOWN_FIELD: Code = Code("TNR-DOC-0004");
/// A field is missing.
pub const MISSING_FIELD: Code = Code("TNR-DOC-0005");
/// A value is of the wrong type.
pub const TYPE: Code = Code("TNR-DOC-0006");
/// A value is not possible.
pub const VALUE: Code = Code("TNR-DOC-0007");
/// A name is not well formed.
pub const NAME: Code = Code("TNR-DOC-0008");
/// A name is used twice.
pub const DUPLICATE: Code = Code("TNR-DOC-0009");
/// Something that is referred to does not exist.
pub const REFERENCE: Code = Code("TNR-DOC-0010");
/// An expression is wrong.
pub const EXPRESSION: Code = Code("TNR-DOC-0011");
/// An attribute that people can change themselves decides what they get.
pub const SELF_EDITABLE: Code = Code("TNR-DOC-0012");
/// Two sources declare one attribute differently.
pub const CONFLICT: Code = Code("TNR-DOC-0013");
/// A URL cannot be used.
pub const URL: Code = Code("TNR-DOC-0014");
/// A zone is not in the IANA database.
pub const ZONE: Code = Code("TNR-DOC-0015");
/// Something is asked for that this version does not do.
pub const UNSUPPORTED: Code = Code("TNR-DOC-0016");

/// Every code of this crate with one sentence about it.
pub const CODES: [(Code, &str); 16] = [
    (
        LIMIT,
        "A document file is larger than 1 MiB, nested too deeply, or there are more than 1,000 documents.",
    ),
    (
        SYNTAX,
        "The text is not sound YAML, or uses what Tenure refuses: anchors, aliases, merge keys, tags, a key twice.",
    ),
    (
        KIND,
        "A document does not say what it is: kind must be Source, App, BirthrightRule, Group, Grant, Guard, Hold, Person, ServiceAccount, Channel, Alarm, Drill, RelyingParty, ClientRegistration, SamlMetadata, IdentityProvider, PasswordDirectory, SignOnPolicy, MappingTest or LifecycleTest.",
    ),
    (
        UNKNOWN_FIELD,
        "A document has a field that its kind does not know; often a typing error.",
    ),
    (
        MISSING_FIELD,
        "A document lacks a field that its kind needs.",
    ),
    (
        TYPE,
        "A value is of another type than its field: a number where text is needed, a list where a map is needed.",
    ),
    (
        VALUE,
        "A value is of the right type but not possible: a word that is not in the list, a number out of range.",
    ),
    (
        NAME,
        "A name is not made of lower-case letters, digits and hyphens, or is too long.",
    ),
    (
        DUPLICATE,
        "Two documents of one kind have the same name, or one thing is listed twice.",
    ),
    (
        REFERENCE,
        "A document refers to an app, group, source, rule, relying party or attribute that no document declares.",
    ),
    (
        EXPRESSION,
        "A condition or mapping does not compile: a syntax error, an unknown attribute, a wrong type.",
    ),
    (
        SELF_EDITABLE,
        "A rule that grants, or a match, looks at an attribute that people can change themselves.",
    ),
    (
        CONFLICT,
        "Two sources declare the same attribute with different types.",
    ),
    (
        URL,
        "A URL is not https, or has credentials, a query or a fragment in it.",
    ),
    (ZONE, "A time zone is not a name of the IANA database."),
    (
        UNSUPPORTED,
        "A document asks for something that this version does not do; it is refused rather than silently ignored.",
    ),
];

/// Gathers what is wrong with one file.
pub(crate) struct Report<'f> {
    place: &'f str,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'f> Report<'f> {
    pub fn new(place: &'f str) -> Self {
        Self {
            place,
            diagnostics: Vec::new(),
        }
    }

    pub fn at(
        &mut self,
        code: Code,
        place: Place,
        path: &[Part<'_>],
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.diagnostics.push(Diagnostic {
            code: code.0.to_owned(),
            place: self.place.to_owned(),
            line: place.line,
            column: place.column,
            field: path_text(path),
            problem: problem.into(),
            fix: fix.into(),
        });
    }
}

/// One document while it is checked: its tree, for places, and where to report.
pub(crate) struct Reporter<'d, 'f> {
    pub document: &'d Node,
    pub text: &'d str,
    pub report: Report<'f>,
}

impl Reporter<'_, '_> {
    /// Reports at the value with this path, or at the document when there is none.
    pub fn at(
        &mut self,
        code: Code,
        path: &[Part<'_>],
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let place = self.document.at(path).unwrap_or(self.document).place;
        self.report.at(code, place, path, problem, fix);
    }

    /// Reports what is wrong with the expression at this path, at the place in the file.
    pub fn expression(&mut self, path: &[Part<'_>], errors: &[rules::ExprError]) {
        let Some(node) = self.document.at(path) else {
            return;
        };
        let source = node.text().unwrap_or_default();
        for error in errors {
            let part = source
                .get(error.span.start..error.span.end)
                .unwrap_or_default();
            let place = place_in(self.text, node.place, source, error.span.start);
            let problem = match part.trim() {
                "" => error.problem.clone(),
                part => format!("in `{part:.80}`: {}", error.problem),
            };
            self.report
                .at(EXPRESSION, place, path, problem, error.fix.clone());
        }
    }
}

/// Where byte `offset` of a scalar's value stands in the file, as far as the scalar is written
/// the way it reads (plain, quoted without escapes, or a literal block); else where it begins.
fn place_in(text: &str, begins: Place, source: &str, offset: usize) -> Place {
    let before = source.get(..offset).unwrap_or_default();
    let line_in = before.matches('\n').count();
    let (line_start, column_in) = match before.rfind('\n') {
        Some(at) => (at + 1, before[at + 1..].chars().count()),
        None => (0, before.chars().count()),
    };
    let wanted = source[line_start..].split('\n').next().unwrap_or_default();
    let number = usize::try_from(begins.line).unwrap_or(0).saturating_sub(1) + line_in;
    let column = usize::try_from(begins.column)
        .unwrap_or(0)
        .saturating_sub(1);
    let Some(line) = text.lines().nth(number) else {
        return begins;
    };
    let rest = |from: usize| {
        line.char_indices()
            .nth(from)
            .map_or("", |(at, _)| &line[at..])
    };
    for quote in 0..2 {
        if !wanted.is_empty() && rest(column + quote).starts_with(wanted) {
            let as_u64 = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            return Place {
                line: as_u64(number + 1),
                column: as_u64(column + quote + column_in + 1),
            };
        }
    }
    begins
}

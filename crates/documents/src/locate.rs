//! Where a field of a document stands, for whoever has something to say about a document that
//! was read long ago: the checked tenant keeps no places, so that it does not depend on them.

use crate::schema::Kind;
use crate::yaml::{self, Node, Part, path_text};

/// A place in the files of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// The field, as diagnostics write it: `spec.moments[2].expect.wiki`.
    pub field: String,
}

/// The place of a field of the document with this kind and name; where there is no such field,
/// that of the document. `None` when no file holds the document.
#[must_use]
pub fn locate<P: AsRef<str>, T: AsRef<str>>(
    files: &[(P, T)],
    (kind, name): (Kind, &str),
    path: &[Part<'_>],
) -> Option<Located> {
    for (file, text) in files {
        for document in yaml::parse(text.as_ref()).into_iter().flatten() {
            let said = |path: &[Part<'_>]| document.at(path).and_then(Node::text);
            let named = said(&[Part::Key("metadata"), Part::Key("name")]);
            if said(&[Part::Key("kind")]) != Some(kind.as_str()) || named != Some(name) {
                continue;
            }
            let place = document.at(path).unwrap_or(&document).place;
            return Some(Located {
                file: file.as_ref().to_owned(),
                line: place.line,
                column: place.column,
                field: path_text(path),
            });
        }
    }
    None
}

//! `cargo xtask tidy`: the house rules that no compiler checks. STYLE.md says why each exists.

mod arrows;
mod documents;
mod files;

use crate::door;

/// What the rules look at: the files of the project with their texts.
pub struct House {
    /// Path from the root, with `/`, and the text. Files that are not UTF-8 are left out.
    files: Vec<(String, String)>,
}

impl House {
    fn read() -> Result<Self, String> {
        let root = door::root()?;
        let mut files = Vec::new();
        for path in door::files()? {
            let bytes = std::fs::read(root.join(&path)).map_err(|e| format!("{path}: {e}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push((path, text));
            }
        }
        Ok(Self { files })
    }

    /// Whether a source file holds nothing but tests: by its place, or because the module that
    /// declares it does so for tests only.
    fn is_test(&self, path: &str) -> bool {
        if path.contains("/tests/") || path.ends_with("/tests.rs") {
            return true;
        }
        let Some((folder, file)) = path.rsplit_once('/') else {
            return false;
        };
        let declared = format!("#[cfg(test)]\nmod {};", file.trim_end_matches(".rs"));
        let parents = [
            format!("{folder}/mod.rs"),
            format!("{folder}/lib.rs"),
            format!("{folder}/main.rs"),
            format!("{folder}.rs"),
        ];
        self.files
            .iter()
            .any(|(path, text)| parents.contains(path) && text.contains(&declared))
    }

    /// Files whose path ends so.
    fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.ends_with(end))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// Checks everything and prints what is wrong.
///
/// # Errors
/// How many things are wrong.
pub fn run() -> Result<(), String> {
    let house = House::read()?;
    let mut wrong = Vec::new();
    wrong.extend(arrows::check()?);
    wrong.extend(files::check(&house, &door::root()?));
    wrong.extend(documents::check(&house));
    for line in &wrong {
        eprintln!("tidy: {line}");
    }
    for line in files::long(&house) {
        println!("tidy: for your eyes: {line}");
    }
    if wrong.is_empty() {
        println!("tidy: {} files in order", house.files.len());
        Ok(())
    } else {
        Err(format!("{} things are not in order", wrong.len()))
    }
}

//! What is wrong with an input, where, and how to mend it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stable public code, for example `TNR-CSV-0003`. `tenure explain CODE` gives its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// One thing that is wrong with one place of an input. Never holds the offending value of a
/// personal field in a stored form; the immediate answer may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The stable code.
    pub code: String,
    /// The file or document, as the person named it.
    pub place: String,
    /// Line, from 1; 0 where there is none.
    pub line: u64,
    /// Column, from 1; 0 where there is none.
    pub column: u64,
    /// The field: a CSV column, a YAML path, a SCIM attribute. Empty where there is none.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        write!(f, ": {} [{}]", self.problem, self.code)?;
        if !self.fix.is_empty() {
            write!(f, "\n  fix: {}", self.fix)?;
        }
        Ok(())
    }
}

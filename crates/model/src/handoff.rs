//! Lines: what somebody who runs an app is asked to do there by hand, where Tenure cannot reach it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::PlanId;
use crate::plan::StepRef;

/// The columns of a sheet before those of the account's attributes.
pub const HEAD: [&str; 6] = ["line", "due", "task", "account", "name", "why"];
/// The column that names attributes to be emptied.
pub const CLEAR: &str = "clear";
/// The columns for the answer.
pub const ANSWER: [&str; 5] = [
    "answer",
    "answered on",
    "answered by",
    "note",
    "new account",
];

/// Whether every sheet has a column of this name: no attribute can have one beside it.
#[must_use]
pub fn is_column(name: &str) -> bool {
    HEAD.contains(&name) || name == CLEAR || ANSWER.contains(&name)
}

/// What whoever runs an app answered to one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// It was done.
    Done,
    /// They will not do it.
    Refused,
    /// It cannot be done.
    Impossible,
}

impl Said {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Done, Self::Refused, Self::Impossible];

    /// The words used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Impossible => "not possible",
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is written into the file by hand: about people, and by people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Who did it, or will not, in their words.
    pub who: String,
    /// When, in their words.
    pub when: String,
    /// What else they said.
    pub note: String,
}

/// The line that stands for a step: always the same one, however often it is written into a file.
/// `pln_….3`, so that a spreadsheet takes it for text.
#[must_use]
pub fn line_id(step: StepRef) -> String {
    format!("{}.{}", step.plan, step.no)
}

/// The step that a line stands for.
///
/// # Errors
/// When this is no line, for people.
pub fn step_of(line: &str) -> Result<StepRef, String> {
    let wrong = || format!("`{line:.60}` is no line");
    let (plan, no) = line.split_once('.').ok_or_else(wrong)?;
    let plan = PlanId::from_str(plan).map_err(|_| wrong())?;
    let step = StepRef {
        plan,
        no: no.parse().map_err(|_| wrong())?,
    };
    // One step has one spelling: no leading zeros, no plus sign.
    if line_id(step) == line {
        Ok(step)
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_names_its_step_in_one_spelling() {
        let step = StepRef {
            plan: PlanId::from_bits(7),
            no: 3,
        };
        let line = line_id(step);
        assert!(
            line.starts_with(|c: char| c.is_ascii_alphabetic()),
            "{line}"
        );
        assert_eq!(step_of(&line), Ok(step));
        let spelt = [
            line.replace(".3", ".03"),
            line.replace(".3", ".+3"),
            line.replace(".3", ".99999"),
            line.replace('.', "#"),
            line.to_uppercase(),
            format!("{line} "),
            String::new(),
        ];
        for other in spelt {
            assert!(step_of(&other).is_err(), "{other}");
        }
    }
}

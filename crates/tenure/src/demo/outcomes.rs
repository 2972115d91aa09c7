//! What must come out, and what did.

use std::collections::BTreeMap;

use crate::failure::Failure;

/// Outcomes in the order in which they were found, each with what was expected.
#[derive(Debug, Default)]
pub struct Outcomes {
    found: Vec<Outcome>,
    altered: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Outcome {
    name: String,
    expected: String,
    found: String,
}

impl Outcomes {
    /// None yet. Some may be expected otherwise than the story says: `NAME=WORTH` each.
    pub fn altered(altered: &[String]) -> Result<Self, Failure> {
        let pair = |text: &String| {
            let (name, worth) = text.split_once('=').ok_or_else(|| {
                let fix = "write --expect OUTCOME=WORTH";
                Failure::usage(format!("`{text}` is no outcome"), fix)
            })?;
            Ok((name.trim().to_owned(), worth.trim().to_owned()))
        };
        Ok(Self {
            found: Vec::new(),
            altered: altered.iter().map(pair).collect::<Result<_, Failure>>()?,
        })
    }

    /// One outcome.
    pub fn same(&mut self, name: impl Into<String>, expected: impl ToString, found: impl ToString) {
        let name = name.into();
        let altered = self.altered.remove(&name);
        self.found.push(Outcome {
            name,
            expected: altered.unwrap_or_else(|| expected.to_string()),
            found: found.to_string(),
        });
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// That all are as expected.
    pub fn judge(&self) -> Result<(), Failure> {
        if let Some(name) = self.altered.keys().next() {
            return Err(Failure::usage(
                format!("the story has no outcome `{name}`"),
                "see how the others are called in the line that tells a difference",
            ));
        }
        let mut wrong = self.found.iter().filter(|one| one.expected != one.found);
        let Some(first) = wrong.next() else {
            return Ok(());
        };
        let more = match wrong.count() {
            0 => String::new(),
            n => format!("; {n} more are not as expected"),
        };
        Err(Failure::new(
            "TNR-CLI-0031",
            format!(
                "the story came out wrong: {}: expected `{}`, found `{}`{more}",
                first.name, first.expected, first.found
            ),
            "report it",
        ))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_first_difference_is_told_and_an_outcome_that_is_not_there_is_refused() {
        let told = |altered: &[&str]| {
            let altered: Vec<String> = altered.iter().map(|text| (*text).to_owned()).collect();
            let mut outcomes = Outcomes::altered(&altered).unwrap();
            outcomes.same("people", 3, 3);
            outcomes.same("the log", "sound", "sound");
            outcomes.judge().map_err(|failure| failure.problem)
        };
        assert_eq!(told(&[]), Ok(()));
        let one = told(&["the log = torn"]).unwrap_err();
        assert!(
            one.ends_with("the log: expected `torn`, found `sound`"),
            "{one}"
        );
        let two = told(&["the log=torn", "people=4"]).unwrap_err();
        assert!(
            two.contains("people: expected `4`, found `3`; 1 more"),
            "{two}"
        );
        assert!(
            told(&["peeple=4"])
                .unwrap_err()
                .contains("no outcome `peeple`")
        );
        assert!(Outcomes::altered(&["people".to_owned()]).is_err());
    }
}

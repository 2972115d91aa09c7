//! The text of a scenario: comments, verbs, what they are given, and the accepted output.
//!
//! A line that begins with `#` is a comment. A line that begins with four spaces belongs to the
//! verb above it. A line that begins with `>` is accepted output of the verb above it. Every
//! other line that is not empty is a verb.

/// A scenario as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A comment or an empty line.
    Text(String),
    Deed(Deed),
}

/// One verb, what it is given, and what is accepted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The line of the verb in the file, from 1.
    pub line: usize,
    /// The verb and its words.
    pub verb: String,
    /// The lines under it, without their four spaces.
    pub body: Vec<String>,
    /// The accepted output.
    pub accepted: Vec<String>,
}

impl Script {
    /// Reads a scenario.
    ///
    /// # Errors
    /// A text for people that begins with the line, when a line belongs to nothing, when the
    /// scenario does not say what it shows and why, or when it does nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        // A gap ends what belongs to a verb, or output could drift away from what caused it.
        let mut open = false;
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            let last = match parts.last_mut() {
                Some(Part::Deed(deed)) if open => Some(deed),
                _ => None,
            };
            if line.is_empty() || line.starts_with('#') {
                open = false;
                parts.push(Part::Text(line.to_owned()));
            } else if let Some(output) = line.strip_prefix('>') {
                let deed = last.ok_or_else(|| format!("{number}: output without a verb"))?;
                let output = output.strip_prefix(' ').unwrap_or(output);
                deed.accepted.push(output.to_owned());
            } else if let Some(given) = line.strip_prefix("    ") {
                let deed = last.ok_or_else(|| format!("{number}: lines without a verb"))?;
                if !deed.accepted.is_empty() {
                    return Err(format!(
                        "{number}: what a verb is given stands before its output"
                    ));
                }
                deed.body.push(given.to_owned());
            } else if line.starts_with(char::is_whitespace) {
                return Err(format!("{number}: indent by four spaces"));
            } else {
                open = true;
                parts.push(Part::Deed(Deed {
                    line: number,
                    verb: line.trim_end().to_owned(),
                    body: Vec::new(),
                    accepted: Vec::new(),
                }));
            }
        }
        let script = Self { parts };
        script.check_head()?;
        Ok(script)
    }

    fn check_head(&self) -> Result<(), String> {
        let head = self.parts.iter().map_while(|part| match part {
            Part::Text(line) => Some(line.as_str()),
            Part::Deed(_) => None,
        });
        let head: Vec<&str> = head.collect();
        for mark in ["# Shows: ", "# Why: "] {
            if !head.iter().any(|line| line.starts_with(mark)) {
                return Err(format!("1: a scenario begins with a comment `{mark}…`"));
            }
        }
        Ok(())
    }

    /// The verbs, in order.
    pub fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.parts.iter().filter_map(|part| match part {
            Part::Deed(deed) => Some(deed),
            Part::Text(_) => None,
        })
    }

    /// The text of the file with these outputs, one for each deed, accepted.
    #[must_use]
    pub fn with_outputs(&self, outputs: &[Vec<String>]) -> String {
        let mut text = String::new();
        let mut line = |parts: &[&str]| {
            for part in parts {
                text.push_str(part);
            }
            text.push('\n');
        };
        let mut outputs = outputs.iter();
        for part in &self.parts {
            let deed = match part {
                Part::Text(comment) => {
                    line(&[comment]);
                    continue;
                }
                Part::Deed(deed) => deed,
            };
            line(&[&deed.verb]);
            deed.body.iter().for_each(|given| line(&["    ", given]));
            for output in outputs.next().into_iter().flatten() {
                line(&[">", if output.is_empty() { "" } else { " " }, output]);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SOUND: &str = "# Shows: a thing.\n# Why: it matters.\n\nimport hr.csv\n    id,name\n> 1 row\n>\n>   more\n\nplan\n> nothing\n";

    #[test]
    fn a_script_is_read_and_written_without_a_difference() {
        let script = Script::parse(SOUND).unwrap();
        let deeds: Vec<&Deed> = script.deeds().collect();
        assert_eq!((deeds[0].line, deeds[1].line), (4, 10));
        assert_eq!(deeds[0].body, ["id,name"]);
        assert_eq!(deeds[0].accepted, ["1 row", "", "  more"]);
        let same: Vec<Vec<String>> = script.deeds().map(|s| s.accepted.clone()).collect();
        assert_eq!(script.with_outputs(&same), SOUND);
        let other = script.with_outputs(&[vec!["2 rows".to_owned()], Vec::new()]);
        assert!(other.contains("> 2 rows\n\nplan\n"), "{other}");
        assert!(!other.contains("nothing"), "{other}");
    }

    #[test]
    fn what_belongs_to_nothing_is_refused_with_its_line() {
        let head = "# Shows: a thing.\n# Why: it matters.\n";
        for (rest, line) in [
            ("> output\n", "3"),
            ("    given\n", "3"),
            ("plan\n\n> output\n", "5"),
            ("plan\n> output\n    given\n", "5"),
            ("plan\n  given\n", "4"),
        ] {
            let error = Script::parse(&format!("{head}{rest}")).unwrap_err();
            assert!(error.starts_with(&format!("{line}: ")), "{rest}: {error}");
        }
        assert!(Script::parse("# Shows: a thing.\nplan\n").is_err());
        assert!(Script::parse("# Why: it matters.\nplan\n# Shows: late\n").is_err());
    }
}

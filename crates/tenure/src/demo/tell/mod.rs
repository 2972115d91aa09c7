//! How the story is written: for a terminal of a hundred columns, and plain where it is piped.

pub mod digest;
pub mod leavers;
pub mod why;

use std::io::IsTerminal as _;

use crate::failure::Failure;
use crate::output;

/// Columns.
pub const WIDTH: usize = 100;

/// Writes.
pub fn say(text: &str) -> Result<(), Failure> {
    output::print(&output::printable(text))
}

/// Writes the title of a part.
pub fn title(text: &str) -> Result<(), Failure> {
    let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    match colour && std::io::stdout().is_terminal() {
        true => output::print(&format!("\n\u{1b}[1m{text}\u{1b}[0m\n")),
        false => output::print(&format!("\n{text}\n")),
    }
}

/// A paragraph that begins with `first` and goes on under its text.
pub fn paragraph(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let mut out = String::new();
    let mut line = first.to_owned();
    for word in text.split_whitespace() {
        let columns = line.chars().count() + 1 + word.chars().count();
        if columns > WIDTH && line.trim().len() > first.trim().len() {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent);
        }
        if line.chars().count() > indent {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

/// A text whose long lines go on two columns further in.
pub fn wrapped(text: &str) -> String {
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let rest = paragraph(&" ".repeat(indent + 4), line.trim_start());
        // The first line hangs out.
        rest.replacen("  ", "", 1)
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_below_and_short_ones_stay() {
        assert_eq!(paragraph("  a  ", "b c"), "  a  b c\n");
        let long = paragraph("  held   ", &"word ".repeat(40));
        assert!(long.lines().count() > 1);
        assert!(long.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(
            long.lines()
                .skip(1)
                .all(|line| line.starts_with("         word"))
        );
        assert_eq!(wrapped("  a\n\nb\n"), "    a\n\n  b\n");
        let long = wrapped(&format!("  {}", "word ".repeat(40)));
        assert!(
            long.starts_with("    word") && long.contains("\n      word"),
            "{long}"
        );
    }
}

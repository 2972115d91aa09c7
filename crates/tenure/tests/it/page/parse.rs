//! From Markdown to commands and files.

use std::ops::Range;

/// What a page has its reader do.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Write a file.
    File {
        /// Where the block begins, from 1.
        line: usize,
        path: String,
        text: String,
    },
    /// Run a command.
    Run(Command),
}

/// A command and what the page says of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// Where it stands, from 1.
    pub line: usize,
    /// As it is typed, without the comment about its end.
    pub text: String,
    /// How it ends.
    pub ends: i32,
    /// What it says, where the page shows it.
    pub shown: Option<String>,
    /// The lines that show it, from 0.
    pub lines: Range<usize>,
}

/// The pieces of a page in its order. `Err` for a block that is neither commands nor a file with a
/// name: it would be shown and never tried.
pub fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut above = "";
    while at < lines.len() {
        let Some(info) = lines[at].strip_prefix("```") else {
            if !lines[at].trim().is_empty() {
                above = lines[at];
            }
            at += 1;
            continue;
        };
        let first = at + 1;
        let last = (first..lines.len()).find(|n| lines[*n] == "```");
        let last = last.ok_or(format!("line {}: the block has no end", at + 1))?;
        let block = first..last;
        match info {
            "sh" => pieces.extend(typed(&lines, block)?),
            "console" => pieces.extend(shown(&lines, block)?),
            _ => {
                let path = name(above).ok_or(format!(
                    "line {}: neither commands, nor does the line above end with a file's name",
                    at + 1
                ))?;
                let text: String = lines[block].iter().map(|l| format!("{l}\n")).collect();
                let line = at + 1;
                pieces.push(Piece::File { line, path, text });
            }
        }
        above = "";
        at = last + 1;
    }
    Ok(pieces)
}

/// The name at the end of ``… `tenant/hr.yaml`:``.
fn name(above: &str) -> Option<String> {
    let (_, path) = above.trim_end().strip_suffix("`:")?.rsplit_once('`')?;
    let inside = |c: char| c.is_ascii_alphanumeric() || "-._/".contains(c);
    let sound = !path.starts_with('/') && !path.contains("..") && path.chars().all(inside);
    sound.then(|| path.to_owned())
}

/// Commands that show nothing. A line that ends with `\` goes on in the next one.
fn typed(lines: &[&str], block: Range<usize>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut at = block.start;
    while at < block.end {
        let (command, next) = command(lines, at, block.end, lines[at])?;
        if !lines[at].trim().is_empty() {
            pieces.push(Piece::Run(command));
        }
        at = next;
    }
    Ok(pieces)
}

/// Commands after `$ `, each with what it says below it.
fn shown(lines: &[&str], block: Range<usize>) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut at = block.start;
    while at < block.end {
        let begin = lines[at].strip_prefix("$ ");
        let begin = begin.ok_or(format!("line {}: there is no command above", at + 1))?;
        let (mut command, next) = command(lines, at, block.end, begin)?;
        at = next;
        let said = (at..block.end).find(|n| lines[*n].starts_with("$ "));
        command.lines = at..said.unwrap_or(block.end);
        at = command.lines.end;
        let text = lines[command.lines.clone()].iter();
        command.shown = Some(text.map(|l| format!("{l}\n")).collect());
        pieces.push(Piece::Run(command));
    }
    Ok(pieces)
}

fn command(lines: &[&str], at: usize, end: usize, begin: &str) -> Result<(Command, usize), String> {
    let mut text = begin.to_owned();
    let mut next = at + 1;
    while text.ends_with('\\') && next < end {
        text.push('\n');
        text.push_str(lines[next]);
        next += 1;
    }
    let mut ends = 0;
    if let Some((before, number)) = text.rsplit_once("# ends with ") {
        let number = number.split([',', ':']).next().unwrap_or(number);
        let parsed = number.trim().parse();
        ends = parsed.map_err(|e| format!("line {}: `{number}`: {e}", at + 1))?;
        text = before.trim_end().to_owned();
    }
    if text.contains("<<'END'") {
        let last = (next..end).find(|n| lines[*n] == "END");
        let last = last.ok_or(format!("line {}: there is no `END`", at + 1))?;
        for line in &lines[next..=last] {
            text.push('\n');
            text.push_str(line);
        }
        next = last + 1;
    }
    let command = Command {
        line: at + 1,
        text,
        ends,
        shown: None,
        lines: next..next,
    };
    Ok((command, next))
}

#[test]
fn a_page_is_read_in_its_order() {
    let page = "First\n\n```sh\na\nb \\\n  c   # ends with 2, for a reason\n```\n\nThen \
                `dir/x.yaml`:\n\n```yaml\nkind: X\n```\n```console\n$ d\nsays\nmore\n$ e\n```\n";
    let pieces = parse(page).unwrap();
    let run = |n: usize| match &pieces[n] {
        Piece::Run(command) => command,
        Piece::File { .. } => panic!("a file"),
    };
    assert_eq!(run(0).text, "a");
    assert_eq!((run(1).text.as_str(), run(1).ends), ("b \\\n  c", 2));
    let file = Piece::File {
        line: 11,
        path: "dir/x.yaml".to_owned(),
        text: "kind: X\n".to_owned(),
    };
    assert_eq!(pieces[2], file);
    assert_eq!(run(3).shown.as_deref(), Some("says\nmore\n"));
    assert_eq!(run(3).lines, 15..17);
    assert_eq!(run(4).shown.as_deref(), Some(""));
}

#[test]
fn what_is_handed_to_a_command_is_a_part_of_it() {
    let page = "```sh\ncat > x <<'END'   # ends with 1\n  a: b\n\nEND\nd\n```\n";
    let pieces = parse(page).unwrap();
    let [Piece::Run(first), Piece::Run(second)] = pieces.as_slice() else {
        panic!("{pieces:?}")
    };
    assert_eq!(first.text, "cat > x <<'END'\n  a: b\n\nEND");
    assert_eq!((first.ends, second.text.as_str()), (1, "d"));
}

#[test]
fn what_would_never_be_tried_is_refused() {
    for page in [
        "Look:\n```yaml\nkind: X\n```\n",
        "in `/etc/passwd`:\n```\nx\n```\n",
        "in `../x`:\n```\nx\n```\n",
        "```console\nsays\n```\n",
        "```sh\na\n",
        "```sh\ncat <<'END'\na\n```\n",
    ] {
        assert!(parse(page).is_err(), "{page}");
    }
}

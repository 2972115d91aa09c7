//! Pages of docs/how-to that are run as they stand: the files they show are written, their
//! commands are given to a shell in the order of the page, and what the page shows is compared with
//! what was said.
//!
//! In a page that is run,
//! - a block `sh` is commands, a block `console` is commands after `$ ` and what they say;
//! - any other block is a file, and the line above it ends with its name: `` `tenant/hr.yaml`: ``;
//! - a command ends with 0, or as its comment says: `# ends with 2`; one with `<<'END'` goes on to the line `END`;
//! - a line `…` stands for lines that are left out, and a `…` within a line for a number that is another
//!   one each time, such as milliseconds.
//!
//! Ids, instants, tokens and the width of columns may differ; an id that is shown twice must be the
//! same one twice. `TENURE_ACCEPT=1` writes what was said into the page.

mod compare;
mod leavers;
mod newcomer;
mod parse;
mod recipes;
mod shell;
mod siem;
mod start;

use std::path::{Path, PathBuf};

use compare::Sameness;
use parse::{Command, Piece};
use shell::Shell;

/// What the test puts in place of an address of the page: text of the page, text of this run.
pub type Places = Vec<(String, String)>;

/// A page on its way through a shell.
struct Run<'p> {
    text: &'p str,
    places: Places,
    same: Sameness,
    /// What was said instead of what is shown: the lines of the page, and the new ones.
    accepted: Vec<(std::ops::Range<usize>, String)>,
}

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/how-to")
        .join(name)
}

/// How many commands a page has, and how many files.
fn size(pieces: &[Piece]) -> (usize, usize) {
    let commands = pieces.iter().filter(|p| matches!(p, Piece::Run(_)));
    let commands = commands.count();
    (commands, pieces.len() - commands)
}

impl<'p> Run<'p> {
    fn new(text: &'p str, places: Places) -> Self {
        Self {
            text,
            places,
            same: Sameness::default(),
            accepted: Vec::new(),
        }
    }

    /// The page's text as this run needs it.
    fn here(&self, text: &str) -> String {
        let swap = |text: String, (there, here): &(String, String)| text.replace(there, here);
        self.places.iter().fold(text.to_owned(), swap)
    }

    /// What was said here as the page would show it.
    fn there(&self, text: &str) -> String {
        let swap = |text: String, (there, here): &(String, String)| text.replace(here, there);
        self.places.iter().fold(text.to_owned(), swap)
    }

    /// Follows the page. `Err` names the first line that is not true.
    fn follow(&mut self, pieces: &[Piece], shell: &mut Shell) -> Result<(), String> {
        for piece in pieces {
            match piece {
                Piece::File { path, text, .. } => shell.write(path, &self.here(text)),
                Piece::Run(command) => self.run(command, shell)?,
            }
        }
        Ok(())
    }

    fn run(&mut self, command: &Command, shell: &mut Shell) -> Result<(), String> {
        let line = command.line;
        let real = self
            .same
            .command(&command.text)
            .map_err(|e| format!("line {line}: {e}"))?;
        let said = shell.run(&self.here(&real));
        let out = self.there(&said.out);
        if said.code != command.ends {
            return Err(format!(
                "line {line}: `{}` ends with {}, not with {}; it says\n{out}",
                command.text, said.code, command.ends
            ));
        }
        let Some(shown) = &command.shown else {
            return Ok(());
        };
        match self.same.compare(shown, &out) {
            Ok(()) => Ok(()),
            Err(_) if accepting() => {
                self.same.guess(shown, &out);
                self.accepted.push((command.lines.clone(), out));
                Ok(())
            }
            Err(problem) => Err(format!(
                "line {line}: `{}` says something else\n{problem}\nall of it:\n{out}",
                command.text
            )),
        }
    }

    /// The page with what was said, and with the ids of this run in its commands.
    fn rewritten(&self) -> String {
        let mut lines: Vec<String> = self.text.lines().map(|l| self.same.known(l)).collect();
        for (range, said) in self.accepted.iter().rev() {
            let new = said.lines().map(str::to_owned);
            lines.splice(range.clone(), new);
        }
        lines.join("\n") + "\n"
    }
}

/// Follows a page from its first command to its last. `Err` names the page and the first line that is not
/// true.
fn follow(name: &str, places: Places, shell: &mut Shell) -> Result<(), String> {
    let path = page(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let pieces = parse::parse(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut run = Run::new(&text, places);
    let followed = run.follow(&pieces, shell);
    if accepting() {
        std::fs::write(&path, run.rewritten()).unwrap();
    }
    followed.map_err(|problem| format!("{}: {problem}", path.display()))
}

fn accepting() -> bool {
    std::env::var("TENURE_ACCEPT").as_deref() == Ok("1")
}

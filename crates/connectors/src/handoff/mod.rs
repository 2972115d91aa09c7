//! Apps that nobody but their own people can reach.
//!
//! Tenure writes a [`sheet`] of what is to be done there, reads the [`reply`], and reads an
//! [`extract`], which is the app's own list of its accounts. [`HandOff`] is the port's side: what is
//! asked of it is handed over, and what it shows is what was last read or answered.

pub mod extract;
pub mod reply;
pub mod sheet;
mod target;

use std::sync::Arc;

use model::source::CsvMapping;
use ports::Target;
use ports::handoff::{Accounts, Columns, Line, Paperwork, Register, Replies};

pub use extract::Extract;
pub use target::HandOff;

/// Files on paper's terms: CSV, for spreadsheets and for programs.
pub struct Paper;

impl Paperwork for Paper {
    fn target(&self, extract: &CsvMapping, register: Arc<dyn Register>) -> Arc<dyn Target> {
        Arc::new(HandOff::new(extract.clone(), register))
    }

    fn sheet(&self, extract: &CsvMapping, lines: &[Line]) -> Vec<u8> {
        sheet::write(lines, extract)
    }

    fn replies(&self, delimiter: char, place: &str, bytes: &[u8]) -> Replies {
        reply::read(place, bytes, delimiter)
    }

    fn accounts(&self, columns: Columns<'_>, place: &str, bytes: &[u8]) -> Accounts {
        let words = (columns.usable, columns.closed);
        let extract = Extract::read(place, bytes, columns.csv, words);
        Accounts {
            diagnostics: extract.diagnostics.clone(),
            refused: extract.refused,
            read: extract.read,
            register: Arc::new(extract),
        }
    }
}

//! What is wrong, gathered while a file is read.

use model::source::Delivery;
use model::{Code, Diagnostic};

/// A place in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spot {
    /// From 1.
    pub line: u64,
    /// The byte in the line, from 1.
    pub column: u64,
}

/// Gathers diagnostics up to the most that a delivery keeps.
pub(super) struct Flaws<'p> {
    place: &'p str,
    diagnostics: Vec<Diagnostic>,
    values: Vec<Option<String>>,
    left_off: u64,
}

/// The longest piece of a value that is quoted.
const SHOWN: usize = 80;

/// The value, shortened and without control characters, as messages quote it.
pub(super) fn shown(value: &str) -> String {
    value
        .chars()
        .take(SHOWN)
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

impl<'p> Flaws<'p> {
    pub fn new(place: &'p str) -> Self {
        Self {
            place,
            diagnostics: Vec::new(),
            values: Vec::new(),
            left_off: 0,
        }
    }

    /// Something about the file; `line` 0 is no line.
    pub fn file(&mut self, code: Code, line: u64, problem: impl Into<String>, fix: &str) {
        self.add(
            code,
            Spot { line, column: 0 },
            "",
            problem.into(),
            fix,
            None,
        );
    }

    /// Something about a value of one row. `value` is what `problem` quotes in back-ticks.
    pub fn value(
        &mut self,
        code: Code,
        spot: Spot,
        field: &str,
        problem: impl Into<String>,
        fix: &str,
        value: Option<String>,
    ) {
        self.add(code, spot, field, problem.into(), fix, value);
    }

    fn add(
        &mut self,
        code: Code,
        spot: Spot,
        field: &str,
        problem: String,
        fix: &str,
        value: Option<String>,
    ) {
        if self.diagnostics.len() >= Delivery::MOST_DIAGNOSTICS {
            self.left_off += 1;
            return;
        }
        self.values.push(value);
        self.diagnostics.push(Diagnostic {
            code: code.0.to_owned(),
            place: self.place.to_owned(),
            line: spot.line,
            column: spot.column,
            field: shown(field),
            problem,
            fix: fix.to_owned(),
        });
    }

    /// Puts what was added after `mark` first: what refuses a file is told before its rows.
    pub fn bring_forward(&mut self, mark: usize) {
        let moved = self.diagnostics.len().saturating_sub(mark);
        self.diagnostics.rotate_right(moved);
        self.values.rotate_right(moved);
    }

    /// How many there are; for [`Flaws::bring_forward`].
    pub fn mark(&self) -> usize {
        self.diagnostics.len()
    }

    /// Makes room for `count` more, so that what refuses a file is never left off.
    pub fn reserve(&mut self, count: usize) {
        let keep = Delivery::MOST_DIAGNOSTICS.saturating_sub(count);
        if self.diagnostics.len() > keep {
            self.left_off += (self.diagnostics.len() - keep) as u64;
            self.diagnostics.truncate(keep);
            self.values.truncate(keep);
        }
    }

    pub fn into_parts(self) -> (Vec<Diagnostic>, Vec<Option<String>>, u64) {
        (self.diagnostics, self.values, self.left_off)
    }
}

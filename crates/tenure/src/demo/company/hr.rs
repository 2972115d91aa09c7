//! The HR system: what it has typed, the files that it sends, and what it means by them.
//!
//! What it means is the story's own word of who comes, moves and goes when. Tenure never sees it; it
//! sees the files. At the end the two are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::Timestamp;
use model::time::Date;

use super::cast::{self, Member};
use super::{Department, Hiring, Worker};
use crate::failure::Failure;

/// Rows of the page that an export may lose.
pub const PAGE: usize = 40;
/// Rows of the page that it loses last.
pub const LAST_PAGE: usize = 12;

/// What HR types.
#[derive(Debug, Clone, Copy)]
pub enum Word {
    /// Somebody of [`cast::LATER`] is hired.
    Hires(&'static str),
    /// A hire is taken back: the row is deleted.
    TakesBack(&'static str),
    /// Somebody has a last day.
    Ends(&'static str, &'static str),
    /// Somebody works in something else now.
    Moves(&'static str, Department),
    /// Everyone under the first has the second as their manager.
    Follows(&'static str, &'static str),
    /// A leave, from its first day to its last.
    Leave(&'static str, &'static str, &'static str),
}

/// How a file comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Sound.
    Sound,
    /// It ends in the middle of a row.
    CutOff,
    /// One number stands in two rows, for different people.
    OneNumberTwice,
    /// A row has a day that no calendar has.
    ImpossibleDay,
    /// A page is missing, as if these people were not there any more.
    WithoutPage,
    /// Another page is missing.
    WithoutLastPage,
    /// Its second half is missing.
    Half,
    /// A column has another name.
    OtherHeader,
    /// Its bytes are Windows-1252.
    OtherEncoding,
    /// There is none.
    None,
}

/// What is meant to happen to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They come.
    In,
    /// Something about them changes.
    Moved,
    /// They go.
    Out,
}

/// What is meant to happen to somebody, and from when on: HR's instant, or the one at which it was
/// told, the later.
#[derive(Debug, Clone)]
pub struct Meant {
    /// What.
    pub kind: Kind,
    /// To whom.
    pub key: String,
    /// From when on.
    pub at: Timestamp,
}

/// The HR system.
pub struct Hr {
    hiring: Hiring,
    /// In the order of the file.
    pub workers: Vec<Worker>,
    /// What was typed and not told yet.
    pub(super) typed: Vec<(Kind, String)>,
    /// What is meant by all that was told.
    pub meant: Vec<Meant>,
    /// Who has no row any more.
    pub removed: BTreeSet<String>,
    /// Who went without HR's word, or has no row any more: not at work.
    pub gone: BTreeSet<String>,
    /// Whose word replaced whose at the head of a department.
    followed: Option<(&'static str, &'static str)>,
    /// Who left Engineering and was not told of yet.
    pub(super) left: Vec<String>,
    /// Who left Engineering, and until when they keep what it gave them.
    pub keeps: BTreeMap<String, Timestamp>,
    /// Whose rows were missing in the last file, as if they had left.
    pub(super) missed: Vec<String>,
    /// How many there were on the first day.
    first: usize,
    /// Of whom HR means something already: they are left alone by chance.
    touched: BTreeSet<String>,
}

/// A day of the story.
pub fn day(text: &str) -> Result<Date, Failure> {
    text.parse()
        .map_err(|_| crate::demo::broken(format!("`{text}` is no day")))
}

impl Hr {
    /// A company of this many people.
    pub fn found(seed: u64, people: usize) -> Result<Self, Failure> {
        let mut hiring = Hiring::new(seed);
        let mut workers = Vec::with_capacity(people);
        for member in &cast::AT_FIRST {
            workers.push(hiring.cast(member, day("2019-03-01")?));
        }
        for number in workers.len()..people {
            let year = 2016 + i16::try_from(number % 10).unwrap_or(0);
            let month = 1 + i8::try_from(number % 12).unwrap_or(0);
            workers.push(hiring.anyone(Date::constant(year, month, 1)));
        }
        let typed = workers.iter().map(|w| (Kind::In, w.key.clone())).collect();
        Ok(Self {
            hiring,
            typed,
            meant: Vec::new(),
            removed: BTreeSet::new(),
            gone: BTreeSet::new(),
            followed: None,
            left: Vec::new(),
            keeps: BTreeMap::new(),
            missed: Vec::new(),
            first: people,
            touched: BTreeSet::new(),
            workers,
        })
    }

    /// One of them.
    pub fn worker(&self, key: &str) -> Option<&Worker> {
        self.workers.iter().find(|w| w.key == key)
    }

    /// The keys on the page that is lost, and on the one that is lost last.
    pub fn page(&self, feed: Feed) -> &[Worker] {
        let end = self.first;
        match feed {
            Feed::WithoutPage => &self.workers[end - PAGE - LAST_PAGE..end - LAST_PAGE],
            Feed::WithoutLastPage => &self.workers[end - LAST_PAGE..end],
            _ => &[],
        }
    }

    /// HR types something.
    pub fn types(&mut self, word: Word) -> Result<(), Failure> {
        match word {
            Word::Hires(key) => {
                let found = cast::LATER.iter().find(|(member, _)| member.key == key);
                let (member, first) = found.ok_or_else(|| unknown(key))?;
                let worker = self.newcomer(member, day(first)?);
                self.types_in(Kind::In, worker);
            }
            Word::TakesBack(key) => {
                self.workers.retain(|w| w.key != key);
                self.gone.insert(key.to_owned());
                self.meant.retain(|one| one.key != key);
                self.typed.push((Kind::Out, key.to_owned()));
            }
            Word::Ends(key, last) => {
                let last = day(last)?;
                self.one(key)?.ends = Some(last);
                self.typed.push((Kind::Out, key.to_owned()));
            }
            Word::Moves(key, to) => self.moves(key, to)?,
            Word::Follows(old, new) => {
                self.followed = Some((old, new));
                let under = self
                    .workers
                    .iter_mut()
                    .filter(|w| w.manager == old && w.key != new);
                for worker in under {
                    new.clone_into(&mut worker.manager);
                    self.typed.push((Kind::Moved, worker.key.clone()));
                }
            }
            Word::Leave(key, from, to) => {
                let leave = (day(from)?, day(to)?);
                self.one(key)?.leave = Some(leave);
                self.typed.push((Kind::Moved, key.to_owned()));
            }
        }
        Ok(())
    }

    fn newcomer(&mut self, member: &Member, first: Date) -> Worker {
        let mut worker = self.hiring.cast(member, first);
        worker.manager = self.head(worker.department);
        if member.key == cast::RETURNED
            && let Some(before) = self.worker(cast::RETURNING)
        {
            worker.person.clone_from(&before.person);
            worker.email.clone_from(&before.email);
        }
        worker
    }

    fn types_in(&mut self, kind: Kind, worker: Worker) {
        self.typed.push((kind, worker.key.clone()));
        self.workers.push(worker);
    }

    fn one(&mut self, key: &str) -> Result<&mut Worker, Failure> {
        let found = self.workers.iter_mut().find(|w| w.key == key);
        found.ok_or_else(|| unknown(key))
    }

    fn moves(&mut self, key: &str, to: Department) -> Result<(), Failure> {
        let head = self.head(to);
        if self.one(key)?.department == Department::Engineering && to != Department::Engineering {
            self.left.push(key.to_owned());
        }
        let worker = self.one(key)?;
        (worker.department, worker.manager) = (to, head);
        self.typed.push((Kind::Moved, key.to_owned()));
        Ok(())
    }

    /// What happens at any company on any working day: a few come, move and go, by chance.
    pub fn lives(&mut self, today: Date) -> Result<(), Failure> {
        let later = |days: u64| {
            let on = today.checked_add(Duration::from_secs(days * 24 * 3_600));
            on.map_err(|e| crate::demo::broken(e.to_string()))
        };
        let (soon, late) = (later(3)?, later(6)?);
        for _ in 0..self.hiring.dice().below(3) {
            let mut worker = self.hiring.anyone(soon);
            worker.manager = self.head(worker.department);
            self.touched.insert(worker.key.clone());
            self.types_in(Kind::In, worker);
        }
        for _ in 0..self.hiring.dice().below(3) {
            if let Some(key) = self.somebody() {
                let to = Department::ALL[self.hiring.dice().below(Department::ALL.len())];
                if self.worker(&key).is_some_and(|w| w.department != to) {
                    self.moves(&key, to)?;
                }
            }
        }
        // Sales would have a licence left at the end.
        if self.hiring.dice().below(2) == 0
            && let Some(key) = self.somebody()
            && self
                .worker(&key)
                .is_some_and(|w| w.department != Department::Sales)
        {
            self.one(&key)?.ends = Some(late);
            self.typed.push((Kind::Out, key));
        }
        Ok(())
    }

    /// Somebody of the first day of whom HR means nothing yet, and to whom the story does not happen.
    fn somebody(&mut self) -> Option<String> {
        let (from, to) = (cast::AT_FIRST.len(), self.first - PAGE - LAST_PAGE);
        let number = from + self.hiring.dice().below(to - from);
        let key = self.workers.get(number)?.key.clone();
        self.touched.insert(key.clone()).then_some(key)
    }

    /// The worker key of a department's head.
    fn head(&self, department: Department) -> String {
        match (department.head(), self.followed) {
            (head, Some((old, new))) if head == old => new.to_owned(),
            (head, _) => head.to_owned(),
        }
    }
}

fn unknown(key: &str) -> Failure {
    crate::demo::broken(format!("the story knows no `{key}`"))
}

//! Where streams end, remembered: every request that brings a token asks for a few of them.
//!
//! Right for an SQLite file alone. It has one writer, in this process (the data directory is locked), and that
//! one tells each commit before it answers it: what is remembered is never older than what was answered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many are remembered; then all are forgotten, and learnt anew.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct Heads(Mutex<Known>);

#[derive(Default)]
struct Known {
    heads: HashMap<String, Option<u64>>,
    /// How many commits were told: what was read before one of them may be old after it.
    commits: u64,
}

/// How many commits had been told when a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl Heads {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The head of a stream, if it is remembered; else a mark to [`learn`](Self::learn) it by.
    pub(crate) fn get(&self, stream: &str) -> Result<Option<u64>, Mark> {
        let known = self.known();
        let head = known.heads.get(stream).copied();
        head.ok_or(Mark(known.commits))
    }

    /// Remembers what was read since the mark, unless anything was committed meanwhile.
    pub(crate) fn learn(&self, stream: &str, head: Option<u64>, mark: Mark) {
        let mut known = self.known();
        if known.commits != mark.0 {
            return;
        }
        if known.heads.len() >= MOST {
            known.heads.clear();
        }
        known.heads.insert(stream.to_owned(), head);
    }

    /// The writer has committed: these streams have moved.
    pub(crate) fn committed<'a>(&self, moved: impl Iterator<Item = (&'a str, u64)>) {
        let mut known = self.known();
        known.commits += 1;
        for (stream, head) in moved {
            if let Some(known) = known.heads.get_mut(stream) {
                *known = Some(head);
            }
        }
    }

    /// Nobody knows what a commit that failed has left behind.
    pub(crate) fn forget(&self) {
        let mut known = self.known();
        known.commits += 1;
        known.heads.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_read_before_a_commit_is_not_remembered_after_it() {
        let heads = Heads::default();
        let mark = heads.get("documents").unwrap_err();
        heads.committed([("documents", 7)].into_iter());
        heads.learn("documents", Some(3), mark);
        let mark = heads.get("documents").unwrap_err();
        heads.learn("documents", Some(7), mark);
        assert_eq!(heads.get("documents"), Ok(Some(7)));
        heads.committed([("documents", 9), ("plan/1", 9)].into_iter());
        assert_eq!(heads.get("documents"), Ok(Some(9)));
        heads.forget();
        assert!(heads.get("documents").is_err());
    }

    #[test]
    fn a_stream_that_nobody_moved_is_remembered_as_such_and_so_many_only() {
        let heads = Heads::default();
        for n in 0..=MOST {
            let name = format!("s/{n}");
            let mark = heads.get(&name).unwrap_err();
            heads.learn(&name, None, mark);
            assert_eq!(heads.get(&name), Ok(None));
        }
        assert_eq!(heads.known().heads.len(), 1);
    }
}

//! What was read from an SQLite file by its key, remembered until somebody writes it.
//!
//! Right for an SQLite file alone. It has one writer, in this process (the data directory is locked), and that
//! one tells each commit before it answers it: what is remembered is never older than what was answered.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So much is remembered on one shelf; then all of it is forgotten, and learnt anew.
const MOST: usize = 4_096;

/// Values by their keys.
pub(crate) struct Shelf<K, V>(Mutex<Known<K, V>>);

struct Known<K, V> {
    values: HashMap<K, V>,
    /// How often something was written: what was read before that may be old after it.
    writes: u64,
}

/// How often something had been written when a read began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark(u64);

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self(Mutex::new(Known {
            values: HashMap::new(),
            writes: 0,
        }))
    }
}

impl<K: Hash + Eq, V: Clone> Shelf<K, V> {
    fn known(&self) -> MutexGuard<'_, Known<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value, if it is remembered; else a mark to [`learn`](Self::learn) it by.
    pub(crate) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Result<V, Mark>
    where
        K: Borrow<Q>,
    {
        let known = self.known();
        let value = known.values.get(key).cloned();
        value.ok_or(Mark(known.writes))
    }

    /// Remembers what was read since the mark, unless something was written meanwhile.
    pub(crate) fn learn(&self, key: K, value: V, mark: Mark) {
        let mut known = self.known();
        if known.writes != mark.0 {
            return;
        }
        if known.values.len() >= MOST {
            known.values.clear();
        }
        known.values.insert(key, value);
    }

    /// Something was written: whatever `change` does to what is remembered of it.
    pub(crate) fn written(&self, change: impl FnOnce(&mut HashMap<K, V>)) {
        let mut known = self.known();
        known.writes += 1;
        change(&mut known.values);
    }

    /// Everything may have been written.
    pub(crate) fn forget(&self) {
        self.written(HashMap::clear);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_read_before_a_write_is_not_remembered_after_it() {
        let heads = Shelf::<String, Option<u64>>::default();
        let mark = heads.get("documents").unwrap_err();
        heads.written(|_| {});
        heads.learn("documents".to_owned(), Some(3), mark);
        let mark = heads.get("documents").unwrap_err();
        heads.learn("documents".to_owned(), Some(7), mark);
        assert_eq!(heads.get("documents"), Ok(Some(7)));
        heads.written(|known| {
            known.remove("plan/1");
        });
        assert_eq!(heads.get("documents"), Ok(Some(7)));
        heads.forget();
        assert!(heads.get("documents").is_err());
    }

    #[test]
    fn so_much_is_remembered_and_no_more() {
        let heads = Shelf::<String, Option<u64>>::default();
        for n in 0..=MOST {
            let name = format!("s/{n}");
            let mark = heads.get(&name).unwrap_err();
            heads.learn(name.clone(), None, mark);
            assert_eq!(heads.get(&name), Ok(None));
        }
        assert_eq!(heads.known().values.len(), 1);
    }
}

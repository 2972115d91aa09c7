//! Signed tokens that were found good, remembered: checking a signature costs more than everything else that is
//! asked about a token.
//!
//! What is remembered is that our keys signed it and what it says, which does not change while the published keys
//! are the same. Whether it still counts is asked each time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::Digest;

use super::access::Recognised;

/// So many are remembered; then all are forgotten, and checked anew.
const MOST: usize = 10_000;

#[derive(Default)]
pub(crate) struct Verified(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Where the stream of the keys ended by which they are good.
    head: Option<u64>,
    /// By the digest of the token.
    tokens: HashMap<Digest, Recognised>,
}

impl Verified {
    /// What a token says, if it is known to be good by the keys of this head.
    pub(super) fn get(&self, head: Option<u64>, token: &Digest) -> Option<Recognised> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.tokens.get(token).filter(|_| known.head == head);
        found.cloned()
    }

    /// That a token is good by the keys of this head.
    pub(super) fn put(&self, head: Option<u64>, token: Digest, says: Recognised) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.head != head || known.tokens.len() >= MOST {
            known.tokens.clear();
            known.head = head;
        }
        known.tokens.insert(token, says);
    }
}

#[cfg(test)]
mod tests {
    use model::{AuthorizationId, Timestamp};

    use super::*;

    #[test]
    fn what_was_good_by_other_keys_is_checked_anew() {
        let verified = Verified::default();
        let says = || {
            let id = AuthorizationId::new(Timestamp::EPOCH, [7; 10]);
            Recognised::Person(id, Timestamp::EPOCH, None, None)
        };
        let (one, other) = (Digest([1; 32]), Digest([2; 32]));
        verified.put(Some(4), one, says());
        assert!(verified.get(Some(4), &one).is_some());
        assert!(verified.get(Some(4), &other).is_none());
        assert!(verified.get(Some(5), &one).is_none());
        verified.put(Some(5), other, says());
        assert!(verified.get(Some(5), &one).is_none());
        assert!(verified.get(Some(4), &one).is_none());
        assert!(verified.get(Some(5), &other).is_some());
    }
}

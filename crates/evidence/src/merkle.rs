//! A tree of hashes over the records of a log (RFC 9162 §2.1), so that single records are shown to be in
//! it without the others.
//!
//! The leaves are the records' hashes, in order; each of them covers the record before it as well, so
//! the tree and the hash chain are over the same log. A [`crate::Checkpoint`] signs the root.

use std::collections::{BTreeMap, BTreeSet};

use model::canonical::Digest;

/// Hashes on the way from one record to the root, the nearest first.
pub type Path = Vec<Digest>;

/// A tree that grows, and the paths of those records that were asked for.
#[derive(Debug, Default)]
pub struct Tree {
    size: u64,
    peaks: Vec<Peak>,
    wanted: BTreeSet<u64>,
    paths: BTreeMap<u64, Path>,
}

/// A complete tree of a power of two records, and which of them were asked for.
#[derive(Debug)]
struct Peak {
    hash: Digest,
    wanted: Vec<u64>,
}

fn hash(prefix: u8, parts: &[&Digest]) -> Digest {
    let mut bytes = Vec::with_capacity(65);
    bytes.push(prefix);
    parts.iter().for_each(|part| bytes.extend(part.0));
    Digest::of(&bytes)
}

fn leaf(record: Digest) -> Digest {
    hash(0, &[&record])
}

fn node(left: Digest, right: Digest) -> Digest {
    hash(1, &[&left, &right])
}

impl Tree {
    /// An empty tree that keeps the paths of these records, numbered from 1.
    #[must_use]
    pub fn with_paths(wanted: BTreeSet<u64>) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// How many records it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next record.
    pub fn push(&mut self, record: Digest) {
        let mut below = self.size;
        self.size += 1;
        let mut wanted = Vec::new();
        if self.wanted.contains(&self.size) {
            wanted.push(self.size);
            self.paths.insert(self.size, Path::new());
        }
        let mut peak = Peak {
            hash: leaf(record),
            wanted,
        };
        // Two trees of one size become one.
        while below & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            peak = joined(&mut self.paths, left, peak);
            below >>= 1;
        }
        self.peaks.push(peak);
    }

    /// The root over all records so far.
    #[must_use]
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev().map(|peak| peak.hash);
        let last = peaks.next().unwrap_or_else(|| Digest::of(&[]));
        peaks.fold(last, |right, left| node(left, right))
    }

    /// The root, and the paths that were asked for; a record that never came has none.
    #[must_use]
    pub fn finish(mut self) -> (Digest, BTreeMap<u64, Path>) {
        let root = self.root();
        let mut peaks = self.peaks.into_iter().rev();
        if let Some(last) = peaks.next() {
            peaks.fold(last, |right, left| joined(&mut self.paths, left, right));
        }
        (root, self.paths)
    }
}

fn joined(paths: &mut BTreeMap<u64, Path>, left: Peak, right: Peak) -> Peak {
    for (side, other) in [(&left, &right), (&right, &left)] {
        for record in &side.wanted {
            paths.entry(*record).or_default().push(other.hash);
        }
    }
    let mut wanted = left.wanted;
    wanted.extend(right.wanted);
    Peak {
        hash: node(left.hash, right.hash),
        wanted,
    }
}

/// Whether the record number `seq`, counted from 1, with this hash is in the tree of `size` records with
/// this root (RFC 9162 §2.1.3.2).
#[must_use]
pub fn leads_to(seq: u64, record: Digest, path: &[Digest], size: u64, root: Digest) -> bool {
    if seq == 0 || seq > size {
        return false;
    }
    let (mut at, mut last, mut found) = (seq - 1, size - 1, leaf(record));
    for other in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            found = node(*other, found);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            found = node(found, *other);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && found == root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u64) -> Digest {
        Digest::of(&n.to_be_bytes())
    }

    fn tree(size: u64) -> (Digest, BTreeMap<u64, Path>) {
        let mut tree = Tree::with_paths((1..=size).collect());
        (1..=size).for_each(|n| tree.push(record(n)));
        assert_eq!(tree.size(), size);
        tree.finish()
    }

    /// The root as RFC 9162 §2.1.1 defines it.
    fn defined(records: &[Digest]) -> Digest {
        match records {
            [] => Digest::of(&[]),
            [one] => leaf(*one),
            more => {
                let half = more.len().next_power_of_two() / 2;
                node(defined(&more[..half]), defined(&more[half..]))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_rfc() {
        for size in 0..70 {
            let records: Vec<Digest> = (1..=size).map(record).collect();
            assert_eq!(tree(size).0, defined(&records), "{size}");
        }
    }

    #[test]
    fn each_path_leads_to_the_root_from_its_own_record_and_place_alone() {
        for size in 1..35 {
            let (root, paths) = tree(size);
            assert_eq!(paths.len() as u64, size);
            for (seq, path) in &paths {
                for at in 0..size + 2 {
                    let there = leads_to(at, record(*seq), path, size, root);
                    assert_eq!(there, at == *seq, "{seq} at {at} of {size}");
                }
                assert!(!leads_to(*seq, record(99), path, size, root));
                for cut in 0..path.len() {
                    let mut other = path.clone();
                    other[cut].0[0] ^= 1;
                    assert!(!leads_to(*seq, record(*seq), &other, size, root));
                    assert!(!leads_to(*seq, record(*seq), &path[..cut], size, root));
                }
                let mut longer = path.clone();
                longer.push(record(7));
                assert!(!leads_to(*seq, record(*seq), &longer, size, root));
            }
        }
    }
}

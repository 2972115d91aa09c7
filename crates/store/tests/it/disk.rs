//! What a disk holds after the power failed, from a record of writes and syncs (see `disk.c`).

use std::collections::{BTreeMap, BTreeSet};

use ports::clock::draw;
use ports::conformance::doubles::SeededEntropy;

/// The unit that reaches a disk whole or not at all.
const SECTOR: usize = 512;

enum Op {
    Write(u64, Vec<u8>),
    Truncate(u64),
    Sync,
    Unlink,
}

/// A record of everything that happened to the files, in order.
pub struct Disk(Vec<(String, Op)>);

/// Files as a disk holds them.
pub struct Image {
    /// Name → content.
    pub files: Vec<(String, Vec<u8>)>,
    /// What was acknowledged before that moment.
    pub acks: BTreeSet<u64>,
    /// Sectors that were written but not synced, and are lost.
    pub dropped: usize,
}

impl Disk {
    /// Reads a record.
    pub fn read(mut log: &[u8]) -> Self {
        let mut take = |count: usize| {
            let (head, rest) = log.split_at_checked(count)?;
            log = rest;
            Some(head.to_vec())
        };
        let mut record = || -> Option<(String, Op)> {
            let kind = take(1)?;
            let name = u16::from_ne_bytes(take(2)?.try_into().unwrap());
            let at = u64::from_ne_bytes(take(8)?.try_into().unwrap());
            let size = u64::from_ne_bytes(take(8)?.try_into().unwrap());
            let path = String::from_utf8(take(name.into())?).unwrap();
            let op = match kind[0] {
                b'w' => Op::Write(at, take(size as usize)?),
                b't' => Op::Truncate(at),
                b's' => Op::Sync,
                b'u' => Op::Unlink,
                other => panic!("an unknown record: {other}"),
            };
            Some((path, op))
        };
        let mut ops = Vec::new();
        // The writer is killed at any moment: a last record that is cut short was being made.
        while let Some((path, op)) = record() {
            // The shared memory of a WAL is no file to a disk: it is made anew.
            let name = path.rsplit('/').next().unwrap().to_owned();
            if !name.ends_with("-shm") {
                ops.push((name, op));
            }
        }
        assert!(!ops.is_empty(), "nothing was recorded");
        Self(ops)
    }

    /// How many things happened.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The same, on a disk that only says that it synced.
    pub fn without_syncs(mut self) -> Self {
        self.0.retain(|(_, op)| !matches!(op, Op::Sync));
        self
    }

    /// The files after the power failed when this many things had happened: what was synced, and
    /// of what was not any part that chance chose. Names are taken to be durable at once.
    pub fn after_power_failure(&self, moment: usize, entropy: &SeededEntropy) -> Image {
        let mut synced: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let mut pending: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
        let mut acks = BTreeSet::new();
        for (name, op) in &self.0[..moment] {
            if name == "disk-acks" {
                if let Op::Write(_, bytes) = op {
                    acks.insert(u64::from_be_bytes(bytes.as_slice().try_into().unwrap()));
                }
                continue;
            }
            match op {
                Op::Sync => {
                    let file = synced.entry(name).or_default();
                    for op in pending.remove(name.as_str()).unwrap_or_default() {
                        apply(file, op);
                    }
                }
                Op::Unlink => {
                    synced.remove(name.as_str());
                    pending.remove(name.as_str());
                }
                other => pending.entry(name).or_default().push(other),
            }
        }
        let mut dropped = 0;
        for (name, ops) in pending {
            let file = synced.entry(name).or_default();
            for op in ops {
                dropped += apply_in_part(file, op, entropy);
            }
        }
        let files = synced
            .into_iter()
            .map(|(name, bytes)| (name.to_owned(), bytes))
            .collect();
        Image {
            files,
            acks,
            dropped,
        }
    }
}

fn apply(file: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Write(at, bytes) => {
            let at = *at as usize;
            file.resize(file.len().max(at + bytes.len()), 0);
            file[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Op::Truncate(size) => file.resize(*size as usize, 0),
        Op::Sync | Op::Unlink => {}
    }
}

/// Applies some sectors of a write, or a truncation or not; answers how much was left out.
fn apply_in_part(file: &mut Vec<u8>, op: &Op, entropy: &SeededEntropy) -> usize {
    let chance = || draw::<1>(entropy)[0].is_multiple_of(2);
    let Op::Write(at, bytes) = op else {
        if chance() {
            apply(file, op);
        }
        return 0;
    };
    let (mut start, mut dropped) = (0, 0);
    while start < bytes.len() {
        let place = *at as usize + start;
        let end = (start + SECTOR - place % SECTOR).min(bytes.len());
        if chance() {
            apply(file, &Op::Write(place as u64, bytes[start..end].to_vec()));
        } else {
            dropped += 1;
        }
        start = end;
    }
    dropped
}

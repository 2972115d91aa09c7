//! Tampering with records one by one.

use evidence::verify::NotExcluded;
use evidence::{Check, Envelope, Fault, Report, SignedCheckpoint};
use model::canonical::Digest;
use model::{SubjectId, Timestamp};
use proptest::prelude::*;

use crate::logs::{Content, Signer, TENANT, chain, content};

/// A record as a database holds it: fields that may have become unreadable.
type Stored = Result<Envelope, String>;

fn verify(log: &[Stored], kept: Vec<SignedCheckpoint>) -> Report {
    let mut check = Check::new(TENANT, &Signer::new(1).public_key(), kept);
    for (record, number) in log.iter().zip(1..) {
        match record {
            Ok(record) => check.push(record),
            Err(why) => check.unreadable(number, why.clone()),
        }
    }
    check.finish()
}

fn sound(log: &[Envelope], kept: Vec<SignedCheckpoint>) -> Report {
    verify(&log.iter().cloned().map(Ok).collect::<Vec<_>>(), kept)
}

fn logs() -> impl Strategy<Value = Vec<Envelope>> {
    proptest::collection::vec(content(), 1..10).prop_map(|contents| chain(&contents))
}

/// Flips one bit in one field; `None` when the field has no bytes.
fn flip(record: &Envelope, field: usize, at: usize, bit: u8) -> Option<Stored> {
    let mut changed = record.clone();
    let mask = 1u8 << (bit % 8);
    let flip = |bytes: &mut [u8]| {
        let len = bytes.len();
        (len > 0).then(|| bytes[at % len] ^= mask)
    };
    let text = |text: &mut String| {
        let mut bytes = text.clone().into_bytes();
        flip(&mut bytes)?;
        Some(
            String::from_utf8(bytes)
                .map(|t| *text = t)
                .map_err(|e| e.to_string()),
        )
    };
    match field {
        0 => changed.seq ^= 1 << (at % 63),
        1 => changed.at = Timestamp::from_micros(changed.at.as_micros() ^ (1 << (at % 63))),
        2..=4 => {
            let field = match field {
                2 => &mut changed.actor,
                3 => &mut changed.kind,
                _ => &mut changed.body,
            };
            if let Err(why) = text(field)? {
                return Some(Err(why));
            }
        }
        5 => {
            let mut name = changed.subject?.to_string();
            if let Err(why) = text(&mut name)? {
                return Some(Err(why));
            }
            match name.parse::<SubjectId>() {
                Ok(subject) => changed.subject = Some(subject),
                Err(why) => return Some(Err(why.to_string())),
            }
        }
        6 => flip(changed.sealed.as_mut()?)?,
        7 => flip(&mut changed.prev.0)?,
        _ => flip(&mut changed.hash.0)?,
    }
    Some(Ok(changed))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_honest_log_is_sound(log in logs()) {
        let report = sound(&log, Vec::new());
        prop_assert!(report.is_sound(), "{:?}", report.problems);
        prop_assert_eq!(report.head, (log.len() as u64, log[log.len() - 1].hash));
    }

    #[test]
    fn any_flipped_bit_is_found_where_it_is(
        log in logs(), which: prop::sample::Index, field in 0..9usize, at: usize, bit: u8,
    ) {
        let which = which.index(log.len());
        let mut stored: Vec<Stored> = log.iter().cloned().map(Ok).collect();
        let Some(changed) = flip(&log[which], field, at, bit) else { return Ok(()) };
        stored[which] = changed.clone();
        let report = verify(&stored, Vec::new());
        // A flipped number is reported under the number that the record now claims.
        let claimed = changed.map_or(which as u64 + 1, |record| record.seq);
        prop_assert!(report.problems.iter().any(|p| p.seq == claimed), "{:?}", report.problems);
    }

    #[test]
    fn a_dropped_record_is_named(log in logs(), which: prop::sample::Index) {
        let which = which.index(log.len());
        let mut short = log.clone();
        short.remove(which);
        let report = sound(&short, Vec::new());
        let number = which as u64 + 1;
        if which + 1 < log.len() {
            let missing = Fault::Missing { from: number, to: number };
            prop_assert!(report.problems.iter().any(|p| p.fault == missing));
        } else {
            // The tail: nothing in the log shows it, and the report says so.
            prop_assert!(report.is_sound());
            let tail = NotExcluded::RemovedTail { after: number - 1 };
            prop_assert!(report.not_excluded.contains(&tail));
            // A checkpoint that was kept shows it.
            let kept = Signer::new(1).sign(TENANT, &log[which]);
            let report = sound(&short, vec![kept]);
            prop_assert!(report.problems.iter().any(|p| p.fault == Fault::TailRemoved));
        }
    }

    #[test]
    fn swapped_doubled_and_inserted_records_are_found(
        log in logs(), a: prop::sample::Index, b: prop::sample::Index, new in content(),
    ) {
        let (a, b) = (a.index(log.len()), b.index(log.len()));
        let mut swapped = log.clone();
        swapped.swap(a, b);
        prop_assert_eq!(sound(&swapped, Vec::new()).is_sound(), a == b);
        let mut doubled = log.clone();
        doubled.insert(b, log[a].clone());
        prop_assert!(!sound(&doubled, Vec::new()).is_sound());
        // Inserted with a hash of its own that is right, and the number of the one it precedes.
        let forged = Envelope { prev: log[a].prev, seq: log[a].seq, ..chain(&[new])[0].clone() };
        let mut inserted = log.clone();
        inserted.insert(a, forged.hashed());
        prop_assert!(!sound(&inserted, Vec::new()).is_sound());
    }

    #[test]
    fn a_record_replaced_with_its_own_right_hash_is_found(
        log in logs(), which: prop::sample::Index, new in content(),
    ) {
        let which = which.index(log.len());
        let old = &log[which];
        let new = chain(&[new])[0].clone();
        let forged = Envelope { seq: old.seq, at: old.at, prev: old.prev, ..new }.hashed();
        prop_assume!(forged != *old);
        let mut replaced = log.clone();
        replaced[which] = forged;
        let report = sound(&replaced, Vec::new());
        if which + 1 < log.len() {
            let next = which as u64 + 2;
            prop_assert!(
                report.problems.iter().any(|p| p.seq == next && p.fault == Fault::Unchained)
            );
        } else {
            prop_assert!(report.is_sound());
            let all = NotExcluded::RecomputedChain { after: 0 };
            prop_assert!(report.not_excluded.contains(&all));
        }
    }

    #[test]
    fn a_recomputed_chain_needs_a_checkpoint(
        contents in proptest::collection::vec(content(), 2..10),
        which: prop::sample::Index, kept_at: prop::sample::Index, new in content(),
    ) {
        let log = chain(&contents);
        let which = which.index(log.len());
        let mut forged: Vec<Content> = contents.clone();
        forged[which] = new;
        let forged = chain(&forged);
        prop_assume!(forged[which] != log[which]);
        let report = sound(&forged, Vec::new());
        prop_assert!(report.is_sound(), "by itself nothing shows");
        let all = NotExcluded::RecomputedChain { after: 0 };
            prop_assert!(report.not_excluded.contains(&all));
        let kept_at = kept_at.index(log.len());
        let kept = Signer::new(1).sign(TENANT, &log[kept_at]);
        let report = sound(&forged, vec![kept]);
        let number = kept_at as u64 + 1;
        if kept_at >= which {
            prop_assert!(
                report.problems.iter().any(|p| p.seq == number && p.fault == Fault::Recomputed)
            );
        } else {
            prop_assert!(report.is_sound());
            prop_assert_eq!(report.fixed, number);
            let rest = NotExcluded::RecomputedChain { after: number };
            prop_assert!(report.not_excluded.contains(&rest));
        }
    }
}

#[test]
fn checkpoints_of_others_do_not_count() {
    let log = chain(&[Content {
        after: 0,
        who: "a".into(),
        text: "b".into(),
        subject: None,
        sealed: None,
    }]);
    let forger = Signer::new(2).sign(TENANT, &log[0]);
    let report = sound(&log, vec![forger]);
    assert_eq!(report.problems[0].fault, Fault::BadSignature);
    assert_eq!(report.fixed, 0);
    let other = Signer::new(1).sign("globex", &log[0]);
    let report = sound(&log, vec![other]);
    assert_eq!(
        report.problems[0].fault,
        Fault::OtherTenant("globex".to_owned())
    );
    let good = Signer::new(1).sign(TENANT, &log[0]);
    let report = sound(&log, vec![good]);
    assert!(report.is_sound());
    assert_eq!((report.fixed, report.head), (1, (1, log[0].hash)));
    assert_eq!(report.not_excluded, [NotExcluded::RemovedTail { after: 1 }]);
}

#[test]
fn time_must_not_run_backwards() {
    let content = |after| Content {
        after,
        who: "a".into(),
        text: String::new(),
        subject: None,
        sealed: None,
    };
    let log = chain(&[content(5), content(-1)]);
    let report = sound(&log, Vec::new());
    assert_eq!(report.problems.len(), 1);
    assert_eq!(
        (report.problems[0].seq, &report.problems[0].fault),
        (2, &Fault::BackInTime)
    );
}

#[test]
fn an_empty_log_is_sound_and_proves_nothing() {
    let report = sound(&[], Vec::new());
    assert!(report.is_sound());
    assert_eq!(report.head, (0, Digest::default()));
    assert_eq!(report.not_excluded, [NotExcluded::RemovedTail { after: 0 }]);
}

#[test]
fn a_checkpoint_whose_tree_is_of_another_log_is_found() {
    let contents = ["a", "b", "c"].map(|text| Content {
        after: 1,
        who: "ana".to_owned(),
        text: text.to_owned(),
        subject: None,
        sealed: None,
    });
    let log = chain(&contents);
    let mut tree = evidence::merkle::Tree::default();
    log.iter().for_each(|record| tree.push(record.hash));
    let signer = Signer::new(1);
    let right = signer.sign_with(TENANT, &log[2], Some(tree.root()));
    let report = sound(&log, vec![right]);
    assert!(
        report.is_sound() && report.fixed == 3,
        "{:?}",
        report.problems
    );
    tree.push(log[2].hash);
    let wrong = signer.sign_with(TENANT, &log[2], Some(tree.root()));
    let report = sound(&log, vec![wrong]);
    assert_eq!(report.problems[0].fault, Fault::OtherRoot);
}

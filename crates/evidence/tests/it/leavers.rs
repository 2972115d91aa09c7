//! Tampering with a bundle of leavers: by whoever has the file, and by whoever has the key as well.

use std::collections::BTreeSet;

use evidence::bundle::BundleError;
use evidence::leaver::{
    Account, AccountState, Began, Decided, FORMAT, Head, Leaver, LeftBy, Mark, NotShown, Released,
    Remaining, Report, Who, Writer, verify, verify_within,
};
use evidence::merkle::Tree;
use evidence::{Envelope, SignedCheckpoint};
use model::canonical::Digest;
use model::event::{
    ObjectObserved, PlanDrafted, StepChanged, StepHead, SubjectTerminated, WaveProposed,
    WaveReleased,
};
use model::plan::{About, StepRef, StepStatus};
use model::wave::Input;
use model::{
    Address, Cause, Change, Event, Kind, Personal, PlanId, RemoteId, SubjectId, TargetName,
    Timestamp, WaveId,
};

use crate::logs::{Signer, TENANT, json};

const SECOND: i64 = 1_000_000;
const START: i64 = 1_764_000_000 * SECOND;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START + seconds * SECOND)
}

fn who(n: u128) -> SubjectId {
    SubjectId::from_bits(n)
}

fn plan(n: u128) -> PlanId {
    PlanId::from_bits(n)
}

const WAVE: u128 = 40;

fn drafted(n: u128) -> Event {
    let step = StepHead {
        no: 0,
        address: Address::account(&TargetName::from("chat"), who(n)),
        verb: "disable".to_owned(),
        after: Vec::new(),
    };
    Event::PlanDrafted(PlanDrafted {
        plan: plan(n),
        wave: WaveId::from_bits(WAVE),
        about: About::Subject(who(n)),
        change: Change::Termination,
        steps: vec![step],
        personal: Personal::Erased,
    })
}

fn changed(n: u128, status: StepStatus) -> Event {
    Event::StepChanged(StepChanged {
        step: StepRef {
            plan: plan(n),
            no: 0,
        },
        address: Address::account(&TargetName::from("chat"), who(n)),
        status,
        attempt: 1,
        looks: 0,
        not_before: None,
        fence: 1,
        outcome: None,
        detail: String::new(),
        exchanges: Vec::new(),
    })
}

fn terminated(n: u128) -> Event {
    Event::SubjectTerminated(SubjectTerminated {
        subject: who(n),
        by: "bo".to_owned(),
        personal: Personal::Erased,
    })
}

fn proposed() -> Event {
    Event::WaveProposed(WaveProposed {
        wave: WaveId::from_bits(WAVE),
        cause: Cause {
            input: Input::Clock,
            change: Change::Termination,
        },
        author: "system".to_owned(),
        plans: 2,
        removals: 2,
        steps: 2,
    })
}

fn released(by: &str, plans: &[PlanId]) -> Event {
    Event::WaveReleased(WaveReleased {
        wave: WaveId::from_bits(WAVE),
        released: true,
        plans: plans.to_vec(),
        by: by.to_owned(),
        reason: "seen".to_owned(),
    })
}

fn seen(n: u128) -> Event {
    Event::ObjectObserved(ObjectObserved {
        target: TargetName::from("wiki"),
        kind: Kind::Account,
        remote: RemoteId::from("u1"),
        subject: Some(who(n)),
        seen_at: at(0),
        personal: Personal::Erased,
    })
}

/// Two leavers: the first was shut by Tenure, and seen shut in the wiki; the second is exposed.
fn log() -> Vec<Envelope> {
    log_with(StepStatus::Verified)
}

/// The same, with the step of the first as it ended.
fn log_with(ended: StepStatus) -> Vec<Envelope> {
    use StepStatus::Sent;
    let events = [
        (0, terminated(1)),
        (0, terminated(2)),
        (1, drafted(1)),
        (1, drafted(2)),
        (2, proposed()),
        (3, released("ana", &[plan(1)])),
        (4, changed(1, Sent)),
        (9, changed(1, ended)),
        (20, seen(1)),
        (30, released("eve", &[])),
        (31, seen(2)),
    ];
    let mut prev = Digest::default();
    let mut log = Vec::new();
    for ((seconds, event), seq) in events.into_iter().zip(1..) {
        let wire = serde_json::to_value(&event).unwrap();
        let record = Envelope {
            seq,
            at: at(seconds),
            actor: json(&serde_json::json!({ "principal": "system" })),
            kind: wire["kind"].as_str().unwrap().to_owned(),
            subject: event.subject(),
            body: json(&wire["body"]),
            sealed: Some(vec![7; 9]),
            prev,
            hash: Digest::default(),
        }
        .hashed();
        prev = record.hash;
        log.push(record);
    }
    log
}

fn mark(seconds: i64, seq: u64) -> Mark {
    Mark {
        at: at(seconds),
        seq,
    }
}

fn leaver(n: u128, accounts: Vec<Account>, by: Option<(&str, Mark)>) -> Leaver {
    let seq = u64::try_from(n).unwrap();
    Leaver {
        subject: who(n),
        left_by: LeftBy::Termination,
        at: at(0),
        start: at(0),
        began: Began::Terminated(seq),
        accounts,
        decided: Some(Decided {
            plan: plan(n),
            wave: WaveId::from_bits(WAVE),
            drafted: mark(1, 2 + seq),
            proposed: mark(2, 5),
            released: by.map(|(by, mark)| Released {
                by: by.to_owned(),
                mark,
            }),
        }),
        done_at: None,
        at_most: false,
        remains: Vec::new(),
        personal: None,
    }
}

fn account(app: &str, state: AccountState, sent: Option<Mark>, verified: Option<Mark>) -> Account {
    Account {
        app: TargetName::from(app),
        state,
        sent,
        confirmed: None,
        verified,
    }
}

fn leavers() -> Vec<Leaver> {
    let chat = account(
        "chat",
        AccountState::Disabled,
        Some(mark(4, 7)),
        Some(mark(9, 8)),
    );
    let wiki = account("wiki", AccountState::SeenShut, None, Some(mark(20, 9)));
    let mut first = leaver(1, vec![chat, wiki], Some(("ana", mark(3, 6))));
    first.done_at = Some(at(20));
    first.at_most = true;
    first.remains.push(Remaining {
        app: TargetName::from("chat"),
        kind: "lingering".to_owned(),
        what: "sessions".to_owned(),
        until: Some(at(43_209)),
    });
    first.personal = Some(Who {
        key: "w001".to_owned(),
        name: "Ann Archer".to_owned(),
        zone: "UTC".to_owned(),
    });
    let open = account("chat", AccountState::Exposed, None, None);
    vec![first, leaver(2, vec![open], None)]
}

/// The records that show it.
fn shown() -> BTreeSet<u64> {
    (1..=9).collect()
}

/// A bundle of these, signed by whoever has the key.
fn bundle(leavers: &[Leaver], records: &BTreeSet<u64>) -> Vec<u8> {
    bundle_of(&log(), leavers, records, 1)
}

fn bundle_of(log: &[Envelope], leavers: &[Leaver], records: &BTreeSet<u64>, key: u8) -> Vec<u8> {
    let signer = Signer::new(key);
    let mut tree = Tree::with_paths(records.clone());
    log.iter().for_each(|record| tree.push(record.hash));
    let (root, paths) = tree.finish();
    let head = Head {
        format: FORMAT.to_owned(),
        tenant: TENANT.to_owned(),
        from: at(0),
        to: at(60),
        at: at(90),
        records: records.len() as u64,
        leavers: leavers.len() as u64,
        checkpoint: signer.sign_with(TENANT, &log[log.len() - 1], Some(root)),
    };
    let mut writer = Writer::begin(Vec::new(), &head).unwrap();
    for seq in records {
        let record = &log[usize::try_from(*seq).unwrap() - 1];
        writer.record(record, paths[seq].clone()).unwrap();
    }
    for leaver in leavers {
        writer.leaver(leaver.clone()).unwrap();
    }
    writer.finish(|bytes| signer.sign_bytes(bytes)).unwrap()
}

fn report(bytes: &[u8]) -> Report {
    verify(bytes, TENANT, &Signer::new(1).public_key(), &[]).unwrap()
}

fn believed(bytes: &[u8]) -> bool {
    verify(bytes, TENANT, &Signer::new(1).public_key(), &[]).is_ok_and(|report| report.is_sound())
}

#[test]
fn a_bundle_verifies_and_says_what_it_cannot_show() {
    let bytes = bundle(&leavers(), &shown());
    let report = report(&bytes);
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.leavers, report.records, report.exposed), (2, 9, 1));
    assert_eq!(report.took, [std::time::Duration::from_secs(20)]);
    let open = report.not_shown();
    for what in [
        NotShown::LeftOut,
        NotShown::OtherRecords,
        NotShown::Clocks,
        NotShown::Rewritten(11),
        NotShown::Sights(1),
        NotShown::Accounts(1),
        NotShown::Remains(1),
        NotShown::Names(1),
    ] {
        assert!(open.contains(&what), "{what:?}");
    }
    assert_eq!(open.len(), 8, "{open:?}");
}

#[test]
fn no_bit_of_a_bundle_may_change_and_no_end_may_be_cut_off() {
    let bytes = bundle(&leavers(), &shown());
    // The last byte is the end of the last line; without it the line is the same.
    let last = bytes.len() - 1;
    for at in (0..last).step_by(13) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 7);
        assert!(!believed(&flipped), "byte {at}");
    }
    for at in (0..last).step_by(41) {
        assert!(!believed(&bytes[..at]), "cut at {at}");
    }
}

#[test]
fn no_line_of_a_bundle_may_go_come_twice_or_change_places() {
    let bytes = bundle(&leavers(), &shown());
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    for at in 0..lines.len() {
        let without: Vec<&[u8]> = [&lines[..at], &lines[at + 1..]].concat();
        assert!(!believed(&without.concat()), "without line {at}");
        let twice: Vec<&[u8]> = [&lines[..at], &lines[at..=at], &lines[at..]].concat();
        assert!(!believed(&twice.concat()), "line {at} twice");
        if at > 0 {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            assert!(!believed(&swapped.concat()), "line {at} before its time");
        }
    }
    let other = bundle(&leavers()[..1], &[1, 3, 5, 6, 7, 8, 9].into());
    let others: Vec<&[u8]> = other.split_inclusive(|b| *b == b'\n').collect();
    assert!(believed(&other));
    for at in 0..lines.len().min(others.len()) {
        let mut mixed = lines.clone();
        mixed[at] = others[at];
        assert!(
            mixed == lines || !believed(&mixed.concat()),
            "line {at} of another"
        );
    }
}

type Lie = (&'static str, fn(&mut Vec<Leaver>), &'static str);

/// What the records do not show, and what is said of it.
const LIES: [Lie; 16] = [
    (
        "earlier",
        |l| l[0].accounts[0].verified = Some(mark(5, 8)),
        "shut so, or then",
    ),
    (
        "other record",
        |l| l[0].accounts[0].verified = Some(mark(4, 7)),
        "shut so, or then",
    ),
    (
        "sent",
        |l| l[0].accounts[0].sent = None,
        "sent at another instant",
    ),
    (
        "state",
        |l| l[0].accounts[0].state = AccountState::Deleted,
        "shut so, or then",
    ),
    (
        "left out",
        |l| drop(l[0].accounts.remove(0)),
        "says nothing of the account in chat",
    ),
    (
        "sight",
        |l| l[0].accounts[1].verified = Some(mark(19, 9)),
        "another instant",
    ),
    (
        "made up",
        |l| l[1].accounts[0].state = AccountState::Disabled,
        "shut so, or then",
    ),
    (
        "done",
        |l| l[0].done_at = Some(at(9)),
        "end does not follow",
    ),
    ("exact", |l| l[0].at_most = false, "end does not follow"),
    (
        "by",
        |l| l[0].decided.as_mut().unwrap().released.as_mut().unwrap().by = "bo".to_owned(),
        "not released by them",
    ),
    ("undecided", |l| l[0].decided = None, "what decided it"),
    (
        "plan",
        |l| l[0].decided.as_mut().unwrap().plan = plan(2),
        "another plan",
    ),
    (
        "proposed",
        |l| l[0].decided.as_mut().unwrap().proposed = mark(3, 6),
        "not proposed",
    ),
    (
        "start",
        |l| l[0].start = at(1),
        "no record shows that its clock began",
    ),
    (
        "began",
        |l| l[0].began = Began::Terminated(2),
        "no record shows that its clock began",
    ),
    (
        "window",
        |l| l[1].start = at(60),
        "did not leave in the time",
    ),
];

#[test]
fn whoever_has_the_key_cannot_say_what_the_records_do_not_show() {
    let with = |change: &dyn Fn(&mut Vec<Leaver>)| {
        let mut leavers = leavers();
        change(&mut leavers);
        let report = report(&bundle(&leavers, &shown()));
        report.problems.join("; ")
    };
    for (what, lie, why) in LIES {
        let problems = with(&lie);
        assert!(problems.contains(why), "{what}: {problems}");
    }
    // What was shut since the clock began was not shut before.
    let already = with(&|l| {
        let chat = &mut l[0].accounts[0];
        chat.state = AccountState::Already;
        (chat.confirmed, chat.verified) = (None, None);
        (l[0].done_at, l[0].at_most) = (Some(l[0].start), false);
    });
    assert!(already.contains("shut so, or then"), "{already}");
    let twice = with(&|l| l.push(l[1].clone()));
    assert!(twice.contains("is there twice"), "{twice}");
}

#[test]
fn somebodys_word_is_shown_as_a_word_and_not_as_a_look() {
    let of = |change: &dyn Fn(&mut Account)| {
        let mut leavers = leavers();
        let chat = &mut leavers[0].accounts[0];
        (chat.confirmed, chat.verified) = (chat.verified, None);
        change(chat);
        let log = log_with(StepStatus::Confirmed);
        report(&bundle_of(&log, &leavers, &shown(), 1))
    };
    let report = of(&|_| {});
    assert!(report.is_sound(), "{:?}", report.problems);
    assert!(report.not_shown().contains(&NotShown::Words(1)));
    type Lie = fn(&mut Account);
    let lies: [Lie; 4] = [
        |chat| (chat.confirmed, chat.verified) = (None, chat.confirmed),
        |chat| chat.verified = chat.confirmed,
        |chat| chat.confirmed = Some(mark(5, 8)),
        |chat| chat.confirmed = None,
    ];
    for (n, lie) in lies.iter().enumerate() {
        let problems = of(lie).problems.join("; ");
        assert!(problems.contains("shut so, or then"), "{n}: {problems}");
    }
}

#[test]
fn records_must_be_in_the_log_and_belong_to_a_leaver() {
    let problems = |bytes: &[u8]| report(bytes).problems.join("; ");
    // One more than anybody needs, one less, and the sight of somebody who is not in it.
    let more = problems(&bundle(&leavers(), &(1..=10).collect()));
    assert!(more.contains("record 10 belongs to no leaver"), "{more}");
    let less = problems(&bundle(&leavers(), &[1, 2, 3, 4, 5, 6, 7, 8].into()));
    assert!(
        less.contains("record 9, which it names, is not in the bundle"),
        "{less}"
    );
    let less = problems(&bundle(&leavers(), &[1, 2, 4, 5, 6, 7, 8, 9].into()));
    assert!(less.contains("a plan that is not in the bundle"), "{less}");
    // A record that was made up, in a log that was not.
    let mut forged = log();
    let honest = bundle(&leavers(), &shown());
    forged[7] = Envelope {
        at: at(5),
        ..forged[7].clone()
    }
    .hashed();
    let mut lie = leavers();
    lie[0].accounts[0].verified = Some(mark(5, 8));
    let forged = bundle_of(&forged, &lie, &shown(), 1);
    assert!(
        believed(&forged),
        "a log that was rewritten as a whole is another log"
    );
    let head = |bytes: &[u8]| bytes.iter().position(|b| *b == b'\n').unwrap();
    let mut mixed = honest[..head(&honest)].to_vec();
    mixed.extend(&forged[head(&forged)..]);
    let mixed = problems(&mixed);
    assert!(
        mixed.contains("is not in the log that the checkpoint names"),
        "{mixed}"
    );
}

#[test]
fn checkpoints_that_were_kept_tell_a_rewritten_log_from_the_one_that_was() {
    let signer = Signer::new(1);
    let log = log();
    let mut tree = Tree::default();
    log.iter().for_each(|record| tree.push(record.hash));
    let kept = signer.sign_with(TENANT, &log[10], Some(tree.root()));
    let verify = |bytes: &[u8], kept: &SignedCheckpoint| {
        let kept = std::slice::from_ref(kept);
        verify(bytes, TENANT, &signer.public_key(), kept).unwrap()
    };
    let bytes = bundle(&leavers(), &shown());
    let report = verify(&bytes, &kept);
    assert!(report.is_sound() && report.kept);
    assert!(!report.not_shown().contains(&NotShown::Rewritten(11)));
    // Of old, without a tree: it says nothing against it, and nothing for it.
    let old = signer.sign(TENANT, &log[10]);
    let report = verify(&bytes, &old);
    assert!(report.is_sound() && !report.kept);
    let mut other = log.clone();
    other[10] = Envelope {
        at: at(32),
        ..other[10].clone()
    }
    .hashed();
    let rewritten = bundle_of(&other, &leavers(), &shown(), 1);
    assert!(believed(&rewritten), "without a checkpoint nobody can tell");
    let report = verify(&rewritten, &kept);
    assert!(
        report.problems[0].contains("differs at record 11"),
        "{:?}",
        report.problems
    );
}

#[test]
fn another_key_or_tenant_is_not_believed() {
    let theirs = bundle_of(&log(), &leavers(), &shown(), 2);
    let problems = report(&theirs).problems.join("; ");
    assert!(problems.contains("checkpoint is not signed"), "{problems}");
    assert!(problems.contains("signature does not match"), "{problems}");
    let key = Signer::new(1).public_key();
    let bytes = bundle(&leavers(), &shown());
    let error = verify(&bytes[..], "globex", &key, &[]).unwrap_err();
    assert!(error.to_string().contains("acme"), "{error}");
    for text in ["", "{}\n", "not json\n"] {
        assert!(verify(text.as_bytes(), TENANT, &key, &[]).is_err());
    }
}

#[test]
fn a_bundle_is_read_up_to_a_bound_and_no_further() {
    /// Whether more than a bound was asked for, of a bundle that never ends.
    struct Endless {
        first: usize,
        bytes: Vec<u8>,
        asked: u64,
    }
    impl std::io::Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let at = usize::try_from(self.asked).unwrap();
            let (head, again) = self.bytes.split_at(self.first);
            for (n, byte) in into.iter_mut().enumerate() {
                *byte = match head.get(at + n) {
                    Some(byte) => *byte,
                    None => again[(at + n - head.len()) % again.len()],
                };
            }
            self.asked += into.len() as u64;
            Ok(into.len())
        }
    }
    let key = Signer::new(1).public_key();
    let bytes = bundle(&leavers(), &shown());
    let size = bytes.len() as u64;
    let within = |most| verify_within(&bytes[..], TENANT, &key, &[], most);
    assert!(within(size).unwrap().is_sound(), "all of it is allowed");
    for most in [size - 1, size / 2, 10, 0] {
        let error = within(most).unwrap_err();
        assert!(
            matches!(error, BundleError::TooLarge(of) if of == most),
            "{error}"
        );
    }
    // A head that promises anything, and lines without end.
    let mut endless = Endless {
        first: bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1,
        bytes,
        asked: 0,
    };
    let input = std::io::BufReader::new(&mut endless);
    let error = verify_within(input, TENANT, &key, &[], 1 << 20).unwrap_err();
    assert!(
        error.to_string().contains("larger than 1048576 bytes"),
        "{error}"
    );
    assert!(endless.asked < 2 << 20, "{} bytes were read", endless.asked);
}

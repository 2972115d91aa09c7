//! Verification of a bundle of leavers, without the log, a server or a network.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{BufRead, Take};
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::canonical::Digest;
use model::{Event, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::bundle::{Said, Shown, Signature, signed_bytes};
use super::judge::{Record, Records, Stated};
use super::statement::{FORMAT, Head, Leaver};
use crate::bundle::{BundleError, next_line};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::envelope::is_canonical;
use crate::merkle::leads_to;

/// Problems beyond this many are counted only.
const MAX_PROBLEMS: usize = 1_000;
/// Records and leavers of one bundle.
const MAX_LINES: u64 = 5_000_000;
/// Bytes of one bundle: what its records tell is kept until the last of its lines was read.
pub const MAX_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// What was found in a bundle of leavers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// From this instant
    pub from: Timestamp,
    /// up to this one.
    pub to: Timestamp,
    /// When it was looked.
    pub at: Timestamp,
    /// Records read.
    pub records: u64,
    /// Leavers read.
    pub leavers: u64,
    /// Leavers of whom an account is exposed.
    pub exposed: u64,
    /// How long it took those who are done, shortest first.
    pub took: Vec<Duration>,
    /// The last record of the log that the checkpoint names.
    pub log_end: u64,
    /// Whether that checkpoint is one of those that were kept elsewhere.
    pub kept: bool,
    /// What no record shows.
    pub stated: Stated,
    /// What is wrong.
    pub problems: Vec<String>,
    /// Problems beyond those listed.
    pub more_problems: u64,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// What the bundle cannot show.
    #[must_use]
    pub fn not_shown(&self) -> Vec<NotShown> {
        let mut all = vec![NotShown::LeftOut, NotShown::OtherRecords, NotShown::Clocks];
        if !self.kept {
            all.push(NotShown::Rewritten(self.log_end));
        }
        let stated = self.stated;
        let mut add = |count: u64, what: fn(u64) -> NotShown| {
            all.extend((count > 0).then(|| what(count)));
        };
        add(stated.starts, NotShown::Starts);
        add(stated.last_days, NotShown::LastDays);
        add(stated.words, NotShown::Words);
        add(stated.sights, NotShown::Sights);
        add(stated.accounts, NotShown::Accounts);
        add(stated.remains, NotShown::Remains);
        add(stated.names, NotShown::Names);
        all
    }
}

/// What a bundle of leavers cannot show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotShown {
    /// That nobody was left out.
    LeftOut,
    /// That no other record tells otherwise.
    OtherRecords,
    /// That the instants are true.
    Clocks,
    /// That the log up to this record was not rewritten before it was signed.
    Rewritten(u64),
    /// When the clocks of so many began.
    Starts(u64),
    /// The last day of so many.
    LastDays(u64),
    /// That so many accounts were shut by hand.
    Words(u64),
    /// What was seen of so many accounts.
    Sights(u64),
    /// How so many accounts stand.
    Accounts(u64),
    /// So many things that remain.
    Remains(u64),
    /// The names of so many.
    Names(u64),
}

impl fmt::Display for NotShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeftOut => f.write_str(
                "that nobody who left is missing: who left is encrypted in the log (count them against \
                 the HR system's own list)",
            ),
            Self::OtherRecords => f.write_str(
                "that no record outside of the bundle tells otherwise, as of an account that was opened \
                 again (only the whole log shows that: `tenure ledger export`)",
            ),
            Self::Clocks => f.write_str(
                "that instants are true: they are those of the host's clock, and what apps answered",
            ),
            Self::Rewritten(end) => write!(
                f,
                "that the log up to record {end} was not rewritten before this was signed (a bundle made \
                 against a checkpoint that was kept elsewhere shows that)"
            ),
            Self::Starts(n) => {
                write!(f, "when the clock began of {n} leavers: no record has it in the clear")
            }
            Self::LastDays(n) => write!(
                f,
                "the last day of {n} leavers of whom HR told late: it is encrypted in the log; when it \
                 was told is shown"
            ),
            Self::Words(n) => write!(
                f,
                "that {n} accounts were shut which somebody shuts by hand: their word is shown, and that \
                 nobody has looked since"
            ),
            Self::Sights(n) => write!(
                f,
                "that {n} accounts were seen shut: what was seen is encrypted, that it was looked is shown"
            ),
            Self::Accounts(n) => {
                write!(f, "how {n} accounts stand that Tenure has not shut since the clock began")
            }
            Self::Remains(n) => write!(f, "{n} things that remain"),
            Self::Names(n) => write!(f, "the names and worker keys of {n} leavers"),
        }
    }
}

/// Verifies a bundle of leavers against `tenant` and `public_key` (Ed25519, 32 bytes), which must come
/// from elsewhere; `kept` are checkpoints that were kept elsewhere.
///
/// # Errors
/// When the input cannot be read, is larger than [`MAX_BYTES`], or is no bundle of leavers of this tenant.
/// Whatever is wrong inside of it is in the report.
pub fn verify(
    input: impl BufRead,
    tenant: &str,
    public_key: &[u8],
    kept: &[SignedCheckpoint],
) -> Result<Report, BundleError> {
    verify_within(input, tenant, public_key, kept, MAX_BYTES)
}

/// As [`verify`], for whoever has less memory: a bundle that is larger than `most` bytes is not read on.
///
/// # Errors
/// As [`verify`].
pub fn verify_within(
    input: impl BufRead,
    tenant: &str,
    public_key: &[u8],
    kept: &[SignedCheckpoint],
    most: u64,
) -> Result<Report, BundleError> {
    // One byte more, so that the last one allowed is not taken for one too many.
    let mut input = input.take(most.saturating_add(1));
    let mut buffer = Vec::new();
    let Some(first) = next_within(&mut input, &mut buffer, most)? else {
        return Err(BundleError::NotABundle("it is empty".to_owned()));
    };
    let mut reader = Reader::begin(first, tenant, public_key, kept)?;
    while let Some(text) = next_within(&mut input, &mut buffer, most)? {
        reader.line(text);
        if reader.lines > MAX_LINES {
            let why = format!("it has more than {MAX_LINES} lines");
            return Err(BundleError::NotABundle(why));
        }
    }
    Ok(reader.finish(public_key))
}

fn next_within<'a>(
    input: &mut Take<impl BufRead>,
    buffer: &'a mut Vec<u8>,
    most: u64,
) -> Result<Option<&'a [u8]>, BundleError> {
    let line = next_line(input, buffer)?;
    match input.limit() {
        0 => Err(BundleError::TooLarge(most)),
        _ => Ok(line),
    }
}

struct Reader {
    head: Head,
    hash: Sha256,
    lines: u64,
    records: Records,
    last_record: u64,
    leavers: u64,
    last_leaver: Option<(Timestamp, model::SubjectId)>,
    subjects: BTreeSet<model::SubjectId>,
    exposed: u64,
    took: Vec<Duration>,
    signature: Option<Vec<u8>>,
    kept: bool,
    stated: Stated,
    problems: Vec<String>,
    more_problems: u64,
}

/// One line as this program would have written it.
fn exact<T: Serialize + DeserializeOwned>(text: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(text).ok()?;
    (serde_json::to_vec(&value).ok()? == text).then_some(value)
}

impl Reader {
    fn begin(
        first: &[u8],
        tenant: &str,
        public_key: &[u8],
        kept: &[SignedCheckpoint],
    ) -> Result<Self, BundleError> {
        let head: Option<Head> = exact(first);
        let head = head.ok_or_else(|| {
            BundleError::NotABundle("its first line is no head of a bundle of leavers".to_owned())
        })?;
        if head.format != FORMAT {
            let why = format!("its format is `{:.40}`", head.format);
            return Err(BundleError::NotABundle(why));
        }
        if head.tenant != tenant {
            let why = format!("it is of the tenant `{:.80}`", head.tenant);
            return Err(BundleError::NotABundle(why));
        }
        let mut reader = Self {
            hash: Sha256::new(),
            lines: 0,
            records: Records::default(),
            last_record: 0,
            leavers: 0,
            last_leaver: None,
            subjects: BTreeSet::new(),
            exposed: 0,
            took: Vec::new(),
            signature: None,
            kept: kept.contains(&head.checkpoint),
            stated: Stated::default(),
            problems: Vec::new(),
            more_problems: 0,
            head,
        };
        reader.take(first);
        let signed = reader.head.checkpoint.clone();
        if !signed.is_signed_by(public_key) {
            reader.wrong("its checkpoint is not signed by the tenant's key".to_owned());
        }
        if signed.checkpoint.tenant != tenant || signed.checkpoint.root.is_none() {
            reader.wrong("its checkpoint is of another tenant, or has no tree".to_owned());
        }
        for other in kept {
            reader.compare(other, public_key);
        }
        Ok(reader)
    }

    /// A checkpoint that was kept elsewhere and is of the same record must be the same.
    fn compare(&mut self, other: &SignedCheckpoint, public_key: &[u8]) {
        let mine = &self.head.checkpoint.checkpoint;
        let (other, signed) = (&other.checkpoint, other.is_signed_by(public_key));
        let same = |a: &Checkpoint, b: &Checkpoint| {
            a.hash == b.hash && (a.root == b.root || a.root.is_none() || b.root.is_none())
        };
        if !signed || other.tenant != mine.tenant {
            let seq = other.seq;
            self.wrong(format!(
                "the checkpoint for record {seq} that was kept is not this tenant's"
            ));
        } else if other.seq == mine.seq && !same(other, mine) {
            let seq = mine.seq;
            self.wrong(format!(
                "its log differs at record {seq} from a checkpoint that was kept"
            ));
        }
    }

    fn take(&mut self, text: &[u8]) {
        self.hash.update(text);
        self.hash.update(b"\n");
        self.lines += 1;
    }

    fn wrong(&mut self, problem: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.more_problems += 1;
        }
    }

    fn line(&mut self, text: &[u8]) {
        if self.signature.is_some() {
            self.wrong("something follows after its signature".to_owned());
            return;
        }
        if let Some(signature) = exact::<Signature>(text) {
            self.signature = STANDARD
                .decode(signature.signature)
                .ok()
                .or(Some(Vec::new()));
            return;
        }
        self.take(text);
        let number = self.lines;
        if let Some(said) = exact::<Said>(text) {
            self.leaver(&said.leaver);
        } else if let Some(shown) = exact::<Shown>(text) {
            self.record(shown);
        } else {
            self.wrong(format!("line {number} cannot be read"));
        }
    }

    fn record(&mut self, shown: Shown) {
        let seq = shown.record.seq;
        let record = match shown.record.into_record() {
            Ok(record) => record,
            Err(why) => return self.wrong(format!("record {seq} cannot be read: {why}")),
        };
        if seq <= self.last_record || self.leavers > 0 {
            self.wrong(format!("record {seq} is doubled or out of order"));
        }
        self.last_record = seq.max(self.last_record);
        let end = &self.head.checkpoint.checkpoint;
        let (size, root) = (end.seq, end.root.unwrap_or_default());
        let canonical = is_canonical(&record.actor) && is_canonical(&record.body);
        if record.computed_hash() != record.hash || !canonical {
            return self.wrong(format!("record {seq} was altered: its hash does not match"));
        }
        if !leads_to(seq, record.hash, &shown.path, size, root) {
            return self.wrong(format!(
                "record {seq} is not in the log that the checkpoint names"
            ));
        }
        let event = match Event::stored(&record.kind, &record.body) {
            Ok(event) => event,
            Err(why) => return self.wrong(format!("record {seq} cannot be read: {why}")),
        };
        if event.subject() != record.subject {
            self.wrong(format!(
                "record {seq} is kept under another person than it is about"
            ));
        }
        let (at, subject) = (record.at, record.subject);
        self.records.add(seq, Record { at, subject, event });
    }

    fn leaver(&mut self, leaver: &Leaver) {
        self.leavers += 1;
        let subject = leaver.subject;
        let order = Some((leaver.start, subject));
        if order <= self.last_leaver || !self.subjects.insert(subject) {
            // Not judged: each judgement reads all that is told of somebody.
            return self.wrong(format!("{subject} is there twice, or out of order"));
        }
        self.last_leaver = order;
        if leaver.start < self.head.from || leaver.start >= self.head.to {
            self.wrong(format!("{subject} did not leave in the time of the bundle"));
        }
        if let Err(why) = self.records.judge(leaver, &mut self.stated) {
            self.wrong(format!("{subject}: {why}"));
        }
        match leaver.done_at {
            Some(at) => self.took.push(at.since(leaver.start)),
            None => self.exposed += 1,
        }
    }

    fn finish(mut self, public_key: &[u8]) -> Report {
        let lines = Digest(self.hash.clone().finalize().into());
        let key = UnparsedPublicKey::new(&ED25519, public_key);
        match &self.signature {
            None => self.wrong("its end is missing: there is no signature".to_owned()),
            Some(signature) if key.verify(&signed_bytes(&lines), signature).is_err() => {
                self.wrong("it was changed: its signature does not match".to_owned());
            }
            Some(_) => {}
        }
        let (records, leavers) = (self.records.len(), self.leavers);
        if (records, leavers) != (self.head.records, self.head.leavers) {
            self.wrong(format!(
                "it has {records} records and {leavers} leavers, and says that there are {} and {}",
                self.head.records, self.head.leavers
            ));
        }
        let unused: Vec<u64> = self.records.unused().collect();
        for seq in unused {
            self.wrong(format!("record {seq} belongs to no leaver"));
        }
        self.took.sort_unstable();
        Report {
            from: self.head.from,
            to: self.head.to,
            at: self.head.at,
            records,
            leavers,
            exposed: self.exposed,
            took: self.took,
            log_end: self.head.checkpoint.checkpoint.seq,
            kept: self.kept,
            stated: self.stated,
            problems: self.problems,
            more_problems: self.more_problems,
        }
    }
}

//! Bundles: a log as a file, one JSON object per line, that can be verified anywhere.
//!
//! First a header (`format`, `tenant`, `checkpoints`), then one line per record, in order, so
//! that a log of any length is verified in one pass and little memory. `tenure ledger export` writes one; `tenure ledger verify FILE` reads one.

use std::io::{BufRead, Read as _, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::canonical::Digest;
use model::{SubjectId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::checkpoint::SignedCheckpoint;
use crate::envelope::Envelope;
use crate::verify::{Check, Report};

const FORMAT: &str = "tenure.ledger/1";

/// The longest line that is read, in bytes. The store refuses records above half of it.
pub const MAX_LINE: u64 = 64 * 1024 * 1024;

/// Why a bundle cannot be read or written at all.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Reading or writing failed.
    #[error("the bundle cannot be read or written")]
    Io(#[from] std::io::Error),
    /// It does not begin as a bundle does.
    #[error("this is not a ledger bundle: {0}")]
    NotABundle(String),
    /// It is larger than what is read.
    #[error("the bundle is larger than {0} bytes: one of a shorter time is smaller")]
    TooLarge(u64),
    /// A value has no JSON form.
    #[error("a record has no JSON form")]
    Json(#[from] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    tenant: String,
    checkpoints: Vec<SignedCheckpoint>,
}

/// A record as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    pub(crate) seq: u64,
    at: Timestamp,
    actor: String,
    kind: String,
    subject: Option<SubjectId>,
    body: String,
    sealed: Option<String>,
    prev: Digest,
    hash: Digest,
}

impl Line {
    pub(crate) fn of(record: &Envelope) -> Self {
        Self {
            seq: record.seq,
            at: record.at,
            actor: record.actor.clone(),
            kind: record.kind.clone(),
            subject: record.subject,
            body: record.body.clone(),
            sealed: record.sealed.as_ref().map(|bytes| STANDARD.encode(bytes)),
            prev: record.prev,
            hash: record.hash,
        }
    }

    pub(crate) fn into_record(self) -> Result<Envelope, String> {
        let sealed = self.sealed.map(|text| STANDARD.decode(text)).transpose();
        let sealed = sealed.map_err(|e| format!("its sealed part is not base64 ({e})"))?;
        Ok(Envelope {
            seq: self.seq,
            at: self.at,
            actor: self.actor,
            kind: self.kind,
            subject: self.subject,
            body: self.body,
            sealed,
            prev: self.prev,
            hash: self.hash,
        })
    }
}

/// Writes a bundle, line by line.
pub struct Writer<W: Write> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle.
    ///
    /// # Errors
    /// When the header cannot be written.
    pub fn begin(
        mut out: W,
        tenant: &str,
        checkpoints: Vec<SignedCheckpoint>,
    ) -> Result<Self, BundleError> {
        let header = Header {
            format: FORMAT.to_owned(),
            tenant: tenant.to_owned(),
            checkpoints,
        };
        line(&mut out, &header)?;
        Ok(Self { out })
    }

    /// Writes the next record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, record: &Envelope) -> Result<(), BundleError> {
        line(&mut self.out, &Line::of(record))
    }

    /// Flushes and hands the output back.
    ///
    /// # Errors
    /// When flushing fails.
    pub fn finish(mut self) -> Result<W, BundleError> {
        self.out.flush()?;
        Ok(self.out)
    }
}

pub(crate) fn line<W: Write>(out: &mut W, value: &impl Serialize) -> Result<(), BundleError> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Verifies a bundle against `tenant` and `public_key` (Ed25519, 32 bytes), which must come
/// from elsewhere, and against `kept`: checkpoints that were kept elsewhere. The checkpoints
/// inside the bundle count only if the key signed them.
///
/// # Errors
/// When the input cannot be read, or is no bundle of this tenant. A damaged line inside is a
/// problem in the report, not an error.
pub fn verify(
    mut input: impl BufRead,
    tenant: &str,
    public_key: &[u8],
    mut kept: Vec<SignedCheckpoint>,
) -> Result<Report, BundleError> {
    let mut buffer = Vec::new();
    let Some(first) = next_line(&mut input, &mut buffer)? else {
        return Err(BundleError::NotABundle("it is empty".to_owned()));
    };
    let header: Header = serde_json::from_slice(first)
        .map_err(|e| BundleError::NotABundle(format!("its first line is no header ({e})")))?;
    if serde_json::to_vec(&header)? != first {
        return Err(BundleError::NotABundle("its header was changed".to_owned()));
    }
    if header.format != FORMAT {
        return Err(BundleError::NotABundle(format!(
            "its format is `{:.40}`",
            header.format
        )));
    }
    if header.tenant != tenant {
        return Err(BundleError::NotABundle(format!(
            "it is of the tenant `{:.80}`",
            header.tenant
        )));
    }
    kept.extend(header.checkpoints);
    let mut check = Check::new(tenant, public_key, kept);
    while let Some(text) = next_line(&mut input, &mut buffer)? {
        match envelope(text) {
            Ok(record) => check.push(&record),
            Err(why) => check.unreadable(check.head().0 + 1, why),
        }
    }
    Ok(check.finish())
}

pub(crate) fn next_line<'a>(
    input: &mut impl BufRead,
    buffer: &'a mut Vec<u8>,
) -> Result<Option<&'a [u8]>, BundleError> {
    buffer.clear();
    let read = input
        .by_ref()
        .take(MAX_LINE + 1)
        .read_until(b'\n', buffer)?;
    if read as u64 > MAX_LINE {
        return Err(BundleError::NotABundle(format!(
            "a line is longer than {MAX_LINE} bytes"
        )));
    }
    if read == 0 {
        return Ok(None);
    }
    // A last line that was cut short is not a shorter record: its JSON does not end either.
    Ok(Some(buffer.strip_suffix(b"\n").unwrap_or(buffer)))
}

fn envelope(text: &[u8]) -> Result<Envelope, String> {
    let line: Line = serde_json::from_slice(text).map_err(|e| e.to_string())?;
    // One record, one line: another spelling of the same values was not written by us.
    if serde_json::to_vec(&line).map_err(|e| e.to_string())? != text {
        return Err("it is not in the form in which records are written".to_owned());
    }
    line.into_record()
}

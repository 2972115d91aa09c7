//! Bundles of leavers: the records that prove when their access ended, each with its way to the signed
//! end of the log, and what is said of each leaver, in one signed file that verifies offline.
//!
//! Lines of JSON: a [`Head`], the records in order, the leavers by when their clock began, and last the
//! signature over all of it.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::canonical::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::statement::{Head, Leaver};
use crate::bundle::{BundleError, Line};
use crate::envelope::Envelope;

/// A record and its way to the root of the tree.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    pub(super) record: Line,
    pub(super) path: Vec<Digest>,
}

/// What is said of one leaver.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) leaver: Leaver,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    /// Ed25519 over [`signed_bytes`], base64.
    pub(super) signature: String,
}

/// The bytes that are signed: a domain line, so that no other signed text can be taken for a bundle, and
/// the SHA-256 of all lines before the signature.
pub(super) fn signed_bytes(lines: &Digest) -> Vec<u8> {
    let mut bytes = b"tenure leavers/1\n".to_vec();
    bytes.extend(lines.0);
    bytes
}

/// Writes a bundle, line by line.
pub struct Writer<W: Write> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Writer<W> {
    /// Begins a bundle.
    ///
    /// # Errors
    /// When the head cannot be written.
    pub fn begin(out: W, head: &Head) -> Result<Self, BundleError> {
        let hash = Sha256::new();
        let mut writer = Self { out, hash };
        writer.line(head)?;
        Ok(writer)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), BundleError> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        self.hash.update(&text);
        self.out.write_all(&text)?;
        Ok(())
    }

    /// Writes the next record, and its path in the tree of the head's checkpoint.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, record: &Envelope, path: Vec<Digest>) -> Result<(), BundleError> {
        let record = Line::of(record);
        self.line(&Shown { record, path })
    }

    /// Writes what is said of the next leaver.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn leaver(&mut self, leaver: Leaver) -> Result<(), BundleError> {
        self.line(&Said { leaver })
    }

    /// Signs what was written, flushes, and hands the output back. `sign` makes an Ed25519 signature.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<W, BundleError> {
        let lines = Digest(self.hash.clone().finalize().into());
        let signature = STANDARD.encode(sign(&signed_bytes(&lines)));
        self.line(&Signature { signature })?;
        self.out.flush()?;
        Ok(self.out)
    }
}

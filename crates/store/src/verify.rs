//! Evidence from a live store: verify its log, sign its head, export it, and compare its
//! projections with what the log says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use evidence::bundle::{BundleError, Writer};
use evidence::leaver::{Head, Leaver};
use evidence::merkle::Tree;
use evidence::{Check, Checkpoint, Envelope, Fault, Report, SignedCheckpoint};
use model::canonical::Digest;
use ports::store::{Log as _, StoreError};

use crate::log::key_name;
use crate::project::project;
use crate::sqlite::Scratch;
use crate::table::Cell;
use crate::{OpenError, TenureStore, dialect, rows, schema, sealer};

/// Records per page.
const PAGE: u32 = 1000;

/// Hashes per page.
const HASHES: i64 = 20_000;

/// The kind of event that destroys a key.
const ERASED: &str = "subject.erased/1";

/// Why a ledger could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bundle could not be written.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

/// Sealed parts without a key, and erasures: together they must make sense.
#[derive(Default)]
struct Keys {
    /// Subject → the last record that is sealed under a key which is gone.
    gone: BTreeMap<String, u64>,
    /// Subject → the last record that erases them.
    erased: BTreeMap<String, u64>,
}

impl TenureStore {
    /// The log's head, signed by the key ring's checkpoint key.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn checkpoint(&self, tenant: &str) -> Result<SignedCheckpoint, StoreError> {
        let (seq, hash) = self.head().await?;
        let tree = self.tree(seq, BTreeSet::new()).await?;
        let tenant = tenant.to_owned();
        let checkpoint = Checkpoint {
            tenant,
            seq,
            hash,
            root: Some(tree.root()),
            at: self.clock().now(),
        };
        let bytes = checkpoint
            .signed_bytes()
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let signature = self.sealer().ring().sign(&bytes);
        Ok(SignedCheckpoint::new(checkpoint, &signature))
    }

    /// The tree of hashes over the records up to `size`, with the paths of some of them.
    pub(crate) async fn tree(&self, size: u64, wanted: BTreeSet<u64>) -> Result<Tree, StoreError> {
        let sql = "SELECT seq, hash FROM record WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3";
        let mut tree = Tree::with_paths(wanted);
        while tree.size() < size {
            let args = [
                Cell::Int(tree.size().cast_signed()),
                Cell::Int(size.cast_signed()),
                Cell::Int(HASHES),
            ];
            let page = self.db().query(sql, &args).await?;
            let gap = |seq: u64| StoreError::Damaged(format!("the log has no record {seq}"));
            if page.is_empty() {
                return Err(gap(tree.size() + 1));
            }
            for row in &page {
                if rows::count(row, 0, "record.seq")? != tree.size() + 1 {
                    return Err(gap(tree.size() + 1));
                }
                tree.push(Digest(rows::bytes32(row, 1, "record.hash")?));
            }
        }
        Ok(tree)
    }

    /// Verifies the whole log against checkpoints that were kept elsewhere, signed by this
    /// key ring's checkpoint key.
    ///
    /// # Errors
    /// When the database does not answer. What is wrong with the log is in the report.
    pub async fn verify(
        &self,
        tenant: &str,
        kept: Vec<SignedCheckpoint>,
    ) -> Result<Report, StoreError> {
        let mut check = Check::new(tenant, &self.sealer().ring().verifying_key(), kept);
        let mut keys = Keys::default();
        let (end, hash) = self.head().await?;
        let mut after = 0;
        loop {
            let page = match self.envelopes(after, PAGE).await {
                Err(StoreError::Damaged(_)) => {
                    // One of them does not decode: each is read alone.
                    after = self.verify_singly(after, &mut check, &mut keys).await?;
                    continue;
                }
                page => page?,
            };
            let Some(last) = page.last().map(|record| record.seq) else {
                break;
            };
            self.look(&page, &mut check, &mut keys).await?;
            after = last;
        }
        // A store that is written to meanwhile has moved on from `end`, never back.
        let (last, last_hash) = check.head();
        if last < end || (last == end && last_hash != hash) {
            check.report(end, Fault::OtherHead);
        }
        for (subject, seq) in keys.gone {
            if keys.erased.get(&subject).is_none_or(|erased| *erased < seq) {
                check.report(seq, Fault::KeyMissing);
            }
        }
        Ok(check.finish())
    }

    async fn look(
        &self,
        page: &[Envelope],
        check: &mut Check,
        keys: &mut Keys,
    ) -> Result<(), StoreError> {
        let mut names: Vec<String> = page
            .iter()
            .filter(|r| r.sealed.is_some())
            .map(key_name)
            .collect();
        names.sort_unstable();
        names.dedup();
        let there = self.keys(names).await?;
        for record in page {
            check.push(record);
            let name = key_name(record);
            if record.kind == ERASED {
                keys.erased.insert(name, record.seq);
            } else if let Some(sealed) = &record.sealed {
                let minted = sealer::minted(sealed);
                if there.get(&name).map(|key| key.minted) != minted {
                    keys.gone.insert(name, record.seq);
                }
            }
        }
        Ok(())
    }

    /// Reads the page after `after` record by record; answers where to go on.
    async fn verify_singly(
        &self,
        after: u64,
        check: &mut Check,
        keys: &mut Keys,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT seq FROM record WHERE seq > $1 ORDER BY seq LIMIT $2";
        let args = [Cell::Int(after.cast_signed()), Cell::Int(PAGE.into())];
        let mut last = after;
        for row in self.db().query(sql, &args).await? {
            let seq = rows::count(&row, 0, "record.seq")?;
            match self.envelopes(seq - 1, 1).await {
                Ok(page) => self.look(&page, check, keys).await?,
                Err(StoreError::Damaged(why)) => check.unreadable(seq, why),
                Err(away) => return Err(away),
            }
            last = seq;
        }
        Ok(last)
    }

    /// Writes the whole log, with these checkpoints, as a bundle that verifies offline. The
    /// bundle holds personal parts only as ciphertext.
    ///
    /// # Errors
    /// When the log cannot be read or the bundle cannot be written.
    pub async fn export<W: Write + Send>(
        &self,
        tenant: &str,
        checkpoints: Vec<SignedCheckpoint>,
        out: W,
    ) -> Result<W, ExportError> {
        let mut bundle = Writer::begin(out, tenant, checkpoints)?;
        let mut after = 0;
        loop {
            let page = self.envelopes(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for record in &page {
                bundle.record(record)?;
            }
        }
        Ok(bundle.finish()?)
    }

    /// Writes a bundle of leavers that verifies offline: these records, each with its way to the root of
    /// the tree that the head's checkpoint signs, and what is said of the leavers.
    ///
    /// # Errors
    /// When the log cannot be read, is not the one of the checkpoint, or the bundle cannot be written.
    pub async fn export_leavers<W: Write + Send>(
        &self,
        head: &Head,
        records: BTreeSet<u64>,
        leavers: Vec<Leaver>,
        out: W,
    ) -> Result<W, ExportError> {
        let end = &head.checkpoint.checkpoint;
        let beyond = |why: String| ExportError::Store(StoreError::Damaged(why));
        if let Some(last) = records.last().filter(|last| **last > end.seq) {
            let why = format!(
                "the checkpoint is of record {}, before record {last}",
                end.seq
            );
            return Err(beyond(why));
        }
        let (root, mut paths) = self.tree(end.seq, records.clone()).await?.finish();
        if end.root != Some(root) {
            return Err(beyond("the checkpoint is not one of this log".to_owned()));
        }
        let mut bundle = evidence::leaver::Writer::begin(out, head)?;
        for seq in records {
            let found = self.envelopes(seq.saturating_sub(1), 1).await?;
            let path = paths.remove(&seq).unwrap_or_default();
            for record in &found {
                bundle.record(record, path.clone())?;
            }
        }
        for leaver in leavers {
            bundle.leaver(leaver)?;
        }
        Ok(bundle.finish(|bytes| self.sealer().ring().sign(bytes))?)
    }

    /// Computes every projection anew from the log and names what differs from the tables; empty
    /// when all rows are equal. Meant for a store to which nobody writes meanwhile.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn rebuild_differences(&self) -> Result<Vec<String>, StoreError> {
        let scratch = Scratch::new(self.sealer()).map_err(unavailable)?;
        let mut after = 0;
        loop {
            let page = self.records(after, PAGE).await?;
            let Some(last) = page.last().map(|record| record.seq) else {
                break;
            };
            let mut ops = Vec::new();
            for record in page {
                let projected = project(record.seq, record.at, &record.event);
                ops.extend(
                    projected
                        .map_err(|e| StoreError::Damaged(format!("record {}: {e}", record.seq)))?,
                );
            }
            scratch.apply(ops)?;
            after = last;
        }
        let mut differences = Vec::new();
        for table in schema::TABLES {
            let sql = dialect::select_all(table);
            let (stored, computed) = (self.db().query(&sql, &[]).await?, scratch.query(&sql)?);
            if stored == computed {
                continue;
            }
            let at = stored.iter().zip(&computed).position(|(a, b)| a != b);
            let at = at.unwrap_or_else(|| stored.len().min(computed.len()));
            // Keys only: rows hold personal data.
            let key = stored
                .get(at)
                .or_else(|| computed.get(at))
                .map(|row| &row[..table.key]);
            differences.push(format!(
                "`{}` has {} rows, the log gives {}; the first that differs has the key {key:?}",
                table.name,
                stored.len(),
                computed.len()
            ));
        }
        Ok(differences)
    }
}

fn unavailable(error: OpenError) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

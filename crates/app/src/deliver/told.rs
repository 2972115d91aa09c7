//! What a delivery tells the log besides the facts: that it was read, and what somebody has to
//! look at.

use model::canonical::Digest;
use model::event::{DeliveryReceived, FindingClosed};
use model::finding::Finding;
use model::source::Delivery;
use model::{Actor, Change, Event};

use super::DeliveryReport;
use crate::{App, AppError};

impl App {
    pub(super) async fn delivery_findings(
        &self,
        source: &str,
        read: &Delivery,
        report: &DeliveryReport,
        known: usize,
    ) -> Result<Vec<Event>, AppError> {
        let mut findings = Vec::new();
        let mut open = |code: &str, problem: String, fix: &str| {
            findings.push(Finding {
                code: code.to_owned(),
                fingerprint: format!("{code}/{source}"),
                subject: None,
                address: None,
                problem,
                fix: fix.to_owned(),
            });
        };
        if read.refused {
            let stored = read.stored_diagnostics();
            let first = stored.first().map_or("", |d| d.problem.as_str());
            open(
                "TNR-SRC-0001",
                format!("a delivery of `{source}` was refused whole: {first}"),
                "ask for a sound file; the last facts stay in force",
            );
        } else if !read.unreadable.is_empty() {
            open(
                "TNR-SRC-0002",
                match read.unreadable.len() {
                    1 => format!("one row of `{source}` cannot be read"),
                    rows => format!("{rows} rows of `{source}` cannot be read"),
                },
                "mend the rows named by the delivery's diagnostics; those people's last facts stay",
            );
        } else if read.rows.is_empty() && known > 0 {
            open(
                "TNR-SRC-0003",
                format!("a delivery of `{source}` has no rows, but {known} people are known"),
                "an empty file is not a company without people: check the export",
            );
        }
        for worker in &report.undecided {
            // The key stays out: findings hold nothing personal.
            let tag = self.keyring.keyed_digest("worker", worker.key.as_bytes());
            findings.push(Finding {
                code: "TNR-SRC-0004".to_owned(),
                fingerprint: format!("TNR-SRC-0004/{source}/{tag}"),
                subject: worker.candidates.first().copied(),
                address: None,
                problem: format!("a worker of `{source}` is held back: {}", worker.problem),
                fix: "`tenure hr import FILE --dry-run` names them; decide with `tenure person join` \
                      or `tenure person separate`, then send the file again"
                    .to_owned(),
            });
        }
        let mut events = self.mended(source, read, &findings).await?;
        for finding in findings {
            events.extend(self.finding_as_now(finding).await?);
        }
        Ok(events)
    }

    /// Closes what an earlier delivery of the source was told of and this one has not. A refused
    /// one says nothing about rows, so what was wrong with them stays open.
    async fn mended(
        &self,
        source: &str,
        read: &Delivery,
        found: &[Finding],
    ) -> Result<Vec<Event>, AppError> {
        let mut events = Vec::new();
        if read.refused {
            return Ok(events);
        }
        for code in ["TNR-SRC-0001", "TNR-SRC-0002", "TNR-SRC-0003"] {
            let fingerprint = format!("{code}/{source}");
            if found.iter().any(|f| f.fingerprint == fingerprint) {
                continue;
            }
            if let Some(open) = self.store.open_finding(&fingerprint, None, None).await? {
                events.push(Event::FindingClosed(FindingClosed {
                    id: open.opened.id,
                    reason: format!("a later delivery of `{source}` is sound in this"),
                }));
            }
        }
        Ok(events)
    }
}

pub(crate) fn received(
    actor: &Actor,
    source: &str,
    digest: Digest,
    read: &Delivery,
    report: &DeliveryReport,
) -> Event {
    let missing = report
        .changes
        .iter()
        .filter(|c| c.change == Change::MissingRow)
        .count() as u64;
    Event::DeliveryReceived(DeliveryReceived {
        delivery: report.delivery,
        source: source.to_owned(),
        author: actor.principal.clone(),
        digest,
        completeness: read.completeness,
        refused: read.refused,
        rows: read.read,
        changed: report.changes.len() as u64 - missing,
        missing,
        diagnostics: read.stored_diagnostics(),
    })
}

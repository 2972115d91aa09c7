//! Since when a source that has never delivered is waited for: since the first of the revisions, up
//! to the one in force, that all say how often it delivers. A push of other documents changes
//! nothing of that.

use std::collections::BTreeMap;
use std::sync::Mutex;

use documents::expects_deliveries;
use model::Timestamp;
use ports::store::DocumentsRow;

use crate::{App, AppError};

/// For each source the last revision that was looked at, and since when it was waited for then.
#[derive(Default)]
pub(crate) struct Expected(Mutex<BTreeMap<String, (u64, Timestamp)>>);

impl Expected {
    fn of(&self, source: &str) -> Option<(u64, Timestamp)> {
        self.0.lock().ok()?.get(source).copied()
    }

    fn remember(&self, source: &str, known: (u64, Timestamp)) {
        if let Ok(mut all) = self.0.lock() {
            all.insert(source.to_owned(), known);
        }
    }
}

impl App {
    /// Since when documents expect deliveries of a source, as of this revision, which does. Each
    /// revision is looked at once.
    pub(super) async fn expected_since(
        &self,
        source: &str,
        row: &DocumentsRow,
    ) -> Result<Timestamp, AppError> {
        let known = self.expected.of(source);
        let (mut revision, mut since) = (row.revision, row.at);
        loop {
            if let Some((looked_at, then)) = known
                && looked_at == revision
            {
                since = then;
                break;
            }
            let before = revision.checked_sub(1);
            let Some(before) = before.filter(|before| *before > 0) else {
                break;
            };
            let Some(earlier) = self.store.documents_at(before).await? else {
                break;
            };
            let texts = earlier.documents.iter().map(|file| file.text.as_str());
            if !expects_deliveries(texts, source) {
                break;
            }
            (revision, since) = (before, earlier.at);
        }
        self.expected.remember(source, (row.revision, since));
        Ok(since)
    }
}

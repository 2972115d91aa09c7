//! Opening findings once, and closing them when their condition is gone.

use model::event::{FindingClosed, FindingOpened};
use model::finding::Finding;
use model::{Actor, Event, FindingId};

use crate::{App, AppError};

impl App {
    /// The event that opens a finding; `None` when the same one is open already.
    pub(crate) async fn finding(&self, finding: Finding) -> Result<Option<Event>, AppError> {
        let open = self
            .store
            .open_finding(
                &finding.fingerprint,
                finding.subject,
                finding.address.as_ref(),
            )
            .await?;
        if open.is_some() {
            return Ok(None);
        }
        let id = FindingId::new(self.clock.now(), ports::clock::draw(&*self.entropy));
        Ok(Some(Event::FindingOpened(FindingOpened { id, finding })))
    }

    /// The events with which a finding is told as it is now: nothing when that is how it is open
    /// already; where it was told otherwise, that one is closed first.
    pub(crate) async fn finding_as_now(&self, finding: Finding) -> Result<Vec<Event>, AppError> {
        let (subject, address) = (finding.subject, finding.address.as_ref());
        let open = self
            .store
            .open_finding(&finding.fingerprint, subject, address);
        let Some(open) = open.await? else {
            return Ok(self.finding(finding).await?.into_iter().collect());
        };
        if open.opened.finding.problem == finding.problem {
            return Ok(Vec::new());
        }
        let closed = FindingClosed {
            id: open.opened.id,
            reason: "it is another problem by now, and told anew".to_owned(),
        };
        let id = FindingId::new(self.clock.now(), ports::clock::draw(&*self.entropy));
        let opened = FindingOpened { id, finding };
        Ok(vec![
            Event::FindingClosed(closed),
            Event::FindingOpened(opened),
        ])
    }

    /// Closes a finding.
    ///
    /// # Errors
    /// `Missing` when no such finding is open.
    pub async fn close_finding(
        &self,
        actor: &Actor,
        id: FindingId,
        reason: &str,
    ) -> Result<(), AppError> {
        let open = self.store.open_findings(10_000).await?;
        if !open.iter().any(|f| f.opened.id == id) {
            return Err(AppError::missing("open finding", &id.to_string()));
        }
        let event = Event::FindingClosed(FindingClosed {
            id,
            reason: reason.to_owned(),
        });
        self.append(actor, vec![event]).await?;
        Ok(())
    }
}

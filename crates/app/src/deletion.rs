//! Deleting an account: asked once more right before, because nothing brings it back.

use std::collections::BTreeMap;
use std::sync::Arc;

use lifecycle::Mode;
use lifecycle::assign::assign;
use lifecycle::draft::{Proof, Seen};
use lifecycle::resolve::{Wanted, resolve};
use model::{Address, Attributes};

use crate::planner::Sight;
use crate::{App, AppError};

impl App {
    /// Whether an account is still kept no longer, and still seen as it has to be: since its plan
    /// was released, the person may have come back, or a hold may have been pushed. `again`: it was
    /// asked for and is still there; what was seen of it then is no listing, and enough.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn is_still_to_go(
        &self,
        account: &Address,
        again: bool,
    ) -> Result<bool, AppError> {
        let loaded = self.loaded().await?;
        let book = &loaded.book;
        let written = book.apps.get(&account.target);
        if written.is_none_or(|app| app.mode == Mode::Observe) {
            return Ok(false);
        }
        let subject = account.key.subject();
        let person = match subject {
            Some(subject) => self.store.person(subject).await?,
            None => None,
        };
        let Some(person) = person else {
            return Ok(false);
        };
        let known = self.known(person).await?;
        let now = self.clock.now();
        // Whose manager somebody is says nothing about whether their account goes.
        let (mut assignments, _) = assign(known.worker(), book, &BTreeMap::new(), now);
        for pin in self.store.pins(known.person.subject).await? {
            assignments.extend(pin.assignments);
        }
        let (mut desired, _) = resolve(assignments, now);
        desired.retain(|at, wish| at == account && wish.wanted == Wanted::Absent);
        if desired.is_empty() {
            return Ok(false);
        }
        let mut sight = Sight::new(Arc::clone(&self.store), loaded);
        let none = Attributes::new();
        let wanted = BTreeMap::from([(account, &none)]);
        let mut observed = sight.of_subject(known.person.subject, &wanted).await?;
        sight.prove(&desired, &mut observed).await?;
        let closed = match observed.seen.get(account) {
            Some(Seen::Present {
                object: Some(object),
                ..
            }) => !object.active,
            _ => false,
        };
        let proof = observed.proofs.get(account);
        let proven = proof == Some(&Proof::Disabled) || again && proof == Some(&Proof::Unlisted);
        Ok(closed && proven)
    }
}

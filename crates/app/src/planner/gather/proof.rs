//! What has to be known of an account before it is deleted.

use lifecycle::draft::{Observed, Proof, Seen};
use lifecycle::resolve::{Desired, Wanted};
use model::{Completeness, Kind, RemoteId, TargetName, Timestamp};

use super::Sight;
use crate::AppError;

impl Sight {
    /// Looks at the disabled accounts that are kept no longer.
    pub(crate) async fn prove(
        &mut self,
        desired: &Desired,
        observed: &mut Observed,
    ) -> Result<(), AppError> {
        for (address, wish) in desired {
            let over = wish.wanted == Wanted::Absent && address.kind == Kind::Account;
            let Some(Seen::Present {
                object: Some(object),
                ..
            }) = observed.seen.get(address).filter(|_| over)
            else {
                continue;
            };
            let proof = self.proof(&address.target, &object.remote).await?;
            observed.proofs.insert(address.clone(), proof);
        }
        Ok(())
    }

    async fn proof(&mut self, target: &TargetName, remote: &RemoteId) -> Result<Proof, AppError> {
        let shadow = self.store.shadow(target, Kind::Account, remote).await?;
        let Some(shadow) = shadow else {
            return Ok(Proof::Unlisted);
        };
        if self.is_service(target, &shadow.record) {
            return Ok(Proof::Workload);
        }
        // What is kept of an object changes only when it was seen to differ: seen so before the
        // listing began, or by it, and not seen to differ since.
        let listed = self.last_full(target).await?;
        let shown = listed.is_some_and(|began| shadow.seen_at <= began);
        Ok(match shown && !shadow.record.active {
            true => Proof::Disabled,
            false => Proof::Unlisted,
        })
    }

    /// When the last listing of a target's accounts began; `None`: it was not complete.
    async fn last_full(&self, target: &TargetName) -> Result<Option<Timestamp>, AppError> {
        let run = self.store.last_observation(target, Kind::Account).await?;
        let full = run.filter(|row| row.run.completeness == Completeness::Full);
        Ok(full.map(|row| row.run.started))
    }
}

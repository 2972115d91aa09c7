//! After a restore: nothing that the backup believed is trusted until it was seen again.

use model::event::{PlanChanged, StoreRestored, TokenRevoked, WritingStopped};
use model::plan::PlanStatus;
use model::{Actor, Completeness, Event, Kind, TargetName, Timestamp};
use ports::store::{Append, Stream, WaveFilter};

use crate::{App, AppError, ErrorKind};

/// How the kill switch's reason begins after a restore; while it does, every target is observed
/// completely before writing to it resumes.
const RESTORED: &str = "restored from a backup";
/// Events per append.
const CHUNK: usize = 200;

impl App {
    /// Makes a restored store safe to open to the world: writing is off, every token is revoked
    /// (a revocation after the backup is not in it), and every plan that was waiting or under
    /// way is void, because decisions after the backup are not in it either. Nobody is signed in, and
    /// nothing that was given or signed for relying parties counts.
    ///
    /// # Errors
    /// When the store does not answer. It may be run again.
    pub async fn restored(
        &self,
        actor: &Actor,
        backup_seq: u64,
        backup_at: Timestamp,
    ) -> Result<(), AppError> {
        // The switch first: killed in between, nothing is written to any target.
        let reason = format!("{RESTORED} of {backup_at}");
        self.append(
            actor,
            vec![
                Event::WritingStopped(WritingStopped {
                    target: None,
                    reason,
                }),
                Event::StoreRestored(StoreRestored {
                    backup_seq,
                    backup_at,
                }),
            ],
        )
        .await?;
        let reason = "revoked by a restore".to_owned();
        let live = self
            .store
            .tokens(10_000)
            .await?
            .into_iter()
            .filter(|t| t.revoked.is_none());
        let revoked: Vec<Event> = live
            .map(|t| {
                Event::TokenRevoked(TokenRevoked {
                    token: t.token,
                    reason: reason.clone(),
                })
            })
            .collect();
        for chunk in revoked.chunks(CHUNK) {
            self.append(actor, chunk.to_vec()).await?;
        }
        self.void_sign_ins(actor).await?;
        self.void_open_plans(actor).await
    }

    async fn void_open_plans(&self, actor: &Actor) -> Result<(), AppError> {
        loop {
            let open = self
                .store
                .waves(WaveFilter {
                    open: true,
                    limit: 100,
                    ..WaveFilter::default()
                })
                .await?;
            if open.is_empty() {
                return Ok(());
            }
            for wave in open {
                let mut plans = self.all_plans_of(wave.wave).await?;
                plans.retain(|p| !p.status.is_closed());
                for chunk in plans.chunks(CHUNK) {
                    let mut append = Append::of(actor.clone(), Vec::new());
                    for plan in chunk {
                        append = append.on(Stream::new("plan", plan.id), plan.head);
                        append.events.push(Event::PlanChanged(PlanChanged {
                            plan: plan.id,
                            status: PlanStatus::Stale,
                            detail: "void: the store was restored from a backup".to_owned(),
                        }));
                    }
                    self.store.append(append).await?;
                }
            }
        }
    }

    /// Before writing resumes after a restore: looks at every target concerned, completely.
    pub(crate) async fn observe_before_resuming(
        &self,
        actor: &Actor,
        target: Option<&TargetName>,
    ) -> Result<(), AppError> {
        let stopped = self.store.stopped().await?;
        if !stopped
            .iter()
            .any(|(at, reason)| at.is_none() && reason.starts_with(RESTORED))
        {
            return Ok(());
        }
        let loaded = self.loaded().await?;
        for name in loaded
            .tenant
            .apps
            .keys()
            .filter(|n| target.is_none_or(|t| t == *n))
        {
            let runs = self.observe(actor, name).await?;
            let whole = |kind: Kind| {
                runs.iter()
                    .any(|r| r.kind == kind && r.completeness == Completeness::Full)
            };
            if !whole(Kind::Account) {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-APP-0060",
                    format!("the app `{name}` could not be observed completely after the restore"),
                    "writing stays off until every app has been seen; look at `tenure targets`",
                ));
            }
        }
        Ok(())
    }
}

//! What was seen and done at one address, now or at another instant.

use model::event::StepChanged;
use model::plan::{About, PlanStatus};
use model::{Address, Kind, SubjectId, Timestamp, WaveId};
use ports::store::Link;

use crate::past::Replay;
use crate::{App, AppError};

/// What was seen and done at one address.
pub(super) struct Done {
    pub(super) link: Option<Link>,
    pub(super) seen: &'static str,
    pub(super) seen_at: Option<Timestamp>,
    pub(super) verified: Option<(StepChanged, Timestamp)>,
    pub(super) pending: Option<StepChanged>,
    pub(super) waits: Option<(String, WaveId)>,
}

impl App {
    /// What was seen and done at an address up to now.
    pub(super) async fn done(
        &self,
        subject: SubjectId,
        address: &Address,
    ) -> Result<Done, AppError> {
        let link = self.store.link(address).await?;
        let mut seen_at = None;
        let seen = match (&link, address.kind) {
            (None, _) => "absent",
            (Some(_), Kind::Grant) => "member",
            (Some(link), kind) => {
                let (target, remote) = (&address.target, &link.remote);
                let shadow = self.store.shadow(target, kind, remote).await?;
                seen_at = shadow.as_ref().map(|shadow| shadow.seen_at);
                match shadow {
                    Some(shadow) if shadow.record.active => "active",
                    Some(_) => "disabled",
                    None => "unknown",
                }
            }
        };
        let mut done = Done {
            link,
            seen,
            seen_at,
            verified: None,
            pending: None,
            waits: None,
        };
        let about = About::Subject(subject);
        for plan in self.store.plans_about(&about, 20).await? {
            // A plan of a wave that was not proposed has told nobody.
            let waiting =
                plan.status == PlanStatus::Waiting && self.store.wave(plan.wave).await?.is_some();
            // Of several steps at one address the last tells how it ended.
            let steps = plan.steps.into_iter().rev();
            for step in steps.filter(|step| step.address == *address) {
                if done.verified.is_some() {
                    continue;
                }
                if waiting && done.waits.is_none() {
                    done.waits = Some((step.verb.clone(), plan.wave));
                }
                let (Some(last), Some(at)) = (step.last, step.at) else {
                    continue;
                };
                if last.status.is_done() {
                    done.verified = Some((last, at));
                } else if done.pending.is_none() {
                    done.pending = Some(last);
                }
            }
        }
        Ok(done)
    }
}

/// What was seen and done at an address up to another instant. Which waves waited is not in a
/// person's records.
pub(super) fn done_then(replay: &Replay, address: &Address) -> Done {
    let link = replay.links.get(address).cloned();
    let look = link
        .as_ref()
        .and_then(|link| replay.seen(&address.target, &link.remote));
    let seen = match (&link, address.kind, look) {
        (None, ..) => "absent",
        (Some(_), Kind::Grant, _) => "member",
        (Some(_), _, Some(look)) if look.active => "active",
        (Some(_), _, Some(_)) => "disabled",
        (Some(_), _, None) => "unknown",
    };
    let steps = replay.steps(address);
    Done {
        link,
        seen,
        seen_at: look.map(|look| look.at),
        verified: steps.verified,
        pending: steps.pending,
        waits: None,
    }
}

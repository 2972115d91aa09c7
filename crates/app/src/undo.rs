//! Undoing a wave: pins first, then an ordinary planning.

use std::collections::BTreeMap;
use std::time::Duration;

use lifecycle::undo::undo;
use model::event::PinsSet;
use model::plan::{About, PlanStatus};
use model::{Actor, Change, Event, Personal, SubjectId, WaveId};
use ports::store::{Append, Stream};

use crate::planner::{Planning, Scope};
use crate::{App, AppError, ErrorKind, WavePreview};

/// How long an undo holds before rules speak again.
const HOLD: Duration = Duration::from_secs(7 * 24 * 3600);
/// Events per append.
const CHUNK: usize = 200;

/// What an undo does.
#[derive(Debug, Clone)]
pub struct UndoReport {
    /// The people whose addresses are held at their earlier state.
    pub subjects: Vec<SubjectId>,
    /// What cannot be taken back, one sentence each.
    pub cannot: Vec<String>,
    /// The waves that bring the earlier state back.
    pub waves: Vec<WavePreview>,
}

impl App {
    /// Takes a wave back: what it changed is held at its earlier state for seven days, above the
    /// rules, and the waves that bring that state back are proposed. New word from HR that
    /// someone leaves ends the hold.
    ///
    /// # Errors
    /// `Conflict` while the wave is under way or when nothing of it was carried out.
    pub async fn undo(
        &self,
        actor: &Actor,
        wave: WaveId,
        reason: &str,
        dry_run: bool,
    ) -> Result<UndoReport, AppError> {
        let row = self.wave(wave).await?;
        if row.count(PlanStatus::Released) > 0 {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-UNDO-0001",
                "the wave is still being carried out",
                "wait until it is done, or stop it with `tenure stop-writing`",
            ));
        }
        if row.cause.change == Change::Termination {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-UNDO-0003",
                "a termination for cause stands above an undo",
                "take it back with `tenure leaver lift PERSON --reason …`",
            ));
        }
        let (holds, cannot) = self.holds(actor, wave, reason).await?;
        let subjects: Vec<SubjectId> = holds.iter().map(|h| h.subject).collect();
        let planning = Planning {
            undo: Some((wave, actor.principal.clone())),
            ..Planning::of(Scope::Subjects(subjects.clone()), dry_run)
        };
        let mut extra = BTreeMap::new();
        if dry_run {
            for hold in holds {
                extra.extend(hold.personal.into_known().map(|pins| (hold.subject, pins)));
            }
        } else {
            let events: Vec<Event> = holds.into_iter().map(Event::PinsSet).collect();
            for chunk in events.chunks(CHUNK) {
                let append =
                    Append::of(actor.clone(), chunk.to_vec()).bumping(Stream::new("undo", wave));
                self.store.append(append).await?;
            }
        }
        let waves = self.plan_with(actor, planning, extra).await?;
        Ok(UndoReport {
            subjects,
            cannot,
            waves,
        })
    }
    /// What holds the earlier state of each person of the wave, and what cannot be taken back.
    async fn holds(
        &self,
        actor: &Actor,
        wave: WaveId,
        reason: &str,
    ) -> Result<(Vec<PinsSet>, Vec<String>), AppError> {
        let until = self.clock.now().plus(HOLD);
        let mut holds = Vec::new();
        let mut cannot = Vec::new();
        for plan in self.all_plans_of(wave).await? {
            let (About::Subject(subject), Some(body)) = (&plan.about, plan.plan.known()) else {
                continue;
            };
            let statuses: Vec<_> = plan.steps.iter().map(|s| s.status).collect();
            let mut found = undo(body, &statuses, wave, *subject, until);
            for pin in &mut found.pins {
                pin.because.text = format!("{} ({reason}; {actor})", pin.because.text);
            }
            cannot.extend(found.cannot);
            if !found.pins.is_empty() {
                holds.push(PinsSet {
                    subject: *subject,
                    wave,
                    until,
                    personal: Personal::Known(found.pins),
                });
            }
        }
        if holds.is_empty() && !cannot.is_empty() {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-UNDO-0004",
                "accounts were deleted, and what was deleted cannot be brought back",
                "whoever needs one again gets a new one when a rule gives it to them",
            ));
        }
        if holds.is_empty() {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-UNDO-0002",
                "nothing of this wave was carried out, so there is nothing to take back",
                "refuse it if it is still waiting",
            ));
        }
        Ok((holds, cannot))
    }
}

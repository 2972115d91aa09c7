//! Undoing a wave: pins first, then an ordinary planning.

use std::time::Duration;

use lifecycle::undo::undo;
use model::event::PinsSet;
use model::plan::{About, PlanStatus};
use model::{Actor, Event, Personal, SubjectId, WaveId};
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
        let now = self.clock.now();
        let until = now.plus(HOLD);
        let mut events = Vec::new();
        let mut subjects = Vec::new();
        let mut cannot = Vec::new();
        for plan in self.all_plans_of(wave).await? {
            let About::Subject(subject) = plan.about else {
                continue;
            };
            let Some(body) = plan.plan.known() else {
                continue;
            };
            let statuses: Vec<_> = plan.steps.iter().map(|s| s.status).collect();
            let mut found = undo(body, &statuses, wave, subject, until);
            for pin in &mut found.pins {
                pin.because.text = format!("{} ({reason}; {})", pin.because.text, actor.principal);
            }
            cannot.extend(found.cannot);
            if !found.pins.is_empty() {
                subjects.push(subject);
                events.push(Event::PinsSet(PinsSet {
                    subject,
                    wave,
                    until,
                    personal: Personal::Known(found.pins),
                }));
            }
        }
        if subjects.is_empty() {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-UNDO-0002",
                "nothing of this wave was carried out, so there is nothing to take back",
                "refuse it if it is still waiting",
            ));
        }
        let planning = Planning {
            scope: Scope::Subjects(subjects.clone()),
            undo: Some((wave, actor.principal.clone())),
            dry_run,
        };
        let waves = if dry_run {
            let pins = events
                .iter()
                .filter_map(|e| match e {
                    Event::PinsSet(p) => Some((p.subject, p.personal.known()?.clone())),
                    _ => None,
                })
                .collect();
            self.plan_with(actor, planning, pins).await?
        } else {
            for chunk in events.chunks(CHUNK) {
                let append =
                    Append::of(actor.clone(), chunk.to_vec()).bumping(Stream::new("undo", wave));
                self.store.append(append).await?;
            }
            self.plan_with(actor, planning, std::collections::BTreeMap::new())
                .await?
        };
        Ok(UndoReport {
            subjects,
            cannot,
            waves,
        })
    }
}

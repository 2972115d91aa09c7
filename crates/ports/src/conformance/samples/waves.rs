//! Waves, from their proposal to the last decision.

use super::*;

pub(super) fn wave_events() -> Vec<Event> {
    vec![
        Event::WaveProposed(WaveProposed {
            wave: wave_id(0),
            cause: Cause {
                input: Input::Clock,
                change: Change::Joiner,
            },
            author: "ana".to_owned(),
            plans: 1,
            removals: 0,
            steps: 2,
        }),
        Event::WaveJudged(WaveJudged {
            wave: wave_id(0),
            verdict: Verdict::Allow {
                because: vec!["1 of 100 people".to_owned()],
            },
        }),
        Event::WaveReleased(WaveReleased {
            wave: wave_id(0),
            released: true,
            plans: vec![],
            by: "ben".to_owned(),
            reason: "looks right".to_owned(),
        }),
        Event::PlanChanged(PlanChanged {
            plan: plan_id(200),
            status: PlanStatus::Released,
            detail: String::new(),
        }),
    ]
}

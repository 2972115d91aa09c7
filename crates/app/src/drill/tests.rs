//! What is seen of a phase in one app.
#![allow(clippy::unwrap_used)]

use lifecycle::drill::Look;
use model::event::StepChanged;
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::{
    Address, Change, Outcome, Personal, Phase, PlanId, SubjectId, TargetName, Timestamp, WaveId,
};
use ports::store::{PlanRow, StepRow};

use super::look::{Case, look};

fn chat() -> TargetName {
    TargetName::from("chat")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn step(status: StepStatus, seconds: i64, outcome: Option<Outcome>) -> StepRow {
    let address = Address::account(&chat(), SubjectId::from_bits(1));
    let last = StepChanged {
        step: StepRef {
            plan: PlanId::from_bits(1),
            no: 0,
        },
        address: address.clone(),
        status,
        attempt: 1,
        looks: 0,
        not_before: None,
        fence: 1,
        outcome,
        detail: "ann@acme.example has it".to_owned(),
        exchanges: Vec::new(),
    };
    StepRow {
        no: 0,
        address,
        verb: "create".to_owned(),
        after: Vec::new(),
        status,
        last: Some(last),
        at: Some(at(seconds)),
    }
}

fn plan(status: PlanStatus, steps: Vec<StepRow>) -> PlanRow {
    PlanRow {
        id: PlanId::from_bits(1),
        drafted: 9,
        wave: WaveId::from_bits(1),
        about: About::Subject(SubjectId::from_bits(1)),
        change: Change::Joiner,
        status,
        detail: String::new(),
        head: None,
        plan: Personal::Erased,
        steps,
    }
}

fn seen(phase: Phase, plans: &[PlanRow], usable: bool, quiet: bool) -> Look {
    look(Case {
        phase,
        app: &chat(),
        declared: true,
        plans,
        given: true,
        usable,
        quiet,
        held: None,
    })
}

fn waits(look: &Look) -> bool {
    matches!(look, Look::Waiting { held: false, .. })
}

#[test]
fn only_what_was_read_back_and_stands_is_seen_at_the_last_of_it() {
    let done = vec![
        step(StepStatus::Verified, 3, None),
        step(StepStatus::Verified, 5, None),
    ];
    let applied = [plan(PlanStatus::Applied, done)];
    assert_eq!(
        seen(Phase::Joiner, &applied, true, false),
        Look::Seen(at(5))
    );
    assert!(waits(&seen(Phase::Joiner, &applied, false, true)));
    assert_eq!(
        seen(Phase::Leaver, &applied, false, true),
        Look::Seen(at(5))
    );
    assert!(
        waits(&seen(Phase::Leaver, &applied, true, true)),
        "it may be used"
    );
    let answered = vec![step(StepStatus::Answered, 3, None)];
    let under_way = [plan(PlanStatus::Released, answered)];
    assert!(waits(&seen(Phase::Joiner, &under_way, true, false)));
}

#[test]
fn what_an_app_refuses_has_failed_and_is_told_without_what_it_said() {
    let refused = Outcome::Refused {
        code: "SCIM-409".to_owned(),
        detail: "ann@acme.example has it".to_owned(),
    };
    let failed = vec![step(StepStatus::Failed, 3, Some(refused))];
    let Look::Failed(why) = seen(
        Phase::Joiner,
        &[plan(PlanStatus::Failed, failed)],
        false,
        true,
    ) else {
        unreachable!()
    };
    assert_eq!(why, "create failed: SCIM-409");
    let lied = Some(Outcome::Done {
        remote: None,
        version: None,
    });
    let lied = plan(PlanStatus::Failed, vec![step(StepStatus::Failed, 3, lied)]);
    let Look::Failed(why) = seen(Phase::Joiner, &[lied], false, true) else {
        unreachable!()
    };
    assert_eq!(why, "create failed: TNR-STEP-0001");
    let waiting = vec![step(StepStatus::Pending, 3, None)];
    let refused = [plan(PlanStatus::Refused, waiting)];
    assert!(matches!(
        seen(Phase::Joiner, &refused, false, true),
        Look::Failed(_)
    ));
}

#[test]
fn without_a_plan_it_is_unchanged_only_when_quiet_and_as_wanted() {
    assert_eq!(seen(Phase::Joiner, &[], true, true), Look::Unchanged);
    assert!(waits(&seen(Phase::Joiner, &[], true, false)));
    assert!(
        waits(&seen(Phase::Joiner, &[], false, true)),
        "nothing gave it"
    );
    assert_eq!(seen(Phase::Leaver, &[], false, true), Look::Unchanged);
    assert!(waits(&seen(Phase::Leaver, &[], true, true)));
    // An overtaken plan is none.
    let stale = [plan(
        PlanStatus::Stale,
        vec![step(StepStatus::Pending, 1, None)],
    )];
    assert_eq!(seen(Phase::Joiner, &stale, true, true), Look::Unchanged);
}

#[test]
fn what_a_person_holds_is_told_as_held_and_what_is_gone_has_failed() {
    let app = chat();
    let mut case = Case {
        phase: Phase::Joiner,
        app: &app,
        declared: true,
        plans: &[],
        given: true,
        usable: false,
        quiet: false,
        held: Some("the wave is held"),
    };
    let held = Look::Waiting {
        held: true,
        why: "the wave is held".to_owned(),
    };
    assert_eq!(look(case), held);
    case.declared = false;
    assert!(matches!(look(case), Look::Failed(_)));
    // What the rules do not give in this phase need not be there.
    case = Case {
        declared: true,
        given: false,
        quiet: true,
        held: None,
        ..case
    };
    assert_eq!(look(case), Look::Unchanged);
}

#![allow(clippy::unwrap_used)]
use std::time::Duration;

use model::event::{FactsAccepted, StepChanged, SubjectTerminated};
use model::plan::PlanStatus;
use model::{
    Attributes, Cause, Change, DeliveryId, Digest, EngagementId, Exchange, Input, Outcome,
    Personal, Plan, PlanId, TargetName, Verdict, WaveId,
};
use ports::store::WaveDecision;

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(seconds))
}

fn subject() -> SubjectId {
    SubjectId::from_bits(1)
}

fn account() -> Address {
    Address::account(&TargetName::from("wiki"), subject())
}

fn values(given: &[(&str, &str)]) -> Attributes {
    let given = given.iter();
    given
        .map(|(path, value)| ((*path).to_owned(), Value::from(*value)))
        .collect()
}

fn drawn(act: Act, before: Before) -> Step {
    Step {
        no: 0,
        address: account(),
        act,
        before,
        after: Vec::new(),
        because: Vec::new(),
    }
}

fn update() -> Step {
    let set = values(&[("title", "Controller"), ("userName", "kofi@acme.example")]);
    let before = Before::Present {
        active: true,
        attributes: values(&[("title", "Clerk"), ("nickName", "Ko")]),
    };
    drawn(
        Act::Update {
            set,
            unset: vec!["nickName".to_owned()],
        },
        before,
    )
}

fn plan(status: PlanStatus, step: Option<Step>, stands: StepStatus) -> PlanRow {
    let cause = Cause {
        input: Input::Clock,
        change: Change::Mover,
    };
    let about = About::Subject(subject());
    let verb = step.as_ref().map_or("update", |step| step.act.verb());
    PlanRow {
        id: PlanId::from_bits(1),
        drafted: 10,
        wave: WaveId::from_bits(1),
        about: about.clone(),
        change: Change::Mover,
        status,
        detail: String::new(),
        head: Some(10),
        steps: vec![StepRow {
            no: 0,
            address: account(),
            verb: verb.to_owned(),
            after: Vec::new(),
            status: stands,
            last: None,
            at: None,
        }],
        plan: step.map_or(Personal::Erased, |step| {
            Personal::Known(Plan {
                about,
                cause,
                revision: 3,
                zones: String::new(),
                base: Vec::new(),
                steps: vec![step],
                salt: Digest::default(),
            })
        }),
    }
}

fn wave(verdict: Verdict) -> WaveRow {
    WaveRow {
        wave: WaveId::from_bits(1),
        cause: Cause {
            input: Input::Clock,
            change: Change::Mover,
        },
        author: "ana".to_owned(),
        seq: 11,
        at: at(11),
        verdict: Some(verdict),
        decided: None,
        decided_at: None,
        steps: 1,
        removals: 0,
        plans: vec![(PlanStatus::Waiting, 1)],
    }
}

fn allow() -> Verdict {
    Verdict::Allow {
        because: vec!["nobody loses access".to_owned()],
    }
}

fn ask() -> Verdict {
    Verdict::Ask {
        because: vec!["3 people lose access".to_owned()],
    }
}

fn change(
    seq: u64,
    status: StepStatus,
    attempt: u32,
    outcome: Option<Outcome>,
    detail: &str,
) -> Told {
    let event = StepChanged {
        step: StepRef {
            plan: PlanId::from_bits(1),
            no: 0,
        },
        address: account(),
        status,
        attempt,
        looks: 0,
        not_before: (status == StepStatus::Pending).then(|| at(seq + 60)),
        fence: 1,
        outcome,
        detail: detail.to_owned(),
        exchanges: Vec::new(),
    };
    Told {
        seq,
        at: at(seq),
        event: Event::StepChanged(event),
    }
}

fn told_of(plan: &PlanRow, wave: &WaveRow, told: &[Told]) -> Vec<Moment> {
    let decision = WaveDecision {
        seq: 13,
        at: at(13),
        by: "bea".to_owned(),
        reason: "HR confirms".to_owned(),
        released: true,
        plans: Vec::new(),
    };
    timeline(&Records {
        plan,
        stands: &plan.steps[0],
        wave,
        drafted: (at(10), "ana".to_owned()),
        judged: wave.verdict.clone().map(|verdict| (12, at(11), verdict)),
        decision: Some(&decision),
        told,
        closed: None,
        undone: Vec::new(),
        next: None,
    })
}

#[test]
fn each_attempt_is_told_with_its_answer_and_when_it_is_tried_again() {
    let plan = plan(PlanStatus::Applied, Some(update()), StepStatus::Verified);
    let busy = Outcome::Later {
        wait_ms: 1_000,
        detail: "HTTP 423: (value) is locked".to_owned(),
        whole_target: false,
    };
    let lost = Outcome::Unknown {
        detail: "the answer was lost".to_owned(),
    };
    let done = Outcome::Done {
        remote: None,
        version: None,
    };
    let told = [
        change(20, StepStatus::Sent, 1, None, ""),
        change(
            21,
            StepStatus::Pending,
            1,
            Some(busy),
            "HTTP 423: (value) is locked",
        ),
        change(22, StepStatus::Sent, 2, None, ""),
        change(23, StepStatus::Answered, 2, Some(lost.clone()), ""),
        change(24, StepStatus::Verified, 2, Some(lost), ""),
    ];
    let all = told_of(&plan, &wave(ask()), &told);
    let words: Vec<(&str, u32, &str, &str)> = all
        .iter()
        .map(|m| (m.what, m.attempt, m.answer, m.class.as_str()))
        .collect();
    assert_eq!(
        words,
        [
            ("planned", 0, "", ""),
            ("proposed", 0, "", ""),
            ("held", 0, "", ""),
            ("released", 0, "", ""),
            ("intent", 1, "", ""),
            ("waits", 1, "later", "HTTP-423"),
            ("intent", 2, "", ""),
            ("answered", 2, "unknown", "no-answer"),
            ("verified", 2, "", ""),
        ]
    );
    let said = |n: usize| (all[n].by.as_str(), all[n].said.as_str());
    assert_eq!(said(2), ("guard", "3 people lose access"));
    assert_eq!(said(3), ("bea", "HR confirms"));
    assert_eq!(said(5), ("", "HTTP 423: (value) is locked"));
    assert_eq!(all[5].next_at, Some(at(81)));
    // What was asked for is told by attribute, never by value.
    assert_eq!(
        all[4].request,
        "update account: title, userName, nickName cleared"
    );
    let text = format!("{all:?}");
    for value in ["Controller", "kofi", "Clerk"] {
        assert!(!text.contains(value), "{value}: {text}");
    }
    // Another step's records are not its own.
    let mut other = change(25, StepStatus::Failed, 1, Some(done), "");
    if let Event::StepChanged(e) = &mut other.event {
        e.step.no = 1;
    }
    let with = [told.to_vec(), vec![other]].concat();
    assert_eq!(told_of(&plan, &wave(ask()), &with), all);
}

#[test]
fn an_attempt_is_told_with_its_requests() {
    let plan = plan(PlanStatus::Applied, Some(update()), StepStatus::Verified);
    let asked = Exchange {
        method: "PATCH".to_owned(),
        path: "/scim/v2/Users/7".to_owned(),
        status: Some(204),
    };
    let mut answered = change(21, StepStatus::Answered, 1, None, "");
    if let Event::StepChanged(e) = &mut answered.event {
        e.exchanges.push(asked.clone());
    }
    let told = [change(20, StepStatus::Sent, 1, None, ""), answered];
    let all = told_of(&plan, &wave(ask()), &told);
    let exchanges: Vec<_> = all[4..].iter().map(|m| m.exchanges.clone()).collect();
    assert_eq!(exchanges, [vec![], vec![asked]]);
}

#[test]
fn a_refusal_is_told_without_its_code_and_what_is_next_as_the_digest_tells_it() {
    let refused = Outcome::Refused {
        code: "SCIM-400".to_owned(),
        detail: "HTTP 400 invalidValue: no licence is left".to_owned(),
    };
    let detail = "SCIM-400: HTTP 400 invalidValue: no licence is left";
    let failed = change(21, StepStatus::Failed, 1, Some(refused), detail);
    let mut row = plan(PlanStatus::Failed, Some(update()), StepStatus::Failed);
    let Event::StepChanged(last) = &failed.event else {
        unreachable!()
    };
    row.steps[0].last = Some(last.clone());
    row.steps[0].at = Some(at(21));
    let all = told_of(&row, &wave(allow()), std::slice::from_ref(&failed));
    let last = all.last().unwrap();
    assert_eq!(
        (last.what, last.answer, last.class.as_str()),
        ("failed", "refused", "SCIM-400-invalidValue")
    );
    assert_eq!(last.said, "HTTP 400 invalidValue: no licence is left");
    let todo = next::next(&row, &row.steps[0], &wave(allow()), None, None);
    assert_eq!(
        todo,
        "free or buy seats in wiki, then `tenure retry wiki/SCIM-400-invalidValue`"
    );
    let later = NextPlan {
        seq: 30,
        at: at(30),
        step: StepRef {
            plan: PlanId::from_bits(2),
            no: 1,
        },
        verb: "update".to_owned(),
        change: Change::Mover,
    };
    let todo = next::next(&row, &row.steps[0], &wave(allow()), Some(&later), None);
    assert!(todo.contains(&later.step.to_string()), "{todo}");
    // Without the index by subject only the last state is known, and it is told.
    assert_eq!(told_of(&row, &wave(allow()), &[]).last().unwrap().seq, 0);
}

#[test]
fn who_is_asked_next_follows_from_the_guard_and_from_how_the_step_stands() {
    let waiting = plan(PlanStatus::Waiting, Some(update()), StepStatus::Pending);
    let todo = |wave: &WaveRow| next::next(&waiting, &waiting.steps[0], wave, None, None);
    assert!(todo(&wave(allow())).starts_with("`tenure apply wav_"));
    let held = todo(&wave(ask()));
    assert!(
        held.starts_with("someone other than ana decides: `tenure approve wav_"),
        "{held}"
    );
    assert!(held.contains("--plan pln_"), "{held}");
    let halted = todo(&wave(Verdict::Halt { because: vec![] }));
    assert!(halted.starts_with("nobody can release it"), "{halted}");

    let stands = |status, stands| {
        let row = plan(status, Some(update()), stands);
        next::next(&row, &row.steps[0], &wave(allow()), None, None)
    };
    assert_eq!(stands(PlanStatus::Applied, StepStatus::Verified), "");
    assert!(stands(PlanStatus::Stale, StepStatus::Skipped).contains("`tenure plan`"));
    assert!(stands(PlanStatus::Released, StepStatus::Handed).contains("tenure handoff list wiki"));
    let group = WaveId::from_bits(9);
    let row = plan(PlanStatus::Released, Some(update()), StepStatus::Pending);
    let todo = next::next(&row, &row.steps[0], &wave(allow()), None, Some(group));
    assert!(todo.contains(&group.to_string()), "{todo}");
}

#[test]
fn what_changes_is_told_with_what_was_there() {
    let text = |text: &str| Some(Value::from(text));
    let row = |path: &str, before, after| Changed {
        path: path.to_owned(),
        before,
        after,
    };
    assert_eq!(
        changes(&update()),
        [
            row("title", text("Clerk"), text("Controller")),
            row("userName", None, text("kofi@acme.example")),
            row("nickName", text("Ko"), None),
        ]
    );
    let there = || Before::Present {
        active: true,
        attributes: Attributes::new(),
    };
    let (yes, no) = (Some(Value::Bool(true)), Some(Value::Bool(false)));
    let disable = changes(&drawn(Act::Disable, there()));
    assert_eq!(disable, [row("active", yes.clone(), no.clone())]);
    let create = Act::Create {
        attributes: values(&[("title", "Clerk")]),
        active: false,
    };
    assert_eq!(
        changes(&drawn(create, Before::Absent)),
        [row("active", None, no), row("title", None, text("Clerk")),]
    );
    let revoke = changes(&drawn(Act::Revoke, there()));
    assert_eq!(revoke, [row("member", yes, None)]);
}

#[test]
fn the_last_word_of_each_source_before_the_plan_counts() {
    let heard = |seq: u64, source: &str, engagement: u128, change: Change| Told {
        seq,
        at: at(seq),
        event: Event::FactsAccepted(FactsAccepted {
            subject: subject(),
            engagement: EngagementId::from_bits(engagement),
            source: source.to_owned(),
            delivery: DeliveryId::from_bits(u128::from(seq)),
            change,
            next_change: None,
            digest: Digest::default(),
            personal: Personal::Erased,
        }),
    };
    let fired = Told {
        seq: 4,
        at: at(4),
        event: Event::SubjectTerminated(SubjectTerminated {
            subject: subject(),
            by: "ana".to_owned(),
            personal: Personal::Known("case 17".to_owned()),
        }),
    };
    let told = [
        heard(1, "hr", 1, Change::Joiner),
        heard(2, "agency", 2, Change::Joiner),
        heard(3, "hr", 1, Change::Leaver),
        fired,
        heard(12, "hr", 1, Change::Rehire),
    ];
    let words = words(&told, 10);
    let short: Vec<_> = words
        .iter()
        .map(|word| (word.by.as_str(), word.what, word.change))
        .collect();
    assert_eq!(
        short,
        [
            ("agency", "told", Some(Change::Joiner)),
            ("hr", "told", Some(Change::Leaver)),
            ("ana", "terminated", None),
        ]
    );
    assert!(!format!("{words:?}").contains("case 17"));
}

#[test]
fn what_the_log_does_not_hold_is_said() {
    let mut row = plan(PlanStatus::Waiting, Some(update()), StepStatus::Pending);
    assert_eq!(gaps(&row, &row.steps[0], true), Vec::<String>::new());
    let sent = change(20, StepStatus::Sent, 1, None, "");
    if let Event::StepChanged(last) = sent.event {
        row.steps[0].last = Some(last);
    }
    let said = gaps(&row, &row.steps[0], false);
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("was erased"), "{said:?}");
    assert!(
        said[1].contains("bodies of requests and answers"),
        "{said:?}"
    );
    row.about = About::Target(TargetName::from("wiki"));
    let said = gaps(&row, &row.steps[0], true);
    assert!(said[0].starts_with("attempts before the last"), "{said:?}");
}

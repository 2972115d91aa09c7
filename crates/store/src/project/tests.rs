#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use model::event::*;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Address, Change, Event, Kind, RemoteId, SubjectId, TargetName, WaveId};
use ports::conformance::samples::*;
use proptest::prelude::*;

use super::model_rows::ModelRows;
use super::*;
use crate::schema::TABLES;
use crate::table::{Cell, RowOp, Type};

fn everything() -> Vec<Event> {
    about_person(1)
        .into_iter()
        .chain(about_nobody())
        .chain(takers(1))
        .collect()
}

fn ops(event: &Event) -> Vec<RowOp> {
    project(7, at(0), event).unwrap()
}

fn kind(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["kind"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn the_samples_hold_every_kind_of_event() {
    let kinds: BTreeSet<_> = everything().iter().map(kind).collect();
    let source = include_str!("../../../model/src/event/mod.rs");
    let declared: BTreeSet<_> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("#[serde(rename = \""))
        .filter_map(|rest| rest.strip_suffix("\")]"))
        .map(str::to_owned)
        .collect();
    assert_eq!(kinds, declared);
}

#[test]
fn every_row_fits_its_table() {
    for event in everything() {
        let kind = kind(&event);
        for op in ops(&event) {
            let (table, cells, expected) = match &op {
                RowOp::Put(table, row) => (table, row, table.columns.len()),
                RowOp::Delete(table, key) => (table, key, table.key),
                RowOp::DeleteWhere(table, column, _) => {
                    let indexed = table.columns[0].0 == *column
                        || table.indexes.iter().any(|index| index[0] == *column);
                    assert!(indexed, "{kind}: {}.{column} has no index", table.name);
                    continue;
                }
            };
            assert_eq!(cells.len(), expected, "{kind} writes {}", table.name);
            for (i, ((column, typ), cell)) in table.columns.iter().zip(cells).enumerate() {
                let fits = match cell {
                    Cell::Null => i >= table.key,
                    Cell::Int(_) => *typ == Type::Int,
                    Cell::Text(_) => *typ == Type::Text,
                    Cell::Blob(_) => *typ == Type::Blob,
                };
                assert!(
                    fits,
                    "{kind}: {}.{column} is {typ:?}, not {cell:?}",
                    table.name
                );
            }
            assert!(
                TABLES.iter().any(|known| std::ptr::eq(*known, *table)),
                "{}",
                table.name
            );
        }
    }
}

#[test]
fn every_table_is_written_by_some_event() {
    let rows = ModelRows::of(&about_person(1));
    let more = ModelRows::of(&about_nobody());
    let revoked = ModelRows::of(&takers(1));
    for table in TABLES {
        let written = [&rows, &more, &revoked]
            .iter()
            .any(|r| !r.table(table.name).is_empty());
        assert!(written, "no event writes {}", table.name);
    }
}

#[test]
fn an_erasure_leaves_no_row_of_the_person() {
    let erased = Event::SubjectErased(SubjectErased {
        subject: subject(1),
        reason: String::new(),
    });
    // By reflection: a table that is added later cannot be forgotten.
    let touched: BTreeSet<_> = ops(&erased)
        .iter()
        .map(|op| match op {
            RowOp::DeleteWhere(table, "subject", value) if *value == text(subject(1)) => table.name,
            other => panic!("{other:?}"),
        })
        .collect();
    for table in TABLES {
        let has = table.columns.iter().any(|(name, _)| *name == "subject");
        assert_eq!(touched.contains(table.name), has, "{}", table.name);
    }

    // By what is there: no cell of any table spells the person or anything they said.
    let mut rows = ModelRows::of(&about_person(1));
    let before = format!("{rows:?}");
    assert!(before.contains(PERSONAL) && before.contains(&subject(1).to_string()));
    for event in about_nobody() {
        rows.take(50, &event);
    }
    rows.take(99, &erased);
    // What the target's own people hold is not this person's.
    rows.0
        .get_mut("shadow")
        .unwrap()
        .retain(|_, row| row[2] != text("u200"));
    rows.0
        .get_mut("plan")
        .unwrap()
        .retain(|_, row| row[0] != text(plan_id(200)));
    let left = format!("{rows:?}");
    assert!(
        !left.to_lowercase().contains(&PERSONAL.to_lowercase()),
        "{left}"
    );
    assert!(!left.contains(&subject(1).to_string()), "{left}");
}

#[test]
fn facts_come_go_and_return() {
    let facts = Event::FactsAccepted(accepted(1));
    let gone = &about_person(1)[1];
    let rows = ModelRows::of(&[facts.clone(), gone.clone()]);
    assert_eq!(rows.table("engagement_withdrawn").len(), 1);
    assert_eq!(rows.table("engagement").len(), 1, "the last facts stay");
    assert_eq!(
        rows.table("engagement")[0][8],
        text("zerlina-1\nzerlina.1@acme.example\nzerlina ng 1")
    );
    assert_eq!(rows.table("person_due")[0][1], instant(at(1)));

    let back = Event::FactsAccepted(FactsAccepted {
        next_change: None,
        ..accepted(1)
    });
    let rows = ModelRows::of(&[facts, gone.clone(), back]);
    assert!(rows.table("engagement_withdrawn").is_empty());
    assert!(rows.table("person_due").is_empty());
}

#[test]
fn a_plan_waits_is_released_and_leaves_the_queue_when_closed() {
    let mut rows = ModelRows::of(&[Event::PlanDrafted(drafted(
        1,
        0,
        About::Subject(subject(1)),
        Change::Leaver,
    ))]);
    assert_eq!(rows.table("plan_open").len(), 1);
    assert_eq!(rows.table("step").len(), 2);
    for (status, open) in [
        (PlanStatus::Waiting, 1),
        (PlanStatus::Released, 1),
        (PlanStatus::Refused, 0),
        (PlanStatus::Applied, 0),
        (PlanStatus::Failed, 0),
        (PlanStatus::Stale, 0),
        (PlanStatus::Superseded, 0),
    ] {
        rows.take(
            2,
            &Event::PlanChanged(PlanChanged {
                plan: plan_id(1),
                status,
                detail: "so".to_owned(),
            }),
        );
        let state = rows.table("plan_state")[0];
        assert_eq!(state[1..], [text(status.as_str()), text("so")]);
        assert_eq!(rows.table("plan_open").len(), open, "{status:?}");
    }
    assert_eq!(rows.table("plan").len(), 1, "the plan itself stays");
}

#[test]
fn the_stored_order_of_changes_is_the_order_of_work() {
    let order = [
        Change::Leaver,
        Change::MissingRow,
        Change::Joiner,
        Change::Rehire,
        Change::Mover,
        Change::Rule,
        Change::Drift,
        Change::Undo,
        Change::Deletion,
    ];
    let groups = work::place(&About::Target(TargetName::from("chat")), Change::Rule);
    assert!(work::rank(Change::Leaver) < groups && groups < work::rank(Change::MissingRow));
    for pair in order.windows(2) {
        assert!(pair[0] < pair[1], "{pair:?} in the model");
        assert!(
            work::rank(pair[0]) < work::rank(pair[1]),
            "{pair:?} as stored"
        );
    }
}

#[test]
fn a_group_that_vanishes_takes_its_memberships_along_and_no_others() {
    let members = |target: &str, group: &str| {
        Event::MembersObserved(MembersObserved {
            target: TargetName::from(target),
            group: RemoteId::from(group),
            added: vec![RemoteId::from("u1"), RemoteId::from("u/2")],
            removed: vec![],
        })
    };
    let gone = |kind, remote: &str| {
        Event::ObjectVanished(ObjectVanished {
            target: slack(),
            kind,
            remote: RemoteId::from(remote),
        })
    };
    let all = [
        members("slack", "g1"),
        members("slack", "g2"),
        members("jira", "g1"),
    ];
    let mut rows = ModelRows::of(&all);
    assert_eq!(rows.table("membership").len(), 6);
    rows.take(9, &gone(Kind::Group, "g1"));
    assert_eq!(rows.table("membership").len(), 4);
    rows.take(9, &gone(Kind::Account, "u1"));
    assert_eq!(rows.table("membership").len(), 3);
    rows.take(9, &gone(Kind::Account, "g2"));
    assert_eq!(rows.table("membership").len(), 3, "an account is no group");
}

#[test]
fn stops_are_lifted_one_by_one() {
    let stop = |target: Option<TargetName>| {
        Event::WritingStopped(WritingStopped {
            target,
            reason: "drill".to_owned(),
        })
    };
    let resume = |target: Option<TargetName>| {
        Event::WritingResumed(WritingResumed {
            target,
            reason: "over".to_owned(),
        })
    };
    let mut rows = ModelRows::of(&[stop(None), stop(Some(slack()))]);
    assert_eq!(rows.table("stop").len(), 2);
    rows.take(3, &resume(None));
    assert_eq!(rows.table("stop"), [&vec![text("slack"), text("drill")]]);
    rows.take(4, &resume(Some(slack())));
    assert!(rows.table("stop").is_empty());
}

#[test]
fn what_a_database_cannot_store_is_refused() {
    let refused = |event: &Event| project(1, at(0), event).unwrap_err();

    let mut nul = observed(1, None);
    nul.remote = RemoteId::from("u\0");
    assert!(matches!(
        refused(&Event::ObjectObserved(nul)),
        ProjectError::Nul {
            table: "shadow",
            column: "remote"
        }
    ));

    let mut long = observed(1, None);
    long.remote = RemoteId("u".repeat(MAX_INDEXED));
    assert!(matches!(
        refused(&Event::ObjectObserved(long)),
        ProjectError::TooLong {
            table: "shadow",
            column: "remote",
            ..
        }
    ));

    for name in ["", "a/b"] {
        let target = Some(TargetName::from(name));
        let stop = Event::WritingStopped(WritingStopped {
            target,
            reason: String::new(),
        });
        assert!(
            matches!(refused(&stop), ProjectError::TargetName(_)),
            "{name:?}"
        );
    }

    let event = Event::ObjectObserved(observed(1, None));
    let error = project(u64::MAX, at(0), &event).unwrap_err();
    assert!(matches!(error, ProjectError::TooLarge(u64::MAX)));
}

#[test]
fn a_shadow_keeps_no_second_copy_of_the_members() {
    let mut group = observed(1, None);
    group.personal = match group.personal {
        model::Personal::Known(record) => model::Personal::Known(model::Record {
            members: Some(vec![RemoteId::from("u7")]),
            ..record
        }),
        model::Personal::Erased => panic!("the sample is known"),
    };
    let rows = ModelRows::of(&[Event::ObjectObserved(group)]);
    assert!(!format!("{rows:?}").contains("u7"));
}

fn any_event() -> impl Strategy<Value = Event> {
    (0u8..4, any::<prop::sample::Index>(), 0u8..6).prop_map(|(n, which, sort)| {
        let from = match sort {
            0..=2 => about_person(n),
            3..=4 => takers(n),
            _ => about_nobody(),
        };
        from[which.index(from.len())].clone()
    })
}

/// The log as it can be read at its end: what was sealed under a key that an erasure destroyed
/// is erased. New events about the same subject are sealed under a new key.
fn as_read_at_the_end(events: &[Event]) -> Vec<Event> {
    let erased_after = |from: usize, subject: SubjectId| {
        events[from..]
            .iter()
            .any(|e| matches!(e, Event::SubjectErased(e) if e.subject == subject))
    };
    events
        .iter()
        .enumerate()
        .map(|(i, event)| match event.subject() {
            Some(subject) if erased_after(i, subject) => without_key(event),
            _ => event.clone(),
        })
        .collect()
}

proptest! {
    #[test]
    fn law_a_rebuild_gives_the_same_rows(events in prop::collection::vec(any_event(), 0..60)) {
        let live = ModelRows::of(&events);
        prop_assert_eq!(&live, &ModelRows::of(&events));
        prop_assert_eq!(&live, &ModelRows::of(&as_read_at_the_end(&events)));
    }

    #[test]
    fn law_only_open_plans_are_queued(events in prop::collection::vec(any_event(), 0..60)) {
        let rows = ModelRows::of(&events);
        for queued in rows.table("plan_open") {
            let state = rows.table("plan_state").into_iter().find(|row| row[0] == queued[0]);
            let status = &state.unwrap()[1];
            prop_assert!(*status == text("waiting") || *status == text("released"));
        }
    }
}

#[test]
fn a_finding_at_an_address_is_erased_with_its_person_though_it_names_none() {
    let account = Address::account(&slack(), subject(1));
    let rows = ModelRows::of(&[Event::FindingOpened(finding(1, None, Some(account)))]);
    assert_eq!(rows.table("finding")[0][6], text(subject(1)));
}

#[test]
fn a_group_whose_name_looks_like_a_person_is_not_one() {
    let group = Address::group(&slack(), &subject(1).to_string());
    let event = Event::StepChanged(step_changed(1, 0, group, StepStatus::Sent));
    let rows = ModelRows::of(&[event]);
    assert_eq!(rows.table("step_state")[0][6], Cell::Null);
}

#[test]
fn a_wave_keeps_its_last_verdict_and_every_decision() {
    let rows = ModelRows::of(&about_nobody());
    assert_eq!(rows.table("wave").len(), 1);
    let decision = [
        text(WaveId::from_bits(1)),
        text("ben"),
        text("looks right"),
        Cell::Int(1),
    ];
    let row = &rows.table("wave_decision")[0];
    let told = [&row[0], &row[2], &row[3], &row[4]];
    assert_eq!(told, decision.each_ref());
    assert!(matches!((&row[1], &row[5]), (Cell::Int(_), Cell::Int(_))));
}

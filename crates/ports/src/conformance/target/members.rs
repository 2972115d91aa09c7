//! What a target does with the members of its groups.

use model::{Kind, Outcome, RemoteId};

use super::{Bench, apply, done, kinds, made, read};
use crate::target::Operation;

/// Members come and go one by one; the others stay.
pub async fn members_come_and_go(bench: &dyn Bench, from: usize) {
    if kinds(bench, from).len() < 2 {
        let operation = Operation::Members {
            group: RemoteId::from("a group"),
            add: Vec::new(),
            remove: Vec::new(),
        };
        let outcome = apply(bench, &operation).await;
        assert!(
            matches!(outcome, Outcome::Refused { .. }),
            "not declared: {outcome:?}"
        );
        return;
    }
    let group = made(bench, Kind::Group, from).await;
    let mut people = Vec::new();
    for number in from + 1..from + 5 {
        people.push(made(bench, Kind::Account, number).await);
    }
    let change = |add: &[RemoteId], remove: &[RemoteId]| Operation::Members {
        group: group.clone(),
        add: add.to_vec(),
        remove: remove.to_vec(),
    };
    done(&apply(bench, &change(&people[..3], &[])).await);
    is_member(bench, &group, &people[..3]).await;
    done(&apply(bench, &change(&people[..1], &[])).await);
    is_member(bench, &group, &people[..3]).await;
    done(&apply(bench, &change(&[], &people[..1])).await);
    is_member(bench, &group, &people[1..3]).await;
    done(&apply(bench, &change(&[], &people[..1])).await);
    is_member(bench, &group, &people[1..3]).await;
    done(&apply(bench, &change(&people[3..], &people[1..2])).await);
    is_member(bench, &group, &people[2..]).await;
    done(&apply(bench, &change(&[], &people[2..])).await);
    is_member(bench, &group, &[]).await;
}

async fn is_member(bench: &dyn Bench, group: &RemoteId, expected: &[RemoteId]) {
    let Some(members) = read(bench, Kind::Group, group).await.members else {
        return; // the target does not say
    };
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(members, expected);
}

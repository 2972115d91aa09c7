use super::*;
use crate::fixtures::{address, wish};
use proptest::prelude::*;

fn present(attributes: &[(&str, &str)]) -> Want {
    Want::Present {
        active: true,
        attributes: attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect(),
    }
}

fn only(desired: &Desired) -> &Wanted {
    assert_eq!(desired.len(), 1);
    &desired[&address()].wanted
}

#[test]
fn equals_unite_and_different_values_conflict() {
    let a = wish(Rank::Birthright, "rule/a", present(&[("title", "CEO")]));
    let b = wish(Rank::Birthright, "rule/b", present(&[("dept", "Board")]));
    let (desired, conflicts) = resolve([a.clone(), b], Timestamp::EPOCH);
    assert!(conflicts.is_empty());
    assert!(matches!(only(&desired), Wanted::Present { attributes, .. } if attributes.len() == 2));

    let c = wish(Rank::Birthright, "rule/c", present(&[("title", "CTO")]));
    let (desired, conflicts) = resolve([a, c], Timestamp::EPOCH);
    assert_eq!(only(&desired), &Wanted::Untouched);
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].attribute, "title");
    assert_eq!(
        (conflicts[0].one.by.as_str(), conflicts[0].other.by.as_str()),
        ("rule/a", "rule/c")
    );
}

#[test]
fn a_leaver_is_disabled_and_undo_takes_that_back() {
    let leaver = wish(Rank::Leaver, "lifecycle/leaver", Want::Disabled);
    let (desired, _) = resolve([leaver.clone()], Timestamp::EPOCH);
    assert!(matches!(
        only(&desired),
        Wanted::IfPresent { active: false, .. }
    ));

    let undo = wish(Rank::Undo, "undo/w", Want::Enabled);
    let stop = wish(Rank::EmergencyStop, "stop", Want::Disabled);
    let (desired, _) = resolve([leaver.clone(), undo.clone()], Timestamp::EPOCH);
    assert!(matches!(
        only(&desired),
        Wanted::IfPresent { active: true, .. }
    ));
    let (desired, _) = resolve([stop, leaver, undo], Timestamp::EPOCH);
    assert!(matches!(
        only(&desired),
        Wanted::IfPresent { active: false, .. }
    ));
}

#[test]
fn what_is_kept_no_longer_is_absent_unless_someone_stronger_says_how_it_is_used() {
    let out = wish(Rank::Leaver, "lifecycle/leaver", Want::Disabled);
    let over = wish(Rank::Leaver, "lifecycle/retention", Want::Absent);
    let rule = wish(Rank::Birthright, "decision/adopt", present(&[]));
    let leaver = [rule, out, over];
    let (desired, conflicts) = resolve(leaver.clone(), Timestamp::EPOCH);
    assert_eq!(only(&desired), &Wanted::Absent);
    assert_eq!(conflicts, []);
    for (want, active) in [(Want::Enabled, true), (Want::Disabled, false)] {
        let mut all = leaver.to_vec();
        all.push(wish(Rank::Undo, "undo/w", want));
        let (desired, _) = resolve(all.clone(), Timestamp::EPOCH);
        let held = only(&desired);
        assert!(
            matches!(held, Wanted::IfPresent { active: a, .. } if *a == active),
            "{held:?}"
        );
    }
}

#[test]
fn what_is_made_ahead_may_not_be_used_and_whoever_has_left_gets_nothing_made() {
    let rule = wish(Rank::Birthright, "rule/a", present(&[]));
    let ahead = wish(Rank::Leaver, "lifecycle/joiner", Want::Ahead);
    let made = |wishes: &[Assignment]| match only(&resolve(wishes.to_vec(), Timestamp::EPOCH).0) {
        Wanted::Present { active, ahead, .. } => Some((*active, *ahead)),
        _ => None,
    };
    assert_eq!(made(std::slice::from_ref(&rule)), Some((true, false)));
    assert_eq!(made(&[rule.clone(), ahead.clone()]), Some((false, true)));
    assert_eq!(made(std::slice::from_ref(&ahead)), None, "nobody gives it");
    // Whoever says `disabled` beside it or above it means no account that is yet to be made.
    for rank in [Rank::Leaver, Rank::Undo] {
        let out = wish(rank, "out", Want::Disabled);
        let all = [rule.clone(), ahead.clone(), out];
        assert_eq!(made(&all), Some((false, false)), "{rank:?}");
    }
    let undo = wish(Rank::Undo, "undo/w", Want::Enabled);
    assert_eq!(made(&[rule, ahead, undo]), Some((true, false)));
}

#[test]
fn values_that_an_undo_holds_keep_no_account_that_no_rule_gives() {
    let held = Want::Values {
        set: Attributes::from([("title".to_owned(), Value::from("CEO"))]),
        unset: Vec::new(),
    };
    let (desired, _) = resolve([wish(Rank::Undo, "undo/w", held)], Timestamp::EPOCH);
    assert!(matches!(
        only(&desired),
        Wanted::IfPresent { active: false, .. }
    ));
    let because = &desired[&address()].because;
    assert!(because.iter().any(|r| r.by == "lifecycle/withdrawn"));
}

#[test]
fn not_knowing_yields_to_knowing_but_stops_what_is_weaker() {
    let unsure = wish(Rank::Birthright, "rule/a", Want::Untouched);
    let sure = wish(Rank::Birthright, "rule/b", present(&[]));
    let (desired, _) = resolve([unsure.clone(), sure.clone()], Timestamp::EPOCH);
    assert!(matches!(only(&desired), Wanted::Present { .. }));
    let (desired, _) = resolve([unsure], Timestamp::EPOCH);
    assert_eq!(only(&desired), &Wanted::Untouched);
    let hold = wish(Rank::Undo, "undo/w", Want::Untouched);
    let (desired, _) = resolve([sure, hold], Timestamp::EPOCH);
    assert_eq!(only(&desired), &Wanted::Untouched);
}

#[test]
fn what_has_run_out_has_no_say() {
    let mut short = wish(Rank::Undo, "undo/w", Want::Disabled);
    short.until = Some(Timestamp::from_micros(10));
    assert!(
        resolve([short.clone()], Timestamp::from_micros(10))
            .0
            .is_empty()
    );
    assert_eq!(resolve([short], Timestamp::from_micros(9)).0.len(), 1);
}

fn any_want() -> impl Strategy<Value = Want> {
    let values = proptest::collection::btree_map("[ab]", "[xy]".prop_map(Value::Text), 0..3);
    prop_oneof![
        (any::<bool>(), values.clone())
            .prop_map(|(active, attributes)| Want::Present { active, attributes }),
        (values, proptest::collection::vec("[cd]", 0..2))
            .prop_map(|(set, unset)| Want::Values { set, unset }),
        Just(Want::Enabled),
        Just(Want::Disabled),
        Just(Want::Ahead),
        Just(Want::Absent),
        Just(Want::Untouched),
    ]
}

fn any_rank() -> impl Strategy<Value = Rank> {
    prop_oneof![
        Just(Rank::Birthright),
        Just(Rank::Leaver),
        Just(Rank::Undo),
        Just(Rank::EmergencyStop)
    ]
}

proptest! {
    #[test]
    fn order_free(
        wishes in proptest::collection::vec((any_rank(), "[a-f]", any_want()), 0..8),
        turn in any::<prop::sample::Index>(),
    ) {
        let mut list: Vec<_> =
            wishes.iter().map(|(rank, by, want)| wish(*rank, by, want.clone())).collect();
        let straight = resolve(list.clone(), Timestamp::EPOCH).0;
        if !list.is_empty() {
            let by = turn.index(list.len());
            list.rotate_left(by);
        }
        prop_assert_eq!(&straight, &resolve(list.clone(), Timestamp::EPOCH).0);
        list.reverse();
        prop_assert_eq!(&straight, &resolve(list.clone(), Timestamp::EPOCH).0);
    }

    /// One wish alone goes a shorter way than two.
    #[test]
    fn to_wish_twice_is_to_wish_once(rank in any_rank(), want in any_want()) {
        let once = wish(rank, "rule/a", want);
        let one = resolve([once.clone()], Timestamp::EPOCH);
        let two = resolve([once.clone(), once], Timestamp::EPOCH);
        prop_assert_eq!(one.0, two.0);
    }
}

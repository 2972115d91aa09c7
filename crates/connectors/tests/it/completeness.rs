//! What a listing may be believed, when the provider misbehaves.

use connectors::ScimTarget;
use emulate::{Serving, Temperament};
use model::{Attributes, Completeness, Kind, Outcome, RemoteId, Value};
use ports::Target;
use ports::conformance::target::DEADLINE;
use ports::target::{Cursor, Listed, Match, Operation, TargetError};
use protocol::scim::ScimProfile;
use protocol::scim::profile::Paging;

use crate::bench::{person, provider, target};

/// A provider with this many users that then takes on a temperament, read in pages of ten.
async fn with_users(count: usize, temperament: Temperament) -> (Serving, ScimTarget) {
    let serving = provider(Temperament::default()).await;
    let target = target(
        &serving,
        ScimProfile {
            page_size: 10,
            ..ScimProfile::rfc()
        },
    );
    for number in 0..count {
        create(&target, number).await;
    }
    *serving.provider.lock().temperament_mut() = temperament;
    (serving, target)
}

async fn create(target: &ScimTarget, number: usize) -> RemoteId {
    let attributes = person(number, target.profile());
    let external = format!("key-{number}");
    let operation = Operation::Create {
        kind: Kind::Account,
        external,
        active: true,
        attributes,
    };
    match target.apply(&operation, DEADLINE).await.outcome {
        Outcome::Done {
            remote: Some(remote),
            ..
        } => remote,
        other => panic!("{other:?}"),
    }
}

async fn whole(target: &ScimTarget) -> (usize, Completeness, String) {
    let (mut seen, mut cursor) = (0, None::<Cursor>);
    for _ in 0..100 {
        let page: Listed = target.list(Kind::Account, cursor.as_ref()).await.unwrap();
        seen += page.records.len();
        match page.next {
            Some(next) => cursor = Some(next),
            None => return (seen, page.completeness, page.detail),
        }
    }
    panic!("the listing does not end")
}

async fn partial(count: usize, temperament: Temperament, why: &str) {
    let (_serving, target) = with_users(count, temperament).await;
    let (_, completeness, detail) = whole(&target).await;
    assert_eq!(completeness, Completeness::Partial, "{detail}");
    assert!(detail.contains(why), "{detail}");
    // Nothing is concluded from a search in such a listing either.
    let blind = ScimTarget::new(
        &crate::bench::settings(
            _serving.base_url(),
            ScimProfile {
                filter: false,
                page_size: 10,
                ..ScimProfile::rfc()
            },
        ),
        model::Secret::new(crate::bench::SECRET),
    )
    .unwrap();
    let found = blind
        .find(Kind::Account, &Match::Name("nobody".to_owned()))
        .await;
    assert!(matches!(found, Err(TargetError::Malformed(_))), "{found:?}");
}

#[tokio::test]
async fn every_page_and_no_more() {
    for count in [0, 1, 9, 10, 11, 35] {
        let (_serving, target) = with_users(count, Temperament::default()).await;
        assert_eq!(
            whole(&target).await,
            (count, Completeness::Full, String::new())
        );
    }
}

#[tokio::test]
async fn smaller_pages_than_asked_for_are_followed() {
    let temperament = Temperament {
        max_page: 3,
        ..Temperament::default()
    };
    let (_serving, target) = with_users(11, temperament).await;
    assert_eq!(whole(&target).await.0, 11);
}

#[tokio::test]
async fn a_truncated_listing_is_partial() {
    let temperament = Temperament {
        truncates_at: 15,
        ..Temperament::default()
    };
    partial(25, temperament, "15 objects came, but the total is 25").await;
}

#[tokio::test]
async fn a_lying_total_is_partial() {
    let temperament = Temperament {
        total_lies_by: 3,
        ..Temperament::default()
    };
    partial(25, temperament, "25 objects came, but the total is 28").await;
    let temperament = Temperament {
        total_lies_by: -3,
        ..Temperament::default()
    };
    partial(8, temperament, "8 objects came, but the total is 5").await;
}

#[tokio::test]
async fn the_same_page_again_is_partial() {
    let temperament = Temperament {
        repeats_first_page: true,
        ..Temperament::default()
    };
    partial(25, temperament, "came twice").await;
}

#[tokio::test]
async fn scim_quirk_35_a_listing_at_the_cap_is_partial() {
    let (serving, _) = with_users(60, Temperament::aws()).await;
    let target = target(&serving, ScimProfile::aws());
    let (seen, completeness, detail) = whole(&target).await;
    assert_eq!((seen, completeness), (50, Completeness::Partial));
    assert!(detail.contains("stops at 50"), "{detail}");
}

#[tokio::test]
async fn without_a_total_nobody_can_tell() {
    let temperament = Temperament {
        omits_total: true,
        ..Temperament::default()
    };
    let (_serving, target) = with_users(8, temperament).await;
    let (_, completeness, detail) = whole(&target).await;
    assert_eq!(completeness, Completeness::Unknown);
    assert!(detail.contains("totalResults"));
}

#[tokio::test]
async fn without_paging_one_answer_must_hold_everything() {
    let (serving, _) = with_users(25, Temperament::default()).await;
    let profile = ScimProfile {
        paging: Paging::None,
        ..ScimProfile::rfc()
    };
    let target = target(&serving, profile);
    assert_eq!(
        whole(&target).await,
        (25, Completeness::Full, String::new())
    );
    serving.provider.lock().temperament_mut().max_page = 10;
    let (seen, completeness, _) = whole(&target).await;
    assert_eq!((seen, completeness), (10, Completeness::Partial));
}

#[tokio::test]
async fn an_object_that_comes_between_two_pages_is_noticed() {
    let (serving, target) = with_users(25, Temperament::default()).await;
    let first = target.list(Kind::Account, None).await.unwrap();
    create(&target, 999).await;
    let mut cursor = first.next;
    let mut last = None;
    while let Some(from) = cursor {
        let page = target.list(Kind::Account, Some(&from)).await.unwrap();
        cursor = page.next.clone();
        last = Some(page);
    }
    let last = last.unwrap();
    assert_eq!(last.completeness, Completeness::Partial);
    assert!(
        last.detail.contains("the total changed from 25 to 26"),
        "{}",
        last.detail
    );
    drop(serving);
}

#[tokio::test]
async fn one_that_goes_and_one_that_comes_between_two_pages_are_noticed() {
    let (_serving, target) = with_users(25, Temperament::default()).await;
    let first = target.list(Kind::Account, None).await.unwrap();
    let gone = first.records[0].remote.clone();
    let delete = Operation::Delete {
        kind: Kind::Account,
        remote: gone,
    };
    target.apply(&delete, DEADLINE).await;
    create(&target, 999).await;
    let mut cursor = first.next;
    let mut last = None;
    while let Some(from) = cursor {
        let page = target.list(Kind::Account, Some(&from)).await.unwrap();
        cursor = page.next.clone();
        last = Some(page);
    }
    assert_eq!(last.unwrap().completeness, Completeness::Partial);
}

#[tokio::test]
async fn a_listing_that_another_process_began_is_partial() {
    let (serving, one) = with_users(15, Temperament::default()).await;
    let first = one.list(Kind::Account, None).await.unwrap();
    let other = target(&serving, one.profile().clone());
    let last = other
        .list(Kind::Account, first.next.as_ref())
        .await
        .unwrap();
    assert_eq!(
        (last.next, last.completeness),
        (None, Completeness::Partial)
    );
    let broken = other
        .list(Kind::Account, Some(&Cursor("{}".to_owned())))
        .await;
    assert!(matches!(broken, Err(TargetError::Malformed(_))));
}

#[tokio::test]
async fn scim_quirk_59_a_filter_that_is_ignored_does_not_link_the_first_row() {
    let temperament = Temperament {
        ignores_filter: true,
        ..Temperament::default()
    };
    let (_serving, target) = with_users(25, temperament).await;
    let by = Match::Name("PERSON17".to_owned());
    let found = target.find(Kind::Account, &by).await.unwrap();
    assert_eq!(
        found.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["person17"]
    );
    let by = Match::External("nobody's".to_owned());
    assert_eq!(target.find(Kind::Account, &by).await.unwrap(), []);
    let attributes = Attributes::from([("userName".to_owned(), Value::from("person3"))]);
    let external = "not theirs".to_owned();
    let kind = Kind::Account;
    let create = Operation::Create {
        kind,
        external,
        active: true,
        attributes,
    };
    let outcome = target.apply(&create, DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { ref code, .. } if code == "SCIM-409"));
}

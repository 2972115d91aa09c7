//! Quirks of providers, one by one.

use std::time::Duration;

use connectors::ScimTarget;
use emulate::{
    Duplicates, Fault, MemberRemovalByFilter, RetryForm, Serving, Temperament, Throttle,
};
use model::{Attributes, Kind, Outcome, RemoteId, Value};
use ports::Target;
use ports::conformance::target::DEADLINE;
use ports::target::{Match, Operation, TargetError};
use protocol::scim::ScimProfile;
use protocol::scim::profile::{DeleteStyle, MemberRemoval};

use crate::bench::{person, provider, target};

async fn pair(temperament: Temperament, profile: ScimProfile) -> (Serving, ScimTarget) {
    let serving = provider(temperament).await;
    let target = target(&serving, profile);
    (serving, target)
}

fn creation(target: &ScimTarget, number: usize) -> Operation {
    Operation::Create {
        kind: Kind::Account,
        external: format!("key-{number}"),
        active: true,
        attributes: person(number, target.profile()),
    }
}

async fn create(target: &ScimTarget, number: usize) -> RemoteId {
    match target
        .apply(&creation(target, number), DEADLINE)
        .await
        .outcome
    {
        Outcome::Done {
            remote: Some(remote),
            ..
        } => remote,
        other => panic!("{other:?}"),
    }
}

async fn group(target: &ScimTarget) -> RemoteId {
    let attributes = Attributes::from([("displayName".to_owned(), Value::from("Sales"))]);
    let kind = Kind::Group;
    let external = "group".to_owned();
    let operation = Operation::Create {
        kind,
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

fn members(group: &RemoteId, add: &[RemoteId], remove: &[RemoteId]) -> Operation {
    Operation::Members {
        group: group.clone(),
        add: add.to_vec(),
        remove: remove.to_vec(),
    }
}

#[tokio::test]
async fn scim_quirk_22_a_user_that_filters_hide_is_not_made_twice() {
    let temperament = Temperament {
        hides_inactive: true,
        ..Temperament::named("hides")
    };
    let (serving, target) = pair(temperament, ScimProfile::rfc()).await;
    let remote = create(&target, 1).await;
    let disable = Operation::SetActive {
        remote,
        active: false,
    };
    target.apply(&disable, DEADLINE).await;
    // The search says no, the provider says 409: nobody is locked out, and nothing is doubled.
    let outcome = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { ref code, .. } if code == "SCIM-409"));
    assert_eq!(serving.provider.lock().objects(Kind::Account).len(), 1);
}

#[tokio::test]
async fn scim_quirk_25_every_form_of_retry_after() {
    for (form, wait) in [
        (RetryForm::Seconds, 40_000),
        (RetryForm::Date, 40_000),
        (RetryForm::Missing, 60_000),
    ] {
        let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
        serving
            .provider
            .lock()
            .inject(Fault::Busy { seconds: 40, form });
        match target.apply(&creation(&target, 1), DEADLINE).await.outcome {
            Outcome::Later {
                wait_ms,
                whole_target: true,
                ..
            } => assert_eq!(wait_ms, wait),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn scim_quirk_31_a_create_that_timed_out_is_found_and_not_repeated() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    serving.provider.lock().temperament_mut().slow_ms = 5_000;
    let outcome = target
        .apply(&creation(&target, 1), Duration::from_millis(150))
        .await
        .outcome;
    // Nothing may be sent after a search that did not end.
    assert!(matches!(outcome, Outcome::Later { .. }), "{outcome:?}");
    assert_eq!(serving.provider.lock().writes(), 0);
    serving.provider.lock().temperament_mut().slow_ms = 0;
    serving.provider.lock().inject(Fault::LoseAnswer);
    let outcome = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    let outcome = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(
        matches!(outcome, Outcome::AlreadyDone { .. }),
        "{outcome:?}"
    );
    assert_eq!(serving.provider.lock().objects(Kind::Account).len(), 1);
}

#[tokio::test]
async fn a_request_that_never_arrived_is_unknown_too() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    serving.provider.lock().inject(Fault::LoseRequest);
    let outcome = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    assert_eq!(serving.provider.lock().writes(), 1, "sent once");
    let by = Match::External("key-1".to_owned());
    assert_eq!(target.find(Kind::Account, &by).await.unwrap(), []);
    create(&target, 1).await;
}

#[tokio::test]
async fn scim_quirk_32_a_removal_that_is_ignored_shows_on_read_back() {
    let remove_by_filter = MemberRemovalByFilter::Ignored;
    let temperament = Temperament {
        remove_by_filter,
        ..Temperament::named("ignores")
    };
    let (_serving, target) = pair(temperament, ScimProfile::rfc()).await;
    let (person, group) = (create(&target, 1).await, group(&target).await);
    let someone = std::slice::from_ref(&person);
    target.apply(&members(&group, someone, &[]), DEADLINE).await;
    let outcome = target
        .apply(&members(&group, &[], someone), DEADLINE)
        .await
        .outcome;
    assert!(
        matches!(outcome, Outcome::Done { .. }),
        "the provider says so: {outcome:?}"
    );
    let record = target.read(Kind::Group, &group).await.unwrap().unwrap();
    assert_eq!(record.members, Some(vec![person]), "and it is not so");
}

#[tokio::test]
async fn scim_quirk_03_a_list_of_values_must_not_empty_the_group() {
    // A provider that does not know the form of Entra removes everyone: so the form is only
    // used where the profile says that it is known.
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    let people = [create(&target, 1).await, create(&target, 2).await];
    let group = group(&target).await;
    target.apply(&members(&group, &people, &[]), DEADLINE).await;
    target
        .apply(&members(&group, &[], &people[..1]), DEADLINE)
        .await;
    let record = target.read(Kind::Group, &group).await.unwrap().unwrap();
    assert_eq!(record.members, Some(vec![people[1].clone()]));
    let profile = ScimProfile {
        member_removal: MemberRemoval::Values,
        ..ScimProfile::rfc()
    };
    let mistaken = crate::bench::target(&serving, profile);
    target.apply(&members(&group, &people, &[]), DEADLINE).await;
    mistaken
        .apply(&members(&group, &[], &people[..1]), DEADLINE)
        .await;
    let record = target.read(Kind::Group, &group).await.unwrap().unwrap();
    assert_eq!(
        record.members,
        Some(Vec::new()),
        "what the wrong profile would do"
    );
}

#[tokio::test]
async fn scim_quirk_33_a_second_user_of_a_name_is_refused_and_never_taken_over() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    create(&target, 1).await;
    let mut operation = creation(&target, 1);
    if let Operation::Create { external, .. } = &mut operation {
        "somebody else".clone_into(external);
    }
    match target.apply(&operation, DEADLINE).await.outcome {
        Outcome::Refused { code, detail } => {
            assert_eq!(code, "SCIM-409");
            assert!(!detail.contains("person1"), "no personal value: {detail}");
            assert!(detail.contains("uniqueness"), "{detail}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(serving.provider.lock().objects(Kind::Account).len(), 1);
}

#[tokio::test]
async fn scim_quirk_36_hidden_members_are_not_none() {
    let (_serving, target) = pair(Temperament::aws(), ScimProfile::aws()).await;
    let (person, group) = (create(&target, 1).await, group(&target).await);
    target
        .apply(&members(&group, &[person], &[]), DEADLINE)
        .await;
    let record = target.read(Kind::Group, &group).await.unwrap().unwrap();
    assert_eq!(
        record.members, None,
        "the target did not say, which is not nobody"
    );
}

#[tokio::test]
async fn scim_quirk_37_no_more_than_a_hundred_members_in_a_request() {
    let (serving, target) = pair(Temperament::aws(), ScimProfile::aws()).await;
    let group = group(&target).await;
    let many: Vec<RemoteId> = (0..101).map(|n| RemoteId(format!("m{n}"))).collect();
    let before = serving.provider.lock().writes();
    let outcome = target
        .apply(&members(&group, &many, &[]), DEADLINE)
        .await
        .outcome;
    assert!(matches!(outcome, Outcome::Refused { ref code, .. } if code == "SCIM-members"));
    assert_eq!(serving.provider.lock().writes(), before, "nothing was sent");
    let outcome = target
        .apply(&members(&group, &many[..100], &[]), DEADLINE)
        .await
        .outcome;
    assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
}

#[tokio::test]
async fn scim_quirk_38_throttling_drops_nothing() {
    let throttle = Some(Throttle {
        every: 3,
        seconds: 2,
        form: RetryForm::Seconds,
    });
    let temperament = Temperament {
        throttle,
        ..Temperament::named("throttles")
    };
    let (serving, target) = pair(temperament, ScimProfile::rfc()).await;
    let mut waits = 0;
    for number in 0..10 {
        loop {
            match target
                .apply(&creation(&target, number), DEADLINE)
                .await
                .outcome
            {
                Outcome::Done { .. } => break,
                Outcome::Later {
                    wait_ms: 2000,
                    whole_target: true,
                    ..
                } => waits += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(waits > 3);
    assert_eq!(serving.provider.lock().objects(Kind::Account).len(), 10);
}

#[tokio::test]
async fn scim_quirk_40_51_a_delete_that_only_disables_is_not_called_one() {
    let temperament = Temperament {
        delete_disables: true,
        ..Temperament::named("keeps")
    };
    let profile = ScimProfile {
        delete: DeleteStyle::Deactivates,
        ..ScimProfile::rfc()
    };
    let (serving, target) = pair(temperament, profile).await;
    assert!(!target.capabilities().delete);
    let remote = create(&target, 1).await;
    let delete = Operation::Delete {
        kind: Kind::Account,
        remote: remote.clone(),
    };
    let outcome = target.apply(&delete, DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(serving.provider.lock().objects(Kind::Account).len(), 1);
}

#[tokio::test]
async fn scim_quirk_45_a_renamed_account_is_still_the_same_one() {
    let (_serving, target) = pair(Temperament::github(), ScimProfile::rfc()).await;
    let remote = create(&target, 1).await;
    let disable = Operation::SetActive {
        remote: remote.clone(),
        active: false,
    };
    target.apply(&disable, DEADLINE).await;
    let record = target.read(Kind::Account, &remote).await.unwrap().unwrap();
    assert!(record.name.starts_with("hidden-") && !record.active);
    let by = Match::External("key-1".to_owned());
    let found = target.find(Kind::Account, &by).await.unwrap();
    assert_eq!(
        found[0].remote, remote,
        "found by our key, whatever it is called"
    );
}

#[tokio::test]
async fn scim_quirk_61_what_an_administrator_deleted_is_stale_and_absent() {
    let (_serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    let remote = create(&target, 1).await;
    let delete = Operation::Delete {
        kind: Kind::Account,
        remote: remote.clone(),
    };
    target.apply(&delete, DEADLINE).await;
    let update = Operation::Update {
        kind: Kind::Account,
        remote: remote.clone(),
        set: person(1, target.profile()),
        unset: Vec::new(),
        expect: None,
    };
    let outcome = target.apply(&update, DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    assert_eq!(target.read(Kind::Account, &remote).await, Ok(None));
}

#[tokio::test]
async fn scim_quirk_62_a_success_that_did_nothing_shows_on_read_back() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    serving.provider.lock().inject(Fault::Pretend);
    let Outcome::Done {
        remote: Some(remote),
        ..
    } = target.apply(&creation(&target, 1), DEADLINE).await.outcome
    else {
        panic!("it says that it did it")
    };
    assert_eq!(
        target.read(Kind::Account, &remote).await,
        Ok(None),
        "it did not"
    );
}

#[tokio::test]
async fn scim_quirk_63_one_member_more_is_one_member_on_the_wire() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(create(&target, number).await);
    }
    let group = group(&target).await;
    target
        .apply(&members(&group, &people[..49], &[]), DEADLINE)
        .await;
    let before = serving.provider.lock().requests();
    target
        .apply(&members(&group, &people[49..], &people[..1]), DEADLINE)
        .await;
    assert_eq!(
        serving.provider.lock().requests(),
        before + 1,
        "one request"
    );
    let record = target.read(Kind::Group, &group).await.unwrap().unwrap();
    assert_eq!(record.members.unwrap().len(), 49);
}

#[tokio::test]
async fn a_duplicate_that_is_answered_with_500_is_found_before_it_is_made() {
    let temperament = Temperament {
        duplicates: Duplicates::Error,
        ..Temperament::named("fails")
    };
    let (_serving, target) = pair(temperament, ScimProfile::rfc()).await;
    let first = create(&target, 1).await;
    let again = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert_eq!(
        again,
        Outcome::AlreadyDone {
            remote: Some(first)
        }
    );
}

#[tokio::test]
async fn two_objects_with_one_key_are_for_people_to_sort_out() {
    let (serving, target) = pair(Temperament::default(), ScimProfile::rfc()).await;
    create(&target, 1).await;
    let other = create(&target, 2).await;
    serving
        .provider
        .lock()
        .meddle(Kind::Account, other.as_str(), |body| {
            body.insert("externalId".to_owned(), "key-1".into());
        });
    let outcome = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { ref code, .. } if code == "SCIM-duplicate"));
}

#[tokio::test]
async fn a_404_from_a_proxy_is_no_absence() {
    let temperament = Temperament {
        html_errors: true,
        ..Temperament::named("proxy")
    };
    let (_serving, target) = pair(temperament, ScimProfile::rfc()).await;
    let nothing = RemoteId::from("no-such-id");
    let read = target.read(Kind::Account, &nothing).await;
    assert!(matches!(read, Err(TargetError::Malformed(_))), "{read:?}");
    let delete = Operation::Delete {
        kind: Kind::Account,
        remote: nothing,
    };
    let outcome = target.apply(&delete, DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_attribute_that_the_app_lacks_is_refused_before_anything_is_sent() {
    let profile = ScimProfile {
        lacks: vec!["title".to_owned()],
        ..ScimProfile::rfc()
    };
    let (serving, target) = pair(Temperament::default(), profile).await;
    let attributes = Attributes::from([
        ("userName".to_owned(), Value::from("a")),
        ("title".to_owned(), Value::from("b")),
    ]);
    let kind = Kind::Account;
    let operation = Operation::Create {
        kind,
        external: "k".to_owned(),
        active: true,
        attributes,
    };
    let outcome = target.apply(&operation, DEADLINE).await.outcome;
    assert!(matches!(outcome, Outcome::Refused { ref code, .. } if code == "SCIM-attribute"));
    assert_eq!(serving.provider.lock().requests(), 0);
}

#[tokio::test]
async fn a_profile_is_narrowed_by_what_the_provider_says_and_never_widened() {
    let (_serving, target) = pair(Temperament::put_only(), ScimProfile::rfc()).await;
    let probe = target.probe().await.unwrap();
    assert_eq!(probe.differs, ["PATCH is said to be unsupported"]);
    let refined = target.refined_profile().await.unwrap();
    assert_eq!(refined.patch, protocol::scim::profile::PatchStyle::Put);
    assert!(!refined.versions, "versions were off and stay off");
}

#[tokio::test]
async fn without_a_key_a_repeated_creation_knows_its_own_object_by_all_it_sent() {
    let (serving, target) = pair(Temperament::canaille(), ScimProfile::canaille()).await;
    serving.provider.lock().inject(Fault::LoseAnswer);
    let lost = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(lost, Outcome::Unknown { .. }), "{lost:?}");
    let by = Match::External("key-1".to_owned());
    assert_eq!(target.find(Kind::Account, &by).await, Ok(Vec::new()));
    let again = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    let Outcome::AlreadyDone {
        remote: Some(remote),
    } = again
    else {
        panic!("{again:?}")
    };
    // One attribute differs: it may be anybody's.
    serving
        .provider
        .lock()
        .meddle(Kind::Account, remote.as_str(), |body| {
            body.insert("title".to_owned(), "Intruder".into());
        });
    let again = target.apply(&creation(&target, 1), DEADLINE).await.outcome;
    assert!(matches!(again, Outcome::Refused { ref code, .. } if code == "SCIM-409"));
}

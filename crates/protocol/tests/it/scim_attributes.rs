//! Resources and attributes, PATCH and what it does.

use model::{Kind, Value as Ours};
use protocol::scim::apply::{Leniency, apply};
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::{ENTERPRISE, Object, PatchOp, Resource, ScimProfile, attributes};
use serde_json::{Value, json};

fn object(value: Value) -> Object {
    match value {
        Value::Object(fields) => fields,
        _ => panic!("an object"),
    }
}

fn user() -> Object {
    object(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "id": "2819c223", "externalId": "701984", "userName": "bjensen@example.com",
        "active": true, "title": "Guide",
        "name": {"givenName": "Barbara", "familyName": "Jensen"},
        "emails": [
            {"value": "b@home.org", "type": "Home"},
            {"value": "old@example.com", "type": "work"},
            {"value": "b@example.com", "type": "work", "primary": true}
        ],
        "roles": [{"value": "admin"}, {"value": "ops"}],
        "groups": [{"value": "g1"}],
        "meta": {"version": "W/\"a\""},
        ENTERPRISE: {"department": "Tour", "manager": {"value": "26118915", "displayName": "John"}},
    }))
}

#[test]
fn a_user_is_flattened_by_path() {
    let record = Resource::read(Kind::Account, user())
        .unwrap()
        .to_record(None)
        .unwrap();
    let expected = [
        ("userName".to_owned(), Ours::from("bjensen@example.com")),
        ("title".to_owned(), "Guide".into()),
        ("name.givenName".to_owned(), "Barbara".into()),
        ("name.familyName".to_owned(), "Jensen".into()),
        (
            "emails[type eq \"home\"].value".to_owned(),
            "b@home.org".into(),
        ),
        (
            "emails[type eq \"work\"].value".to_owned(),
            "b@example.com".into(),
        ),
        (
            "emails[type eq \"work\"].primary".to_owned(),
            Ours::Bool(true),
        ),
        (
            "roles".to_owned(),
            Ours::List(vec!["admin".to_owned(), "ops".to_owned()]),
        ),
        (format!("{ENTERPRISE}:department"), "Tour".into()),
        (format!("{ENTERPRISE}:manager"), "26118915".into()),
    ];
    assert_eq!(record.attributes, expected.into_iter().collect());
    assert_eq!(record.external.as_deref(), Some("701984"));
    assert_eq!(record.version.unwrap().as_str(), "W/\"a\"");
}

#[test]
fn values_without_types_are_read_as_the_profile_says() {
    let plain = object(json!({"userName": "a", "emails": [{"value": "a@x.org"}]}));
    let typed = attributes::flatten(&plain, ScimProfile::canaille().untyped()).unwrap();
    assert_eq!(
        typed["emails[type eq \"work\"].value"],
        Ours::from("a@x.org")
    );
    let untyped = attributes::flatten(&plain, ScimProfile::rfc().untyped()).unwrap();
    assert_eq!(untyped["emails"], Ours::List(vec!["a@x.org".to_owned()]));
}

#[test]
fn wrong_types_name_the_attribute() {
    for (body, field) in [
        (json!({"title": 7}), "title"),
        (
            json!({"emails": [{"type": 1, "value": "x"}]}),
            "emails.type",
        ),
        (
            json!({ENTERPRISE: {"department": []}}),
            &*format!("{ENTERPRISE}:department"),
        ),
    ] {
        let error = attributes::flatten(&object(body), None).unwrap_err();
        assert_eq!(error.field, field);
    }
    for (body, field) in [
        (
            json!({"id": "1", "displayName": "g", "members": {}}),
            "members",
        ),
        (
            json!({"id": "1", "displayName": "g", "members": [{}]}),
            "members[0].value",
        ),
        (
            json!({"id": "1", "displayName": "g", "members": [{"value": 1}]}),
            "members[0].value",
        ),
        (json!({"id": "", "displayName": "g"}), "id"),
        (json!({"id": "a\u{7}", "displayName": "g"}), "id"),
        (
            json!({"id": "1", "displayName": "g", "meta": {"version": 3}}),
            "meta.version",
        ),
    ] {
        assert_eq!(
            Resource::read(Kind::Group, object(body)).unwrap_err().field,
            field
        );
    }
}

#[test]
fn members_are_sorted_once_each_and_without_groups() {
    let group = object(json!({"id": "1", "displayName": "g", "members": [
        {"value": "c"}, {"value": "a", "type": "User"}, {"value": "c"}, {"value": "n", "type": "Group"}
    ]}));
    let members = Resource::read(Kind::Group, group).unwrap().members;
    assert_eq!(members, Some(vec!["a".to_owned(), "c".to_owned()]));
}

const STRICT: Leniency = Leniency {
    create_on_absent: false,
    remove_by_value: false,
};
const ENTRA: Leniency = Leniency {
    create_on_absent: true,
    remove_by_value: true,
};

fn patched(operations: Value, leniency: Leniency) -> Result<Object, String> {
    let bytes = json!({ "Operations": operations }).to_string();
    let patch = PatchOp::read(bytes.as_bytes(), &Limits::ANSWER).map_err(|e| e.to_string())?;
    let text = |e: protocol::scim::ScimError| e.scim_type.unwrap_or_default();
    apply(&user(), &patch, leniency).map_err(text)
}

#[test]
fn scim_quirk_06_a_version_in_a_urn_is_no_path() {
    let path = format!("{ENTERPRISE}:manager");
    let operation = json!([{"op": "replace", "path": path, "value": {"value": "7"}}]);
    let after = patched(operation, STRICT).unwrap();
    assert_eq!(after[ENTERPRISE]["manager"]["value"], "7");
}

#[test]
fn scim_quirk_04_dotted_keys_are_paths() {
    let operation = json!([{"op": "Replace", "value": {
        "name.givenName": "Barb", "title": "Boss", "name": {"familyName": "J"},
        ENTERPRISE: {"department": "X"},
    }}]);
    let after = patched(operation, ENTRA).unwrap();
    assert_eq!(
        after["name"],
        json!({"givenName": "Barb", "familyName": "J"})
    );
    assert_eq!(
        (&after["title"], &after[ENTERPRISE]["department"]),
        (&json!("Boss"), &json!("X"))
    );
    assert_eq!(
        after[ENTERPRISE]["manager"]["value"], "26118915",
        "the rest stays"
    );
}

#[test]
fn scim_quirk_07_what_matches_nothing_is_made_or_refused() {
    let path = "phoneNumbers[type eq \"work\"].value";
    let operation = json!([{"op": "replace", "path": path, "value": "1"}]);
    assert_eq!(
        patched(operation.clone(), STRICT),
        Err("noTarget".to_owned())
    );
    let after = patched(operation, ENTRA).unwrap();
    assert_eq!(
        after["phoneNumbers"],
        json!([{"type": "work", "value": "1"}])
    );
}

#[test]
fn a_patch_is_all_or_nothing_and_refuses_what_it_does_not_know() {
    let bad = json!([{"op": "replace", "path": "title", "value": "x"}, {"op": "add", "path": "a[", "value": 1}]);
    assert_eq!(patched(bad, STRICT), Err("invalidPath".to_owned()));
    for operations in [
        json!([]),
        json!([{"op": "move", "path": "a", "value": 1}]),
        json!([{"op": "remove"}]),
        json!([{"op": "replace", "path": "a"}]),
    ] {
        assert!(patched(operations, STRICT).is_err());
    }
}

#[test]
fn adding_twice_is_adding_once() {
    let add =
        json!([{"op": "add", "path": "roles", "value": [{"value": "admin"}, {"value": "new"}]}]);
    let after = patched(add, STRICT).unwrap();
    assert_eq!(
        after["roles"],
        json!([{"value": "admin"}, {"value": "ops"}, {"value": "new"}])
    );
    let remove = json!([{"op": "remove", "path": "roles[value eq \"ops\"]"}]);
    assert_eq!(
        patched(remove, STRICT).unwrap()["roles"],
        json!([{"value": "admin"}])
    );
}

#[test]
fn profiles_are_read_strictly_and_lack_what_they_say() {
    let profile: ScimProfile = serde_json::from_str(r#"{"page_size": 5}"#).unwrap();
    assert_eq!(
        profile,
        ScimProfile {
            page_size: 5,
            ..ScimProfile::rfc()
        }
    );
    assert!(serde_json::from_str::<ScimProfile>(r#"{"pagesize": 5}"#).is_err());
    let canaille = ScimProfile::preset("canaille").unwrap();
    assert!(canaille.lacking(&format!("{ENTERPRISE}:manager")));
    assert!(canaille.lacking(&format!("{ENTERPRISE}:manager.displayName")));
    assert!(!canaille.lacking(&format!("{ENTERPRISE}:managers")));
    assert!(canaille.omits("Emails", "type") && !canaille.omits("emails", "value"));
    let printed = serde_json::to_string(&canaille).unwrap();
    assert_eq!(
        serde_json::from_str::<ScimProfile>(&printed).unwrap(),
        canaille
    );
    assert!(parse_object(printed.as_bytes(), &Limits::ANSWER).is_ok());
}

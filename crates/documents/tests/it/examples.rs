//! Sound documents.

use std::path::Path;

use documents::{
    Apply, Auth, ClientAuth, Grant, Joiner, Kind, Limit, Mode, OnLeave, json_schema, load,
};

use super::{APP, GUARD, RULE, SOURCE};

#[test]
fn the_thin_example_loads() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/thin");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert_eq!(files.len(), 5);
    let tenant = load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(tenant.sources.len(), 1);
    assert_eq!(tenant.rules.len(), 2);
    assert_eq!(tenant.apps[&"wiki".into()].account.attributes.len(), 8);
    assert_eq!(
        tenant.guard.removals,
        Limit {
            max_count: 2,
            max_share_percent: 10
        }
    );
    assert_eq!(tenant.mapping_tests.len(), 1);
    assert_eq!(tenant.lifecycle_tests.len(), 1);
    assert!(tenant.self_editable.contains("phone"));
    let workers = include_str!("../../../../examples/thin/workers.csv");
    let header: Vec<&str> = workers.lines().next().unwrap().split(';').collect();
    for column in tenant.sources["hr"].csv.columns() {
        assert!(header.contains(&column), "{column}");
    }
}

/// The drill goes with the example of which it speaks: it is given what the source declares.
#[test]
fn the_drill_example_loads_beside_the_thin_one() {
    let drill = include_str!("../../../../examples/drill/nightly.yaml");
    let hr = include_str!("../../../../examples/thin/hr.yaml");
    let tenant = load(&[("hr.yaml", hr), ("nightly.yaml", drill)]);
    let tenant = tenant.unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(tenant.drills.len(), 1);
}

#[test]
fn a_tenant_is_typed_and_compiled() {
    let files = [("a", SOURCE), ("b", APP), ("c", RULE), ("d", GUARD)];
    let tenant = load(&files).unwrap();
    let app = &tenant.apps[&"wiki".into()];
    assert_eq!(app.scim().unwrap().url, "https://wiki.example/scim/v2");
    assert_eq!(
        app.scim().unwrap().auth,
        Auth::Bearer {
            secret: "wiki-token".to_owned()
        }
    );
    assert_eq!(
        (app.mode, app.scim().unwrap().profile.preset.as_str()),
        (Mode::Observe, "rfc")
    );
    let rule = &tenant.rules["engineers"];
    assert_eq!(
        rule.grants,
        [Grant {
            app: "wiki".into(),
            group: Some("engineering".to_owned())
        }]
    );
    assert_eq!(rule.when.attributes(), ["department"]);
    assert_eq!(
        tenant.guard.creations,
        documents::Guard::default().creations
    );
    assert_eq!(
        (tenant.guard.apply, tenant.guard.freeze.len()),
        (Apply::Manual, 1)
    );
}

#[test]
fn every_choice_of_an_app_is_understood() {
    let app = APP.replace(
        "auth: {bearer: {secret: wiki-token}}",
        "auth: {client_credentials: {token_url: 'https://id.example/token', client_id: t, \
         secret: s, scope: scim, method: post}}\n    profile: {preset: entra, overrides: {patch: \
         {members: false}}}",
    );
    let app = app.replace(
        "mode: observe",
        "mode: enforce\n  joiner: {days_before: 7}\n  leave: disable\n  leaver: {disable: now}\n  seats: 250\n  limits: \
         {concurrency: 4}",
    );
    let tenant = load(&[("a", SOURCE), ("b", &app)]).unwrap_or_else(|e| panic!("{e:#?}"));
    let app = &tenant.apps[&"wiki".into()];
    let Auth::ClientCredentials { method, scope, .. } = &app.scim().unwrap().auth else {
        panic!()
    };
    assert_eq!(
        (*method, scope.as_deref()),
        (ClientAuth::Post, Some("scim"))
    );
    assert_eq!(
        app.scim().unwrap().profile.overrides["patch"]["members"],
        false
    );
    let lead = Joiner {
        days_before: 7,
        active: false,
    };
    assert_eq!(app.joiner, Some(lead), "closed unless it says so");
    assert_eq!(app.leave, OnLeave::Disable);
    let plain = load(&[("a", SOURCE), ("b", APP)]).unwrap();
    let plain = &plain.apps[&"wiki".into()];
    assert_eq!((plain.joiner, plain.leave), (None, OnLeave::Keep));
    assert_eq!((app.seats, plain.seats), (Some(250), None));
    let none = load(&[
        ("a", SOURCE),
        (
            "b",
            &APP.replace("mode: observe", "mode: observe\n  seats: 0"),
        ),
    ]);
    assert_eq!(none.unwrap().apps[&"wiki".into()].seats, Some(0));
    let preset = APP.replace("  mode:", "    profile: okta\n  mode:");
    let tenant = load(&[("a", SOURCE), ("b", &preset)]).unwrap();
    assert_eq!(
        tenant.apps[&"wiki".into()].scim().unwrap().profile.preset,
        "okta"
    );
}

#[test]
fn nothing_at_all_is_a_tenant_with_the_usual_guard() {
    let tenant = load::<&str, &str>(&[]).unwrap();
    assert_eq!(tenant.guard, documents::Guard::default());
    assert!(load(&[("empty.yaml", "# only a comment\n")]).is_ok());
}

#[test]
fn limits_pass_what_is_few_or_a_small_share() {
    let limit = Limit {
        max_count: 5,
        max_share_percent: 2,
    };
    assert_eq!(
        (limit.most(10), limit.most(250), limit.most(1_000)),
        (5, 5, 20)
    );
}

#[test]
fn each_kind_has_a_schema_for_editors() {
    for kind in Kind::ALL {
        let schema = json_schema(kind);
        assert_eq!(schema["properties"]["kind"]["const"], kind.as_str());
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["required"],
            serde_json::json!(["kind", "metadata", "spec"])
        );
    }
}

#[test]
fn a_unique_name_is_no_attribute_and_its_reserved_names_have_no_case() {
    let name = "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: \
                [person.given_name, person.email], reserved: [Admin]}";
    let app = APP.replace(
        "match: [userName]\n    attributes:\n      userName: person.email",
        name,
    );
    let files = [
        ("a", SOURCE),
        ("b", app.as_str()),
        ("c", RULE),
        ("d", GUARD),
    ];
    let tenant = load(&files).unwrap();
    let account = &tenant.apps[&"wiki".into()].account;
    assert_eq!(account.attributes.keys().collect::<Vec<_>>(), ["title"]);
    let unique = account.unique.as_ref().unwrap();
    let forms: Vec<&str> = unique.forms.iter().map(|form| form.source()).collect();
    assert_eq!(forms, ["person.given_name", "person.email"]);
    assert_eq!(unique.reserved.iter().collect::<Vec<_>>(), ["admin"]);
    assert!(!unique.number);
}

#[test]
fn an_attribute_says_what_becomes_of_it_where_nothing_states_a_value() {
    let app = APP.replace(
        "      userName: person.email\n",
        "      userName: {value: person.email, missing: refuse}\n      \
         title: {value: person.department, missing: clear}\n      \
         nickName: {value: person.nickname, missing: keep}\n      \
         displayName: {value: person.given_name, missing: refuse}\n    \
         manager: {value: person.department, missing: clear}\n",
    );
    let tenant = load(&[("a", SOURCE), ("b", app.as_str())]).unwrap();
    let account = &tenant.apps[&"wiki".into()].account;
    let clears: Vec<&str> = account.clears.iter().map(String::as_str).collect();
    assert_eq!(clears, ["title", documents::MANAGER_PATH]);
    let nobody = model::Facts {
        attributes: std::collections::BTreeMap::new(),
        starts: None,
        ends: None,
        zone: "UTC".to_owned(),
        leave: None,
    };
    let refused: Vec<&str> = account
        .attributes
        .iter()
        .filter(|(_, mapping)| mapping.apply(&nobody, "1").is_err())
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(refused, ["displayName", "userName"]);
}

/// The page of both kinds shows the example as it is, and the example goes with the thin one.
#[test]
fn the_sign_on_example_loads_beside_the_thin_one_and_is_what_its_page_shows() {
    let example = include_str!("../../../../examples/sign-on/sign-on.yaml");
    let hr = include_str!("../../../../examples/thin/hr.yaml");
    let wiki = include_str!("../../../../examples/thin/wiki.yaml");
    let files = [("hr", hr), ("wiki", wiki), ("sign-on", example)];
    let tenant = load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
    assert_eq!(tenant.relying_parties.len(), 5);
    assert_eq!(tenant.client_registrations.len(), 1);
    assert_eq!(tenant.sign_on.unwrap().policy.rules().len(), 3);
    let page = include_str!("../../../../docs/how-to/describe-sign-in.md");
    let shown: Vec<&str> = page.split("```yaml\n").skip(1).collect();
    assert_eq!(shown.len(), 6);
    for block in shown {
        let block = block.split("```").next().unwrap();
        assert!(example.contains(block), "{block}");
    }
}

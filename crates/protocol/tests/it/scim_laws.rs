//! parse ∘ print = id for filters and paths, and what follows for their meaning.

use proptest::prelude::*;
use protocol::scim::{AttributePath, Compare, Filter, Literal, Object, Path, attributes, matches};
use serde_json::{Value, json};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z][a-zA-Z0-9_-]{0,12}",
        1 => prop::sample::select(vec!["not", "and", "or", "pr", "eq", "true", "null"])
            .prop_map(str::to_owned),
    ]
}

fn schema() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User".to_owned())),
        1 => "urn:[a-z]{1,8}:[a-z0-9.]{1,8}".prop_map(Some),
    ]
}

fn attribute() -> impl Strategy<Value = AttributePath> {
    let sub = prop_oneof![3 => Just(None), 1 => name().prop_map(Some), 1 => Just(Some("$ref".to_owned()))];
    (schema(), name(), sub).prop_map(|(schema, name, sub)| AttributePath { schema, name, sub })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(|n| Literal::Number(n.into())),
        any::<String>().prop_map(Literal::Text),
        "[\"\\\\ \\[\\]()]{0,6}".prop_map(Literal::Text),
    ]
}

fn compare() -> impl Strategy<Value = Compare> {
    prop::sample::select(vec![
        Compare::Eq,
        Compare::Ne,
        Compare::Co,
        Compare::Sw,
        Compare::Ew,
        Compare::Gt,
        Compare::Ge,
        Compare::Lt,
        Compare::Le,
    ])
}

fn leaf() -> BoxedStrategy<Filter> {
    prop_oneof![
        1 => attribute().prop_map(Filter::Present),
        4 => (attribute(), compare(), literal()).prop_map(|(a, c, l)| Filter::Compare(a, c, l)),
    ]
    .boxed()
}

fn grown(leaf: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
    .boxed()
}

fn filter() -> BoxedStrategy<Filter> {
    let values = (schema(), name(), grown(leaf())).prop_map(|(schema, name, inner)| {
        Filter::Values(
            AttributePath {
                schema,
                name,
                sub: None,
            },
            Box::new(inner),
        )
    });
    grown(prop_oneof![4 => leaf(), 1 => values].boxed())
}

fn path() -> impl Strategy<Value = Path> {
    prop_oneof![
        attribute().prop_map(Path::from),
        (schema(), name(), grown(leaf()), prop::option::of(name())).prop_map(
            |(schema, name, filter, sub)| Path {
                attribute: AttributePath {
                    schema,
                    name,
                    sub: None
                },
                filter: Some(filter),
                sub,
            }
        ),
    ]
}

fn user() -> impl Strategy<Value = Object> {
    let entry = ("(work|home)", "[a-c]{1,2}").prop_map(|(t, v)| json!({"type": t, "value": v}));
    (
        prop::collection::vec(entry, 0..3),
        "[a-c]{1,2}",
        any::<bool>(),
    )
        .prop_map(|(emails, name, active)| {
            match json!({"userName": name, "active": active, "emails": emails}) {
                Value::Object(fields) => fields,
                _ => Object::new(),
            }
        })
}

proptest! {
    #[test]
    fn a_filter_survives_printing(filter in filter()) {
        let text = filter.to_string();
        prop_assert_eq!(text.parse::<Filter>().map_err(|e| format!("{text}: {e}")), Ok(filter));
    }

    #[test]
    fn a_path_survives_printing(path in path()) {
        let text = path.to_string();
        prop_assert_eq!(text.parse::<Path>().map_err(|e| format!("{text}: {e}")), Ok(path));
    }

    #[test]
    fn a_name_in_quotes_matches_itself_and_nothing_else(name in any::<String>(), other in any::<String>()) {
        let resource = |name: &str| {
            let mut fields = Object::new();
            fields.insert("externalId".to_owned(), name.into());
            fields
        };
        let filter: Filter = Filter::eq("externalId", &name).to_string().parse().unwrap();
        prop_assert!(matches(&filter, &resource(&name)));
        prop_assert_eq!(matches(&filter, &resource(&other)), name == other);
    }

    #[test]
    fn not_and_or_are_what_they_say(a in leaf(), b in leaf(), user in user()) {
        let (ma, mb) = (matches(&a, &user), matches(&b, &user));
        prop_assert_eq!(matches(&Filter::And(vec![a.clone(), b.clone()]), &user), ma && mb);
        prop_assert_eq!(matches(&Filter::Or(vec![a.clone(), b]), &user), ma || mb);
        prop_assert_eq!(matches(&Filter::Not(Box::new(a)), &user), !ma);
    }

    #[test]
    fn what_is_set_is_read_and_what_is_unset_is_gone(user in user(), value in "[a-z]{1,6}") {
        for text in ["title", "name.givenName", "emails[type eq \"work\"].value",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"] {
            let path: Path = text.parse().unwrap();
            let mut changed = user.clone();
            attributes::set(&mut changed, &path, value.as_str().into()).unwrap();
            let read = attributes::flatten(&changed, None).unwrap();
            prop_assert_eq!(read.get(text), Some(&model::Value::Text(value.clone())));
            prop_assert!(attributes::unset(&mut changed, &path));
            let read = attributes::flatten(&changed, None).unwrap();
            prop_assert_eq!(read.get(text), None);
            prop_assert!(!attributes::unset(&mut changed, &path), "twice is once");
        }
    }
}

#[test]
fn bounds_are_kept() {
    let deep = format!("{}a pr{}", "(".repeat(32), ")".repeat(32));
    assert!(deep.parse::<Filter>().is_ok());
    let deeper = format!("{}a pr{}", "(".repeat(33), ")".repeat(33));
    assert!(
        deeper
            .parse::<Filter>()
            .unwrap_err()
            .to_string()
            .contains("32 levels")
    );
    let nots = format!("{}a pr{}", "not (".repeat(40), ")".repeat(40));
    assert!(nots.parse::<Filter>().is_err());
    let long = format!("a eq \"{}\"", "x".repeat(9000));
    assert!(
        long.parse::<Filter>()
            .unwrap_err()
            .to_string()
            .contains("8 KiB")
    );
}

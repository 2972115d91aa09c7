//! The description says what the table says.

use crate::double::ROUTES;
use serde_json::Value;

fn references(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "$ref" {
                    into.push(value.as_str().unwrap().to_owned());
                }
                references(value, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

#[test]
fn every_route_is_described_and_every_reference_resolves() {
    let description = server::openapi::describe(ROUTES, "https://tenure.example");
    for route in ROUTES {
        let method = route.method.as_str().to_lowercase();
        let operation = &description["paths"][route.pattern][&method];
        assert_eq!(operation["operationId"], route.operation);
        assert_eq!(operation["x-scope"], route.scope.as_str());
    }
    assert_eq!(description["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            description.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
}

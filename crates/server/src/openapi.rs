//! The OpenAPI 3.1 description, from the table of routes and the wire types.

use std::collections::BTreeMap;

use api::{Problem, schema_of};
use serde_json::{Map, Value, json};

use crate::route::{Route, Takes};

/// The description as JSON.
#[must_use]
pub fn describe<S>(routes: &[Route<S>], public_url: &str) -> Value {
    let mut schemas = BTreeMap::new();
    let problem = schema_of::<Problem>(&mut schemas);
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes {
        let operation = operation(route, &problem, &mut schemas);
        let method = route.method.as_str().to_ascii_lowercase();
        paths
            .entry(route.pattern)
            .or_default()
            .insert(method, operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tenure admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Errors are problems (RFC 9457) with a stable `code`. Every call is in the log.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": public_url }],
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of `tenure token create`. Each operation names in `x-scope` what the token must be allowed to do.",
                },
            },
        },
    })
}

fn operation<S>(route: &Route<S>, problem: &str, schemas: &mut BTreeMap<String, Value>) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let in_path = route
        .pattern
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        });
    let in_query = route.query.iter().map(|p| {
        json!({
            "name": p.name, "in": "query", "required": p.required, "description": p.about,
            "schema": { "type": "string" },
        })
    });
    let parameters: Vec<Value> = in_path.chain(in_query).collect();
    let answer = (route.answer)(schemas);
    let mut operation = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "x-scope": route.scope.as_str(),
        "x-reason-required": route.reason,
        "parameters": parameters,
        "responses": {
            route.status.to_string(): {
                "description": "Done.",
                "content": { "application/json": { "schema": reference(&answer) } },
            },
            "default": {
                "description": "Not done, and why.",
                "content": { "application/problem+json": { "schema": reference(problem) } },
            },
        },
    });
    let body = match route.takes {
        Takes::Nothing => return operation,
        Takes::Json(schema) | Takes::Documents(schema) => {
            let name = schema(schemas);
            json!({ "application/json": { "schema": reference(&name) } })
        }
        Takes::Delivery => json!({ "text/csv": { "schema": { "type": "string" } } }),
    };
    operation["requestBody"] = json!({ "required": true, "content": body });
    operation
}

//! Schemas of wire types, collected for the OpenAPI description.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// Adds the schema of one wire type, and of every type that it mentions, to a collection of
/// `components/schemas`, and tells the type's name in it.
pub type SchemaOf = fn(&mut BTreeMap<String, Value>) -> String;

/// The [`SchemaOf`] of `T`, for use in a table of routes.
pub fn schema_of<T: ToSchema>(into: &mut BTreeMap<String, Value>) -> String {
    let mut mentioned = Vec::new();
    T::schemas(&mut mentioned);
    mentioned.push((T::name().into_owned(), T::schema()));
    for (name, schema) in mentioned {
        // Schemas are plain data: they always have a JSON form. Were one ever not to, the test
        // of the description would miss it by name.
        if let Ok(value) = serde_json::to_value(schema) {
            into.insert(name, value);
        }
    }
    T::name().into_owned()
}

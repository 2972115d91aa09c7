//! What a row of the table is made of.

use api::SchemaOf;
use model::Scope;

use super::Rooms;
use crate::route::{Handler, Method, Parameter, Route, Takes};

/// A parameter of the query.
pub(super) const fn parameter(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        required: false,
        about,
    }
}
/// One that must be there.
pub(super) const fn needed(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        required: true,
        about,
    }
}

/// Reads something.
pub(super) const fn get(
    pattern: &'static str,
    operation: &'static str,
    summary: &'static str,
    query: &'static [Parameter],
    answer: SchemaOf,
    handler: Handler<Rooms>,
) -> Route<Rooms> {
    Route {
        method: Method::Get,
        pattern,
        operation,
        summary,
        scope: Scope::Read,
        reason: false,
        long: false,
        query,
        takes: Takes::Nothing,
        status: 200,
        answer,
        handler,
    }
}

/// Does something, with a JSON body.
pub(super) const fn post(
    scope: Scope,
    pattern: &'static str,
    operation: &'static str,
    summary: &'static str,
    takes: SchemaOf,
    answer: SchemaOf,
    handler: Handler<Rooms>,
) -> Route<Rooms> {
    Route {
        method: Method::Post,
        pattern,
        operation,
        summary,
        scope,
        // What takes access away, gives it, or decides for others, says why.
        reason: !matches!(scope, Scope::Read | Scope::Plan),
        long: false,
        query: &[],
        takes: Takes::Json(takes),
        status: 200,
        answer,
        handler,
    }
}

impl Route<Rooms> {
    pub(super) const fn takes_documents(mut self) -> Self {
        if let Takes::Json(takes) = self.takes {
            self.takes = Takes::Documents(takes);
        }
        self
    }
    pub(super) const fn put(mut self) -> Self {
        self.method = Method::Put;
        self
    }
    pub(super) const fn long(mut self) -> Self {
        self.long = true;
        self
    }
    pub(super) const fn needs(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
    pub(super) const fn created(mut self) -> Self {
        self.status = 201;
        self
    }
}

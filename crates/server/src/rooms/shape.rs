//! How the rows of the table of routes are written.

use api::SchemaOf;
use model::Scope;

use super::Rooms;
use crate::route::{Handler, Method, Parameter, Route, Takes};

pub(super) const fn parameter(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        required: false,
        about,
    }
}
pub(super) const fn needed(name: &'static str, about: &'static str) -> Parameter {
    Parameter {
        name,
        required: true,
        about,
    }
}

pub(super) const LIMIT: Parameter =
    parameter("limit", "Rows of a page: 1 to 1000, 100 where not given.");
pub(super) const AFTER: Parameter = parameter("after", "The `next` of the page before.");
pub(super) const LISTING: &[Parameter] = &[LIMIT];
pub(super) const AS_OF: Parameter = parameter(
    "as_of",
    "What holds at this instant, instead of now: RFC 3339, or a minute or day on the person's own wall \
     clock. A day is its first minute.",
);
pub(super) const KNOWN_AT: Parameter = parameter(
    "known_at",
    "What was known at this instant, instead of now; written as `as_of`.",
);

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

//! One route, as data; a call to it; and its reply.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use api::{Problem, SchemaOf};
use axum::body::Bytes;
use model::{Actor, Scope, SubjectId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::gate::Caller;
use crate::{json, problem};

/// The methods that routes use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Safe: changes nothing.
    Get,
    /// Does something.
    Post,
    /// Replaces the thing at this path.
    Put,
}

impl Method {
    /// As HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// What a route takes as its body.
#[derive(Clone, Copy)]
pub enum Takes {
    /// None.
    Nothing,
    /// JSON of this type.
    Json(SchemaOf),
    /// JSON of this type that holds a whole tenant directory.
    Documents(SchemaOf),
    /// A CSV file: of HR, or of an app's people.
    Delivery,
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub about: &'static str,
}

/// Does what a call asks.
pub type Handler<S> =
    fn(Arc<S>, Call) -> Pin<Box<dyn Future<Output = Result<Reply, Problem>> + Send>>;

/// A route. The router, the OpenAPI description and the test of roles all come from this.
pub struct Route<S> {
    /// Its method.
    pub method: Method,
    /// Its pattern, for example `/api/v1/waves/{wave}`.
    pub pattern: &'static str,
    /// Its name in the OpenAPI description.
    pub operation: &'static str,
    /// One sentence about it.
    pub summary: &'static str,
    /// What a token must be allowed to do.
    pub scope: Scope,
    /// Whether a reason must be given.
    pub reason: bool,
    /// Whether it works over the whole workforce and may take long.
    pub long: bool,
    /// Its query.
    pub query: &'static [Parameter],
    /// Its body.
    pub takes: Takes,
    /// The status of a good answer.
    pub status: u16,
    /// The type of a good answer.
    pub answer: SchemaOf,
    /// What does it.
    pub handler: Handler<S>,
}

/// One call, with its body read and its caller allowed.
#[derive(Debug)]
pub struct Call {
    /// Who calls.
    pub caller: Caller,
    /// The parameters of the path.
    pub path: BTreeMap<String, String>,
    /// The parameters of the query.
    pub query: BTreeMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// How deeply JSON may nest.
    pub json_depth: usize,
}

impl Call {
    /// Who calls.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.caller.actor
    }

    /// The body as `T`.
    ///
    /// # Errors
    /// When it is not JSON, nests too deeply, or has not this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        json::parse(&self.body, self.json_depth).map_err(|e| problem::unreadable(&e.to_string()))
    }

    /// A parameter of the path as a typed id.
    ///
    /// # Errors
    /// When it is none.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem>
    where
        T::Err: std::fmt::Display,
    {
        self.text(name)?
            .parse()
            .map_err(|e: T::Err| problem::parameter(&e.to_string()))
    }

    /// A parameter of the path.
    ///
    /// # Errors
    /// Never for patterns that have it.
    pub fn text(&self, name: &str) -> Result<&str, Problem> {
        self.path
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| problem::parameter(&format!("the path has no `{name}`")))
    }

    /// A parameter of the query, if it is there and not empty.
    #[must_use]
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A parameter of the query, parsed, if it is there.
    ///
    /// # Errors
    /// When it does not parse.
    pub fn asked_as<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem>
    where
        T::Err: std::fmt::Display,
    {
        self.asked(name)
            .map(|text| {
                text.parse().map_err(|e: T::Err| {
                    problem::parameter(&format!("`{name}` cannot be read: {e}"))
                })
            })
            .transpose()
    }

    /// How many rows a page may have: `limit`, 100 where it is not given, at most 1,000.
    ///
    /// # Errors
    /// When it is no number from 1 to 1,000.
    pub fn limit(&self) -> Result<u32, Problem> {
        match self.asked_as::<u32>("limit")? {
            None => Ok(100),
            Some(limit @ 1..=1000) => Ok(limit),
            Some(_) => Err(problem::parameter("`limit` is from 1 to 1000")),
        }
    }

    /// Whether `name` is `true`; false where it is not given.
    ///
    /// # Errors
    /// When it is neither `true` nor `false`.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        Ok(self.asked_as::<bool>(name)?.unwrap_or(false))
    }
}

/// A good answer.
#[derive(Debug)]
pub struct Reply {
    /// Its JSON.
    pub body: Vec<u8>,
    /// Whether it shows anything. What shows nothing is not recorded.
    pub shows: bool,
    /// The one person of whom it tells, if it does.
    pub about: Option<SubjectId>,
}

impl Reply {
    /// This value as JSON.
    ///
    /// # Errors
    /// Never for wire types; a type that has no JSON form is a fault of ours.
    pub fn json<T: Serialize>(value: &T) -> Result<Self, Problem> {
        serde_json::to_vec(value)
            .map(|body| Self {
                body,
                shows: true,
                about: None,
            })
            .map_err(|e| problem::fault(&format!("the answer has no JSON form: {e}")))
    }

    /// The same, for one that tells of one person: whose record of it names them.
    #[must_use]
    pub fn about(mut self, subject: SubjectId) -> Self {
        self.about = Some(subject);
        self
    }

    /// The same, for a read that found no news: it shows nothing.
    #[must_use]
    pub fn without_news(mut self) -> Self {
        self.shows = false;
        self
    }
}

//! HTTP in and out: the listener, its limits, and the admin API.
//!
//! There is one table of routes: the router, the OpenAPI description and the test of roles all
//! come from it, so that no route exists without a scope. [`pipeline`] says what happens to
//! every call, and in which order.

mod answer;
mod body;
pub mod buckets;
mod error;
mod front;
mod gate;
pub mod json;
mod limits;
mod listener;
mod metrics;
pub mod openapi;
pub mod pipeline;
pub mod problem;
pub mod query;
mod rooms;
mod route;
mod router;
mod tls;

pub use axum::Router;
pub use error::ServerError;
pub use front::Front;
pub use gate::{Caller, Gate, NotAuthenticated};
pub use limits::{Limits, Rate};
pub use listener::{Bound, Peer, Presented};
pub use metrics::Metrics;
pub use pipeline::Pipeline;
pub use rooms::{ROUTES, Rooms};
pub use route::{Call, Handler, Method, Parameter, Reply, Route, Takes};
pub use router::{Behind, CodePages, router};
pub use tls::{Reloaded, Tls, TlsFiles};

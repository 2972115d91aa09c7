//! The router, made from the table of routes, and the few paths that need no token.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, header};
use axum::routing::{MethodFilter, MethodRouter, any, get, on};

use crate::front::{self, Front};
use crate::gate::Gate;
use crate::listener::Peer;
use crate::pipeline::Pipeline;
use crate::route::Method;
use crate::{answer, openapi, problem};

/// Pages about stable codes: code and Markdown text, sorted by code.
pub type CodePages = &'static [(&'static str, &'static str)];

/// What is behind a door.
pub enum Behind {
    /// What administrators use, and where people sign in.
    All(Arc<Front>),
    /// What administrators use: the API, its description, and the metrics.
    Administration,
    /// Where people sign in, and nothing of what administrators use.
    SignIn(Arc<Front>),
    /// Where clients present certificates: the endpoints at which one says something, and nothing else.
    Certificates(Arc<Front>),
}

/// The router of a door.
pub fn router<S: Gate>(pipeline: Arc<Pipeline<S>>, codes: CodePages, behind: &Behind) -> Router {
    if let Behind::Certificates(front) = behind {
        let router = front::with_clients(Router::new(), &pipeline, front);
        return nothing_else(router, pipeline);
    }
    let mut router = open_paths(Router::new(), Arc::clone(&pipeline), codes);
    if let Behind::All(_) | Behind::Administration = behind {
        router = administration(router, &pipeline);
    }
    if let Behind::All(front) | Behind::SignIn(front) = behind {
        router = front::with_front(router, &pipeline, front);
    }
    router
}

/// The API, from its table, its description, and the metrics.
fn administration<S: Gate>(mut router: Router, pipeline: &Arc<Pipeline<S>>) -> Router {
    let mut by_pattern: BTreeMap<&'static str, MethodRouter> = BTreeMap::new();
    for (number, route) in pipeline.routes.iter().enumerate() {
        let of_route = Arc::clone(pipeline);
        let handler = move |request: Request<Body>| Arc::clone(&of_route).call(number, request);
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
        };
        let methods = by_pattern.remove(route.pattern).unwrap_or_default();
        by_pattern.insert(route.pattern, methods.on(filter, handler));
    }
    for (pattern, methods) in by_pattern {
        let allowed = allowed(pipeline, pattern);
        let of_route = Arc::clone(pipeline);
        let methods = methods.fallback(move |request: Request<Body>| {
            let (pipeline, allowed) = (Arc::clone(&of_route), allowed.clone());
            async move { no_method(&pipeline, &allowed, &request) }
        });
        router = router.route(pattern, methods);
    }
    let description = openapi::describe(pipeline.routes, &pipeline.public_url);
    let description = Bytes::from(description.to_string());
    let (metrics, described) = (Arc::clone(pipeline), Arc::clone(pipeline));
    router
        .route(
            "/metrics",
            get(move |request| show_metrics(Arc::clone(&metrics), request)),
        )
        .route(
            "/api/openapi.json",
            get(move |request: Request<Body>| {
                let (pipeline, text) = (Arc::clone(&described), description.clone());
                async move {
                    open(
                        &pipeline,
                        &request,
                        answer::raw(200, "application/json", text),
                    )
                }
            }),
        )
}

fn allowed<S>(pipeline: &Pipeline<S>, pattern: &str) -> String {
    let mut methods: Vec<_> = pipeline
        .routes
        .iter()
        .filter(|route| route.pattern == pattern)
        .map(|route| route.method.as_str())
        .collect();
    methods.sort_unstable();
    methods.join(", ")
}

fn no_method<S: Gate>(
    pipeline: &Pipeline<S>,
    allowed: &str,
    request: &Request<Body>,
) -> Response<Body> {
    let mut response = refuse(pipeline, request, problem::no_method(allowed));
    if let Ok(value) = HeaderValue::from_str(allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

/// Behind every door: health, pages about codes, and 404 for the rest.
fn open_paths<S: Gate>(router: Router, pipeline: Arc<Pipeline<S>>, codes: CodePages) -> Router {
    let (ready, live, pages) = (
        Arc::clone(&pipeline),
        Arc::clone(&pipeline),
        Arc::clone(&pipeline),
    );
    let only_get = MethodFilter::GET;
    let router = router
        .route(
            "/health/live",
            on(only_get, move |request: Request<Body>| {
                let live = Arc::clone(&live);
                async move { open(&live, &request, answer::raw(200, "text/plain", "live\n")) }
            }),
        )
        .route(
            "/health/ready",
            get(move |request| show_ready(Arc::clone(&ready), request)),
        )
        .route(
            "/codes/{code}",
            get(move |request: Request<Body>| {
                let pipeline = Arc::clone(&pages);
                async move { show_code(&pipeline, &request, codes) }
            }),
        );
    nothing_else(router, pipeline)
}

/// 404 for the rest.
fn nothing_else<S: Gate>(router: Router, pipeline: Arc<Pipeline<S>>) -> Router {
    router.fallback(any(move |request: Request<Body>| {
        let pipeline = Arc::clone(&pipeline);
        async move { refuse(&pipeline, &request, problem::no_route()) }
    }))
}

fn peer(request: &Request<Body>) -> Option<Peer> {
    request.extensions().get::<Peer>().copied()
}

/// An answer that needs no token: only the address's rate stands before it.
fn open<S: Gate>(
    pipeline: &Pipeline<S>,
    request: &Request<Body>,
    mut response: Response<Body>,
) -> Response<Body> {
    let peer = peer(request);
    let id = pipeline.request_id();
    if let Some(Err(problem)) = peer.map(|peer| pipeline.admit(peer)) {
        response = answer::problem(problem, &pipeline.public_url, &id);
    }
    let status = response.status().as_u16();
    pipeline
        .metrics
        .answered(usize::MAX, status, std::time::Duration::ZERO);
    answer::harden(&mut response, &id, peer.is_some_and(|p| p.tls));
    response
}

fn refuse<S: Gate>(
    pipeline: &Pipeline<S>,
    request: &Request<Body>,
    problem: api::Problem,
) -> Response<Body> {
    let id = pipeline.request_id();
    open(
        pipeline,
        request,
        answer::problem(problem, &pipeline.public_url, &id),
    )
}

async fn show_ready<S: Gate>(pipeline: Arc<Pipeline<S>>, request: Request<Body>) -> Response<Body> {
    let unready = pipeline.rooms.unready().await;
    let response = if unready.is_empty() {
        answer::raw(200, "text/plain", "ready\n")
    } else {
        answer::raw(
            503,
            "text/plain",
            format!("not ready: {}\n", unready.join(", ")),
        )
    };
    open(&pipeline, &request, response)
}

async fn show_metrics<S: Gate>(
    pipeline: Arc<Pipeline<S>>,
    request: Request<Body>,
) -> Response<Body> {
    let allowed = match peer(&request) {
        Some(peer) => pipeline.may_see_metrics(request.headers(), peer).await,
        None => Err(problem::fault("the connection's address is not known")),
    };
    if let Err(problem) = allowed {
        return refuse(&pipeline, &request, problem);
    }
    let more = format!(
        "# TYPE tenure_uptime_seconds gauge\ntenure_uptime_seconds {}\n{}",
        pipeline.uptime().as_secs(),
        pipeline.rooms.metrics()
    );
    let text = pipeline.metrics.text(&more);
    open(
        &pipeline,
        &request,
        answer::raw(200, "text/plain; version=0.0.4", text),
    )
}

fn show_code<S: Gate>(
    pipeline: &Pipeline<S>,
    request: &Request<Body>,
    codes: CodePages,
) -> Response<Body> {
    let code = request.uri().path().rsplit('/').next().unwrap_or("");
    match codes.iter().find(|(known, _)| *known == code) {
        Some((_, page)) => open(
            pipeline,
            request,
            answer::raw(200, "text/markdown; charset=utf-8", *page),
        ),
        None => refuse(pipeline, request, problem::no_route()),
    }
}
